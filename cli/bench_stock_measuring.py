"""All that ``bench stock`` measures: one thing after the other, apart, from empty.

Each measurement has a process, a folder and databases of its own. How the figures are
shown stands elsewhere.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from .bench_allocating import Allocating, measure_allocating
from .bench_apart import run_apart
from .bench_figures import OWN_SERVER, SQLITE
from .bench_growing import CHANNEL_COUNTS, measure_cost, sum_up_costs
from .bench_latency import measure_latency
from .bench_postgres import open_databases, open_server
from .bench_reconcile import measure_reconcile
from .bench_stock_figures import DatabaseFigures, StockFigures
from .output import Note

PAGE = 250
MANY_SKUS = 10_000
_SHARE_ONE_BY_ONE = 10
"""One by one takes so much longer that so many times fewer orders do."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    listings: int
    orders: int
    sales: int

    def list_tasks(self) -> list[Allocating]:
        """Return what is allocated, how."""
        singles = self.orders // _SHARE_ONE_BY_ONE
        return [
            Allocating(skus, per_page, count)
            for skus in (1, MANY_SKUS)
            for per_page, count in ((PAGE, self.orders), (1, singles))
        ]


class Place(NamedTuple):
    """Where one measurement happens: all of it empty."""

    home: Path
    hub_url: str
    raw_url: str


OpenPlace = Callable[[], AbstractContextManager[Place]]


def measure_stock(sizes: Sizes, database: str, note: Note) -> StockFigures:
    """Measure everything on SQLite, and what a server does differently there too.

    Args:
        sizes: how much.
        database: ``SQLITE`` for nothing else, ``OWN_SERVER`` or the URL of a server.
        note: is told what goes on.

    Raises:
        CrossdockError: the database cannot be used, or a process did not end well.
    """
    found = [_measure_database(SQLITE, _open_files, sizes, note)]
    if database != SQLITE:
        with (
            tempfile.TemporaryDirectory(prefix="crossdock-bench-") as folder,
            open_server(database, Path(folder)) as server_url,
        ):
            on_server = partial(_open_on_server, server_url)
            found.append(_measure_database(OWN_SERVER, on_server, sizes, note))
    costs = []
    for channels in CHANNEL_COUNTS:
        note(f"sales with {channels} channels")
        with _open_files() as place:
            costs.append(run_apart(measure_cost, *place, channels, sizes.sales))
    note(f"a full reconcile of {sizes.listings:,} listings")
    with _open_files() as place:
        home, hub_url, _ = place
        reconcile = run_apart(measure_reconcile, home, hub_url, sizes.listings)
    return StockFigures(
        platform.python_version(),
        tuple(found),
        reconcile,
        sum_up_costs(sizes.sales, tuple(costs)),
    )


def _measure_database(
    database: str, open_place: OpenPlace, sizes: Sizes, note: Note
) -> DatabaseFigures:
    allocating = []
    for task in sizes.list_tasks():
        note(f"{database}: {task.count:,} orders, {task.per_page} at a time")
        with open_place() as place:
            allocating.append(run_apart(measure_allocating, *place, task))
    note(f"{database}: {sizes.sales:,} sales on their way to other channels")
    with open_place() as place:
        latency = run_apart(measure_latency, *place, sizes.sales)
    return DatabaseFigures(database, tuple(allocating), latency)


@contextmanager
def _open_files() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="crossdock-bench-") as folder:
        home = Path(folder)
        urls = [f"sqlite:///{home / name}.sqlite3" for name in ("hub", "raw")]
        yield Place(home, *urls)


@contextmanager
def _open_on_server(server_url: str) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="crossdock-bench-") as folder:
        home = Path(folder)
        with open_databases(server_url, home, "hub", "raw") as urls:
            yield Place(home, *urls)
