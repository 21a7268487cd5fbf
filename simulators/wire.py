"""What passes between a client and a simulated channel: one request, one response.

Plain values, so that the same simulator answers in process and over real HTTP. No
sockets and no behaviour here; ``base`` and ``serve`` move these values about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Ending(StrEnum):
    """How the wire closes an exchange."""

    WHOLE = "whole"
    DROPPED = "dropped"
    """The server did its work, and the connection broke before the answer arrived."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as the server sees it.

    ``path`` is percent-decoded and without the query; ``query`` keeps order and
    repetitions; header names are in lower case.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "http"

    @property
    def host(self) -> str:
        """The host (and port) that the client asked for."""
        return self.headers.get("host", "")

    def argument(self, name: str, default: str = "") -> str:
        """Return the last value of a query argument, as PHP and most servers do."""
        return next(
            (value for key, value in reversed(self.query) if key == name), default
        )

    def json(self) -> Any:
        """Return the parsed body; an empty body is an empty object.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.body) if self.body.strip() else {}


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, and what the wire is to do to it on its way.

    ``hold_seconds`` is how long the wire keeps it back (a slow answer).
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hold_seconds: float = 0.0
    ending: Ending = Ending.WHOLE

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.body)


def json_response(
    content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return ``content`` as a JSON response."""
    return Response(
        status=status,
        headers={"content-type": "application/json; charset=UTF-8", **(headers or {})},
        body=json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(),
    )
