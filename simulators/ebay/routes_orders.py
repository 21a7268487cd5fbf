"""The routes of Sell Fulfillment, and of cancellations in the Post-Order API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from ..faults import Fault
from ..wire import Request, Response, json_response
from . import orders, render
from .errors import ApiError, order_error
from .state import Json, Order, State

LIMIT_MAX = 200
AGE_MAX = timedelta(days=731)
_RANGE = re.compile(r"lastmodifieddate:\[(\S+?)\.\.(\S*?)\]")
_TRACKING = re.compile(r"[A-Za-z0-9]+", re.ASCII)
_REASONS = {"OUT_OF_STOCK_OR_CANNOT_FULFILL", "BUYER_ASKED_CANCEL", "ADDRESS_ISSUES"}


def list_orders(state: State, request: Request) -> Response:
    """Answer ``GET /order``."""
    with_taxes = request.argument("fieldGroups") == "TAX_BREAKDOWN"
    limit, offset = _read_paging(request)
    chosen = _choose(state, request)
    page = chosen[offset : offset + limit]
    href = "https://api.ebay.com/sell/fulfillment/v1/order"
    content: Json = {
        "href": f"{href}?limit={limit}&offset={offset}",
        "total": len(chosen),
        "limit": limit,
        "offset": offset,
        "orders": [
            render.order_json(state, order, listed=True, with_taxes=with_taxes)
            for order in page
        ],
    }
    if offset + limit < len(chosen):
        content["next"] = f"{href}?limit={limit}&offset={offset + limit}"
    return json_response(content)


def get_order(state: State, request: Request, order_id: str) -> Response:
    """Answer ``GET /order/{orderId}``."""
    with_taxes = request.argument("fieldGroups") == "TAX_BREAKDOWN"
    order = find_order(state, order_id)
    return json_response(
        render.order_json(state, order, listed=False, with_taxes=with_taxes)
    )


def list_parcels(state: State, _request: Request, order_id: str) -> Response:
    """Answer ``GET /order/{orderId}/shipping_fulfillment``."""
    parcels = find_order(state, order_id).parcels
    rows = [render.parcel_json(parcel) for parcel in parcels]
    return json_response({"total": len(rows), "fulfillments": rows})


def post_parcel(state: State, request: Request, order_id: str) -> Response:
    """Answer ``POST /order/{orderId}/shipping_fulfillment``."""
    order, body = find_order(state, order_id), _read_body(request)
    number = str(body.get("trackingNumber") or "")
    carrier = str(body.get("shippingCarrierCode") or "")
    if bool(number) != bool(carrier):
        raise order_error(32330, "Carrier and tracking number need one another")
    if number and not _TRACKING.fullmatch(number):
        raise order_error(32340, "A tracking number has letters and digits only")
    parts = [
        (str(line.get("lineItemId")), int(line.get("quantity", 1)))
        for line in body.get("lineItems") or []
    ]
    if not parts:
        raise order_error(32300, "Line items are required")
    shipped_at = _read_time(str(body["shippedDate"])) if "shippedDate" in body else None
    parcel = orders.ship(
        state,
        order,
        parts,
        tracking_number=number,
        carrier=carrier,
        shipped_at=shipped_at,
    )
    place = f"{order_id}/shipping_fulfillment/{parcel.fulfillment_id}"
    location = f"https://api.ebay.com/sell/fulfillment/v1/order/{place}"
    return json_response({}, status=201, headers={"location": location})


def post_refund(state: State, request: Request, order_id: str) -> Response:
    """Answer ``POST /order/{order_id}/issue_refund``."""
    require_signature(state, request)
    order, body = find_order(state, order_id), _read_body(request)
    if not body.get("reasonForRefund"):
        raise order_error(34901, "A reason is required")
    whole, parts = body.get("orderLevelRefundAmount"), body.get("refundItems") or []
    if (whole is None) == (not parts):
        raise order_error(34902, "Refund the order or some of its line items")
    amounts = {
        str(part.get("lineItemId")): _read_amount(state, part.get("refundAmount"))
        for part in parts
    }
    if whole is not None:
        amounts = {"": _read_amount(state, whole)}
    refund = orders.pay_back(state, order, amounts)
    return json_response({"refundId": refund.refund_id, "refundStatus": "PENDING"})


def post_cancellation(state: State, request: Request) -> Response:
    """Answer ``POST /post-order/v2/cancellation``: the seller cancels."""
    require_signature(state, request)
    body = _read_body(request)
    order = find_order(state, str(body.get("legacyOrderId")))
    if body.get("cancelReason") not in _REASONS:
        raise order_error(1500, "The reason is not one that a seller may give")
    problem = _why_not_cancel(order)
    if problem:
        verdict = {
            "eligible": False,
            "failureReason": [problem],
            "legacyOrderId": order.order_id,
        }
        return json_response({"orderEligibilityResult": verdict})
    request_id = orders.ask_to_cancel(
        state, order, "SELLER", str(body.get("cancelReason"))
    )
    orders.complete_cancellation(state, order, request_id)
    return json_response({"cancelId": request_id})


def approve_cancellation(state: State, request: Request, cancel_id: str) -> Response:
    """Answer ``POST /post-order/v2/cancellation/{cancelId}/approve``."""
    require_signature(state, request)
    for order in state.orders.values():
        for asked in order.requests:
            if (asked.request_id, asked.state) == (cancel_id, "REQUESTED"):
                orders.complete_cancellation(state, order, cancel_id)
                return Response(200)
    raise order_error(1404, "There is no such request", 404)


def find_order(state: State, order_id: str) -> Order:
    """Return an order.

    Raises:
        ApiError: there is none of that id.
    """
    order = state.orders.get(order_id)
    if order is None:
        raise order_error(32100, f"Invalid order ID: {order_id}", 404)
    return order


def require_signature(state: State, request: Request) -> None:
    """Refuse an unsigned write of a seller whose writes must be signed."""
    signed = {"signature", "signature-input", "x-ebay-signature-key"}
    if state.settings.signed_writes and not signed <= set(request.headers):
        raise ApiError(403, 215001, "Missing x-ebay-signature-key header", "ACCESS")


def _why_not_cancel(order: Order) -> str:
    if order.cancelled_at is not None:
        return "ORDER_ALREADY_CANCELLED"
    if any(line.units_shipped for line in order.lines):
        return "SHIPPED"
    return "CANCELLATION_EXIST" if order.cancel_state == "IN_PROGRESS" else ""


def _choose(state: State, request: Request) -> list[Order]:
    since, until = _read_range(state, request.argument("filter"))
    chosen = [
        order for order in state.orders.values() if since <= order.changed_at <= until
    ]
    faults = state.simulator.faults
    if faults.strikes(Fault.VISIBILITY_LAG):
        lag = timedelta(seconds=faults.options.visibility_lag_seconds)
        chosen = [one for one in chosen if one.changed_at <= state.now() - lag]
    return sorted(chosen, key=lambda order: (order.created, order.order_id))


def _read_range(state: State, text: str) -> tuple[datetime, datetime]:
    now = state.now()
    if not text:
        return now - timedelta(days=90), now
    match = _RANGE.fullmatch(text)
    if match is None:
        raise order_error(30800, f"Invalid filter value {text}")
    since = _read_time(match[1])
    if since < now - AGE_MAX:
        raise order_error(30850, "The start is more than two years in the past")
    return since, _read_time(match[2]) if match[2] else now


def _read_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise order_error(30810, f"Invalid date {text}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_paging(request: Request) -> tuple[int, int]:
    limit = int(request.argument("limit", "50"))
    if not 0 < limit <= LIMIT_MAX:
        raise order_error(30830, f"Invalid limit {limit}")
    return limit, int(request.argument("offset", "0"))


def _read_body(request: Request) -> Mapping[str, Any]:
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise order_error(30600, "The body is not a JSON object")
    return body


def _read_amount(state: State, told: Any) -> Decimal:
    try:
        value, currency = Decimal(told["value"]), told["currency"]
    except (InvalidOperation, KeyError, TypeError):
        raise order_error(34904, "Invalid amount") from None
    if currency != state.settings.currency:
        raise order_error(34906, "The currency is not the order's")
    return value
