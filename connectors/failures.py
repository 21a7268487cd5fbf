"""Turns what went wrong on the way into the error that says what the hub does next.

One question decides most of it: can the request have taken effect? If not, it may be
repeated; if it can, only a safe call may. Texts are redacted here, once for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import httpx

from ..canonical.errors import (
    ChannelError,
    ContractBrokenError,
    OutcomeUnknownError,
    ReauthRequiredError,
    RejectedError,
    RetryLaterError,
)
from .redaction import redact, secrets_of
from .statuses import Meaning, meaning_of, read_reason, read_retry_after

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_SIGN_IN_AGAIN = "Enter the credentials of this channel again."


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request as it was tried: what an error needs to know about it."""

    request: httpx.Request
    safe: bool

    @property
    def label(self) -> str:
        """Method, host and path, without the query."""
        url = self.request.url
        return redact(f"{self.request.method} {url.host}{url.path}")

    def explain_exception(self, error: httpx.TransportError) -> ChannelError:
        """Return the error for a request that got no complete answer."""
        if isinstance(error, httpx.LocalProtocolError):
            return self.explain_bad_header()
        # A request of the auth flow that failed means that ours never left.
        ours = _place_of(error.request) == _place_of(self.request)
        text = redact(str(error), secrets_of(self.request)) or type(error).__name__
        if isinstance(error, _NEVER_SENT) or not ours:
            return RetryLaterError(
                f"{self.request.url.host} cannot be reached: {text}",
                next_step="Check that the shop is online and its address is right.",
            )
        return self.explain_lost_answer(text)

    def explain_lost_answer(
        self, text: str, delay_seconds: float | None = None
    ) -> ChannelError:
        """Return the error for a request that was sent and got no usable answer."""
        if self.safe:
            return RetryLaterError(
                f"{self.label} got no answer: {text}", delay_seconds=delay_seconds
            )
        return OutcomeUnknownError(
            f"{self.label} was sent and got no usable answer: {text}"
        )

    def explain_bad_header(self) -> ReauthRequiredError:
        """Return the error for credentials that HTTP cannot carry."""
        return ReauthRequiredError(
            f"{self.label} was not sent: a credential contains a character that "
            "cannot be sent, such as a line break",
            next_step=_SIGN_IN_AGAIN,
        )

    def explain_status(self, response: httpx.Response, now: datetime) -> ChannelError:
        """Return the error for a response whose status is not an answer."""
        status, headers = response.status_code, response.headers
        secrets = secrets_of(response.request) | secrets_of(self.request)
        reason = read_reason(headers, response.content, secrets)
        text = f"{status} {reason}".rstrip()
        meaning = meaning_of(status)
        delay_seconds = read_retry_after(headers, now)
        if meaning is Meaning.LOST:
            return self.explain_lost_answer(text, delay_seconds)
        if meaning is Meaning.TURNED_AWAY:
            return RetryLaterError(
                f"{self.label} was turned away: {text}", delay_seconds=delay_seconds
            )
        if meaning is Meaning.UNKNOWN_CALLER:
            return ReauthRequiredError(
                f"{self.label} was not allowed in: {text}", next_step=_SIGN_IN_AGAIN
            )
        if meaning is Meaning.MOVED:
            return ContractBrokenError(
                f"{self.label} was redirected ({status}) to "
                f"{_host_of(headers.get('location', ''))}; redirects are not followed",
                next_step="Set the channel's address to the one the shop redirects to.",
            )
        return RejectedError(f"{self.label} was refused: {text}")


def _place_of(request: httpx.Request) -> tuple[str, str]:
    return request.method, request.url.path


def _host_of(location: str) -> str:
    # httpx has already refused a Location that is no URL.
    return httpx.URL(location).host or "another path"
