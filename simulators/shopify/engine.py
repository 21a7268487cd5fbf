"""The schema with its resolvers, and documents parsed and validated once for each text.

graphql-core does the parsing, validating and executing, so a client's documents are
really held against the schema and every answer has its shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    build_schema,
    default_field_resolver,
    get_named_type,
    parse,
    validate,
)

from . import fields_goods, fields_orders, fields_shop
from .announcements import Subscription
from .calls import Call, FieldReader, FieldResolver
from .cost import operations_of
from .goods import Level, Location, Product, Variant
from .jobs import Job
from .mutations_goods import update_variants
from .mutations_orders import (
    create_fulfillment,
    create_refund,
    start_cancellation,
    update_tracking,
)
from .mutations_stock import adjust_quantities, set_quantities
from .mutations_webhooks import create_subscription, delete_subscription
from .queries import QUERY_ROOT
from .records import (
    Fulfillment,
    FulfillmentOrder,
    FulfillmentOrderLine,
    FulfillmentPart,
    Line,
    Order,
    Refund,
    Transaction,
)
from .scopes import FIELD_SCOPES, TYPE_SCOPES, access_denied, granted

_DOCUMENTS_KEPT = 256

READERS: Mapping[str, Mapping[str, FieldReader]] = {
    "Fulfillment": fields_goods.FULFILLMENT,
    "FulfillmentLineItem": fields_goods.FULFILLMENT_LINE_ITEM,
    "FulfillmentOrder": fields_goods.FULFILLMENT_ORDER,
    "FulfillmentOrderLineItem": fields_goods.FULFILLMENT_ORDER_LINE_ITEM,
    "InventoryItem": fields_goods.INVENTORY_ITEM,
    "InventoryLevel": fields_goods.LEVEL,
    "Job": fields_shop.JOB,
    "LineItem": fields_orders.LINE_ITEM,
    "Location": fields_goods.LOCATION,
    "Order": fields_orders.ORDER,
    "OrderTransaction": fields_orders.TRANSACTION,
    "Product": fields_goods.PRODUCT,
    "ProductVariant": fields_goods.VARIANT,
    "Refund": fields_orders.REFUND,
    "RefundLineItem": fields_orders.REFUND_LINE_ITEM,
    "RefundShippingLine": fields_orders.REFUND_SHIPPING_LINE,
    "ShippingLine": fields_orders.SHIPPING_LINE,
    "WebhookSubscription": fields_shop.SUBSCRIPTION,
}
"""Fields without arguments, by type."""

RESOLVERS: Mapping[str, Mapping[str, FieldResolver]] = {
    "Fulfillment": fields_goods.FULFILLMENT_WITH_ARGUMENTS,
    "FulfillmentOrder": fields_goods.FULFILLMENT_ORDER_WITH_ARGUMENTS,
    "InventoryAdjustmentGroup": fields_shop.ADJUSTMENT_GROUP_WITH_ARGUMENTS,
    "InventoryItem": fields_goods.INVENTORY_ITEM_WITH_ARGUMENTS,
    "InventoryLevel": fields_goods.LEVEL_WITH_ARGUMENTS,
    "LineItem": fields_orders.LINE_ITEM_WITH_ARGUMENTS,
    "Location": fields_goods.LOCATION_WITH_ARGUMENTS,
    "Order": fields_orders.ORDER_WITH_ARGUMENTS,
    "Product": fields_goods.PRODUCT_WITH_ARGUMENTS,
    "ProductVariant": fields_goods.VARIANT_WITH_ARGUMENTS,
    "QueryRoot": QUERY_ROOT,
    "Refund": fields_orders.REFUND_WITH_ARGUMENTS,
}
"""Fields with arguments, or that need to know who asks, by type."""

_MUTATIONS: Mapping[str, Any] = {
    "fulfillmentCreate": lambda call, info, args: create_fulfillment(
        call, args["fulfillment"]
    ),
    "fulfillmentTrackingInfoUpdate": lambda call, info, args: update_tracking(
        call, args
    ),
    "inventoryAdjustQuantities": lambda call, info, args: adjust_quantities(
        call, info, args["input"]
    ),
    "inventorySetQuantities": lambda call, info, args: set_quantities(
        call, info, args["input"]
    ),
    "orderCancel": lambda call, info, args: start_cancellation(call, args),
    "productVariantsBulkUpdate": lambda call, info, args: update_variants(call, args),
    "refundCreate": lambda call, info, args: create_refund(call, info, args["input"]),
    "webhookSubscriptionCreate": lambda call, info, args: create_subscription(
        call, args
    ),
    "webhookSubscriptionDelete": lambda call, info, args: delete_subscription(
        call, args
    ),
}

_TYPE_NAMES: Mapping[type, str] = {
    Fulfillment: "Fulfillment",
    FulfillmentOrder: "FulfillmentOrder",
    FulfillmentOrderLine: "FulfillmentOrderLineItem",
    FulfillmentPart: "FulfillmentLineItem",
    Job: "Job",
    Level: "InventoryLevel",
    Line: "LineItem",
    Location: "Location",
    Order: "Order",
    Product: "Product",
    Refund: "Refund",
    Subscription: "WebhookSubscription",
    Transaction: "OrderTransaction",
    Variant: "ProductVariant",
    fields_goods.InventoryItem: "InventoryItem",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that was parsed and validated, or why it could not be."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Return the operation to execute, if the document says which."""
        found = list(operations_of(self.document)) if self.document else []
        named = [one for one in found if one.name and one.name.value == name]
        if name:
            return named[0] if named else None
        return found[0] if len(found) == 1 else None


