"""One wire for several simulated channels: leads each request to a channel by its host.

For a hub and its channels in one process. ``pass_by`` hears of every exchange before
and after it, so that time may pass on the way. No faults here; the channels have them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from .base import Simulator


@dataclass(frozen=True, slots=True)
class Passage:
    """A request on its way, or the answer to it on the way back."""

    host: str
    method: str
    path: str
    status: int | None = None
    """None on the way there."""
    size: int = 0
    """Bytes of the answer's body."""
    credentials: str = ""
    """What the request proves itself by, on the way there; empty if by nothing."""


CREDENTIALS = ("authorization", "x-shopify-access-token")
"""The headers that carry credentials."""

LOST = 0
"""The status of an answer that got lost."""


class Switchboard(httpx.BaseTransport):
    """Carries requests to the simulators that were plugged in.

    Args:
        pass_by: called with every passage, outside of all locks.
    """

    def __init__(self, pass_by: Callable[[Passage], None]) -> None:
        self._pass_by = pass_by
        self._wires: dict[str, httpx.BaseTransport] = {}

    def plug_in(self, host: str, simulator: Simulator) -> None:
        """Let a simulator answer for a host."""
        self._wires[host] = simulator.wire()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Exchange one request for one response.

        Raises:
            httpx.TransportError: the simulator's wire broke.
        """
        host, method, path = request.url.host, request.method, request.url.path
        credentials = " ".join(
            request.headers[name] for name in CREDENTIALS if name in request.headers
        )
        self._pass_by(Passage(host, method, path, credentials=credentials))
        try:
            response = self._wires[host].handle_request(request)
        except httpx.TransportError:
            self._pass_by(Passage(host, method, path, LOST))
            raise
        size = len(response.read())
        self._pass_by(Passage(host, method, path, response.status_code, size))
        return response
