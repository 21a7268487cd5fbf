"""How fast requests may leave: one pace per account, one small budget for retries.

Steady spacing with a burst after quiet times (GCRA, the leaky bucket as a meter). When
the channel says "too many", the account as a whole pauses and goes on at half its pace,
then speeds up again with every answer. Neither sleeps: both tell how long to wait.
"""

from __future__ import annotations

import threading

from ..canonical.clock import Clock

_SHARE_MIN = 1 / 32
_SHARE_REGAINED_PER_ANSWER = 0.1
_RETRIES_EARNED_PER_CALL = 0.1
_RETRIES_SAVED_MAX = 10.0


class Pace:
    """The turns of one account, shared by all threads that talk to it."""

    def __init__(self, clock: Clock, *, requests_per_second: float, burst: int) -> None:
        if requests_per_second <= 0 or burst < 1:
            raise ValueError("a pace needs a positive rate and a burst of at least 1")
        self._clock = clock
        self._interval_seconds = 1 / requests_per_second
        self._burst = burst
        self._share = 1.0
        self._next_free_at = clock.monotonic_seconds()
        self._held_until = self._next_free_at
        self._lock = threading.Lock()

    def take_turn(self, wait_seconds_max: float) -> tuple[bool, float]:
        """Return whether a turn was taken, and the seconds until it comes.

        A turn that would come later than ``wait_seconds_max`` is not taken.
        """
        with self._lock:
            now = self._clock.monotonic_seconds()
            earliest = self._next_free_at - self._interval_seconds * (self._burst - 1)
            wait = max(earliest, self._held_until) - now
            if wait > wait_seconds_max:
                return False, wait
            wait = max(0.0, wait)
            interval = self._interval_seconds / self._share
            self._next_free_at = max(self._next_free_at, now + wait) + interval
            return True, wait

    def slow_down(self, pause_seconds: float) -> None:
        """Let nobody go for ``pause_seconds``, and then at half the pace."""
        with self._lock:
            resumes_at = self._clock.monotonic_seconds() + pause_seconds
            self._held_until = max(self._held_until, resumes_at)
            self._share = max(_SHARE_MIN, self._share / 2)

    def speed_up(self) -> None:
        """Regain a part of the pace, up to what was declared."""
        with self._lock:
            self._share = min(1.0, self._share + _SHARE_REGAINED_PER_ANSWER)


class RetryBudget:
    """Retries an account may still make: one for every ten calls, a few saved up.

    An outage thus costs a channel a tenth more requests than usual, and not four times
    as many.
    """

    def __init__(self) -> None:
        self._saved = _RETRIES_SAVED_MAX
        self._lock = threading.Lock()

    def earn(self) -> None:
        """Count one first attempt."""
        with self._lock:
            self._saved = min(
                _RETRIES_SAVED_MAX, self._saved + _RETRIES_EARNED_PER_CALL
            )

    def spend(self) -> bool:
        """Take one retry out, if there is one; tells whether there was."""
        with self._lock:
            if self._saved < 1:
                return False
            self._saved -= 1
            return True
