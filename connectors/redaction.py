"""Keeps secrets and customers' data out of error texts and logs.

Works by knowledge first (the very values that the request carried) and by shape second
(tokens, keys, e-mail addresses). Not a filter for stored payloads.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
from collections.abc import Iterable

import httpx

MASK = "***"
_SECRET_NAME = re.compile(
    r"auth|token|secret|passw|key|signature|hmac|cookie|session|nonce|\bcode\b|\bsig\b",
    re.IGNORECASE,
)
_SHORTEST_SECRET = 6

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+"), MASK),
    (re.compile(r"(?<=://)[^/\s@]+@"), MASK + "@"),
    (re.compile(r"\b(bearer|basic)\s+[\w+/.~=-]{6,}", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"\b(?:shp[a-z]{2}|ck|cs|sk|pk|whsec)_\w{6,}"), MASK),
    (
        re.compile(
            r"""(?x)
            ([\w-]*(?:token|secret|passw(?:or)?d|key|signature|hmac|nonce)[\w-]*
             ["']?\s*[=:]\s*["']?)
            [^\s"'&,;<>]{4,}""",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{32,}={0,2}"), MASK),
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return ``text`` without the given secrets and without what looks like one."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def secrets_of(request: httpx.Request) -> frozenset[str]:
    """Return the values in a request's headers and query that nobody may read."""
    pairs = [*request.headers.multi_items(), *request.url.params.multi_items()]
    found: set[str] = set()
    for name, value in pairs:
        if _SECRET_NAME.search(name):
            found.add(value)
            found.update(_parts_of_credentials(value))
    return frozenset(found)


def _parts_of_credentials(value: str) -> list[str]:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != "basic":
        return re.findall(r'[^\s,="]+', rest)
    try:
        decoded = base64.b64decode(rest, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return [rest]
    return [rest, decoded, *decoded.split(":", 1)]


def silence_wire_logs() -> None:
    """Keep the HTTP library from logging whole URLs and headers.

    httpx writes each URL, query included, at INFO, and httpcore headers at DEBUG; a
    signed URL is a secret. The transport's own log says the same without it.
    """
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
