"""``crossdock shortfalls``: who waits, who holds, and what each policy would cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import typer
from rich.console import RenderableType

from ..canonical.money import Money
from ..sync.scarcity import Scarcity, list_scarce
from .output import (
    Output,
    count,
    headline,
    indent,
    make_table,
    plain,
    say_time,
)
from .session import Json, open_session


def shortfalls(
    context: typer.Context,
    sku: Annotated[
        str | None,
        typer.Argument(metavar="[SKU]", help="Only this one, even if nobody waits."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show who waits for stock, who holds it, and what each policy would cost.

    crossdock skus set SKU --shortfall-policy changes who is served first from now on;
    nothing is taken from a line that has its units.

    Example:

        crossdock shortfalls TEA-GREEN
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        found = list_scarce(hub, sku)
    pages = [page for one in found for page in _render(one)]
    output.show(found, *(pages or [plain("Nobody waits for stock.")]))


def _render(one: Scarcity) -> Iterator[RenderableType]:
    yield headline(one.sku, f"{count(one.short, 'unit')} short")
    said = f"{one.available:,} available, {one.incoming:,} expected"
    if one.next_arrival:
        said += f", next {say_time(one.next_arrival)}"
    said += f"; {one.backordered:,} may be backordered, {one.shortfall:,} may not."
    yield indent(plain(said))
    numbers = ("wants", "holds", "waits for", "worth")
    lines = make_table("order", "channel", *numbers, "ship by", numbers=numbers)
    for line in one.lines:
        lines.add_row(
            plain(line.order),
            plain(line.channel),
            *(f"{units:,}" for units in (line.units, line.held, line.waits_for)),
            str(Money(line.value_minor, line.currency)),
            say_time(line.ship_by),
        )
    yield indent(lines)
    missing = ("units", "orders", "late")
    costs = make_table("if served by", *missing, "not served", numbers=missing)
    for cost in one.policies:
        name = f"{cost.policy} (now)" if cost.in_force else str(cost.policy)
        figures = (cost.units_unserved, cost.orders_unserved, cost.orders_late)
        costs.add_row(
            name, *(f"{units:,}" for units in figures), _say(cost.minor_unserved)
        )
    yield indent(costs)


def _say(minor: Mapping[str, int]) -> str:
    return ", ".join(str(Money(units, name)) for name, units in minor.items())
