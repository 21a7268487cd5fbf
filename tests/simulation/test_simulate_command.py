"""The command: its figures, its exit codes, and the line that plays a failure again."""

from __future__ import annotations

import json
import re

import pytest
from crossdock.cli.main import app
from crossdock.sync import read_back, reconcile
from typer.testing import CliRunner, Result


def simulate(*words: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *words])


def test_a_seed_that_holds_ends_in_figures_and_exit_code_zero() -> None:
    words = ("--seeds", "2", "--faults", "none", "--race-skus", "4", "--jobs", "1")
    result = simulate(*words, "--json")
    assert result.exit_code == 0
    figures = json.loads(result.stdout)
    assert figures["seeds"] == 1
    assert figures["events"] == 48
    assert figures["violations"] == []
    assert [
        figures[name]
        for name in ("orders_lost", "orders_duplicated", "oversold_by_hub")
    ] == [0, 0, 0]
    policies = ["pool", "funnel", "escrow", "dynamic"]
    assert list(figures["oversold_by_race"]) == policies
    assert list(figures["predicted_by_race"]) == policies
    assert figures["oversold_by_race"]["escrow"] == 0
    assert figures["predicted_by_race"]["escrow"] == 0
    assert figures["seconds"] > 0
    assert re.fullmatch("[0-9a-f]{24}", figures["trace"])


def test_a_seed_that_breaks_a_promise_says_how_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconcile, "_list_pushes", lambda *args: [])
    monkeypatch.setattr(read_back, "needs_write", lambda publication: False)
    words = ("--seeds", "2", "--faults", "none", "--only", "1,2,3", "--json")
    result = simulate(*words, "--shrink-seconds", "8")
    assert result.exit_code == 1
    found = json.loads(result.stdout)["violations"]
    assert found[0]["rule"] == "every_listing_shows_what_the_hub_computes"
    (number,) = found[0]["events"]  # one sale is enough
    assert found[0]["replay"] == (
        f"crossdock simulate --seeds 2 --faults none --only {number}"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seeds", "two"), "these are not numbers"),
        (("--seeds", "2", "--only", "1,x"), "these are not numbers"),
        (("--faults", "locusts"), "there is no such trouble"),
    ],
)
def test_a_wrong_option_is_named(words: tuple[str, ...], said: str) -> None:
    result = simulate(*words)
    assert result.exit_code == 2
    assert said in result.stderr
