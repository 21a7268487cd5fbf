"""``crossdock drifts``: what channels showed that nobody had told them, and why.

Reads the drift ledger; the causes are found in ``sync.decide.drift``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from ..store import drifts
from .output import Output, make_table, plain, say_time
from .session import Json, open_session

ROWS_MAX = 50


def list_drifts(
    context: typer.Context,
    channel: Annotated[
        str | None, typer.Option("--channel", help="Only this channel.")
    ] = None,
    open_only: Annotated[
        bool, typer.Option("--open", help="Only those that are not settled.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=10_000, help="The latest so many.")
    ] = ROWS_MAX,
    as_json: Json = False,
) -> None:
    """List where a channel showed another quantity than expected, newest first.

    Each with its cause and what was done: an unseen sale or cancellation, a late or a
    lost write, a hand edit, a cap of the channel, a fight with another program.

    Example:

        crossdock drifts
        crossdock drifts --channel shop --open --json
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        if channel is not None:
            hub.load_channel(channel)
        with hub.store.reading() as connection:
            rows = drifts.list_latest(
                connection, channel, open_only=open_only, limit=limit
            )
    empty = "No channel has shown anything unexpected."
    output.show(rows, _tabulate(rows) if rows else empty)


def _tabulate(rows: Sequence[Mapping[str, Any]]) -> Table:
    columns = ("found", "channel", "stock record", "units", "cause", "done", "settled")
    table = make_table(*columns, numbers=("units",))
    for row in rows:
        table.add_row(
            say_time(row["found_at"]),
            plain(row["channel"]),
            plain(row["stock_external_id"]),
            f"{row['units']:+d}",
            plain((row["cause"] or "waits for an order").replace("_", " ")),
            plain(row["action"]),
            say_time(row["settled_at"]) if row["settled_at"] else "open",
        )
    return table
