"""Runs a hub as ``crossdock run`` does, inside this process: engine, clock, receiver.

Threads and sockets only. What the hub does with what it hears is its own affair.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from ...canonical.errors import RefusedError
from ...config.settings import HubSettings
from ...sync.compose import open_hub
from ...sync.engine import Engine
from ...sync.hub import Hub
from ...sync.schedule import Intervals, start_clock
from ...web.health import Health
from ...web.receiver import create_app

_STOP_SECONDS_MAX = 20.0
_HOLDER = "demo"


@contextmanager
def run_hub(settings: HubSettings, door: socket.socket) -> Iterator[Hub]:
    """Yield a hub that works in threads until the block ends.

    Args:
        settings: of a database that was set up.
        door: the bound socket on which the receiver listens.

    Raises:
        RefusedError: the receiver did not start.
    """
    with open_hub(settings) as hub:
        engine = Engine(hub, _HOLDER)
        intervals = read_intervals(settings)
        health = Health(hub, intervals.sweep_seconds)

        def sweep() -> None:
            engine.sweep()
            health.note_sweep()

        stop_clock = start_clock(hub, intervals, sweep)
        receiver = _make_receiver(hub, health)
        threads = (
            threading.Thread(
                target=lambda: asyncio.run(engine.run()), name="engine", daemon=True
            ),
            threading.Thread(
                target=lambda: receiver.run(sockets=[door]),
                name="receiver",
                daemon=True,
            ),
        )
        for thread in threads:
            thread.start()
        try:
            _wait_until_open(hub, receiver, threads[1])
            yield hub
        finally:
            stop_clock()
            receiver.should_exit = True
            engine.stop()
            for thread in threads:
                thread.join(_STOP_SECONDS_MAX)


def read_intervals(settings: HubSettings) -> Intervals:
    """Return how often the clock ticks."""
    schedule = settings.schedule
    return Intervals(
        pull_seconds=schedule.pull_seconds,
        listings_seconds=schedule.listings_seconds,
        read_back_seconds=schedule.read_back_seconds,
        subscriptions_seconds=schedule.subscriptions_seconds,
        measure_seconds=schedule.measure_seconds,
        sweep_seconds=schedule.sweep_seconds,
    )


def _make_receiver(hub: Hub, health: Health) -> uvicorn.Server:
    config = uvicorn.Config(
        create_app(hub, health),
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _wait_until_open(
    hub: Hub, receiver: uvicorn.Server, thread: threading.Thread
) -> None:
    while not receiver.started:
        if not thread.is_alive():
            raise RefusedError(
                "The webhook receiver of the demonstration did not start."
            )
        hub.clock.pause(0.01)
