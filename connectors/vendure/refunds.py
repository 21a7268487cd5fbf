"""Money of an order paid back through Vendure; its stock is left alone.

The hub's reference stands in the reason of the refund, and is looked for before a
second one is made: Vendure has no idempotency. The payment's handler decides whether
the money goes back by itself or somebody settles the refund by hand.
"""

from __future__ import annotations

from ...canonical.pushes import Outcome, PushResult, RefundPush
from .admin import Admin, NotThereError
from .documents import REFUND
from .orders import read_order
from .parcels import refuse, settle
from .wire import OrderHead, Paid


def push_refund(admin: Admin, push: RefundPush) -> PushResult:
    """Pay money back; a refund that was made already is not made again."""
    return settle(lambda: _pay_back(admin, push))


def find_refund(admin: Admin, push: RefundPush) -> str | None:
    """Return Vendure's id of a refund, by the reference in its reason."""
    try:
        return _find(read_order(admin, push.order_external_id), push)
    except NotThereError:
        return None


def _pay_back(admin: Admin, push: RefundPush) -> PushResult:
    order = read_order(admin, push.order_external_id)
    found = _find(order, push)
    if found is not None:
        return PushResult(Outcome.ACCEPTED, external_id=found)
    currency = push.shipping.currency
    if order.currency_code != currency:
        reason = f"the order is in {order.currency_code} and not in {currency}"
        return PushResult(Outcome.REFUSED, reason)
    amount = push.shipping.minor + sum(line.amount.minor for line in push.lines)
    payment = _choose_payment(order, amount)
    if payment is None:
        reason = "no single payment of the order has so much left to pay back"
        return PushResult(Outcome.REFUSED, reason)
    told = {
        "paymentId": payment.id,
        "amount": amount,
        "lines": [
            {"orderLineId": line.line_external_id, "quantity": line.quantity}
            for line in push.lines
        ],
        # Deprecated beside an amount, and yet columns that must not be null.
        "shipping": 0,
        "adjustment": 0,
        "reason": f"{push.reason} {_sign(push)}".strip(),
    }
    verdict = admin.change(REFUND, "refundOrder", input=told)
    if not verdict.is_a("Refund"):
        return refuse(verdict)
    if verdict.state == "Failed":
        return PushResult(Outcome.REFUSED, "the payment's handler could not pay back")
    return PushResult(Outcome.ACCEPTED, external_id=verdict.id)


def _choose_payment(order: OrderHead, amount: int) -> Paid | None:
    """Return the oldest payment that suffices: Vendure takes one at a time."""
    enough = [one for one in order.payments or () if 0 < amount <= one.left]
    return enough[0] if enough else None


def _find(order: OrderHead, push: RefundPush) -> str | None:
    mark = _sign(push)
    for payment in order.payments or ():
        for refund in payment.refunds:
            if mark in (refund.reason or "") and refund.state != "Failed":
                return refund.id
    return None


def _sign(push: RefundPush) -> str:
    """Return how a reason says which push it belongs to; searched for later."""
    return f"({push.reference})"
