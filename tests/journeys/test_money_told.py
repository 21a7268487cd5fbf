"""Refunds and prices: what a person asks for reaches the channel once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from crossdock.canonical.conflicts import ConflictKind
from crossdock.canonical.errors import NotFoundError, RefusedError
from crossdock.canonical.money import Money
from crossdock.sync.decide.refunds import RefundWish
from crossdock.sync.pricing import find_priced, set_price
from crossdock.sync.refund import preview_refund, request_refund


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
def sold(market: Any) -> str:
    """An order of two clocks at WooCommerce that the hub knows."""
    order: str = market.sell("woo", (market.clocks["woo"], 2))
    market.pull()
    return order


def refund_one(market: Any, order: str) -> None:
    (line,) = market.find_lines("woo", order)
    wishes = [RefundWish(line, 1)]
    request_refund(market.hub, order, wishes, reason="broken", actor="ada")


def list_refunds(market: Any, order: str) -> list[Decimal]:
    return [one.amount for one in market.shops["woo"].order(order).refunds]


def test_a_refund_is_paid_once_and_moves_no_goods(market: Any, sold: str) -> None:
    refund_one(market, sold)
    market.work()
    (amount,) = list_refunds(market, sold)
    assert amount > 0
    assert market.shops["woo"].order(sold).refunds[0].reason == "broken"
    assert market.count("CLOCK")[0] == 10
    assert market.violations() == []


def test_e08_a_refund_whose_answer_was_lost_is_looked_for(
    market: Any, sold: str
) -> None:
    woo = market.shops["woo"]
    refund_one(market, sold)
    woo.faults.arm_once("dropped")
    market.work(1200)
    assert len(list_refunds(market, sold)) == 1
    assert market.list_open() == []


def test_what_was_paid_back_is_not_offered_again(market: Any, sold: str) -> None:
    whole = preview_refund(market.hub, sold, []).plan
    refund_one(market, sold)
    with pytest.raises(RefusedError, match="under way"):
        refund_one(market, sold)
    market.work()
    left = preview_refund(market.hub, sold, []).plan
    assert left.total.minor == whole.total.minor - int(
        list_refunds(market, sold)[0] * 100
    )


def test_a_refund_that_the_channel_refuses_is_told_to_a_person(
    market: Any, sold: str
) -> None:
    state = market.shops["woo"].state
    state.settings = replace(state.settings, gateway_refunds=False)
    refund_one(market, sold)
    market.work()
    (conflict,) = market.list_open(ConflictKind.REFUSED_PUSH)
    assert "gateway" in conflict.summary
    assert list_refunds(market, sold) == []


def test_a_price_reaches_every_channel_that_takes_one(market: Any) -> None:
    found, unable = find_priced(market.hub, "clock")
    assert {one.channel for one in found} | set(unable) == {"woo", "shopify"}
    set_price(market.hub, found, euros(1234), actor="ada")
    market.work()
    assert market.shops["woo"].product(market.clocks["woo"]).price == Decimal("12.34")


def test_a_newer_price_replaces_one_that_waits(market: Any) -> None:
    found, _ = find_priced(market.hub, "CLOCK", channel="woo")
    set_price(market.hub, found, euros(100), actor="ada")
    set_price(market.hub, found, euros(200), actor="ada")
    market.work()
    assert market.shops["woo"].product(market.clocks["woo"]).price == Decimal("2.00")


def test_a_price_whose_answer_was_lost_is_set_again(market: Any) -> None:
    found, _ = find_priced(market.hub, "CLOCK", channel="woo")
    market.shops["woo"].faults.arm_once("dropped")
    set_price(market.hub, found, euros(300), actor="ada")
    market.work(1200)
    assert market.shops["woo"].product(market.clocks["woo"]).price == Decimal("3.00")
    assert market.list_open() == []


def test_a_price_of_a_product_that_is_gone_is_told_to_a_person(market: Any) -> None:
    listing = market.clocks["woo"]
    found, _ = find_priced(market.hub, listing, channel="woo")
    market.shops["woo"].delete_listing(listing)
    set_price(market.hub, found, euros(300), actor="ada")
    market.work()
    assert [one.subject for one in market.list_open(ConflictKind.REFUSED_PUSH)] == [
        f"woo/price/{listing}"
    ]


def test_a_price_below_zero_or_for_nothing_is_refused(market: Any) -> None:
    found, _ = find_priced(market.hub, "CLOCK")
    with pytest.raises(RefusedError, match="negative"):
        set_price(market.hub, found, euros(-1), actor="ada")
    with pytest.raises(RefusedError, match="No listing"):
        set_price(market.hub, (), euros(1), actor="ada")
    with pytest.raises(NotFoundError, match="no SKU"):
        find_priced(market.hub, "NOTHING")
