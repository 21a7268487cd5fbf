"""``crossdock simulate``: the real hub through seeded days in which everything happens.

Virtual time, simulated channels, real code on a real database. The figures are by the
channels' own books. What is simulated stands in ``simulation``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..canonical.errors import SettingsError
from ..sync.compose import SystemClock
from .failures import ExitCode
from .output import Output, headline, list_facts, plain
from .session import Json

if TYPE_CHECKING:
    from .simulation.figures import Finding
    from .simulation.play import Outcome
    from .simulation.race import RaceOutcome
    from .simulation.seeds import Task

PLAYED_TWICE = 40
"""Every so many seeds one is played twice, to be the same day again."""
RACE_SKUS = 60


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
RaceSkus = Annotated[
    int,
    typer.Option(
        "--race-skus",
        min=0,
        help="SKUs for which races are run and compared with the formula; 0: none.",
    ),
]
Write = Annotated[
    Path | None,
    typer.Option("--write", metavar="PAGE", help="Write the figures into a page."),
]
Trace = Annotated[bool, typer.Option("--trace", help="Print everything that happens.")]


def simulate(
    seeds: Seeds = "0-19",
    faults: Troubles = "all",
    only: Only = "",
    race_skus: RaceSkus = RACE_SKUS,
    jobs: Jobs = 0,
    shrink_seconds: ShrinkSeconds = 60,
    trace: Trace = False,
    write: Write = None,
    as_json: Json = False,
) -> None:
    """Put the hub through seeded days, and check every promise after every step.

    Shoppers buy, staff ship, merchants interfere, wires break, processes die: each seed
    is a schedule of its own, and the same seed is the same day. Beside the days, races
    for the last units are counted and compared with the formula. Exit code 0 means that
    every promise held. Nothing of yours is touched.

    Example:

        crossdock simulate --seeds 0-19 --faults all --json
        crossdock simulate --seeds 17 --faults all --only 3,9,14 --trace
    """
    from .simulation.figures import find, find_in_race, sum_up
    from .simulation.page import require_place, write_figures

    output = Output(as_json=as_json)
    if write is not None:
        require_place(write)
    tasks = _read_tasks(seeds, faults, only, trace=trace)
    clock = SystemClock()
    begun = clock.monotonic_seconds()
    at_once = jobs or os.cpu_count() or 1
    outcomes = _play(tasks, at_once, output)
    races = _race(0 if only else race_skus, at_once)
    findings = [
        finding
        for outcome, task in zip(outcomes, tasks, strict=True)
        for finding in find(outcome, task, faults, clock, shrink_seconds)
    ]
    findings += [finding for race in races for finding in find_in_race(race)]
    seconds = round(clock.monotonic_seconds() - begun, 2)
    figures = sum_up(outcomes, races, findings, seconds)
    _show(output, outcomes, findings, figures, trace=trace)
    if write is not None:
        command = f"crossdock simulate --seeds {seeds} --faults {faults}"
        write_figures(write, figures, command)
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
    return [
        Task(seed, troubles, kept or None, trace, twice=seed % PLAYED_TWICE == 0)
        for seed in wanted
    ]


def _play(tasks: Sequence[Task], jobs: int, output: Output) -> list[Outcome]:
    from .simulation.seeds import play_seed, spread

    outcomes: list[Outcome] = []
    with output.measure("Playing") as note:
        for outcome in spread(play_seed, tasks, jobs):
            outcomes.append(outcome)
            note(len(outcomes), len(tasks))
    return sorted(outcomes, key=lambda outcome: outcome.seed)


def _race(skus: int, jobs: int) -> list[RaceOutcome]:
    from .simulation.customs import EVERYWHERE
    from .simulation.race import RaceTask, run_race
    from .simulation.seeds import spread

    tasks = [RaceTask(sharing, skus) for sharing in EVERYWHERE if skus]
    found = {race.sharing: race for race in spread(run_race, tasks, jobs)}
    return [found[task.sharing] for task in tasks]


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
