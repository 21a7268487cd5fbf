"""Goods at the terminal: where they lie, on their way, expected, short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crossdock.cli.failures import ExitCode


@pytest.fixture
def stocked(connected: Any) -> Any:
    """A hub connected to a shop that sells ten TEA, with a second location."""
    assert connected("locations", "add", "east", "--title", "East wing").code == 0
    return connected


def test_locations_are_listed_by_rank_with_what_lies_there(stocked: Any) -> None:
    listed = stocked("locations", "list", "--json").document
    units = {row["name"]: row["on_hand"] for row in listed["locations"]}
    assert units == {"main": 10, "in-transit": 0, "east": 0}
    assert (listed["default"], listed["limits"]) == ("main", {})
    changed = stocked("locations", "change", "east", "--rank", "-3", "--json").document
    assert (changed["rank"], changed["title"], changed["sells"]) == (
        -3,
        "East wing",
        True,
    )
    page = stocked("locations", "list").out
    assert page.index("east") < page.index("main")


def test_a_channel_is_limited_and_the_limit_is_lifted(stocked: Any) -> None:
    limited = stocked("locations", "limit", "shop", "east", "--json").document
    assert limited == {"channel": "shop", "locations": ["east"]}
    assert "shop sells only from east." in stocked("locations", "list").out
    assert "main, east" in stocked("locations", "limit", "shop").out
    nowhere = stocked("locations", "limit", "shop", "moon")
    assert nowhere.code == ExitCode.REFUSED
    assert "crossdock locations add" in nowhere.err


def test_goods_are_sent_received_and_lost(stocked: Any) -> None:
    sent = stocked("transfer", "send", "tea", "5", "--to", "east", "--json").document
    assert (sent["from_location"], sent["under_way"]) == ("main", 5)
    id_ = str(sent["id"])
    assert id_ in stocked("transfer", "list").out
    part = stocked("transfer", "receive", id_, "--units", "3", "--json").document
    assert (part["received"], part["under_way"]) == (3, 2)
    lost = stocked("transfer", "lose", id_, "--reason", "broken")
    assert "3 received, 2 lost, 0 on their way." in lost.out
    assert stocked("transfer", "list", "TEA", "--json").document == []
    assert len(stocked("transfer", "list", "--all", "--json").document) == 1
    assert stocked("fsck").code == 0
    again = stocked("transfer", "receive", id_)
    assert again.code == ExitCode.REFUSED
    shown = stocked("explain", "sku", "TEA", "--json").document
    assert {row["location"]: row["on_hand"] for row in shown["positions"]} == {
        "main": 5,
        "east": 3,
        "in-transit": 0,
    }


def test_goods_are_expected_received_and_cancelled(stocked: Any) -> None:
    added = stocked(
        *("incoming", "add", "TEA", "6", "--due", "2026-12-01", "--note", "PO 4711"),
        *("--location", "east", "--json"),
    ).document
    assert (added["expected"], added["due_at"]) == (6, "2026-12-01T00:00:00Z")
    id_ = str(added["id"])
    assert "PO 4711" in stocked("incoming", "list").out
    part = stocked("incoming", "receive", id_, "--units", "2")
    assert "2 received, 4 still expected." in part.out
    assert "0 still expected" in stocked("incoming", "cancel", id_).out
    assert "Nothing is expected." in stocked("incoming", "list").out
    assert len(stocked("incoming", "list", "tea", "--all", "--json").document) == 1
    assert stocked("incoming", "cancel", id_).code == ExitCode.REFUSED
    wrong = stocked("incoming", "add", "TEA", "6", "--due", "soon")
    assert (wrong.code, "not a date or time" in wrong.err) == (ExitCode.USAGE, True)


def test_the_terms_of_a_sku_are_set_and_shown(stocked: Any) -> None:
    stocked("incoming", "add", "TEA", "6")
    terms = stocked(
        *("skus", "set", "tea", "--backorder", "2", "--preorder", "all"),
        *("--safety-stock", "1", "--shortfall-policy", "ship_by", "--json"),
    ).document
    assert terms["sku"] == "TEA"
    assert (terms["backorder_units"], terms["safety_stock"], terms["incoming"]) == (
        2,
        1,
        6,
    )
    page = stocked("skus", "show", "TEA").out
    assert "all that is expected; 6 units are expected" in page
    assert "ship_by" in page
    stocked("skus", "set", "TEA", "--shortfall-policy", "default", "--preorder", "3")
    assert "as the settings say" in stocked("skus", "show", "TEA").out


@pytest.mark.parametrize(
    "words", [("--preorder", "some"), ("--shortfall-policy", "loudest")]
)
def test_terms_that_mean_nothing_are_refused(
    stocked: Any, words: tuple[str, str]
) -> None:
    said = stocked("skus", "set", "TEA", *words)
    assert said.code == ExitCode.USAGE
    assert words[1] in said.err


def test_who_waits_is_shown_with_what_each_policy_costs(
    stocked: Any, market: Any
) -> None:
    assert "Nobody waits for stock." in stocked("shortfalls").out
    assert stocked("channels", "rank", "shop", "1").code == 0
    (listing,) = market.world.listings("shop")
    market.buy(listing, 4)
    stocked("pull")
    stocked("count", "TEA", "1", "--reason", "stocktaking")
    (scarce,) = stocked("shortfalls", "--json").document
    assert (scarce["short"], scarce["shortfall"], scarce["backordered"]) == (3, 3, 0)
    (line,) = scarce["lines"]
    assert (line["held"], line["waits_for"]) == (1, 3)
    page = stocked("shortfalls", "tea").out
    assert "3 units short" in page
    assert "first_come (now)" in page


def test_goods_are_counted_received_and_shipped_at_a_location(
    stocked: Any, market: Any
) -> None:
    stocked("receive", "TEA", "4", "--location", "east")
    counted = stocked("count", "TEA", "3", "--location", "east", "--json").document
    assert (counted["location"], counted["on_hand"]) == ("east", 3)
    (listing,) = market.world.listings("shop")
    order = market.buy(listing, 2)
    stocked("pull")
    shipped = stocked("ship", order, "--location", "east")
    assert shipped.code == ExitCode.REFUSED  # its units are allocated at main
    assert stocked("ship", order, "--location", "moon").code == ExitCode.REFUSED
    assert stocked("ship", order, "--location", "main").code == 0


def test_a_count_may_speak_of_the_past_but_not_of_the_future(stocked: Any) -> None:
    now = datetime.now(UTC).isoformat()
    stocked("receive", "TEA", "2")
    counted = stocked("count", "TEA", "9", "--at", now, "--json").document
    assert counted["on_hand"] == 11
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    said = stocked("count", "TEA", "9", "--at", future)
    assert said.code == ExitCode.REFUSED
