"""How Medusa's lists are filtered, sorted and cut. A filter it does not know does
nothing; a date that is none is a 500."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from ..wire import Request, Response, json_response
from .errors import invalid, unknown_error
from .state import Json

Row = TypeVar("Row")
_COMPARISONS: dict[str, Callable[[datetime, datetime], bool]] = {
    "$gt": lambda time, wanted: time > wanted,
    "$gte": lambda time, wanted: time >= wanted,
    "$lt": lambda time, wanted: time < wanted,
    "$lte": lambda time, wanted: time <= wanted,
}


def choose(
    request: Request,
    rows: Sequence[Row],
    name: Callable[[Row], str],
    times: dict[str, Callable[[Row], datetime]],
) -> list[Row]:
    """Return the rows that a list is asked for, in its order."""
    ids = [text for key, text in request.query if re.fullmatch(r"id(\[\d*\])?", key)]
    chosen = [row for row in rows if not ids or name(row) in ids]
    for key, text in request.query:
        match = re.fullmatch(r"(\w+)\[(\$\w+)\]", key)
        if match is None or match[1] not in times or match[2] not in _COMPARISONS:
            continue
        wanted, holds, time = _read_date(text), _COMPARISONS[match[2]], times[match[1]]
        chosen = [row for row in chosen if holds(time(row), wanted)]
    order = request.argument("order")
    field = order.removeprefix("-")
    by = times.get(field, name)
    return sorted(chosen, key=lambda row: str(by(row)), reverse=order.startswith("-"))


def answer_page(
    request: Request,
    noun: str,
    rows: Sequence[Row],
    render: Callable[[Row], Json],
    limit_default: int,
) -> Response:
    """Return one page of rows."""
    limit = _read_count(request, "limit", limit_default)
    offset = _read_count(request, "offset", 0)
    page = [render(row) for row in rows[offset : offset + limit]]
    content = {noun: page, "count": len(rows), "offset": offset, "limit": limit}
    return json_response(content)


def _read_count(request: Request, name: str, default: int) -> int:
    text = request.argument(name, str(default))
    if not text.isdigit():
        raise invalid(f"Invalid request: Expected type: 'number' for field '{name}'")
    return int(text)


def _read_date(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise unknown_error() from None
