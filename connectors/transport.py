"""The one door to the network: every request of every connector goes through here.

It paces, waits out Retry-After, retries safe reads, keeps deadlines and byte caps,
refuses private addresses and redacts. It knows no channel; the connectors do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete, size-checked response. ``body`` is decoded (inflated) bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            RetryLaterError: an HTML page came instead of JSON (maintenance, login).
            ContractBrokenError: the body is not JSON.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Call:
    """One request, described before it is sent.

    ``safe`` calls (reads, and writes that the channel itself makes idempotent) are
    retried on failures; others are sent at most once after the first byte left.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    safe: bool = False
    accept_statuses: tuple[int, ...] = ()
    """Statuses besides 2xx that are answers to the connector and not errors."""


class Transport(Protocol):
    """Sends calls to one account of one channel."""

    def send(self, call: Call) -> Answer:
        """Send and return the answer (2xx or one of ``accept_statuses``).

        Raises:
            RetryLaterError: 429, or a safe call that kept failing.
            OutcomeUnknownError: an unsafe call was sent and no usable answer came.
            ReauthRequiredError: 401 (after the auth flow had its chance).
            RejectedError: 403, 404, 409, 422 and other refusals, with the reason.
            ContractBrokenError: too large, undecodable or redirected.
        """
        ...


class TransportFactory(Protocol):
    """Builds transports; the hub decides pacing budget, network policy and wire."""

    def open(
        self,
        *,
        base_url: str,
        auth: httpx.Auth | None,
        requests_per_second: float,
        burst: int,
        headers: Mapping[str, str] | None = None,
    ) -> Transport:
        """Return a transport for one account, rooted at ``base_url``."""
        ...
