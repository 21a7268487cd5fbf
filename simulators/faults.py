"""The faults that a simulated channel can have, by name, and when they strike.

Every fault is an option with a probability; a seed makes the same run of strikes again.
This module decides and counts; ``base`` and ``webhooks`` act it out, and a channel asks
about the faults that only it can act out (ignored writes, visibility lag).
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, fields
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """The name of a fault; each is a field of ``Faults`` of the same name."""

    WEBHOOK_LOSS = "webhook_loss"
    WEBHOOK_REPEAT = "webhook_repeat"
    WEBHOOK_DELAY = "webhook_delay"
    WEBHOOK_REORDER = "webhook_reorder"
    THROTTLED = "throttled"
    THROTTLED_BARE = "throttled_bare"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    DROPPED = "dropped"
    TRUNCATED = "truncated"
    SLOW = "slow"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the name of a fault, not a secret
    VISIBILITY_LAG = "visibility_lag"
    IGNORED_WRITE = "ignored_write"


WRITE_FAULTS = frozenset({Fault.ERROR_AFTER, Fault.DROPPED})
"""Faults that strike writes alone: they are bad because the write took effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How likely each fault is (0 to 1, per request or delivery), and how bad."""

    webhook_loss: float = 0.0
    """The delivery is never sent."""
    webhook_repeat: float = 0.0
    """The same delivery is sent twice, byte for byte."""
    webhook_delay: float = 0.0
    """The delivery is sent up to ``webhook_delay_seconds_max`` late."""
    webhook_reorder: float = 0.0
    """The delivery is held for ``webhook_reorder_seconds``, so that later ones pass."""
    throttled: float = 0.0
    """Too many requests, with the seconds to wait."""
    throttled_bare: float = 0.0
    """Too many requests, and no word about how long to wait."""
    error_before: float = 0.0
    """A server error, and the request had no effect."""
    error_after: float = 0.0
    """A server error although the write took effect."""
    dropped: float = 0.0
    """The write took effect and the connection broke before the answer."""
    truncated: float = 0.0
    """A complete response whose body stops half-way."""
    slow: float = 0.0
    """The answer comes ``slow_seconds`` late."""
    expired_token: float = 0.0
    """The access token stops being valid at this request."""
    visibility_lag: float = 0.0
    """A list call leaves out what changed in the last ``visibility_lag_seconds``."""
    ignored_write: float = 0.0
    """A stock write is accepted and changes nothing."""

    webhook_delay_seconds_max: float = 120.0
    webhook_reorder_seconds: float = 2.0
    retry_after_seconds: float = 1.0
    slow_seconds: float = 1.0
    visibility_lag_seconds: float = 2.0

    def __post_init__(self) -> None:
        for fault in Fault:
            if not 0.0 <= self.rate(fault) <= 1.0:
                raise ValueError(
                    f"{fault} is a probability from 0 to 1, got {self.rate(fault)}"
                )
        for option in fields(self):
            if getattr(self, option.name) < 0:
                raise ValueError(f"{option.name} must not be negative")

    def rate(self, fault: Fault) -> float:
        """Return how likely ``fault`` is."""
        return float(getattr(self, fault.value))


NO_FAULTS = Faults()

FAULTS: dict[str, Faults] = {
    "none": NO_FAULTS,
    **{fault.value: Faults(**{fault.value: 0.2}) for fault in Fault},
    "all": Faults(
        webhook_loss=0.1,
        webhook_repeat=0.1,
        webhook_delay=0.1,
        webhook_reorder=0.1,
        throttled=0.02,
        throttled_bare=0.01,
        error_before=0.02,
        error_after=0.02,
        dropped=0.02,
        truncated=0.02,
        slow=0.01,
        expired_token=0.01,
        visibility_lag=0.1,
        ignored_write=0.02,
        webhook_delay_seconds_max=5.0,
    ),
}
"""Ready sets of faults: each alone at one in five, ``none``, and ``all`` mixed."""


class FaultInjector:
    """Says when a fault strikes, and counts the strikes. Thread-safe.

    Each fault draws from its own seeded sequence, so that switching one fault on does
    not move the strikes of the others.
    """

    def __init__(self, faults: Faults = NO_FAULTS, *, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._faults = faults
        self._armed: Counter[Fault] = Counter()
        self._randomness = {
            fault: Random(f"{seed}:{fault}")  # noqa: S311 - to be repeatable
            for fault in Fault
        }
        self.struck: Counter[Fault] = Counter()
        """How often each fault has really struck."""

    @property
    def options(self) -> Faults:
        """The probabilities and measures in force."""
        return self._faults

    def use(self, faults: Faults) -> None:
        """Put other probabilities in force from now on."""
        with self._lock:
            self._faults = faults

    def arm_once(self, fault: Fault | str) -> None:
        """Let ``fault`` strike at the next request or delivery that it can strike.

        Raises:
            ValueError: there is no fault of that name.
        """
        with self._lock:
            self._armed[Fault(fault)] += 1

    def quiet(self) -> None:
        """Stop all faults, armed ones included."""
        with self._lock:
            self._faults = NO_FAULTS
            self._armed.clear()

    def strikes(self, fault: Fault) -> bool:
        """Say whether ``fault`` strikes this time; asking uses up an armed one."""
        with self._lock:
            # Drawn even when armed or impossible: the sequence depends on the number of
            # questions alone, and so does a replay.
            drawn = self._randomness[fault].random() < self._faults.rate(fault)
            armed = self._armed[fault] > 0
            if armed:
                self._armed[fault] -= 1
            if drawn or armed:
                self.struck[fault] += 1
            return drawn or armed

    def delay_seconds(self) -> float:
        """Return how late a delayed webhook is sent."""
        with self._lock:
            latest = self._faults.webhook_delay_seconds_max
            return self._randomness[Fault.WEBHOOK_DELAY].uniform(0.0, latest)
