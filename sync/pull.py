"""Pull: reading a channel, page by page, and taking each page in before the next.

Orders by cursor, single orders by id (a webhook named them), listings by full scans.
What the pages mean is for ``ingest`` and ``catalog``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.errors import ChannelError, ContractBrokenError, RejectedError
from ..canonical.listings import Listing
from ..canonical.pages import Page, Record, Stream
from ..canonical.remembered import KnownChannel
from ..connectors.sdk import PullsOrders, ReadsListings
from ..store import channels, conflicts, cursors, inbox, listings, marks
from ..store.inbox import InboxRow
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from .catalog import take_in_listings
from .decide.freshness import may_pull
from .hub import STOCK_LANE, Hub
from .ingest import (
    UNREADABLE,
    IngestReport,
    describe_record,
    ingest_orders,
    require_storable,
)

MISSING_ATTEMPTS_MAX = 8
"""Looks for an announced record before a person is told; with the worker's backoff
that is about ten minutes, longer than any channel's list calls lag behind."""
GONE_SHARE_MAX = 0.05
"""A scan that misses more of the known listings than this looks like an outage."""


def pull_orders(
    hub: Hub,
    channel: KnownChannel,
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> IngestReport:
    """Take in what changed since the cursor, up to a bounded number of pages.

    Where more is left another pull is marked at once.

    Raises:
        ChannelError: the channel could not be read; pages before are kept.
    """
    connector = hub.connector(channel)
    report = IngestReport()
    if not isinstance(connector, PullsOrders):
        _clear(hub, handled)
        return report
    with hub.store.reading() as connection:
        cursor = cursors.load_cursor(connection, channel.name, Stream.ORDERS)
    since = channel.opening_since or channel.orders_since
    gathered = _Gathered(cursor)
    try:
        while gathered.pages < hub.tuning.pages_per_pull_max and not gathered.complete:
            gathered.take(connector.pull_orders(gathered.cursor, since=since))
            hub.reach("pull.page_read")
            if gathered.complete or gathered.is_full(hub.tuning.page_size):
                _take_in(hub, channel, gathered, lease, report)
    except ChannelError:
        with hub.store.transaction() as connection:
            channels.note_failure(connection, channel.name, hub.clock.now())
        raise
    finally:
        _take_in(hub, channel, gathered, lease, report)
    _finish_pull(hub, channel, handled, complete=gathered.complete)
    if not gathered.complete:
        name = channel.name
        hub.mark_now(MarkKind.PULL, name, name, priority=Priority.BACKFILL)
    return report


def freshen_orders(hub: Hub, channel: KnownChannel, *, lease: Lease | None) -> None:
    """Read orders before something is decided, unless the channel bears no pull yet.

    Raises:
        ChannelError: the channel could not be read; pages before are kept.
    """
    with hub.store.reading() as connection:
        pulled_at = cursors.find_last_pull(connection, channel.name, Stream.ORDERS)
    pause_seconds = hub.find_plugin(channel.kind).traits.pull_pause_seconds
    if may_pull(pulled_at, hub.clock.now(), pause_seconds):
        pull_orders(hub, channel, lease=lease)


def import_history(
    hub: Hub, channel: KnownChannel, since: datetime, *, lease: Lease | None = None
) -> IngestReport:
    """Take in orders changed since a moment in the past; the cursor stays where it is.

    Orders placed before the channel's cut-over move no stock. Safe to repeat.

    Raises:
        ChannelError: the channel could not be read; pages before are kept.
    """
    connector = hub.connector(channel)
    report = IngestReport()
    if not isinstance(connector, PullsOrders):
        return report
    gathered = _Gathered(None)
    while not gathered.complete:
        gathered.take(connector.pull_orders(gathered.cursor, since=since))
        hub.reach("pull.page_read")
        records, gathered.records = gathered.records, []
        size = hub.tuning.page_size
        for start in range(0, len(records), size):
            page = records[start : start + size]
            report.add(ingest_orders(hub, channel, page, lease=lease))
    return report


def _finish_pull(
    hub: Hub, channel: KnownChannel, handled: Sequence[Mark], *, complete: bool
) -> None:
    """Clear the marks of a pull; a channel that failed before does no more."""
    recovered = complete and channel.failing_since is not None
    if handled or recovered:
        with hub.store.transaction() as connection:
            marks.clear(connection, handled)
            if recovered:
                channels.note_success(connection, channel.name)


@dataclass(slots=True)
class _Gathered:
    """Pages on their way into one transaction: small pages share one."""

    cursor: str | None
    records: list[Record] = field(default_factory=list)
    pages: int = 0
    page_records: int = 0
    complete: bool = False
    fresh: bool = False

    def take(self, page: Page) -> None:
        """Add a page.

        Raises:
            ContractBrokenError: it leads nowhere.
        """
        if not page.complete and page.cursor == self.cursor:
            raise ContractBrokenError("The channel gave the same page of orders twice.")
        self.records += page.records
        self.page_records = len(page.records)
        self.cursor, self.complete = page.cursor, page.complete
        self.pages += 1
        self.fresh = True

    def is_full(self, size: int) -> bool:
        """Say whether another page like the last one would be too many."""
        return len(self.records) + self.page_records > size


def _take_in(
    hub: Hub,
    channel: KnownChannel,
    gathered: _Gathered,
    lease: Lease | None,
    report: IngestReport,
) -> None:
    """Write what was gathered; the cursor goes with the last of it."""
    if not gathered.fresh:
        return
    gathered.fresh = False
    records, gathered.records = gathered.records, []
    size = hub.tuning.page_size
    for start in range(0, max(1, len(records)), size):
        last = start + size >= len(records)
        report.add(
            ingest_orders(
                hub,
                channel,
                records[start : start + size],
                cursor=gathered.cursor if last else None,
                complete=gathered.complete,
                lease=lease,
            )
        )


def fetch_orders(
    hub: Hub,
    channel: KnownChannel,
    wanted: Sequence[Mark],
    *,
    lease: Lease | None = None,
) -> IngestReport:
    """Read the orders that webhooks named and take them in as they are now.

    An order that the channel does not show yet is looked for again later; after
    many looks a person is told.
    """
    connector = hub.connector(channel)
    if not isinstance(connector, PullsOrders):
        _clear(hub, wanted)
        return IngestReport()
    by_id = {mark.key.partition("/")[2]: mark for mark in wanted}
    records = connector.fetch_orders(list(by_id))
    hub.reach("fetch.read")
    found = {record.external_id for record in records}
    handled = [mark for id_, mark in by_id.items() if id_ in found]
    report = ingest_orders(hub, channel, records, lease=lease, handled=handled)
    for external_id, mark in by_id.items():
        if external_id not in found:
            _look_again(hub, channel.name, external_id, mark)
    return report


def _look_again(hub: Hub, channel: str, external_id: str, mark: Mark) -> None:
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        if mark.attempts < MISSING_ATTEMPTS_MAX:
            marks.delay(connection, mark, now + backoff(mark.attempts, 300))
            return
        facts = ConflictFacts(
            kind=ConflictKind.MISSING_RECORD,
            subject=f"{channel}/missing/{external_id}",
            channel=channel,
            summary=f"{channel} announced order {external_id} and does not show it.",
            facts={"external_id": external_id, "attempts": mark.attempts},
            proposals=(Proposal(action=Action.RETRY, reason="Look for it again."),),
        )
        conflicts.report(connection, [facts], hub.ids, now)
        marks.clear(connection, [mark])


def backoff(attempts: int, seconds_max: float) -> timedelta:
    """Return how long to wait before attempt number ``attempts`` + 1."""
    return timedelta(seconds=min(seconds_max, 0.5 * 2 ** min(attempts, 20)))


def scan_listings(
    hub: Hub,
    channel: KnownChannel,
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> int:
    """Read all listings of a channel; return how many there were.

    A listing that a complete scan does not show is gone, unless too many are missing
    at once: then the scan is not believed.
    """
    connector = hub.connector(channel)
    if not isinstance(connector, ReadsListings):
        _clear(hub, handled)
        return 0
    started_at = hub.clock.now()
    cursor: str | None = None
    count = 0
    while True:
        page = connector.pull_listings(cursor)
        count += _take_in_products(hub, channel, page.records, lease=lease)
        if page.complete:
            break
        if page.cursor == cursor:
            raise ContractBrokenError(f"{channel.name} gave the same page twice.")
        cursor = page.cursor
    _let_go_of_unseen(hub, channel.name, started_at, count)
    _clear(hub, handled)
    return count


def fetch_listings(
    hub: Hub,
    channel: KnownChannel,
    wanted: Sequence[Mark],
    *,
    lease: Lease | None = None,
) -> int:
    """Read single listings that an order or a webhook named."""
    connector = hub.connector(channel)
    if not isinstance(connector, ReadsListings):
        _clear(hub, wanted)
        return 0
    ids = [mark.key.partition("/")[2] for mark in wanted]
    try:
        records = connector.fetch_listings(ids)
    except RejectedError:
        records = ()  # a deleted product: its lines wait under their conflict
    count = _take_in_products(hub, channel, records, lease=lease)
    _clear(hub, wanted)
    return count


def _take_in_products(
    hub: Hub,
    channel: KnownChannel,
    records: Sequence[Record],
    *,
    lease: Lease | None,
) -> int:
    translator = hub.find_plugin(channel.kind).translator
    seen: list[Listing] = []
    unreadable: list[tuple[Record, str]] = []
    for record in records:
        try:
            require_storable(orjson.dumps(record.payload))
            seen += translator.read_listings(record.payload)
        except UNREADABLE as error:
            unreadable.append((record, str(error)[:300] or type(error).__name__))
    if seen:
        take_in_listings(hub, channel, seen, lease=lease)
    if unreadable:
        _quarantine(hub, channel.name, unreadable)
    return len(seen)


def _quarantine(
    hub: Hub, channel: str, unreadable: Sequence[tuple[Record, str]]
) -> None:
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        ids = {record.external_id for record, _ in unreadable}
        known = inbox.load_known(connection, channel, Stream.LISTINGS, ids)
        fresh = []
        compress = inbox.make_compressor()
        for record, _ in unreadable:
            arrival, payload = describe_record(record)
            before = known.get(record.external_id)
            if before is None or arrival.version not in before.versions:
                kept = compress(payload)
                row = InboxRow(
                    hub.ids.take(),
                    arrival.external_id,
                    arrival.version,
                    inbox.QUARANTINED,
                    kept,
                )
                fresh.append(row)
        inbox.add_records(connection, channel, Stream.LISTINGS, fresh, now)
        inbox.count_intake(
            connection,
            channel,
            Stream.LISTINGS,
            quarantined=len(fresh),
            duplicate=len(unreadable) - len(fresh),
        )
        found = [
            ConflictFacts(
                kind=ConflictKind.UNREADABLE_RECORD,
                subject=f"{channel}/{Stream.LISTINGS}/{record.external_id}",
                channel=channel,
                summary=f"Listing {record.external_id} of {channel} cannot be read: "
                f"{problem}",
                facts={"external_id": record.external_id, "problem": problem},
            )
            for record, problem in unreadable
        ]
        conflicts.report(connection, found, hub.ids, now)


def _let_go_of_unseen(hub: Hub, channel: str, started_at: datetime, count: int) -> None:
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        unseen = listings.count_unseen(connection, channel, started_at)
        if not unseen or unseen > max(1, GONE_SHARE_MAX * (unseen + count)):
            return
        gone = listings.mark_deleted(connection, channel, started_at)
        rows = listings.load_listings(connection, channel, gone)
        wanted = [
            Mark(MarkKind.RECONCILE, part.sku, STOCK_LANE, Priority.ROUTINE, now)
            for row in rows.values()
            for part in row.components
        ]
        hub.mark(connection, wanted)
    hub.wake([STOCK_LANE])


def _clear(hub: Hub, handled: Sequence[Mark]) -> None:
    if handled:
        with hub.store.transaction() as connection:
            marks.clear(connection, handled)
