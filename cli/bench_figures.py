"""What a benchmark found: as a document, as lines for people, in a page of the docs.

Figures only; how they were measured is in the modules beside this one.
"""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from ..canonical.errors import SettingsError

SQLITE = "sqlite"
OWN_SERVER = "postgresql"
"""The database of a server that is started for the purpose."""
_NOTE = "written by crossdock bench ingest --write"


@dataclass(frozen=True, slots=True)
class IngestFigures:
    """How a hub took all orders of a shop in, beside what the machine could do."""

    database: str
    python: str
    orders: int
    lines: int
    seconds: float
    orders_per_second: float
    raw_orders_per_second: float
    """The same rows into SQLite, with nothing but the parser and ``executemany``."""
    ratio: float
    """Orders per second as a share of the raw limit."""
    processor_ratio: float
    """The same of processor time, which other programs on the machine disturb less."""
    server_raw_orders_per_second: float | None
    """The same rows into the database server by COPY; None where there is no server."""
    server_ratio: float | None
    redelivered_per_second: float
    redelivery_speedup: float
    """How many times faster than the first delivery the second one was."""
    peak_memory_mb: float
    memory_growth_mb: float
    """Peak at the end of the first delivery less peak after its first quarter."""

    def describe(self) -> list[tuple[str, str]]:
        """Return names and values for people."""
        facts = [
            ("database", self.database),
            ("orders", f"{self.orders:,} with {self.lines:,} lines"),
            ("orders per second", f"{self.orders_per_second:,.0f}"),
            ("raw limit, SQLite", f"{self.raw_orders_per_second:,.0f}"),
            ("share of it", f"{self.ratio:.2f}"),
            ("in processor time", f"{self.processor_ratio:.2f}"),
            ("delivered again, per second", f"{self.redelivered_per_second:,.0f}"),
            ("times the first delivery", f"{self.redelivery_speedup:.1f}"),
            ("peak memory", f"{self.peak_memory_mb:.0f} MiB"),
            ("growth after a quarter", f"{self.memory_growth_mb:.1f} MiB"),
        ]
        if self.server_raw_orders_per_second and self.server_ratio:
            limit = f"{self.server_raw_orders_per_second:,.0f}"
            facts[6:6] = [
                ("raw limit, server", limit),
                ("share of that", f"{self.server_ratio:.2f}"),
            ]
        return facts


def require_place(page: Path, database: str) -> None:
    """Make sure that a page has a place for figures, before they are measured.

    Raises:
        SettingsError: it has none.
        OSError: it cannot be read.
    """
    start, end = _name_marks(database)
    if not _find_block(database).search(page.read_text(encoding="utf-8")):
        raise SettingsError(
            f"{page} has no place for these figures",
            next_step=f"Put {start} and {end} where they shall stand.",
        )


def write_figures(page: Path, figures: IngestFigures) -> None:
    """Put the figures into a page, between the marks for their database.

    Raises:
        SettingsError: the page has no such marks.
        OSError: it cannot be read or written.
    """
    require_place(page, figures.database)
    start, end = _name_marks(figures.database)
    rows = "\n".join(f"| {fact} | {shown} |" for fact, shown in figures.describe())
    machine = (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {figures.python}"
    )
    body = f"{start}\n\n{machine}\n\n| figure | measured |\n|---|---|\n{rows}\n\n{end}"
    text = page.read_text(encoding="utf-8")
    pattern = _find_block(figures.database)
    page.write_text(pattern.sub(lambda _: body, text), encoding="utf-8")


def _name_marks(database: str) -> tuple[str, str]:
    """Return what stands before and after the figures of one kind of database."""
    name = f"ingest {database}"
    return f"<!-- {name}: {_NOTE} -->", f"<!-- end of {name} -->"


def _find_block(database: str) -> re.Pattern[str]:
    start, end = _name_marks(database)
    return re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