@lru_cache(maxsize=1)
def load_schema() -> GraphQLSchema:
    """Return the schema with its resolvers; it holds no state of any shop."""
    text = files(__package__).joinpath("schema.graphql").read_text("utf-8")
    schema = build_schema(text)
    for named in schema.type_map.values():
        if isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
            named.resolve_type = _resolve_type
        elif isinstance(named, GraphQLObjectType) and not named.name.startswith("__"):
            for name, field in named.fields.items():
                _attach(named.name, name, field)
    return schema


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def prepare(text: str) -> Prepared:
    """Parse and validate a document."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return Prepared(None, (error,))
    errors = validate(load_schema(), document)
    return Prepared(document, tuple(errors))


def _resolve_type(row: Any, info: GraphQLResolveInfo[Call], type_: Any) -> str:
    del info, type_
    if isinstance(row, dict):
        return str(row["__typename"])
    return _TYPE_NAMES[type(row)]


def _attach(type_name: str, name: str, field: GraphQLField) -> None:
    """Give a field its resolver, behind the scopes that it needs."""
    resolve = _plain_resolver(type_name, name)
    guards = [
        needed
        for needed in (
            FIELD_SCOPES.get((type_name, name)),
            TYPE_SCOPES.get(_type_of_rows(field)),
        )
        if needed
    ]
    if guards:
        inner = resolve or default_field_resolver
        resolve = _guarded(inner, name, guards)
    if resolve is not None:
        field.resolve = resolve


def _type_of_rows(field: GraphQLField) -> str:
    return get_named_type(field.type).name.removesuffix("Connection")


def _plain_resolver(type_name: str, name: str) -> Any:
    if type_name == "Mutation":
        mutate = _MUTATIONS[name]
        return lambda root, info, **args: mutate(info.context, info, args)
    resolver = RESOLVERS.get(type_name, {}).get(name)
    if resolver is not None:
        return lambda row, info, **args: resolver(row, info.context, args)
    reader = READERS.get(type_name, {}).get(name)
    if reader is not None:
        return lambda row, info: reader(row)
    return None


def _guarded(inner: Any, name: str, guards: list[tuple[str, ...]]) -> Any:
    def resolve(row: Any, info: GraphQLResolveInfo[Call], **args: Any) -> Any:
        for needed in guards:
            if not granted(info.context.scopes, needed):
                raise access_denied(name, needed)
        return inner(row, info, **args)

    return resolve
