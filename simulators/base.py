"""What every simulated channel has: faults around its answers, webhooks, and wires.

A channel implements ``answer``; a client reaches it through ``handle``, through the
in-process ``wire`` or over real HTTP (``serve``), with the same faults on each way.
"""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from dataclasses import replace
from email.utils import format_datetime

import httpx

from .clock import Clock
from .faults import NO_FAULTS, WRITE_FAULTS, Fault, FaultInjector, Faults
from .webhooks import Deliverer
from .wire import Ending, Request, Response
from .world import World


class Simulator(ABC):
    """One account of one channel: its books, its API and its faults.

    Thread-safe: ``handle`` and the shopper's and staff's actions of a subclass hold
    ``lock``, one at a time. The order is simulator, then world; never two simulators.

    Args:
        channel: the name under which ``world`` knows this channel.
        retry_delays_seconds: how long after each failed webhook delivery the next try
            comes; empty where the channel does not retry.
    """

    def __init__(
        self,
        channel: str,
        *,
        world: World,
        seed: int = 0,
        faults: Faults = NO_FAULTS,
        retry_delays_seconds: tuple[float, ...] = (),
    ) -> None:
        self.channel = channel
        self.world = world
        self.clock: Clock = world.clock
        self.lock = threading.RLock()
        self.faults = FaultInjector(faults, seed=seed)
        self.deliverer = Deliverer(
            clock=self.clock,
            faults=self.faults,
            lock=self.lock,
            retry_delays_seconds=retry_delays_seconds,
        )
        self.requests_handled = 0

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Answer as the channel does when nothing goes wrong. The lock is held."""

    def is_write(self, request: Request) -> bool:
        """Say whether a request can change anything; decides which faults fit it."""
        return request.method not in {"GET", "HEAD", "OPTIONS"}

    def answer_throttled(self, retry_after_seconds: float | None) -> Response:
        """Refuse for too many requests; None leaves out how long to wait."""
        headers = {"content-type": "text/plain"}
        if retry_after_seconds is not None:
            headers["retry-after"] = str(math.ceil(retry_after_seconds))
        return Response(429, headers, b"Too Many Requests")

    def answer_broken(self) -> Response:
        """Answer as the web server in front of the channel does when it fails."""
        return Response(
            502, {"content-type": "text/html"}, b"<html><body>Bad Gateway</body></html>"
        )

    def answer_expired(self, request: Request) -> Response:
        """Answer a request whose access token has just stopped being valid.

        A channel whose tokens really expire lets its tokens expire here and answers.
        """
        del request
        return Response(
            401, {"content-type": "application/json"}, b'{"errors":"expired"}'
        )

    def handle(self, request: Request) -> Response:
        """Answer a request, faults included; the response says what the wire does."""
        with self.lock:
            self.requests_handled += 1
            response = self._refuse(request) or self._spoil(
                request, self.answer(request)
            )
            date = format_datetime(self.clock.now(), usegmt=True)
        response = replace(response, headers={"date": date, **response.headers})
        if self.faults.strikes(Fault.SLOW):
            response = replace(response, hold_seconds=self.faults.options.slow_seconds)
        return response

    def wire(self) -> httpx.BaseTransport:
        """Return an in-process transport for an httpx client."""
        return _Wire(self)

    def _refuse(self, request: Request) -> Response | None:
        """Return the answer of a fault that strikes before anything takes effect."""
        if self.faults.strikes(Fault.THROTTLED):
            return self.answer_throttled(self.faults.options.retry_after_seconds)
        if self.faults.strikes(Fault.THROTTLED_BARE):
            return self.answer_throttled(None)
        if self.faults.strikes(Fault.ERROR_BEFORE):
            return self.answer_broken()
        if self.faults.strikes(Fault.EXPIRED_TOKEN):
            return self.answer_expired(request)
        return None

    def _spoil(self, request: Request, response: Response) -> Response:
        """Let the faults strike that come after the request took effect."""
        struck = {
            fault
            for fault in (Fault.ERROR_AFTER, Fault.DROPPED, Fault.TRUNCATED)
            if (fault not in WRITE_FAULTS or self._took_effect(request, response))
            and self.faults.strikes(fault)
        }
        if Fault.DROPPED in struck:
            return replace(response, ending=Ending.DROPPED)
        if Fault.ERROR_AFTER in struck:
            return self.answer_broken()
        if Fault.TRUNCATED in struck:
            return replace(response, body=response.body[: len(response.body) // 2])
        return response

    def _took_effect(self, request: Request, response: Response) -> bool:
        return self.is_write(request) and response.status < 400


class _Wire(httpx.BaseTransport):
    """Carries an httpx request to a simulator in the same process."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Exchange one request for one response.

        Raises:
            httpx.ReadError: the connection was dropped after the work was done.
            httpx.ReadTimeout: the answer came later than the client's timeout allows.
        """
        response = self._simulator.handle(
            Request(
                method=request.method,
                path=request.url.path,
                query=tuple(request.url.params.multi_items()),
                headers={
                    name.lower(): value for name, value in request.headers.items()
                },
                body=request.read(),
                scheme=request.url.scheme,
            )
        )
        self._hold(request, response.hold_seconds)
        if response.ending is Ending.DROPPED:
            raise httpx.ReadError("the connection was dropped", request=request)
        return httpx.Response(
            response.status, headers=dict(response.headers), content=response.body
        )

    def _hold(self, request: httpx.Request, seconds: float) -> None:
        if seconds <= 0:
            return
        patience: float | None = request.extensions.get("timeout", {}).get("read")
        if patience is not None and patience < seconds:
            self._simulator.clock.pause(patience)
            raise httpx.ReadTimeout("the answer did not come in time", request=request)
        self._simulator.clock.pause(seconds)
