"""``crossdock bench``: how fast a hub is on this machine, and what limits it.

Everything is made for the measurement and thrown away: a simulated shop, a hub in a
temporary home, empty databases. A hub that is in use is not touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..canonical.errors import SettingsError
from .bench_figures import OWN_SERVER, SQLITE, find_place, write_figures
from .output import Output, headline, list_facts
from .session import Json

app = typer.Typer(
    no_args_is_help=True, help="How fast this machine is, and what limits it."
)


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
    from .bench_measuring import measure_ingest

    output = Output(as_json=as_json)
    kind = _choose_kind(database)
    if page is not None:
        find_place(kind).require(page)
    with output.watch("Measuring") as note:
        figures = measure_ingest(orders, database, note)
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


@app.command("stock")
def stock(
    listings: Annotated[
        int,
        typer.Option("--listings", min=1000, help="How many a full reconcile has."),
    ] = 100_000,
    orders: Annotated[
        int,
        typer.Option("--orders", min=250, help="Orders allocated a page at a time."),
    ] = 10_000,
    sales: Annotated[
        int,
        typer.Option("--sales", min=20, help="Sales whose way is timed, one by one."),
    ] = 300,
    database: Annotated[
        str,
        typer.Option(
            "--database",
            metavar="sqlite|postgresql|URL",
            help="What is measured beside SQLite; postgresql starts a server for it.",
        ),
    ] = OWN_SERVER,
    page: Annotated[
        Path | None,
        typer.Option("--write", metavar="PAGE", help="Write the figures into a page."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Allocate, tell other channels of sales, reconcile everything, add channels.

    Each beside the raw limit of this machine, with channels that answer at once. The
    full promise is about a million listings, which takes some minutes more.

    Example:

        crossdock bench stock
        crossdock bench stock --listings 1000000 --json
    """
    from .bench_stock_figures import PLACE, write_stock_figures
    from .bench_stock_measuring import Sizes, measure_stock

    output = Output(as_json=as_json)
    _choose_kind(database)
    if page is not None:
        PLACE.require(page)
    with output.watch("Measuring") as note:
        figures = measure_stock(Sizes(listings, orders, sales), database, note)
    if page is not None:
        write_stock_figures(page, figures)
    output.show(figures, *figures.make_pages())


def _choose_kind(database: str) -> str:
    """Return which of the two kinds of database a choice stands for."""
    if database == SQLITE:
        return SQLITE
    if database == OWN_SERVER or database.startswith(("postgresql://", "postgres://")):
        return OWN_SERVER
    raise SettingsError(
        "--database is neither sqlite, nor postgresql, nor the URL of a server.",
        next_step="For example --database postgresql://USER@HOST/NAME.",
    )
