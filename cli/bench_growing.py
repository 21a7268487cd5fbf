"""What one more channel costs: the hub's work for a sale, with few channels and many.

One thread does all lanes in turn, and processor time is what counts: work, no waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

from ..store.marks import MarkKind
from ..sync.worker import run_due
from .bench_raw_stock import replay_sales
from .bench_stock_hub import HOLDER, BenchHub, Layout, open_stock_hub
from .bench_usage import read_processor_seconds

CHANNEL_COUNTS = (2, 4, 8, 16)
_SKUS = 1000
_UNITS = 10**6
_WARM_UP = 10


@dataclass(frozen=True, slots=True)
class SaleCost:
    """Processor time that one sale costs with so many channels, in milliseconds."""

    channels: int
    sale_ms: float
    raw_sale_ms: float


@dataclass(frozen=True, slots=True)
class GrowingFigures:
    """How the cost of a sale grows with the channels."""

    sales: int
    costs: tuple[SaleCost, ...]
    channel_ms: float
    """What a channel adds to each sale: the slope of the line through the costs."""
    raw_channel_ms: float
    ratio: float
    steepening: float
    """What a channel adds from 8 to 16, over what it adds from 2 to 8; 1 is linear."""


def measure_cost(
    home: Path, database_url: str, raw_url: str, channels: int, sales: int
) -> SaleCost:
    """Sell on each channel in turn and do all that follows from it.

    Args:
        home: an empty folder for the key, and the database if it is a file.
        database_url: an empty database.
        raw_url: another one.
        channels: how many there are.
        sales: how many are measured.
    """
    layout = Layout(channels, _SKUS, _UNITS)
    with open_stock_hub(home, database_url, layout) as bench:
        for turn in range(_WARM_UP):
            _sell(bench, turn)
        busy_before = read_processor_seconds()
        for turn in range(_WARM_UP, _WARM_UP + sales):
            _sell(bench, turn)
        seconds = read_processor_seconds() - busy_before
    count, others = _WARM_UP + sales, bench.names[1:]
    raw = replay_sales(database_url, raw_url, count, per_portion=1, others=others)
    return SaleCost(
        channels,
        round(1000 * seconds / sales, 3),
        round(1000 * raw.processor_seconds / count, 3),
    )


def _sell(bench: BenchHub, turn: int) -> None:
    hub, name = bench.hub, bench.shop_for(turn)
    bench.shops.by_name[name].sell(bench.sku_for(turn), hub.clock.now())
    hub.mark_now(MarkKind.PULL, name, name)
    run_due(hub, HOLDER)


def sum_up_costs(sales: int, costs: tuple[SaleCost, ...]) -> GrowingFigures:
    """Return what one more channel costs, from what sales cost with few and many."""
    counts = [cost.channels for cost in costs]
    slope = linear_regression(counts, [cost.sale_ms for cost in costs]).slope
    raw_slope = linear_regression(counts, [cost.raw_sale_ms for cost in costs]).slope
    first, middle, last = costs[0], costs[-2], costs[-1]
    early = (middle.sale_ms - first.sale_ms) / (middle.channels - first.channels)
    late = (last.sale_ms - middle.sale_ms) / (last.channels - middle.channels)
    return GrowingFigures(
        sales,
        costs,
        round(slope, 3),
        round(raw_slope, 3),
        round(raw_slope / slope, 3),
        round(late / early, 2),
    )
