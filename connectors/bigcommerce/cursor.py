"""Where a pull of orders has come to. Pure; the requests are made in ``orders``.

BigCommerce pages by number, over a list from which rows move away while we read. So no
page but the first is ever asked for: after a full page the next request starts at the
last second seen (v2 has whole seconds). A second that holds more than a page is walked
by id. What comes twice is recognised; nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, Self

import orjson
from pydantic import NonNegativeInt, TypeAdapter

from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime

OVERLAP_SECONDS = 120
"""How far a pull reaches back: replicas that lag, writes under way."""

_VERSION: Final = 1
_SHAPE = TypeAdapter(tuple[Literal[1], UtcTime, UtcTime | None, NonNegativeInt | None])


@dataclass(frozen=True, slots=True)
class Place:
    """The first second to ask for, and in a crowded second the first id.

    ``seen`` is the newest second of this pull.
    """

    since: datetime
    seen: datetime | None = None
    from_id: int | None = None
    """Set while a single second is walked by id."""

    def encode(self) -> str:
        """Return the cursor as text."""
        return orjson.dumps([_VERSION, self.since, self.seen, self.from_id]).decode()

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the place that ``encode`` made a cursor of.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        try:
            _, since, seen, from_id = _SHAPE.validate_json(cursor)
        except ValueError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was pulled before is recognised.",
            ) from None
        return cls(since, seen, from_id)

    def params(self, page_size: int) -> dict[str, str]:
        """Return what to ask the list for."""
        wanted = {
            "min_date_modified": self.since.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
            "sort": "date_modified:asc",
            "limit": str(page_size),
            "page": "1",
        }
        if self.from_id is not None:
            wanted["max_date_modified"] = wanted["min_date_modified"]
            wanted["min_id"] = str(self.from_id)
            wanted["sort"] = "id:asc"
        return wanted

    def advance(
        self, rows: Sequence[tuple[int, datetime]], page_size: int
    ) -> tuple[Place, bool]:
        """Return the place after a page of (id, time), and whether it was the last.

        Raises:
            ContractBrokenError: the same page came again; the list would never end.
        """
        full = len(rows) >= page_size
        if self.from_id is not None:
            return self._advance_by_id([row_id for row_id, _ in rows], full=full)
        times = [time for _, time in rows]
        seen = max([*times, *([self.seen] if self.seen else [])], default=None)
        here = replace(self, seen=seen)
        if not full:
            return _begin_next_pull(here), True
        reached = max(times)
        if reached > self.since:
            return replace(here, since=reached), False
        return replace(here, from_id=0), False

    def _advance_by_id(self, ids: Sequence[int], *, full: bool) -> tuple[Place, bool]:
        if not full:
            following = self.since + timedelta(seconds=1)
            return replace(self, since=following, from_id=None), False
        if max(ids) < (self.from_id or 0):
            raise ContractBrokenError(
                "the store gave the same page of its list twice; it would never end"
            )
        return replace(self, from_id=max(ids) + 1), False


def _begin_next_pull(place: Place) -> Place:
    """Return where the next pull begins; without any row, where this one did."""
    if place.seen is None:
        return Place(place.since)
    return Place(place.seen - timedelta(seconds=OVERLAP_SECONDS))
