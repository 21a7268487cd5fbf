"""``crossdock simulate``: the real hub through seeded days in which everything happens.

Virtual time, simulated channels, real code on a real database. The figures are by the
channels' own books. What is simulated stands in ``simulation``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..canonical.errors import SettingsError
from ..sync.compose import SystemClock
from .failures import ExitCode
from .output import Output, headline, list_facts, plain
from .session import Json

if TYPE_CHECKING:
    from .simulation.play import Outcome
    from .simulation.seeds import Task

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


Seeds = Annotated[
    str, typer.Option("--seeds", metavar="N|N-M", help="Which seeds to play.")
]
Troubles = Annotated[
    str,
    typer.Option(
        "--faults", help="What goes wrong: none, all, or one kind of trouble."
    ),
]
Only = Annotated[
    str,
    typer.Option(
        "--only", metavar="N,N,...", help="Play these events of the schedule alone."
    ),
]
Jobs = Annotated[
    int, typer.Option("--jobs", min=0, help="Seeds at a time; 0: one per core.")
]
ShrinkSeconds = Annotated[
    float,
    typer.Option(
        "--shrink-seconds", min=0, help="Time to make a failing schedule smaller."
    ),
]
Trace = Annotated[bool, typer.Option("--trace", help="Print everything that happens.")]


def simulate(
    seeds: Seeds = "0-19",
    faults: Troubles = "all",
    only: Only = "",
    jobs: Jobs = 0,
    shrink_seconds: ShrinkSeconds = 60,
    trace: Trace = False,
    as_json: Json = False,
) -> None:
    """Put the hub through seeded days, and check every promise after every step.

    Shoppers buy, staff ship, merchants interfere, wires break, processes die: each seed
    is a schedule of its own, and the same seed is the same day. Exit code 0 means that
    every promise held. Nothing of yours is touched.

    Example:

        crossdock simulate --seeds 0-19 --faults all --json
        crossdock simulate --seeds 17 --faults all --only 3,9,14 --trace
    """
    output = Output(as_json=as_json)
    tasks = _read_tasks(seeds, faults, only, trace=trace)
    clock = SystemClock()
    begun = clock.monotonic_seconds()
    outcomes = _play(tasks, jobs or os.cpu_count() or 1, output)
    findings = [
        finding
        for outcome in outcomes
        for finding in _describe(outcome, tasks, faults, clock, shrink_seconds)
    ]
    figures = _sum_up(outcomes, findings, round(clock.monotonic_seconds() - begun, 2))
    _show(output, outcomes, findings, figures, trace=trace)
    if findings:
        raise typer.Exit(ExitCode.REFUSED)


def _read_tasks(seeds: str, faults: str, only: str, *, trace: bool) -> list[Task]:
    from .simulation.seeds import Task, list_troubles

    first, dash, last = seeds.partition("-")
    try:
        wanted = range(int(first), int(last if dash else first) + 1)
        kept = frozenset(int(number) for number in only.split(",") if number)
    except ValueError as error:
        raise SettingsError(
            f"--seeds {seeds} --only {only}: these are not numbers",
            next_step="Write seeds as 7 or 0-19, and events as 3,9,14.",
        ) from error
    try:
        troubles = list_troubles(faults)
    except ValueError as error:
        raise SettingsError(
            f"--faults {faults}: there is no such trouble", next_step=str(error)
        ) from error
    return [Task(seed, troubles, kept or None, trace) for seed in wanted]


def _play(tasks: Sequence[Task], jobs: int, output: Output) -> list[Outcome]:
    from .simulation.seeds import play_seeds

    outcomes: list[Outcome] = []
    with output.measure("Playing") as note:
        for outcome in play_seeds(tasks, jobs):
            outcomes.append(outcome)
            note(len(outcomes), len(tasks))
    return sorted(outcomes, key=lambda outcome: outcome.seed)


def _describe(
    outcome: Outcome,
    tasks: Sequence[Task],
    faults: str,
    clock: SystemClock,
    shrink_seconds: float,
) -> list[Finding]:
    """Return what a seed broke, with the fewest events that break it."""
    if not outcome.violations:
        return []
    task = next(task for task in tasks if task.seed == outcome.seed)
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
    outcome: Outcome, task: Task, clock: SystemClock, seconds: float
) -> tuple[int, ...]:
    from .simulation.events import draw_schedule
    from .simulation.seeds import Task, play_seed
    from .simulation.shrink import shrink

    rule = outcome.violations[0].rule
    deadline = clock.monotonic_seconds() + seconds

    def fails(kept: frozenset[int]) -> bool:
        again = play_seed(Task(task.seed, task.troubles, kept))
        return any(violation.rule == rule for violation in again.violations)

    numbers = [
        event.number
        for event in draw_schedule(task.seed, task.troubles)
        if task.only is None or event.number in task.only
    ]
    return shrink(numbers, fails, lambda: clock.monotonic_seconds() >= deadline)


def _sum_up(
    outcomes: Sequence[Outcome], findings: Sequence[Finding], seconds: float
) -> dict[str, Any]:
    together = blake2b(digest_size=12)
    for outcome in outcomes:
        together.update(outcome.digest.encode())
    return {
        "seeds": len(outcomes),
        "events": sum(outcome.events for outcome in outcomes),
        "violations": [asdict(finding) for finding in findings],
        "orders_lost": sum(outcome.orders_lost for outcome in outcomes),
        "orders_duplicated": sum(outcome.orders_duplicated for outcome in outcomes),
        "oversold_by_hub": sum(outcome.oversold_by_hub for outcome in outcomes),
        "oversold_by_race": _count_races(outcomes),
        "trace": together.hexdigest(),
        "seconds": seconds,
    }


def _count_races(outcomes: Sequence[Outcome]) -> dict[str, int]:
    from .simulation.customs import Sharing

    return {
        sharing.value: sum(
            one.oversold_by_race for one in outcomes if one.sharing is sharing
        )
        for sharing in Sharing
    }


def _show(
    output: Output,
    outcomes: Sequence[Outcome],
    findings: Sequence[Finding],
    figures: dict[str, Any],
    *,
    trace: bool,
) -> None:
    if trace:
        for outcome in outcomes:
            for line in outcome.lines:
                output.note(line)
    counted = f"{len(outcomes)} seeds, {figures['events']} events"
    facts = [
        (name.replace("_", " "), str(value))
        for name, value in figures.items()
        if name != "violations"
    ]
    pages = [headline(f"{len(findings)} violations", counted), list_facts(facts)]
    for finding in findings:
        broken = f"{finding.invariant}: {finding.rule}"
        what = f"seed {finding.seed}: {broken}: {finding.subject}: {finding.message}"
        pages.append(plain(f"{what}\n  {finding.replay}"))
    output.show(figures, *pages)
