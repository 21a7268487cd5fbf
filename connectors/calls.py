"""What passes between a connector and its transport: a call, an answer, two Protocols.

The contract alone, so that a connector's tests can stand in for the network with a few
lines. What a transport does with a call is in ``transport``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import orjson

from ..canonical.errors import (
    ContractBrokenError,
    OutcomeUnknownError,
    RetryLaterError,
)

_NOT_PARSED = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete, size-checked response. ``body`` is decoded (inflated) bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    repeatable: bool = field(default=True, repr=False)
    """False where this answers a write that took effect and must not be repeated."""
    _parsed: Any = field(default=_NOT_PARSED, init=False, repr=False, compare=False)

    def json(self) -> Any:
        """Return the parsed body. Parsed once, however often it is asked for.

        Raises:
            RetryLaterError: an HTML page came instead of JSON (maintenance, login), or
                the body was cut off.
            ContractBrokenError: the body is not JSON.
            OutcomeUnknownError: either of these, and the call was an unsafe one.
        """
        if self._parsed is _NOT_PARSED:
            try:
                object.__setattr__(self, "_parsed", self._parse())
            except (RetryLaterError, ContractBrokenError) as error:
                if self.repeatable:
                    raise
                raise OutcomeUnknownError(
                    f"a write was answered with {self.status}, and then {error.message}"
                ) from None
        return self._parsed

    def _parse(self) -> Any:
        content_type = self.headers.get("content-type", "").lower()
        if "html" in content_type or self.body[:1] == b"<":
            raise RetryLaterError(
                "a web page came instead of data (maintenance, a login page or a "
                "firewall)",
                next_step="Open the shop in a browser and see what it shows.",
            )
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            if error.pos >= len(error.doc.rstrip()):
                raise RetryLaterError("the answer was cut off") from None
            # The decoder's error carries the whole document: it must not travel on.
            raise ContractBrokenError(
                f"the answer is not JSON: {error.msg} at character {error.pos} of "
                f"{len(self.body)}"
            ) from None


@dataclass(frozen=True, slots=True)
class Call:
    """One request, described before it is sent.

    ``safe`` calls (reads, and writes that the channel itself makes idempotent) are
    retried on failures; others are sent at most once after the first byte left.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    """Sent form-encoded, where the channel does not take JSON."""
    content: bytes | None = field(default=None, repr=False)
    """Sent as it is; ``headers`` must name its content type. At most one of ``json``,
    ``form`` and ``content`` is given."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
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
        account: str = "",
    ) -> Transport:
        """Return a transport for one account, rooted at ``base_url``.

        ``account`` tells accounts apart where all have the same address (marketplaces);
        it may also name an operation that the channel paces by itself. Transports with
        the same address, account and pace share their turns.
        """
        ...
