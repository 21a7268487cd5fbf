"""Pays money back: all of a refund out of one payment of the order.

Square's refunds name a payment and an amount, no lines and no goods; it makes a return
order with one custom amount beside it. The payment's own version goes along, so that
two refunds at the same moment cannot pay the same money twice. Source: the operation
``RefundPayment`` of Square's description.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from ...canonical.errors import OutcomeUnknownError, RejectedError, RetryLaterError
from ...canonical.money import Money, add_up
from ...canonical.pushes import Outcome, PushResult, RefundPush
from ..calls import Answer, Call, Transport
from .orders import retrieve_orders
from .wire import (
    OrderState,
    PaymentState,
    RefundHead,
    is_id,
    read_one,
    read_problems,
    read_shape,
    require_id,
)

_KEY_MAX = 45
_REASON_MAX = 192
_REFUSALS = (400, 402, 404, 409, 422)
_NAMESPACE = uuid.UUID("b9b0f3f2-6a64-5c49-8c0a-2c0e8f1a6d35")
_DEAD = frozenset({"REJECTED", "FAILED"})


def push_refund(transport: Transport, push: RefundPush) -> PushResult:
    """Pay back out of the first payment that has enough left. Safe to repeat."""
    amount = _total(push)
    try:
        payments = list(_list_payments(transport, push.order_external_id))
        told = _find_told(transport, payments, push)
        if told is not None:
            return PushResult(Outcome.ACCEPTED, external_id=told.id)
        payment = _choose_payment(payments, amount)
        return _judge(_send(transport, payment, amount, push))
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)


def find_refund(transport: Transport, push: RefundPush) -> str | None:
    """Return Square's id of what an earlier push paid, or None."""
    try:
        payments = _list_payments(transport, push.order_external_id)
        told = _find_told(transport, payments, push)
    except RejectedError:
        return None
    return told.id if told else None


def _total(push: RefundPush) -> Money:
    amounts = (line.amount for line in push.lines)
    return add_up(amounts, push.shipping.currency) + push.shipping


def _list_payments(transport: Transport, order_id: str) -> Iterator[PaymentState]:
    rows = retrieve_orders(transport, [require_id(order_id, "an order")])
    if not rows:
        raise RejectedError("Square has no such order")
    for tender in read_shape(OrderState, rows[0]).tenders:
        payment_id = tender.payment_id or tender.id
        if not is_id(payment_id):
            continue
        path = f"/v2/payments/{payment_id}"
        answer = transport.send(Call("GET", path, safe=True, accept_statuses=(404,)))
        if answer.status != 404:
            yield read_one(PaymentState, answer, "payment")


def _find_told(
    transport: Transport,
    payments: Iterable[PaymentState],
    push: RefundPush,
) -> RefundHead | None:
    """Return the refund that carries the push's reference and was not turned down."""
    for payment in payments:
        for refund_id in payment.refund_ids:
            path = f"/v2/refunds/{require_id(refund_id, 'a refund')}"
            answer = transport.send(
                Call("GET", path, safe=True, accept_statuses=(404,))
            )
            if answer.status == 404:
                continue
            refund = read_one(RefundHead, answer, "refund")
            if _sign(push) in refund.reason and refund.status not in _DEAD:
                return refund
    return None


def _choose_payment(payments: list[PaymentState], amount: Money) -> PaymentState:
    """Return the first payment out of which the whole amount can be paid.

    Raises:
        RejectedError: no single one has enough left.
    """
    for payment in payments:
        if payment.total_money is None or payment.status != "COMPLETED":
            continue
        left = payment.total_money.money
        if payment.refunded_money is not None:
            left -= payment.refunded_money.money
        if left.currency == amount.currency and left.minor >= amount.minor:
            return payment
    if not payments:
        raise RejectedError("the order has no payment")
    raise RejectedError(
        f"no single payment of the order has {amount} left; refund it in Square, part "
        "by part"
    )


def _send(
    transport: Transport, payment: PaymentState, amount: Money, push: RefundPush
) -> Answer:
    body = {
        "idempotency_key": _derive_key(push),
        "payment_id": payment.id,
        "amount_money": {"amount": amount.minor, "currency": amount.currency},
        "reason": _write_reason(push),
    }
    if payment.version_token:
        body["payment_version_token"] = payment.version_token
    call = Call("POST", "/v2/refunds", json=body, safe=True, accept_statuses=_REFUSALS)
    return transport.send(call)


def _judge(answer: Answer) -> PushResult:
    """Say what became of a refund.

    Raises:
        RetryLaterError: the payment was changed meanwhile.
    """
    if answer.status in _REFUSALS:
        problems = read_problems(answer)
        if problems.has("VERSION_MISMATCH"):
            raise RetryLaterError("the payment was changed meanwhile")
        if problems.has("IDEMPOTENCY_KEY_REUSED"):
            reason = "Square has had this refund before, and does not show it yet"
            return PushResult(Outcome.UNKNOWN, reason)
        return PushResult(Outcome.REFUSED, f"Square refused: {problems.reason}")
    refund = read_one(RefundHead, answer, "refund")
    if refund.status in _DEAD:
        return PushResult(Outcome.REFUSED, f"the refund is {refund.status}")
    return PushResult(Outcome.ACCEPTED, external_id=refund.id)


def _derive_key(push: RefundPush) -> str:
    if len(push.idempotency_key.encode()) <= _KEY_MAX:
        return push.idempotency_key
    return str(uuid.uuid5(_NAMESPACE, push.idempotency_key))


def _write_reason(push: RefundPush) -> str:
    """Return the reason for people, with the reference at its end."""
    sign = _sign(push)
    words = push.reason[: _REASON_MAX - len(sign) - 1].strip()
    return f"{words} {sign}".strip()


def _sign(push: RefundPush) -> str:
    return f"(reference {push.reference})"
