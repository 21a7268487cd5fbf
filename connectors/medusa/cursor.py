"""Where a walk through one of Medusa's lists has come to. Pure; others ask.

Medusa pages by offset, over a list from which rows move away while we read. So no
offset is ever used: after a full page the next request starts at the last moment seen.
A moment with more rows than a page (an import) is asked for again in a larger page;
Medusa caps none. What comes twice is recognised; nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Self

import orjson
from pydantic import NonNegativeInt, TypeAdapter

from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime

OVERLAP_SECONDS = 120
"""How far a pull reaches back: transactions that were open when it read."""
GROWTH_MAX = 8
"""How often a page may double for a crowded moment: 256 times the usual page."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

_VERSION: Final = 1
_SHAPE = TypeAdapter(
    tuple[Literal[1], UtcTime, NonNegativeInt, UtcTime | None, NonNegativeInt, bool]
)


@dataclass(frozen=True, slots=True)
class Walk:
    """The moment to ask from, and how often the page has doubled for it."""

    since: datetime
    doubled: int = 0

    def params(self, field: str, page_size: int) -> dict[str, str]:
        """Return what to ask the list for, by the time in ``field``."""
        moment = self.since.astimezone(UTC).isoformat(timespec="milliseconds")
        return {
            f"{field}[$gte]": moment.replace("+00:00", "Z"),
            "order": field,
            "limit": str(page_size << self.doubled),
        }

    def advance(self, times: Sequence[datetime], page_size: int) -> tuple[Walk, bool]:
        """Return the walk after a page of these times, and whether it was the last.

        Raises:
            ContractBrokenError: the server did not keep to the filter, or one moment
                has more rows than any page; the walk would never end.
        """
        # What is stored in microseconds is shown and asked for in milliseconds.
        if any(time < self.since - timedelta(seconds=1) for time in times):
            raise ContractBrokenError(
                "the server ignored a filter by time, and gave older rows"
            )
        reached = max(times, default=self.since)
        if len(times) < page_size << self.doubled:
            return Walk(reached), True
        if reached > self.since:
            return Walk(reached), False
        if self.doubled == GROWTH_MAX:
            raise ContractBrokenError("the server's list would never end")
        return replace(self, doubled=self.doubled + 1), False

    def step_back(self) -> Walk:
        """Return where the next pull begins."""
        return Walk(self.since - timedelta(seconds=OVERLAP_SECONDS))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pull of orders has come to: the orders first, and then the payments.

    ``payments`` is None until the first answer has told the server's time.
    """

    orders: Walk
    payments: Walk | None = None
    orders_done: bool = False

    def encode(self) -> str:
        """Return the cursor as text."""
        since, doubled = (
            (self.payments.since, self.payments.doubled) if self.payments else (None, 0)
        )
        parts = [
            _VERSION,
            self.orders.since,
            self.orders.doubled,
            since,
            doubled,
            self.orders_done,
        ]
        return orjson.dumps(parts).decode()

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the place that ``encode`` made a cursor of.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        try:
            _, since, doubled, paid_since, paid_doubled, done = _SHAPE.validate_json(
                cursor
            )
        except ValueError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was pulled before is recognised.",
            ) from None
        payments = Walk(paid_since, paid_doubled) if paid_since else None
        return cls(Walk(since, doubled), payments, done)
