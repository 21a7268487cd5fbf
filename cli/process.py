"""A running hub in one process: lanes, clock, receiver, started and stopped in order.

Everything that it does is a row before it is done, so it may be stopped at any moment.
Apart from ``run`` because it imports servers and queues that no other command needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from ..config.settings import ScheduleSettings
from ..sync.engine import Engine
from ..sync.hub import Hub
from ..sync.schedule import Intervals, start_clock
from ..web.health import Health
from ..web.receiver import create_app
from .failures import ExitCode
from .session import name_holder

log = logging.getLogger("crossdock.run")

GRACE_SECONDS = 5.0
"""How long lanes may finish what they are at. What is cut off is found by its rows."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Process:
    """The parts of a running hub."""

    def __init__(
        self, hub: Hub, schedule: ScheduleSettings, listener: socket.socket | None
    ) -> None:
        self._hub = hub
        self._schedule = schedule
        self._listener = listener
        self._engine = Engine(hub, name_holder())
        self._health = Health(hub, schedule.sweep_seconds)
        self._server: _Server | None = None
        if listener is not None:
            self._server = _make_server(hub, self._health)

    async def work(self, say_start: Callable[[], None]) -> None:
        """Work until a signal, or until a part breaks down."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._hear_signal, stopping)
        say_start()
        parts = [asyncio.create_task(self._engine.run())]
        if self._server is not None and self._listener is not None:
            serving = self._server.serve(sockets=[self._listener])
            parts.append(asyncio.create_task(serving))
        stop_clock = start_clock(
            self._hub, _read_intervals(self._schedule), self._sweep
        )
        waiting = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait([*parts, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            await asyncio.to_thread(stop_clock)
        await self._end(parts)

    def _sweep(self) -> None:
        self._engine.sweep()
        self._health.note_sweep()

    def _hear_signal(self, stopping: asyncio.Event) -> None:
        if stopping.is_set():
            log.warning("stopping at once")
            _leave_at_once()
        log.info("stopping; once more stops at once")
        stopping.set()

    async def _end(self, parts: list[asyncio.Task[Any]]) -> None:
        """Let the parts finish; whatever one of them raised is raised here."""
        self._engine.stop()
        if self._server is not None:
            self._server.should_exit = True
        done, late = await asyncio.wait(parts, timeout=GRACE_SECONDS)
        if late:
            log.warning("a channel still does not answer; its lane is left as it is")
            _leave_at_once()  # the loop would wait for the thread that waits
        for part in done:
            part.result()


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: the process has one for all parts."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield


def _make_server(hub: Hub, health: Health) -> _Server:
    config = uvicorn.Config(
        create_app(hub, health),
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=int(GRACE_SECONDS / 2),
    )
    return _Server(config)


def _read_intervals(schedule: ScheduleSettings) -> Intervals:
    return Intervals(
        schedule.pull_seconds,
        schedule.listings_seconds,
        schedule.read_back_seconds,
        schedule.subscriptions_seconds,
        schedule.measure_seconds,
        schedule.sweep_seconds,
    )


def _leave_at_once() -> None:
    """End the process although a thread still waits for a channel.

    Its lease runs out by itself, and what it was sending is read back.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ExitCode.DONE)
