"""``crossdock price``: setting what listings cost on their channels.

Finds the listings, shows them, stores the price and lets the channels know.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..canonical.errors import MoneyError, RefusedError, SettingsError
from ..canonical.money import Money
from ..store import figures, outbox
from ..sync.hub import Hub
from ..sync.pricing import Priced, find_priced, set_price
from .output import Output, count, headline, make_table, plain
from .refunds import DryRun
from .session import Actor, Json, open_session
from .working import show_effect


def price(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="SKU|LISTING", help="A SKU, or a listing's id with --channel."
        ),
    ],
    amount: Annotated[
        str, typer.Argument(help="What one costs, in the channels' own tax mode.")
    ],
    currency: Annotated[str, typer.Argument(help="As three letters, such as EUR.")],
    actor: Actor,
    channel: Annotated[
        str | None, typer.Option("--channel", help="Only on this channel.")
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Set the price of what sells one unit of a SKU, or of one listing.

    Example:

        crossdock price TEA-GREEN 12.90 EUR
        crossdock price 4711 12.90 EUR --channel web
    """
    output = Output(as_json=as_json)
    try:
        wanted = Money.of(amount, currency.upper())
    except MoneyError as error:
        raise SettingsError(f"{amount} {currency} is no price: {error}") from error
    with open_session(context, output) as hub:
        found, unable = find_priced(hub, name, channel=channel)
        if not found:
            raise RefusedError(
                f"No listing of {name} takes prices from the hub.",
                next_step="crossdock connectors says which channel kinds do.",
            )
        if not dry_run:
            set_price(hub, found, wanted, actor=actor)
            show_effect(hub, output, "Telling channels the price")
        answers = {one: _find_answer(hub, one) for one in found}
    _show(output, wanted, answers, unable, dry_run=dry_run)


def _find_answer(hub: Hub, one: Priced) -> dict[str, Any]:
    with hub.store.reading() as connection:
        writes = figures.list_writes(connection, one.channel, one.listing_external_id)
    return next((row for row in writes if row["kind"] == outbox.PRICE), {})


def _show(
    output: Output,
    wanted: Money,
    answers: dict[Priced, dict[str, Any]],
    unable: tuple[str, ...],
    *,
    dry_run: bool,
) -> None:
    table = make_table("channel", "listing", "answer")
    for one, answer in answers.items():
        said = "" if dry_run else answer.get("outcome") or "not answered yet"
        reason = "" if dry_run else answer.get("reason", "")
        table.add_row(
            plain(one.channel),
            plain(one.title or one.listing_external_id),
            plain(f"{said} {reason}".strip()),
        )
    verb = "would cost" if dry_run else "cost"
    output.show(
        {
            "price": str(wanted),
            "listings": [
                {
                    "channel": one.channel,
                    "listing": one.listing_external_id,
                    "outcome": None if dry_run else answer.get("outcome"),
                    "reason": None if dry_run else answer.get("reason"),
                }
                for one, answer in answers.items()
            ],
            "channels_without_prices": list(unable),
        },
        headline(f"{count(len(answers), 'listing')} {verb} {wanted}."),
        table,
    )
    if unable:
        output.note(f"{', '.join(unable)}: prices are set there, not from here.")
