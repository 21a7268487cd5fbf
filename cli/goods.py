"""``crossdock ship``, ``cancel``, ``receive`` and ``count``: what happens to goods.

Each is a fact that is recorded at once; telling channels follows, now if they answer.
"""

from __future__ import annotations

from typing import Annotated

import typer

from ..canonical.conflicts import ConflictKind
from ..canonical.errors import SettingsError
from ..canonical.pushes import Outcome
from ..canonical.remembered import KnownOrder
from ..store import conflicts, figures, orders, outbox
from ..store.engine import Connection
from ..sync.hub import Hub
from ..sync.ship import Shipped, Tracking, cancel_order, ship_order
from ..sync.stocktaking import StockChange, count_stock, receive_stock
from .output import Output, count, headline, list_facts, plain
from .session import Actor, Json, Reason, open_session, read_moment
from .working import show_effect

Reference = Annotated[
    str,
    typer.Argument(
        metavar="ORDER", help="Its number, the channel's id or the hub's id."
    ),
]
Channel = Annotated[
    str | None,
    typer.Option("--channel", help="Whose order, where several are called so."),
]
Lines = Annotated[
    list[str] | None,
    typer.Option(
        "--line",
        metavar="ID=UNITS",
        help="Only so many of a line, by the channel's id of it; may be repeated. Else "
        "all that is allocated.",
    ),
]
Number = Annotated[str, typer.Option("--tracking", help="The tracking number.")]
Carrier = Annotated[str, typer.Option("--carrier", help="Who carries it.")]
Url = Annotated[str, typer.Option("--url", help="Where it can be tracked.")]
Sku = Annotated[str, typer.Argument(metavar="SKU", help="The SKU, in any spelling.")]
LeftFrom = Annotated[
    str,
    typer.Option(
        "--location", help="Where they left from; else where they are allocated."
    ),
]
Location = Annotated[
    str, typer.Option("--location", help="Where; else the default location.")
]


def ship(
    context: typer.Context,
    reference: Reference,
    number: Number = "",
    carrier: Carrier = "",
    url: Url = "",
    channel: Channel = None,
    lines: Lines = None,
    location: LeftFrom = "",
    as_json: Json = False,
) -> None:
    """Record that goods of an order left: out of stock, and the channel is told.

    Recorded is recorded: where the channel does not answer now, the hub goes on
    telling it, and the exit code is 0 all the same.

    Example:

        crossdock ship 1001 --carrier DHL --tracking 00340434161094
        crossdock ship 1001 --line 55=2
    """
    output = Output(as_json=as_json)
    chosen = _read_lines(lines) if lines else None
    with open_session(context, output) as hub:
        tracking = Tracking(carrier, number, url)
        shipped = ship_order(
            hub,
            reference,
            tracking,
            channel=channel,
            quantities=chosen,
            location=location,
        )
        show_effect(hub, output, f"Telling {shipped.channel}")
        told, refused = _find_answer(hub, shipped)
    units = sum(shipped.quantities.values())
    output.show(
        {
            "parcel": shipped.parcel_id,
            "order": shipped.order_id,
            "channel": shipped.channel,
            "lines": dict(shipped.quantities),
            "told": told,
            "conflict": refused,
        },
        headline(f"{count(units, 'unit')} of order {reference} left."),
        _say_answer(shipped.channel, told=told, refused=refused),
    )


def _read_lines(texts: list[str]) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for text in texts:
        line, _, units = text.rpartition("=")
        if not line or not (units.isascii() and units.isdecimal()) or line in chosen:
            raise SettingsError(
                f"--line {text} is not ID=UNITS, or names a line twice",
                next_step="crossdock explain order ORDER lists the lines with ids.",
            )
        chosen[line] = int(units)
    return chosen


