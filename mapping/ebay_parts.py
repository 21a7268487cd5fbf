"""The parts of an eBay order: payments, refunds, parcels, people. Pure.

eBay tells refunds of the whole order and of lines in two places, and never units. The
order as a whole is put together in ``ebay``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from ..canonical.money import Money, add_up
from .ebay_wire import WireContact, WireLine, WireOrder, WireRefund, to_money
from .ebay_words import LINE_STATES, PAYMENT_STANDS, REFUND_STANDS, look_up

Parts = dict[str, Any]
"""The fields of one part of an order; ``Order`` checks all of its parts in one go."""


def find_never_shipped(wire: WireOrder, unknown: list[str]) -> set[str]:
    """Return the lines that nobody wants any more although nothing of them left.

    Those are the lines whose whole price went back before shipping began; all of an
    order that was fully refunded.
    """
    all_refunded = wire.order_payment_status == "FULLY_REFUNDED"
    gone = set()
    for line in wire.line_items:
        where = ("lineItems.lineItemFulfillmentStatus", unknown)
        # What eBay's word does not tell may have left.
        left = look_up(LINE_STATES, line.line_item_fulfillment_status, True, where)
        if not left and (all_refunded or is_paid_back(line)):
            gone.add(line.line_item_id)
    return gone


def is_paid_back(line: WireLine) -> bool:
    """Say whether the price of a line, without tax and shipping, has gone back."""
    currency = line.line_item_cost.currency
    price = to_money(line.discounted_line_item_cost or line.line_item_cost, currency)
    amounts = (to_money(refund.amount, currency) for refund in line.refunds)
    return bool(line.refunds) and add_up(amounts, currency).minor >= price.minor


def read_payments(wire: WireOrder, unknown: list[str]) -> list[Parts]:
    """Return the payments that came in."""
    payments = []
    for number, payment in enumerate(wire.payment_summary.payments, start=1):
        where = ("paymentSummary.payments.paymentStatus", unknown)
        came = look_up(PAYMENT_STANDS, payment.payment_status, False, where)
        if came and payment.amount is not None:
            payments.append(
                {
                    "external_id": payment.payment_reference_id
                    or f"{wire.order_id}-{number}",
                    "method": payment.payment_method.lower(),
                    "amount": to_money(payment.amount, payment.amount.currency),
                    "paid_at": payment.payment_date,
                }
            )
    return payments


def read_refunds(
    wire: WireOrder, never_shipped: set[str], unknown: list[str]
) -> list[Parts]:
    """Return the refunds: those that name lines, then those of the whole order.

    A line's refund states no status; where the order states it too, that one counts.
    """
    failed = {
        refund.id
        for refund in wire.payment_summary.refunds
        if not _stands(refund, unknown)
    }
    by_id: defaultdict[str, list[tuple[WireLine, WireRefund]]] = defaultdict(list)
    for line in wire.line_items:
        for number, refund in enumerate(line.refunds, start=1):
            if refund.id not in failed:
                by_id[refund.id or f"{line.line_item_id}-{number}"].append(
                    (line, refund)
                )
    refunds = [
        _read_lines_refund(refund_id, parts, never_shipped)
        for refund_id, parts in by_id.items()
    ]
    for number, refund in enumerate(wire.payment_summary.refunds, start=1):
        refund_id = refund.id or f"{wire.order_id}-{number}"
        if refund.id in failed or refund_id in by_id or refund.amount is None:
            continue
        refunds.append(
            {
                "external_id": refund_id,
                "amount": to_money(refund.amount, refund.amount.currency),
                "refunded_at": refund.refund_date,
                "lines": _list_all_lines(wire, never_shipped),
            }
        )
    return refunds


def _stands(refund: WireRefund, unknown: list[str]) -> bool:
    where = ("paymentSummary.refunds.refundStatus", unknown)
    return look_up(REFUND_STANDS, refund.refund_status, True, where)


def _read_lines_refund(
    refund_id: str, parts: list[tuple[WireLine, WireRefund]], never_shipped: set[str]
) -> Parts:
    currency = parts[0][0].line_item_cost.currency
    amounts: list[Money] = [to_money(refund.amount, currency) for _, refund in parts]
    dates = [refund.refund_date for _, refund in parts if refund.refund_date]
    return {
        "external_id": refund_id,
        "amount": add_up(amounts, currency),
        "refunded_at": min(dates, default=None),
        "lines": [_refunded_line(line, never_shipped) for line, _ in parts],
    }


def _list_all_lines(wire: WireOrder, never_shipped: set[str]) -> list[Parts]:
    """Return the lines of a refund of the whole order, where it took all of them."""
    return [
        _refunded_line(line, never_shipped)
        for line in wire.line_items
        if line.line_item_id in never_shipped and not is_paid_back(line)
    ]


def _refunded_line(line: WireLine, never_shipped: set[str]) -> Parts:
    gone = line.line_item_id in never_shipped
    return {
        "line_external_id": line.line_item_id,
        "quantity": line.quantity if gone else 0,
        "never_left": gone,
    }


def read_parcels(wire: WireOrder) -> list[Parts]:
    """Return what left. eBay's ids repeat where there is no tracking number."""
    ids = Counter(parcel.fulfillment_id for parcel in wire.parcels)
    return [
        {
            "external_id": parcel.fulfillment_id
            if ids[parcel.fulfillment_id] == 1
            else f"{parcel.fulfillment_id}-{number}",
            "lines": [
                {"line_external_id": line.line_item_id, "quantity": line.quantity}
                for line in parcel.line_items
                if line.quantity
            ],
            "carrier": parcel.shipping_carrier_code,
            "tracking_number": parcel.shipment_tracking_number,
            "shipped_at": parcel.shipped_date,
        }
        for number, parcel in enumerate(wire.parcels, start=1)
    ]


def read_customer(wire: WireOrder) -> Parts | None:
    """Return who bought, as far as eBay tells."""
    if wire.buyer is None:
        return None
    contact = wire.buyer.buyer_registration_address or WireContact()
    return {
        "external_id": wire.buyer.username,
        "name": contact.full_name,
        "email": contact.email,
        "phone": contact.primary_phone.phone_number if contact.primary_phone else "",
    }


def read_address(contact: WireContact | None) -> Parts | None:
    """Return where the goods go, or None where eBay does not tell any more."""
    if contact is None or contact.contact_address is None:
        return None
    place = contact.contact_address
    return {
        "name": contact.full_name,
        "company": contact.company_name,
        "street": place.address_line1,
        "street_2": place.address_line2,
        "city": place.city,
        "region": place.state_or_province,
        "postcode": place.postal_code,
        "country": place.country_code,
        "phone": contact.primary_phone.phone_number if contact.primary_phone else "",
    }
