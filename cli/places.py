"""``crossdock locations`` and ``skus``: where goods lie, and on what terms they sell.

The set-up of the warehouse, shown and changed; what follows is in ``sync.warehouse``.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..canonical.errors import SettingsError
from ..canonical.stock import QUANTITY_MAX, ShortfallPolicy
from ..store import stock, transfers
from ..store.locations import LocationRow
from ..store.stock import SkuTerms
from ..sync.places import load_places
from ..sync.stocktaking import require_sku
from ..sync.warehouse import (
    add_location,
    change_location,
    change_terms,
    limit_channel,
    rank_channel,
)
from .output import Output, headline, list_facts, make_table, plain
from .session import Actor, Json, Reason, open_session
from .working import show_effect

app = typer.Typer(
    no_args_is_help=True, help="Where goods lie, and which channels sell from where."
)
skus_app = typer.Typer(
    no_args_is_help=True, help="On what terms a SKU is sold: backorders, safety stock."
)

Name = Annotated[str, typer.Argument(metavar="LOCATION", help="What it is called.")]
Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's name.")]
Title = Annotated[str | None, typer.Option("--title", help="What people call it.")]
Rank = Annotated[
    int | None, typer.Option("--rank", help="The lowest rank is used first.")
]
Sells = Annotated[
    bool | None,
    typer.Option("--sells/--sells-not", help="Whether orders may take units there."),
]
Sku = Annotated[str, typer.Argument(metavar="SKU", help="The SKU, in any spelling.")]

Backorder = Annotated[
    int | None,
    typer.Option(
        "--backorder", min=0, help="Units that may be sold beyond what is there."
    ),
]
Preorder = Annotated[
    str,
    typer.Option(
        "--preorder",
        metavar="UNITS|all",
        help="Units that may be sold of what is expected to arrive.",
    ),
]
Safety = Annotated[
    int | None,
    typer.Option("--safety-stock", min=0, help="Units that are never offered."),
]
Policy = Annotated[
    str,
    typer.Option(
        "--shortfall-policy",
        metavar="POLICY",
        help="first_come, priority_channel, ship_by, or default for the settings'.",
    ),
]


@app.command("list")
def show_locations(context: typer.Context, as_json: Json = False) -> None:
    """List the locations by rank, and the channels that are limited to some.

    Example:

        crossdock locations list
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub, hub.store.reading() as connection:
        places = load_places(hub, connection)
        counted = stock.load_positions(connection)
    on_hand: dict[str, int] = {}
    for key, counts in counted.items():
        on_hand[key.location] = on_hand.get(key.location, 0) + counts.on_hand
    table = make_table(
        "location", "title", "rank", "sells", "on hand", numbers=("rank", "on hand")
    )
    for row in places.rows:
        sells = "yes" if row.sells else "no"
        units = f"{on_hand.get(row.name, 0):,}"
        table.add_row(plain(row.name), plain(row.title), str(row.rank), sells, units)
    limits = {name: places.usable(name) for name in sorted(places.limits)}
    output.show(
        {
            "locations": [
                row._asdict() | {"on_hand": on_hand.get(row.name, 0)}
                for row in places.rows
            ],
            "default": places.default,
            "limits": limits,
        },
        table,
        *(
            plain(f"{channel} sells only from {', '.join(names) or 'nowhere'}.")
            for channel, names in limits.items()
        ),
    )


@app.command("add")
def add(
    context: typer.Context,
    name: Name,
    actor: Actor,
    title: Title = None,
    rank: Rank = None,
    sells: Sells = None,
    as_json: Json = False,
) -> None:
    """Write down a location; what lies there is sold by every channel, unless limited.

    Example:

        crossdock locations add shop-window --rank 5 --title "Shop window"
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        row = add_location(
            hub,
            name,
            title=title or "",
            rank=rank or 0,
            sells=sells is not False,
            actor=actor,
        )
        show_effect(hub, output, "Bringing channels in step")
    _show_location(output, row)


@app.command("change")
def change(
    context: typer.Context,
    name: Name,
    actor: Actor,
    title: Title = None,
    rank: Rank = None,
    sells: Sells = None,
    as_json: Json = False,
) -> None:
    """Change a location's title, rank, or whether orders may take units there.

    What is allocated there stays so.

    Example:

        crossdock locations change repairs --sells-not
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        row = change_location(
            hub, name, title=title, rank=rank, sells=sells, actor=actor
        )
        show_effect(hub, output, "Bringing channels in step")
    _show_location(output, row)


