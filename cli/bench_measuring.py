"""One measurement from beginning to end: databases, shop, hub, raw limit, figures.

Each in a process of its own and one after the other, but for the shop, which answers
the hub. How the figures are shown stands elsewhere.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .bench_apart import keep_apart, run_apart
from .bench_figures import SQLITE, IngestFigures
from .bench_hub import measure_hub
from .bench_postgres import open_databases
from .bench_raw import measure_raw
from .bench_shop import LINES_PER_ORDER, open_shop
from .output import Note


def measure_ingest(orders: int, database: str, note: Note) -> IngestFigures:
    """Measure how a hub takes in ``orders`` orders, and the raw limit beside it.

    Args:
        orders: how many the shop has.
        database: ``SQLITE``, ``OWN_SERVER`` or the URL of a server.
        note: is told what goes on.

    Raises:
        CrossdockError: the database cannot be used, or a process did not end well.
    """
    with (
        tempfile.TemporaryDirectory(prefix="crossdock-bench-") as folder,
        _open_databases(database, Path(folder)) as (hub_url, raw_url, server_raw_url),
    ):
        home = Path(folder) / "home"
        note("the shop writes its orders")
        with keep_apart(open_shop, orders) as shop:
            note("the hub takes them in, twice")
            taken = run_apart(measure_hub, home, hub_url, shop, orders)
        note("the same rows, raw")
        raw = run_apart(measure_raw, hub_url, raw_url, orders)
        server_raw = (
            run_apart(measure_raw, hub_url, server_raw_url, orders)
            if server_raw_url
            else None
        )
    return IngestFigures(
        database=SQLITE if database == SQLITE else "postgresql",
        python=platform.python_version(),
        orders=orders,
        lines=orders * LINES_PER_ORDER,
        seconds=round(taken.seconds, 3),
        orders_per_second=_rate(orders, taken.seconds),
        raw_orders_per_second=_rate(orders, raw.seconds),
        ratio=round(raw.seconds / taken.seconds, 3),
        processor_ratio=round(raw.processor_seconds / taken.processor_seconds, 3),
        server_raw_orders_per_second=server_raw and _rate(orders, server_raw.seconds),
        server_ratio=server_raw and round(server_raw.seconds / taken.seconds, 3),
        redelivered_per_second=_rate(orders, taken.redelivered_seconds),
        redelivery_speedup=round(taken.seconds / taken.redelivered_seconds, 2),
        peak_memory_mb=round(taken.peak_memory_mb, 1),
        memory_growth_mb=round(taken.memory_growth_mb, 1),
    )


def _rate(orders: int, seconds: float) -> float:
    return round(orders / seconds, 1)


@contextmanager
def _open_databases(database: str, home: Path) -> Iterator[tuple[str, str, str | None]]:
    """Yield the URLs of the hub's database and of those for the raw limits.

    The raw limit is SQLite's in any case, so that ratios compare; a server has one of
    its own besides.
    """
    raw_url = f"sqlite:///{home / 'raw.sqlite3'}"
    if database == SQLITE:
        yield f"sqlite:///{home / 'hub.sqlite3'}", raw_url, None
        return
    with open_databases(database, home, "hub", "raw") as (hub_url, server_raw_url):
        yield hub_url, raw_url, server_raw_url
