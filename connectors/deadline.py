"""One total deadline for a call: waiting its turn, every retry and every byte included.

A read timeout alone lets a server drip one byte at a time for ever. The deadline of the
call in progress is reachable from the socket (``in_progress``), also for the requests
that an auth flow makes on its own. Not a timer: nothing is interrupted, every blocking
step asks how long it may still take.
"""

from __future__ import annotations

from contextvars import ContextVar

from ..canonical.clock import Clock


class Deadline:
    """A moment on a clock's monotonic reading after which a call is given up."""

    __slots__ = ("_clock", "_ends_at_seconds")

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._ends_at_seconds = clock.monotonic_seconds() + seconds

    @property
    def remaining_seconds(self) -> float:
        """Seconds left; zero or less once it has passed."""
        return self._ends_at_seconds - self._clock.monotonic_seconds()


in_progress: ContextVar[Deadline | None] = ContextVar("in_progress", default=None)
"""The deadline of the call that this thread is making."""


def limit_seconds(timeout_seconds: float | None) -> float | None:
    """Return the given timeout, or what is left of the deadline if that is less.

    Raises:
        TimeoutError: nothing is left.
    """
    deadline = in_progress.get()
    if deadline is None:
        return timeout_seconds
    remaining = deadline.remaining_seconds
    if remaining <= 0:
        raise TimeoutError("the deadline of the call has passed")
    return remaining if timeout_seconds is None else min(timeout_seconds, remaining)
