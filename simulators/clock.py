"""Time for simulators: the interface that they need, and two clocks that offer it.

The simulators' own, because they import nothing of the product. Both clocks also fit
the product's clock interface, so that a simulation runs hub and channels on one clock.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...

    def pause(self, seconds: float) -> None:
        """Return after ``seconds`` have passed."""
        ...


class VirtualClock:
    """A clock that moves only when it is told to. Safe to share between threads."""

    def __init__(
        self, start: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    ) -> None:
        if start.utcoffset() is None:
            raise ValueError(
                f"a virtual clock needs a start with a time zone, got {start}"
            )
        self._start = start.astimezone(UTC)
        self._elapsed_seconds = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return self._start + timedelta(seconds=self._elapsed_seconds)

    def monotonic_seconds(self) -> float:
        """Return the seconds since the start."""
        return self._elapsed_seconds

    def pause(self, seconds: float) -> None:
        """Let ``seconds`` pass at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Raises:
            ValueError: ``seconds`` is negative; time does not go back.
        """
        if seconds < 0:
            raise ValueError(f"a clock cannot go back by {-seconds} s")
        with self._lock:
            self._elapsed_seconds += seconds


class WallClock:
    """The system's clock, for the demo and for servers on real HTTP."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        """Return a reading that never goes back."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)
