"""Query cost: how many records to ask for at once, and how long to wait for points.

Shopify prices a query before it runs, by the largest answer that it could have, and
refuses one above 1,000 points whatever is in the bucket. The price of a list grows more
slowly than its length and is not published, so the size is found by asking.
"""

from __future__ import annotations

from .wire import Cost

RECORDS_MAX = 250
"""Shopify's limit for one page and for one list of ids."""

_DELAY_SECONDS = 2.0
_DELAY_SECONDS_MIN = 1.0


class PageSize:
    """How many records of one kind to ask for at once; it follows what Shopify allows.

    It grows while pages come full, so that a long walk takes few requests and a short
    one few points.
    """

    def __init__(self, first: int) -> None:
        self.current = first
        self._refused = RECORDS_MAX + 1

    def grow(self) -> None:
        """Ask for twice as many next time, unless that was refused before."""
        larger = min(RECORDS_MAX, self.current * 2)
        if larger < self._refused:
            self.current = larger

    def shrink(self) -> bool:
        """Ask for half from now on; False if it was a single record already."""
        if self.current == 1:
            return False
        self._refused = self.current
        self.current //= 2
        return True


def read_delay_seconds(cost: Cost | None) -> float:
    """Return after how many seconds the bucket holds enough for the query again."""
    status = cost.throttle_status if cost else None
    if cost is None or status is None or status.restore_rate <= 0:
        return _DELAY_SECONDS
    wanted = cost.requested_query_cost or 0.0
    missing = min(wanted, status.maximum_available) - status.currently_available
    return max(_DELAY_SECONDS_MIN, missing / status.restore_rate)
