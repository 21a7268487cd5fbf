"""Vendure's orders and variants into the canonical model, without any I/O.

Amounts are taken with tax: lines after all discounts, shipping and surcharges then add
up to the order's total exactly. An order's state is the shop's own word and says
little; what was paid and what has left is counted from payments and parcels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..canonical.listings import Listing, ListingState
from ..canonical.money import Money
from ..canonical.orders import FulfillmentState, Order, PaymentState
from .vendure_wire import (
    WireAddress,
    WireCustomer,
    WireLine,
    WireOrder,
    WirePart,
    WireRefund,
    WireVariant,
    describe_mismatch,
    find_newest,
    read_wire,
)
from .vendure_words import (
    BY_DEFAULT,
    ORDER_STATES,
    PARCEL_STATE_CANCELLED,
    PARCEL_STATES_SENT,
    PARCEL_STATES_WAITING,
    PAYMENT_AUTHORIZED,
    PAYMENT_CANCELLED,
    PAYMENT_SETTLED,
    PAYMENT_STATES,
    REFUND_STATES_DEAD,
    REFUND_STATES_LIVE,
    UNTRACKED,
    StateMeaning,
)

LOCATION_KEY = "_location"
"""Where the connector says whose stock level counts."""
TRACKED_KEY = "_trackedByDefault"
"""Where the connector says what holds for variants that inherit the tracking."""

Parts = dict[str, Any]
"""The fields of one part of an order, checked with the whole of it."""
_UNKNOWN_STATE = StateMeaning()


class VendureTranslator:
    """Translates what the Vendure connector stored. Keeps nothing."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        wire = read_wire(WireOrder, payload)
        try:
            return _build_order(wire, payload)
        except ValidationError as error:
            raise describe_mismatch(error) from None

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one variant, which is one listing.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        wire = read_wire(WireVariant, payload)
        shown = wire.enabled and wire.product.enabled
        return (
            Listing(
                external_id=wire.id,
                stock_external_id=wire.id,
                sku=wire.sku,
                title=wire.name or wire.product.name,
                tracked=_is_tracked(wire),
                quantity=_count_free(wire) if _is_tracked(wire) else None,
                state=ListingState.ACTIVE if shown else ListingState.INACTIVE,
            ),
        )


translator = VendureTranslator()


def _is_tracked(wire: WireVariant) -> bool:
    if wire.track_inventory == BY_DEFAULT:
        return wire.tracked_by_default
    return wire.track_inventory != UNTRACKED


def _count_free(wire: WireVariant) -> int:
    """Return what lies at the location and is promised to nobody."""
    return sum(
        level.stock_on_hand - level.stock_allocated
        for level in wire.stock_levels
        if level.stock_location_id == wire.location
    )


def _build_order(wire: WireOrder, payload: Mapping[str, Any]) -> Order:
    meaning = ORDER_STATES.get(wire.state, _UNKNOWN_STATE)
    currency = wire.currency_code
    return Order.model_validate(
        {
            "external_id": wire.id,
            "number": wire.code,
            "placed_at": wire.order_placed_at or wire.created_at,
            "updated_at": find_newest(payload) or wire.updated_at,
            "currency": currency,
            "prices_include_tax": True,
            "payment": _decide_payment(wire),
            "fulfillment": _decide_fulfillment(wire),
            "cancelled_at": wire.updated_at if meaning.cancelled else None,
            "cancel_reason": "cancelled" if meaning.cancelled else "",
            "held": meaning.held,
            "lines": [_read_line(wire, line, meaning) for line in wire.lines],
            "shipping": [
                {
                    "title": line.shipping_method.name or line.shipping_method.code,
                    **_price(
                        line.discounted_price_with_tax, line.discounted_price, currency
                    ),
                }
                for line in wire.shipping_lines
            ],
            "fees": [
                {
                    "title": charge.description or "surcharge",
                    **_price(charge.price_with_tax, charge.price, currency),
                }
                for charge in wire.surcharges
            ],
            "payments": _read_payments(wire),
            "refunds": [_read_refund(one, currency) for one in _list_refunds(wire)],
            "fulfillments": _read_fulfillments(wire),
            "total": Money(wire.total_with_tax, currency),
            "customer": _read_customer(wire.customer),
            "shipping_address": _read_address(wire.shipping_address),
            "billing_address": _read_address(wire.billing_address),
            "unknown_values": _list_unknown_values(wire),
        }
    )


def _price(with_tax: int, without_tax: int, currency: str) -> Parts:
    """Return a total and the tax that is inside it."""
    return {
        "total": Money(with_tax, currency),
        "tax": Money(with_tax - without_tax, currency),
    }


def _read_line(wire: WireOrder, line: WireLine, meaning: StateMeaning) -> Parts:
    """Return one line; what was taken off it before it left is not wanted any more."""
    currency, variant = wire.currency_code, line.product_variant
    price = _price(
        line.prorated_line_price_with_tax, line.prorated_line_price, currency
    )
    tracked = variant.track_inventory != UNTRACKED
    return {
        "external_id": line.id,
        "listing_external_id": variant.id,
        "sku": variant.sku,
        "title": variant.name,
        "quantity": max(line.quantity, line.order_placed_quantity),
        "quantity_current": line.quantity if meaning.wanted else 0,
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


def _read_payments(wire: WireOrder) -> list[Parts]:
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


def _decide_payment(wire: WireOrder) -> PaymentState:
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


def _read_fulfillments(wire: WireOrder) -> list[Parts]:
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


def _decide_fulfillment(wire: WireOrder) -> FulfillmentState:
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


def _read_customer(customer: WireCustomer | None) -> Parts | None:
    if customer is None:
        return None
    return {
        "external_id": customer.id,
        "name": f"{customer.first_name} {customer.last_name}".strip(),
        "email": customer.email_address,
        "phone": customer.phone_number,
    }


def _read_address(address: WireAddress | None) -> Parts | None:
    """Return an address; one without any field was never entered."""
    if address is None or not any(address.model_dump().values()):
        return None
    return {
        "name": address.full_name,
        "company": address.company,
        "street": address.street_line1,
        "street_2": address.street_line2,
        "city": address.city,
        "region": address.province,
        "postcode": address.postal_code,
        "country": address.country_code,
        "phone": address.phone_number,
    }


def _list_unknown_values(wire: WireOrder) -> tuple[str, ...]:
    """Name the vocabulary of this order that the mapping does not know."""
    unknown = []
    if wire.state not in ORDER_STATES:
        unknown.append(f"state={wire.state}")
    for payment in wire.payments:
        if payment.state not in PAYMENT_STATES:
            unknown.append(f"payments.state={payment.state}")
        unknown += [
            f"payments.refunds.state={refund.state}"
            for refund in payment.refunds
            if refund.state not in REFUND_STATES_LIVE | REFUND_STATES_DEAD
        ]
    known = PARCEL_STATES_SENT | PARCEL_STATES_WAITING | {PARCEL_STATE_CANCELLED}
    unknown += [
        f"fulfillments.state={parcel.state}"
        for parcel in wire.fulfillments
        if parcel.state not in known
    ]
    return tuple(dict.fromkeys(unknown))
