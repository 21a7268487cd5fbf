"""Supplies: what SKUs have to offer, read from positions, terms and what is on its way.

Loads the figures of ``decide.supplies``; decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..canonical.stock import IN_TRANSIT
from ..store import stock, transfers
from ..store.engine import Connection
from .decide.supplies import Headroom, Supply
from .hub import Hub
from .places import Places, load_places


def load_supplies(
    hub: Hub, connection: Connection, skus: Iterable[str]
) -> dict[str, Supply]:
    """Return what each SKU has to offer, over all locations that sell."""
    wanted = set(skus)
    terms = stock.load_terms(connection, wanted)
    headrooms = load_headrooms(connection, wanted)
    selling = load_places(hub, connection).selling
    positions: dict[str, dict[str, stock.Counts]] = {sku: {} for sku in wanted}
    for key, counts in stock.load_positions(connection, wanted).items():
        positions[key.sku][key.location] = counts
    return {
        sku: _add_up(
            at,
            selling,
            terms.get(sku, stock.SkuTerms()).safety_stock or hub.tuning.safety_stock,
            headrooms[sku],
        )
        for sku, at in positions.items()
    }


def limit_supplies(
    supplies: Mapping[str, Supply], places: Places, channel: str
) -> Mapping[str, Supply]:
    """Return what a channel may sell from: the same, unless its places are limited."""
    if channel not in places.limits:
        return supplies
    usable = places.usable(channel)
    return {sku: supply.at(usable) for sku, supply in supplies.items()}


def load_headrooms(connection: Connection, skus: Iterable[str]) -> dict[str, Headroom]:
    """Return how much of each SKU may be sold without being there."""
    wanted = set(skus)
    terms = stock.load_terms(connection, wanted)
    incoming = transfers.sum_incoming(connection, wanted)
    short = stock.sum_short(connection, wanted)
    return {
        sku: Headroom(
            terms[sku].backorder_units if sku in terms else 0,
            terms[sku].preorder_units if sku in terms else 0,
            incoming.get(sku, 0),
            short.get(sku, 0),
        )
        for sku in wanted
    }


def _add_up(
    at: dict[str, stock.Counts],
    selling: tuple[str, ...],
    safety_stock: int,
    headroom: Headroom,
) -> Supply:
    free = {
        name: max(0, at[name].on_hand - at[name].allocated - at[name].reserved)
        for name in selling
        if name in at
    }
    own = [counts for name, counts in at.items() if name != IN_TRANSIT]
    moving = at.get(IN_TRANSIT)
    return Supply(
        sum(free.values()),
        safety_stock,
        headroom,
        free,
        on_hand=sum(counts.on_hand for counts in own),
        allocated=sum(counts.allocated for counts in own),
        reserved=sum(counts.reserved for counts in own),
        in_transit=moving.on_hand if moving else 0,
    )
