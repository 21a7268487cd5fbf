"""Drifting: reading what channels show, and keeping the ledger of what differs.

Reads, lets ``decide/publish`` and ``decide/drift`` judge, and records: beliefs, drifts,
counts that were adopted, conflicts for what a person has to say. Writes nothing to a
channel.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.drifts import Drift, DriftAction, DriftCause
from ..canonical.errors import ContractBrokenError
from ..canonical.listings import Component
from ..canonical.pages import Stream
from ..canonical.remembered import DriftPolicy, KnownChannel, Publication
from ..canonical.stock import Cause, MovementKind, StockKey, StockReading
from ..connectors.sdk import ReadsStock, Traits
from ..store import conflicts, cursors, drifts, listings, publications
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.publications import Belief
from .decide.drift import FIGHT_WINDOW, Sight, Verdict, judge_drift
from .decide.publish import StockPlan
from .hub import STOCK_LANE, Hub
from .stocktaking import change_on_hand

PATIENCE_SECONDS = 5
"""How long an order may take to appear beyond what its channel is known for."""
_DRIFT_KINDS = (ConflictKind.DRIFT, ConflictKind.FIGHT)


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


def find_patience(traits: Traits) -> timedelta:
    """Return how long an unseen sale may take to appear in a channel's orders."""
    lag = traits.visibility_lag_seconds + traits.settle_seconds
    return timedelta(seconds=PATIENCE_SECONDS + lag)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at some records of a channel, and what is remembered of each."""

    hub: Hub
    channel: KnownChannel
    publications: Mapping[str, Publication]
    shown: Mapping[str, int | None]
    read_at: datetime | None
    now: datetime


def compare_records(
    hub: Hub,
    channel: KnownChannel,
    doubtful: Sequence[Publication],
    *,
    lease: Lease | None,
) -> dict[str, StockPlan]:
    """Read records, remember what they showed, and say what to do about each."""
    known = {one.stock_external_id: one for one in doubtful}
    readings = read_stock(hub, channel, list(known))
    shown = {record: reading.quantity for record, reading in readings.items()}
    with hub.store.reading() as connection:
        read_at = cursors.find_last_pull(connection, channel.name, Stream.ORDERS)
    look = _Look(hub, channel, known, shown, read_at, hub.clock.now())
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        verdicts = _judge(look, connection)
        _record(look, connection, verdicts)
        plans = {record: verdict.plan for record, verdict in verdicts.items()}
        beliefs = [
            Belief(record, plan.expected, shown[record], plan.drifting_since)
            for record, plan in plans.items()
        ]
        publications.observe(connection, channel.name, beliefs, look.now)
        _close_explained(look, connection, plans)
        hub.reach("drift.before_commit")
    if any(verdict.adopted for verdict in verdicts.values()):
        hub.wake([STOCK_LANE])
    return plans


def _judge(look: _Look, connection: Connection) -> dict[str, Verdict]:
    channel, policy = look.channel, look.channel.drift_policy
    records = [
        record
        for record, one in look.publications.items()
        if one.drifting_since is not None or look.shown[record] != one.expected
    ]
    rows = drifts.load(connection, channel.name, records, look.now - FIGHT_WINDOW)
    adopts = policy is DriftPolicy.ADOPT
    parts = find_only_parts(connection, channel.name, records) if adopts else {}
    patience = find_patience(look.hub.find_plugin(channel.kind).traits)
    return {
        record: judge_drift(
            Sight(
                one,
                look.shown[record],
                rows.get(record, ()),
                look.now,
                patience,
                look.read_at,
            ),
            policy,
            adoptable=record in parts,
            take_id=look.hub.ids.take,
        )
        for record, one in look.publications.items()
    }


def find_only_parts(
    connection: Connection, channel: str, records: Collection[str]
) -> dict[str, Component]:
    """Return what each record is made of, left out where that is more than one SKU."""
    keys = [(channel, record) for record in records]
    sharing = listings.load_records_by_key(connection, keys)
    parts = {
        record: {part for row in rows for part in row.components}
        for (_, record), rows in sharing.items()
    }
    return {record: found.pop() for record, found in parts.items() if len(found) == 1}


def _record(
    look: _Look, connection: Connection, verdicts: Mapping[str, Verdict]
) -> None:
    """Write what the verdicts say; positions are locked first, as everywhere."""
    hub, name = look.hub, look.channel.name
    for record, verdict in sorted(verdicts.items()):
        if verdict.adopted is not None:
            part = find_only_parts(connection, name, [record])[record]
            _adopt(hub, connection, verdict.adopted, part)
    rows = [row for verdict in verdicts.values() for row in verdict.rows]
    drifts.save(connection, name, rows)
    asked = {record: one for record, one in verdicts.items() if one.conflict}
    for record in asked:
        publications.set_stopped(connection, name, record, stopped=True)
    found = [
        _describe_drift(look, record, verdict) for record, verdict in asked.items()
    ]
    conflicts.report(connection, found, hub.ids, look.now)


def _adopt(hub: Hub, connection: Connection, drift: Drift, part: Component) -> None:
    cause = Cause("drift", str(drift.id))
    units = drift.units * part.units
    key = StockKey(part.sku, hub.tuning.location)
    change_on_hand(hub, connection, key, units, (MovementKind.COUNTED, cause))


def _describe_drift(look: _Look, record: str, verdict: Verdict) -> ConflictFacts:
    name, plan = look.channel.name, verdict.plan
    observed = (plan.expected or 0) + plan.surprise
    shows = f"{name} shows {observed} for {record}"
    asked = [row for row in verdict.rows if row.action is DriftAction.ASKED]
    cause = asked[0].cause or DriftCause.HAND_EDIT
    summaries = {
        DriftCause.CAP: f"{shows}, whatever is written: {plan.expected} was expected.",
        DriftCause.FIGHT: f"{shows} again: something else writes it too, and the hub "
        f"has stopped. It computed {plan.expected}.",
    }
    usual = (
        f"{shows} where {plan.expected} was expected, and no order explains the "
        "difference."
    )
    return ConflictFacts(
        kind=verdict.conflict or ConflictKind.DRIFT,
        subject=f"{name}/stock/{record}",
        channel=name,
        summary=summaries.get(cause, usual),
        facts={
            "stock_record": record,
            "expected": plan.expected,
            "observed": observed,
            "cause": cause,
        },
        proposals=(
            Proposal(action=Action.OVERWRITE, reason="Show what the hub computed."),
            Proposal(
                action=Action.ADOPT, reason="Take the difference as a stock count."
            ),
        ),
    )


def settle_by_person(
    hub: Hub, connection: Connection, channel: str, record: str, action: DriftAction
) -> None:
    """End the open drifts of a record: a person decided."""
    drifts.settle_open(
        connection,
        channel,
        [record],
        cause=DriftCause.HAND_EDIT,
        action=action,
        settled_at=hub.clock.now(),
    )


def _close_explained(
    look: _Look, connection: Connection, plans: Mapping[str, StockPlan]
) -> None:
    """Resolve the drift of records that show what they should again."""
    name = look.channel.name
    by = {"by": conflicts.BY_FACTS, "why": "the channel shows what it should"}
    for record, one in look.publications.items():
        if one.drifting_since is None or plans[record].drifting_since is not None:
            continue
        closed = [
            conflicts.close(connection, kind, [f"{name}/stock/{record}"], by, look.now)
            for kind in _DRIFT_KINDS
        ]
        if any(closed):
            publications.set_stopped(connection, name, record, stopped=False)
