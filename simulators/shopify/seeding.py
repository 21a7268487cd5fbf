"""A large shop at once, for benchmarks: many orders, and pages that are encoded once.

Executing GraphQL takes about a millisecond for an order; a benchmark that measures a
client asks for everything once beforehand and is then served from ``PageCache``.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta

from ..books import BasketLine
from .books import Books
from .goods import Variant
from .orders import Checkout, Ledger, place_order
from .records import Buyer

_PAGES_KEPT = 512
_STOCK_EACH = 1_000_000_000


def seed_orders(
    ledger: Ledger, variants: list[Variant], *, count: int, lines_per_order: int
) -> list[str]:
    """Place ``count`` orders, one second apart, and return their ids, oldest first.

    The stock of ``variants`` is set high enough first.
    """
    books = ledger.books
    for variant in variants:
        for level in variant.levels.values():
            level.available = _STOCK_EACH
    start = books.now() - timedelta(seconds=count)
    placed = []
    for position in range(count):
        basket = [
            BasketLine(variants[(position + line) % len(variants)].gid, 1)
            for line in range(lines_per_order)
        ]
        buyer = Buyer(name=f"Buyer {position}", email=f"b{position}@shopper.example")
        order = place_order(ledger, basket, Checkout(buyer=buyer))
        order.created_at = order.updated_at = start + timedelta(seconds=position)
        placed.append(order.gid)
    return placed


class PageCache:
    """Answers of queries, as encoded text, good until anything in the books changes."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._pages: OrderedDict[bytes, tuple[int, bytes, int]] = OrderedDict()
        self.enabled = False

    def find(self, request_body: bytes) -> tuple[bytes, int] | None:
        """Return the encoded ``data`` of a request and its cost, or None."""
        kept = self._pages.get(request_body)
        if kept is None or kept[0] != self._books.revision:
            return None
        return kept[1], kept[2]

    def keep(self, request_body: bytes, data: bytes, cost: int) -> None:
        """Keep an answer, if the cache is in use; the oldest goes when it is full."""
        if not self.enabled:
            return
        self._pages[request_body] = (self._books.revision, data, cost)
        self._pages.move_to_end(request_body)
        while len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)
