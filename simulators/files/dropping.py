"""How the simulated shop puts files into the folder: well, half, twice, or late.

A fault acts here as it does where people exchange files: a file that is still being
written, one that is exported a second time under another name, one that is copied later
and keeps its old time.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..clock import Clock
from ..faults import Fault, FaultInjector

HALF_SECONDS = 3.0
"""How long a file is half-written."""


@dataclass(frozen=True, slots=True)
class _Later:
    due_at: datetime
    path: Path
    body: bytes
    modified: datetime | None
    """The time that the file keeps; None: that of the moment it is written."""


class Dropper:
    """Writes files now or later, on the shop's clock."""

    def __init__(self, clock: Clock, faults: FaultInjector) -> None:
        self._clock = clock
        self._faults = faults
        self._later: list[_Later] = []

    def drop(self, path: Path, rows: Sequence[Sequence[object]]) -> None:
        """Put a file of orders there, with whatever fault strikes."""
        body, now = render(rows), self._clock.now()
        if self._faults.strikes(Fault.WEBHOOK_DELAY):
            late = timedelta(seconds=self._faults.delay_seconds())
            self._later.append(_Later(now + late, path, body, now))
            return
        if self._faults.strikes(Fault.TRUNCATED):
            write(path, body[: len(body) // 2], now)
            done = now + timedelta(seconds=HALF_SECONDS)
            self._later.append(_Later(done, path, body, None))
            return
        write(path, body, now)
        if self._faults.strikes(Fault.WEBHOOK_REPEAT):
            write(path.with_name(f"copy-of-{path.name}"), body, now)

    def finish_due(self) -> None:
        """Write what was to be written by now."""
        now = self._clock.now()
        due = [one for one in self._later if one.due_at <= now]
        self._later = [one for one in self._later if one.due_at > now]
        for one in due:
            write(one.path, one.body, one.modified or one.due_at)


def render(rows: Sequence[Sequence[object]]) -> bytes:
    """Return rows as a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8")


def write(path: Path, body: bytes, modified: datetime) -> None:
    """Write a file that carries a time of the shop's clock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    os.utime(path, (modified.timestamp(), modified.timestamp()))
