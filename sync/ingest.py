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
from ..store import conflicts, cursors, inbox, marks
from ..store.engine import Connection
from ..store.inbox import InboxRow
from ..store.leases import Lease
from ..store.marks import Mark
from .apply import apply_orders
from .decide.intake import Arrival, Verdict, sort_arrivals
from .hub import Hub
from .reading import load_reader

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
class _Decoded:
    """A page before it is written: what is kept of it, and what its news say."""

    rows: list[InboxRow] = field(default_factory=list)
    readable: list[tuple[Order, int]] = field(default_factory=list)
    """Each order, with the id of its row."""
    unreadable: list[ConflictFacts] = field(default_factory=list)
    duplicate: int = 0
    superseded: int = 0


def ingest_orders(
    hub: Hub,
    channel: KnownChannel,
    records: Sequence[Record],
    *,
    cursor: str | None = None,
    complete: bool = False,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> IngestReport:
    """Take in a page of orders and return what became of it.

    Args:
        hub: what to work with.
        channel: whose orders they are.
        records: the page, in the channel's order; at most a few hundred.
        cursor: where the stream continues, saved with the page; None leaves it.
        complete: with this page the stream is read to its end.
        lease: proof that this lane is ours.
        handled: marks that this page answers; cleared with it.
    """
    page = _decode(hub, channel, records)
    hub.reach("ingest.decoded")
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        report = _record(hub, connection, channel, page)
        if cursor is not None:
            cursors.save_cursor(
                connection,
                channel.name,
                Stream.ORDERS,
                cursor,
                hub.clock.now(),
                complete=complete,
            )
        marks.clear(connection, handled)
        hub.reach("ingest.before_commit")
    hub.reach("ingest.committed")
    hub.wake(report.lanes)
    return report


def _decode(hub: Hub, channel: KnownChannel, records: Sequence[Record]) -> _Decoded:
    """Leave out what is known, and read the rest."""
    described = [describe_record(record) for record in records]
    arrivals = [arrival for arrival, _ in described]
    with hub.store.reading() as connection:
        external_ids = {arrival.external_id for arrival in arrivals}
        known = inbox.load_known(connection, channel.name, Stream.ORDERS, external_ids)
        read_order = load_reader(hub, connection, channel)
    verdicts = sort_arrivals(arrivals, known)
    compress = inbox.make_compressor()
    ids = hub.ids.take_many(len(records))
    page = _Decoded()
    for verdict, (arrival, payload), record, id_ in zip(
        verdicts, described, records, ids, strict=True
    ):
        if verdict is Verdict.DUPLICATE:
            page.duplicate += 1
            continue
        outcome = inbox.APPLIED
        if verdict is Verdict.SUPERSEDED:
            page.superseded += 1
            outcome = inbox.SUPERSEDED
        else:
            try:
                require_storable(payload)
                page.readable.append((read_order(record.payload), id_))
            except UNREADABLE as error:
                outcome = inbox.QUARANTINED
                facts = _describe_unreadable(channel.name, record.external_id, error)
                page.unreadable.append(facts)
        external_id, _, version = arrival
        row = InboxRow(id_, external_id, version, outcome, compress(payload))
        page.rows.append(row)
    return page


def require_storable(payload: bytes) -> None:
    """Refuse a record with a NUL character in a text: PostgreSQL cannot keep one.

    Raises:
        MappingError: there is one.
    """
    if b"\\u0000" in payload:
        raise MappingError("a text holds a NUL character, which cannot be stored")


def describe_record(record: Record) -> tuple[Arrival, bytes]:
    """Return a record's identity and content, and its payload as JSON."""
    payload = orjson.dumps(record.payload)
    # SHA-256 because processors know it, not because anybody would forge an order.
    digest = hashlib.sha256(payload).hexdigest()[:16]
    version = f"{record.updated_at.isoformat()}-{digest}"
    return Arrival(record.external_id, record.updated_at, version), payload


def _record(
    hub: Hub, connection: Connection, channel: KnownChannel, page: _Decoded
) -> IngestReport:
    now = hub.clock.now()
    inbox.add_records(connection, channel.name, Stream.ORDERS, page.rows, now)
    found = page.unreadable
    wanted: list[Mark] = []
    if page.readable:
        wanted, problems = apply_orders(hub, connection, channel, page.readable)
        found = [*found, *problems]
    conflicts.report(connection, found, hub.ids, now)
    _close_read_again(connection, channel.name, page.readable, now)
    hub.mark(connection, wanted)
    report = IngestReport(
        applied=len(page.readable),
        duplicate=page.duplicate,
        superseded=page.superseded,
        quarantined=len(page.unreadable),
        lanes={mark.lane for mark in wanted},
    )
    inbox.count_intake(
        connection,
        channel.name,
        Stream.ORDERS,
        applied=report.applied,
        duplicate=report.duplicate,
        superseded=report.superseded,
        quarantined=report.quarantined,
    )
    return report


def _describe_unreadable(
    channel: str, external_id: str, error: Exception
) -> ConflictFacts:
    problem = str(error)[:300] or type(error).__name__
    path = error.path if isinstance(error, MappingError) else ""
    where = f" at {path}" if path else ""
    return ConflictFacts(
        kind=ConflictKind.UNREADABLE_RECORD,
        subject=f"{channel}/{Stream.ORDERS}/{external_id}",
        channel=channel,
        summary=f"Order {external_id} of {channel} cannot be read{where}: {problem}",
        facts={"external_id": external_id, "problem": problem, "path": path},
    )


def _close_read_again(
    connection: Connection,
    channel: str,
    readable: Sequence[tuple[Order, int]],
    now: datetime,
) -> None:
    """Let go of older versions that could not be read: a newer one could."""
    if not readable or not conflicts.count_open(connection):
        return
    ids = [order.external_id for order, _ in readable]
    subjects = [f"{channel}/{Stream.ORDERS}/{external_id}" for external_id in ids]
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
