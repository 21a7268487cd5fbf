"""Read-back: comparing what a channel shows with what it should show.

Finds out what became of writes without an answer, and notices drift. A difference that
a sale may explain waits for that sale; one that nothing explains goes to the channel's
drift policy. Writes nothing to a channel: ``push`` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.errors import ContractBrokenError
from ..canonical.pushes import Outcome
from ..canonical.remembered import DriftPolicy, KnownChannel, Publication
from ..canonical.stock import StockReading
from ..connectors.sdk import ReadsStock, Traits
from ..store import conflicts, marks, outbox, publications
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from ..store.outbox import OutboxRow
from ..store.publications import Belief, Written
from .decide.publish import (
    Step,
    StockPlan,
    judge_unknown_write,
    needs_write,
    plan_from_reading,
)
from .hub import Hub
from .pull import pull_orders

PATIENCE_SECONDS = 5
"""How long an order may take to appear beyond what its channel is known for."""


def read_stock(
    hub: Hub, channel: KnownChannel, records: Sequence[str]
) -> dict[str, StockReading]:
    """Return what a channel shows now, by stock record; in batches it can bear."""
    connector = hub.connector(channel)
    if not isinstance(connector, ReadsStock):
        return {}
    size = hub.find_plugin(channel.kind).traits.stock_batch_max
    found: dict[str, StockReading] = {}
    for start in range(0, len(records), size):
        batch = records[start : start + size]
        readings = connector.read_stock(batch)
        if len(readings) != len(batch):
            raise ContractBrokenError(
                f"{channel.name} was asked for {len(batch)} quantities and gave "
                f"{len(readings)}."
            )
        found |= dict(zip(batch, readings, strict=True))
    return found


def compare_records(
    hub: Hub,
    channel: KnownChannel,
    doubtful: Sequence[Publication],
    *,
    lease: Lease | None,
) -> dict[str, StockPlan]:
    """Read records, remember what they showed, and say what to do about each."""
    readings = read_stock(hub, channel, [one.stock_external_id for one in doubtful])
    now = hub.clock.now()
    patience = find_patience(hub.find_plugin(channel.kind).traits)
    plans = {
        one.stock_external_id: plan_from_reading(
            one,
            readings[one.stock_external_id].quantity,
            now=now,
            patience=patience,
        )
        for one in doubtful
    }
    if channel.drift_policy is DriftPolicy.OVERWRITE:
        plans = {
            record: _overwrite(plan, readings[record].quantity)
            for record, plan in plans.items()
        }
    beliefs = [
        Belief(record, plan.expected, readings[record].quantity, plan.drifting_since)
        for record, plan in plans.items()
    ]
    asked = {record: plan for record, plan in plans.items() if plan.step is Step.ASK}
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        publications.observe(connection, channel.name, beliefs, now)
        for record in asked:
            publications.set_stopped(connection, channel.name, record, stopped=True)
        found = [_describe_drift(channel.name, *entry) for entry in asked.items()]
        conflicts.report(connection, found, hub.ids, now)
        _close_explained(hub, connection, channel.name, doubtful, plans)
    return plans


def find_patience(traits: Traits) -> timedelta:
    """Return how long an unseen sale may take to appear in a channel's orders."""
    lag = traits.visibility_lag_seconds + traits.settle_seconds
    return timedelta(seconds=PATIENCE_SECONDS + lag)


def _overwrite(plan: StockPlan, observed: int | None) -> StockPlan:
    return StockPlan(Step.WRITE, observed) if plan.step is Step.ASK else plan


def _describe_drift(channel: str, record: str, plan: StockPlan) -> ConflictFacts:
    observed = (plan.expected or 0) + plan.surprise
    return ConflictFacts(
        kind=ConflictKind.DRIFT,
        subject=f"{channel}/stock/{record}",
        channel=channel,
        summary=f"{channel} shows {observed} for {record} where {plan.expected} was "
        "expected, and no order explains the difference.",
        facts={
            "stock_record": record,
            "expected": plan.expected,
            "observed": observed,
        },
        proposals=(
            Proposal(action=Action.OVERWRITE, reason="Show what the hub computed."),
            Proposal(
                action=Action.ADOPT, reason="Take the difference as a stock count."
            ),
        ),
    )


