"""Why a channel shows something else than expected, and what to do about it.

``plan_from_reading`` says what to do about a difference of a known age; here each
difference gets its age, a cause and an end. Rows of the drift ledger add up to the
difference at any time: what an order explains goes to that order, what went away by
itself to a late write or a hand on the channel, and what is left when patience ends
goes by the channel's policy. A shop that sells all the time is short all the time, of
other units each time: patience is had with the oldest that no order has explained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ...canonical.conflicts import ConflictKind
from ...canonical.drifts import Drift, DriftAction, DriftCause
from ...canonical.remembered import DriftPolicy, Publication
from .publish import Step, StockPlan, plan_from_reading

FIGHT_WINDOW = timedelta(hours=6)
FIGHT_ROUNDS = 3
"""So many times within the window the hub writes over somebody's figure; then it
stops, because something else writes too."""
LOST_ROUNDS = 6
LOST_SPAN = timedelta(minutes=10)
"""A write that is lost so often, and for so long, is not lost: something undoes it. A
channel in trouble loses as many in a minute."""
_BY_ORDER = {-1: DriftCause.UNSEEN_SALE, 1: DriftCause.UNSEEN_CANCELLATION}


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a stock record: what was remembered, and what it showed.

    ``history`` are the record's drifts that are open or were found within the window,
    oldest first. ``patience`` and ``read_at`` are those of ``plan_from_reading``.
    """

    publication: Publication
    observed: int | None
    history: Sequence[Drift]
    now: datetime
    patience: timedelta
    read_at: datetime | None = None

    @property
    def surprise(self) -> int:
        """Units that the record shows beyond (negative: short of) what was expected."""
        expected, observed = self.publication.expected, self.observed
        return 0 if expected is None or observed is None else observed - expected

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
    plan = _plan(sight, rows, left)
    if not left or not _is_final(plan, left):
        return Verdict(plan, rows)
    asked = next((row.cause for row in left if row.action is DriftAction.ASKED), None)
    cause = asked or _find_cause(sight, plan, left)
    action = _choose(cause, plan, policy, adoptable=adoptable, asked=bool(asked))
    ended = None if action is DriftAction.ASKED else sight.now
    closed = [
        replace(row, cause=cause, action=action, settled_at=ended) for row in left
    ]
    if action is DriftAction.ASKED:
        plan = _wait_for_person(sight, cause, left)
    else:
        plan = _believe(sight, action)
    verdict = Verdict(plan, _merge(rows, closed))
    if action is DriftAction.ASKED:
        fights = cause is DriftCause.FIGHT
        verdict.conflict = ConflictKind.FIGHT if fights else ConflictKind.DRIFT
    elif action is DriftAction.ADOPTED:
        verdict.adopted = replace(closed[0], units=sight.surprise)
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
    surprise = sight.surprise
    before = sum(row.units for row in left)
    sign = -1 if before < 0 else 1
    explained = min(abs(before), max(0, sign * sight.moved))
    changed, left = _take_off(left, explained, _BY_ORDER[sign], sight.now, take_id)
    still = abs(before) - explained
    gone = min(still, max(0, still - sign * surprise))
    vanished, left = _take_off(left, gone, None, sight.now, take_id)
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


def _find_since(sight: Sight, left: Sequence[Drift]) -> datetime | None:
    """Return since when units are missing that are missing still.

    Not later than now: the clock may have been set back meanwhile.
    """
    return min((min(row.found_at, sight.now) for row in left), default=None)


def _plan(sight: Sight, rows: Sequence[Drift], left: Sequence[Drift]) -> StockPlan:
    since = _find_since(sight, left)
    by_order = _BY_ORDER.values()
    if any(
        row.units > 0 and row.settled_at and row.cause not in by_order for row in rows
    ):
        since = sight.now  # a surplus that shrinks may have been sold just now
    return plan_from_reading(
        replace(sight.publication, drifting_since=since),
        sight.observed,
        now=sight.now,
        patience=sight.patience,
        read_at=sight.read_at,
    )


def _is_final(plan: StockPlan, left: Sequence[Drift]) -> bool:
    """Say whether patience has ended, or ended before and a person was asked."""
    asked = any(row.action is DriftAction.ASKED for row in left)
    return plan.step is Step.ASK or plan.drifting_since is None or asked


def _find_cause(sight: Sight, plan: StockPlan, left: Sequence[Drift]) -> DriftCause:
    # Short of what was expected, the plan has compared with what the write replaced.
    lost = plan.step is not Step.ASK
    if plan.surprise > 0:
        lost = all(row.looks_lost for row in left)
    usual = DriftCause.LOST_WRITE if lost else DriftCause.HAND_EDIT
    undone = [row for row in sight.history if row.action is DriftAction.OVERWRITTEN]
    if plan.surprise < 0 and any(_met_cap(row, sight) for row in undone):
        return DriftCause.CAP
    return DriftCause.FIGHT if _is_fight(sight, usual, left) else usual


def _is_fight(sight: Sight, usual: DriftCause, left: Sequence[Drift]) -> bool:
    """Say whether the hub has written over the same again and again."""
    rounds = list(left)
    for row in sight.history:
        if row.action is DriftAction.OVERWRITTEN and row.cause is usual:
            rounds.append(row)
        elif row.action is DriftAction.OVERWRITTEN and row.cause is DriftCause.FIGHT:
            rounds = list(left)  # a person has ended that one
    if usual is not DriftCause.LOST_WRITE:
        return len(rounds) >= FIGHT_ROUNDS
    since = min(row.found_at for row in rounds)
    return len(rounds) >= LOST_ROUNDS and sight.now - since >= LOST_SPAN


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


def _wait_for_person(
    sight: Sight, cause: DriftCause, left: Sequence[Drift]
) -> StockPlan:
    """Return what to do while a person is asked.

    A reduction does not wait for an answer; in a fight it would go on for ever.
    """
    observed, desired = sight.observed, sight.publication.desired
    lowers = observed is not None and desired is not None and desired < observed
    lowers &= cause is not DriftCause.FIGHT
    step = Step.WRITE if lowers else Step.ASK
    expected, since = sight.publication.expected, _find_since(sight, left)
    return StockPlan(step, expected, since, sight.surprise)


def _believe(sight: Sight, action: DriftAction) -> StockPlan:
    """Return what to do where what the record shows is believed from now on."""
    observed = sight.observed
    same = observed == sight.publication.desired or action is DriftAction.ADOPTED
    step = Step.NOTHING if same else Step.WRITE
    return StockPlan(step, observed, None, sight.surprise)
