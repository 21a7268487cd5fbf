"""``crossdock connectors``: the channel kinds, what each can do and wants to know.

Reads the plugins; talks to no channel and opens no database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from ..canonical.errors import SettingsError
from ..config.load import load_settings
from ..connectors import registry
from ..connectors.quality import read_scorecard
from ..connectors.sdk import Plugin, capabilities_of
from .asking import describe_settings
from .described import show_described
from .output import Output, headline, indent, list_facts, make_table, plain
from .session import Json, read_invocation


@dataclass(frozen=True, slots=True)
class KindDescription:
    """A channel kind as a person sees it."""

    kind: str
    title: str
    tier: str
    api_version: str
    distribution: str
    capabilities: tuple[str, ...]
    contract_operations: int
    """Operations of the vendor's contract that it sends, each held to it by a test."""
    seen_on: str = ""
    """The vendor's server, with its version, on which it was tried; "" for none."""
    problem: str = ""
    """Why it cannot be used, if it cannot."""


def connectors(
    context: typer.Context,
    kind: Annotated[
        str | None,
        typer.Argument(
            help="One kind, with all of its settings; or check, and a file."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Argument(help="With check: a TOML file that describes a kind."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the channel kinds, what each can do, and what it wants to know.

    With check and a file: whether it describes a kind, and what would be asked.

    Example:

        crossdock connectors
        crossdock connectors woocommerce
        crossdock connectors check bazaar.toml
    """
    output = Output(as_json=as_json)
    if kind == "check" and file is not None:
        show_described(output, file)
        return
    settings = load_settings(read_invocation(context).config)
    sources = registry.find_sources(settings.connectors_folder)
    if kind is None:
        _list_all(output, sources)
    else:
        _show_one(output, registry.find_plugin(kind, sources), sources)


def _list_all(output: Output, sources: Sequence[registry.Source]) -> None:
    found = registry.list_plugins(sources)
    described = [_describe(plugin, sources) for plugin in found.usable.values()]
    unusable = [
        KindDescription(
            one.kind, "", "unusable", "", one.distribution, (), 0, problem=one.reason
        )
        for one in found.broken
    ]
    table = make_table("kind", "tier", "API", "checked operations", "seen on", "from")
    for one in described:
        table.add_row(
            one.kind,
            one.tier,
            one.api_version,
            str(one.contract_operations),
            one.seen_on or "no real server yet",
            one.distribution,
        )
    output.show([*described, *unusable], table)
    for broken in found.broken:
        output.warn(
            f"{broken.kind} of {broken.distribution} cannot be used: {broken.reason}"
        )
    output.note("crossdock connectors KIND shows its settings.")


def _show_one(
    output: Output, plugin: Plugin, sources: Sequence[registry.Source]
) -> None:
    one = _describe(plugin, sources)
    settings = describe_settings(plugin.settings)
    traits = plugin.traits
    pages: list[RenderableType] = [
        headline(one.title, f"{one.kind} · API {one.api_version} · {one.distribution}"),
        list_facts(
            [
                ("tier", one.tier),
                ("seen on", one.seen_on or "no real server yet"),
                ("can", ", ".join(one.capabilities)),
                ("stock is written", str(traits.stock_write).replace("_", " ")),
                ("pace", f"{traits.requests_per_second:g} requests a second"),
            ]
        ),
        "",
        headline("Settings", f"crossdock channels add {one.kind} asks for them"),
        indent(_tabulate(settings)),
    ]
    output.show({**asdict(one), "settings": settings}, *pages)


def _tabulate(settings: list[Any]) -> RenderableType:
    table = make_table("name", "", "meaning")
    for setting in settings:
        words = ["required"] if setting["required"] else []
        words += ["secret"] if setting["secret"] else []
        if setting["default"] is not None:
            words.append(f"default {str(setting['default']).lower()}")
        meaning = f"{setting['title']}. {setting['description']}"
        table.add_row(setting["name"], ", ".join(words) or "optional", plain(meaning))
    return table


def _describe(plugin: Plugin, sources: Sequence[registry.Source]) -> KindDescription:
    described = KindDescription(
        plugin.kind,
        plugin.title,
        "unrated",
        plugin.api_version,
        next(one.distribution for one in sources if one.kind == plugin.kind),
        capabilities_of(plugin),
        len(plugin.operations),
    )
    try:
        card = read_scorecard(plugin)
    except SettingsError:
        return described  # a connector of somebody else need not rate itself
    return replace(described, tier=card.tier.name.lower(), seen_on=card.seen_on)
