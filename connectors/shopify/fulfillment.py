"""Which work of an order a parcel does, and whether Shopify knows the parcel already.

Pure. Shopify has no idempotency here and keeps no reference of ours: a parcel is known
again by its tracking number, and one without by its lines. Work that is done cannot be
done twice, so a repeated push never ships more than was ordered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...canonical.pushes import FulfillmentPush
from .wire import OrderToShip, Parcel

Units = Counter[str]
"""Units by the id of the order's line."""

_OPEN = {"OPEN", "IN_PROGRESS"}
_FAILED = {"CANCELLED", "ERROR", "FAILURE"}


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Units of an order's line that a location still has to ship."""

    work_id: str
    id: str
    line_external_id: str
    quantity: int
    location_id: str


Shipment = list[tuple[OpenLine, int]]
"""Units of open lines that leave one location together."""


def units_of(push: FulfillmentPush) -> Units:
    """Return what a parcel carries."""
    units: Units = Counter()
    for line in push.lines:
        units[line.line_external_id] += line.quantity
    return units


def find_by_tracking(order: OrderToShip, push: FulfillmentPush) -> tuple[str, Units]:
    """Return the id under which Shopify knows a tracking number, and what is missing.

    The id is empty, and all is missing, where it does not know the number.
    """
    missing, found = units_of(push), ""
    if push.tracking_number:
        for parcel in _list_standing(order):
            numbers = {info.number for info in parcel.tracking_info}
            if push.tracking_number in numbers:
                found = found or parcel.id
                missing -= _units_in(parcel)
    return found, +missing


def find_by_lines(order: OrderToShip, push: FulfillmentPush) -> str:
    """Return the id of a parcel without tracking that has exactly these lines."""
    if push.tracking_number:
        return ""
    for parcel in _list_standing(order):
        tracked = any(info.number for info in parcel.tracking_info)
        if not tracked and _units_in(parcel) == units_of(push):
            return parcel.id
    return ""


def find_parcel(order: OrderToShip, push: FulfillmentPush) -> str | None:
    """Return the id of what an earlier push of this parcel made, as a whole."""
    found, missing = find_by_tracking(order, push)
    if found and not missing:
        return found
    return find_by_lines(order, push) or None


def plan_work(
    order: OrderToShip, wanted: Units, preferred_location: str
) -> tuple[list[Shipment], Units]:
    """Return what to ship from each location, and what no open work covers.

    Shopify takes the work of one location at a time. The location that covers most
    comes first, so that a parcel is split only where it must be.
    """
    by_location: dict[str, list[OpenLine]] = {}
    for line in _list_open(order):
        by_location.setdefault(line.location_id, []).append(line)
    missing = Counter(wanted)
    parcels: list[Shipment] = []
    while missing and by_location:
        plans = {
            location: _take(lines, missing) for location, lines in by_location.items()
        }
        best = max(
            plans,
            key=lambda place: (
                sum(count for _, count in plans[place]),
                place == preferred_location,
            ),
        )
        if not plans[best]:
            break
        parcels.append(plans[best])
        for line, count in plans[best]:
            missing[line.line_external_id] -= count
        missing = +missing
        del by_location[best]
    return parcels, missing


def build_input(
    shipment: Shipment, push: FulfillmentPush, *, notify: bool
) -> dict[str, Any]:
    """Return the mutation's input for what one location ships."""
    by_work: dict[str, list[dict[str, Any]]] = {}
    for line, count in shipment:
        entry = {"id": line.id, "quantity": count}
        by_work.setdefault(line.work_id, []).append(entry)
    tracking = {
        "company": push.carrier,
        "number": push.tracking_number,
        "url": push.tracking_url,
    }
    given = {name: value for name, value in tracking.items() if value}
    return {
        "lineItemsByFulfillmentOrder": [
            {"fulfillmentOrderId": work_id, "fulfillmentOrderLineItems": entries}
            for work_id, entries in by_work.items()
        ],
        "notifyCustomer": notify,
        **({"trackingInfo": given} if given else {}),
    }


def _take(lines: Sequence[OpenLine], wanted: Units) -> Shipment:
    left = Counter(wanted)
    taken: Shipment = []
    for line in lines:
        count = min(line.quantity, left[line.line_external_id])
        if count > 0:
            taken.append((line, count))
            left[line.line_external_id] -= count
    return taken


def _list_open(order: OrderToShip) -> list[OpenLine]:
    return [
        OpenLine(
            work_id=work.id,
            id=line.id,
            line_external_id=line.line_item.id,
            quantity=line.remaining_quantity,
            location_id=location.id if location else "",
        )
        for work in order.fulfillment_orders.nodes
        if work.status in _OPEN
        for location in [work.assigned_location.location]
        for line in work.line_items.nodes
        if line.remaining_quantity > 0
    ]


def _list_standing(order: OrderToShip) -> list[Parcel]:
    return [parcel for parcel in order.fulfillments if parcel.status not in _FAILED]


def _units_in(parcel: Parcel) -> Units:
    units: Units = Counter()
    for line in parcel.fulfillment_line_items.nodes:
        units[line.line_item.id] += line.quantity or 0
    return units
