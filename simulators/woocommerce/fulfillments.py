"""Native fulfillments, a feature that a shop can switch on (WooCommerce 10 and later).

Nothing is checked against what was ordered, so a repeated request ships twice; an
order's status stays as it is. Both seen on a real server.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..wire import Request, Response, json_response
from . import orders
from .batch import read_body
from .errors import ApiError, missing_parameter
from .render_parts import fulfillment_json
from .state import Fulfillment, Json, Order, State

_ITEMS_KEY = "_items"
_SUMMARY_KEY = "_fulfillment_status"


def list_fulfillments(state: State, _request: Request, order_id: int) -> Response:
    """Answer ``GET /orders/{id}/fulfillments``: all of them, without paging."""
    order = orders.find_order(state, order_id, "order")
    return json_response(
        [fulfillment_json(order, one, created=False) for one in order.fulfillments]
    )


def get_fulfillment(
    state: State, _request: Request, order_id: int, fulfillment_id: int
) -> Response:
    """Answer ``GET /orders/{id}/fulfillments/{id}``."""
    order = orders.find_order(state, order_id, "order")
    fulfillment = _find(order, fulfillment_id)
    return json_response(fulfillment_json(order, fulfillment, created=False))


def post_fulfillment(state: State, request: Request, order_id: int) -> Response:
    """Answer ``POST /orders/{id}/fulfillments``.

    Raises:
        ApiError: 400 where the items in the meta ``_items`` are missing or malformed.
    """
    order = orders.find_order(state, order_id, "order")
    content = read_body(request)
    fulfillment = Fulfillment(
        fulfillment_id=state.new_id(),
        status=str(content.get("status") or "unfulfilled"),
        fulfilled=content.get("is_fulfilled") is True,
        updated=state.now(),
        meta=_new_meta(state, content),
    )
    order.fulfillments.append(fulfillment)
    if fulfillment.fulfilled:
        _tell_world(state, order, fulfillment)
    _write_order_status(state, order)
    orders.record_change(state, order)
    return json_response(fulfillment_json(order, fulfillment, created=True), status=201)


def put_fulfillment(
    state: State, request: Request, order_id: int, fulfillment_id: int
) -> Response:
    """Answer ``PUT /orders/{id}/fulfillments/{id}``; meta keys left out are removed."""
    order = orders.find_order(state, order_id, "order")
    fulfillment = _find(order, fulfillment_id)
    content = read_body(request)
    was_fulfilled = fulfillment.fulfilled
    fulfillment.status = str(content.get("status") or fulfillment.status)
    fulfillment.fulfilled = content.get("is_fulfilled", was_fulfilled) is True
    if content.get("meta_data"):
        fulfillment.meta = _new_meta(state, content)
    fulfillment.updated = state.now()
    if fulfillment.fulfilled and not was_fulfilled:
        _tell_world(state, order, fulfillment)
    _write_order_status(state, order)
    orders.record_change(state, order)
    return json_response(fulfillment_json(order, fulfillment, created=True))


def delete_fulfillment(
    state: State, _request: Request, order_id: int, fulfillment_id: int
) -> Response:
    """Answer ``DELETE /orders/{id}/fulfillments/{id}``."""
    order = orders.find_order(state, order_id, "order")
    order.fulfillments.remove(_find(order, fulfillment_id))
    _write_order_status(state, order)
    orders.record_change(state, order)
    return json_response({"message": "Fulfillment deleted successfully."})


def _write_order_status(state: State, order: Order) -> None:
    """Keep the order's meta that sums its fulfillments up; its status stays."""
    told = _count_told(order)
    summary: str | None = "unfulfilled"
    if not order.fulfillments:
        summary = None
    elif all(told[line.line_id] >= line.quantity for line in order.lines):
        summary = "fulfilled"
    elif any(told.values()):
        summary = "partially_fulfilled"
    orders.write_meta(state, order.meta, [{"key": _SUMMARY_KEY, "value": summary}])


def _new_meta(state: State, content: Json) -> list[Json]:
    """Read and check the meta of a write; it carries the items."""
    written = content.get("meta_data")
    if not isinstance(written, list):
        raise missing_parameter("meta_data")
    meta = [
        {"id": state.new_id(), "key": entry.get("key"), "value": entry.get("value")}
        for entry in written
    ]
    _check_items(next((one["value"] for one in meta if one["key"] == _ITEMS_KEY), None))
    return meta


def _check_items(items: Any) -> None:
    if not items:
        raise _refusal("The fulfillment should contain at least one item.")
    if not isinstance(items, list):
        raise _refusal("The fulfillment items should be an array.")
    for row in items:
        numbers = (row.get("item_id"), row.get("qty"))
        if not all(type(number) in {int, float} and number > 0 for number in numbers):
            raise _refusal("Invalid item.")


def _refusal(message: str) -> ApiError:
    # The server puts the exception's number, 0, where other routes have a word.
    return ApiError(400, "0", message)


def _tell_world(state: State, order: Order, fulfillment: Fulfillment) -> None:
    """Enter the shipped units of lines that exist; the server takes any ids.

    An order that was completed has shipped already what its fulfillments tell of; only
    what they tell beyond that is new.
    """
    told = _count_told(order)
    for line_id in {int(row["item_id"]) for row in _items_of(fulfillment)}:
        line = order.line(line_id)
        if line is not None:
            orders.ship(state, order, line, told[line_id] - line.units_shipped)


def _count_told(order: Order) -> Counter[int]:
    """Return how many units of each line the fulfillments say have left."""
    told: Counter[int] = Counter()
    for one in order.fulfillments:
        if one.fulfilled:
            for row in _items_of(one):
                told[int(row["item_id"])] += int(row["qty"])
    return told


def _items_of(fulfillment: Fulfillment) -> list[Json]:
    items: list[Json] = next(
        one["value"] for one in fulfillment.meta if one["key"] == _ITEMS_KEY
    )
    return items


def _find(order: Order, fulfillment_id: int) -> Fulfillment:
    for fulfillment in order.fulfillments:
        if fulfillment.fulfillment_id == fulfillment_id:
            return fulfillment
    raise _refusal("Fulfillment not found.")