def _find_answer(hub: Hub, shipped: Shipped) -> tuple[bool, int | None]:
    """Return whether the channel knows of a parcel, and the conflict if it refused."""
    with hub.store.reading() as connection:
        order = orders.find_by_parcel(connection, shipped.parcel_id)
        parcels = order.parcels if order else []
        told = any(
            one.told_at is not None for one in parcels if one.id == shipped.parcel_id
        )
        subject = f"{shipped.channel}/parcel/{shipped.parcel_id}"
        refused = _find_conflict(connection, subject)
    return told, refused


def _say_answer(channel: str, *, told: bool, refused: int | None) -> str:
    if told:
        return f"{channel} knows of it."
    if refused is not None:
        return f"{channel} refused it: crossdock conflicts show {refused}"
    return f"{channel} has not been told yet; crossdock run goes on trying."


def cancel(
    context: typer.Context,
    reference: Reference,
    channel: Channel = None,
    as_json: Json = False,
) -> None:
    """Ask an order's channel to cancel it; its units are free once the channel did.

    Example:

        crossdock cancel 1001
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        order = cancel_order(hub, reference, channel=channel)
        show_effect(hub, output, f"Asking {order.channel}")
        outcome, refused = _find_cancellation(hub, order)
    answers = {
        Outcome.ACCEPTED: f"{order.channel} cancels order {reference}.",
        Outcome.REFUSED: f"{order.channel} refused: crossdock conflicts show {refused}",
    }
    later = f"{order.channel} has not answered yet; crossdock run goes on asking."
    output.show(
        {
            "order": order.id,
            "channel": order.channel,
            "outcome": outcome or Outcome.UNKNOWN,
            "conflict": refused,
        },
        headline(answers.get(outcome, later) if outcome else later),
    )


def _find_cancellation(
    hub: Hub, order: KnownOrder
) -> tuple[Outcome | None, int | None]:
    """Return what the channel said to it, and the conflict if it refused."""
    channel, external_id = order.channel, order.external_id
    with hub.store.reading() as connection:
        writes = figures.list_writes(connection, channel, external_id)
        subject = f"{channel}/cancellation/{external_id}"
        refused = _find_conflict(connection, subject)
    outcomes = [one["outcome"] for one in writes if one["kind"] == outbox.CANCELLATION]
    outcome = Outcome(outcomes[0]) if outcomes and outcomes[0] else None
    return outcome, refused


def _find_conflict(connection: Connection, subject: str) -> int | None:
    kind = ConflictKind.REFUSED_PUSH
    found = conflicts.find_open(connection, kind, subject)
    return found.id if found else None


def receive(
    context: typer.Context,
    sku: Sku,
    units: Annotated[int, typer.Argument(min=1, help="How many arrived.")],
    actor: Actor,
    location: Location = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Put goods that arrived into stock; lines that wait for them come first.

    Example:

        crossdock receive TEA-GREEN 24 --reason "delivery 4711"
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        change = receive_stock(
            hub, sku, units, actor=actor, reason=reason, location=location
        )
        show_effect(hub, output, "Bringing channels in step")
    _show_change(output, change)


def count_units(
    context: typer.Context,
    sku: Sku,
    units: Annotated[int, typer.Argument(min=0, help="How many are there.")],
    actor: Actor,
    location: Location = "",
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="TIME",
            help="When they were counted, if not now; what moved since stays moved.",
        ),
    ] = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Say how many of a SKU were counted; what was allocated beyond that waits again.

    Example:

        crossdock count TEA-GREEN 17 --reason stocktaking
        crossdock count TEA-GREEN 17 --at 2026-11-23T08:00Z
    """
    output = Output(as_json=as_json)
    moment = read_moment("--at", at)
    with open_session(context, output) as hub:
        change = count_stock(
            hub, sku, units, actor=actor, reason=reason, location=location, at=moment
        )
        show_effect(hub, output, "Bringing channels in step")
    _show_change(output, change)


def _show_change(output: Output, change: StockChange) -> None:
    difference = change.on_hand - change.on_hand_before
    output.show(
        change,
        headline(f"{change.sku}: {change.on_hand:,} on hand.", f"{difference:+,}"),
        list_facts([("location", plain(change.location))]),
    )
