"""The root fields of queries: single rows by id, and lists by search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import GraphQLError

from .books import Books
from .calls import Call, FieldResolver
from .connections import PAGE_MAX, Key, bad_request, by_number, paginate
from .fields_goods import InventoryItem
from .fields_shop import installation_fields, shop_fields
from .goods import Level
from .records import Order
from .search import Read, parse_search
from .shapes import count
from .totals import financial_status, fulfillment_status

_ORDER_SEARCH: Mapping[str, Read] = {
    "created_at": lambda x: x.created_at,
    "processed_at": lambda x: x.created_at,
    "updated_at": lambda x: x.updated_at,
    "id": lambda x: x.number,
    "name": lambda x: x.name.lower(),
    "financial_status": lambda x: financial_status(x).lower(),
    "fulfillment_status": lambda x: fulfillment_status(x).lower(),
    "status": lambda x: "cancelled" if x.cancelled_at else "open",
    "test": lambda x: str(x.test).lower(),
}

_PRODUCT_SEARCH: Mapping[str, Read] = {
    "created_at": lambda x: x.created_at,
    "updated_at": lambda x: x.updated_at,
    "id": lambda x: x.number,
    "status": lambda x: x.status.lower(),
    "title": lambda x: x.title.lower(),
    "vendor": lambda x: x.vendor.lower(),
}

_VARIANT_SEARCH: Mapping[str, Read] = {
    "updated_at": lambda x: x.updated_at,
    "id": lambda x: x.number,
    "product_id": lambda x: x.product.number,
    "inventory_item_id": lambda x: x.item_number,
    "sku": lambda x: (x.sku or "").lower(),
    "barcode": lambda x: (x.barcode or "").lower(),
    "title": lambda x: x.title.lower(),
}

_ITEM_SEARCH: Mapping[str, Read] = {
    "updated_at": lambda x: x.variant.updated_at,
    "id": lambda x: x.variant.item_number,
    "sku": lambda x: (x.variant.sku or "").lower(),
}

_SORT: Mapping[str, Callable[[Any], Any]] = {
    "CREATED_AT": lambda x: x.created_at,
    "ID": lambda x: x.number,
    "NAME": lambda x: x.name,
    "ORDER_NUMBER": lambda x: x.name_number,
    "POSITION": lambda x: x.number,
    "PROCESSED_AT": lambda x: x.created_at,
    "SKU": lambda x: x.sku or "",
    "TITLE": lambda x: x.title,
    "UPDATED_AT": lambda x: x.updated_at,
}


def _search(
    call: Call, rows: Iterable[Any], args: Mapping[str, Any], read: Mapping[str, Read]
) -> list[Any]:
    search = parse_search(args.get("query"), read)
    if search.warnings:
        call.warnings.append({"query": args.get("query"), "warnings": search.warnings})
    return [row for row in rows if search.fits(row)]


def _sorted_page(rows: list[Any], args: Mapping[str, Any]) -> dict[str, Any]:
    value = _SORT[args.get("sortKey") or "ID"]

    def key(row: Any) -> Key:
        return (value(row), row.number)

    rows.sort(key=key)
    return paginate(rows, args, key)


def _orders(call: Call, args: Mapping[str, Any]) -> list[Any]:
    hidden = call.hides_fresh()
    visible = [
        order
        for order in call.books.orders.values()
        if call.may_see(order) and not hidden(order)
    ]
    return _search(call, visible, args, _ORDER_SEARCH)


def _products(root: None, call: Call, args: Mapping[str, Any]) -> dict[str, Any]:
    rows = _search(call, call.books.products.values(), args, _PRODUCT_SEARCH)
    return _sorted_page(rows, args)


def _variants(root: None, call: Call, args: Mapping[str, Any]) -> dict[str, Any]:
    rows = _search(call, call.books.variants.values(), args, _VARIANT_SEARCH)
    return _sorted_page(rows, args)


def _items(root: None, call: Call, args: Mapping[str, Any]) -> dict[str, Any]:
    items = [InventoryItem(variant) for variant in call.books.variants.values()]
    found = _search(call, items, args, _ITEM_SEARCH)
    return paginate(sorted(found, key=lambda one: one.number), args, by_number)


def _locations(root: None, call: Call, args: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        one
        for one in call.books.locations.values()
        if one.active or args["includeInactive"]
    ]
    return _sorted_page(rows, args)


def _location(root: None, call: Call, args: Mapping[str, Any]) -> Any:
    """Without an id the default location is meant."""
    if args.get("id") is None:
        return call.books.active_locations[0]
    return find(call, args["id"], "Location")


def _subscriptions(root: None, call: Call, args: Mapping[str, Any]) -> dict[str, Any]:
    topics, uri = args.get("topics"), args.get("uri")
    rows = [
        one
        for one in call.announcer.subscriptions.values()
        if (not topics or one.topic in topics) and (not uri or one.uri == uri)
    ]
    return _sorted_page(rows, args)


def find(call: Call, global_id: str, kind: str | None = None) -> Any:
    """Return a row by its global id, as GraphQL shows it; None where there is none.

    Raises:
        GraphQLError: the text is no global id.
    """
    if not global_id.startswith("gid://shopify/"):
        raise GraphQLError(
            f"Invalid global id '{global_id}'", extensions={"code": "INVALID_GLOBAL_ID"}
        )
    if global_id.startswith("gid://shopify/InventoryLevel/"):
        return _find_level(call.books, global_id)
    found = call.books.find(global_id)
    if found is None or (kind is not None and found[0] != kind):
        return None
    actual, row = found
    if actual == "InventoryItem":
        return InventoryItem(row)
    order = row if isinstance(row, Order) else getattr(row, "order", None)
    if order is not None and not call.may_see(order):
        return None
    return row


def _find_level(books: Books, global_id: str) -> Level | None:
    place, _, item = global_id.rpartition("/")[2].partition("?inventory_item_id=")
    if not (place.isdigit() and item.isdigit()):
        return None
    variant = books.items.get(int(item))
    return variant.levels.get(int(place)) if variant else None


def _by_id(kind: str) -> FieldResolver:
    return lambda root, call, args: find(call, args["id"], kind)


def _nodes(root: None, call: Call, args: Mapping[str, Any]) -> list[Any]:
    if len(args["ids"]) > PAGE_MAX:
        raise bad_request(
            f"The input array size of {len(args['ids'])} is greater than the maximum "
            f"allowed of {PAGE_MAX}."
        )
    return [find(call, one) for one in args["ids"]]


QUERY_ROOT: Mapping[str, FieldResolver] = {
    "currentAppInstallation": lambda root, call, args: installation_fields(call),
    "fulfillment": _by_id("Fulfillment"),
    "fulfillmentOrder": _by_id("FulfillmentOrder"),
    "inventoryItem": _by_id("InventoryItem"),
    "inventoryItems": _items,
    "inventoryLevel": lambda root, call, args: find(call, args["id"], "InventoryLevel"),
    "job": _by_id("Job"),
    "location": _location,
    "locations": _locations,
    "node": lambda root, call, args: find(call, args["id"]),
    "nodes": _nodes,
    "order": _by_id("Order"),
    "orders": lambda root, call, args: _sorted_page(_orders(call, args), args),
    "ordersCount": lambda root, call, args: count(len(_orders(call, args))),
    "product": _by_id("Product"),
    "productVariant": _by_id("ProductVariant"),
    "productVariants": _variants,
    "products": _products,
    "refund": _by_id("Refund"),
    "shop": lambda root, call, args: shop_fields(call.books),
    "webhookSubscription": _by_id("WebhookSubscription"),
    "webhookSubscriptions": _subscriptions,
}
