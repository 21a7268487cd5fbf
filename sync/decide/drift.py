"""Why a channel shows something else than expected, and what to do about it.

``plan_from_reading`` says whether there is a difference and whether it may still be
explained; here each difference gets a cause and an end. Rows of the drift ledger add up
to the difference at any time: what an order explains goes to that order, what went away
by itself to a late write or a hand on the channel, and what is left when patience ends
goes by the channel's policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ...canonical.conflicts import ConflictKind
from ...canonical.drifts import Drift, DriftAction, DriftCause
from ...canonical.remembered import DriftPolicy, Publication
from .publish import Step, StockPlan

FIGHT_WINDOW = timedelta(hours=6)
FIGHT_ROUNDS = 3
"""So many times within the window the hub writes over somebody's figure; then it
stops, because something else writes too."""
LOST_ROUNDS = 6
"""A write that is lost so often is not lost: something undoes it."""
_BY_ORDER = {-1: DriftCause.UNSEEN_SALE, 1: DriftCause.UNSEEN_CANCELLATION}


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a stock record: what was remembered, planned, and shown.

    ``plan`` compares the two; ``history`` are the record's drifts that are open or were
    found within the window, oldest first.
    """

    publication: Publication
    plan: StockPlan
    observed: int | None
    history: Sequence[Drift]
    now: datetime

    @property
    def moved(self) -> int:
        """Units by which orders, read since the last look, moved what is expected."""
        expected, believed = self.publication.expected, self.publication.believed
        return 0 if expected is None or believed is None else expected - believed


@dataclass(slots=True)
class Verdict:
    """What to do about a record now, and what the ledger says of it."""

    plan: StockPlan
    rows: list[Drift] = field(default_factory=list)
    """New and changed rows of the ledger."""
    adopted: Drift | None = None
    """The difference, in one row, that becomes a count."""
    conflict: ConflictKind | None = None


def judge_drift(
    sight: Sight, policy: DriftPolicy, *, adoptable: bool, take_id: Callable[[], int]
) -> Verdict:
    """Account for what a record shows, and decide about what nothing explains.

    Args:
        sight: the look at the record.
        policy: the channel's.
        adoptable: whether the difference can be told in units of one SKU.
        take_id: makes ids for new rows.
    """
    rows, left = account_for(sight, take_id)
    plan = sight.plan
    if not left or not _is_final(plan, left):
        return Verdict(plan, rows)
    asked = next((row.cause for row in left if row.action is DriftAction.ASKED), None)
    cause = asked or _find_cause(sight, left)
    action = _choose(cause, plan, policy, adoptable=adoptable, asked=bool(asked))
    ended = None if action is DriftAction.ASKED else sight.now
    closed = [
        replace(row, cause=cause, action=action, settled_at=ended) for row in left
    ]
    verdict = Verdict(_follow(sight, cause, action), _merge(rows, closed))
    if action is DriftAction.ASKED:
        fights = cause is DriftCause.FIGHT
        verdict.conflict = ConflictKind.FIGHT if fights else ConflictKind.DRIFT
    elif action is DriftAction.ADOPTED:
        verdict.adopted = replace(closed[0], units=plan.surprise)
    return verdict


def account_for(
    sight: Sight, take_id: Callable[[], int]
) -> tuple[list[Drift], list[Drift]]:
    """Bring the ledger of a record in step with what it shows.

    Returns:
        The rows that are new or changed, and those that are open now. The units of the
        open ones add up to the difference, and all have its sign.
    """
    left = [row for row in sight.history if row.settled_at is None]
    surprise = 0 if sight.observed is None else sight.plan.surprise
    before = sum(row.units for row in left)
    sign = -1 if before < 0 else 1
    gone = min(abs(before), max(0, sign * (before - surprise)))
    explained = min(gone, max(0, sign * sight.moved))
    changed, left = _take_off(left, explained, _BY_ORDER[sign], sight.now, take_id)
    vanished, left = _take_off(left, gone - explained, None, sight.now, take_id)
    changed = _merge(changed, vanished)
    grown = surprise - sum(row.units for row in left)
    if grown:
        fresh = Drift(
            take_id(),
            sight.publication.stock_external_id,
            grown,
            sight.publication.expected or 0,
            sight.observed or 0,
            sight.publication.replaced,
            sight.now,
        )
        left = [*left, fresh]
        changed = [*changed, fresh]
    return changed, left


