"""Payments and refunds. A refund makes an order of its own, and changes no sale."""

from __future__ import annotations

from collections.abc import Sequence

from ..wire import Request, Response, json_response
from . import hooks, inventory
from .errors import ApiError, invalid, not_found
from .paging import read_body
from .render import render_payment, render_refund
from .state import COMPLETED, Line, Order, Payment, Refund, State

KEY_MAX = 45


def get_payment(state: State, request: Request, payment_id: str) -> Response:
    """Answer ``GET /v2/payments/{id}``."""
    del request
    if payment_id not in state.payments:
        raise not_found("Payment", payment_id)
    payment = state.payments[payment_id]
    return json_response({"payment": render_payment(state, payment)})


def get_refund(state: State, request: Request, refund_id: str) -> Response:
    """Answer ``GET /v2/refunds/{id}``."""
    del request
    if refund_id not in state.refunds:
        raise not_found("Refund", refund_id)
    return json_response({"refund": render_refund(state, state.refunds[refund_id])})


def post_refund(state: State, request: Request) -> Response:
    """Answer ``POST /v2/refunds``: an amount of one payment, and no goods."""
    body = read_body(request)
    key = str(body.get("idempotency_key") or "")
    if not 1 <= len(key) <= KEY_MAX:
        raise invalid("idempotency_key", "From 1 to 45 letters.", "VALUE_TOO_LONG")
    known = state.answer_once("refund", key, request.body)
    if known is not None:
        return json_response({"refund": render_refund(state, state.refunds[known])})
    payment = state.payments.get(str(body.get("payment_id")))
    if payment is None:
        raise not_found("Payment", str(body.get("payment_id")))
    token = body.get("payment_version_token")
    if token is not None and token != f"token-{payment.version}":
        raise ApiError(409, "VERSION_MISMATCH", "The payment has changed.")
    amount = body.get("amount_money") or {}
    if amount.get("currency") != state.settings.currency:
        raise invalid("amount_money.currency", "Not so paid.", "CURRENCY_MISMATCH")
    minor = int(amount.get("amount", 0))
    if not 0 < minor <= payment.amount_minor - payment.refunded_minor:
        raise ApiError(
            400,
            "REFUND_AMOUNT_INVALID",
            "The requested refund amount exceeds the amount available to refund.",
            category="REFUND_ERROR",
        )
    sale = state.order(payment.order_id)
    refund = pay_back(state, sale, (), minor, str(body.get("reason") or ""))
    state.answered["refund", key] = (request.body, refund.refund_id)
    return json_response({"refund": render_refund(state, refund)})


def pay_back(
    state: State,
    sale: Order,
    goods: Sequence[tuple[Line, int]],
    minor: int,
    reason: str,
    *,
    restock: bool = False,
) -> Refund:
    """Pay back money of a sale, and take goods back where some are named."""
    payment = state.payments[sale.payment_id]
    now = state.now()
    order = Order(
        order_id=state.take_id("OR"),
        created_at=now,
        updated_at=now,
        changed_at=now,
        state=COMPLETED,
        version=None,
        closed_at=now,
        source=sale,
        returned=list(goods),
        returned_minor=minor,
    )
    refund = Refund(
        refund_id=state.take_id("RF"),
        payment_id=payment.payment_id,
        order_id=order.order_id,
        amount_minor=minor,
        reason=reason,
        created_at=now,
    )
    order.refund_id = refund.refund_id
    state.orders[order.order_id] = order
    state.refunds[refund.refund_id] = refund
    payment.refunds.append(refund)
    payment.version += 1
    for line, units in goods:
        _take_back(state, sale, refund, line, units, restock=restock)
    hooks.announce_order(state, order, "order.created")
    hooks.announce_refund(state, refund, "refund.created")
    return refund


def left_of(payment: Payment) -> int:
    """Return what can still be paid back."""
    return payment.amount_minor - payment.refunded_minor


def _take_back(
    state: State, sale: Order, refund: Refund, line: Line, units: int, *, restock: bool
) -> None:
    simulator = state.simulator
    line.units_returned += units
    shipped = sale.version is None or any(
        each["state"] == COMPLETED for each in sale.fulfillments
    )
    if shipped:
        simulator.world.record_return(
            simulator.channel, sale.order_id, line.uid, units, restocked=restock
        )
    else:
        simulator.world.record_cancellation(
            simulator.channel, sale.order_id, line.uid, units
        )
    line.units_sold -= units
    if restock and line.variation is not None:
        line.units_taken -= units
        inventory.move(
            state,
            line.variation,
            units,
            states=("SOLD", "IN_STOCK"),
            occurred_at=state.now(),
            refund_id=refund.refund_id,
            transaction_id=refund.order_id,
        )
