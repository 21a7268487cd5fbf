"""``crossdock policy``: how channels share the units of a SKU.

Every change can be looked at first. What is shown follows when the SKUs concerned are
reconciled, now if nobody else is at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from ..canonical.errors import SettingsError
from ..canonical.policies import StockMode, StockPolicy
from ..config.settings import StockSettings
from ..sync.decide.policies import describe_scope
from ..sync.policies import (
    Difference,
    clear_policy,
    list_policies,
    preview_policy,
    set_policy,
)
from .output import Output, count, headline, indent, list_facts, make_table, plain
from .session import Actor, Json, Reason, open_session, read_settings
from .working import show_effect

LISTED_MAX = 40
"""Differences that a person is shown; a program gets all of them."""

app = typer.Typer(no_args_is_help=True, help="How channels share the units of a SKU.")

Channel = Annotated[
    str, typer.Option("--channel", help="Only this channel. Else all of them.")
]
Sku = Annotated[str, typer.Option("--sku", help="Only this SKU. Else all of them.")]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Only show which listings would change, and how."),
]
Threshold = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=1_000_000,
        help="Funnel: at or below so many units, only the first channels show them.",
    ),
]
Buffer = Annotated[
    int | None,
    typer.Option(min=0, max=1_000_000, help="Units of a listing to hold back always."),
]
Dynamic = Annotated[
    bool | None,
    typer.Option(
        "--dynamic/--no-dynamic",
        help="Whether to hold back a computed buffer as well.",
        show_default="as the settings say",
    ),
]
OversoldCost = Annotated[
    int | None,
    typer.Option(min=1, help="What an oversold unit costs, against the next."),
]
WithheldCost = Annotated[
    int | None, typer.Option(min=1, help="What a withheld unit costs.")
]


@app.command("show")
def show(context: typer.Context, as_json: Json = False) -> None:
    """List every policy; the most specific applies, then what the settings say.

    Example:

        crossdock policy show
    """
    output = Output(as_json=as_json)
    settings = read_settings(context).stock
    with open_session(context, output) as hub:
        said = list_policies(hub)
    document = {
        "settings": _show_settings(settings),
        "policies": [_show_policy(one) for one in said],
    }
    output.show(document, *_render(settings, said))


def _show_settings(settings: StockSettings) -> dict[str, Any]:
    return {
        "mode": settings.mode,
        "threshold_units": settings.funnel_threshold,
        "buffer_units": settings.buffer,
        "dynamic_buffer": settings.dynamic_buffer,
        "oversold_cost": settings.oversold_cost,
        "withheld_cost": settings.withheld_cost,
    }


def _show_policy(policy: StockPolicy) -> dict[str, Any]:
    return asdict(policy) | {"mode": policy.mode.value}


def _render(
    settings: StockSettings, said: Sequence[StockPolicy]
) -> list[RenderableType]:
    table = make_table("for", "mode", "threshold", "buffer", "dynamic", "costs")
    for one in said:
        costs = (one.oversold_cost, one.withheld_cost)
        table.add_row(
            plain(describe_scope(one.channel, one.sku)),
            one.mode.value,
            *(
                "" if figure is None else f"{figure:,}"
                for figure in (one.threshold_units, one.buffer_units)
            ),
            {None: "", True: "yes", False: "no"}[one.dynamic_buffer],
            "" if costs == (None, None) else f"{costs[0] or '-'} to {costs[1] or '-'}",
        )
    default = f"{settings.mode}, buffer {settings.buffer:,}"
    if settings.mode == "funnel":
        default += f", threshold {settings.funnel_threshold:,}"
    default += ", dynamic buffer" if settings.dynamic_buffer else ""
    pages: list[RenderableType] = [
        headline(count(len(said), "policy", "policies")),
        list_facts([("else", plain(f"{default} (the settings)"))]),
    ]
    return [*pages, indent(table)] if said else pages


@app.command("set")
def set_(
    context: typer.Context,
    mode: Annotated[StockMode, typer.Argument(help="How the units are shared.")],
    actor: Actor,
    channel: Channel = "",
    sku: Sku = "",
    threshold: Threshold = None,
    buffer: Buffer = None,
    dynamic: Dynamic = None,
    oversold_cost: OversoldCost = None,
    withheld_cost: WithheldCost = None,
    dry_run: DryRun = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Write a policy for a channel, a SKU, both or everything; it replaces its like.

    What is not given stays as the settings say.

    Example:

        crossdock policy set escrow --sku TEA-GREEN --dry-run
        crossdock policy set funnel --channel etsy --threshold 3
    """
    output = Output(as_json=as_json)
    if threshold is not None and mode is StockMode.POOL:
        raise SettingsError(
            "--threshold says nothing about a pool",
            next_step="Use it with funnel.",
        )
    said = StockPolicy(
        channel, sku, mode, threshold, buffer, dynamic, oversold_cost, withheld_cost
    )
    with open_session(context, output) as hub:
        differences = preview_policy(hub, channel, sku, said)
        if not dry_run:
            said = set_policy(hub, said, actor=actor, reason=reason)
            show_effect(hub, output, "Bringing channels in step")
    done = "would apply" if dry_run else "applies"
    what = f"{mode.value} {done} to {describe_scope(said.channel, said.sku)}."
    output.show(
        _show(differences, written=not dry_run) | {"policy": _show_policy(said)},
        headline(what),
        *_list_differences(differences, dry_run=dry_run),
    )


@app.command("clear")
def clear(
    context: typer.Context,
    actor: Actor,
    channel: Channel = "",
    sku: Sku = "",
    dry_run: DryRun = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Forget a policy; the next less specific one applies again, or the settings.

    Example:

        crossdock policy clear --sku TEA-GREEN
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        differences = preview_policy(hub, channel, sku, None)
        cleared = False
        if not dry_run:
            cleared = clear_policy(hub, channel, sku, actor=actor, reason=reason)
            show_effect(hub, output, "Bringing channels in step")
    scope = describe_scope(channel, sku)
    done = f"The policy of {scope} is gone."
    if dry_run:
        done = f"The policy of {scope} would go."
    elif not cleared:
        done = f"There is no policy of {scope}."
    output.show(
        _show(differences, written=cleared),
        headline(done),
        *_list_differences(differences, dry_run=dry_run),
    )


def _show(differences: Sequence[Difference], *, written: bool) -> dict[str, Any]:
    return {
        "written": written,
        "listings_changed": len(differences),
        "changes": [asdict(one) for one in differences],
    }


def _list_differences(
    differences: Sequence[Difference], *, dry_run: bool
) -> list[RenderableType]:
    if not differences:
        return ["No listing shows anything else because of it."]
    numbers = ("before", "after")
    table = make_table(
        "channel", "stock record", "sells", *numbers, "", numbers=numbers
    )
    for one in differences[:LISTED_MAX]:
        table.add_row(
            plain(one.channel),
            plain(one.stock_record),
            plain(", ".join(one.skus)),
            *(
                "-" if units is None else f"{units:,}"
                for units in (one.before, one.after)
            ),
            "after some time at zero" if one.at_zero_first else "",
        )
    said = f"{count(len(differences), 'listing')} {'would show' if dry_run else 'show'}"
    pages: list[RenderableType] = [f"{said} something else:", indent(table)]
    if len(differences) > LISTED_MAX:
        pages.append(f"... and {len(differences) - LISTED_MAX:,} more; --json has all.")
    return pages
