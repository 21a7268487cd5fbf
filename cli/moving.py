"""``crossdock transfer`` and ``incoming``: goods on their way.

Between locations, and from suppliers. What each step does to stock is in
``sync.transfer`` and ``sync.incoming``.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..store import transfers
from ..store.transfers import IncomingRow, TransferRow
from ..sync.incoming import cancel_goods, expect_goods, receive_goods
from ..sync.stocktaking import require_sku
from ..sync.transfer import lose_transfer, receive_transfer, send_transfer
from .output import Output, count, headline, make_table, plain, say_time
from .session import Actor, Json, Reason, open_session, read_moment
from .working import show_effect

transfer_app = typer.Typer(
    no_args_is_help=True, help="Move goods from one location to another."
)
incoming_app = typer.Typer(
    no_args_is_help=True, help="Goods that suppliers are expected to deliver."
)

_STEP = "Bringing channels in step"

Sku = Annotated[str, typer.Argument(metavar="SKU", help="The SKU, in any spelling.")]
OneSku = Annotated[
    str | None, typer.Argument(metavar="[SKU]", help="Only those of this SKU.")
]
Id = Annotated[int, typer.Argument(metavar="ID", help="Its number, as list shows it.")]
Some = Annotated[
    int | None, typer.Option("--units", min=1, help="Only so many; else all.")
]
Units = Annotated[int, typer.Argument(min=1, help="How many.")]
Everything = Annotated[
    bool, typer.Option("--all", help="Also what has come to its end.")
]
Place = Annotated[
    str, typer.Option("--location", help="Where; else where it was meant to arrive.")
]


@transfer_app.command("send")
def send(
    context: typer.Context,
    sku: Sku,
    units: Units,
    actor: Actor,
    end: Annotated[str, typer.Option("--to", help="Where they go.")],
    start: Annotated[
        str, typer.Option("--from", help="Where they leave; else the default.")
    ] = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Let units leave a location for another; nobody can buy them on the way.

    Example:

        crossdock transfer send TEA-GREEN 12 --from main --to shop-window
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        row = send_transfer(hub, sku, units, (start, end), actor=actor, reason=reason)
        show_effect(hub, output, _STEP)
    _show_transfer(output, row)


@transfer_app.command("receive")
def receive(
    context: typer.Context,
    id_: Id,
    actor: Actor,
    units: Some = None,
    location: Place = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Take in what arrived of a transfer; lines that wait for it come first.

    Example:

        crossdock transfer receive 7341286400 --units 10
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        row = receive_transfer(
            hub, id_, units, actor=actor, reason=reason, location=location
        )
        show_effect(hub, output, _STEP)
    _show_transfer(output, row)


@transfer_app.command("lose")
def lose(
    context: typer.Context,
    id_: Id,
    actor: Actor,
    units: Some = None,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Write off what of a transfer will not arrive.

    Example:

        crossdock transfer lose 7341286400 --units 2 --reason "broken on the way"
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        row = lose_transfer(hub, id_, units, actor=actor, reason=reason)
    _show_transfer(output, row)


@transfer_app.command("list")
def list_transfers(
    context: typer.Context,
    sku: OneSku = None,
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """List what is on its way from one location to another.

    Example:

        crossdock transfer list
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub, hub.store.reading() as connection:
        name = None if sku is None else require_sku(connection, sku)
        rows = transfers.load_transfers(connection, name, open_only=not everything)
    numbers = ("units", "received", "lost")
    table = make_table("id", "SKU", "from", "to", *numbers, "sent", numbers=numbers)
    for row in rows:
        table.add_row(
            str(row.id),
            plain(row.sku),
            plain(row.from_location),
            plain(row.to_location),
            *(f"{units:,}" for units in (row.units, row.received, row.lost)),
            say_time(row.sent_at),
        )
    page = table if rows else plain("Nothing is on its way.")
    output.show([_describe_transfer(row) for row in rows], page)


def _describe_transfer(row: TransferRow) -> dict[str, Any]:
    return row._asdict() | {"under_way": row.under_way}


def _show_transfer(output: Output, row: TransferRow) -> None:
    output.show(
        _describe_transfer(row),
        headline(f"Transfer {row.id}", f"{row.from_location} to {row.to_location}"),
        plain(
            f"{count(row.units, 'unit')} of {row.sku}: {row.received:,} received, "
            f"{row.lost:,} lost, {row.under_way:,} on their way."
        ),
    )


@incoming_app.command("add")
def expect(
    context: typer.Context,
    sku: Sku,
    units: Units,
    due: Annotated[
        str,
        typer.Option("--due", metavar="TIME", help="When, such as 2026-01-31."),
    ] = "",
    location: Annotated[
        str, typer.Option("--location", help="Where; else the default.")
    ] = "",
    note: Annotated[
        str, typer.Option("--note", help="What it is, for people: an order's number.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Say that goods are expected; crossdock skus set --preorder lets them be sold.

    Example:

        crossdock incoming add TEA-GREEN 48 --due 2026-12-01 --note "PO 4711"
    """
    output = Output(as_json=as_json)
    due_at = read_moment("--due", due)
    with open_session(context, output) as hub:
        row = expect_goods(hub, sku, units, due_at=due_at, location=location, note=note)
        show_effect(hub, output, _STEP)
    _show_incoming(output, row)


@incoming_app.command("receive")
def receive_expected(
    context: typer.Context,
    id_: Id,
    actor: Actor,
    units: Some = None,
    location: Place = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Take in expected goods; lines that wait for them come first.

    Example:

        crossdock incoming receive 7341286400 --units 40
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        row = receive_goods(
            hub, id_, units, actor=actor, reason=reason, location=location
        )
        show_effect(hub, output, _STEP)
    _show_incoming(output, row)


@incoming_app.command("cancel")
def cancel_expected(context: typer.Context, id_: Id, as_json: Json = False) -> None:
    """Expect no more of a receipt.

    Example:

        crossdock incoming cancel 7341286400
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        row = cancel_goods(hub, id_)
        show_effect(hub, output, _STEP)
    _show_incoming(output, row)


@incoming_app.command("list")
def list_incoming(
    context: typer.Context,
    sku: OneSku = None,
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """List the goods that are expected.

    Example:

        crossdock incoming list
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub, hub.store.reading() as connection:
        name = None if sku is None else require_sku(connection, sku)
        rows = transfers.load_incoming(connection, name, open_only=not everything)
    numbers = ("units", "received")
    table = make_table("id", "SKU", "to", *numbers, "due", "note", numbers=numbers)
    for row in rows:
        table.add_row(
            str(row.id),
            plain(row.sku),
            plain(row.location),
            f"{row.units:,}",
            f"{row.received:,}",
            say_time(row.due_at),
            plain(row.note),
        )
    page = table if rows else plain("Nothing is expected.")
    output.show([_describe_incoming(row) for row in rows], page)


def _describe_incoming(row: IncomingRow) -> dict[str, Any]:
    return row._asdict() | {"expected": row.expected}


def _show_incoming(output: Output, row: IncomingRow) -> None:
    output.show(
        _describe_incoming(row),
        headline(f"Receipt {row.id}", row.note),
        plain(
            f"{count(row.units, 'unit')} of {row.sku} for {row.location}: "
            f"{row.received:,} received, {row.expected:,} still expected."
        ),
    )
