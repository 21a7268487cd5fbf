"""Time as an argument: the one interface through which anything learns what time it is.

Only the interface. The system's clock is built where the hub is composed; tests and
simulations hand in one that they control.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


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