def settle_unknown(
    hub: Hub,
    channel: KnownChannel,
    left_open: Mapping[str, OutboxRow],
    *,
    lease: Lease | None,
) -> None:
    """Find out what became of writes whose answer never came."""
    readings = read_stock(hub, channel, list(left_open))
    now = hub.clock.now()
    patience = find_patience(hub.find_plugin(channel.kind).traits)
    results = []
    acknowledged: dict[str, Written] = {}
    beliefs = []
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        known = publications.load(connection, channel.name, left_open)
        for record, row in left_open.items():
            observed = readings[record].quantity
            if observed is None:
                results.append((row.id, Outcome.REFUSED, "no longer counted", ""))
                beliefs.append(Belief(record, None, None, None))
                continue
            quantity = int(row.payload["quantity"])
            shown_before = row.payload["expected"]
            unexplained = row.payload["unexplained"]
            happened = judge_unknown_write(
                quantity=quantity - unexplained,
                expected_before=(
                    None if shown_before is None else shown_before - unexplained
                ),
                expected=known[record].expected,
                observed=observed,
            )
            since = min(known[record].drifting_since or now, now)
            if happened:
                results.append((row.id, Outcome.ACCEPTED, "read back", ""))
                acknowledged[record] = Written(quantity, observed, None)
            elif happened is False or now - since >= patience:
                results.append((row.id, Outcome.REFUSED, "did not take effect", ""))
                beliefs.append(Belief(record, observed, observed, None))
            else:
                expected = known[record].expected
                beliefs.append(Belief(record, expected, observed, since))
        outbox.finish(connection, results, now)
        publications.observe(connection, channel.name, beliefs, now)
        publications.note_acknowledged(connection, channel.name, acknowledged, now)
    hub.reach("push.settled")


def read_back(
    hub: Hub,
    channel: KnownChannel,
    *,
    everything: bool,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> int:
    """Compare what a channel shows with what it should show; mark what differs.

    Args:
        hub: what to work with.
        channel: the channel.
        everything: all records, not only those written since they were last seen.
        lease: proof that this lane is ours.
        handled: marks that this answers.

    Returns:
        How many records showed something else than expected.
    """
    pull_orders(hub, channel, lease=lease)
    traits = hub.find_plugin(channel.kind).traits
    settled_at = hub.clock.now() - timedelta(seconds=traits.settle_seconds)
    size = hub.tuning.page_size
    differing = 0
    after: str | None = ""
    while after is not None:
        with hub.store.reading() as connection:
            if everything:
                page = publications.load_page(connection, channel.name, after, size)
            else:
                page = publications.load_unverified(
                    connection, channel.name, settled_at, size
                )
            open_rows = outbox.load_open(connection, channel.name, outbox.STOCK, page)
        quiet = [one for record, one in page.items() if record not in open_rows]
        differing += _count_differing(hub, channel, quiet, lease)
        after = max(page) if everything and len(page) == size else None
    now, name = hub.clock.now(), channel.name
    with hub.store.transaction() as connection:
        marks.clear(connection, handled)
        if differing:
            hub.mark(connection, [Mark(MarkKind.PUSH, name, name, Priority.LIVE, now)])
    return differing


def _count_differing(
    hub: Hub, channel: KnownChannel, quiet: Sequence[Publication], lease: Lease | None
) -> int:
    if not quiet:
        return 0
    plans = compare_records(hub, channel, quiet, lease=lease)
    return sum(
        plans[one.stock_external_id].surprise != 0 or needs_write(one) for one in quiet
    )


def _close_explained(
    hub: Hub,
    connection: Connection,
    channel: str,
    doubtful: Sequence[Publication],
    plans: Mapping[str, StockPlan],
) -> None:
    """Resolve the drift of records that show what they should again."""
    by = {"by": conflicts.BY_FACTS, "why": "the channel shows what it should"}
    for one in doubtful:
        record = one.stock_external_id
        if one.drifting_since is None or plans[record].drifting_since is not None:
            continue
        subject = [f"{channel}/stock/{record}"]
        if conflicts.close(
            connection, ConflictKind.DRIFT, subject, by, hub.clock.now()
        ):
            publications.set_stopped(connection, channel, record, stopped=False)