def _take_off(
    rows: Sequence[Drift],
    units: int,
    cause: DriftCause | None,
    now: datetime,
    take_id: Callable[[], int],
) -> tuple[list[Drift], list[Drift]]:
    """Settle so many units, oldest first; return changed rows, and those left open."""
    changed: list[Drift] = []
    left: list[Drift] = []
    for row in rows:
        part = min(units, abs(row.units))
        units -= part
        if not part:
            left.append(row)
            continue
        own = DriftCause.LATE_WRITE if row.looks_lost else DriftCause.HAND_EDIT
        ended = replace(
            row, cause=cause or own, action=DriftAction.NONE, settled_at=now
        )
        if part == abs(row.units):
            changed.append(ended)
            continue
        signed = part if row.units > 0 else -part
        rest = replace(row, units=row.units - signed)
        changed += [replace(ended, id=take_id(), units=signed), rest]
        left.append(rest)
    return changed, left


def _merge(rows: Sequence[Drift], newer: Sequence[Drift]) -> list[Drift]:
    """Return rows in which ``newer`` stand in for older states of themselves."""
    return list({row.id: row for row in (*rows, *newer)}.values())


def _is_final(plan: StockPlan, left: Sequence[Drift]) -> bool:
    """Say whether patience has ended, or ended before and a person was asked."""
    asked = any(row.action is DriftAction.ASKED for row in left)
    return plan.step is Step.ASK or plan.drifting_since is None or asked


def _find_cause(sight: Sight, left: Sequence[Drift]) -> DriftCause:
    plan = sight.plan
    # Short of what was expected, the plan has compared with what the write replaced.
    lost = plan.step is not Step.ASK
    if plan.surprise > 0:
        lost = all(row.looks_lost for row in left)
    usual = DriftCause.LOST_WRITE if lost else DriftCause.HAND_EDIT
    undone = [row for row in sight.history if row.action is DriftAction.OVERWRITTEN]
    if plan.surprise < 0 and any(_met_cap(row, sight) for row in undone):
        return DriftCause.CAP
    rounds = len(left)
    for row in undone:
        rounds += row.cause is usual
        rounds = len(left) if row.cause is DriftCause.FIGHT else rounds
    rounds_max = LOST_ROUNDS if lost else FIGHT_ROUNDS
    return DriftCause.FIGHT if rounds >= rounds_max else usual


def _met_cap(row: Drift, sight: Sight) -> bool:
    """Say whether the record shows again what it made of an earlier, higher write.

    That write raised it part of the way, or another one came to the same.
    """
    same = row.units < 0 and row.observed == sight.observed
    by_hand = row.cause in {DriftCause.HAND_EDIT, DriftCause.CAP}
    part_way = row.replaced is not None and row.replaced < row.observed
    another = row.expected != sight.publication.expected
    return same and by_hand and (part_way or another)


def _choose(
    cause: DriftCause,
    plan: StockPlan,
    policy: DriftPolicy,
    *,
    adoptable: bool,
    asked: bool,
) -> DriftAction:
    if cause is DriftCause.LOST_WRITE and not asked:
        return DriftAction.OVERWRITTEN
    if asked or cause is not DriftCause.HAND_EDIT:
        return DriftAction.ASKED
    if policy is DriftPolicy.ADOPT and adoptable:
        return DriftAction.ADOPTED
    # More than expected was written over at once: on offer it could be sold twice.
    if policy is DriftPolicy.OVERWRITE or plan.surprise > 0:
        return DriftAction.OVERWRITTEN
    return DriftAction.ASKED


def _follow(sight: Sight, cause: DriftCause, action: DriftAction) -> StockPlan:
    """Return what to do with the record, and believe of it, after the decision."""
    plan, publication, observed = sight.plan, sight.publication, sight.observed
    desired = publication.desired
    if action is DriftAction.ASKED:
        since = min(publication.drifting_since or sight.now, sight.now)
        # A reduction does not wait for a person; in a fight it would go on for ever.
        lowers = observed is not None and desired is not None and desired < observed
        lowers &= cause is not DriftCause.FIGHT
        step = Step.WRITE if lowers else Step.ASK
        return StockPlan(step, publication.expected, since, plan.surprise)
    same = observed == desired or action is DriftAction.ADOPTED
    step = Step.NOTHING if same else Step.WRITE
    return StockPlan(step, observed, None, plan.surprise)
