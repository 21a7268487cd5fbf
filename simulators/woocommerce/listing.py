"""How a list call of the REST API chooses, orders and pages its rows.

The same for all kinds of rows; what a row can be filtered by is the route's affair.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ..wire import Request, Response
from .errors import invalid_parameter
from .state import State
from .times import read_filter_time

Row = TypeVar("Row")

PER_PAGE_MAX = 100
_TRUE_TEXTS = frozenset({"true", "1", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Paging:
    """Which stretch of the chosen rows a page shows."""

    page: int
    per_page: int
    offset: int | None

    def slice_of(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows of this page; a page behind the last is empty."""
        first = (self.page - 1) * self.per_page if self.offset is None else self.offset
        return rows[first : first + self.per_page]


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Strict bounds on creation and change, in whole seconds."""

    after: datetime | None
    before: datetime | None
    modified_after: datetime | None
    modified_before: datetime | None

    def contains(self, created: datetime, modified: datetime) -> bool:
        """Say whether a row lies within all bounds that are set."""
        return (
            (self.after is None or created > self.after)
            and (self.before is None or created < self.before)
            and (self.modified_after is None or modified > self.modified_after)
            and (self.modified_before is None or modified < self.modified_before)
        )


def read_paging(request: Request) -> Paging:
    """Read ``page``, ``per_page`` and ``offset``.

    Raises:
        ApiError: one of them is out of its range.
    """
    per_page = read_whole(request, "per_page", default=10, low=1, high=PER_PAGE_MAX)
    page = read_whole(request, "page", default=1, low=1)
    offset = read_whole(request, "offset", default=0, low=0)
    return Paging(page, per_page, offset if request.argument("offset") else None)


def read_whole(
    request: Request, name: str, *, default: int, low: int, high: int | None = None
) -> int:
    """Read a whole number.

    Raises:
        ApiError: it is none, or out of range.
    """
    text = request.argument(name, str(default))
    reason = f"{name} must be between {low} (inclusive) and {high or 'infinity'}"
    if not text.lstrip("-").isdigit():
        raise invalid_parameter(name, f"{name} is not of type integer.")
    number = int(text)
    if number < low or (high is not None and number > high):
        raise invalid_parameter(name, reason)
    return number


def read_choice(
    request: Request, name: str, allowed: Sequence[str], default: str
) -> str:
    """Read one of several words.

    Raises:
        ApiError: it is none of them.
    """
    text = request.argument(name, default)
    if text not in allowed:
        raise invalid_parameter(name, f"{name} is not one of {', '.join(allowed)}.")
    return text


def read_texts(request: Request, name: str) -> tuple[str, ...]:
    """Read a list given as ``a,b``, as ``name[]=a&name[]=b`` or as ``name[0]=a``."""
    values = [
        text
        for key, text in request.query
        if key.startswith(f"{name}[") and key.endswith("]")
    ]
    values += request.argument(name).replace(" ", ",").split(",")
    return tuple(value for value in values if value)


def read_ids(request: Request, name: str) -> tuple[int, ...] | None:
    """Read a list of ids; None where the argument is absent or empty.

    Raises:
        ApiError: one of them is no id.
    """
    texts = read_texts(request, name)
    if not all(text.isdigit() for text in texts):
        raise invalid_parameter(name, f"{name}[0] is not of type integer.")
    return tuple(int(text) for text in texts) or None


def read_time_window(state: State, request: Request) -> TimeWindow:
    """Read ``after``, ``before``, ``modified_after`` and ``modified_before``.

    Raises:
        ApiError: one of them is no date and time.
    """
    gmt = request.argument("dates_are_gmt").lower() in _TRUE_TEXTS

    def bound(name: str) -> datetime | None:
        text = request.argument(name)
        if not text:
            return None
        try:
            return read_filter_time(text, state.settings.zone, dates_are_gmt=gmt)
        except ValueError as error:
            raise invalid_parameter(name, "Invalid date.") from error

    return TimeWindow(
        bound("after"),
        bound("before"),
        bound("modified_after"),
        bound("modified_before"),
    )


def page_response(
    request: Request,
    paging: Paging,
    rows: Sequence[Row],
    encode_row: Callable[[Row], bytes],
) -> Response:
    """Return one page with the counting headers that WordPress sends."""
    pages = math.ceil(len(rows) / paging.per_page)
    headers = {
        "content-type": "application/json; charset=UTF-8",
        "x-wp-total": str(len(rows)),
        "x-wp-totalpages": str(pages),
    }
    if paging.page < pages:
        address = f"http://{request.host}{request.path}?page={paging.page + 1}"
        headers["link"] = f'<{address}>; rel="next"'
    body = b"[" + b",".join(encode_row(row) for row in paging.slice_of(rows)) + b"]"
    return Response(200, headers, body)
