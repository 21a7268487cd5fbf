"""Where a pull of orders has come to. Pure; the requests are made in ``orders``.

Neither of Vendure's two times tells everything. ``orderPlacedAt`` is set once;
``updatedAt`` moves when an order is edited or cancelled, and does not when it is
placed, paid, shipped, delivered or refunded. So a pull has up to three walks: what was
placed, what was updated, and, every few minutes, every order that can still change.
Each walk goes on from the last moment that it saw, so rows that leave the list shift
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal, Self

import orjson
from pydantic import NonNegativeInt, TypeAdapter

from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime

OVERLAP_SECONDS = 120
"""How far a pull reaches back: transactions that were under way."""

CLOSED = ("Delivered", "Cancelled")
"""States in which an order usually stays."""

_RESOLUTION = timedelta(seconds=1)
"""SQLite keeps whole seconds, and compares them as texts."""
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_SKIP_MAX = 100_000
_VERSION: Final = 1


class Walk(StrEnum):
    """Which list is being walked."""

    PLACED = "placed"
    UPDATED = "updated"
    OPEN = "open"


_SHAPE = TypeAdapter(
    tuple[Literal[1], Walk, UtcTime, NonNegativeInt, UtcTime, UtcTime, UtcTime, UtcTime]
)


@dataclass(frozen=True, slots=True)
class Place:
    """The walk, the moment that it goes on from, and how far each walk has come."""

    walk: Walk
    since: datetime
    skip: int
    """Rows of a crowded second that have been read."""
    floor: datetime
    """Where the very first pull was to start."""
    placed: datetime
    updated: datetime
    recheck_at: datetime

    @classmethod
    def start(cls, since: datetime, now: datetime) -> Self:
        """Return where the very first pull begins."""
        return cls(Walk.PLACED, since, 0, since, since, since, now)

    def encode(self) -> str:
        """Return the cursor as text."""
        moments = (self.floor, self.placed, self.updated, self.recheck_at)
        told = [_VERSION, self.walk, self.since, self.skip, *moments]
        return orjson.dumps(told).decode()

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the place that ``encode`` made a cursor of.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        try:
            _, walk, since, skip, *moments = _SHAPE.validate_json(cursor)
        except ValueError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was pulled before is recognised.",
            ) from None
        floor, placed, updated, recheck_at = moments
        return cls(walk, since, skip, floor, placed, updated, recheck_at)

    @property
    def axis(self) -> str:
        """The time by which this walk goes."""
        return "updatedAt" if self.walk is Walk.UPDATED else "orderPlacedAt"

    def options(self, take: int, closed_since: datetime) -> dict[str, Any]:
        """Return what to ask ``orders`` for.

        Args:
            take: how many.
            closed_since: closed orders placed after it are walked with the open ones.
        """
        wanted: dict[str, Any] = dict(PLACED_ORDERS)
        wanted[self.axis] = {"after": _tell(self.since - _RESOLUTION)}
        if self.walk is Walk.OPEN:
            wanted["_or"] = [
                {"state": {"notIn": list(CLOSED)}},
                {"orderPlacedAt": {"after": _tell(closed_since)}},
            ]
        return {
            "filter": wanted,
            "sort": {self.axis: "ASC", "id": "ASC"},
            "skip": self.skip,
            "take": take,
        }

    def advance(
        self,
        rows: Sequence[tuple[datetime, datetime]],
        take: int,
        *,
        now: datetime,
        recheck: timedelta,
    ) -> tuple[Place, bool]:
        """Return the place after a page, and whether the pull is complete.

        Args:
            rows: when each order was placed, and when it was updated.
            take: how many had been asked for.
            now: the hub's time, for when open orders are due.
            recheck: how long after that they are due again.

        Raises:
            ContractBrokenError: the list does not keep to what it was asked.
        """
        times = [row[1] if self.walk is Walk.UPDATED else row[0] for row in rows]
        here = self._note(rows)
        if len(rows) < take:
            return _begin_next_walk(here, now, recheck)
        if min(times) < self.since - 2 * _RESOLUTION or self.skip > _SKIP_MAX:
            raise ContractBrokenError(
                "the server's list does not go on from where it was asked to"
            )
        if max(times) > self.since:
            return replace(here, since=max(times), skip=0), False
        return replace(here, skip=self.skip + len(rows)), False

    def _note(self, rows: Sequence[tuple[datetime, datetime]]) -> Place:
        if self.walk is Walk.PLACED:
            return replace(self, placed=max([self.placed, *(row[0] for row in rows)]))
        if self.walk is Walk.UPDATED:
            return replace(self, updated=max([self.updated, *(row[1] for row in rows)]))
        return self


PLACED_ORDERS: dict[str, Any] = {
    "active": {"eq": False},
    "orderPlacedAt": {"isNull": False},
    "type": {"notEq": "Aggregate"},
}
"""Filters that leave out carts, drafts, and what only sums up sellers' orders."""


def _begin_next_walk(
    place: Place, now: datetime, recheck: timedelta
) -> tuple[Place, bool]:
    overlap = timedelta(seconds=OVERLAP_SECONDS)
    if place.walk is Walk.PLACED:
        since = place.updated - overlap
        return replace(place, walk=Walk.UPDATED, since=since, skip=0), False
    if place.walk is Walk.UPDATED and now >= place.recheck_at:
        begun = replace(place, recheck_at=now + recheck)
        return replace(begun, walk=Walk.OPEN, since=_BEGINNING, skip=0), False
    since = place.placed - overlap
    return replace(place, walk=Walk.PLACED, since=since, skip=0), True


def _tell(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
