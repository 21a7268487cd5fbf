"""Health: whether this process does its work, for whoever watches it from outside.

A reading, not a repair. It tells neither a secret nor anybody's name: channels by the
name that the merchant gave them, and ages in seconds.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from ..canonical.errors import CrossdockError
from ..canonical.remembered import ChannelState
from ..store import marks, schema
from ..sync.hub import Hub

SILENT_SECONDS_MAX = 60.0
"""How long past its interval a sweep may be late before the engine counts as dead."""
OVERDUE_SECONDS_MAX = 900.0
"""How long work may be due on a lane. A first pull of a large shop takes minutes."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What ``/healthz`` answers."""

    healthy: bool
    problems: tuple[str, ...]
    database: bool
    schema: str | None
    seconds_since_sweep: float | None
    overdue_seconds: dict[str, float] = field(default_factory=dict)
    """Age of the oldest due mark, by lane."""
    channels: dict[str, ChannelState] = field(default_factory=dict)


class Health:
    """Watches a hub. The engine reports every sweep; readings may come from any thread.

    Args:
        hub: what is watched.
        sweep_seconds: how often the engine sweeps.
    """

    def __init__(self, hub: Hub, sweep_seconds: float) -> None:
        self._hub = hub
        self._silence_max = sweep_seconds + SILENT_SECONDS_MAX
        self._lock = threading.Lock()
        self._last_sign = hub.clock.now()
        self._swept = False

    def note_sweep(self) -> None:
        """Note that the engine has just looked for due work."""
        with self._lock:
            self._last_sign = self._hub.clock.now()
            self._swept = True

    def read(self) -> HealthReport:
        """Return how the hub is at this moment. Never raises for a sick database."""
        now = self._hub.clock.now()
        with self._lock:
            last_sign, swept = self._last_sign, self._swept
        silent_seconds = (now - last_sign).total_seconds()
        problems = []
        if silent_seconds > self._silence_max:
            problems.append(f"the engine has been silent for {silent_seconds:.0f} s")
        since_sweep = round(silent_seconds, 1) if swept else None
        try:
            revision, overdue, states = self._ask_database(now)
        except CrossdockError as error:
            problems.append(f"the database cannot be read ({type(error).__name__})")
            return HealthReport(False, tuple(problems), False, None, since_sweep)
        problems += [
            f"{lane} has had work due for {seconds:.0f} s"
            for lane, seconds in overdue.items()
            if seconds > OVERDUE_SECONDS_MAX
        ]
        healthy = not problems
        return HealthReport(
            healthy, tuple(problems), True, revision, since_sweep, overdue, states
        )

    def _ask_database(
        self, now: datetime
    ) -> tuple[str | None, dict[str, float], dict[str, ChannelState]]:
        overdue = {}
        with self._hub.store.reading() as connection:
            revision = schema.read_revision(connection)
            for lane in marks.load_due_lanes(connection, now):
                due = marks.find_next_due(connection, lane)
                if due is not None:
                    overdue[lane] = round((now - due).total_seconds(), 1)
        states = {channel.name: channel.state for channel in self._hub.load_channels()}
        return revision, overdue, states
