"""The engine: carries wake-ups to lanes, several lanes at a time.

Rows are the truth. A wake-up says only that a lane has something due; losing one costs
time until the next sweep, and a repeated one finds nothing to do. PgQueuer carries
them, in memory for one process; the await of a thread is where async ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pgqueuer import PgQueuer
from pgqueuer.models import Job

from ..store import marks
from .hub import Hub
from .worker import run_lane

log = logging.getLogger("crossdock.engine")

THREADS_MAX = 64
"""Lanes that may wait for their channels at the same time."""
BUSY_AGAIN_SECONDS = 2.0
_LANE = "lane"


class Engine:
    """Runs lanes as they are woken, each by one thread at a time."""

    def __init__(self, hub: Hub, holder: str) -> None:
        self._hub = hub
        self._holder = holder
        self._queue = PgQueuer.in_memory()
        self._wakes = self._queue.qm.queries
        self._queue.entrypoint(_LANE)(self._run_job)
        self._queued: set[str] = set()
        self._alarms: dict[str, asyncio.TimerHandle] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._loop: asyncio.AbstractEventLoop | None = None
        hub.wake = self.wake

    async def run(self) -> None:
        """Work until ``stop``; lanes that run then are finished first."""
        self._loop = asyncio.get_running_loop()
        threads = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="lane")
        self._loop.set_default_executor(threads)
        self.sweep()
        await self._queue.run(
            dequeue_timeout=timedelta(seconds=1),
            log_aggregation_interval=timedelta(0),
        )

    def stop(self) -> None:
        """End ``run`` soon. Safe to call from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.shutdown.set)

    def wake(self, lanes: Iterable[str]) -> None:
        """Let lanes look for due work. Safe to call from any thread."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        for lane in lanes:
            loop.call_soon_threadsafe(self._enqueue, lane)

    def sweep(self) -> None:
        """Wake every lane that has something due, whoever marked it."""
        with self._hub.store.reading() as connection:
            lanes = marks.load_due_lanes(connection, self._hub.clock.now())
        self.wake(lanes)

    def _enqueue(self, lane: str) -> None:
        if lane in self._queued or self._loop is None:
            return
        self._queued.add(lane)
        sending = self._wakes.enqueue(_LANE, lane.encode())
        task = self._loop.create_task(sending)
        task.add_done_callback(_report_failure)

    async def _run_job(self, job: Job) -> None:
        lane = (job.payload or b"").decode()
        async with self._turns[lane]:
            # From here on a new wake-up is news: it may be about a mark that the
            # run below has already looked past.
            self._queued.discard(lane)
            again = await asyncio.to_thread(self._work, lane)
        if again is not None:
            self._set_alarm(lane, again)

    def _work(self, lane: str) -> float | None:
        """Run a lane; return after how many seconds it has something due again."""
        report = run_lane(self._hub, lane, self._holder)
        if report.busy:
            return BUSY_AGAIN_SECONDS
        if report.next_due is None:
            return None
        return max(0.0, (report.next_due - self._hub.clock.now()).total_seconds())

    def _set_alarm(self, lane: str, seconds: float) -> None:
        if self._loop is None:
            return
        earlier = self._alarms.pop(lane, None)
        if earlier is not None:
            earlier.cancel()
        self._alarms[lane] = self._loop.call_later(seconds, self._enqueue, lane)


def _report_failure(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error(
            "a wake-up was lost; the sweep will find it", exc_info=task.exception()
        )
