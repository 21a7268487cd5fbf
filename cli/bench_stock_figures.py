"""What ``bench stock`` found: as a document, as pages for people, in the docs.

Figures only; how they were measured is in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType

from .bench_allocating import AllocatingFigures
from .bench_growing import GrowingFigures
from .bench_latency import LatencyFigures
from .bench_page import Facts, Place, tabulate, tabulate_facts
from .bench_reconcile import ReconcileFigures
from .output import headline, list_facts, make_table

PLACE = Place("stock", "crossdock bench stock")
_ALLOCATING = ("allocations per second", "at a time", "hub", "raw limit", "share")
_LATENCY = ("a sale until 7 others are told, ms", "median", "p99", "longest", "raw p50")
_GROWING = ("channels", "processor time of a sale, ms", "raw limit, ms")


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    """What was measured on one kind of database."""

    database: str
    allocating: tuple[AllocatingFigures, ...]
    latency: LatencyFigures


@dataclass(frozen=True, slots=True)
class StockFigures:
    """Everything that ``bench stock`` measures; the last two on SQLite."""

    python: str
    databases: tuple[DatabaseFigures, ...]
    reconcile: ReconcileFigures
    growing: GrowingFigures

    def make_pages(self) -> Sequence[RenderableType]:
        """Return the figures for a terminal."""
        latency = self.databases[0].latency
        first = headline(
            f"{latency.p50_ms:.0f} ms until seven other channels are told of a sale",
            f"p99 {latency.p99_ms:.0f} ms",
        )
        tables = []
        for head, rows in self._list_tables():
            table = make_table(*head, numbers=head[1:])
            for row in rows:
                table.add_row(*row)
            tables.append(table)
        return [first, *tables, list_facts(_describe_reconcile(self.reconcile))]

    def write_down(self) -> Sequence[str]:
        """Return the figures as tables in Markdown."""
        tables = [tabulate(head, rows) for head, rows in self._list_tables()]
        return [*tables, tabulate_facts(_describe_reconcile(self.reconcile))]

    def _list_tables(self) -> list[tuple[Sequence[str], list[list[str]]]]:
        allocating = [
            _describe_allocating(one.database, task)
            for one in self.databases
            for task in one.allocating
        ]
        latency = [_describe_latency(one) for one in self.databases]
        return [
            (_ALLOCATING, allocating),
            (_LATENCY, latency),
            (_GROWING, _describe_growing(self.growing)),
        ]


def write_stock_figures(page: Path, figures: StockFigures) -> None:
    """Put the figures into a page, between their marks.

    Raises:
        SettingsError: the page has no such marks.
        OSError: it cannot be read or written.
    """
    PLACE.write(page, *figures.write_down())


def _describe_allocating(database: str, figures: AllocatingFigures) -> list[str]:
    skus = "one hot SKU" if figures.skus == 1 else f"{figures.skus:,} SKUs"
    return [
        f"{database}, {skus}",
        str(figures.per_page),
        f"{figures.per_second:,.0f}",
        f"{figures.raw_per_second:,.0f}",
        f"{figures.ratio:.2f}",
    ]


def _describe_latency(one: DatabaseFigures) -> list[str]:
    found = one.latency
    times = (found.p50_ms, found.p99_ms, found.longest_ms, found.raw_p50_ms)
    return [one.database, *(f"{time:.1f}" for time in times)]


def _describe_growing(figures: GrowingFigures) -> list[list[str]]:
    costs = [
        [str(cost.channels), f"{cost.sale_ms:.1f}", f"{cost.raw_sale_ms:.2f}"]
        for cost in figures.costs
    ]
    slope = [f"{figures.channel_ms:.1f}", f"{figures.raw_channel_ms:.2f}"]
    return [
        *costs,
        ["each channel more", *slope],
        ["the same from 8 to 16, over from 2 to 8", f"{figures.steepening:.2f}", ""],
    ]


def _describe_reconcile(found: ReconcileFigures) -> Facts:
    return [
        ("full reconcile", f"{found.listings:,} listings, {found.channels} channels"),
        ("changed, of each channel", f"{found.changed:,} listings"),
        ("seconds", f"{found.seconds:,.1f}"),
        ("listings per second", f"{found.listings_per_second:,.0f}"),
        ("raw limit", f"{found.raw_listings_per_second:,.0f}"),
        ("share of it", f"{found.ratio:.3f}"),
        ("peak memory", f"{found.peak_memory_mb:.0f} MiB"),
        ("requests that write, of each channel", f"{found.writes}"),
        ("changed listings over the batch", f"{found.writes_needed}"),
        ("requests that read stock", f"{found.reads}"),
        ("written though nothing had changed", f"{found.written_in_vain}"),
    ]
