"""``crossdock run``: takes the port, says where the hub listens, and lets it work.

The parts of the running hub are in ``process``.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from ..canonical.errors import SettingsError
from ..config.settings import HubSettings, ServerSettings
from ..sync.compose import open_hub, spare_collector
from ..sync.hub import Hub
from .output import Output, headline, list_facts
from .session import (
    Json,
    LogLines,
    read_settings,
    show_log,
)

log = logging.getLogger("crossdock.run")


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

    One process, until Ctrl-C or SIGTERM, which end it within seconds. With `--json` one
    document says where it listens; messages go to standard error.

    Example:

        crossdock run
        crossdock --config /etc/crossdock.toml run
    """
    from .process import Process

    output = Output(as_json=as_json)
    settings = read_settings(context)
    # Nobody can ask a process that has run for weeks to do the same with --debug.
    lines = LogLines(output.err, details=True, with_time=True)
    with (
        show_log(lines, settings.log_level),
        open_hub(settings) as hub,
        _listen(settings.server, wanted=webhooks) as listener,
    ):
        process = Process(hub, settings.schedule, listener)
        spare_collector()
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
