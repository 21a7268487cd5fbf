"""Square orders into the canonical model, without any I/O.

A sale at the counter and an order to be shipped are the same record at Square: without
a fulfillment, a completed order went over the counter. Lines carry no SKU: the listing
of a line is its catalogue variation, and the hub's own mapping of listings does the
join. Refunds are in ``square_refunds``, the catalogue in ``square_listings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from ..canonical.listings import Listing
from ..canonical.money import Money
from ..canonical.orders import Order
from .square_lines import Parts, includes_tax, read_line
from .square_listings import read_listings
from .square_parcels import (
    decide_fulfillment,
    find_departure,
    is_called_off,
    list_unknown_fulfillments,
    read_fulfillments,
)
from .square_payments import decide_payment, list_unknown_tenders, read_payments
from .square_refunds import list_unknown_states, read_refunds
from .square_wire import (
    WireHandover,
    WireOrder,
    WireRecipient,
    WireServiceCharge,
    count_whole,
)
from .square_words import LINE_TYPES, ORDER_STATES, TAX_TYPES, StateMeaning
from .wire import describe_mismatch, read_wire

REFUNDS_KEY = "_refunds"
"""Where the connector puts the refunds of an order's payments."""
RETURNS_KEY = "_returns"
"""Where the connector puts the return orders that name this order as their source."""
ADJUSTMENTS_KEY = "_adjustments"
"""Where the connector puts the inventory adjustments that those returns caused."""

_UNKNOWN_STATE = StateMeaning()
_APPORTIONED = "APPORTIONED_TREATMENT"
"""Service charges that are inside the lines' totals already."""


class SquareTranslator:
    """Translates what the Square connector stored. Keeps nothing."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order, with the refunds and returns stored beside it.

        A line that is measured (1.5 kg) is one portion, moves no stock, and is named
        among the unknown values: the hub counts in whole units.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        wire = read_wire(WireOrder, payload)
        try:
            return _build_order(wire)
        except ValidationError as error:
            raise describe_mismatch(error) from None

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one item of the catalogue into a listing for each variation.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        return read_listings(payload)


translator = SquareTranslator()


def _build_order(wire: WireOrder) -> Order:
    meaning = ORDER_STATES.get(wire.state, _UNKNOWN_STATE)
    left_at = find_departure(wire, meaning)
    refunds = read_refunds(wire, left_at)
    updated_at = wire.updated_at or wire.created_at
    called_off = is_called_off(wire)
    cancelled = meaning.cancelled or called_off is not None
    recipient = _find_recipient(wire)
    return Order.model_validate(
        {
            "external_id": wire.id,
            "number": wire.reference_id or wire.ticket_name,
            "placed_at": wire.created_at,
            "updated_at": updated_at,
            "currency": wire.currency,
            "prices_include_tax": includes_tax(wire),
            "payment": decide_payment(wire, meaning, refunds),
            "fulfillment": decide_fulfillment(wire, meaning),
            "cancelled_at": (
                (called_off or wire.closed_at or updated_at) if cancelled else None
            ),
            "cancel_reason": _explain_end(meaning) if cancelled else "",
            "held": meaning.held,
            "lines": [
                read_line(wire, line, meaning, refunds, left_at)
                for line in wire.line_items
            ],
            "fees": _read_fees(wire),
            "payments": read_payments(wire),
            "refunds": refunds,
            "fulfillments": read_fulfillments(wire),
            "total": wire.total_money.money,
            "customer": _read_customer(wire, recipient),
            "shipping_address": _read_address(recipient),
            "note": _find_note(wire),
            "ship_by": _find_deadline(wire),
            "unknown_values": _list_unknown_values(wire),
        }
    )


def _explain_end(meaning: StateMeaning) -> str:
    return "cancelled" if meaning.cancelled else "its fulfillment was cancelled"


def _read_fees(wire: WireOrder) -> list[Parts]:
    fees = [
        _read_charge(wire, charge)
        for charge in wire.service_charges
        if charge.treatment_type != _APPORTIONED
    ]
    tip = wire.money(wire.total_tip_money)
    if tip:
        zero = Money.zero(wire.currency)
        fees.append({"title": "tip", "total": tip, "tax": zero})
    return fees


def _read_charge(wire: WireOrder, charge: WireServiceCharge) -> Parts:
    total, tax = wire.money(charge.total_money), wire.money(charge.total_tax_money)
    return {
        "title": charge.name or "service charge",
        "total": total if includes_tax(wire) else total - tax,
        "tax": tax,
    }


def _find_recipient(wire: WireOrder) -> WireRecipient | None:
    told = [each.details.recipient for each in wire.fulfillments]
    return next((each for each in told if each is not None), None)


def _read_customer(wire: WireOrder, recipient: WireRecipient | None) -> Parts | None:
    customer_id = wire.customer_id or (recipient.customer_id if recipient else "")
    if recipient is None:
        return {"external_id": customer_id} if customer_id else None
    return {
        "external_id": customer_id,
        "name": recipient.display_name,
        "email": recipient.email_address,
        "phone": recipient.phone_number,
    }


def _read_address(recipient: WireRecipient | None) -> Parts | None:
    """Return where to send to, or None where nobody asked for anything to be sent."""
    if recipient is None or recipient.address is None:
        return None
    where = recipient.address
    own_name = f"{where.first_name} {where.last_name}".strip()
    return {
        "name": recipient.display_name or own_name,
        "street": where.address_line_1,
        "street_2": where.address_line_2,
        "city": where.locality,
        "region": where.administrative_district_level_1,
        "postcode": where.postal_code,
        "country": where.country,
        "phone": recipient.phone_number,
    }


def _find_note(wire: WireOrder) -> str:
    details: list[WireHandover] = [each.details for each in wire.fulfillments]
    return next((each.shipping_note or each.note for each in details), "")


def _find_deadline(wire: WireOrder) -> datetime | None:
    told = [each.details.expected_shipped_at for each in wire.fulfillments]
    return min((each for each in told if each is not None), default=None)


def _list_unknown_values(wire: WireOrder) -> tuple[str, ...]:
    """Name the vocabulary of this order that the mapping does not know."""
    unknown = []
    if wire.state not in ORDER_STATES:
        unknown.append(f"state={wire.state}")
    unknown += list_unknown_fulfillments(wire)
    unknown += list_unknown_tenders(wire)
    unknown += list_unknown_states(wire)
    for line in wire.line_items:
        if line.item_type and line.item_type not in LINE_TYPES:
            unknown.append(f"line_items.item_type={line.item_type}")
        if count_whole(line.quantity) is None:
            unknown.append(f"line_items.quantity={line.quantity.normalize():f}")
    for tax in wire.taxes:
        if tax.type not in TAX_TYPES:
            unknown.append(f"taxes.type={tax.type}")
    return tuple(dict.fromkeys(unknown))
