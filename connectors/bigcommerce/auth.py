"""The token of an API account, and BigCommerce's own word for how long to wait.

The token does not expire and is sent with each request. A 429 says when the window
ends in milliseconds and in a header of BigCommerce's own; it is told to the transport
as ``Retry-After``, which is the one that it knows.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import httpx

_RESET_HEADER = "x-rate-limit-time-reset-ms"


class TokenAuth(httpx.Auth):
    """Signs each request with the account's token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the request with its token; translate the wish of a refusal."""
        request.headers["x-auth-token"] = self._token
        response = yield request
        if response.status_code != 429 or "retry-after" in response.headers:
            return
        wish = response.headers.get(_RESET_HEADER, "")
        if wish.isascii() and wish.isdigit():
            response.headers["retry-after"] = str(math.ceil(int(wish) / 1000))
