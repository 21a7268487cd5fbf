"""Reconcile: what every listing of some SKUs should show, and who waits for stock.

Gives units that became free to the lines that wait, opens and closes shortfalls, and
computes what each channel should show. Level-triggered: it looks at what is, not at
what happened. Calls no channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..store import channels, listings, marks, publications
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.listings import ListingRow
from ..store.marks import Mark, MarkKind, Priority
from .decide.publish import Part, count_sellable, needs_write
from .decide.supplies import Supply
from .hub import Hub
from .shortfalls import serve_waiting_lines
from .supplies import load_supplies


def reconcile(
    hub: Hub,
    skus: Sequence[str],
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> int:
    """Bring claims and publications of ``skus`` in step; return how many changed.

    Args:
        hub: what to work with.
        skus: at most a few hundred.
        lease: proof that the stock lane is ours.
        handled: the marks that this answers; cleared with it.
    """
    lanes: set[str] = set()
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        serve_waiting_lines(hub, connection, skus)
        desired = _compute_desired(hub, connection, skus)
        changed = _keep_changed(connection, desired)
        publications.set_desired(connection, changed, hub.clock.now())
        lanes = _mark_pushes(hub, connection, desired)
        marks.clear(connection, handled)
        hub.reach("reconcile.before_commit")
    hub.reach("reconcile.committed")
    hub.wake(lanes)
    return len(changed)


def _compute_desired(
    hub: Hub, connection: Connection, skus: Iterable[str]
) -> dict[tuple[str, str], int | None]:
    records = listings.load_stock_records(connection, skus)
    needed = {
        part.sku for rows in records.values() for row in rows for part in row.components
    }
    supplies = load_supplies(hub, connection, needed)
    buffers = {
        channel.name: channel.buffer_units or hub.tuning.buffer_units
        for channel in channels.load_all(connection, hub.vault)
    }
    return {
        key: decide_desired(rows, supplies, buffers.get(key[0], 0))
        for key, rows in records.items()
    }


def decide_desired(
    rows: Sequence[ListingRow], supplies: Mapping[str, Supply], buffer_units: int
) -> int | None:
    """Return what a stock record should show; None if the hub must not write it.

    Several listings may share one record: the scarcest decides. One of them that is
    not mapped yet, or that the channel does not count, keeps the hub's hands off.
    """
    if not rows or any(
        not row.tracked or row.held_by_channel or row.mapping != listings.MAPPED
        for row in rows
    ):
        return None
    return min(
        count_sellable(
            [Part(supplies[part.sku], part.units) for part in row.components],
            buffer_units,
        )
        for row in rows
    )


def _keep_changed(
    connection: Connection, desired: Mapping[tuple[str, str], int | None]
) -> dict[tuple[str, str], int | None]:
    changed = {}
    for channel in {channel for channel, _ in desired}:
        records = [record for name, record in desired if name == channel]
        known = publications.load(connection, channel, records)
        for record in records:
            before = known.get(record)
            quantity = desired[channel, record]
            if before is None or before.desired != quantity:
                changed[channel, record] = quantity
    return changed


def _mark_pushes(
    hub: Hub, connection: Connection, desired: Mapping[tuple[str, str], int | None]
) -> set[str]:
    """Mark every channel that shows something else than it should."""
    wanted = []
    for channel in sorted({channel for channel, _ in desired}):
        records = [record for name, record in desired if name == channel]
        known = publications.load(connection, channel, records)
        out_of_step = [one for one in known.values() if needs_write(one)]
        if out_of_step:
            zeroing = any(publication.desired == 0 for publication in out_of_step)
            urgency = Priority.ZEROING if zeroing else Priority.LIVE
            now = hub.clock.now()
            wanted.append(Mark(MarkKind.PUSH, channel, channel, urgency, now))
    hub.mark(connection, wanted)
    return {mark.lane for mark in wanted}
