"""Allocations: orders of one line from a record to committed units, and raw.

One order at a time, as webhooks bring them, and a page at a time, as a pull does; on
one SKU that everybody buys, and on many. Nobody else works meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..sync.ingest import ingest_orders
from .bench_hub import require
from .bench_raw_stock import replay_sales
from .bench_stock_hub import BenchHub, Layout, open_stock_hub
from .bench_usage import read_processor_seconds

_AMPLE_UNITS = 10**7


@dataclass(frozen=True, slots=True)
class Allocating:
    """What is allocated in one measurement."""

    skus: int
    per_page: int
    count: int


@dataclass(frozen=True, slots=True)
class AllocatingFigures:
    """How fast a hub allocated, and how fast its rows alone can be written."""

    skus: int
    per_page: int
    count: int
    per_second: float
    raw_per_second: float
    ratio: float
    processor_ratio: float


def measure_allocating(
    home: Path, database_url: str, raw_url: str, task: Allocating
) -> AllocatingFigures:
    """Allocate for orders, then write the very same rows with nothing in between.

    Args:
        home: an empty folder for the key, and the database if it is a file.
        database_url: an empty database.
        raw_url: another one.
        task: how many, of what, and how many at a time.
    """
    layout = Layout(channels=1, skus=task.skus, units=_AMPLE_UNITS)
    with open_stock_hub(home, database_url, layout) as bench:
        seconds, processor_seconds = _allocate(bench, task)
    raw = replay_sales(database_url, raw_url, task.count, task.per_page, others=())
    return AllocatingFigures(
        task.skus,
        task.per_page,
        task.count,
        round(task.count / seconds, 1),
        round(task.count / raw.seconds, 1),
        round(raw.seconds / seconds, 3),
        round(raw.processor_seconds / processor_seconds, 3),
    )


def _allocate(bench: BenchHub, task: Allocating) -> tuple[float, float]:
    hub, (name,) = bench.hub, bench.names
    shop, channel = bench.shops.by_name[name], bench.hub.load_channel(name)
    now = hub.clock.now()
    sold = [shop.sell(bench.sku_for(turn), now) for turn in range(task.count)]
    busy_before = read_processor_seconds()
    started_at = hub.clock.monotonic_seconds()
    for start in range(0, task.count, task.per_page):
        page = sold[start : start + task.per_page]
        report = ingest_orders(hub, channel, page)
        require(report.applied == len(page), f"{report.applied} orders were applied")
    seconds = hub.clock.monotonic_seconds() - started_at
    return seconds, read_processor_seconds() - busy_before
