"""A full reconcile: every listing of many compared with what it should show.

A few SKUs have a unit less than their listings show, all others stand as they were.
All SKUs are marked, the stock lane works them off, and then each channel is written to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..store.marks import Mark, MarkKind, Priority
from ..sync.compose import SystemClock
from ..sync.hub import STOCK_LANE
from ..sync.worker import run_lane
from .bench_channel import BATCH_MAX
from .bench_hub import require
from .bench_raw import Driver, open_driver
from .bench_stock_hub import HOLDER, BenchHub, Layout, name_sku, open_stock_hub
from .bench_usage import read_peak_memory_mb

CHANNELS = 10
_UNITS = 100
_CHANGED_EVERY = 100
"""One SKU in so many has changed."""
_MARKS_PER_TRANSACTION = 1000


@dataclass(frozen=True, slots=True)
class ReconcileFigures:
    """What a full reconcile took, and what it asked of the channels."""

    listings: int
    channels: int
    changed: int
    """Listings of each channel that had to be written."""
    seconds: float
    listings_per_second: float
    raw_listings_per_second: float
    ratio: float
    writes: int
    """Requests that wrote to one channel; the largest of all channels."""
    writes_needed: int
    """The changed listings of a channel over its batch, rounded up."""
    reads: int
    """Requests that read stock, over all channels."""
    written_in_vain: int
    """Listings that were written though they had not changed, or twice."""
    peak_memory_mb: float


def measure_reconcile(home: Path, database_url: str, listings: int) -> ReconcileFigures:
    """Reconcile all listings of ten channels, then compare them by hand.

    Args:
        home: an empty folder for the key, and the database if it is a file.
        database_url: an empty database.
        listings: how many, over all channels.

    Raises:
        CrossdockError: a listing that had to be written was not.
    """
    skus = listings // CHANNELS
    lowered = frozenset(range(0, skus, _CHANGED_EVERY))
    layout = Layout(CHANNELS, skus, _UNITS, lowered, only_comparing=True)
    with open_stock_hub(home, database_url, layout) as bench:
        clock = bench.hub.clock
        started_at = clock.monotonic_seconds()
        _mark_all(bench)
        for lane in (STOCK_LANE, *bench.names):
            while run_lane(bench.hub, lane, HOLDER).handled:
                pass
        seconds = clock.monotonic_seconds() - started_at
        peak_memory_mb = read_peak_memory_mb()
        shops = list(bench.shops.by_name.values())
    changed = {name_sku(number) for number in lowered}
    for shop in shops:
        missed = changed.difference(shop.written)
        require(not missed, f"{len(missed)} listings of {shop.name} were not written")
    raw_seconds = _compare_by_hand(database_url)
    return ReconcileFigures(
        listings=skus * CHANNELS,
        channels=CHANNELS,
        changed=len(changed),
        seconds=round(seconds, 2),
        listings_per_second=round(skus * CHANNELS / seconds, 1),
        raw_listings_per_second=round(skus * CHANNELS / raw_seconds, 1),
        ratio=round(raw_seconds / seconds, 3),
        writes=max(shop.writes for shop in shops),
        writes_needed=math.ceil(len(changed) / BATCH_MAX),
        reads=sum(shop.reads for shop in shops),
        written_in_vain=sum(len(shop.written) - len(changed) for shop in shops),
        peak_memory_mb=round(peak_memory_mb, 1),
    )


def _mark_all(bench: BenchHub) -> None:
    hub = bench.hub
    for start in range(0, bench.skus, _MARKS_PER_TRANSACTION):
        numbers = range(start, min(bench.skus, start + _MARKS_PER_TRANSACTION))
        now = hub.clock.now()
        with hub.store.transaction() as connection:
            hub.mark(
                connection,
                [
                    Mark(
                        MarkKind.RECONCILE,
                        name_sku(number),
                        STOCK_LANE,
                        Priority.ROUTINE,
                        now,
                    )
                    for number in numbers
                ],
            )


def _compare_by_hand(database_url: str) -> float:
    """Compare every listing in one statement, write what differs; return the seconds.

    A unit goes from the SKUs that had changed, so that the same listings differ again.
    """
    clock = SystemClock()
    with open_driver(database_url) as driver:
        lowered = "UPDATE positions SET on_hand = on_hand - 1 WHERE on_hand < ?"
        driver.change(lowered, [(_UNITS,)])
        driver.commit()
        started_at = clock.monotonic_seconds()
        differing = [
            (sellable, channel, record)
            for channel, record, sellable, desired in _list_sellable(driver)
            if sellable != desired
        ]
        driver.change(
            "UPDATE publications SET desired = ?, version = version + 1"
            " WHERE channel = ? AND stock_external_id = ?",
            differing,
        )
        driver.commit()
        return clock.monotonic_seconds() - started_at


def _list_sellable(driver: Driver) -> Iterator[tuple[str, str, int, int]]:
    found = driver.stream(
        "SELECT l.channel, l.stock_external_id, c.units,"
        " p.on_hand - p.allocated - p.reserved, s.desired"
        " FROM components c"
        " JOIN listings l ON l.id = c.listing_id"
        " JOIN positions p ON p.sku = c.sku"
        " JOIN publications s ON s.channel = l.channel"
        " AND s.stock_external_id = l.stock_external_id"
    )
    for channel, record, units, available, desired in found:
        yield channel, record, max(0, available) // units, desired
