"""Pays money of an order back, from one of its payments.

A refund is not safe to repeat, so each carries the hub's own reference in its note and
is searched for before it is made. It names no units and moves no stock: in Medusa goods
come back by a return.
"""

from __future__ import annotations

from ...canonical.errors import (
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
)
from ...canonical.money import Money
from ...canonical.pushes import Outcome, PushResult, RefundPush
from ...mapping.medusa_wire import to_money
from ..calls import Call, Transport
from .wire import OrderHead, Payment, Transfer, read_one, require_id

NOTE_MAX = 500
_FIELDS = (
    "id,status,*payment_collections,*payment_collections.payments,"
    "*payment_collections.payments.captures,*payment_collections.payments.refunds"
)


def push_refund(transport: Transport, push: RefundPush) -> PushResult:
    """Pay back. A repetition finds the first and pays nothing more."""
    try:
        payments = _read_payments(transport, push.order_external_id)
        found = _search(payments, push)
        if found is None:
            found = _pay(transport, _choose_payment(payments, push), push)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=found)


def find_refund(transport: Transport, push: RefundPush) -> str | None:
    """Return the server's id of what an earlier push made, or None."""
    try:
        return _search(_read_payments(transport, push.order_external_id), push)
    except RejectedError:
        return None


def _read_payments(transport: Transport, order_id: str) -> list[Payment]:
    path = f"/admin/orders/{require_id(order_id)}"
    answer = transport.send(Call("GET", path, {"fields": _FIELDS}, safe=True))
    order = read_one(OrderHead, answer, "order")
    return [one for each in order.payment_collections for one in each.payments]


def _search(payments: list[Payment], push: RefundPush) -> str | None:
    for payment in payments:
        for refund in payment.refunds:
            if _sign(push) in refund.note:
                return refund.id
    return None


def _choose_payment(payments: list[Payment], push: RefundPush) -> Payment:
    """Return the first payment that has enough left.

    Raises:
        RejectedError: none has.
    """
    wanted = _total(push)
    for payment in payments:
        if payment.currency_code.upper() != wanted.currency:
            continue
        left = _add_up(payment.captures, wanted) - _add_up(payment.refunds, wanted)
        if left.minor >= wanted.minor:
            return payment
    raise RejectedError(f"no payment of the order has {wanted} left to pay back")


def _pay(transport: Transport, payment: Payment, push: RefundPush) -> str:
    signature = _sign(push)
    reason = push.reason[: NOTE_MAX - len(signature) - 1]
    body = {
        "amount": float(_total(push).amount),
        "note": f"{reason} {signature}".strip(),
    }
    path = f"/admin/payments/{require_id(payment.id)}/refund"
    answer = transport.send(Call("POST", path, {"fields": "id,*refunds"}, json=body))
    try:
        made = _search([read_one(Payment, answer, "payment")], push)
    except ContractBrokenError as error:
        raise OutcomeUnknownError(error.message) from None
    if made is None:
        raise OutcomeUnknownError("the server's answer does not tell the refund")
    return made


def _total(push: RefundPush) -> Money:
    minor = push.shipping.minor + sum(line.amount.minor for line in push.lines)
    return Money(minor, push.shipping.currency)


def _add_up(transfers: tuple[Transfer, ...], wanted: Money) -> Money:
    minor = sum(to_money(one.amount, wanted.currency).minor for one in transfers)
    return Money(minor, wanted.currency)


def _sign(push: RefundPush) -> str:
    """Return how a note says which push it belongs to; searched for later."""
    return f"(reference {push.reference})"
