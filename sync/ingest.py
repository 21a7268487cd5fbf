"""Ingest: a page of raw order records becomes orders, claims on stock and marks.

Peek, translate, decide, record: the peek leaves out what is known before anything is
decoded, the record step is one transaction with the cursor in it. One record that
cannot be read is quarantined and its page goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from ..canonical.conflicts import ConflictFacts, ConflictKind
from ..canonical.errors import CrossdockError, MappingError
from ..canonical.orders import Order
from ..canonical.pages import Record, Stream
from ..canonical.remembered import KnownChannel
from ..connectors.sdk import Translator
from ..store import conflicts, cursors, inbox, marks
from ..store.engine import Connection
from ..store.inbox import InboxRow
from ..store.leases import Lease
from ..store.marks import Mark
from .apply import apply_orders
from .decide.intake import Arrival, Verdict, sort_arrivals
from .hub import Hub

UNREADABLE = (CrossdockError, ValueError, LookupError, TypeError, ArithmeticError)
"""What a translator may raise about one record; anything else is a fault of ours."""


@dataclass(slots=True)
class IngestReport:
    """What became of a page: received is the sum of the other four."""

    applied: int = 0
    duplicate: int = 0
    superseded: int = 0
    quarantined: int = 0
    lanes: set[str] = field(default_factory=set)

    @property
    def received(self) -> int:
        """How many records came."""
        return self.applied + self.duplicate + self.superseded + self.quarantined

    def add(self, other: IngestReport) -> None:
        """Count another page in."""
        self.applied += other.applied
        self.duplicate += other.duplicate
        self.superseded += other.superseded
        self.quarantined += other.quarantined
        self.lanes |= other.lanes


@dataclass(slots=True)
class _Unread:
    """A record that is news, before and after its translation."""

    row: InboxRow
    record: Record
    order: Order | None = None
    problem: str = ""
    path: str = ""


def ingest_orders(
    hub: Hub,
    channel: KnownChannel,
    records: Sequence[Record],
    *,
    cursor: str | None = None,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> IngestReport:
    """Take in a page of orders and return what became of it.

    Args:
        hub: what to work with.
        channel: whose orders they are.
        records: the page, in the channel's order; at most a few hundred.
        cursor: where the stream continues, saved with the page; None leaves it.
        lease: proof that this lane is ours.
        handled: marks that this page answers; cleared with it.
    """
    arrivals = [describe_record(record) for record in records]
    with hub.store.reading() as connection:
        known = inbox.load_known(
            connection,
            channel.name,
            Stream.ORDERS,
            {arrival.external_id for arrival, _ in arrivals},
        )
    verdicts = sort_arrivals([arrival for arrival, _ in arrivals], known)
    report = IngestReport()
    kept: list[InboxRow] = []
    news: list[_Unread] = []
    translator = hub.find_plugin(channel.kind).translator
    ids = iter(hub.ids.take_many(len(arrivals)))
    compress = inbox.make_compressor()
    for verdict, (arrival, payload), record in zip(
        verdicts, arrivals, records, strict=True
    ):
        if verdict is Verdict.DUPLICATE:
            report.duplicate += 1
            continue
        row = InboxRow(
            next(ids),
            arrival.external_id,
            arrival.version,
            inbox.SUPERSEDED if verdict is Verdict.SUPERSEDED else inbox.APPLIED,
            compress(payload),
        )
        if verdict is Verdict.SUPERSEDED:
            report.superseded += 1
            kept.append(row)
        else:
            news.append(_translate(_Unread(row, record), translator))
    hub.reach("ingest.decoded")
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        _record(hub, connection, channel, kept=kept, news=news, report=report)
        if cursor is not None:
            now = hub.clock.now()
            cursors.save_cursor(connection, channel.name, Stream.ORDERS, cursor, now)
        marks.clear(connection, handled)
        hub.reach("ingest.before_commit")
    hub.reach("ingest.committed")
    hub.wake(report.lanes)
    return report


def describe_record(record: Record) -> tuple[Arrival, bytes]:
    """Return a record's identity and content, and its payload as JSON."""
    payload = orjson.dumps(record.payload)
    digest = hashlib.blake2b(payload, digest_size=8).hexdigest()
    return Arrival(record.external_id, record.updated_at, digest), payload


def _translate(unread: _Unread, translator: Translator) -> _Unread:
    try:
        unread.order = translator.read_order(unread.record.payload)
    except UNREADABLE as error:
        unread.problem = str(error)[:300] or type(error).__name__
        unread.path = error.path if isinstance(error, MappingError) else ""
        row = unread.row
        unread.row = InboxRow(
            row.id, row.external_id, row.version, inbox.QUARANTINED, row.payload
        )
    return unread


def _record(
    hub: Hub,
    connection: Connection,
    channel: KnownChannel,
    *,
    kept: list[InboxRow],
    news: list[_Unread],
    report: IngestReport,
) -> None:
    now = hub.clock.now()
    readable = [(one.order, one.row.id) for one in news if one.order is not None]
    unreadable = [one for one in news if one.order is None]
    rows = kept + [one.row for one in news]
    inbox.add_records(connection, channel.name, Stream.ORDERS, rows, now)
    found = [_describe_unreadable(channel.name, one) for one in unreadable]
    wanted: list[Mark] = []
    if readable:
        wanted, problems = apply_orders(hub, connection, channel, readable)
        found += problems
    conflicts.report(connection, found, hub.ids, now)
    _close_read_again(connection, channel.name, readable, now)
    hub.mark(connection, wanted)
    report.applied = len(readable)
    report.quarantined = len(unreadable)
    report.lanes = {mark.lane for mark in wanted}
    inbox.count_intake(
        connection,
        channel.name,
        Stream.ORDERS,
        applied=report.applied,
        duplicate=report.duplicate,
        superseded=report.superseded,
        quarantined=report.quarantined,
    )


def _describe_unreadable(channel: str, unread: _Unread) -> ConflictFacts:
    where = f" at {unread.path}" if unread.path else ""
    return ConflictFacts(
        kind=ConflictKind.UNREADABLE_RECORD,
        subject=f"{channel}/{Stream.ORDERS}/{unread.record.external_id}",
        channel=channel,
        summary=f"Order {unread.record.external_id} of {channel} cannot be read"
        f"{where}: {unread.problem}",
        facts={
            "external_id": unread.record.external_id,
            "problem": unread.problem,
            "path": unread.path,
        },
    )


def _close_read_again(
    connection: Connection,
    channel: str,
    readable: Sequence[tuple[Order, int]],
    now: datetime,
) -> None:
    """Let go of older versions that could not be read: a newer one could."""
    ids = [order.external_id for order, _ in readable]
    subjects = [f"{channel}/{Stream.ORDERS}/{external_id}" for external_id in ids]
    if not conflicts.count_open(connection):
        return
    by = {"by": conflicts.BY_FACTS, "why": "a newer version could be read"}
    kind = ConflictKind.UNREADABLE_RECORD
    closed = conflicts.close(connection, kind, subjects, by, now)
    if closed:
        for external_id in ids:
            stale = inbox.find_quarantined(connection, channel, external_id)
            for record in inbox.load_records(connection, stale):
                inbox.set_outcome(connection, record, inbox.SUPERSEDED)
    missing = [f"{channel}/missing/{external_id}" for external_id in ids]
    conflicts.close(connection, ConflictKind.MISSING_RECORD, missing, by, now)
