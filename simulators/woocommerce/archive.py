"""Many orders that cost nothing to keep: written from a template when asked for.

For benchmarks. Archived orders are older than all others and cannot be changed; they
are in no one's books but this list, because nothing was really sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .times import gmt_text, local_text

ORDERS_PER_SECOND = 5
"""How many archived orders share one second: enough for ties at every page edge."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Orders number 0 to ``count`` - 1, in order of id and of time.

    Args:
        templates: an order as JSON with ``%`` placeholders, one per mix of products;
            the placeholders are ``order`` (the id), ``local`` and ``gmt``.
        ids_per_order: how far apart the ids of two orders are; line ids lie between.
    """

    count: int
    first_id: int
    ids_per_order: int
    started: datetime
    zone: ZoneInfo
    templates: tuple[str, ...]

    def modified(self, index: int) -> datetime:
        """Return when an order was made and last changed."""
        return self.started + timedelta(seconds=index // ORDERS_PER_SECOND)

    def first_modified_after(self, moment: datetime) -> int:
        """Return the lowest index that changed strictly after ``moment``."""
        seconds = (moment - self.started).total_seconds()
        return min(self.count, max(0, (int(seconds // 1) + 1) * ORDERS_PER_SECOND))

    def order_id(self, index: int) -> int:
        """Return the id of an order."""
        return self.first_id + index * self.ids_per_order

    def find(self, order_id: int) -> int | None:
        """Return the index of an order, or None where no archived order has that id."""
        index, rest = divmod(order_id - self.first_id, self.ids_per_order)
        return index if rest == 0 and 0 <= index < self.count else None

    def encoded(self, index: int) -> bytes:
        """Return an order as JSON."""
        moment = self.modified(index)
        order_id = self.order_id(index)
        values: dict[str, object] = {
            "order": order_id,
            "local": local_text(moment, self.zone),
            "gmt": gmt_text(moment),
        }
        for offset in range(1, self.ids_per_order):
            values[f"id{offset}"] = order_id + offset
        return (self.templates[index % len(self.templates)] % values).encode()


NO_ARCHIVE = Archive(
    count=0,
    first_id=1,
    ids_per_order=1,
    started=datetime(2026, 1, 1, tzinfo=UTC),
    zone=ZoneInfo("UTC"),
    templates=(),
)
