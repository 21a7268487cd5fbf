"""Supplies: what SKUs have to offer, read from positions, terms and what is on its way.

Loads the figures of ``decide.supplies``; decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..store import stock
from ..store.engine import Connection
from .decide.supplies import Supply
from .hub import Hub


def load_supplies(
    hub: Hub, connection: Connection, skus: Iterable[str]
) -> dict[str, Supply]:
    """Return what each SKU has to offer, over all locations."""
    wanted = set(skus)
    safety = stock.load_safety_stock(connection, wanted)
    available = dict.fromkeys(wanted, 0)
    for key, counts in stock.load_positions(connection, wanted).items():
        free = counts.on_hand - counts.allocated - counts.reserved
        available[key.sku] += max(0, free)
    return {
        sku: Supply(units, safety.get(sku, 0) or hub.tuning.safety_stock)
        for sku, units in available.items()
    }
