"""What can be seen of the demonstration at one moment, as plain figures.

Read from the shops' books and from the hub's tables, without disturbing either. How it
looks is for ``view``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ...store import conflicts, figures, stock
from .goods import MUG
from .measures import count_faults, read_latency
from .scene import Scene

HOT_COUNT = 7
NEWS_COUNT = 7


@dataclass(frozen=True, slots=True)
class Hot:
    """One SKU that is watched: its units in the warehouse, the hub and the shops."""

    sku: str
    really_free: int
    hub_free: int
    shown: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the demonstration."""

    act: str
    seconds: float
    placed: dict[str, int]
    """Orders by channel, in the shops' books."""
    ingested: dict[str, int]
    """Orders by channel, in the hub."""
    parcels: dict[str, int]
    changes: dict[str, int]
    turned_away: int
    oversold: int
    hot: tuple[Hot, ...]
    latency_ms: dict[str, float]
    conflicts: dict[str, int]
    faults: dict[str, int]
    news: tuple[str, ...]


def take_snapshot(scene: Scene) -> Snapshot:
    """Look at everything once."""
    world, street = scene.stage.world, scene.street
    hot = [good.sku for good in scene.stage.goods if good.scarce]
    hot = [*hot, MUG][:HOT_COUNT]
    with scene.hub.store.reading() as connection:
        ingested = {
            channel: figures.count_orders(connection, channel)
            for channel in scene.stage.offers
        }
        positions = stock.load_positions(connection, hot)
        waiting = conflicts.load_many(connection)
    hub_free = dict.fromkeys(hot, 0)
    for key, counts in positions.items():
        hub_free[key.sku] += counts.on_hand - counts.allocated - counts.reserved
    return Snapshot(
        act=scene.act,
        seconds=scene.seconds,
        placed={channel: len(world.orders(channel)) for channel in ingested},
        ingested=ingested,
        parcels=dict(Counter(street.parcels.values())),
        changes=dict(street.changes),
        turned_away=world.turned_away,
        oversold=world.oversold_units_peak(),
        hot=tuple(
            Hot(
                sku,
                world.physical_units(sku) - world.sold_units(sku),
                hub_free[sku],
                {channel: _find_shown(scene, channel, sku) for channel in ingested},
            )
            for sku in hot
        ),
        latency_ms=read_latency(scene.stage),
        conflicts=dict(Counter(one.kind.value for one in waiting)),
        faults=count_faults(scene.stage),
        news=tuple(street.news[-NEWS_COUNT:]),
    )


def _find_shown(scene: Scene, channel: str, sku: str) -> int | None:
    """Return what a shop shows for the listing that sells one of a SKU."""
    for listing, sells in scene.stage.offers[channel].items():
        if sells == {sku: 1}:
            return scene.stage.shop(channel).shown(listing)
    return None
