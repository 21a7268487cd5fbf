"""Lists of a simulated Vendure server: filtered, sorted, cut into pages.

Filters compare what the database holds: ``updatedAt`` in whole seconds,
``orderPlacedAt`` in milliseconds, both strictly.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ..faults import Fault
from .render import millisecond, order_json, second, variant_json
from .schema import RefusalError
from .state import LOCATION_ID, Json, Order, State

TAKE_MAX = 1000


def roots(state: State) -> Json:
    """Return the query fields and what answers them."""
    settings = state.settings
    return {
        "me": lambda info: _me(state),
        "activeChannel": lambda info: {
            "id": "1",
            "code": settings.channel_code,
            "defaultCurrencyCode": settings.currency,
        },
        "globalSettings": lambda info: {
            "trackInventory": settings.tracks_by_default,
            "outOfStockThreshold": settings.out_of_stock_threshold,
        },
        "stockLocations": lambda info, options=None: {
            "items": [
                {"id": str(number), "name": name}
                for number, name in enumerate(settings.locations, int(LOCATION_ID))
            ]
        },
        "fulfillmentHandlers": lambda info: [{"code": settings.handler}],
        "order": lambda info, **of: _find_order(state, of["id"]),
        "orders": lambda info, options=None: _list_orders(state, options or {}),
        "productVariants": lambda info, options=None: _list_variants(
            state, options or {}
        ),
    }


def _me(state: State) -> Json:
    settings = state.settings
    channel = {
        "id": "1",
        "code": settings.channel_code,
        "permissions": list(settings.permissions),
    }
    return {"id": "1", "identifier": settings.username, "channels": [channel]}


def _find_order(state: State, order_id: str) -> Json | None:
    order = state.orders.get(order_id)
    return order_json(state, order) if order else None


def _list_orders(state: State, options: Json) -> Json:
    found = [
        order
        for order in _visible(state)
        if _matches(order, options.get("filter") or {})
    ]
    for field, way in reversed((options.get("sort") or {}).items()):
        found.sort(key=lambda order: _sort_key(order, field), reverse=way == "DESC")
    rows = _cut(found, options)
    return {
        "items": [order_json(state, order) for order in rows],
        "totalItems": len(found),
    }


def _visible(state: State) -> list[Order]:
    """Return the orders that a list shows; a replica may lag behind."""
    orders = list(state.orders.values())
    if not state.simulator.faults.strikes(Fault.VISIBILITY_LAG):
        return orders
    lag_seconds = state.simulator.faults.options.visibility_lag_seconds
    before = state.now() - timedelta(seconds=lag_seconds)
    return [order for order in orders if (order.placed_at or order.created) < before]


def _list_variants(state: State, options: Json) -> Json:
    wanted = ((options.get("filter") or {}).get("id") or {}).get("in")
    found = [
        variant
        for variant in state.variants.values()
        if wanted is None or variant.variant_id in wanted
    ]
    found.sort(key=lambda variant: int(variant.variant_id))
    rows = _cut(found, options)
    return {
        "items": [variant_json(state, variant) for variant in rows],
        "totalItems": len(found),
    }


def _cut(rows: Sequence[Any], options: Json) -> Sequence[Any]:
    take = options.get("take") or TAKE_MAX
    if take > TAKE_MAX:
        raise RefusalError(
            "USER_INPUT_ERROR",
            f"Cannot take more than {TAKE_MAX} results from a list query",
        )
    skip = options.get("skip") or 0
    return rows[skip : skip + take]


def _values(order: Order) -> Json:
    """Return what filters compare, as the database holds it."""
    return {
        "id": order.order_id,
        "active": order.active,
        "type": "Regular",
        "state": order.state,
        "orderPlacedAt": millisecond(order.placed_at) if order.placed_at else None,
        "updatedAt": second(order.changed_at),
    }


def _sort_key(order: Order, field: str) -> Any:
    value = _values(order)[field]
    return int(value) if field == "id" else value or ""


def _matches(order: Order, wanted: Json) -> bool:
    values = _values(order)
    for field, operators in wanted.items():
        if field == "_or":
            if not any(_matches(order, part) for part in operators):
                return False
        elif not all(
            _compare(values[field], operator, operand)
            for operator, operand in operators.items()
        ):
            return False
    return True


def _compare(value: Any, operator: str, operand: Any) -> bool:
    if operator == "isNull":
        return bool((value is None) == operand)
    if operator in {"after", "before"}:
        if value is None:
            return False
        at, limit = (datetime.fromisoformat(text) for text in (value, operand))
        return at > limit if operator == "after" else at < limit
    return {
        "eq": lambda: bool(value == operand),
        "notEq": lambda: bool(value != operand),
        "in": lambda: value in operand,
        "notIn": lambda: value not in operand,
    }[operator]()
