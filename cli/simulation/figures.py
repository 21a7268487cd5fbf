"""The figures of a simulation: what broke, with the fewest events for it, and the sums.

Knows outcomes only; what is printed of them is for the command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

from ...canonical.clock import Clock
from .customs import Sharing
from .events import draw_schedule
from .invariants import find_invariant
from .play import Outcome
from .race import RaceOutcome
from .seeds import Task, play_seed
from .shrink import shrink

SHOWN_MAX = 5
"""Violations of one seed that are shown; they are often the same again and again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A seed that broke a promise, and how to see it again."""

    seed: int
    invariant: str
    rule: str
    subject: str
    message: str
    at_seconds: float
    replay: str
    events: tuple[int, ...]
    """The events that are enough for it."""


def find(
    outcome: Outcome, task: Task, faults: str, clock: Clock, shrink_seconds: float
) -> list[Finding]:
    """Return what a seed broke, with the fewest events that break it."""
    if not outcome.violations:
        return []
    events = _shrink(outcome, task, clock, shrink_seconds)
    numbers = ",".join(str(number) for number in events)
    replay = (
        f"crossdock simulate --seeds {outcome.seed} --faults {faults} --only {numbers}"
    )
    unique = {(one.rule, one.subject): one for one in reversed(outcome.violations)}
    return [
        Finding(
            outcome.seed,
            one.invariant,
            one.rule,
            one.subject,
            one.message,
            one.at_seconds,
            replay,
            events,
        )
        for one in reversed(unique.values())
    ][:SHOWN_MAX]


def _shrink(
    outcome: Outcome, task: Task, clock: Clock, seconds: float
) -> tuple[int, ...]:
    rule = outcome.violations[0].rule
    enough = frozenset([rule])
    deadline = clock.monotonic_seconds() + seconds

    def fails(kept: frozenset[int]) -> bool:
        again = play_seed(Task(task.seed, task.troubles, kept, enough=enough))
        return any(violation.rule == rule for violation in again.violations)

    numbers = [
        event.number
        for event in draw_schedule(task.seed, task.troubles)
        if task.only is None or event.number in task.only
    ]
    return shrink(numbers, fails, lambda: clock.monotonic_seconds() >= deadline)


def find_in_race(race: RaceOutcome) -> list[Finding]:
    """Return what a race broke: more or fewer units sold twice than chance explains."""
    if race.is_as_predicted:
        return []
    rule = "races_are_as_predicted"
    low, high = race.predicted.interval
    return [
        Finding(
            0,
            find_invariant(rule),
            rule,
            race.sharing,
            f"{race.oversold} units were sold twice, not {low:.1f} to {high:.1f}",
            0.0,
            f"crossdock simulate --seeds 0 --race-skus {race.skus}",
            (),
        )
    ]


def sum_up(
    outcomes: Sequence[Outcome],
    races: Sequence[RaceOutcome],
    findings: Sequence[Finding],
    seconds: float,
) -> dict[str, Any]:
    """Return every figure by its name."""
    together = blake2b(digest_size=12)
    for outcome in outcomes:
        together.update(outcome.digest.encode())
    for race in races:
        together.update(f"{race}".encode())
    return {
        "seeds": len(outcomes),
        "events": sum(outcome.events for outcome in outcomes),
        "violations": [asdict(finding) for finding in findings],
        "orders_lost": sum(outcome.orders_lost for outcome in outcomes),
        "orders_duplicated": sum(outcome.orders_duplicated for outcome in outcomes),
        "oversold_by_hub": sum(outcome.oversold_by_hub for outcome in outcomes),
        "oversold_by_race": {one.sharing.value: one.oversold for one in races},
        "predicted_by_race": {
            one.sharing.value: round(one.predicted.mean, 1) for one in races
        },
        "race_skus": max((one.skus for one in races), default=0),
        "sold_in_races": {one.sharing.value: one.sold for one in races},
        "race_intervals": {
            one.sharing.value: [round(edge, 1) for edge in one.predicted.interval]
            for one in races
        },
        "oversold_in_days": {
            sharing.value: sum(
                one.oversold_by_race for one in outcomes if one.sharing is sharing
            )
            for sharing in Sharing
        },
        "trace": together.hexdigest(),
        "seconds": seconds,
    }
