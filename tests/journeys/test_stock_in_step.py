"""What is sold on one channel is gone from the others, and nothing is sold twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from crossdock.canonical.conflicts import Action, ConflictKind
from crossdock.canonical.listings import Component
from crossdock.canonical.remembered import LineState
from crossdock.simulators.woocommerce import NewVariation
from crossdock.store.marks import MarkKind
from crossdock.sync.accounts import remove_channel
from crossdock.sync.decisions_mapping import Decision
from crossdock.sync.resolve import resolve_conflict
from crossdock.sync.stocktaking import count_stock, receive_stock

CHANNELS = ("shopify", "woo")


def other(channel: str) -> str:
    return "woo" if channel == "shopify" else "shopify"


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sale_on_one_channel_lowers_the_other(any_market: Any, channel: str) -> None:
    town = any_market
    town.sell(channel, (town.clocks[channel], 3))
    town.work()
    assert town.shown(other(channel), town.clocks[other(channel)]) == 7
    assert town.count("CLOCK") == (10, 3)
    town.check()


def test_the_first_connected_channel_brings_the_opening_stock(market: Any) -> None:
    assert market.count("CLOCK") == (10, 0)
    assert market.list_open() == []
    market.check()


def test_d01_the_last_unit_sold_on_two_channels_is_allocated_once_and_shown_as_short(
    any_market: Any,
) -> None:
    town = any_market
    town.sell("shopify", (town.clocks["shopify"], 9))
    town.work()
    town.sell("shopify", (town.clocks["shopify"], 1))
    town.sell("woo", (town.clocks["woo"], 1))
    town.work()
    assert town.count("CLOCK") == (10, 10)
    (shortfall,) = town.list_open()
    assert shortfall.kind is ConflictKind.SHORTFALL
    assert shortfall.facts["units_short"] == 1
    assert town.world.oversold_units() == 1
    town.check()

    town.world.receive("CLOCK", 4)
    receive_stock(town.hub, "CLOCK", 4, actor="staff")
    town.work()
    assert town.count("CLOCK") == (14, 11)
    assert town.list_open() == []
    assert [town.shown(name, town.clocks[name]) for name in CHANNELS] == [3, 3]
    town.check()


def test_a_shortfall_can_be_resolved_by_receiving_what_is_missing(market: Any) -> None:
    market.lose_webhooks()
    for name in CHANNELS:
        market.sell(name, (market.clocks[name], 8))
    market.work()
    (shortfall,) = market.list_open()
    market.world.receive("CLOCK", 6)
    resolve_conflict(
        market.hub,
        shortfall.id,
        Decision(Action.RECEIVE),
        actor="staff",
        reason="found",
    )
    market.work()
    assert market.count("CLOCK") == (16, 16)
    assert market.list_open() == []
    market.check()


def test_goods_that_a_count_does_not_find_are_taken_from_the_youngest_orders(
    market: Any,
) -> None:
    old = market.sell("shopify", (market.clocks["shopify"], 5))
    market.work()
    young = market.sell("woo", (market.clocks["woo"], 3))
    market.work()
    market.world.receive("CLOCK", -4)
    count_stock(market.hub, "CLOCK", 6, actor="staff")
    market.work()
    assert market.count("CLOCK") == (6, 6)

    def holds(channel: str, order: str) -> list[int]:
        lines = market.load_order(channel, order).lines.values()
        return [holding.allocated for line in lines for holding in line.holdings]

    assert (holds("shopify", old), holds("woo", young)) == ([5], [1])
    assert [one.kind for one in market.list_open()] == [ConflictKind.SHORTFALL]
    market.check()


def test_a_buffer_holds_units_back_on_its_channel_alone(town: Any) -> None:
    town.open_shopify()
    town.open_woocommerce()
    clocks = town.stock("CLOCK", 10)
    town.connect_shopify()
    town.work(5)
    town.connect_woocommerce(buffer_units=2)
    town.work()
    assert town.shown("shopify", clocks["shopify"]) == 10
    assert town.shown("woo", clocks["woo"]) == 8
    assert town.violations() == []


def test_c17_a_bundle_is_limited_by_its_scarcest_part_and_takes_every_part(
    market: Any,
) -> None:
    market.stock("LAMP", 6)
    sells = {"CLOCK": 2, "LAMP": 1}
    bundle = market.offer("woo", "GIFT-SET", 0, sells=sells)
    market.tick(MarkKind.SCAN)
    market.work()
    (conflict,) = market.list_open(ConflictKind.UNMAPPED_SKU)
    parts = tuple(Component(sku=sku, units=units) for sku, units in sells.items())
    resolve_conflict(
        market.hub, conflict.id, Decision(Action.MAP, parts), actor="staff"
    )
    market.work()
    assert market.shown("woo", bundle) == 5
    market.sell("woo", (bundle, 2))
    market.work()
    assert market.count("CLOCK") == (10, 4)
    assert market.count("LAMP") == (6, 2)
    assert market.shown("woo", bundle) == 3
    assert market.shown("shopify", market.clocks["shopify"]) == 6
    market.check()


def test_variations_that_share_their_parents_counter_are_one_stock_record(
    town: Any,
) -> None:
    woo = town.open_woocommerce()
    town.world.receive("SHIRT", 9)
    variations = [
        NewVariation(options={"Size": size}, price=Decimal(20), sells={"SHIRT": 1})
        for size in "SM"
    ]
    small, medium = woo.add_variable_product(
        "Shirt", variations, sku="SHIRT", parent_stock=9
    )
    town.open_shopify()
    shirt = town.offer("shopify", "SHIRT", 9)
    town.connect_shopify()
    town.work(5)
    town.connect_woocommerce()
    town.work()
    # What looks like a SKU of theirs is their parent's: a person says what they sell.
    decision = Decision(Action.MAP, (Component(sku="SHIRT", units=1),))
    for conflict in town.list_open(ConflictKind.UNMAPPED_SKU):
        resolve_conflict(town.hub, conflict.id, decision, actor="staff")
    town.sell("shopify", (shirt, 4))
    town.work()
    assert (town.shown("woo", small), town.shown("woo", medium)) == (5, 5)
    town.sell("woo", (small, 2), (medium, 1))
    town.work()
    assert town.shown("shopify", shirt) == 2
    assert town.count("SHIRT") == (9, 7)
    town.check()


def test_b18_orders_from_before_the_start_move_no_stock(town: Any) -> None:
    town.open_shopify()
    woo = town.open_woocommerce()
    clocks = town.stock("CLOCK", 10)
    old = town.sell("woo", (clocks["woo"], 4))
    woo.set_stock(clocks["woo"], 10)
    town.clock.advance(3600)
    town.connect_shopify()
    town.work(5)
    town.connect_woocommerce()
    woo.set_order_status(old, "completed")
    town.pull()
    known = town.load_order("woo", old)
    assert known is not None
    assert not known.moves_stock
    assert town.count("CLOCK") == (10, 0)
    assert town.shown("woo", clocks["woo"]) == 10
    assert town.violations() == []


def test_history_can_be_read_from_a_chosen_day_on(town: Any) -> None:
    town.open_woocommerce()
    clocks = town.stock("CLOCK", 10)
    order = town.sell("woo", (clocks["woo"], 4))
    yesterday = town.clock.now() - timedelta(days=1)
    town.clock.advance(3600)
    town.connect_woocommerce(orders_since=yesterday)
    town.work()
    known = town.load_order("woo", order)
    assert known is not None
    assert known.moves_stock


def test_removing_a_channel_frees_what_its_orders_claimed(any_market: Any) -> None:
    town = any_market
    town.sell("woo", (town.clocks["woo"], 4))
    town.work()
    assert town.shown("shopify", town.clocks["shopify"]) == 6
    remove_channel(town.hub, "woo")
    town.work()
    assert town.count("CLOCK") == (10, 0)
    assert town.shown("shopify", town.clocks["shopify"]) == 10
    assert town.violations() == []


def test_a_gift_card_takes_nothing_from_stock_and_holds_nothing_up(
    market: Any,
) -> None:
    shop = market.shops["shopify"]
    card = shop.add_variant(
        shop.add_product("Gift card", gift_card=True), None, tracked=False
    )
    order = market.sell("shopify", (card.gid, 1), (market.clocks["shopify"], 1))
    market.work()
    lines = market.load_order("shopify", order).lines.values()
    states = [line.state for line in lines]
    assert states == [LineState.UNTRACKED, LineState.MAPPED]
    assert market.count("CLOCK") == (10, 1)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_order_of_ten_units_over_ten_sales_ends_at_zero_everywhere(
    market: Any, channel: str
) -> None:
    for _ in range(5):
        market.sell(channel, (market.clocks[channel], 1))
        market.work(10)
        market.sell(other(channel), (market.clocks[other(channel)], 1))
        market.work(10)
    market.work()
    assert [market.shown(name, market.clocks[name]) for name in CHANNELS] == [0, 0]
    assert market.count("CLOCK") == (10, 10)
    assert market.list_open() == []
    market.check()
