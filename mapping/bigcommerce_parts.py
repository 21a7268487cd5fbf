"""The parts of a BigCommerce order: refunds, shipments, people, places. Pure.

Which units had left when they were refunded is nowhere said; it is concluded from how
many of a line have shipped. The order as a whole is put together in ``bigcommerce``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .bigcommerce_wire import (
    WireAddress,
    WireLine,
    WireOrder,
    WireRefund,
    WireShipment,
    to_money,
)
from .bigcommerce_words import StatusMeaning

Parts = dict[str, Any]
"""The fields of one part of an order; ``Order`` checks all of its parts in one go."""


def count_unsent(line: WireLine, wire: WireOrder, meaning: StatusMeaning) -> int:
    """Return the units of a line that have not left.

    A status that says that all has left counts where no shipment was entered at all:
    it was then set by hand.
    """
    if meaning.left and not any(
        one.quantity_shipped for one in wire.consignments.lines
    ):
        return 0
    return max(0, line.quantity - line.quantity_shipped)


def count_refunded(wire: WireOrder) -> dict[int, int]:
    """Return how many units of each line were refunded."""
    counts = {line.id: line.quantity_refunded for line in wire.consignments.lines}
    told: dict[int, int] = {}
    for refund in list_standing(wire):
        for line_id, quantity in _list_units(refund):
            told[line_id] = told.get(line_id, 0) + quantity
    return {
        line_id: max(count, told.get(line_id, 0)) for line_id, count in counts.items()
    }


def list_standing(wire: WireOrder) -> list[WireRefund]:
    """Return the refunds whose money goes back, oldest first."""
    standing = [
        refund
        for refund in wire.refunds
        if not refund.payments or not all(one.is_declined for one in refund.payments)
    ]
    return sorted(standing, key=lambda refund: refund.id)


def read_refunds(wire: WireOrder, meaning: StatusMeaning) -> list[Parts]:
    """Return the refunds; the first units refunded are those that never left."""
    unsent = {
        line.id: count_unsent(line, wire, meaning) for line in wire.consignments.lines
    }
    refunds = []
    for refund in list_standing(wire):
        lines: list[Parts] = []
        for line_id, quantity in _list_units(refund):
            stayed = min(quantity, unsent.get(line_id, 0))
            unsent[line_id] = unsent.get(line_id, 0) - stayed
            for units, never_left in ((stayed, True), (quantity - stayed, False)):
                if units:
                    lines.append(
                        {
                            "line_external_id": str(line_id),
                            "quantity": units,
                            "restocked": wire.restocks,
                            "never_left": never_left,
                        }
                    )
        refunds.append(
            {
                "external_id": str(refund.id),
                "amount": to_money(refund.total_amount, wire.currency),
                "refunded_at": refund.created,
                "lines": lines,
            }
        )
    return refunds


def _list_units(refund: WireRefund) -> Iterator[tuple[int, int]]:
    for part in refund.items:
        if part.item_type == "PRODUCT" and part.quantity:
            yield part.item_id, part.quantity


def read_shipments(shipments: list[WireShipment]) -> list[Parts]:
    """Return what left, in the order in which it did."""
    return [
        {
            "external_id": str(shipment.id),
            "lines": [
                {
                    "line_external_id": str(one.order_product_id),
                    "quantity": one.quantity,
                }
                for one in shipment.items
                if one.quantity
            ],
            "carrier": shipment.shipping_provider_display_name
            or shipment.shipping_provider
            or shipment.tracking_carrier,
            "tracking_number": shipment.tracking_number,
            "tracking_url": shipment.tracking_link or shipment.generated_tracking_link,
            "shipped_at": shipment.date_created,
        }
        for shipment in sorted(shipments, key=lambda each: each.id)
    ]


def read_customer(wire: WireOrder) -> Parts | None:
    """Return who bought; a guest has no id."""
    billing = wire.billing_address
    if billing is None:
        return None
    return {
        "external_id": str(wire.customer_id) if wire.customer_id else "",
        "name": billing.name,
        "email": billing.email,
        "phone": billing.phone,
    }


def read_address(place: WireAddress | None) -> Parts | None:
    """Return an address, or None where every line of it is empty."""
    if place is None:
        return None
    name = place.name
    if not (name or place.company or place.street_1 or place.city or place.zip):
        return None
    return {
        "name": name,
        "company": place.company,
        "street": place.street_1,
        "street_2": place.street_2,
        "city": place.city,
        "region": place.state,
        "postcode": place.zip,
        "country": place.country_iso2,
        "phone": place.phone,
    }
