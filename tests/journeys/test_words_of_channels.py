"""Words that a channel uses and the hub does not know, and what a merchant says."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.conflicts import ConflictKind
from crossdock.canonical.errors import NotFoundError, RefusedError
from crossdock.mapping.words import WordRule
from crossdock.store import words
from crossdock.sync.ship import Tracking, ship_order
from crossdock.sync.vocabulary import forget_word, preview_word, set_word

PICKED = WordRule("woo", "status", "picked", "processing")


@pytest.fixture
def picked(market: Any) -> str:
    """An order in a status that a plugin of the shop has made up."""
    order: str = market.sell("woo", (market.clocks["woo"], 2))
    market.shops["woo"].order(order).status = "picked"
    market.pull()
    return order


def test_g12_an_unknown_status_is_one_conflict_and_the_order_is_kept(
    market: Any, picked: str
) -> None:
    (conflict,) = market.list_open(ConflictKind.UNKNOWN_VALUE)
    assert conflict.subject == "woo/value/status=picked"
    assert market.load_row("woo", picked)["fulfillment"] == "unknown"


def test_a_preview_shows_what_a_word_would_change_and_changes_nothing(
    market: Any, picked: str
) -> None:
    (order,) = preview_word(market.hub, PICKED)
    assert order.order_external_id == picked
    assert (order.before["fulfillment"], order.after["fulfillment"]) == (
        "unknown",
        "unfulfilled",
    )
    assert market.load_row("woo", picked)["fulfillment"] == "unknown"
    assert market.list_open(ConflictKind.UNKNOWN_VALUE)


def test_a_word_with_a_meaning_is_read_so_from_now_on_and_before(
    market: Any, picked: str
) -> None:
    set_word(market.hub, PICKED, actor="ada")
    assert market.load_row("woo", picked)["fulfillment"] == "unfulfilled"
    assert market.list_open(ConflictKind.UNKNOWN_VALUE) == []
    later = market.sell("woo", (market.clocks["woo"], 1))
    market.shops["woo"].order(later).status = "picked"
    market.pull()
    assert market.load_row("woo", later)["fulfillment"] == "unfulfilled"
    assert market.list_open(ConflictKind.UNKNOWN_VALUE) == []
    assert market.count("CLOCK") == (10, 3)
    assert market.violations() == []


def test_stock_follows_what_a_word_means(market: Any, picked: str) -> None:
    assert market.count("CLOCK") == (10, 2)
    set_word(market.hub, WordRule("woo", "status", "picked", "cancelled"), actor="ada")
    assert market.count("CLOCK") == (10, 0)
    with market.hub.store.reading() as connection:
        assert words.find_orders_with(connection, "woo", "status=picked") == []
    assert market.violations() == []


def test_a_meaning_that_cannot_be_read_either_is_told_before(
    market: Any, picked: str
) -> None:
    (order,) = preview_word(market.hub, WordRule("woo", "status", "picked", "odd"))
    assert order.after["fulfillment"] == "unknown"


def test_a_forgotten_word_is_unknown_again(market: Any, picked: str) -> None:
    set_word(market.hub, PICKED, actor="ada")
    forget_word(market.hub, "woo", "status", "picked", actor="ada")
    later = market.sell("woo", (market.clocks["woo"], 1))
    market.shops["woo"].order(later).status = "picked"
    market.pull()
    assert market.load_row("woo", later)["fulfillment"] == "unknown"
    with pytest.raises(NotFoundError, match="no rule"):
        forget_word(market.hub, "woo", "status", "picked", actor="ada")


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (WordRule("woo", "", "picked", "processing"), "The path"),
        (WordRule("woo", "status", "picked", ""), "The meaning"),
        (WordRule("woo", "status", "picked", "PICKED"), "mean itself"),
    ],
)
def test_a_word_that_says_nothing_is_refused(
    market: Any, rule: WordRule, problem: str
) -> None:
    with pytest.raises(RefusedError, match=problem):
        set_word(market.hub, rule, actor="ada")


def test_a_channel_that_is_not_there_has_no_words(market: Any) -> None:
    with pytest.raises(NotFoundError, match="no channel"):
        preview_word(market.hub, WordRule("nowhere", "status", "a", "b"))


def test_a_carrier_is_told_by_the_name_that_the_channel_wants(market: Any) -> None:
    rule = WordRule("woo", "carrier", "DHL", "dhl_germany")
    assert set_word(market.hub, rule, actor="ada") == []
    order = market.sell("woo", (market.clocks["woo"], 1))
    market.pull()
    ship_order(market.hub, order, Tracking("dhl", "JD1"))
    market.work()
    notes = [note.text for note in market.shops["woo"].order(order).notes]
    assert any("dhl_germany" in note for note in notes)
