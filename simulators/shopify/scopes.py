"""Which access scopes a type or field needs; any one of those named is enough.

The vendor publishes the table with its schema; a test compares ours with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from graphql import GraphQLError

_ORDERS = ("read_orders", "read_marketplace_orders")
_FULFILLMENT_ORDERS = (
    "read_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)
_WRITE_FULFILLMENT = tuple(
    name.replace("read_", "write_") for name in _FULFILLMENT_ORDERS
)

_WORK = (*_FULFILLMENT_ORDERS, "read_marketplace_fulfillment_orders")
_SHIPPED = (*_ORDERS, *_WORK)
_INVENTORY = ("read_inventory",)
_PLACES = ("read_locations", "read_inventory", "read_markets_home")

TYPE_SCOPES: Mapping[str, tuple[str, ...]] = {
    "CashRoundingAdjustment": ("read_orders", "read_quick_sale"),
    "Customer": ("read_customers",),
    "CustomerEmailAddress": ("read_customers",),
    "CustomerPhoneNumber": ("read_customers",),
    "Fulfillment": _SHIPPED,
    "FulfillmentHold": _WORK,
    "FulfillmentLineItem": _ORDERS,
    "FulfillmentOrder": _WORK,
    "FulfillmentOrderAssignedLocation": _WORK,
    "FulfillmentOrderLineItem": _FULFILLMENT_ORDERS,
    "FulfillmentOrderSupportedAction": _FULFILLMENT_ORDERS,
    "FulfillmentTrackingInfo": _SHIPPED,
    "InventoryAdjustmentGroup": _INVENTORY,
    "InventoryChange": _INVENTORY,
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": _INVENTORY,
    "InventoryQuantity": _INVENTORY,
    "LineItem": _ORDERS,
    "Location": _PLACES,
    "Order": (*_ORDERS, "read_quick_sale"),
    "OrderAdjustment": _ORDERS,
    "OrderApp": ("read_orders",),
    "OrderCancelUserError": _ORDERS,
    "OrderCancellation": ("read_orders",),
    "OrderTransaction": _ORDERS,
    "Product": ("read_products",),
    "ProductVariant": ("read_products",),
    "ProductVariantsBulkUpdateUserError": ("read_products",),
    "Refund": _ORDERS,
    "RefundLineItem": _ORDERS,
    "RefundShippingLine": _ORDERS,
}
"""Scopes needed to read a type, wherever it appears."""

FIELD_SCOPES: Mapping[tuple[str, str], tuple[str, ...]] = {
    **{
        ("InventoryItem", field): _INVENTORY
        for field in (
            "duplicateSkuCount",
            "inventoryLevel",
            "inventoryLevels",
            "locationsCount",
        )
    },
    **{
        ("Location", field): ("read_locations",)
        for field in (
            "address",
            "createdAt",
            "fulfillsOnlineOrders",
            "hasActiveInventory",
            "inventoryLevel",
            "inventoryLevels",
            "isActive",
            "isFulfillmentService",
            "shipsInventory",
            "updatedAt",
        )
    },
    ("Location", "id"): _PLACES,
    ("Location", "name"): ("read_locations", "read_markets_home"),
    ("Mutation", "fulfillmentCreate"): _WRITE_FULFILLMENT,
    ("Mutation", "fulfillmentTrackingInfoUpdate"): _WRITE_FULFILLMENT,
    ("Mutation", "inventoryAdjustQuantities"): ("write_inventory",),
    ("Mutation", "inventorySetQuantities"): ("write_inventory",),
    ("Mutation", "orderCancel"): ("write_orders", "write_marketplace_orders"),
    ("Mutation", "productVariantsBulkUpdate"): ("write_products",),
    ("Mutation", "refundCreate"): ("write_orders", "write_marketplace_orders"),
    ("QueryRoot", "fulfillment"): _SHIPPED,
    ("QueryRoot", "ordersCount"): _ORDERS,
    ("QueryRoot", "refund"): _ORDERS,
}
"""Scopes needed for a single field, beside those of its type."""


def granted(scopes: Collection[str], needed: tuple[str, ...]) -> bool:
    """Say whether a token may: a write scope includes its read scope."""
    return any(
        name in scopes or name.replace("read_", "write_", 1) in scopes
        for name in needed
    )


def access_denied(field: str, needed: tuple[str, ...]) -> GraphQLError:
    """Return the error for a field that the token may not have."""
    *others, last = [f"`{name}` access scope" for name in needed]
    required = f"{', '.join(others)} or {last}." if others else f"{last}."
    return GraphQLError(
        f"Access denied for {field} field. Required access: {required}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": required,
        },
    )
