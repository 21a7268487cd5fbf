"""The benchmark measures what it says, on both databases; how fast is not judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from crossdock.cli.bench_figures import IngestFigures, write_figures
from crossdock.cli.main import app
from typer.testing import CliRunner

ORDERS = 500
RATES = (
    "orders_per_second",
    "raw_orders_per_second",
    "ratio",
    "processor_ratio",
    "redelivered_per_second",
    "redelivery_speedup",
    "peak_memory_mb",
    "seconds",
)
FIGURES = IngestFigures(
    database="sqlite",
    python="3.11.7",
    orders=20_000,
    lines=40_000,
    seconds=5.0,
    orders_per_second=4000.0,
    raw_orders_per_second=12_000.0,
    ratio=0.333,
    processor_ratio=0.35,
    server_raw_orders_per_second=None,
    server_ratio=None,
    redelivered_per_second=20_000.0,
    redelivery_speedup=5.0,
    peak_memory_mb=120.4,
    memory_growth_mb=0.2,
)
PAGE = """Before.

<!-- ingest sqlite: written by crossdock bench ingest --write -->
stale
<!-- end of ingest sqlite -->

After.
"""


def run(*words: str) -> tuple[int, dict[str, Any]]:
    answer = CliRunner().invoke(app, ["bench", "ingest", *words, "--json"])
    document: dict[str, Any] = json.loads(answer.stdout)
    return answer.exit_code, document


def test_a_small_benchmark_answers_with_every_figure_and_nothing_else() -> None:
    code, figures = run("--orders", str(ORDERS))
    assert code == 0
    assert figures["orders"] == ORDERS
    assert figures["lines"] == 2 * ORDERS
    assert figures["database"] == "sqlite"
    assert all(figures[name] > 0 for name in RATES)
    assert figures["server_ratio"] is None
    assert figures["ratio"] == pytest.approx(
        figures["orders_per_second"] / figures["raw_orders_per_second"], abs=0.01
    )


def test_memory_does_not_grow_with_the_number_of_orders() -> None:
    _, figures = run("--orders", "4000")
    # A page's worth of slack; 3,000 orders after the first quarter hold 20 MiB.
    assert 0 <= figures["memory_growth_mb"] < 6
    # What is known is not read again.
    assert figures["redelivery_speedup"] > 1


@pytest.mark.postgres
def test_a_server_has_a_raw_limit_of_its_own(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql+psycopg", "postgresql")
    code, figures = run("--orders", str(ORDERS), "--database", url)
    assert code == 0
    assert figures["database"] == "postgresql"
    assert figures["server_raw_orders_per_second"] > 0
    assert figures["server_ratio"] > 0


def test_another_database_than_those_two_is_refused() -> None:
    code, document = run("--database", "mysql://localhost/hub")
    assert code == 2
    assert "neither sqlite, nor postgresql" in document["message"]


def test_figures_go_between_their_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(PAGE, encoding="utf-8")
    write_figures(page, FIGURES)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before.\n")
    assert text.endswith("After.\n")
    assert "stale" not in text
    assert "| orders per second | 4,000 |" in text


def test_a_page_without_a_place_for_the_figures_is_refused_before_measuring(
    tmp_path: Path,
) -> None:
    page = tmp_path / "other.md"
    page.write_text("Nothing here.\n", encoding="utf-8")
    code, document = run("--orders", "100000000", "--write", str(page))
    assert code == 2
    assert "no place" in document["message"]
    assert page.read_text(encoding="utf-8") == "Nothing here.\n"
