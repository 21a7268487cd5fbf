"""Explain an order: what happened to it, what each line waits for, and why.

Every number with a sentence. Reads only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..canonical.model import Model
from ..canonical.remembered import KnownLine, KnownOrder, LineState, Parcel
from ..store import conflicts, figures
from ..store.engine import Connection
from .hub import Hub
from .ship import find_order


class LineFigures(Model):
    """One line of an order and what it waits for, in units of the listing."""

    line: str
    listing: str
    sku: str
    title: str
    quantity: int
    wanted: int
    shipped: int
    returned: int
    state: str
    claims: tuple[dict[str, Any], ...]
    why: str


class ParcelFigures(Model):
    """One parcel of an order."""

    parcel: int
    origin: str
    external_id: str
    carrier: str
    tracking_number: str
    shipped_at: datetime
    told_at: datetime | None
    cancelled: bool
    writes: tuple[dict[str, Any], ...]


class OrderExplanation(Model):
    """What happened to an order, and what it waits for."""

    order_id: int
    channel: str
    external_id: str
    number: str
    placed_at: datetime
    payment: str
    fulfillment: str
    cancelled_at: datetime | None
    held: bool
    moves_stock: bool
    total_minor: int
    residue_minor: int
    currency: str
    lines: tuple[LineFigures, ...]
    parcels: tuple[ParcelFigures, ...]
    versions: tuple[dict[str, Any], ...]
    conflicts: tuple[str, ...]


def explain_order(
    hub: Hub, reference: str, channel: str | None = None
) -> OrderExplanation:
    """Tell what happened to an order and what each of its lines waits for.

    Raises:
        NotFoundError: no order is called so.
        RefusedError: several are; name the channel.
    """
    with hub.store.reading() as connection:
        order = find_order(connection, reference, channel)
        row = figures.get_order(connection, order.id)
        subjects = [
            f"{order.channel}/listing/{line.listing_external_id}"
            for line in order.lines.values()
            if line.state is LineState.PARKED
        ]
        subjects += [f"{order.channel}/parcel/{one.id}" for one in order.parcels]
        subjects.append(f"{order.channel}/cancellation/{order.external_id}")
        return OrderExplanation(
            order_id=order.id,
            channel=order.channel,
            external_id=order.external_id,
            moves_stock=order.moves_stock,
            **{name: row[name] for name in _ORDER_FIELDS},
            lines=tuple(_explain_line(order, line) for line in order.lines.values()),
            parcels=tuple(
                _explain_parcel(connection, order, parcel) for parcel in order.parcels
            ),
            versions=tuple(
                figures.list_versions(connection, order.channel, order.external_id)
            ),
            conflicts=tuple(conflicts.list_open_about(connection, subjects)),
        )


_ORDER_FIELDS = (
    "number",
    "placed_at",
    "payment",
    "fulfillment",
    "cancelled_at",
    "held",
    "total_minor",
    "residue_minor",
    "currency",
)


def _explain_line(order: KnownOrder, line: KnownLine) -> LineFigures:
    return LineFigures(
        line=line.external_id,
        listing=line.listing_external_id,
        sku=line.sku,
        title=line.title,
        quantity=line.quantity,
        wanted=line.wanted,
        shipped=line.shipped,
        returned=line.returned,
        state=line.state,
        claims=tuple(
            {
                "sku": holding.key.sku,
                "location": holding.key.location,
                "wanted": holding.wanted,
                "allocated": holding.allocated,
                "shipped": holding.shipped,
                "short": holding.short,
                "routed": holding.routed,
            }
            for holding in line.holdings
        ),
        why=_say_line(order, line),
    )


def _say_line(order: KnownOrder, line: KnownLine) -> str:
    if line.state is LineState.UNTRACKED:
        return "No stock is kept for it."
    if not order.moves_stock:
        return "The order is history (or a test): it moves no stock."
    if line.state is LineState.PARKED:
        return "It waits until a person says what it takes from stock."
    if line.wanted == 0:
        return "It is not wanted any more."
    if line.shipped >= line.wanted:
        return "All of it has left."
    short = [holding for holding in line.holdings if holding.short]
    if short:
        lacking = ", ".join(f"{one.short} of {one.key.sku}" for one in short)
        return f"It waits for stock: {lacking}."
    routed = [one for one in line.holdings if one.routed and one.allocated]
    if routed:
        parts = ", ".join(
            f"{one.allocated} of {one.key.sku} at {one.key.location} ({one.routed})"
            for one in routed
        )
        return f"Its units are allocated and can ship; elsewhere: {parts}."
    return "Its units are allocated and can ship."


def _explain_parcel(
    connection: Connection, order: KnownOrder, parcel: Parcel
) -> ParcelFigures:
    writes = figures.list_writes(connection, order.channel, str(parcel.id))
    return ParcelFigures(
        parcel=parcel.id,
        origin=parcel.origin,
        external_id=parcel.external_id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        shipped_at=parcel.shipped_at,
        told_at=parcel.told_at,
        cancelled=parcel.cancelled,
        writes=tuple(writes),
    )
