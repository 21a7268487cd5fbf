"""Push: writing stock to a channel.

Settle what an earlier run left open, read where a comparison is needed, write what
differs with the key stored first, record each answer. Decisions are in
``decide/publish``, settling in ``read_back``; retries are the transport's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..canonical.errors import OutcomeUnknownError, RetryLaterError
from ..canonical.pages import Stream
from ..canonical.pushes import Outcome, PushResult, StockWrite
from ..canonical.remembered import KnownChannel, Publication
from ..connectors.sdk import PushesStock, ReadsStock, StockWriteMode, Traits
from ..store import cursors, marks, outbox, publications
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from ..store.outbox import OutboxRow
from ..store.publications import Sent, Written
from .closing import make_safe
from .decide.freshness import is_fresh
from .decide.publish import Step, StockPlan, believe_write, order_writes
from .drifting import compare_records, find_patience
from .gate import admit, find_unread, note_revisions, weigh_write
from .hub import Hub
from .pull import backoff, freshen_orders
from .settle import report_refusals, settle_unknown

CANDIDATES_MAX = 5000
LOOK_AGAIN = timedelta(seconds=1)
LOOK_LATER = timedelta(seconds=5)
"""Pause before another look at what others have to do first."""


@dataclass(slots=True)
class PushReport:
    """What one push did, in stock records."""

    accepted: int = 0
    refused: int = 0
    stale: int = 0
    unknown: int = 0
    waiting: int = 0
    unexplained: int = 0
    """Records that show something else than expected, written over or not."""
    unread: list[str] = field(default_factory=list)
    """Channels whose orders have to be read before anything is raised."""
    again_at: datetime | None = None
    """When what was held back may be written."""


@dataclass(slots=True)
class _Errand:
    """One push while it runs."""

    hub: Hub
    channel: KnownChannel
    connector: PushesStock
    traits: Traits
    lease: Lease | None
    report: PushReport = field(default_factory=PushReport)
    raises_wait: bool | None = None
    """None until something is to be raised and the orders' ages were looked at."""

    def may_write(self, publication: Publication, plan: StockPlan) -> bool:
        """Say whether a planned write need not wait for orders to be read."""
        desired, shown = publication.desired or 0, plan.shown
        if desired == 0 or (shown is not None and desired <= shown):
            return True
        if self.raises_wait is None:
            self.report.unread = find_unread(self.hub)
            self.raises_wait = bool(self.report.unread)
        return not self.raises_wait


