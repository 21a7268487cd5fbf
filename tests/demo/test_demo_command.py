"""``crossdock demo`` as a person runs it: real HTTP, real time, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from crossdock.cli.demo.snapshot import Hot, Snapshot
from crossdock.cli.demo.stage import SHOPIFY, WOOCOMMERCE
from crossdock.cli.demo.stalls import name_kinds
from crossdock.cli.demo.view import describe_progress, draw
from rich.console import Console

KEYS = {
    "orders_placed", "orders_ingested", "orders_lost", "orders_duplicated",
    "lines_parked", "allocated_over_on_hand", "oversold_units", "listings",
    "listings_in_step", "fulfillments_shipped", "fulfillments_told", "conflicts_open",
    "fsck_violations", "sale_to_update_ms", "seconds", "seed", "faults",
    "faults_struck",
}  # fmt: skip


def run_demo(*words: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("crossdock")
    return subprocess.run(
        [command, "demo", *words],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "CROSSDOCK_DATABASE__URL": "sqlite:////nowhere/mine.db"},
    )


def test_a_small_demonstration_with_every_fault_keeps_every_promise() -> None:
    done = run_demo("--orders", "25", "--seed", "3", "--faults", "all", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures.keys() >= KEYS
    assert figures["orders_placed"] == figures["orders_ingested"] == 25
    assert figures["orders_lost"] == figures["orders_duplicated"] == 0
    assert figures["listings"] == figures["listings_in_step"] > 100
    assert figures["fulfillments_shipped"] == figures["fulfillments_told"]
    assert figures["allocated_over_on_hand"] == figures["fsck_violations"] == 0
    assert figures["faults_struck"]
    assert "25 orders placed" in done.stderr


def test_every_built_in_kind_at_once_keeps_one_stock_in_step() -> None:
    done = run_demo("--channels", "all", "--orders", "30", "--seed", "5", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    channels = {SHOPIFY, WOOCOMMERCE, *name_kinds()}
    assert figures["orders_by_channel"].keys() == channels
    assert sum(figures["orders_by_channel"].values()) == 30
    watched = figures["watched"]
    assert watched["shown"] == dict.fromkeys(channels, watched["free"])
    assert figures["broken"] == []


def test_a_kind_that_nobody_knows_is_refused_with_those_that_are_known() -> None:
    done = run_demo("--channels", "ebay,lemonade")
    assert (done.returncode, done.stdout) == (2, "")
    assert "lemonade" in done.stderr
    assert "vendure" in done.stderr


def test_a_fault_that_nobody_knows_is_refused_with_those_that_are_known() -> None:
    done = run_demo("--faults", "earthquake")
    assert (done.returncode, done.stdout) == (2, "")
    assert "earthquake" in done.stderr
    assert "webhook_loss" in done.stderr


@pytest.fixture
def moment() -> Snapshot:
    return Snapshot(
        act="selling",
        seconds=12.3,
        placed={SHOPIFY: 31, WOOCOMMERCE: 29},
        ingested={SHOPIFY: 30, WOOCOMMERCE: 27},
        parcels={SHOPIFY: 4},
        changes={"cancel": 2},
        turned_away=6,
        oversold=1,
        hot=(
            Hot("RARE-GEISHA", 2, 2, {SHOPIFY: 2, WOOCOMMERCE: 5}),
            Hot("RARE-YIXING", -1, 0, {SHOPIFY: 0, WOOCOMMERCE: None}),
            Hot("RARE-GYOKURO", 4, 4, {SHOPIFY: 3, WOOCOMMERCE: 4}),
        ),
        latency_ms={"p50": 1400.0, "p99": 6000.0},
        conflicts={"shortfall": 1},
        faults={"dropped": 3},
        news=("Ada Ahlers bought 1 x RARE-GEISHA on woo",),
    )


def test_the_live_page_says_which_shop_shows_too_many_and_which_too_few(
    moment: Snapshot,
) -> None:
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        console.print(draw(moment, 7, "all"))
    page = captured.get()
    rows = {
        line.split()[0]: line for line in page.splitlines() if line.startswith("RARE")
    }
    assert "5 (too many)" in rows["RARE-GEISHA"]
    assert "3 (too few)" in rows["RARE-GYOKURO"]
    assert "too" not in rows["RARE-YIXING"]
    for words in ("seed 7", "dropped 3", "1.4 s", "Ada Ahlers bought"):
        assert words in page


def test_a_line_of_progress_tells_of_both_shops_together(moment: Snapshot) -> None:
    line = describe_progress(moment)
    assert "60 orders placed, 57 in the hub, 4 parcels" in line
    assert "shortfall 1" in line
