"""How long the other channels kept showing too much after a sale.

A part of ``world``, which knows the sales and calls this under its lock. It measures
only; it knows no SKUs and no channels, only keys of listings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

ListingKey = tuple[str, str]
"""Channel and listing."""


@dataclass(slots=True)
class _Pending:
    """A sale elsewhere that a listing does not yet reflect."""

    sold_at: datetime
    shown: int
    """What the listing showed at the sale, less what it has sold itself since."""


class UpdateWatch:
    """Matches sales with the writes that make the other listings reflect them.

    A write reflects a sale when it shows less than was shown at the sale (after the
    listing's own sales), or no more than really exists: a delivery to the warehouse may
    raise a quantity and reflect the sale all the same. A listing that showed no more
    than was left after the sale had nothing to reflect.
    """

    def __init__(self) -> None:
        self._shown: dict[ListingKey, int] = {}
        self._pending: dict[ListingKey, list[_Pending]] = defaultdict(list)
        self._latencies_ms: list[float] = []

    def sold(self, at: datetime, others: Iterable[tuple[ListingKey, int]]) -> None:
        """Note a sale that concerns listings of other channels.

        Args:
            at: when.
            others: each listing, and how many of it are left after the sale.
        """
        for key, available in others:
            shown = self._shown.get(key, 0)
            if shown > available:
                self._pending[key].append(_Pending(at, shown))

    def show(
        self,
        key: ListingKey,
        quantity: int,
        *,
        at: datetime,
        written: bool,
        available: int,
    ) -> None:
        """Note what a listing shows; a written quantity may settle what is pending."""
        change = quantity - self._shown.get(key, 0)
        self._shown[key] = quantity
        still_pending = []
        for pending in self._pending[key]:
            if written and (quantity < pending.shown or quantity <= available):
                self._latencies_ms.append(
                    (at - pending.sold_at).total_seconds() * 1000.0
                )
                continue
            if not written:
                pending.shown += change
            still_pending.append(pending)
        self._pending[key] = still_pending

    def latencies_ms(self) -> tuple[float, ...]:
        """Return the measured times, shortest first."""
        return tuple(sorted(self._latencies_ms))

    def outstanding(self, available: Callable[[ListingKey], int]) -> int:
        """Return how many listings with pending sales show more than is available."""
        return sum(
            1
            for key, pending in self._pending.items()
            if pending and self._shown.get(key, 0) > available(key)
        )
