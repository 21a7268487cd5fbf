"""Etsy receipts into the canonical model, without any I/O.

A receipt states its discount, tax and shipping once for all lines: they are shared out
by what the lines cost, to the cent. Refunds carry neither an id nor lines, shipments
carry no lines: the first one takes everything along, because it marks the whole receipt
as shipped. Listings are in ``etsy_listings``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from ..canonical.listings import Listing
from ..canonical.money import Money, add_up
from ..canonical.orders import FulfillmentState, Order, PaymentState
from .etsy_identity import name_product
from .etsy_listings import read_listings
from .etsy_parts import Parts, read_fulfillments, read_refunds
from .etsy_wire import WireReceipt, WireTransaction
from .etsy_words import PAYMENT_METHODS, REFUND_STANDS, StatusMeaning, read_status
from .wire import describe_mismatch, read_wire

_UNKNOWN_STATUS = StatusMeaning(PaymentState.UNKNOWN, held=True)


class EtsyTranslator:
    """Translates what the Etsy connector stored. Keeps nothing."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one receipt.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        wire = read_wire(WireReceipt, payload)
        try:
            return _build_order(wire)
        except ValidationError as error:
            raise describe_mismatch(error) from None

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one listing into a listing for each of its products.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        return read_listings(payload)


translator = EtsyTranslator()


def _build_order(wire: WireReceipt) -> Order:
    meaning = read_status(wire.status) or _UNKNOWN_STATUS
    refunds = read_refunds(wire)
    cancelled = meaning.cancelled
    payment = _decide_payment(wire, meaning, refunds)
    shipped = bool(wire.is_shipped)
    return Order.model_validate(
        {
            "external_id": str(wire.receipt_id),
            "number": str(wire.receipt_id),
            "placed_at": wire.created_at,
            "updated_at": wire.changed_at,
            "currency": wire.currency,
            "prices_include_tax": False,
            "payment": payment,
            "fulfillment": (
                FulfillmentState.FULFILLED if shipped else FulfillmentState.UNFULFILLED
            ),
            "cancelled_at": wire.changed_at if cancelled else None,
            "cancel_reason": "cancelled" if cancelled else "",
            "held": meaning.held or (payment is PaymentState.REFUNDED and not shipped),
            "lines": _read_lines(wire, cancelled=cancelled),
            "shipping": _read_shipping(wire),
            "fees": _read_fees(wire),
            "payments": _read_payments(wire),
            "refunds": refunds,
            "fulfillments": read_fulfillments(wire),
            "total": wire.grandtotal.money,
            "customer": _read_customer(wire),
            "shipping_address": _read_address(wire),
            "note": "\n".join(filter(None, (wire.message_from_buyer, _gift(wire)))),
            "ship_by": _find_deadline(wire),
            "unknown_values": _list_unknown_values(wire),
        }
    )


def _gift(wire: WireReceipt) -> str:
    return f"Gift message: {wire.gift_message}" if wire.gift_message else ""


def _decide_payment(
    wire: WireReceipt, meaning: StatusMeaning, refunds: list[Parts]
) -> PaymentState:
    """Say what is known about the money; refunds say more than a status."""
    if meaning.payment in {PaymentState.UNKNOWN, PaymentState.REFUNDED}:
        return meaning.payment
    refunded = add_up((one["amount"] for one in refunds), wire.currency)
    if refunded:
        whole = refunded.minor >= wire.grandtotal.money.minor
        return PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED
    if meaning.payment is not None:
        return meaning.payment
    if wire.is_paid:
        return PaymentState.PAID
    return PaymentState.VOIDED if meaning.cancelled else PaymentState.PENDING


def _read_lines(wire: WireReceipt, *, cancelled: bool) -> list[Parts]:
    costs = [one.price.money * one.quantity for one in wire.transactions]
    if not costs:
        return []
    weights = [max(0, cost.minor) for cost in costs]
    discounts = wire.money(wire.discount_amt).split(weights)
    taxes = _find_tax(wire).split(weights)
    return [
        _read_line(one, cost - off, off, tax, cancelled=cancelled)
        for one, cost, off, tax in zip(
            wire.transactions, costs, discounts, taxes, strict=True
        )
    ]


