"""Explain: why a channel shows what it shows, and what an order waits for.

Every number with the numbers that it was made of, and a sentence. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..canonical.model import Model
from ..canonical.remembered import KnownLine, KnownOrder, LineState, Parcel
from ..canonical.stock import StockKey
from ..store import channels, conflicts, figures, listings, stock
from ..store.engine import Connection
from ..store.listings import ListingRow
from .decide.publish import Part, count_sellable
from .decide.supplies import Supply
from .hub import Hub
from .reconcile import decide_desired
from .ship import find_order
from .stocktaking import require_sku
from .supplies import load_supplies

CLAIMS_MAX = 50
MOVEMENTS_MAX = 20


class PositionFigures(Model):
    """What a SKU counts at one location."""

    location: str
    on_hand: int
    allocated: int
    reserved: int
    available: int


class ShownFigures(Model):
    """One stock record of a channel: what it should show and how that came about."""

    channel: str
    stock_record: str
    listings: tuple[str, ...]
    components: dict[str, int]
    makeable: int | None
    buffer: int
    computed: int | None
    desired: int | None
    desired_at: datetime | None
    sent: int | None
    sent_at: datetime | None
    acknowledged: int | None
    acknowledged_at: datetime | None
    expected: int | None
    observed: int | None
    observed_at: datetime | None
    in_flight: bool
    stopped: bool
    conflicts: tuple[str, ...]
    why: str


class SkuExplanation(Model):
    """Every unit of a SKU accounted for, and every listing that sells it."""

    sku: str
    title: str
    positions: tuple[PositionFigures, ...]
    safety_stock: int
    promisable: int
    short: int
    movements_by_kind: tuple[dict[str, Any], ...]
    latest_movements: tuple[dict[str, Any], ...]
    claims: tuple[dict[str, Any], ...]
    shown: tuple[ShownFigures, ...]


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


def explain_sku(hub: Hub, sku: str) -> SkuExplanation:
    """Account for every unit of a SKU and for what each channel shows of it.

    Raises:
        NotFoundError: the hub does not know the SKU.
    """
    with hub.store.reading() as connection:
        name = require_sku(connection, sku)
        rows = {row.sku: row for row in stock.load_skus(connection)}
        positions = stock.load_positions(connection, [name])
        records = listings.load_stock_records(connection, [name])
        needed = {
            part.sku
            for group in records.values()
            for row in group
            for part in row.components
        }
        supplies = load_supplies(hub, connection, needed | {name})
        buffers = {
            one.name: one.buffer_units or hub.tuning.buffer_units
            for one in channels.load_all(connection, hub.vault)
        }
        claims = stock.load_claims(connection, [name], short_only=True)
        shown = tuple(
            _explain_record(connection, key, group, supplies, buffers[key[0]])
            for key, group in sorted(records.items())
        )
        return SkuExplanation(
            sku=name,
            title=rows[name].title,
            positions=tuple(_show_position(*entry) for entry in positions.items()),
            safety_stock=supplies[name].safety_stock,
            promisable=supplies[name].promisable,
            short=sum(claim.holding.short for claim in claims),
            movements_by_kind=tuple(figures.sum_movements(connection, name)),
            latest_movements=tuple(
                figures.list_movements(connection, name, MOVEMENTS_MAX)
            ),
            claims=tuple(figures.list_claims(connection, name, CLAIMS_MAX)),
            shown=shown,
        )


def _show_position(key: StockKey, counts: stock.Counts) -> PositionFigures:
    free = max(0, counts.on_hand - counts.allocated - counts.reserved)
    return PositionFigures(location=key.location, available=free, **counts._asdict())


def _explain_record(
    connection: Connection,
    key: tuple[str, str],
    group: Sequence[ListingRow],
    supplies: Mapping[str, Supply],
    buffer_units: int,
) -> ShownFigures:
    channel, record = key
    row = figures.get_publication(connection, channel, record) or {}
    writes = figures.list_writes(connection, channel, record)
    computed = decide_desired(group, supplies, buffer_units)
    subjects = [f"{channel}/stock/{record}"]
    subjects += [f"{channel}/listing/{one.external_id}" for one in group]
    opened = conflicts.list_open_about(connection, subjects)
    parts = {part.sku: part.units for one in group for part in one.components}
    in_flight = any(write["status"] != "done" for write in writes)
    makeable = count_sellable(
        [Part(supplies[sku], units) for sku, units in parts.items()], 0
    )
    return ShownFigures(
        channel=channel,
        stock_record=record,
        listings=tuple(one.external_id for one in group),
        components=parts,
        makeable=makeable,
        buffer=buffer_units,
        computed=computed,
        in_flight=in_flight,
        conflicts=tuple(opened),
        why=_say_why(group, row, computed, supplies, buffer_units, opened, in_flight),
        **{name: row.get(name) for name in _PUBLICATION_FIELDS},
        stopped=bool(row.get("stopped")),
    )


_PUBLICATION_FIELDS = (
    "desired",
    "desired_at",
    "sent",
    "sent_at",
    "acknowledged",
    "acknowledged_at",
    "expected",
    "observed",
    "observed_at",
)


def _say_why(
    group: Sequence[ListingRow],
    row: Mapping[str, Any],
    computed: int | None,
    supplies: Mapping[str, Supply],
    buffer_units: int,
    opened: Sequence[str],
    in_flight: bool,
) -> str:
    if computed is None:
        return _say_why_not(group)
    scarce = min(
        (part for one in group for part in one.components),
        key=lambda part: supplies[part.sku].promisable // part.units,
    )
    supply = supplies[scarce.sku]
    said = (
        f"{computed} can be sold: {supply.available} of {scarce.sku} are available, "
        f"{supply.safety_stock} are kept as safety stock, {scarce.units} make one, and "
        f"{buffer_units} are held back for this channel."
    )
    return f"{said} {_say_state(row, computed, opened, in_flight)}"


def _say_why_not(group: Sequence[ListingRow]) -> str:
    if any(one.mapping == listings.WAITING for one in group):
        return "Nothing is written: what it sells waits for a person."
    if any(one.mapping == listings.IGNORED for one in group):
        return "Nothing is written: a person said that it is none of the stock."
    return "Nothing is written: the channel does not count this listing."


def _say_state(
    row: Mapping[str, Any], computed: int, opened: Sequence[str], in_flight: bool
) -> str:
    expected = row.get("expected")
    if row.get("stopped") or opened:
        return "The channel is left alone until the open conflict is settled."
    if in_flight:
        return f"A write of {row.get('sent')} was sent and its answer is not known yet."
    if row.get("drifting_since"):
        return (
            f"The channel showed {row.get('observed')} where {expected} was expected; "
            "the sale behind it is being looked for."
        )
    if expected == computed:
        return "The channel shows that, as far as the hub knows."
    return f"The channel shows {expected} at present; a write is on its way."


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
