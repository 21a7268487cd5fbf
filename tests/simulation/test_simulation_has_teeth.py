"""Planted defects: the simulation finds each of them, and says which promise broke."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from crossdock.cli.simulation.play import Outcome
from crossdock.connectors.shopify import stock as shopify_stock
from crossdock.store import conflicts
from crossdock.sync import ingest, read_back, reconcile
from crossdock.sync.decide import orders
from crossdock.sync.decide.intake import Verdict
from crossdock.sync.decide.ledger import Ledger

PlaySeed = Callable[..., Outcome]


@pytest.fixture
def find(play: PlaySeed) -> Callable[..., bool]:
    """Play a few seeds until a promise breaks."""

    def find(rule: str, seeds: range, troubles: str = "none") -> bool:
        return any(
            violation.rule == rule
            for seed in seeds
            for violation in play(seed, troubles).violations
        )

    return find


Find = Callable[..., bool]


def test_d03_it_finds_a_write_that_does_not_compare(
    find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = shopify_stock.build_input

    def set_blindly(*args: Any) -> dict[str, Any]:
        made = compare(*args)
        for quantity in made["quantities"]:
            quantity["changeFromQuantity"] = None
        return made

    monkeypatch.setattr(shopify_stock, "build_input", set_blindly)
    assert find("no_raise_covers_an_unseen_sale", range(2, 6), "all")


def test_it_finds_a_release_that_moves_no_stock(
    find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ledger, "release", lambda *args: None)
    assert find("fsck.allocated_is_what_lines_hold", range(2, 4))


def test_it_finds_a_return_that_is_not_put_back(
    find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "_take_returns", lambda *args: None)
    assert find("the_hub_counts_what_the_books_count", range(2, 8))


def test_it_finds_listings_that_nobody_writes(
    find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "_list_pushes", lambda *args: [])
    monkeypatch.setattr(read_back, "needs_write", lambda publication: False)
    assert find("every_listing_shows_what_the_hub_computes", range(2, 4))


def test_a01_it_finds_a_record_that_counts_as_news_twice(
    find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ingest, "sort_arrivals", lambda found, known: [Verdict.NEWS] * len(found)
    )
    assert find("no_error_is_unexpected", range(2, 3))


def test_it_finds_a_listing_that_waits_and_nobody_is_told(
    find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conflicts, "report", lambda *args: 0)
    assert find("waiting_listings_have_a_conflict", range(2, 4))
