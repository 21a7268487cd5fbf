"""Settle: finding out what became of stock writes whose answer is not known.

A channel that took a write for later is asked by the id that it gave; what has none, or
is not answered for a day, is judged by what the record shows. Nothing is assumed, and
nothing else is written to a record while its last write is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.pushes import Outcome, PendingWrite, PushResult, StockWrite
from ..canonical.remembered import KnownChannel, Publication
from ..connectors.sdk import SettlesSubmissions
from ..store import conflicts, outbox, publications
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.outbox import OutboxRow
from ..store.publications import Belief, Written
from .closing import close_doubtful
from .decide.publish import OpenWrite, settle_by_reading
from .drifting import read_stock
from .hub import Hub

SUBMISSION_AGE_MAX = timedelta(days=1)
"""How long a channel may say that a submission is still under way."""
READ_BACK = "read back"
DOUBTED = "taken for done until orders say what else it could be"
IN_VAIN = "did not take effect"
IN_VAIN_MAX = 8
"""Writes in a row without effect, ever further apart, before a person is told."""


@dataclass(slots=True)
class _Findings:
    """What became of open writes, before it is recorded."""

    results: list[tuple[int, Outcome, str, str]] = field(default_factory=list)
    acknowledged: dict[str, Written] = field(default_factory=dict)
    beliefs: list[Belief] = field(default_factory=list)
    refused: list[tuple[OutboxRow, str]] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    """Records that show less than a raise, or what no outcome explains."""
    in_vain: list[tuple[OutboxRow, int]] = field(default_factory=list)
    """Writes without effect, with what the record shows instead."""


def settle_unknown(
    hub: Hub,
    channel: KnownChannel,
    left_open: Mapping[str, OutboxRow],
    *,
    lease: Lease | None,
) -> dict[str, int]:
    """Find out what became of writes whose answer never came, or is still to come.

    Returns:
        Records whose last writes, so many in a row, had no effect.
    """
    answers = _ask(hub, channel, left_open)
    unasked = {
        record: row for record, row in left_open.items() if record not in answers
    }
    readings = read_stock(hub, channel, list(unasked)) if unasked else {}
    now = hub.clock.now()
    found = _Findings()
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        known = publications.load(connection, channel.name, left_open)
        for record, answer in answers.items():
            _take_answer(known[record], left_open[record], answer, found)
        for record, row in unasked.items():
            observed = readings[record].quantity
            _judge_reading(known[record], row, observed, found, now)
        _record(hub, connection, channel.name, found, now)
        # What seems not to have taken effect may have, and be sold already.
        refuted = [belief.stock_external_id for belief in found.beliefs]
        close_doubtful(hub, connection, channel, [*refuted, *found.doubted])
        in_vain = _count_in_vain(hub, connection, channel.name, found)
    hub.reach("push.settled")
    return in_vain


def _ask(
    hub: Hub, channel: KnownChannel, left_open: Mapping[str, OutboxRow]
) -> dict[str, PushResult]:
    """Return what the channel says of the submissions that it can be asked about."""
    connector = hub.connector(channel)
    if not isinstance(connector, SettlesSubmissions):
        return {}
    oldest = hub.clock.now() - SUBMISSION_AGE_MAX
    pending = [
        row
        for row in left_open.values()
        if row.external_id and (row.written_at is None or row.written_at > oldest)
    ]
    if not pending:
        return {}
    writes = [
        PendingWrite(
            StockWrite(
                row.subject,
                int(row.payload["quantity"]),
                row.payload["expected"],
                row.idempotency_key,
            ),
            row.external_id,
        )
        for row in pending
    ]
    results = connector.read_submissions(writes)
    return {row.subject: result for row, result in zip(pending, results, strict=True)}


def _take_answer(
    publication: Publication, row: OutboxRow, answer: PushResult, found: _Findings
) -> None:
    if answer.outcome is Outcome.UNKNOWN:
        return
    name = row.external_id
    found.results.append((row.id, answer.outcome, answer.reason, name))
    if answer.outcome is Outcome.ACCEPTED:
        quantity, unexplained = int(row.payload["quantity"]), row.payload["unexplained"]
        before = row.payload["expected"] or 0
        taken_since = (before - unexplained) - (publication.expected or 0)
        expected = quantity - unexplained - taken_since
        found.acknowledged[row.subject] = Written(
            quantity, expected, publication.expected, publication.drifting_since
        )
    elif answer.outcome is Outcome.REFUSED:
        found.refused.append((row, answer.reason))
    else:
        found.stale.append(row.subject)


def _judge_reading(
    publication: Publication,
    row: OutboxRow,
    observed: int | None,
    found: _Findings,
    now: datetime,
) -> None:
    record = row.subject
    if observed is None:
        found.results.append((row.id, Outcome.REFUSED, "no longer counted", ""))
        found.beliefs.append(Belief(record, None, None, None))
        return
    quantity = int(row.payload["quantity"])
    write = OpenWrite(quantity, row.payload["expected"], row.payload["unexplained"])
    settled = settle_by_reading(publication, write, observed, now)
    expected, since = settled.expected, settled.drifting_since
    if not settled.took_effect:
        found.results.append((row.id, Outcome.REFUSED, IN_VAIN, row.external_id))
        found.in_vain.append((row, observed))
        found.beliefs.append(Belief(record, expected, observed, since))
        return
    found.results.append(
        (row.id, Outcome.ACCEPTED, DOUBTED if since else READ_BACK, row.external_id)
    )
    found.acknowledged[record] = Written(quantity, expected, settled.replaced, since)
    if since is not None:
        found.doubted.append(record)


def _record(
    hub: Hub, connection: Connection, channel: str, found: _Findings, now: datetime
) -> None:
    outbox.finish(connection, found.results, now)
    publications.observe(connection, channel, found.beliefs, now)
    publications.note_acknowledged(connection, channel, found.acknowledged, now)
    publications.note_drifting(connection, channel, found.stale, now)
    report_refusals(hub, connection, found.refused)


def _count_in_vain(
    hub: Hub, connection: Connection, channel: str, found: _Findings
) -> dict[str, int]:
    """Count writes in a row without effect; give up where there are too many."""
    counts = {}
    given_up = []
    for row, observed in found.in_vain:
        reasons = outbox.list_reasons(
            connection, channel, outbox.STOCK, row.subject, IN_VAIN_MAX
        )
        vain = next(
            (n for n, reason in enumerate(reasons) if reason != IN_VAIN), len(reasons)
        )
        counts[row.subject] = vain
        if vain >= IN_VAIN_MAX:
            why = f"it goes on to show {observed}, after {vain} writes"
            given_up.append((row, why))
    report_refusals(hub, connection, given_up)
    return counts


def report_refusals(
    hub: Hub, connection: Connection, refused: list[tuple[OutboxRow, str]]
) -> None:
    """Leave records alone whose write was refused, and tell a person why."""
    for row, _ in refused:
        publications.set_stopped(connection, row.channel, row.subject, stopped=True)
    found = [_describe_refusal(row, reason) for row, reason in refused]
    conflicts.report(connection, found, hub.ids, hub.clock.now())


def _describe_refusal(row: OutboxRow, reason: str) -> ConflictFacts:
    return ConflictFacts(
        kind=ConflictKind.REFUSED_PUSH,
        subject=f"{row.channel}/stock/{row.subject}",
        channel=row.channel,
        summary=f"{row.channel} refused to show {row.payload['quantity']} for "
        f"{row.subject}: {reason}",
        facts={
            "stock_record": row.subject,
            "quantity": row.payload["quantity"],
            "reason": reason,
        },
        proposals=(
            Proposal(action=Action.RETRY, reason="Write it again, after mending it."),
        ),
    )
