"""``crossdock explain``: why a channel shows a number, and what an order waits for.

Pages made of ``sync.explain``'s figures: the sum first, then what it was made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from ..canonical.money import Money
from ..sync.explain import (
    PolicyFigures,
    ShownFigures,
    SkuExplanation,
    TermFigures,
    explain_sku,
)
from ..sync.explain_order import (
    LineFigures,
    OrderExplanation,
    ParcelFigures,
    explain_order,
)
from .output import (
    Output,
    headline,
    indent,
    list_facts,
    make_table,
    plain,
    say_time,
    stack,
)
from .session import Json, open_session

app = typer.Typer(
    no_args_is_help=True, help="Why a channel shows a number; what an order waits for."
)


@app.command("sku")
def sku(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SKU", help="In any spelling.")],
    as_json: Json = False,
) -> None:
    """Account for every unit of a SKU, and for what each channel shows of it.

    Example:

        crossdock explain sku TEA-GREEN
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        explained = explain_sku(hub, name)
    output.show(explained, *render_sku(explained))


@app.command("order")
def order(
    context: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(
            metavar="ORDER", help="Its number, the channel's id or the hub's id."
        ),
    ],
    channel: Annotated[
        str | None,
        typer.Option("--channel", help="Whose order, where several are called so."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what happened to an order, and what each of its lines waits for.

    Example:

        crossdock explain order 1001
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        explained = explain_order(hub, reference, channel)
    output.show(explained, *render_order(explained))


def render_sku(one: SkuExplanation) -> Sequence[RenderableType]:
    """Return the page about a SKU."""
    pages: list[RenderableType] = [
        headline(one.sku, one.title),
        _render_stock(one),
    ]
    for shown in one.shown:
        pages += ["", _render_shown(shown)]
    if not one.shown:
        pages += ["", "No channel sells it."]
    if one.claims:
        pages += ["", headline("Who has a claim on it"), indent(_list_claims(one))]
    if one.latest_movements:
        pages += ["", headline("Latest movements"), indent(_list_movements(one))]
    return pages


def _render_stock(one: SkuExplanation) -> RenderableType:
    numbers = ("on hand", "allocated", "reserved", "available")
    table = make_table("location", *numbers, numbers=numbers)
    for place in one.positions:
        figures = (place.on_hand, place.allocated, place.reserved, place.available)
        table.add_row(place.location, *(f"{figure:,}" for figure in figures))
    said = f"{one.promisable:,} can be promised"
    if one.safety_stock:
        said += f", after {one.safety_stock:,} of safety stock"
    if one.granted:
        said += f", {one.granted:,} of them in quotas"
    if one.short:
        said += f"; {one.short:,} were sold that are not there"
    if one.in_transit or one.incoming:
        said += f"; {one.in_transit:,} are in transit, {one.incoming:,} are expected"
    return indent(stack(table, f"{said}."))


def _render_shown(one: ShownFigures) -> RenderableType:
    figure = "nothing" if one.expected is None else f"{one.expected:,}"
    state = " (in flight)" if one.in_flight else ""
    made_of = " + ".join(f"{units} x {sku}" for sku, units in one.components.items())
    facts: list[tuple[str, RenderableType]] = [
        ("listing", plain(", ".join(one.listings))),
        ("made of", plain(made_of)),
        ("policy", _say_policy(one.policy)),
        ("account", _say_account(one)),
        ("dynamic buffer", _say_dynamic(one.dynamic_buffer)),
        ("should show", _say_figure(one.desired, one.desired_at)),
        ("last written", _say_figure(one.sent, one.sent_at)),
        ("confirmed", _say_figure(one.acknowledged, one.acknowledged_at)),
        ("last seen", _say_figure(one.observed, one.observed_at)),
        *(("conflict", plain(said)) for said in one.conflicts),
    ]
    title = Text.assemble(
        (one.channel, "bold"), " shows ", (figure, "bold"), (state, "yellow")
    )
    return stack(title, indent(stack(plain(one.why), list_facts(facts))))


def _say_policy(policy: PolicyFigures | None) -> RenderableType:
    return "" if policy is None else plain(f"{policy.mode}, by {policy.because}")


def _say_account(one: ShownFigures) -> RenderableType:
    """Return the sum behind a figure, from what is there to what is shown."""
    if one.computed is None or not one.account:
        return ""
    said = " ".join(_say_term(term) for term in one.account)
    total = f"{one.computed * one.units_per_sale:,} {one.component}"
    if one.units_per_sale > 1:
        total += f" = {one.computed:,} x {one.units_per_sale}"
    return plain(f"{said} = {total}")


def _say_term(term: TermFigures) -> str:
    sign = "-" if term.units < 0 else "+"
    return f"{sign} {abs(term.units):,} {term.what}"


def _say_dynamic(inputs: Mapping[str, Any] | None) -> RenderableType:
    if inputs is None:
        return ""
    sold = "; ".join(
        f"{one['units_per_day']:g} a day on {one['channel']}, known here after "
        f"{one['latency_seconds']:g} s"
        for one in inputs["sources"]
    )
    return plain(
        f"{inputs['units']:,}, for {inputs['exposure_units']:g} units sold elsewhere "
        f"in the meantime (dispersion {inputs['dispersion']:g}, enough in "
        f"{inputs['service_level']:.0%} of cases): {sold or 'nobody else sells it'}"
    )


def _say_figure(figure: int | None, moment: datetime | None) -> RenderableType:
    if figure is None:
        return ""
    return Text.assemble(f"{figure:,}", ("  " + say_time(moment), "dim"))


def _list_claims(one: SkuExplanation) -> RenderableType:
    numbers = ("wanted", "allocated", "shipped")
    table = make_table("order", "channel", *numbers, numbers=numbers)
    for claim in one.claims:
        table.add_row(
            plain(claim["number"] or claim["external_id"]),
            claim["channel"],
            *(f"{claim[name]:,}" for name in numbers),
        )
    return table


def _list_movements(one: SkuExplanation) -> RenderableType:
    numbers = ("on hand", "allocated")
    table = make_table("when", "what", "cause", *numbers, numbers=numbers)
    for moved in one.latest_movements:
        table.add_row(
            say_time(moved["moved_at"]),
            moved["kind"],
            f"{moved['cause_kind']} {moved['cause_id']}",
            _say_change(moved["on_hand_change"]),
            _say_change(moved["allocated_change"]),
        )
    return table


def _say_change(units: int) -> str:
    return f"{units:+,}" if units else ""


def render_order(one: OrderExplanation) -> Sequence[RenderableType]:
    """Return the page about an order."""
    name = one.number or one.external_id
    pages: list[RenderableType] = [
        headline(f"Order {name} of {one.channel}", f"placed {say_time(one.placed_at)}"),
        list_facts(
            [
                ("total", _say_total(one)),
                ("payment", one.payment.replace("_", " ")),
                (
                    "fulfillment",
                    f"{one.fulfillment.replace('_', ' ')} (the channel says)",
                ),
                ("cancelled", say_time(one.cancelled_at)),
                ("held", "the channel asks not to ship yet" if one.held else ""),
                (
                    "ids",
                    f"{one.external_id} in {one.channel}, {one.order_id} in the hub",
                ),
            ]
        ),
        "",
        headline("Lines"),
        *(indent(_render_line(line)) for line in one.lines),
    ]
    if one.parcels:
        pages += [
            "",
            headline("Parcels"),
            *(indent(_render_parcel(p)) for p in one.parcels),
        ]
    if one.conflicts:
        pages += [
            "",
            headline("Open conflicts"),
            *(indent(plain(c)) for c in one.conflicts),
        ]
    pages += [
        "",
        headline("What came from the channel"),
        indent(_list_versions(one.versions)),
    ]
    return pages


def _say_total(one: OrderExplanation) -> str:
    said = str(Money(one.total_minor, one.currency))
    if one.residue_minor:
        residue = Money(one.residue_minor, one.currency)
        said += f"; its parts leave {residue} unexplained"
    return said


def _render_line(line: LineFigures) -> RenderableType:
    what = Text.assemble((f"{line.quantity} x ", "bold"), plain(line.title or line.sku))
    facts = [f"line {line.line}"]
    facts += [f"SKU {line.sku}"] if line.sku else ["no SKU"]
    if line.wanted != line.quantity:
        facts.append(f"{line.wanted} still wanted")
    facts += [f"{line.shipped} shipped"] if line.shipped else []
    facts += [f"{line.returned} returned"] if line.returned else []
    what.append("  " + " · ".join(facts), "dim")
    return stack(what, indent(plain(line.why)))


def _render_parcel(parcel: ParcelFigures) -> RenderableType:
    track = " ".join(part for part in (parcel.carrier, parcel.tracking_number) if part)
    what = Text.assemble((say_time(parcel.shipped_at), "bold"), "  ", plain(track))
    if parcel.cancelled:
        said = "It was cancelled."
    elif parcel.told_at is not None:
        said = f"The channel knows of it since {say_time(parcel.told_at)}."
    elif parcel.origin == "hub":
        said = "The channel has not been told yet."
        reasons = [one["reason"] for one in parcel.writes if one["reason"]]
        said += f" It said: {reasons[0]}" if reasons else ""
    else:
        said = "The channel reported it."
    return stack(what, indent(plain(said)))


def _list_versions(versions: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = make_table("when", "what became of it")
    for one in versions:
        table.add_row(say_time(one["received_at"]), str(one["outcome"]))
    return table
