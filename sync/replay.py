"""Replay: reading quarantined records again, after the mapping was mended.

The payload is the one that came; no channel is asked. Records that still cannot be
read stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..canonical.conflicts import ConflictKind
from ..canonical.orders import Order
from ..canonical.pages import Stream
from ..canonical.remembered import KnownChannel
from ..store import conflicts, inbox
from ..store.engine import Connection
from ..store.inbox import KeptRecord
from .apply import apply_orders
from .catalog import take_in_listings
from .hub import Hub
from .ingest import UNREADABLE
from .reading import load_reader


@dataclass(slots=True)
class ReplayReport:
    """What became of the quarantined records."""

    read: int = 0
    applied: int = 0
    superseded: int = 0
    still_unreadable: int = 0


def replay_quarantined(
    hub: Hub, *, channel: str | None = None, external_id: str | None = None
) -> ReplayReport:
    """Read quarantined records again, oldest first.

    Args:
        hub: what to work with.
        channel: only this channel's.
        external_id: only this record.

    Raises:
        NotFoundError: no channel is called so.
    """
    if channel is not None:
        hub.load_channel(channel)
    with hub.store.reading() as connection:
        ids = inbox.find_quarantined(connection, channel, external_id)
    report = ReplayReport()
    for start in range(0, len(ids), hub.tuning.page_size):
        with hub.store.reading() as connection:
            page = inbox.load_records(
                connection, ids[start : start + hub.tuning.page_size]
            )
        for record in page:
            report.read += 1
            _replay(hub, record, report)
    return report


def _replay(hub: Hub, record: KeptRecord, report: ReplayReport) -> None:
    owner = hub.load_channel(record.channel)
    translator = hub.find_plugin(owner.kind).translator
    try:
        if record.stream is Stream.LISTINGS:
            seen = translator.read_listings(record.payload)
            take_in_listings(hub, owner, seen)
            order = None
        else:
            with hub.store.reading() as connection:
                read_order = load_reader(hub, connection, owner)
            order = read_order(record.payload)
    except UNREADABLE:
        report.still_unreadable += 1
        return
    newer = _take_in(hub, owner, record, order)
    if newer:
        report.superseded += 1
    else:
        report.applied += 1


def _take_in(
    hub: Hub, owner: KnownChannel, record: KeptRecord, order: Order | None
) -> bool:
    """Apply a record that could be read now; True where a newer version came before."""
    now = hub.clock.now()
    lanes: set[str] = set()
    with hub.store.transaction() as connection:
        superseded = False
        if order is not None:
            known = inbox.load_known(
                connection, owner.name, Stream.ORDERS, [order.external_id]
            )
            applied_at = known[order.external_id].applied_at
            superseded = applied_at is not None and order.updated_at < applied_at
            if not superseded:
                wanted, found = apply_orders(
                    hub, connection, owner, [(order, record.id)]
                )
                conflicts.report(connection, found, hub.ids, now)
                hub.mark(connection, wanted)
                lanes = {mark.lane for mark in wanted}
        outcome = inbox.SUPERSEDED if superseded else inbox.APPLIED
        inbox.set_outcome(connection, record, outcome)
        _settle(connection, record, now)
        hub.reach("replay.before_commit")
    hub.wake(lanes)
    return superseded


def _settle(connection: Connection, record: KeptRecord, now: datetime) -> None:
    """Let go of older versions, and close the conflict if no newer one waits."""
    channel, external_id = record.channel, record.external_id
    waiting = inbox.find_quarantined(connection, channel, external_id)
    older = [id_ for id_ in waiting if id_ < record.id]
    for stale in inbox.load_records(connection, older):
        inbox.set_outcome(connection, stale, inbox.SUPERSEDED)
    if len(older) == len(waiting):
        subject = f"{channel}/{record.stream}/{external_id}"
        by = {"by": conflicts.BY_FACTS, "why": "the record can be read now"}
        kind = ConflictKind.UNREADABLE_RECORD
        conflicts.close(connection, kind, [subject], by, now)
