"""Pays money of an order back: a quote first, and then exactly what was quoted.

A refund is not safe to repeat, so each carries the hub's own reference in its reason
and is searched for before it is made. It is a refund of an amount of the order and of
no units: a refund of units would make the store restock them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.money import Money
from ...canonical.pushes import Outcome, PushResult, RefundPush
from ..calls import Call, Transport
from .orders import read_refunds
from .wire import (
    Json,
    Refund,
    RefundMethod,
    RefundQuote,
    is_id,
    read_data,
    read_shape,
)

REASON_MAX = 1000
_STORE_CREDIT = "storecredit"
"""A voucher for the next purchase is no money back."""


def push_refund(transport: Transport, push: RefundPush) -> PushResult:
    """Pay back. A repetition finds the first and pays nothing more."""
    try:
        found = find_refund(transport, push)
        if found is not None:
            return PushResult(Outcome.ACCEPTED, external_id=found)
        path = _path(push.order_external_id)
        parts = [_describe(push)]
        quote = Call("POST", f"{path}/refund_quotes", json={"items": parts}, safe=True)
        quoted = read_data(RefundQuote, transport.send(quote))
        body = {"items": parts, "payments": _choose_payments(quoted, push)}
        answer = transport.send(Call("POST", f"{path}/refunds", json=body))
        made = read_data(Refund, answer)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=str(made.id))


def find_refund(transport: Transport, push: RefundPush) -> str | None:
    """Return the store's id of what an earlier push made, or None."""
    if not is_id(push.order_external_id):
        return None
    for row in read_refunds(transport, [push.order_external_id]):
        refund = read_shape(Refund, row)
        reasons = [refund.reason, *(part.reason for part in refund.items)]
        if any(_sign(push) in reason for reason in reasons):
            return str(refund.id)
    return None


def _path(order_id: str) -> str:
    if not is_id(order_id):
        raise RejectedError(f"{order_id!r} is no id of an order")
    return f"/v3/orders/{order_id}/payment_actions"


def _total(push: RefundPush) -> Money:
    minor = push.shipping.minor + sum(line.amount.minor for line in push.lines)
    return Money(minor, push.shipping.currency)


def _describe(push: RefundPush) -> Json:
    signature = _sign(push)
    room = REASON_MAX - len(signature) - 1
    return {
        "item_type": "ORDER",
        "item_id": int(push.order_external_id),
        "amount": float(_total(push).amount),
        "reason": f"{push.reason[:room]} {signature}".strip(),
    }


def _choose_payments(quoted: RefundQuote, push: RefundPush) -> list[Json]:
    """Return the payments of the best way to pay back that comes to the amount.

    A way that goes through the gateway is better than one that somebody has to see to.

    Raises:
        RejectedError: there is none.
    """
    wanted = _total(push)
    ways = [
        way
        for way in quoted.refund_methods
        if way
        and _add_up(way, wanted.currency) == wanted
        and not any(each.provider_id == _STORE_CREDIT for each in way)
    ]
    if not ways:
        raise RejectedError(f"the store offers no way to pay {wanted} back")
    best = min(ways, key=lambda way: sum(bool(each.offline) for each in way))
    return [
        {
            "provider_id": each.provider_id,
            "amount": each.amount,
            "offline": bool(each.offline),
        }
        for each in best
    ]


def _add_up(way: Sequence[RefundMethod], currency: str) -> Money:
    minor = sum(Money.rounded(str(each.amount), currency).minor for each in way)
    return Money(minor, currency)


def _sign(push: RefundPush) -> str:
    """Return how a reason says which push it belongs to; searched for later."""
    return f"(reference {push.reference})"
