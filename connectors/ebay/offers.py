"""Which offers each SKU has, asked once and remembered for a while.

A price belongs to an offer, and so may a quantity of its own; the bulk write wants the
offers' ids, which eBay tells for one SKU at a time only. What is remembered can be
asked for again at any time, and is forgotten when eBay refuses it.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from ...canonical.clock import Clock
from ..calls import Call, Transport
from .doors import INVENTORY
from .wire import Json, Offer, Offers, read_answer, read_shape

KEPT = timedelta(hours=12)
"""Offers are made and withdrawn by people, and not by the minute."""
SKU_LENGTH_MAX = 50
_NO_OFFERS = (400, 404)
"""Of a SKU that has none, or that eBay does not know; a write then says which."""
_LIVE = "PUBLISHED"
_FIXED_PRICE = "FIXED_PRICE"


class OfferBook:
    """The offers of one account's SKUs. Thread-safe."""

    def __init__(self, seller: Transport, clock: Clock) -> None:
        self._seller = seller
        self._clock = clock
        self._kept: dict[str, tuple[datetime, tuple[Offer, ...]]] = {}
        self._lock = threading.Lock()

    def find_live(self, sku: str) -> tuple[Offer, ...]:
        """Return the offers of a SKU that shoppers can buy at a fixed price."""
        with self._lock:
            known = self._kept.get(sku)
        if known is None or self._clock.now() >= known[0] + KEPT:
            self.read(sku)
            with self._lock:
                known = self._kept[sku]
        return known[1]

    def read(self, sku: str) -> list[Json]:
        """Return all offers of a SKU as eBay tells them, and remember the live ones."""
        call = Call(
            "GET",
            f"{INVENTORY}/offer",
            {"sku": sku},
            safe=True,
            accept_statuses=_NO_OFFERS,
        )
        answer = self._seller.send(call)
        none = answer.status in _NO_OFFERS
        rows = () if none else read_answer(Offers, answer).offers
        offers = [read_shape(Offer, row) for row in rows]
        live = tuple(
            offer
            for offer in offers
            if (offer.status, offer.format) == (_LIVE, _FIXED_PRICE)
        )
        with self._lock:
            self._kept[sku] = (self._clock.now(), live)
        return list(rows)

    def forget(self, sku: str) -> None:
        """Ask anew the next time."""
        with self._lock:
            self._kept.pop(sku, None)
