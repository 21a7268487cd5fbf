"""``crossdock run``: the hub as one process: lanes, clock and webhook receiver.

Everything that it does is a row before it is done, so it may be stopped at any moment;
this module starts the parts and stops them in order. No rule of the domain.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer
import uvicorn

from ..canonical.errors import SettingsError
from ..config.settings import HubSettings, ScheduleSettings, ServerSettings
from ..sync.compose import open_hub
from ..sync.engine import Engine
from ..sync.hub import Hub
from ..sync.schedule import Intervals, start_clock
from ..web.health import Health
from ..web.receiver import create_app
from .failures import ExitCode
from .output import Output, headline, list_facts
from .session import (
    Json,
    LogLines,
    name_holder,
    read_invocation,
    read_settings,
    show_log,
)

log = logging.getLogger("crossdock.run")

GRACE_SECONDS = 5.0
"""How long lanes may finish what they are at. What is cut off is found by its rows."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(
    context: typer.Context,
    webhooks: Annotated[
        bool,
        typer.Option(
            "--webhooks/--no-webhooks", help="Listen for webhooks and health checks."
        ),
    ] = True,
    as_json: Json = False,
) -> None:
    """Run the hub: pull, receive webhooks, push stock, tell what shipped.

    One process, until Ctrl-C or SIGTERM, which end it within seconds. With `--json` the
    first line says where it listens; messages go to standard error.

    Example:

        crossdock run
        crossdock --config /etc/crossdock.toml run
    """
    output = Output(as_json=as_json)
    settings = read_settings(context)
    debug = read_invocation(context).debug or settings.log_level == "debug"
    lines = LogLines(output.err, details=debug, with_time=True)
    with (
        show_log(lines, settings.log_level),
        open_hub(settings) as hub,
        _listen(settings.server, wanted=webhooks) as listener,
    ):
        process = _Process(hub, settings.schedule, listener)
        # Said when signals are heard: whoever reads it may end the process cleanly.
        asyncio.run(process.work(lambda: _say_start(hub, settings, listener, output)))
        log.info("stopped")


@contextlib.contextmanager
def _listen(server: ServerSettings, *, wanted: bool) -> Iterator[socket.socket | None]:
    """Yield a bound socket, or None where nobody wants one.

    Raises:
        SettingsError: the port is in use, or the address is not this machine's.
    """
    if not wanted:
        yield None
        return
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        listener = socket.create_server((server.host, server.port), family=family)
    except OSError as error:
        raise _explain_bind(server, error) from error
    with listener:
        yield listener


def _explain_bind(server: ServerSettings, error: OSError) -> SettingsError:
    where = f"{server.host}:{server.port}"
    if error.errno == errno.EADDRINUSE:
        return SettingsError(
            f"Port {server.port} of {server.host} is in use by another program.",
            next_step="If that is another crossdock run, this hub runs already. Else "
            "set another port: [server] port, or CROSSDOCK_SERVER__PORT.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return SettingsError(
            f"This user may not listen on {where}.",
            next_step="Set [server] port to one above 1023.",
        )
    return SettingsError(
        f"{where} cannot be listened on: {error.strerror or error}",
        next_step="Set [server] host to an address of this machine, such as 127.0.0.1.",
    )


def _say_start(
    hub: Hub, settings: HubSettings, listener: socket.socket | None, output: Output
) -> None:
    url = ""
    if listener is not None:
        host, port = listener.getsockname()[:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    names = [channel.name for channel in hub.load_channels()]
    public = settings.server.public_url
    output.show(
        {
            "listening": url,
            "public_url": public,
            "channels": names,
            "process": os.getpid(),
        },
        headline("The hub runs.", "Ctrl-C stops it"),
        list_facts(
            [
                (
                    "listening",
                    f"{url}  (/healthz says how it is)" if url else "no port",
                ),
                ("webhooks", public or "none: [server] public_url is not set"),
                ("channels", ", ".join(names) or "none: crossdock channels add KIND"),
                ("pulls", f"every {settings.schedule.pull_seconds} seconds"),
            ]
        ),
    )
    sys.stdout.flush()


class _Process:
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
        schedule.sweep_seconds,
    )


def _leave_at_once() -> None:
    """End the process although a thread still waits for a channel.

    Its lease runs out by itself, and what it was sending is read back.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ExitCode.DONE)
