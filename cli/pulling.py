"""``crossdock pull`` and ``reconcile``: now, instead of at the next interval.

One channel that cannot be read does not keep the others from being read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from ..canonical.errors import ChannelError, RefusedError, SettingsError
from ..canonical.remembered import ChannelState, KnownChannel
from ..store import publications, stock
from ..sync.hub import STOCK_LANE, Hub
from ..sync.reconcile import reconcile as reconcile_skus
from ..sync.remap import mark_skus
from ..sync.stocktaking import require_sku
from .failures import ExitCode, explain_failure
from .output import Output, count, headline, make_table, plain
from .session import Json, open_session, read_moment
from .working import (
    ChannelReading,
    follow_steps,
    hold_lane,
    read_channel,
    read_history,
    show_effect,
)

HistorySince = Annotated[
    str,
    typer.Option(
        "--history-since",
        metavar="TIME",
        help="Read orders changed since then too; those placed before the channel "
        "was connected are history and move no stock.",
    ),
]


def pull(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="One channel; else every one that is enabled.")
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Read all listings and the quantities that are shown too."
        ),
    ] = False,
    history_since: HistorySince = "",
    as_json: Json = False,
) -> None:
    """Read what is new in the channels, and bring their stock in step, now.

    Example:

        crossdock pull
        crossdock pull shop --all
        crossdock pull shop --history-since 2026-01-01
    """
    output = Output(as_json=as_json)
    since = read_moment("--history-since", history_since)
    with open_session(context, output) as hub:
        readings = [
            _pull_one(hub, channel, output, everything=everything, since=since)
            for channel in _choose(hub, name)
        ]
        worked = show_effect(hub, output, "Bringing stock in step")
        in_step, published = _count_in_step(hub)
    document = {
        "channels": readings,
        "published": published,
        "in_step": in_step,
        "tasks_failed": worked.failed,
        "left_to": sorted(worked.busy),
    }
    output.show(
        document,
        _tabulate(readings) if readings else "There is no channel to pull from.",
        headline(f"{in_step} of {published} quantities are in step."),
    )
    if worked.failed or any(one["problem"] for one in readings):
        raise typer.Exit(ExitCode.CHANNEL)


def _choose(hub: Hub, name: str | None) -> list[KnownChannel]:
    if name is None:
        channels = hub.load_channels()
        return [one for one in channels if one.state is ChannelState.ENABLED]
    channel = hub.load_channel(name)
    if channel.state is not ChannelState.ENABLED:
        raise RefusedError(
            f"{name} is {channel.state}: {channel.state_reason}".rstrip(": "),
            next_step=f"crossdock channels check {name}, or resume {name}.",
        )
    return [channel]


def _pull_one(
    hub: Hub,
    channel: KnownChannel,
    output: Output,
    *,
    everything: bool,
    since: datetime | None,
) -> dict[str, Any]:
    problem = ""
    reading = ChannelReading(channel.name)
    try:
        with output.watch(f"Reading {channel.name}") as note, follow_steps(hub, note):
            reading = read_channel(hub, channel, everything=everything)
            if since is not None and not reading.left_to_other:
                reading.orders.add(read_history(hub, channel, since))
    except (ChannelError, SettingsError) as error:
        failure = explain_failure(error)
        problem = failure.message
        output.warn(f"{channel.name}: {problem} {failure.next_step}")
    report = reading.orders
    return {
        "channel": channel.name,
        "received": report.received,
        "applied": report.applied,
        "duplicate": report.duplicate,
        "superseded": report.superseded,
        "quarantined": report.quarantined,
        "listings": reading.listings,
        "left_to_other": reading.left_to_other,
        "problem": problem,
    }


def _tabulate(readings: list[dict[str, Any]]) -> Any:
    numbers = ("orders", "new", "known", "unreadable", "listings")
    table = make_table("channel", *numbers, "", numbers=numbers)
    for one in readings:
        remark = one["problem"]
        if one["left_to_other"]:
            remark = "the hub that runs was asked to"
        table.add_row(
            one["channel"],
            f"{one['received']:,}",
            f"{one['applied']:,}",
            f"{one['duplicate'] + one['superseded']:,}",
            f"{one['quarantined']:,}",
            "" if one["listings"] is None else f"{one['listings']:,}",
            plain(remark),
        )
    return table


def _count_in_step(hub: Hub) -> tuple[int, int]:
    with hub.store.reading() as connection:
        return publications.count_in_step(connection)


def reconcile(
    context: typer.Context,
    skus: Annotated[
        list[str] | None, typer.Argument(help="SKUs, in any spelling.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every SKU.")] = False,
    as_json: Json = False,
) -> None:
    """Compute anew what listings should show, serve waiting lines, write what differs.

    Example:

        crossdock reconcile TEA-GREEN
        crossdock reconcile --all
    """
    output = Output(as_json=as_json)
    if everything == bool(skus):
        raise typer.BadParameter("name SKUs, or say --all")
    with open_session(context, output) as hub:
        names = _name_skus(hub, skus)
        with output.watch(f"Reconciling {count(len(names), 'SKU')}"):
            changed = _reconcile(hub, names)
        worked = show_effect(hub, output, "Writing what differs")
        in_step, published = _count_in_step(hub)
    output.show(
        {
            "skus": len(names),
            "changed": changed,
            "published": published,
            "in_step": in_step,
            "tasks_failed": worked.failed,
            "left_to": sorted(worked.busy),
        },
        headline(
            _say_reconciled(len(names), changed),
            f"{in_step} of {published} quantities are in step",
        ),
    )
    if worked.failed:
        raise typer.Exit(ExitCode.CHANNEL)


def _say_reconciled(skus: int, changed: int | None) -> str:
    if changed is None:
        return f"{count(skus, 'SKU')} left to the hub that runs."
    quantities = count(changed, "quantity", "quantities")
    return f"{count(skus, 'SKU')} reconciled, {quantities} changed."


def _name_skus(hub: Hub, skus: list[str] | None) -> list[str]:
    with hub.store.reading() as connection:
        if skus is None:
            return [row.sku for row in stock.load_skus(connection)]
        return sorted({require_sku(connection, sku) for sku in skus})


def _reconcile(hub: Hub, names: list[str]) -> int | None:
    """Reconcile in pages; return how many quantities changed.

    None where another process is at work on stock: it was asked to instead.
    """
    size = hub.tuning.page_size
    changed = 0
    with hold_lane(hub, STOCK_LANE) as lease:
        if lease is None:
            with hub.store.transaction() as connection:
                mark_skus(hub, connection, names)
            return None
        for start in range(0, len(names), size):
            page = names[start : start + size]
            changed += reconcile_skus(hub, page, lease=lease)
    return changed
