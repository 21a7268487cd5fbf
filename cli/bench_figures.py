"""What ``bench ingest`` found: as a document, as lines for people, in a page.

Figures only; how they were measured is in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .bench_page import Place, tabulate_facts

SQLITE = "sqlite"
OWN_SERVER = "postgresql"
"""The database of a server that is started for the purpose."""


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


def find_place(database: str) -> Place:
    """Return where the figures of one kind of database stand in a page."""
    return Place(f"ingest {database}", "crossdock bench ingest")


def write_figures(page: Path, figures: IngestFigures) -> None:
    """Put the figures into a page, between the marks for their database.

    Raises:
        SettingsError: the page has no such marks.
        OSError: it cannot be read or written.
    """
    place = find_place(figures.database)
    place.write(page, tabulate_facts(figures.describe()))
