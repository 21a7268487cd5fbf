"""Latency: from a sale that arrives to the last write that leaves for the others.

The engine runs as in ``crossdock run``, a lane for each channel. A shop calls (its
webhook), its order is read, units are allocated, what all channels should show follows,
and every other channel is written to. The channels answer at once: what is measured is
what the hub adds.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from ..canonical.pushes import StockWrite
from ..sync.engine import Engine
from ..sync.webhooks import receive_webhook
from .bench_hub import require
from .bench_raw_stock import replay_sales
from .bench_stock_hub import HOLDER, BenchHub, Layout, open_stock_hub

CHANNELS = 8
_SKUS = 1000
_UNITS = 10**6
_PAUSE_SECONDS = 0.1
"""Between two sales: what the last one left to do is done by then."""
_WARM_UP = 10
"""Sales before the measured ones: connections are opened, statements prepared."""
_SALE_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class LatencyFigures:
    """How long the hub took to tell every other channel of a sale, in milliseconds."""

    channels: int
    sales: int
    p50_ms: float
    p99_ms: float
    longest_ms: float
    raw_p50_ms: float
    raw_p99_ms: float
    ratio: float
    """The raw limit's median as a share of the hub's."""


def measure_latency(
    home: Path, database_url: str, raw_url: str, sales: int
) -> LatencyFigures:
    """Sell one unit after the other, on each channel in turn, and take the time.

    Args:
        home: an empty folder for the key, and the database if it is a file.
        database_url: an empty database.
        raw_url: another one.
        sales: how many.

    Raises:
        CrossdockError: a channel was not told within a minute.
    """
    layout = Layout(CHANNELS, _SKUS, _UNITS)
    with (
        open_stock_hub(home, database_url, layout) as bench,
        _run_engine(bench),
    ):
        taken = [_sell(bench, turn) for turn in range(_WARM_UP + sales)]
    others = bench.names[1:]
    raw = replay_sales(database_url, raw_url, len(taken), per_portion=1, others=others)
    taken_ms = [1000 * seconds for seconds in taken[_WARM_UP:]]
    raw_ms = [1000 * seconds for seconds in raw.portions_seconds[_WARM_UP:]]
    return LatencyFigures(
        CHANNELS,
        sales,
        p50_ms=round(find_share(taken_ms, 0.5), 2),
        p99_ms=round(find_share(taken_ms, 0.99), 2),
        longest_ms=round(max(taken_ms), 2),
        raw_p50_ms=round(find_share(raw_ms, 0.5), 2),
        raw_p99_ms=round(find_share(raw_ms, 0.99), 2),
        ratio=round(find_share(raw_ms, 0.5) / find_share(taken_ms, 0.5), 3),
    )


def find_share(figures: Sequence[float], share: float) -> float:
    """Return the figure that so large a share of all does not exceed."""
    return sorted(figures)[math.ceil(share * len(figures)) - 1]


@contextmanager
def _run_engine(bench: BenchHub) -> Iterator[None]:
    """Let the engine work in a thread of its own, with lanes in theirs."""
    engine = Engine(bench.hub, HOLDER)
    thread = threading.Thread(target=asyncio.run, args=(engine.run(),))
    thread.start()
    try:
        yield
    finally:
        engine.stop()
        thread.join()


@dataclass(slots=True)
class _Watch:
    """Waits until every shop in question was told of one record."""

    record: str
    missing: set[str]
    done: threading.Event

    def note(self, name: str, writes: Sequence[StockWrite]) -> None:
        """See a write that reaches a shop."""
        if any(write.stock_external_id == self.record for write in writes):
            self.missing.discard(name)
            if not self.missing:
                self.done.set()


def _sell(bench: BenchHub, turn: int) -> float:
    """Sell a unit on one channel; return the seconds until all others are told."""
    hub, name = bench.hub, bench.shop_for(turn)
    record = bench.sku_for(turn)
    watch = _Watch(record, set(bench.names) - {name}, threading.Event())
    for shop in bench.shops.by_name.values():
        shop.on_write = watch.note
    order = bench.shops.by_name[name].sell(record, hub.clock.now())
    path = hub.load_channel(name).webhook_path
    call = orjson.dumps({"order": order.external_id})
    started_at = hub.clock.monotonic_seconds()
    receive_webhook(hub, path, {}, call)
    told = watch.done.wait(_SALE_SECONDS_MAX)
    seconds = hub.clock.monotonic_seconds() - started_at
    require(told, f"{', '.join(sorted(watch.missing))} heard nothing of {record}")
    hub.clock.pause(_PAUSE_SECONDS)
    return seconds
