"""Every document that can be sent, held against the vendor's schema and scope table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import FulfillmentPush, StockWrite
from crossdock.connectors.shopify import OPERATIONS, documents, fulfillment, stock
from crossdock.connectors.shopify.account import SCOPES_NEEDED, SCOPES_USEFUL
from crossdock.connectors.shopify.webhooks import TOPICS, to_enum
from graphql import (
    FieldNode,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.values import get_variable_values

DOCUMENTS = {
    name: text
    for name, text in vars(documents).items()
    if name.isupper() and not name.startswith("_")
}
GRANTED = {*SCOPES_NEEDED, *SCOPES_USEFUL}


def test_every_document_is_declared_as_an_operation() -> None:
    named = {
        f"{node.operation.value} {node.name.value}"
        for text in DOCUMENTS.values()
        for node in parse(text).definitions
        if isinstance(node, OperationDefinitionNode) and node.name
    }
    assert len(named) == len(DOCUMENTS)
    assert named == set(OPERATIONS)


class FieldCollector(Visitor):
    """Collects the fields that a document asks for, with the types they are on."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.places: set[tuple[str, str]] = set()

    def enter_field(self, node: FieldNode, *rest: object) -> None:
        parent = self.types.get_parent_type()
        answered = self.types.get_type()
        assert parent is not None
        assert answered is not None
        self.places.add((parent.name, node.name.value))
        self.places.add((get_named_type(answered).name, ""))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_valid_and_uses_nothing_deprecated(
    vendor_schema: GraphQLSchema, name: str
) -> None:
    rules = [*specified_rules, NoDeprecatedCustomRule]
    errors = validate(vendor_schema, parse(DOCUMENTS[name]), rules)
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_scopes_that_check_asks_for_open_every_field_of_a_document(
    vendor_schema: GraphQLSchema,
    scope_table: dict[tuple[str, str], frozenset[str]],
    name: str,
) -> None:
    types = TypeInfo(vendor_schema)
    collector = FieldCollector(types)
    visit(parse(DOCUMENTS[name]), TypeInfoVisitor(types, collector))
    closed = {
        place: sorted(scope_table[place])
        for place in collector.places
        if scope_table.get(place) and not scope_table[place] & GRANTED
    }
    assert closed == {}
    assert len(collector.places) > 1


def test_every_scope_that_check_asks_for_is_one_of_the_vendors(
    scope_table: dict[tuple[str, str], frozenset[str]],
) -> None:
    known = frozenset().union(*scope_table.values())
    # Opens no field of its own: it widens which orders are shown.
    assert GRANTED - known <= {"read_all_orders"}


def coerce(
    schema: GraphQLSchema, document: str, values: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what the vendor's schema makes of a document's variables."""
    (operation,) = (
        node
        for node in parse(document).definitions
        if isinstance(node, OperationDefinitionNode)
    )
    definitions = operation.variable_definitions or ()
    read = get_variable_values(schema, definitions, dict(values))
    assert not isinstance(read, list), read
    return read.coerced


def test_a_stock_write_fits_the_vendors_input_with_an_explicit_null(
    vendor_schema: GraphQLSchema,
) -> None:
    writes = [
        StockWrite("gid://shopify/InventoryItem/1", 5, 7, "a"),
        StockWrite("gid://shopify/InventoryItem/2", 0, None, "b"),
    ]
    made = stock.build_input(writes, "gid://shopify/Location/1")
    values = {"input": made, "key": stock.derive_key(writes)}
    coerced = coerce(vendor_schema, documents.SET_STOCK, values)
    assert coerced == values
    assert made["quantities"][1]["changeFromQuantity"] is None


def test_a_parcel_fits_the_vendors_input_with_and_without_tracking(
    vendor_schema: GraphQLSchema,
) -> None:
    line = fulfillment.OpenLine("gid://shopify/FulfillmentOrder/1", "l", "o", 2, "p")
    for tracking in ("00340", ""):
        told = FulfillmentPush(
            reference="F-1",
            order_external_id="gid://shopify/Order/1",
            lines=(FulfilledLine(line_external_id="o", quantity=2),),
            carrier="DHL" if tracking else "",
            tracking_number=tracking,
            tracking_url="https://dhl.example/1" if tracking else "",
            shipped_at=datetime(2026, 3, 2, tzinfo=UTC),
            completes_order=True,
            idempotency_key="k",
        )
        values = {
            "fulfillment": fulfillment.build_input([(line, 2)], told, notify=True)
        }
        assert coerce(vendor_schema, documents.FULFILL, values) == values


def test_every_topic_is_one_of_the_vendors(vendor_schema: GraphQLSchema) -> None:
    for topic in TOPICS:
        subscription = {"uri": "https://hub.example/hook", "format": "JSON"}
        values = {"topic": to_enum(topic), "subscription": subscription}
        assert coerce(vendor_schema, documents.SUBSCRIBE, values) == values


@pytest.mark.parametrize("reason", ["CUSTOMER", "OTHER", "FRAUD", "STAFF"])
def test_a_cancellation_fits_the_vendors_arguments(
    vendor_schema: GraphQLSchema, reason: str
) -> None:
    values = {"id": "gid://shopify/Order/1", "reason": reason, "restock": True}
    assert coerce(vendor_schema, documents.CANCEL, values) == values


def test_the_walks_of_orders_and_products_fit_the_vendors_arguments(
    vendor_schema: GraphQLSchema,
) -> None:
    orders = {"first": 50, "after": None, "query": "updated_at:>='2026-03-01'"}
    assert coerce(vendor_schema, documents.ORDERS, dict(orders)) == orders
    products = {**orders, "query": None, "location": "gid://shopify/Location/1"}
    assert coerce(vendor_schema, documents.PRODUCTS, dict(products)) == products
