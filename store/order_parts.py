"""Lines, claims and parcels of a page of orders: rows into the shapes of decisions.

Reading only; ``orders`` says which orders, and writes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from ..canonical.remembered import Holding, KnownLine, KnownOrder, LineState, Parcel
from ..canonical.stock import StockKey
from .tables import allocations, fulfillment_lines, fulfillments, order_lines

HOME_FIRST = (
    allocations.c.line_id,
    allocations.c.sku,
    allocations.c.routed != "",
    allocations.c.location,
)
"""The order of claims: a line's home before the locations it was routed to."""


def load_parts(connection: Connection, known: dict[int, KnownOrder]) -> None:
    """Hang lines, claims and parcels on the orders ``known`` (by id), in place."""
    lines = _load_lines(connection, known)
    # By order and not by line: a page of long orders has more lines than a statement
    # takes parameters.
    found = connection.execute(
        select(allocations)
        .join(order_lines, order_lines.c.id == allocations.c.line_id)
        .where(order_lines.c.order_id.in_(known))
        .order_by(*HOME_FIRST)
    )
    for row in found:
        lines[row.line_id].holdings.append(read_holding(row))
    _load_parcels(connection, known)


def read_holding(row: Row[Any]) -> Holding:
    """Return the claim that a row of allocations holds."""
    return Holding(
        StockKey(row.sku, row.location),
        row.units_per_line,
        row.wanted,
        row.allocated,
        row.shipped,
        row.routed,
    )


def _load_lines(
    connection: Connection, known: dict[int, KnownOrder]
) -> dict[int, KnownLine]:
    lines: dict[int, KnownLine] = {}
    found = connection.execute(
        select(order_lines)
        .where(order_lines.c.order_id.in_(known))
        .order_by(order_lines.c.id)
    )
    for row in found:
        line = KnownLine(
            row.id,
            row.external_id,
            row.listing_external_id,
            row.sku,
            row.title,
            row.quantity,
            row.wanted,
            row.shipped,
            row.returned,
            row.taken,
            row.total_minor,
            LineState(row.state),
        )
        lines[row.id] = known[row.order_id].lines[row.external_id] = line
    return lines


def _load_parcels(connection: Connection, known: dict[int, KnownOrder]) -> None:
    parcels: dict[int, Parcel] = {}
    belongs = fulfillments.c.order_id.in_(known)
    found = connection.execute(
        select(fulfillments).where(belongs).order_by(fulfillments.c.id)
    )
    for row in found:
        parcel = Parcel(
            row.id,
            row.origin,
            row.external_id,
            row.carrier,
            row.tracking_number,
            row.tracking_url,
            row.shipped_at,
            {},
            row.told_at,
            row.cancelled,
            row.location,
        )
        parcels[row.id] = parcel
        known[row.order_id].parcels.append(parcel)
    if not parcels:
        return
    contents = connection.execute(
        select(fulfillment_lines)
        .join(fulfillments, fulfillments.c.id == fulfillment_lines.c.fulfillment_id)
        .where(belongs)
    )
    for row in contents:
        parcels[row.fulfillment_id].quantities[row.line_id] = row.quantity
