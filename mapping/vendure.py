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
from ..canonical.orders import Order
from .vendure_parts import (
    Parts,
    decide_fulfillment,
    decide_payment,
    read_fulfillments,
    read_line,
    read_payments,
    read_price,
    read_refunds,
)
from .vendure_wire import WireAddress, WireCustomer, WireOrder, WireVariant, find_newest
from .vendure_words import (
    BY_DEFAULT,
    ORDER_STATES,
    PARCEL_STATE_CANCELLED,
    PARCEL_STATES_SENT,
    PARCEL_STATES_WAITING,
    PAYMENT_STATES,
    REFUND_STATES_DEAD,
    REFUND_STATES_LIVE,
    UNTRACKED,
    StateMeaning,
)
from .wire import describe_mismatch, read_wire

LOCATION_KEY = "_location"
"""Where the connector says whose stock level counts."""
TRACKED_KEY = "_trackedByDefault"
"""Where the connector says what holds for variants that inherit the tracking."""

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
            "payment": decide_payment(wire),
            "fulfillment": decide_fulfillment(wire),
            "cancelled_at": wire.updated_at if meaning.cancelled else None,
            "cancel_reason": "cancelled" if meaning.cancelled else "",
            "held": meaning.held,
            "lines": [read_line(wire, line, meaning) for line in wire.lines],
            "shipping": [
                {
                    "title": line.shipping_method.name or line.shipping_method.code,
                    **read_price(
                        line.discounted_price_with_tax, line.discounted_price, currency
                    ),
                }
                for line in wire.shipping_lines
            ],
            "fees": [
                {
                    "title": charge.description or "surcharge",
                    **read_price(charge.price_with_tax, charge.price, currency),
                }
                for charge in wire.surcharges
            ],
            "payments": read_payments(wire),
            "refunds": read_refunds(wire),
            "fulfillments": read_fulfillments(wire),
            "total": Money(wire.total_with_tax, currency),
            "customer": _read_customer(wire.customer),
            "shipping_address": _read_address(wire.shipping_address),
            "billing_address": _read_address(wire.billing_address),
            "unknown_values": _list_unknown_values(wire),
        }
    )


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
