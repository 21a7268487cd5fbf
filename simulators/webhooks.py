"""Webhook deliveries of a simulated channel: queued, disturbed, sent when due.

Nothing is sent by itself: a test calls ``deliver_due``, a ``serve.Server`` does so in a
thread. What a delivery says and who signs it is the channel's affair (``render``).
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from .clock import Clock
from .faults import Fault, FaultInjector

UNREACHABLE = 0
"""What a sender returns in place of a status when nobody answered."""

_HTTP_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Envelope:
    """One delivery, complete and signed."""

    url: str
    headers: Mapping[str, str]
    body: bytes


Sender = Callable[[Envelope], int]
"""Posts an envelope and returns the status of the answer, or ``UNREACHABLE``."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    subscription: str
    status: int
    attempts: int
    final: bool
    """No further attempt follows."""

    @property
    def accepted(self) -> bool:
        """Whether the receiver answered 2xx."""
        return 200 <= self.status < 300


@dataclass(slots=True, order=True)
class _Waiting:
    """A delivery in the queue; compares by when it is due, then by age."""

    due: datetime
    sequence: int
    subscription: str = field(compare=False)
    coalesce_key: str = field(compare=False)
    render: Callable[[], Envelope | None] = field(compare=False)
    envelope: Envelope | None = field(default=None, compare=False)
    attempts: int = field(default=0, compare=False)


class HttpSender:
    """Posts envelopes over real HTTP."""

    def __init__(self) -> None:
        self._client = httpx.Client(timeout=_HTTP_TIMEOUT_SECONDS)

    def __call__(self, envelope: Envelope) -> int:
        """Post and return the status, or ``UNREACHABLE``."""
        try:
            answer = self._client.post(
                envelope.url, content=envelope.body, headers=dict(envelope.headers)
            )
        except httpx.HTTPError:
            return UNREACHABLE
        return answer.status_code

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class Deliverer:
    """A queue of deliveries and the rules for sending them.

    ``render`` is called under the simulator's lock when a delivery is first due, so a
    channel whose bodies show the state at delivery renders late, and one whose bodies
    show the state at the event returns what it kept. Retries repeat the same bytes.

    Set ``report`` to hear the outcome of every attempt (it is called under the lock).
    """

    def __init__(
        self,
        *,
        clock: Clock,
        faults: FaultInjector,
        lock: threading.RLock,
        retry_delays_seconds: tuple[float, ...] = (),
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._lock = lock
        self._retry_delays_seconds = retry_delays_seconds
        self._waiting: list[_Waiting] = []  # a heap
        self._coalesce_keys: set[str] = set()
        self._sequence = 0
        self.report: Callable[[Outcome], None] = lambda outcome: None
        self.envelopes_sent = 0

    def enqueue(
        self,
        subscription: str,
        render: Callable[[], Envelope | None],
        *,
        delay_seconds: float = 0.0,
        coalesce_key: str = "",
    ) -> None:
        """Queue a delivery.

        Args:
            subscription: the id under which ``report`` hears of it.
            render: makes the envelope; None when there is nothing to send any more.
            delay_seconds: how late the channel sends on a good day.
            coalesce_key: while a delivery with the same key waits unsent, no second is
                queued; empty never coalesces.
        """
        with self._lock:
            if coalesce_key in self._coalesce_keys:
                return
            if self._faults.strikes(Fault.WEBHOOK_LOSS):
                return
            late_seconds = delay_seconds
            if self._faults.strikes(Fault.WEBHOOK_DELAY):
                late_seconds += self._faults.delay_seconds()
            if self._faults.strikes(Fault.WEBHOOK_REORDER):
                late_seconds += self._faults.options.webhook_reorder_seconds
            self._sequence += 1
            due = self._clock.now() + timedelta(seconds=late_seconds)
            if coalesce_key:
                self._coalesce_keys.add(coalesce_key)
            heapq.heappush(
                self._waiting,
                _Waiting(due, self._sequence, subscription, coalesce_key, render),
            )

    @property
    def waiting_count(self) -> int:
        """How many deliveries are queued, due or not."""
        return len(self._waiting)

    def next_due(self) -> datetime | None:
        """Return when the earliest delivery is due; None when none waits."""
        with self._lock:
            return self._waiting[0].due if self._waiting else None

    def forget(self, subscription: str) -> None:
        """Drop what waits for a subscription that has ended."""
        with self._lock:
            ended = {
                one.coalesce_key
                for one in self._waiting
                if one.subscription == subscription
            }
            self._coalesce_keys -= ended
            self._waiting = [
                one for one in self._waiting if one.subscription != subscription
            ]
            heapq.heapify(self._waiting)

    def deliver_due(self, sender: Sender, now: datetime | None = None) -> int:
        """Send all that is due, in order of due time; return the number of envelopes.

        The lock is not held while sending, so that a receiver may call the channel
        back before it answers.
        """
        sent = 0
        while (waiting := self._take_due(now or self._clock.now())) is not None:
            with self._lock:
                if waiting.envelope is None:
                    waiting.envelope = waiting.render()
            if waiting.envelope is None:
                continue
            status = sender(waiting.envelope)
            sent += 1
            if self._faults.strikes(Fault.WEBHOOK_REPEAT):
                sender(waiting.envelope)
                sent += 1
            self._conclude(waiting, status)
        with self._lock:
            self.envelopes_sent += sent
        return sent

    def _take_due(self, now: datetime) -> _Waiting | None:
        with self._lock:
            if not self._waiting or self._waiting[0].due > now:
                return None
            first = heapq.heappop(self._waiting)
            self._coalesce_keys.discard(first.coalesce_key)
            return first

    def _conclude(self, waiting: _Waiting, status: int) -> None:
        waiting.attempts += 1
        accepted = 200 <= status < 300
        tries_left = waiting.attempts <= len(self._retry_delays_seconds)
        with self._lock:
            if not accepted and tries_left:
                pause_seconds = self._retry_delays_seconds[waiting.attempts - 1]
                waiting.due = self._clock.now() + timedelta(seconds=pause_seconds)
                heapq.heappush(self._waiting, waiting)
            self.report(
                Outcome(
                    subscription=waiting.subscription,
                    status=status,
                    attempts=waiting.attempts,
                    final=accepted or not tries_left,
                )
            )
