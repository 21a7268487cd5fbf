"""Decisions about what a listing sells: the rule, the listing, the lines that waited.

A person's word becomes a mapping rule; the listing follows it from now on, and exactly
the lines that waited for it go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..canonical.conflicts import Action
from ..canonical.errors import RefusedError
from ..canonical.listings import Component
from ..canonical.remembered import LineState
from ..mapping.identity import sku_key
from ..store import listings, orders, stock
from ..store.conflicts import ConflictRow
from ..store.engine import Connection
from ..store.listings import RuleRow
from .hub import Hub
from .remap import free_lines, mark_skus, park_lines
from .stocktaking import require_sku


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose.

    ``parts`` are what a listing sells, for ``map``; ``create`` makes SKUs that the hub
    does not know. ``units`` are how many arrived, for ``receive``; None: all missing.
    """

    action: Action
    parts: tuple[Component, ...] = ()
    units: int | None = None
    create: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done: a sentence, the lines that it freed, and what undoing needs."""

    summary: str
    lines: frozenset[int] = frozenset()
    kept: dict[str, Any] = field(default_factory=dict)
    stays_open: bool = False
    """It is noted who decided, and the conflict waits on."""


def map_listing(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    """Say what a listing, or a SKU text, sells; free the lines that waited."""
    if not decision.parts:
        raise RefusedError(
            "Mapping needs the SKU that the listing sells.",
            next_step="Add --sku, and --units where one sale takes several.",
        )
    if decision.create:
        _create_skus(hub, connection, conflict, decision)
    parts = tuple(
        Component(sku=require_sku(connection, part.sku), units=part.units)
        for part in decision.parts
    )
    lines = _follow(hub, connection, conflict, parts, ignored=False)
    sold = " + ".join(f"{part.units} x {part.sku}" for part in parts)
    return Deed(
        f"{conflict.subject} sells {sold}; {len(lines)} waiting lines go on.", lines
    )


def ignore_listing(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    """Say that a listing is none of the merchant's stock."""
    del decision
    lines = _follow(hub, connection, conflict, (), ignored=True)
    return Deed(
        f"{conflict.subject} takes nothing from stock; {len(lines)} lines go on.", lines
    )


def _create_skus(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> None:
    now = hub.clock.now()
    title = str(conflict.facts.get("title", ""))
    barcode = str(conflict.facts.get("barcode", ""))
    stock.add_skus(
        connection,
        [
            stock.SkuRow(part.sku, sku_key(part.sku), title, barcode, 0, now)
            for part in decision.parts
        ],
    )


def _follow(
    hub: Hub,
    connection: Connection,
    conflict: ConflictRow,
    parts: tuple[Component, ...],
    *,
    ignored: bool,
) -> frozenset[int]:
    """Write the rule, let the listing follow it and free what waited for it."""
    listing, sku = _read_subject(conflict)
    channel = conflict.channel
    rule = RuleRow(
        hub.ids.take(),
        channel,
        listing,
        sku,
        ignored,
        parts,
        conflict.id,
        hub.clock.now(),
    )
    listings.write_rule(connection, rule)
    row = listings.load_listings(connection, channel, [listing]).get(listing)
    if row is not None:
        mapping = listings.IGNORED if ignored else listings.MAPPED
        listings.set_mapping(connection, [row.id], mapping)
        listings.replace_components(connection, {row.id: parts})
        mark_skus(hub, connection, {part.sku for part in parts})
    waiting = (
        orders.find_parked(connection, channel, listing)
        if listing
        else orders.find_parked_by_sku(connection, channel, sku)
    )
    state = LineState.UNTRACKED if ignored else LineState.MAPPED
    free_lines(hub, connection, waiting, state, parts)
    return frozenset(waiting)


def undo_mapping(hub: Hub, connection: Connection, conflict: ConflictRow) -> str:
    """Take the rule back; the listing and the lines that it freed wait again."""
    listing, _ = _read_subject(conflict)
    resolution = conflict.resolution or {}
    lines = [int(line) for line in resolution.get("lines", ())]
    park_lines(hub, connection, lines)
    listings.drop_rule(connection, conflict.id)
    row = listings.load_listings(connection, conflict.channel, [listing]).get(listing)
    if row is not None:
        skus = {part.sku for part in row.components}
        listings.set_mapping(connection, [row.id], listings.WAITING)
        mark_skus(hub, connection, skus)
    return f"{conflict.subject} waits again, and {len(lines)} lines with it."


def _read_subject(conflict: ConflictRow) -> tuple[str, str]:
    """Return (listing id, SKU text) of what the conflict is about; one is empty."""
    rest = conflict.subject.removeprefix(f"{conflict.channel}/")
    thing, _, name = rest.partition("/")
    return (name, "") if thing == "listing" else ("", name)