def push_stock(
    hub: Hub,
    channel: KnownChannel,
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> PushReport:
    """Write every quantity of a channel that differs from what it should be.

    Records that show less than expected are not raised until the sale behind it was
    read; another push is marked for them.

    Raises:
        ChannelError: the channel does not answer; what was written is recorded.
    """
    connector = hub.connector(channel)
    if not isinstance(connector, PushesStock) or not isinstance(connector, ReadsStock):
        _clear(hub, handled)
        return PushReport()
    traits = hub.find_plugin(channel.kind).traits
    errand = _Errand(hub, channel, connector, traits, lease)
    left_open, in_vain = _read_first(errand)
    with hub.store.reading() as connection:
        differing = publications.load_out_of_step(
            connection, channel.name, CANDIDATES_MAX
        )
        # Only who holds the lane opens a write: where none was open, none is.
        still_open = (
            outbox.load_open(connection, channel.name, outbox.STOCK)
            if left_open
            else {}
        )
    waiting = still_open.keys() | in_vain.keys()
    ready = order_writes(
        [one for one in differing.values() if one.stock_external_id not in waiting]
    )
    admission = admit(hub, channel, ready)
    again = [admission.again_at] if admission.again_at else []
    if in_vain:
        pause = backoff(min(in_vain.values()), hub.tuning.backoff_seconds_max)
        again.append(hub.clock.now() + pause)
    errand.report.again_at = min(again, default=None)
    for start in range(0, len(admission.writes), traits.stock_batch_max):
        _push_batch(errand, admission.writes[start : start + traits.stock_batch_max])
    errand.report.unknown += len(still_open)
    _finish(errand, handled, more=len(differing) == CANDIDATES_MAX)
    return errand.report


def _read_first(errand: _Errand) -> tuple[bool, dict[str, int]]:
    """Read orders, and what became of open writes, before anything is written.

    Not where a channel compares and sets, and was read lately. Longer ago a sale and a
    return that are both unread can cancel out in the comparison.

    Returns:
        Whether any write was open, and the records whose last writes, so many in a row,
        had no effect: they wait a little.
    """
    hub, channel, lease = errand.hub, errand.channel, errand.lease
    with hub.store.reading() as connection:
        left_open = outbox.load_open(connection, channel.name, outbox.STOCK)
        pulled_at = cursors.find_last_pull(connection, channel.name, Stream.ORDERS)
    compares = errand.traits.stock_write is StockWriteMode.COMPARE_AND_SET
    if left_open or not compares or not is_fresh(pulled_at, hub.clock.now()):
        freshen_orders(hub, channel, lease=lease)
    if not left_open:
        return False, {}
    return True, settle_unknown(hub, channel, left_open, lease=lease)


def _push_batch(errand: _Errand, batch: Sequence[Publication]) -> None:
    """Write one batch, after reading those records whose present value is in doubt."""
    compares = errand.traits.stock_write is StockWriteMode.COMPARE_AND_SET
    doubtful = [
        one
        for one in batch
        if not compares or one.expected is None or one.drifting_since is not None
    ]
    plans = {
        one.stock_external_id: StockPlan(Step.WRITE, one.expected) for one in batch
    }
    if doubtful:
        plans |= compare_records(
            errand.hub, errand.channel, doubtful, lease=errand.lease
        )
    planned = [(one, plans[one.stock_external_id]) for one in batch]
    writing = []
    for publication, plan in make_safe(
        errand.hub, errand.channel, planned, lease=errand.lease
    ):
        errand.report.unexplained += plan.unexplained != 0
        if plan.step is Step.WRITE:
            if errand.may_write(publication, plan):
                writing.append((publication, plan))
        elif plan.step is not Step.NOTHING:
            errand.report.waiting += 1
    # What was thought a reduction may be a raise, now that it was looked at.
    writing.sort(key=lambda one: (one[0].desired or 0) > (one[1].shown or 0))
    if writing:
        _write(errand, writing)


def _write(errand: _Errand, writing: Sequence[tuple[Publication, StockPlan]]) -> None:
    hub, channel = errand.hub, errand.channel
    rows = [
        OutboxRow(
            id_,
            channel.name,
            outbox.STOCK,
            publication.stock_external_id,
            f"stock-{id_}",
            {
                "quantity": publication.desired,
                "expected": plan.shown,
                "unexplained": plan.unexplained,
            },
        )
        for id_, (publication, plan) in zip(
            hub.ids.take_many(len(writing)), writing, strict=True
        )
    ]
    sent = {row.subject: int(row.payload["quantity"]) for row in rows}
    noted = [
        Sent(row.subject, sent[row.subject], weigh_write(hub, channel, publication))
        for row, (publication, _) in zip(rows, writing, strict=True)
    ]
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        hub.hold(connection, errand.lease)
        outbox.add(connection, rows, now)
        publications.note_sent(connection, channel.name, noted, now)
        note_revisions(hub, connection, channel, sent)
    hub.reach("push.stored")
    hub.check_lane(errand.lease)
    try:
        results = errand.connector.push_stock([_read_write(row) for row in rows])
    except OutcomeUnknownError as error:
        unknown = PushResult(Outcome.UNKNOWN, str(error))
        results = (unknown,) * len(rows)
    except RetryLaterError as error:
        _record_unsent(errand, rows, str(error))
        raise
    hub.reach("push.sent")
    _record(errand, writing, rows, results)


def _read_write(row: OutboxRow) -> StockWrite:
    quantity, expected = int(row.payload["quantity"]), row.payload["expected"]
    return StockWrite(row.subject, quantity, expected, row.idempotency_key)


def _record_unsent(errand: _Errand, rows: Sequence[OutboxRow], reason: str) -> None:
    results = [(row.id, Outcome.REFUSED, f"not sent: {reason}", "") for row in rows]
    with errand.hub.store.transaction() as connection:
        outbox.finish(connection, results, errand.hub.clock.now())


def _record(
    errand: _Errand,
    writing: Sequence[tuple[Publication, StockPlan]],
    rows: Sequence[OutboxRow],
    results: Sequence[PushResult],
) -> None:
    hub, name = errand.hub, errand.channel.name
    now = hub.clock.now()
    answered = list(zip(rows, results, strict=True))
    acknowledged = {
        row.subject: _believe(publication, plan, int(row.payload["quantity"]))
        for (publication, plan), (row, result) in zip(writing, answered, strict=True)
        if result.outcome is Outcome.ACCEPTED
    }
    by_outcome = {
        outcome: [one for one in answered if one[1].outcome is outcome]
        for outcome in Outcome
    }
    stale = [row.subject for row, _ in by_outcome[Outcome.STALE]]
    refused = by_outcome[Outcome.REFUSED]
    errand.report.accepted += len(acknowledged)
    errand.report.refused += len(refused)
    errand.report.stale += len(stale)
    errand.report.unknown += len(by_outcome[Outcome.UNKNOWN])
    finished = [
        (row.id, result.outcome, result.reason, result.external_id)
        for row, result in answered
    ]
    with hub.store.transaction() as connection:
        hub.hold(connection, errand.lease)
        outbox.finish(connection, finished, now)
        publications.note_acknowledged(connection, name, acknowledged, now)
        publications.note_drifting(connection, name, stale, now)
        report_refusals(
            hub, connection, [(row, result.reason) for row, result in refused]
        )
        hub.reach("push.before_commit")
    hub.reach("push.recorded")


def _believe(publication: Publication, plan: StockPlan, quantity: int) -> Written:
    expected, replaced = believe_write(publication, plan, quantity)
    return Written(quantity, expected, replaced, plan.drifting_since)


def _finish(errand: _Errand, handled: Sequence[Mark], *, more: bool) -> None:
    """Clear the marks of this push and set those for what it could not finish."""
    hub, name, report = errand.hub, errand.channel.name, errand.report
    now = hub.clock.now()
    settle = timedelta(seconds=errand.traits.settle_seconds)
    wanted = []
    if report.stale or report.waiting:
        soon = now + LOOK_AGAIN
        wanted.append(Mark(MarkKind.PULL, name, name, Priority.LIVE, now))
        wanted.append(Mark(MarkKind.PUSH, name, name, Priority.LIVE, soon))
    if report.unread:
        later = now + LOOK_LATER
        wanted += [
            Mark(MarkKind.PULL, one, one, Priority.LIVE, now) for one in report.unread
        ]
        wanted.append(Mark(MarkKind.PUSH, name, name, Priority.LIVE, later))
    if report.again_at is not None:
        later = max(report.again_at, now + LOOK_AGAIN)
        wanted.append(Mark(MarkKind.PUSH, name, name, Priority.ROUTINE, later))
    if report.unknown:
        later = now + max(settle, LOOK_AGAIN)
        wanted.append(Mark(MarkKind.PUSH, name, name, Priority.ZEROING, later))
    if report.unexplained:
        later = now + find_patience(errand.traits)
        wanted.append(Mark(MarkKind.PULL, name, name, Priority.LIVE, later))
        wanted.append(Mark(MarkKind.PUSH, name, name, Priority.ROUTINE, later))
    if more:
        wanted.append(Mark(MarkKind.PUSH, name, name, Priority.LIVE, now))
    if report.accepted:
        later = now + settle
        wanted.append(Mark(MarkKind.READ_BACK, name, name, Priority.ROUTINE, later))
    with hub.store.transaction() as connection:
        marks.clear(connection, handled)
        hub.mark(connection, wanted)
    hub.wake(set(report.unread))
    hub.reach("push.finished")


def _clear(hub: Hub, handled: Sequence[Mark]) -> None:
    with hub.store.transaction() as connection:
        marks.clear(connection, handled)
