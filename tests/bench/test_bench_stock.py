"""The benchmark of stock measures what it says; how fast it is is not judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from crossdock.cli import bench_stock_measuring
from crossdock.cli.bench_allocating import (
    Allocating,
    AllocatingFigures,
    measure_allocating,
)
from crossdock.cli.bench_apart import run_apart
from crossdock.cli.bench_growing import SaleCost, measure_cost, sum_up_costs
from crossdock.cli.bench_latency import LatencyFigures, find_share, measure_latency
from crossdock.cli.bench_postgres import open_databases
from crossdock.cli.bench_reconcile import ReconcileFigures, measure_reconcile
from crossdock.cli.bench_stock_figures import DatabaseFigures, StockFigures
from crossdock.cli.main import app
from typer.testing import CliRunner

COSTS = tuple(SaleCost(n, 10.0 + 5.0 * n, 1.0 + 0.5 * n) for n in (2, 4, 8, 16))
FIGURES = StockFigures(
    "3.11.7",
    (
        DatabaseFigures(
            "sqlite",
            (AllocatingFigures(1, 250, 500, 4321.4, 20_000.0, 0.216, 0.22),),
            LatencyFigures(8, 300, 21.04, 38.5, 44.1, 1.5, 2.5, 0.071),
        ),
    ),
    ReconcileFigures(
        1_000_000, 10, 1000, 60.0, 16_666.7, 400_000.0, 0.042, 4, 4, 0, 0, 150.4
    ),
    sum_up_costs(300, COSTS),
)
PAGE = """Before.

<!-- stock: written by crossdock bench stock --write -->
stale
<!-- end of stock -->

After.
"""


def make_urls(home: Path) -> tuple[Path, str, str]:
    hub_url, raw_url = (f"sqlite:///{home / name}.sqlite3" for name in ("hub", "raw"))
    return home, hub_url, raw_url


@pytest.mark.parametrize("task", [Allocating(1, 40, 80), Allocating(30, 1, 20)])
def test_every_order_is_allocated_and_its_rows_are_written_again(
    task: Allocating, tmp_path: Path
) -> None:
    figures = run_apart(measure_allocating, *make_urls(tmp_path), task)
    assert (figures.skus, figures.per_page, figures.count) == (
        task.skus,
        task.per_page,
        task.count,
    )
    assert figures.per_second > 0
    assert figures.ratio == pytest.approx(
        figures.per_second / figures.raw_per_second, abs=0.01
    )


@pytest.mark.postgres
def test_a_server_allocates_too(postgres_url: str, tmp_path: Path) -> None:
    server = postgres_url.replace("postgresql+psycopg", "postgresql")
    with open_databases(server, tmp_path, "hub", "raw") as urls:
        task = Allocating(3, 10, 30)
        figures = run_apart(measure_allocating, tmp_path, *urls, task)
    assert figures.per_second > 0
    assert figures.raw_per_second > 0


def test_a_sale_reaches_every_other_channel(tmp_path: Path) -> None:
    figures = run_apart(measure_latency, *make_urls(tmp_path), 9)
    assert (figures.channels, figures.sales) == (8, 9)
    assert 0 < figures.p50_ms <= figures.p99_ms <= figures.longest_ms
    assert 0 < figures.raw_p50_ms <= figures.raw_p99_ms


def test_a_full_reconcile_writes_what_changed_in_as_few_requests_as_there_can_be(
    tmp_path: Path,
) -> None:
    home, url, _ = make_urls(tmp_path)
    figures = run_apart(measure_reconcile, home, url, 4000)
    assert figures.listings == 4000
    assert figures.changed == 4
    assert figures.writes == figures.writes_needed == 1
    assert figures.reads == 0
    assert figures.written_in_vain == 0
    assert figures.raw_listings_per_second > 0
    assert figures.peak_memory_mb < 300


def test_a_sale_costs_something_with_few_channels(tmp_path: Path) -> None:
    cost = run_apart(measure_cost, *make_urls(tmp_path), 2, 5)
    assert cost.channels == 2
    assert cost.sale_ms > cost.raw_sale_ms > 0


def test_costs_on_a_line_are_linear_and_costs_that_bend_up_are_not() -> None:
    straight = sum_up_costs(300, COSTS)
    assert straight.channel_ms == pytest.approx(5)
    assert straight.raw_channel_ms == pytest.approx(0.5)
    assert straight.steepening == pytest.approx(1)
    squares = tuple(SaleCost(n, float(n * n), 1.0 + n) for n in (2, 4, 8, 16))
    assert sum_up_costs(300, squares).steepening > 2


def test_ninety_nine_of_a_hundred_are_not_above_the_99th_percentile() -> None:
    figures = [float(n) for n in range(100, 0, -1)]
    assert find_share(figures, 0.99) == 99
    assert find_share(figures, 0.5) == 50
    assert find_share([7.0], 0.99) == 7


def test_the_command_gives_one_document_and_writes_the_same_figures_into_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "performance.md"
    page.write_text(PAGE, encoding="utf-8")
    asked: list[Any] = []

    def measure(sizes: Any, database: str, note: Any) -> StockFigures:
        del note
        asked.append((sizes.listings, database))
        return FIGURES

    monkeypatch.setattr(bench_stock_measuring, "measure_stock", measure)
    words = ["bench", "stock", "--listings", "2000", "--write", str(page)]
    answer = CliRunner().invoke(app, [*words, "--json"])
    assert answer.exit_code == 0
    assert asked == [(2000, "postgresql")]
    document = json.loads(answer.stdout)
    assert document["databases"][0]["latency"]["p99_ms"] == 38.5
    assert document["reconcile"]["writes"] == document["reconcile"]["writes_needed"]
    assert document["growing"]["costs"][3]["channels"] == 16
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before.\n")
    assert text.endswith("After.\n")
    assert "stale" not in text
    assert "| sqlite, one hot SKU | 250 | 4,321 | 20,000 | 0.22 |" in text
    assert "| sqlite | 21.0 | 38.5 | 44.1 | 1.5 |" in text
    assert "| peak memory | 150 MiB |" in text
    assert "p99 38 ms" in CliRunner().invoke(app, words).stdout


def test_a_page_without_a_place_is_refused_before_anything_is_measured(
    tmp_path: Path,
) -> None:
    page = tmp_path / "other.md"
    page.write_text("Nothing here.\n", encoding="utf-8")
    words = ["bench", "stock", "--listings", "1000000000", "--write", str(page)]
    answer = CliRunner().invoke(app, [*words, "--json"])
    assert answer.exit_code == 2
    assert "no place" in json.loads(answer.stdout)["message"]
