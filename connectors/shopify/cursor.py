"""Where a pull has come to, as text that the hub keeps.

A scan asks one question, unchanged from page to page, and goes on after Shopify's own
page token. The question is put anew, from where the scan has come to, when Shopify no
longer knows the token, and before the scan is longer than Shopify lets any list be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Self

import orjson
from pydantic import NonNegativeInt, TypeAdapter

from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime

OVERLAP = timedelta(seconds=300)
VISIBILITY_LAG = timedelta(seconds=10)

_LENGTH_MAX = 20_000
"""Shopify ends every list after 25,000 records."""

_VERSION: Final = 1
_ORDERS = TypeAdapter(
    tuple[
        Literal[1], UtcTime, str | None, NonNegativeInt, UtcTime | None, UtcTime | None
    ]
)
_PRODUCTS = TypeAdapter(tuple[Literal[1], NonNegativeInt, str | None, NonNegativeInt])


@dataclass(frozen=True, slots=True)
class OrderScan:
    """One walk over all orders changed since a moment. All times are Shopify's.

    The next scan starts where this one started, and reaches back further, because
    Shopify's search may show a change late.
    """

    since: datetime
    after: str | None = None
    """Shopify's token of the page that was read last."""
    length: int = 0
    """How many orders the present question has brought."""
    reached: datetime | None = None
    """The latest change among the pages read."""
    started_at: datetime | None = None
    """When the first page was read."""

    @property
    def query(self) -> str:
        """The scan's question, in Shopify's search syntax. Inclusive, whole seconds."""
        moment = self.since.astimezone(UTC).replace(microsecond=0)
        return f"updated_at:>='{moment:%Y-%m-%dT%H:%M:%SZ}'"

    def encode(self) -> str:
        """Return the cursor as text."""
        return orjson.dumps(
            [
                _VERSION,
                self.since,
                self.after,
                self.length,
                self.reached,
                self.started_at,
            ]
        ).decode()

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the scan that ``encode`` made a cursor of.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        try:
            _, since, after, length, reached, started_at = _ORDERS.validate_json(cursor)
        except ValueError:
            raise _unreadable() from None
        return cls(since, after, length, reached, started_at)

    def see(self, changes: list[datetime], channel_time: datetime | None) -> Self:
        """Return the scan with one more page read."""
        started_at = self.started_at or channel_time
        # A change from the future would make the scan skip what came before it.
        sound = [at for at in changes if started_at is None or at <= started_at]
        if self.reached:
            sound.append(self.reached)
        return replace(
            self,
            length=self.length + len(changes),
            reached=max(sound, default=None),
            started_at=started_at,
        )

    def has_caught_up(self, changes: list[datetime]) -> bool:
        """Say whether a page holds only what changed while the scan was under way.

        Busy shops change orders as fast as they are read; the next scan has them.
        """
        if self.started_at is None or not changes:
            return False
        return min(changes) > self.started_at

    def follow(self, token: str) -> Self:
        """Return the scan that reads on after a page."""
        if self.length >= _LENGTH_MAX:
            return self.ask_anew()
        return replace(self, after=token)

    def ask_anew(self) -> Self:
        """Return the scan with a new question, from the last change reached."""
        since = self.since
        if self.reached:
            since = max(since, self.reached - VISIBILITY_LAG)
        return replace(self, since=since, after=None, length=0)

    def finish(self) -> Self:
        """Return the scan that follows this one."""
        end = self.started_at or self.reached
        if end is None:
            return type(self)(self.since)
        return type(self)(max(self.since, end - VISIBILITY_LAG - OVERLAP))


@dataclass(frozen=True, slots=True)
class ProductScan:
    """One walk over all products, by their number."""

    floor: int = 0
    """The number after which the present question starts."""
    after: str | None = None
    """Shopify's token of the page that was read last."""
    length: int = 0
    """How many products the present question has brought."""

    @property
    def query(self) -> str | None:
        """The scan's question; none at first, which Shopify answers from its books.

        With one it asks its search index, which may lag.
        """
        return f"id:>={self.floor + 1}" if self.floor else None

    def encode(self) -> str:
        """Return the cursor as text."""
        parts = [_VERSION, self.floor, self.after, self.length]
        return orjson.dumps(parts).decode()

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the scan that ``encode`` made a cursor of.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        try:
            _, floor, after, length = _PRODUCTS.validate_json(cursor)
        except ValueError:
            raise _unreadable() from None
        return cls(floor, after, length)

    def ask_anew(self) -> Self:
        """Return the scan with its present question from the start."""
        return type(self)(self.floor)

    def follow(self, token: str, count: int, number: int) -> Self:
        """Return the scan that reads on after a page.

        Args:
            token: Shopify's, of the page.
            count: how many products the page had.
            number: of the last product.
        """
        length = self.length + count
        if length >= _LENGTH_MAX:
            return type(self)(floor=number)
        return replace(self, after=token, length=length)


def _unreadable() -> ContractBrokenError:
    return ContractBrokenError(
        "a saved cursor cannot be read",
        next_step="Reset the cursor; what was pulled before is recognised.",
    )
