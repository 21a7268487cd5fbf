"""The money of a Square order: its tenders, and what they come to.

An order is COMPLETED only when it is fully paid, but an open order may be paid as well
(a shipment that has not left). Refunds are in ``square_refunds``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..canonical.money import Money, add_up
from ..canonical.orders import Payment, PaymentState, Refund
from .square_wire import WireOrder, WireTender
from .square_words import (
    CARD_STATES_LOST,
    CARD_STATES_PAID,
    CARD_STATES_PROMISED,
    ORDER_STATES,
    TENDER_METHODS,
    StateMeaning,
)

_CARD_STATES = CARD_STATES_LOST | CARD_STATES_PAID | CARD_STATES_PROMISED


def read_payments(order: WireOrder) -> tuple[Payment, ...]:
    """Return the tenders that brought money, in the order in which they came."""
    return tuple(
        Payment(
            external_id=tender.payment_id or tender.id,
            method=TENDER_METHODS.get(tender.type, "unknown"),
            amount=order.money(tender.amount_money),
            paid_at=tender.created_at,
        )
        for tender in order.tenders
        if _card_state(tender) not in CARD_STATES_LOST | CARD_STATES_PROMISED
    )


def decide_payment(
    order: WireOrder, meaning: StateMeaning, refunds: Sequence[Refund]
) -> PaymentState:
    """Say what is known about the money of an order."""
    if order.state not in ORDER_STATES:
        return PaymentState.UNKNOWN
    total = order.total_money.money
    refunded = add_up((refund.amount for refund in refunds), order.currency)
    if refunded.minor > 0:
        if refunded.minor >= total.minor:
            return PaymentState.REFUNDED
        return PaymentState.PARTIALLY_REFUNDED
    if meaning.cancelled:
        return PaymentState.VOIDED
    if meaning.paid:
        return PaymentState.PAID
    return _judge_tenders(order, total)


def list_unknown_tenders(order: WireOrder) -> Iterator[str]:
    """Yield the words of tenders that the mapping has never seen."""
    for tender in order.tenders:
        if tender.type not in TENDER_METHODS:
            yield f"tenders.type={tender.type}"
        state = _card_state(tender)
        if state and state not in _CARD_STATES:
            yield f"tenders.card_details.status={state}"


def _judge_tenders(order: WireOrder, total: Money) -> PaymentState:
    paid = add_up((each.amount for each in read_payments(order)), order.currency)
    due = order.net_amount_due_money
    settled = due is not None and due.amount <= 0 and bool(paid)
    if settled or (paid and paid.minor >= total.minor):
        return PaymentState.PAID
    if paid:
        return PaymentState.PARTIALLY_PAID
    if any(_card_state(each) in CARD_STATES_PROMISED for each in order.tenders):
        return PaymentState.AUTHORIZED
    return PaymentState.PENDING


def _card_state(tender: WireTender) -> str:
    return tender.card_details.status if tender.card_details else ""
