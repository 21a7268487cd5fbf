"""Writing the figures of a simulation into a page, between its marks.

The page says what the figures mean; nobody types them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...canonical.errors import SettingsError
from .race import CHANNELS, PULL_SECONDS, RATE, UNITS

START = "<!-- simulation: written by crossdock simulate --write -->"
END = "<!-- end of simulation -->"
_BLOCK = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)


def require_place(page: Path) -> None:
    """Refuse a page without the marks, before anything is measured.

    Raises:
        SettingsError: it has none, or cannot be read.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{page} cannot be read", next_step="Name a page that exists."
        ) from error
    if not _BLOCK.search(text):
        raise SettingsError(
            f"{page} has no place for these figures",
            next_step=f"Put {START} and {END} where they shall stand.",
        )


def write_figures(page: Path, figures: Mapping[str, Any], command: str) -> None:
    """Put the figures into a page.

    Args:
        page: has the marks.
        figures: as the command prints them.
        command: what was typed to get them.
    """
    body = "\n".join([START, "", *_describe(figures, command), "", END])
    text = page.read_text(encoding="utf-8")
    page.write_text(_BLOCK.sub(lambda _: body, text), encoding="utf-8")


def _describe(figures: Mapping[str, Any], command: str) -> Iterator[str]:
    yield f"`{command}`, trace `{figures['trace']}`:"
    yield ""
    yield "| figure | measured |"
    yield "|---|---|"
    for name in (
        "seeds",
        "events",
        "orders_lost",
        "orders_duplicated",
        "oversold_by_hub",
    ):
        yield f"| {name.replace('_', ' ')} | {figures[name]} |"
    yield f"| violations | {len(figures['violations'])} |"
    yield ""
    yield (
        f"Races: {figures['race_skus']} SKUs of {UNITS} units on {CHANNELS} channels, "
        f"{RATE:g} shoppers a second for each of them, and a hub that reads all "
        f"channels every {PULL_SECONDS:g} seconds."
    )
    yield ""
    yield "| policy | sold | sold twice | predicted | stays between | in the days |"
    yield "|---|---|---|---|---|---|"
    for policy, oversold in figures["oversold_by_race"].items():
        low, high = figures["race_intervals"][policy]
        yield (
            f"| {policy} | {figures['sold_in_races'][policy]} | {oversold} | "
            f"{figures['predicted_by_race'][policy]} | {low} and {high} | "
            f"{figures['oversold_in_days'][policy]} |"
        )
