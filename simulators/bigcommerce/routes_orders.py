"""The routes of orders: v2 for orders and shipments, v3 for refunds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from ..faults import Fault
from ..wire import Request, Response, json_response
from . import orders, render
from .errors import ApiError, not_found
from .render_goods import page_json
from .state import STATUS_NAMES, Json, Order, State

LIMIT_MAX = 250
_NO_CONTENT = Response(204)
_SORTS = {
    "id": lambda order: order.order_id,
    "date_modified": lambda order: order.changed_at,
    "date_created": lambda order: order.created,
}


def list_orders(state: State, request: Request) -> Response:
    """Answer ``GET /orders``; nothing found is a 204 without a body."""
    limit, page = read_paging(request)
    chosen = _choose(state, request)
    chosen = chosen[(page - 1) * limit : page * limit]
    if not chosen:
        return _NO_CONTENT
    return json_response([_render(state, request, order) for order in chosen])


def get_order(state: State, request: Request, order_id: str) -> Response:
    """Answer ``GET /orders/{order_id}``, archived or not."""
    return json_response(_render(state, request, find_order(state, order_id)))


def put_order(state: State, request: Request, order_id: str) -> Response:
    """Answer ``PUT /orders/{order_id}``: its status, here."""
    order, body = find_order(state, order_id), read_body(request)
    status_id = body.get("status_id")
    if status_id is not None:
        if status_id not in STATUS_NAMES:
            raise ApiError(400, "The field 'status_id' is invalid.")
        orders.set_status(state, order, int(status_id))
    return json_response(_render(state, request, order))


def list_shipments(state: State, request: Request, order_id: str) -> Response:
    """Answer ``GET /orders/{order_id}/shipments``."""
    order = find_order(state, order_id)
    if not order.shipments:
        return _NO_CONTENT
    limit, page = read_paging(request)
    rows = [render.shipment_json(order, one) for one in order.shipments]
    return json_response(rows[(page - 1) * limit : page * limit])


def post_shipment(state: State, request: Request, order_id: str) -> Response:
    """Answer ``POST /orders/{order_id}/shipments``."""
    order, body = find_order(state, order_id), read_body(request)
    if body.get("order_address_id") != order.address_id:
        raise ApiError(400, "The field 'order_address_id' is invalid.")
    if len(str(body.get("tracking_number", ""))) > 50:
        raise ApiError(400, "The field 'tracking_number' is too long.")
    parts = {
        int(one["order_product_id"]): int(one["quantity"])
        for one in body.get("items") or []
    }
    if not parts:
        raise ApiError(400, "The required field 'items' was not supplied.")
    shipment = orders.ship(state, order, parts, dict(body))
    return json_response(render.shipment_json(order, shipment), status=201)


def list_refunds(state: State, request: Request) -> Response:
    """Answer ``GET /orders/payment_actions/refunds``, oldest first."""
    limit, page = read_paging(request)
    wanted = {text for text in request.argument("order_id:in").split(",") if text}
    found = [
        render.refund_json(order, refund)
        for order in state.orders.values()
        if not wanted or str(order.order_id) in wanted
        for refund in order.refunds
    ]
    found.sort(key=lambda row: row["id"])
    rows = found[(page - 1) * limit : page * limit]
    return json_response(page_json(rows, total=len(found), page=page, limit=limit))


def post_quote(state: State, request: Request, order_id: str) -> Response:
    """Answer ``POST .../refund_quotes``: nothing happens yet."""
    order, body = find_order(state, order_id), read_body(request)
    amount = float(orders.price_of_items(state, order, body.get("items") or []))
    offline = state.settings.offline_gateway
    ways: list[Json] = [
        {"provider_id": "storecredit", "provider_description": "Store credit"},
        {"provider_id": "custom", "provider_description": "Custom", "offline": True},
        {"provider_id": state.settings.gateway, "provider_description": "Card"},
    ]
    methods = [
        [
            {
                "offline": offline and way["provider_id"] != "storecredit",
                "offline_provider": False,
                "offline_reason": "",
                "amount": amount,
                **way,
            }
        ]
        for way in ways
    ]
    quote: Json = {
        "order_id": order.order_id,
        "total_refund_amount": amount,
        "total_refund_tax_amount": 0.0,
        "order_level_refund_amount": amount,
        "rounding": 0.0,
        "adjustment": 0.0,
        "tax_inclusive": True,
        "refund_methods": methods,
    }
    return json_response({"data": quote, "meta": {}}, status=201)


def post_refund(state: State, request: Request, order_id: str) -> Response:
    """Answer ``POST .../refunds``."""
    order, body = find_order(state, order_id), read_body(request)
    refund = orders.pay_back(
        state, order, body.get("items") or [], body.get("payments") or []
    )
    content = {"data": render.refund_json(order, refund), "meta": {}}
    return json_response(content, status=201)


def find_order(state: State, order_id: str) -> Order:
    """Return an order.

    Raises:
        ApiError: there is none of that id.
    """
    order = state.orders.get(int(order_id)) if order_id.isdigit() else None
    if order is None:
        raise not_found()
    return order


def read_body(request: Request) -> Mapping[str, Any]:
    """Return the body as an object.

    Raises:
        ApiError: it is none.
    """
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(400, "The body is not a JSON object.")
    return body


def read_paging(request: Request, default: int = 50) -> tuple[int, int]:
    """Return limit and page; more than the most is cut to it."""
    limit = int(request.argument("limit", str(default)))
    return max(1, min(limit, LIMIT_MAX)), max(1, int(request.argument("page", "1")))


def _render(state: State, request: Request, order: Order) -> Json:
    return render.order_json(
        state,
        order,
        request.argument("include"),
        request.argument("consignment_structure"),
    )


def _choose(state: State, request: Request) -> list[Order]:
    """Return the orders that a list shows; archived ones are not among them."""
    since = _read_time(request.argument("min_date_modified"))
    until = _read_time(request.argument("max_date_modified"))
    min_id = int(request.argument("min_id", "0"))
    chosen = [
        order
        for order in state.orders.values()
        if not order.archived
        and order.order_id >= min_id
        and (since is None or _second(order) >= since)
        and (until is None or _second(order) <= until)
    ]
    faults = state.simulator.faults
    if faults.strikes(Fault.VISIBILITY_LAG):
        lag = timedelta(seconds=faults.options.visibility_lag_seconds)
        chosen = [one for one in chosen if one.changed_at <= state.now() - lag]
    name, _, direction = request.argument("sort", "id").partition(":")
    if name not in _SORTS:
        raise ApiError(400, "The field 'sort' is invalid.")
    return sorted(chosen, key=_SORTS[name], reverse=direction == "desc")


def _second(order: Order) -> datetime:
    return order.changed_at.replace(microsecond=0)


def _read_time(text: str) -> datetime | None:
    """Read a filter's date: RFC 2822 or ISO 8601, without a zone in UTC."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