def _read_line(
    line: WireTransaction, total: Money, off: Money, tax: Money, *, cancelled: bool
) -> Parts:
    digital = bool(line.is_digital)
    listing = (
        name_product(line.listing_id, line.product_data) if line.listing_id else ""
    )
    return {
        "external_id": str(line.transaction_id),
        "listing_external_id": listing,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "quantity_current": 0 if cancelled else line.quantity,
        "unit_price": line.price.money,
        "total": total,
        "tax": tax,
        "discounts": [{"title": "coupon", "amount": off}] if off else [],
        # Taken when the buyer buys; a cancellation gives nothing back.
        "quantity_taken": 0 if digital else line.quantity,
        "tracked": not digital,
    }


def _find_tax(wire: WireReceipt) -> Money:
    """Return the tax that comes on top; VAT does so only where the total says so."""
    tax, vat = wire.money(wire.total_tax_cost), wire.money(wire.total_vat_cost)
    parts = [one.price.money * one.quantity for one in wire.transactions]
    parts += [wire.money(wire.total_shipping_cost), wire.money(wire.gift_wrap_price)]
    without = add_up(parts, wire.currency) - wire.money(wire.discount_amt) + tax
    return tax + vat if wire.grandtotal.money - without == vat else tax


def _read_shipping(wire: WireReceipt) -> list[Parts]:
    cost = wire.money(wire.total_shipping_cost)
    names = [one.shipping_upgrade or one.shipping_method for one in wire.transactions]
    title = next(filter(None, names), "")
    if not cost and not title:
        return []
    zero = Money.zero(wire.currency)
    return [{"title": title or "shipping", "total": cost, "tax": zero}]


def _read_fees(wire: WireReceipt) -> list[Parts]:
    price = wire.money(wire.gift_wrap_price)
    zero = Money.zero(wire.currency)
    return [{"title": "gift wrap", "total": price, "tax": zero}] if price else []


def _read_payments(wire: WireReceipt) -> list[Parts]:
    if not wire.is_paid:
        return []
    moments = [one.paid_timestamp for one in wire.transactions if one.paid_timestamp]
    return [
        {
            "external_id": str(wire.receipt_id),
            "method": PAYMENT_METHODS.get(wire.payment_method, wire.payment_method),
            "amount": wire.grandtotal.money,
            "paid_at": min(moments, default=None),
        }
    ]


def _read_customer(wire: WireReceipt) -> Parts:
    return {
        "external_id": str(wire.buyer_user_id or ""),
        "name": wire.name,
        "email": wire.buyer_email,
    }


def _read_address(wire: WireReceipt) -> Parts | None:
    """Return where to send to; Etsy withholds it from some applications."""
    if not (wire.first_line or wire.city or wire.country_iso):
        return None
    return {
        "name": wire.name,
        "street": wire.first_line,
        "street_2": wire.second_line,
        "city": wire.city,
        "region": wire.state,
        "postcode": wire.zip,
        "country": wire.country_iso,
    }


def _find_deadline(wire: WireReceipt) -> datetime | None:
    moments = [one.expected_ship_date for one in wire.transactions]
    return min(filter(None, moments), default=None)


def _list_unknown_values(wire: WireReceipt) -> tuple[str, ...]:
    """Name the vocabulary of this receipt that the mapping does not know."""
    unknown = []
    if read_status(wire.status) is None:
        unknown.append(f"status={wire.status}")
    if wire.payment_method and wire.payment_method not in PAYMENT_METHODS:
        unknown.append(f"payment_method={wire.payment_method}")
    unknown += [
        f"refunds.status={one.status}"
        for one in wire.refunds
        if one.status.lower() not in REFUND_STANDS
    ]
    return tuple(dict.fromkeys(unknown))
