"""``crossdock bench``: how fast this machine takes orders in, and what limits it.

Everything is made for the measurement and thrown away: a simulated shop, a hub in a
temporary home, empty databases. A hub that is in use is not touched.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ..canonical.errors import SettingsError
from .bench_apart import keep_apart, run_apart
from .bench_figures import IngestFigures, write_figures
from .bench_hub import measure_hub
from .bench_postgres import OWN_SERVER, open_databases
from .bench_raw import measure_raw
from .bench_shop import LINES_PER_ORDER, open_shop
from .output import Note, Output, headline, list_facts
from .session import Json

app = typer.Typer(
    no_args_is_help=True, help="How fast this machine is, and what limits it."
)

SQLITE = "sqlite"


@app.callback()
def bench() -> None:
    """How fast this machine is, and what limits it."""


@app.command("ingest")
def ingest(
    orders: Annotated[
        int, typer.Option("--orders", min=100, help="How many orders the shop has.")
    ] = 20_000,
    database: Annotated[
        str,
        typer.Option(
            "--database",
            metavar="sqlite|postgresql|URL",
            help="postgresql starts a server for the purpose; a URL names one.",
        ),
    ] = SQLITE,
    page: Annotated[
        Path | None,
        typer.Option("--write", metavar="PAGE", help="Write the figures into a page."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take a shop's orders in, from HTTP to committed orders with their stock.

    The same orders are delivered twice, and their rows are then written once more with
    nothing in between: the raw limit of the machine. Nothing of it is kept.

    Example:

        crossdock bench ingest
        crossdock bench ingest --orders 5000 --database postgresql --json
    """
    output = Output(as_json=as_json)
    _require_known(database)
    with output.watch("Measuring") as note:
        figures = _measure(orders, database, note)
    if page is not None:
        write_figures(page, figures)
    output.show(
        figures,
        headline(
            f"{figures.orders_per_second:,.0f} orders a second",
            f"{figures.ratio:.2f} of the raw limit",
        ),
        list_facts(figures.describe()),
    )


def _require_known(database: str) -> None:
    if database not in (SQLITE, OWN_SERVER) and not database.startswith("postgres"):
        raise SettingsError(
            "--database is neither sqlite, nor postgresql, nor the URL of a server.",
            next_step="For example --database postgresql://USER@HOST/NAME.",
        )


def _measure(orders: int, database: str, note: Note) -> IngestFigures:
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
