"""Runs a simulator on real loopback HTTP, with its webhooks really posted.

For the demo and for tests that want sockets; most tests use ``Simulator.wire``.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

from .base import Simulator
from .webhooks import HttpSender
from .wire import Ending, Request, Response

_START_SECONDS_MAX = 10.0
_STOP_SECONDS_MAX = 10.0
_PUMP_SECONDS = 0.02

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Server:
    """One simulator behind a loopback port; a context manager.

    Args:
        simulator: what answers.
        host: the address to bind; loopback unless there is a reason.
        port: 0 takes a free one; ``url`` tells which.
    """

    def __init__(
        self, simulator: Simulator, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._simulator = simulator
        self._socket = socket.create_server((host, port))
        # asyncio does this only for sockets of its own making. Without it head and body
        # of an answer, sent one after the other, wait 40 ms for each other.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound_host, bound_port = self._socket.getsockname()[:2]
        self.url = f"http://{bound_host}:{bound_port}"
        config = uvicorn.Config(
            self._application,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,  # the simulator's own clock says the date
            server_header=False,
            http="h11",
            loop="asyncio",
            timeout_graceful_shutdown=1,
        )
        self._uvicorn = uvicorn.Server(config)
        self._stopping = threading.Event()
        self._sender = HttpSender()
        self._threads = (
            threading.Thread(
                target=self._serve, name=f"{simulator.channel}-http", daemon=True
            ),
            threading.Thread(
                target=self._pump, name=f"{simulator.channel}-hooks", daemon=True
            ),
        )

    def start(self) -> None:
        """Serve in threads; returns when the port answers.

        Raises:
            RuntimeError: the server did not start in time.
        """
        for thread in self._threads:
            thread.start()
        deadline = time.monotonic() + _START_SECONDS_MAX
        while not self._uvicorn.started:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the simulator did not start at {self.url}")
            time.sleep(0.005)

    def stop(self) -> None:
        """Stop serving and sending; waits for both threads. Safe to repeat."""
        self._stopping.set()
        self._uvicorn.should_exit = True
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(_STOP_SECONDS_MAX)
        self._sender.close()
        self._socket.close()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        self._uvicorn.run(sockets=[self._socket])

    def _pump(self) -> None:
        while not self._stopping.wait(_PUMP_SECONDS):
            self._simulator.deliverer.deliver_due(self._sender)

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application; ``handle`` runs in a worker thread."""
        request = _request_of(scope, await _read_body(receive))
        response = await asyncio.to_thread(self._simulator.handle, request)
        if response.hold_seconds:
            await asyncio.sleep(response.hold_seconds)
        await _send_response(send, response)


def _request_of(scope: Scope, body: bytes) -> Request:
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=tuple(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
        headers={
            name.decode("latin-1"): text.decode("latin-1")
            for name, text in scope["headers"]
        },
        body=body,
        scheme=scope["scheme"],
    )


async def _read_body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _send_response(send: Send, response: Response) -> None:
    """Send a response; a dropped one ends after its head: the connection breaks."""
    headers = {**response.headers, "content-length": str(len(response.body))}
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [
                (name.encode(), text.encode()) for name, text in headers.items()
            ],
        }
    )
    if response.ending is Ending.WHOLE:
        await send({"type": "http.response.body", "body": response.body})
