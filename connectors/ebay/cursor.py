"""Where a pull of orders has come to. Pure; the requests are made in ``orders``.

eBay pages by offset, over a list whose order it does not promise. So a pull walks a
*window* with two ends: rows can leave it (an order that changes again moves to a later
window) and hardly enter it. What leaves moves the rows behind it forward; the total
that every page states tells how many left, and the walk goes back by as many. The next
window starts before the end of this one, because eBay may show a change late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, Self

import orjson
from pydantic import NonNegativeInt, TypeAdapter

from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime
from .traits import TRAITS

PAGE_SIZE = 50
"""The API's own default, of at most 200: each order may need two more requests."""
WINDOW_MAX = timedelta(days=90)
AGE_MAX = timedelta(days=729)
"""eBay shows orders of the last two years; a filter from before them is refused."""
OVERLAP = timedelta(seconds=TRAITS.overlap_seconds)

_VERSION: Final = 1
_SHAPE = TypeAdapter(
    tuple[
        Literal[1],
        UtcTime,
        UtcTime | None,
        NonNegativeInt,
        NonNegativeInt | None,
        UtcTime | None,
    ]
)


@dataclass(frozen=True, slots=True)
class Window:
    """A walk over all orders last changed between two moments, by eBay's clock."""

    since: datetime
    until: datetime | None = None
    """Set when the first page is asked for."""
    offset: int = 0
    total: int | None = None
    """What the last page said about the number of rows."""
    started_at: datetime | None = None
    """eBay's time when the first page was read."""

    def encode(self) -> str:
        """Return the cursor as text."""
        return orjson.dumps(
            [
                _VERSION,
                self.since,
                self.until,
                self.offset,
                self.total,
                self.started_at,
            ]
        ).decode()

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the window that ``encode`` made a cursor of.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        try:
            _, since, until, offset, total, started_at = _SHAPE.validate_json(cursor)
        except ValueError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was pulled before is recognised.",
            ) from None
        return cls(since, until, offset, total, started_at)

    def open(self, now: datetime) -> Self:
        """Return the window with both ends, as it is asked for at ``now``."""
        if self.until is not None:
            return self
        since = max(self.since, now - AGE_MAX)
        return replace(
            self, since=since, until=max(since, min(since + WINDOW_MAX, now))
        )

    def advance(self, count: int, total: int, told_at: datetime) -> tuple[Self, bool]:
        """Return the place of the next page, and whether there is none.

        Args:
            count: how many rows this page had.
            total: how many rows eBay says that the window has.
            told_at: eBay's time of the answer.
        """
        gone = max(0, (self.total or 0) - total)
        offset = max(0, self.offset - gone) if gone else self.offset + count
        following = replace(
            self,
            offset=offset,
            total=total,
            started_at=self.started_at or told_at,
        )
        return following, offset >= total or not (count or gone)

    def follow(self) -> tuple[Self, bool]:
        """Return the window after this one, and whether it, too, lies in the past.

        The end counts by eBay's time and not the hub's, whose clock may be ahead.
        """
        if self.started_at is None or self.until is None:
            raise ValueError("a window that was not read has no successor")
        whole = self.until - self.since >= WINDOW_MAX
        if whole and self.until < self.started_at:
            return type(self)(self.until - OVERLAP), True
        reached = min(self.until, self.started_at) - OVERLAP
        return type(self)(max(self.since, reached)), False
