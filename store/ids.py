"""Identifiers that rise with time, made by the hub and not by the database.

They are known before a row is written, so a page needs no round trip to learn them.
Not secret and not guessable-proof: nothing is protected by them.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import datetime

from ..canonical.clock import Clock
from .columns import to_microseconds, to_moment

_RANDOM_BITS = 20
_MILLISECONDS_AT_START = 1_767_225_600_000  # 2026-01-01, so that ids stay below 2**63


def first_id_at(moment: datetime) -> int:
    """Return the smallest id that is made from a moment on."""
    milliseconds = to_microseconds(moment) // 1000 - _MILLISECONDS_AT_START
    return max(0, milliseconds) << _RANDOM_BITS


def moment_of(id_: int) -> datetime:
    """Return when an id was made, to the millisecond."""
    return to_moment(((id_ >> _RANDOM_BITS) + _MILLISECONDS_AT_START) * 1000)


class IdSource:
    """Hands out 63-bit integers: milliseconds, then random bits, always rising.

    Two processes that draw the same id meet the primary key; the page is rolled back
    and tried again with other ids.
    """

    def __init__(self, clock: Clock, randomness: random.Random) -> None:
        self._clock = clock
        self._randomness = randomness
        self._last = 0
        self._lock = threading.Lock()

    def take(self) -> int:
        """Return one id, larger than every one before it."""
        return self.take_many(1)[0]

    def take_many(self, count: int) -> range:
        """Return ``count`` consecutive ids, larger than every one before them."""
        milliseconds = to_microseconds(self._clock.now()) // 1000
        offset = max(0, milliseconds - _MILLISECONDS_AT_START)
        with self._lock:
            fresh = offset << _RANDOM_BITS | self._randomness.getrandbits(_RANDOM_BITS)
            first = max(fresh, self._last + 1)
            self._last = first + count - 1
        return range(first, first + count)

    def stream(self, ahead: int = 256) -> Iterator[int]:
        """Return ids without end, taken ``ahead`` at a time."""
        while True:
            yield from self.take_many(ahead)
