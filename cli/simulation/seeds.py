"""Playing many seeds, several at a time: every seed is a world of its own.

Each process plays one seed after another in a folder that is thrown away. What a seed
raises is a finding like any other.
"""

from __future__ import annotations

import gc
import multiprocessing
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from .customs import draw_customs
from .events import TROUBLES, Kind, draw_schedule
from .invariants import find_invariant
from .play import Outcome, Play
from .scene import Violation

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Task:
    """One seed to be played."""

    seed: int
    troubles: tuple[Kind, ...]
    only: frozenset[int] | None = None
    """Numbers of the events to keep; None keeps all."""
    keep_trace: bool = False
    enough: frozenset[str] = frozenset()
    """Rules; once one of them is broken, the rest of the day is left out."""
    twice: bool = False
    """Whether it is played once more, to be the same day again."""


def list_troubles(name: str) -> tuple[Kind, ...]:
    """Return the troubles that a word on the command line names.

    Raises:
        ValueError: it names none.
    """
    known = {
        "none": (),
        "all": tuple(TROUBLES),
        **{kind.value: (kind,) for kind in TROUBLES},
    }
    if name not in known:
        raise ValueError(f"Use one of: {', '.join(known)}.")
    return known[name]


def play_seed(task: Task) -> Outcome:
    """Play one seed in this process, or twice: then it must be the same day."""
    outcome = _play_once(task)
    if not task.twice or outcome.digest == _play_once(task).digest:
        return outcome
    rule = "the_same_seed_is_the_same_day"
    other = Violation(find_invariant(rule), rule, f"seed {task.seed}", "it differs")
    return replace(outcome, violations=(*outcome.violations, other))


def _play_once(task: Task) -> Outcome:
    events = [
        event
        for event in draw_schedule(task.seed, task.troubles)
        if task.only is None or event.number in task.only
    ]
    with tempfile.TemporaryDirectory(prefix="crossdock-simulation-") as folder:
        try:
            play = Play(
                task.seed,
                events,
                Path(folder),
                keep_trace=task.keep_trace,
                enough=task.enough,
            )
            return play.run()
        except Exception as error:  # noqa: BLE001 - whatever a seed raises is a finding
            return _describe_failure(task, len(events), error)


def _describe_failure(task: Task, events: int, error: Exception) -> Outcome:
    last = traceback.extract_tb(error.__traceback__)[-1]
    rule = "nothing_is_raised"
    violation = Violation(
        find_invariant(rule),
        rule,
        type(error).__name__,
        f"{error} (in {last.name}, line {last.lineno} of {Path(last.filename).name})",
    )
    sharing = draw_customs(task.seed).sharing
    return Outcome(task.seed, events, "", (violation,), 0, 0, 0, 0, sharing)


def spread(
    work: Callable[[_Task], _Result], tasks: Sequence[_Task], jobs: int
) -> Iterator[_Result]:
    """Work off tasks, ``jobs`` at a time, and yield each result as it is there."""
    if jobs == 1 or len(tasks) == 1:
        yield from map(work, tasks)
        return
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, fresh, _tidy_seldom) as pool:
        playing = [pool.submit(work, task) for task in tasks]
        for future in as_completed(playing):
            yield future.result()


def _tidy_seldom() -> None:
    """Let a process that only plays seeds look for garbage now and then."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
