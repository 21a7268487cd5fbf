"""Goods that leave: fulfillments by staff in Shopify's admin or through the API."""

from __future__ import annotations

from collections.abc import Sequence

from .orders import Ledger
from .payloads import fulfillment_payload
from .records import (
    Fulfillment,
    FulfillmentOrder,
    FulfillmentOrderLine,
    FulfillmentPart,
    Tracking,
)
from .refusals import RefusedError
from .totals import fulfillment_status

Part = tuple[FulfillmentOrderLine, int]
"""A line of a fulfillment order, and how many of it leave."""

_UNFULFILLABLE = frozenset({"CLOSED", "CANCELLED", "ON_HOLD"})


def remaining_parts(works: Sequence[FulfillmentOrder]) -> list[Part]:
    """Return all that the fulfillment orders still have to ship."""
    return [(row, row.remaining) for work in works for row in work.lines]


def ship(
    ledger: Ledger, parts: Sequence[Part], tracking: list[Tracking]
) -> Fulfillment:
    """Record that goods left.

    Raises:
        RefusedError: a part is more than remains, nothing is to be shipped, or the work
            is closed, on hold or at different places. Nothing changed.
    """
    leaving = [part for part in parts if part[1]]
    _check(parts, leaving)
    order = leaving[0][0].work.order
    ledger.announcer.begin_event()
    books = ledger.books
    now = books.now()
    works = list(dict.fromkeys(row.work for row, _ in leaving))
    made = Fulfillment(
        books.number(),
        f"{order.name}-F{len(order.fulfillments) + 1}",
        order,
        works,
        now,
        now,
        tracking=tracking,
    )
    for row, quantity in leaving:
        _send(ledger, row, quantity)
        made.parts.append(FulfillmentPart(books.number(), row.line, quantity))
    order.fulfillments.append(made)
    books.file("Fulfillment", made.number, made)
    _announce(ledger, made, "fulfillments/create")
    done = fulfillment_status(order) == "FULFILLED"
    ledger.touch(order, "orders/fulfilled" if done else "orders/partially_fulfilled")
    return made


def retrack(ledger: Ledger, made: Fulfillment, tracking: list[Tracking]) -> None:
    """Replace a fulfillment's tracking."""
    ledger.announcer.begin_event()
    made.tracking = tracking
    made.updated_at = ledger.books.now()
    _announce(ledger, made, "fulfillments/update")
    ledger.touch(made.order)


def _check(parts: Sequence[Part], leaving: Sequence[Part]) -> None:
    if any(row.work.status in _UNFULFILLABLE for row, _ in parts):
        raise RefusedError(
            "Fulfillment order has an unfulfillable status", "fulfillment"
        )
    if any(quantity > row.remaining or quantity < 0 for row, quantity in parts):
        raise RefusedError(
            "Invalid fulfillment order line item quantity requested", "fulfillment"
        )
    if not leaving:
        raise RefusedError("There is nothing to fulfill", "fulfillment")
    if len({row.work.location.number for row, _ in parts}) > 1:
        raise RefusedError(
            "All fulfillment orders must be assigned to the same location",
            "fulfillment",
        )
    if len({row.work.order.number for row, _ in parts}) > 1:
        raise RefusedError(
            "All fulfillment orders must belong to the same order", "fulfillment"
        )


def _send(ledger: Ledger, row: FulfillmentOrderLine, quantity: int) -> None:
    work = row.work
    row.remaining -= quantity
    row.line.fulfilled += quantity
    work.updated_at = ledger.books.now()
    open_rows = any(one.remaining for one in work.lines)
    work.status = "IN_PROGRESS" if open_rows else "CLOSED"
    ledger.stock.drop_committed(row.line.variant, row.line.location, quantity)
    ledger.world.record_shipment(ledger.channel, work.order.gid, row.line.gid, quantity)


def _announce(ledger: Ledger, made: Fulfillment, topic: str) -> None:
    ledger.announcer.announce(
        topic, lambda: fulfillment_payload(made, ledger.books.settings.zone)
    )
