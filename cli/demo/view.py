"""How the demonstration looks: a live page for a person, lines for a file.

Reads snapshots and figures; knows neither the hub nor the shops.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..output import clean, headline, list_facts, make_table
from .figures import Figures
from .snapshot import NEWS_COUNT, Hot, Snapshot
from .stage import SHOPIFY, WOOCOMMERCE
from .stalls import STALLS

_NAMES = {
    SHOPIFY: "Shopify",
    WOOCOMMERCE: "WooCommerce",
    **{kind: stall.title for kind, stall in STALLS.items()},
}
_FEW = 3
"""Up to so many shops there is room for words beside each number."""
_ACTS = {
    "opening": "the shops open, the hub connects them",
    "selling": "shoppers buy on all of them, staff pack",
    "converging": "everybody stopped, the hub brings all in step",
    "over": "over",
}


def draw(snapshot: Snapshot, seed: int, faults: str) -> RenderableType:
    """Return the live page of one moment."""
    head = Text.assemble(
        ("Crossdock demo", "bold"),
        f"  {snapshot.seconds:5.1f} s  ",
        (_ACTS[snapshot.act], "cyan"),
        (f"  seed {seed}, faults {faults}", "dim"),
    )
    return Group(
        head,
        Text(),
        Columns([_draw_shops(snapshot), _draw_facts(snapshot)], padding=(0, 4)),
        Text(),
        _draw_hot(snapshot.hot, tuple(snapshot.placed)),
        Text(),
        _draw_news(snapshot.news),
    )


def _draw_shops(snapshot: Snapshot) -> Table:
    columns = ("orders placed", "in the hub", "parcels shipped")
    table = make_table("", *columns, numbers=columns)
    counts = (snapshot.placed, snapshot.ingested, snapshot.parcels)
    for channel in snapshot.placed:
        numbers = (str(each.get(channel, 0)) for each in counts)
        table.add_row(_NAMES[channel], *numbers)
    return table


def _draw_facts(snapshot: Snapshot) -> RenderableType:
    latency = snapshot.latency_ms
    return list_facts(
        [
            (
                "sale to update",
                f"{latency['p50'] / 1000:.1f} s, at worst {latency['p99'] / 1000:.1f} s"
                if latency["p99"]
                else "-",
            ),
            ("changes of mind", _list_counts(snapshot.changes)),
            ("found sold out", str(snapshot.turned_away)),
            ("sold twice", f"{snapshot.oversold} units"),
            ("open conflicts", _list_counts(snapshot.conflicts)),
            ("faults that struck", _list_counts(snapshot.faults)),
        ]
    )


def _list_counts(counts: Mapping[str, int]) -> str:
    most = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{name} {count}" for name, count in most) or "none"


def _draw_hot(hot: tuple[Hot, ...], channels: tuple[str, ...]) -> Table:
    few = len(channels) <= _FEW
    names = (_NAMES[channel] + (" shows" if few else "") for channel in channels)
    columns = ("really free", "hub", *names)
    table = make_table("last units of", *columns, numbers=columns)
    for one in hot:
        shown = [_draw_shown(one, channel, few=few) for channel in channels]
        table.add_row(one.sku, str(one.really_free), str(one.hub_free), *shown)
    return table


def _draw_shown(one: Hot, channel: str, *, few: bool) -> Text:
    """Show a quantity; one that cannot be kept is marked, and not by colour alone."""
    shown = one.shown[channel]
    if shown is None:
        return Text("-", style="dim")
    free = max(0, one.really_free)
    if shown > free:
        return Text(f"{shown} (too many)" if few else f"{shown} +", style="red")
    if shown < free:
        return Text(f"{shown} (too few)" if few else f"{shown} -", style="yellow")
    return Text(str(shown), style="green")


def _draw_news(news: tuple[str, ...]) -> Panel:
    lines = [*news, *[""] * (NEWS_COUNT - len(news))]
    text = Text("\n".join(clean(line) for line in lines), no_wrap=True)
    text.overflow = "ellipsis"
    return Panel(text, title="on the street", title_align="left", border_style="dim")


def describe_progress(snapshot: Snapshot) -> str:
    """Return one line for whoever does not watch a terminal."""
    return (
        f"{snapshot.seconds:5.1f} s  {snapshot.act}: "
        f"{sum(snapshot.placed.values())} orders placed, "
        f"{sum(snapshot.ingested.values())} in the hub, "
        f"{sum(snapshot.parcels.values())} parcels, "
        f"conflicts: {_list_counts(snapshot.conflicts)}"
    )


def draw_figures(figures: Figures) -> RenderableType:
    """Return the last page: every figure, and what they mean."""
    values = figures.as_json()
    facts: list[tuple[str, RenderableType]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            text = ", ".join(f"{key} {entry}" for key, entry in value.items())
            facts.append((name, text or "none"))
        elif not isinstance(value, list):
            facts.append((name, str(value)))
    broken = figures.list_broken()
    verdict = "Every promise held." if not broken else "A promise was broken."
    return Group(
        headline(verdict),
        list_facts(facts),
        Text(),
        Text("\n".join(broken) if broken else _explain(figures)),
    )


def _explain(figures: Figures) -> str:
    """Return in two or three sentences what good figures mean."""
    oversold = (
        f"Shoppers bought {figures.oversold_units} units that no longer existed, in "
        "the seconds before the other shops knew; they are open as shortfalls or were "
        "settled, and nothing was allocated twice."
        if figures.oversold_units
        else "Nothing was sold twice."
    )
    return (
        f"All {figures.orders_placed} orders of {len(figures.orders_by_channel)} shops "
        "are in the hub once, and "
        f"{figures.listings_in_step} listings show what it computed; "
        f"{figures.listings_waiting} wait for a person.\n{oversold}\n"
        "A sale in one shop lowered the others after "
        f"{figures.sale_to_update_ms['p50'] / 1000:.1f} s in the middle, and each of "
        f"the {figures.fulfillments_shipped} parcels was told to its shop once."
    )


def describe_keeping(
    *, command: str, hub: str, shops: Mapping[str, str], sku: str, order: str
) -> RenderableType:
    """Return how to look around while everything goes on running."""
    return Group(
        Text(),
        headline("Everything goes on running.", "Ctrl-C ends it and leaves nothing"),
        list_facts(
            [
                ("the hub", f"{hub}/healthz"),
                *((f"{_NAMES[name]}", url) for name, url in shops.items()),
                ("why a number", f"{command} explain sku {sku}"),
                ("what of an order", f"{command} explain order {order}"),
                ("what waits for you", f"{command} conflicts list"),
                ("are promises kept", f"{command} fsck"),
            ]
        ),
    )
