"""The parts of a Vendure order: lines, charges, money that came and went, parcels.

A line's ``quantity`` falls with every unit that staff cancel, whether it was still here
or had been sent. What had been sent is still what the buyer wanted; it came back, and
is a return. Vendure keeps no record of it but the difference.
"""

from __future__ import annotations

from typing import Any

from ..canonical.money import Money
from ..canonical.orders import FulfillmentState, PaymentState
from .vendure_wire import WireLine, WireOrder, WirePart, WireRefund
from .vendure_words import (
    ORDER_STATES,
    PARCEL_STATE_CANCELLED,
    PARCEL_STATES_SENT,
    PAYMENT_AUTHORIZED,
    PAYMENT_CANCELLED,
    PAYMENT_SETTLED,
    PAYMENT_STATES,
    REFUND_STATES_LIVE,
    UNTRACKED,
    StateMeaning,
)

Parts = dict[str, Any]
"""The fields of one part of an order, checked with the whole of it."""


def read_price(with_tax: int, without_tax: int, currency: str) -> Parts:
    """Return a total and the tax that is inside it."""
    return {
        "total": Money(with_tax, currency),
        "tax": Money(with_tax - without_tax, currency),
    }


def read_line(wire: WireOrder, line: WireLine, meaning: StateMeaning) -> Parts:
    """Return one line; what was taken off it before it left is not wanted any more."""
    currency, variant = wire.currency_code, line.product_variant
    price = read_price(
        line.prorated_line_price_with_tax, line.prorated_line_price, currency
    )
    tracked = variant.track_inventory != UNTRACKED
    return {
        "external_id": line.id,
        "listing_external_id": variant.id,
        "sku": variant.sku,
        "title": variant.name,
        "quantity": max(line.quantity, line.order_placed_quantity),
        "quantity_current": max(
            line.quantity if meaning.wanted else 0, count_sent(wire, line)
        ),
        "unit_price": Money(line.unit_price_with_tax, currency),
        **price,
        "taxes": _read_taxes(line, price["tax"]),
        "discounts": [
            {
                "title": discount.description or "discount",
                "amount": Money(-discount.amount_with_tax, currency),
            }
            for discount in line.discounts
        ],
        "quantity_taken": (line.quantity if tracked and meaning.takes_stock else 0),
    }


def _read_taxes(line: WireLine, tax: Money) -> list[Parts]:
    """Return the taxes of a line: rates as told, and the amount shared out by them."""
    if not line.tax_lines:
        return []
    weights = [max(0, round(one.tax_rate * 1000)) for one in line.tax_lines]
    return [
        {
            "title": one.description,
            "amount": share,
            "rate_percent": f"{one.tax_rate:g}",
        }
        for one, share in zip(line.tax_lines, tax.split(weights), strict=True)
    ]


def count_sent(wire: WireOrder, line: WireLine) -> int:
    """Return how many units of a line are in parcels that were sent."""
    return sum(
        part.quantity
        for parcel in wire.fulfillments
        if parcel.state in PARCEL_STATES_SENT
        for part in parcel.lines
        if part.order_line_id == line.id
    )


def read_refunds(wire: WireOrder) -> list[Parts]:
    """Return the money that went back, and the goods; Vendure ties them not together.

    Goods come back one unit at a time, each with an id of its own, so that one more is
    one more fact and never the same fact changed.
    """
    currency = wire.currency_code
    money = [_read_refund(one, currency) for one in _list_refunds(wire)]
    goods = [
        {
            "external_id": f"{line.id}/returned/{number}",
            "amount": Money.zero(currency),
            "lines": [{"line_external_id": line.id, "quantity": 1, "restocked": True}],
        }
        for line in wire.lines
        for number in range(1, count_sent(wire, line) - line.quantity + 1)
    ]
    return [*money, *goods]


def _list_refunds(wire: WireOrder) -> list[WireRefund]:
    """Return the refunds that went through, or are on their way."""
    return [
        refund
        for payment in wire.payments
        for refund in payment.refunds
        if refund.state in REFUND_STATES_LIVE
    ]


def _read_refund(refund: WireRefund, currency: str) -> Parts:
    """Return a refund; in Vendure it moves no goods, whatever lines it names."""
    return {
        "external_id": refund.id,
        "amount": Money(refund.total, currency),
        "refunded_at": refund.created_at,
        "lines": [
            {"line_external_id": part.order_line_id, "quantity": part.quantity}
            for part in refund.lines
        ],
    }


def read_payments(wire: WireOrder) -> list[Parts]:
    """Return the payments that were made; promises are none yet."""
    return [
        {
            "external_id": payment.id,
            "method": payment.method,
            "amount": Money(payment.amount, wire.currency_code),
            "paid_at": payment.created_at,
        }
        for payment in wire.payments
        if payment.state == PAYMENT_SETTLED
    ]


def decide_payment(wire: WireOrder) -> PaymentState:
    """Say what is known about the money, from the payments alone."""
    settled = sum(one.amount for one in wire.payments if one.state == PAYMENT_SETTLED)
    back = sum(refund.total for refund in _list_refunds(wire))
    states = {payment.state for payment in wire.payments}
    if back > 0:
        whole = back >= settled
        return PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED
    if settled >= wire.total_with_tax and (settled or not states - {PAYMENT_SETTLED}):
        return PaymentState.PAID
    if settled > 0:
        return PaymentState.PARTIALLY_PAID
    if PAYMENT_AUTHORIZED in states:
        return PaymentState.AUTHORIZED
    if states - PAYMENT_STATES:
        return PaymentState.UNKNOWN
    return PaymentState.VOIDED if PAYMENT_CANCELLED in states else PaymentState.PENDING


def read_fulfillments(wire: WireOrder) -> list[Parts]:
    """Return what has left and what was called off; not what waits to be sent."""
    return [
        {
            "external_id": parcel.id,
            "lines": _read_units(parcel.lines),
            "carrier": parcel.method,
            "tracking_number": parcel.tracking_code,
            "shipped_at": parcel.created_at,
            "cancelled": parcel.state == PARCEL_STATE_CANCELLED,
        }
        for parcel in wire.fulfillments
        if parcel.state in PARCEL_STATES_SENT or parcel.state == PARCEL_STATE_CANCELLED
    ]


def _read_units(parts: list[WirePart]) -> list[Parts]:
    return [
        {"line_external_id": part.order_line_id, "quantity": part.quantity}
        for part in parts
        if part.quantity
    ]


def decide_fulfillment(wire: WireOrder) -> FulfillmentState:
    """Say how much has left, counted from the parcels."""
    if wire.state not in ORDER_STATES:
        return FulfillmentState.UNKNOWN
    sent = sum(
        part.quantity
        for parcel in wire.fulfillments
        if parcel.state in PARCEL_STATES_SENT
        for part in parcel.lines
    )
    if not sent:
        return FulfillmentState.UNFULFILLED
    if sent < sum(line.quantity for line in wire.lines):
        return FulfillmentState.PARTIALLY_FULFILLED
    return FulfillmentState.FULFILLED
