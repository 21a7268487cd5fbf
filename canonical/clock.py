"""Time as an argument: the one interface through which anything learns what time it is.

The interface, and the clock that is moved by hand. The system's clock is built where
the hub is composed; nothing here reads it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from .model import require_utc


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...

    def monotonic_seconds(self) -> float:
        """Return a reading that never goes back; only differences mean anything."""
        ...

    def pause(self, seconds: float) -> None:
        """Return after ``seconds`` have passed."""
        ...


class ManualClock:
    """A clock that stands still until somebody moves it, for tests and simulations.

    ``pause`` moves it, so that code which waits is tested without waiting.
    """

    def __init__(self, start: datetime) -> None:
        self._start = require_utc(start)
        self._passed_seconds = 0.0

    def now(self) -> datetime:
        """Return the start plus all the time that was let pass."""
        return self._start + timedelta(seconds=self._passed_seconds)

    def monotonic_seconds(self) -> float:
        """Return the seconds that were let pass."""
        return self._passed_seconds

    def pause(self, seconds: float) -> None:
        """Let ``seconds`` pass at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move forward by ``seconds``.

        Raises:
            ValueError: time does not run backwards.
        """
        if seconds < 0:
            raise ValueError(f"time cannot be moved by {seconds} s")
        self._passed_seconds += seconds
