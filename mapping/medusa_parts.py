"""The parts of a Medusa order: payments, refunds, returns, parcels, people. Pure.

Medusa keeps money and goods apart: a refund is of a payment and names no line, a return
is of lines and pays nothing back. So are they told here. The order as a whole is put
together in ``medusa``.
"""

from __future__ import annotations

from typing import Any

from ..canonical.money import Money
from .medusa_wire import WireAddress, WireFulfillment, WireOrder, WireReturn, to_money

Parts = dict[str, Any]
"""The fields of one part of an order; ``Order`` checks all of its parts in one go."""

CARRIER_KEY = "crossdock_carrier"
"""Where a fulfillment's metadata tells the carrier: Medusa's labels have no field."""


def read_payments(wire: WireOrder) -> list[Parts]:
    """Return the captures, which are when money moves."""
    return [
        {
            "external_id": capture.id,
            "method": payment.provider_id,
            "amount": to_money(capture.amount, wire.currency_code),
            "paid_at": capture.created_at,
        }
        for payment in wire.payments
        for capture in payment.captures
    ]


def read_refunds(wire: WireOrder) -> list[Parts]:
    """Return the money that went back, and the goods that came back."""
    refunds: list[Parts] = [
        {
            "external_id": refund.id,
            "amount": to_money(refund.amount, wire.currency_code),
            "refunded_at": refund.created_at,
        }
        for payment in wire.payments
        for refund in payment.refunds
    ]
    refunds += [
        {
            "external_id": each.id,
            "amount": Money.zero(wire.currency_code),
            "refunded_at": each.received_at,
            "lines": lines,
        }
        for each in wire.returns
        if not each.canceled_at and (lines := _list_returned(each))
    ]
    return refunds


def _list_returned(each: WireReturn) -> list[Parts]:
    return [
        {
            "line_external_id": line.item_id,
            "quantity": quantity,
            "restocked": restocked,
        }
        for line in each.items
        for quantity, restocked in (
            (line.received_quantity, True),
            (line.damaged_quantity, False),
        )
        if quantity
    ]


def read_shipments(fulfillments: list[WireFulfillment]) -> list[Parts]:
    """Return what left; what is packed and has not left is not among it."""
    shipments = []
    for each in fulfillments:
        if each.left_at is None:
            continue
        label = next(iter(each.labels), None)
        carrier = (each.metadata or {}).get(CARRIER_KEY, "")
        shipments.append(
            {
                "external_id": each.id,
                "lines": [
                    {"line_external_id": one.line_item_id, "quantity": one.quantity}
                    for one in each.items
                    if one.line_item_id and one.quantity
                ],
                "carrier": carrier if isinstance(carrier, str) else "",
                "tracking_number": label.tracking_number if label else "",
                "tracking_url": label.tracking_url if label else "",
                "shipped_at": each.left_at,
                "cancelled": each.canceled_at is not None,
            }
        )
    return shipments


def read_customer(wire: WireOrder) -> Parts:
    """Return who bought; a guest has an e-mail address and often no name."""
    customer, billing = wire.customer, wire.billing_address or wire.shipping_address
    name = customer.name if customer else ""
    phone = customer.phone if customer else ""
    return {
        "external_id": customer.id if customer else "",
        "name": name or (billing.name if billing else ""),
        "email": wire.email,
        "phone": phone or (billing.phone if billing else ""),
    }


def read_address(place: WireAddress | None) -> Parts | None:
    """Return an address, or None where there is none."""
    if place is None:
        return None
    return {
        "name": place.name,
        "company": place.company,
        "street": place.address_1,
        "street_2": place.address_2,
        "city": place.city,
        "region": place.province,
        "postcode": place.postal_code,
        "country": place.country_code.upper(),
        "phone": place.phone,
    }
