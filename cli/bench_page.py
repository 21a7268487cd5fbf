"""Figures in a page of the documentation: between two marks, written by a command only.

What stands between the marks is replaced as a whole. What the figures mean is for the
benchmarks that found them.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..canonical.errors import SettingsError

Facts = Sequence[tuple[str, str]]
"""Names and values for people."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where figures stand in a page."""

    name: str
    command: str
    """What measures and writes them."""

    @property
    def start(self) -> str:
        """The mark before the figures."""
        return f"<!-- {self.name}: written by {self.command} --write -->"

    @property
    def end(self) -> str:
        """The mark behind them."""
        return f"<!-- end of {self.name} -->"

    def require(self, page: Path) -> None:
        """Make sure that a page has this place, before anything is measured.

        Raises:
            SettingsError: it has not.
            OSError: it cannot be read.
        """
        if not self._pattern.search(page.read_text(encoding="utf-8")):
            raise SettingsError(
                f"{page} has no place for these figures",
                next_step=f"Put {self.start} and {self.end} where they shall stand.",
            )

    def write(self, page: Path, *tables: str) -> None:
        """Put tables here, below a line about the machine.

        Raises:
            SettingsError: the page has no such place.
            OSError: it cannot be read or written.
        """
        self.require(page)
        body = "\n\n".join((self.start, _name_machine(), *tables, self.end))
        text = page.read_text(encoding="utf-8")
        page.write_text(self._pattern.sub(lambda _: body, text), encoding="utf-8")

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(f"{re.escape(self.start)}.*?{re.escape(self.end)}", re.DOTALL)


def tabulate(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"|{'|'.join(line)}|" if line is lines[1] else f"| {' | '.join(line)} |"
        for line in lines
    )


def tabulate_facts(facts: Facts) -> str:
    """Return facts as a table in Markdown."""
    return tabulate(("figure", "measured"), facts)


def _name_machine() -> str:
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}"
    )