def _show_location(output: Output, row: LocationRow) -> None:
    sells = "its units are sold" if row.sells else "its units are not sold"
    said = plain(f"Rank {row.rank}; {sells}.")
    output.show(row._asdict(), headline(row.name, row.title), said)


@app.command("limit")
def limit(
    context: typer.Context,
    channel: Channel,
    actor: Actor,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LOCATION]...", help="None: wherever units are sold."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Let a channel sell only what lies at these locations; without any, everywhere.

    Example:

        crossdock locations limit shop main shop-window
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        usable = limit_channel(hub, channel, names or (), actor=actor)
        show_effect(hub, output, "Bringing channels in step")
    output.show(
        {"channel": channel, "locations": usable},
        plain(f"{channel} sells from {', '.join(usable) or 'nowhere'}."),
    )


def rank_one(
    context: typer.Context,
    channel: Channel,
    rank: Annotated[int, typer.Argument(help="The lowest is the most important.")],
    actor: Actor,
    as_json: Json = False,
) -> None:
    """Say how important a channel is where not all can be served.

    Example:

        crossdock channels rank shop 1
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        rank_channel(hub, channel, rank, actor=actor)
        show_effect(hub, output, "Bringing channels in step")
    output.show(
        {"channel": channel, "rank": rank}, plain(f"{channel} has rank {rank}.")
    )


@skus_app.command("show")
def show_sku(context: typer.Context, sku: Sku, as_json: Json = False) -> None:
    """Show on what terms a SKU is sold; crossdock explain sku accounts for its units.

    Example:

        crossdock skus show TEA-GREEN
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub, hub.store.reading() as connection:
        name = require_sku(connection, sku)
        terms = stock.load_terms(connection, [name])[name]
        incoming = transfers.sum_incoming(connection, [name]).get(name, 0)
    _show_terms(output, name, terms, incoming)


@skus_app.command("set")
def set_terms(
    context: typer.Context,
    sku: Sku,
    actor: Actor,
    backorder: Backorder = None,
    preorder: Preorder = "",
    safety_stock: Safety = None,
    policy: Policy = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Change on what terms a SKU is sold; what is not named stays.

    Example:

        crossdock skus set TEA-GREEN --backorder 20 --preorder all
    """
    output = Output(as_json=as_json)
    changes: dict[str, Any] = {}
    if backorder is not None:
        changes["backorder_units"] = backorder
    if safety_stock is not None:
        changes["safety_stock"] = safety_stock
    if preorder:
        changes["preorder_units"] = _read_preorder(preorder)
    if policy:
        changes["shortfall_policy"] = _read_policy(policy)
    with open_session(context, output) as hub:
        name, terms = change_terms(hub, sku, changes, actor=actor, reason=reason)
        show_effect(hub, output, "Bringing channels in step")
        with hub.store.reading() as connection:
            incoming = transfers.sum_incoming(connection, [name]).get(name, 0)
    _show_terms(output, name, terms, incoming)


def _read_preorder(text: str) -> int:
    if text == "all":
        return QUANTITY_MAX
    if not (text.isascii() and text.isdecimal()):
        raise SettingsError(
            f"--preorder {text} is neither a number of units nor all",
            next_step="Write --preorder 10, --preorder all, or --preorder 0.",
        )
    return int(text)


def _read_policy(text: str) -> str:
    names = [policy.value for policy in ShortfallPolicy]
    if text not in (*names, "default"):
        raise SettingsError(
            f"--shortfall-policy {text} is not known",
            next_step=f"Known are {', '.join(names)} and default.",
        )
    return "" if text == "default" else text


def _show_terms(output: Output, sku: str, terms: SkuTerms, incoming: int) -> None:
    preorder = terms.preorder_units
    said = "all that is expected" if preorder >= QUANTITY_MAX else f"{preorder:,}"
    output.show(
        {"sku": sku, **terms._asdict(), "incoming": incoming},
        headline(sku),
        list_facts(
            [
                ("safety stock", f"{terms.safety_stock or 'as the settings say'}"),
                ("backorders", f"up to {terms.backorder_units:,} units"),
                ("preorders", f"{said}; {incoming:,} units are expected"),
                ("shortfalls", terms.shortfall_policy or "as the settings say"),
            ]
        ),
    )
