"""Running the hub's processes in a simulation: the ticks of its clock, and its lanes.

One thread of one process; what would be another one works while this one sleeps.
"""

from __future__ import annotations

from random import Random

from ...store import marks
from ...store.marks import MarkKind
from ...sync.hub import Hub
from ...sync.schedule import tick
from ...sync.worker import run_lane
from .scene import Scene
from .town import Worker

_PULL_SECONDS = (60.0, 90.0, 150.0)
_READ_BACK_SECONDS = (120.0, 200.0, 300.0)
_SELDOM_SECONDS = 300.0
_MEASURE_SECONDS = 60.0
_STALL_ROUNDS = 3
ROUNDS_MAX = 12


class Clockwork:
    """What the hub's clock does, at intervals that differ from seed to seed."""

    def __init__(self, seed: int) -> None:
        chance = Random(f"clock {seed}")  # noqa: S311 - to be repeatable
        self._intervals = {
            MarkKind.PULL: chance.choice(_PULL_SECONDS),
            MarkKind.SCAN: _SELDOM_SECONDS,
            MarkKind.READ_BACK: chance.choice(_READ_BACK_SECONDS),
            MarkKind.SUBSCRIBE: _SELDOM_SECONDS,
            MarkKind.MEASURE: _MEASURE_SECONDS,
        }
        self._slots: dict[MarkKind, int] = {}

    def tick(self, hub: Hub) -> None:
        """Mark the work of every job that is due."""
        now = hub.clock.now().timestamp()
        for kind, interval_seconds in self._intervals.items():
            slot = int(now // interval_seconds)
            if self._slots.get(kind) != slot:
                self._slots[kind] = slot
                tick(hub, kind, interval_seconds)

    def start_again(self) -> None:
        """Forget what was done: another process has no memory of it."""
        self._slots.clear()


def run_lanes(scene: Scene, seconds: float) -> None:
    """Let the hub work off what is due, its lanes in any order."""
    for _ in range(ROUNDS_MAX):
        with scene.hub.store.reading() as connection:
            lanes = marks.load_due_lanes(connection, scene.hub.clock.now())
        scene.randomness.shuffle(lanes)
        reports = [run_lane(scene.hub, lane, scene.worker.name) for lane in lanes]
        for lane, report in zip(lanes, reports, strict=True):
            scene.trace.note(f"{seconds:.3f} {lane} {report}")
        if not any(report.handled for report in reports):
            return


def run_other(scene: Scene, other: Worker, seconds: float) -> None:
    """Let another process work for a while on what the first one left."""
    for _ in range(_STALL_ROUNDS):
        with other.hub.store.reading() as connection:
            lanes = marks.load_due_lanes(connection, other.hub.clock.now())
        for lane in lanes:
            report = run_lane(other.hub, lane, other.name)
            scene.trace.note(f"{seconds:.3f} {lane}: other {report}")
