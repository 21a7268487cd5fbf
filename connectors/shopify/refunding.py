"""Money of an order paid back through Shopify; its stock is left alone.

``refundCreate`` carries the hub's key as ``@idempotent``, and the hub's reference in
its note, by which a refund is found again. Which payment pays how much is decided here:
the oldest first, as far as it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...canonical.money import Money
from ...canonical.pushes import Outcome, PushResult, RefundPush
from .documents import MONEY_OF_ORDER, REFUND
from .graphql import Admin, read_shape, shorten
from .ids import to_gid
from .wire import OrderToRefund, PaidTransaction, Refunded

_PAYS = {"SALE", "CAPTURE"}
_Share = tuple[PaidTransaction, Money]


def read_money(admin: Admin, order_external_id: str) -> OrderToRefund | None:
    """Return what was paid for an order and what went back; None if unknown."""
    gid = to_gid("Order", order_external_id)
    order = gid and admin.ask(MONEY_OF_ORDER, id=gid).data.get("order")
    if not isinstance(order, dict):
        return None
    return read_shape(OrderToRefund, order, "order")


def find_paid(order: OrderToRefund, push: RefundPush) -> str | None:
    """Return Shopify's id of the refund that a push made, or None."""
    mark = _sign(push)
    return next((one.id for one in order.refunds if mark in (one.note or "")), None)


def pay_back(admin: Admin, push: RefundPush) -> PushResult:
    """Pay money back, unless that was done already.

    Raises:
        OutcomeUnknownError: Shopify did not say what became of it.
        RejectedError: the app may not refund.
    """
    order = read_money(admin, push.order_external_id)
    if order is None:
        return PushResult(Outcome.REFUSED, "Shopify knows no such order")
    found = find_paid(order, push)
    if found:
        return PushResult(Outcome.ACCEPTED, external_id=found)
    currency = push.shipping.currency
    if order.presentment_currency_code != currency:
        reason = (
            f"the buyer paid in {order.presentment_currency_code} and not in "
            f"{currency}; refund it in Shopify"
        )
        return PushResult(Outcome.REFUSED, reason)
    total = push.shipping.minor + sum(line.amount.minor for line in push.lines)
    shares = _share_out(order.transactions, Money(total, currency))
    if shares is None:
        reason = f"less than {Money(total, currency)} can still be paid back"
        return PushResult(Outcome.REFUSED, reason)
    body = _describe(order, push, shares)
    if body is None:
        return PushResult(Outcome.REFUSED, "a line of the refund has no id of Shopify")
    return _send(admin, body, push.idempotency_key)


def _describe(
    order: OrderToRefund, push: RefundPush, shares: Sequence[_Share]
) -> dict[str, Any] | None:
    """Return the input of ``refundCreate``; None where a line is none of Shopify's."""
    lines = [
        {
            "lineItemId": to_gid("LineItem", line.line_external_id),
            "quantity": line.quantity,
            "restockType": "NO_RESTOCK",
        }
        for line in push.lines
    ]
    if not all(line["lineItemId"] for line in lines):
        return None
    shipping = {"shipping": {"amount": str(push.shipping.amount)}}
    return {
        "orderId": order.id,
        "currency": push.shipping.currency,
        "note": f"{push.reason} {_sign(push)}".strip(),
        "notify": False,
        "refundLineItems": lines,
        "transactions": [
            {
                "orderId": order.id,
                "parentId": payment.id,
                "gateway": payment.gateway or "",
                "kind": "REFUND",
                "amount": str(share.amount),
            }
            for payment, share in shares
        ],
        **(shipping if push.shipping.minor else {}),
    }


def _send(admin: Admin, body: dict[str, Any], key: str) -> PushResult:
    answer = admin.change(REFUND, Refunded, "refundCreate", input=body, key=key)
    if answer.refund and not answer.user_errors:
        return PushResult(Outcome.ACCEPTED, external_id=answer.refund.id)
    reasons = "; ".join(shorten(error.message) for error in answer.user_errors)
    return PushResult(Outcome.REFUSED, reasons or "Shopify made no refund")


def _share_out(
    transactions: Sequence[PaidTransaction], total: Money
) -> list[_Share] | None:
    """Return how much each payment pays back; None if they do not suffice."""
    gone: dict[str, int] = {}
    for one in transactions:
        if one.kind == "REFUND" and one.status != "FAILURE" and one.parent_transaction:
            parent = one.parent_transaction.id
            gone[parent] = gone.get(parent, 0) + _read_minor(one, total.currency)
    shares = []
    left = total.minor
    for one in transactions:
        if one.kind in _PAYS and one.status == "SUCCESS":
            share = min(left, _read_minor(one, total.currency) - gone.get(one.id, 0))
            if share > 0:
                shares.append((one, Money(share, total.currency)))
                left -= share
    return None if left else shares


def _read_minor(transaction: PaidTransaction, currency: str) -> int:
    return Money.rounded(
        transaction.amount_set.presentment_money.amount, currency
    ).minor


def _sign(push: RefundPush) -> str:
    """Return how a note says which push it belongs to; searched for later."""
    return f"({push.reference})"
