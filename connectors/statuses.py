"""What an HTTP status means to the hub, Retry-After, and the channel's own reason.

Pure functions of status, headers and body. What differs from channel to channel is in
the connectors, by way of ``Call.accept_statuses``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import orjson

from .redaction import redact

DELAY_SECONDS_MIN = 1.0
DELAY_SECONDS_MAX = 3600.0
REASON_CHARACTERS_MAX = 300

_SECONDS = re.compile(r"[+-]?\d{1,15}(?:\.\d*)?", re.ASCII)
_REASON_KEYS = (
    "message",
    "error_description",
    "error",
    "errors",
    "detail",
    "title",
    "code",
)
_NESTED = {"error", "errors", "message"}


class Meaning(Enum):
    """What the hub can conclude from a status."""

    ANSWERED = "answered"
    TURNED_AWAY = "turned away: it did not take effect, ask again later"
    LOST = "nobody knows whether it took effect"
    UNKNOWN_CALLER = "the credentials were not accepted"
    MOVED = "the address is another one"
    REFUSED = "repeating it will not help"


_EXCEPTIONS: dict[int, Meaning] = {
    401: Meaning.UNKNOWN_CALLER,
    408: Meaning.LOST,
    425: Meaning.TURNED_AWAY,
    429: Meaning.TURNED_AWAY,
}
_CLASSES: dict[int, Meaning] = {
    2: Meaning.ANSWERED,
    3: Meaning.MOVED,
    4: Meaning.REFUSED,
    5: Meaning.LOST,
}


def meaning_of(status: int) -> Meaning:
    """Return what a status means; one that HTTP does not define counts as lost."""
    return _EXCEPTIONS.get(status) or _CLASSES.get(status // 100, Meaning.LOST)


def read_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that the channel asks to wait, from 1 to 3600.

    A date is compared with the channel's own ``Date`` where it sends one, because the
    hub's clock may differ. None if the header is missing or cannot be read.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if _SECONDS.fullmatch(text):
        wish = float(text)
    else:
        moment = _read_http_date(text)
        if moment is None:
            return None
        sent_at = _read_http_date(headers.get("date", "")) or now
        wish = (moment - sent_at).total_seconds()
    return min(max(wish, DELAY_SECONDS_MIN), DELAY_SECONDS_MAX)


def _read_http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_reason(
    headers: Mapping[str, str], body: bytes, secrets: frozenset[str] = frozenset()
) -> str:
    """Return why the channel refused, in its own words, redacted and short.

    Empty where it gave no reason that a person could use (HTML, nothing at all).
    """
    content_type = headers.get("content-type", "")
    if "html" in content_type:
        return ""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body[: 2 * REASON_CHARACTERS_MAX].decode("utf-8", "replace")
        text = "" if text.lstrip().startswith("<") else text
    else:
        text = "; ".join(dict.fromkeys(_sentences(parsed)))
    text = " ".join(redact(text, secrets).split())
    if len(text) <= REASON_CHARACTERS_MAX:
        return text
    return text[: REASON_CHARACTERS_MAX - 1] + "…"


def _sentences(parsed: Any, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the texts of an error body, with the field that each one is about."""
    if isinstance(parsed, str):
        yield prefix + parsed
    elif depth > 3:  # deeper than any vendor nests its reasons
        return
    elif isinstance(parsed, list):
        for part in parsed[:5]:
            yield from _sentences(part, prefix, depth + 1)
    elif isinstance(parsed, dict):
        # A product has a "title" too: under a list it is a field, and not a reason.
        named = [
            key
            for key in _REASON_KEYS
            if isinstance(parsed.get(key), str) or key in _NESTED & parsed.keys()
        ]
        if named:
            for key in named:
                yield from _sentences(parsed[key], prefix, depth + 1)
        elif depth:
            for key, part in list(parsed.items())[:5]:
                yield from _sentences(part, f"{prefix}{key}: ", depth + 1)
