"""How much each channel shows under each policy, and every unit accounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crossdock.canonical.conflicts import Action
from crossdock.canonical.errors import NotFoundError, RefusedError
from crossdock.canonical.listings import Component
from crossdock.canonical.policies import StockMode, StockPolicy
from crossdock.canonical.remembered import ChannelState
from crossdock.store import audit, channels, measures, policies
from crossdock.store.marks import MarkKind
from crossdock.sync import explain
from crossdock.sync.decisions_mapping import Decision
from crossdock.sync.policies import (
    clear_policy,
    list_policies,
    preview_policy,
    set_policy,
)
from crossdock.sync.resolve import resolve_conflict
from crossdock.sync.stocktaking import receive_stock
from crossdock.sync.warehouse import rank_channel

CHANNELS = ("shopify", "woo")


def list_shown(town: Any) -> tuple[int, ...]:
    return tuple(town.shown(name, town.clocks[name]) for name in CHANNELS)


def say(town: Any, **policy: Any) -> None:
    """Write a policy and let the hub work."""
    set_policy(town.hub, StockPolicy(**policy), actor="staff")
    town.work()


def measure(town: Any) -> None:
    town.tick(MarkKind.MEASURE)
    town.work(20)


# Pool and funnel


def test_a_pool_holds_a_skus_buffer_back_on_every_channel(any_market: Any) -> None:
    town = any_market
    say(town, sku="CLOCK", mode=StockMode.POOL, buffer_units=3)
    assert list_shown(town) == (7, 7)
    say(town, channel="woo", sku="CLOCK", mode=StockMode.POOL, buffer_units=0)
    assert list_shown(town) == (7, 10)
    assert clear_policy(town.hub, "", "CLOCK", actor="staff")
    town.work()
    assert list_shown(town) == (10, 10)
    town.check()


def test_the_last_unit_is_shown_on_the_most_important_channel_only(
    any_market: Any,
) -> None:
    town = any_market
    rank_channel(town.hub, "woo", 5, actor="staff")
    town.work()
    town.sell("woo", (town.clocks["woo"], 8))
    town.work()
    assert list_shown(town) == (2, 2)
    town.sell("woo", (town.clocks["woo"], 1))
    town.work()
    ranks = {one.name: one.rank for one in town.hub.load_channels()}
    first = min(CHANNELS, key=lambda name: ranks[name])
    assert list_shown(town) == tuple(int(name == first) for name in CHANNELS)
    town.check()


def test_channels_of_equal_rank_all_show_the_last_unit(market: Any) -> None:
    market.sell("woo", (market.clocks["woo"], 9))
    market.work()
    assert list_shown(market) == (1, 1)


def test_a_funnel_leaves_nothing_to_a_channel_that_does_not_sell_the_sku(
    market: Any,
) -> None:
    """The most important channel does not list it: who does is the first."""
    market.world.receive("LAMP", 2)
    lamp = market.offer("woo", "LAMP", 2)
    market.tick(MarkKind.SCAN)
    market.work()
    say(market, sku="CLOCK", mode=StockMode.FUNNEL, threshold_units=50)
    rank_channel(market.hub, "woo", 50, actor="staff")
    market.work()
    assert list_shown(market) == (10, 0)
    assert market.shown("woo", lamp) == 2


def test_goods_that_arrive_open_a_funnel_again(market: Any) -> None:
    rank_channel(market.hub, "woo", 50, actor="staff")
    say(market, sku="CLOCK", mode=StockMode.FUNNEL, threshold_units=12)
    assert list_shown(market) == (10, 0)
    market.world.receive("CLOCK", 3)
    receive_stock(market.hub, "CLOCK", 3, actor="staff")
    market.work()
    assert list_shown(market) == (13, 13)
    market.check()


# Writing policies down


def test_a_policy_is_written_with_the_hubs_spelling_and_audited(market: Any) -> None:
    said = StockPolicy(sku="clock", mode=StockMode.POOL, buffer_units=1)
    written = set_policy(market.hub, said, actor="mary", reason="fragile")
    assert written.sku == "CLOCK"
    assert list_policies(market.hub) == [written]
    with market.hub.store.reading() as connection:
        (entry,) = audit.load(connection, "policy/CLOCK")
    assert (entry.actor, entry.reason, entry.action) == (
        "mary",
        "fragile",
        "policy.set",
    )
    assert entry.before == {}
    assert entry.after["buffer_units"] == 1


def test_a_policy_of_what_does_not_exist_is_not_written(market: Any) -> None:
    for said in (StockPolicy(sku="GHOST"), StockPolicy(channel="ghost")):
        with pytest.raises(NotFoundError):
            set_policy(market.hub, said, actor="staff")
        with pytest.raises(NotFoundError):
            preview_policy(market.hub, said.channel, said.sku, said)
    assert list_policies(market.hub) == []


def test_a_channel_that_sells_at_zero_is_refused_for_escrow(
    market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = market
    find = town.hub.find_plugin

    def find_careless(kind: str) -> Any:
        plugin = find(kind)
        if kind != "woocommerce":
            return plugin
        return replace(plugin, traits=replace(plugin.traits, honours_zero=False))

    town.hub.find_plugin = find_careless
    for said in (
        StockPolicy("woo", "", StockMode.ESCROW),
        StockPolicy("", "CLOCK", StockMode.ESCROW),
        StockPolicy("", "", StockMode.ESCROW),
    ):
        with pytest.raises(RefusedError, match="woo cannot be in escrow"):
            set_policy(town.hub, said, actor="staff")
    say(town, channel="shopify", sku="CLOCK", mode=StockMode.ESCROW)
    assert list_policies(town.hub) == [
        StockPolicy("shopify", "CLOCK", StockMode.ESCROW)
    ]


def test_a_preview_changes_nothing_and_tells_what_would(market: Any) -> None:
    said = StockPolicy("woo", "", StockMode.POOL, buffer_units=4)
    (found,) = preview_policy(market.hub, "woo", "", said)
    assert (found.channel, found.skus, found.before, found.after) == (
        "woo",
        ("CLOCK",),
        10,
        6,
    )
    assert list_policies(market.hub) == []
    assert list_shown(market) == (10, 10)
    assert preview_policy(market.hub, "woo", "", None) == []


# Dynamic buffers


def test_a_dynamic_buffer_follows_sales_and_goes_when_it_is_not_wanted(
    any_market: Any,
) -> None:
    town = any_market
    receive(town, 190)
    dynamic = StockPolicy("", "CLOCK", StockMode.POOL, None, None, True, 1_000_000)
    set_policy(town.hub, dynamic, actor="staff")
    town.work()
    assert list_shown(town) == (200, 200)
    for _ in range(10):
        town.sell("shopify", (town.clocks["shopify"], 1))
        town.lose_webhooks()
        town.clock.advance(20)  # the next pull is what tells of it
        town.pull(10)
    measure(town)
    shopify, woo = list_shown(town)
    assert shopify == 190
    assert woo < 190
    one = next(
        one
        for one in explain.explain_sku(town.hub, "CLOCK").shown
        if one.channel == "woo"
    )
    assert one.dynamic_buffer is not None
    assert one.dynamic_buffer["units"] == 190 - woo
    (source,) = one.dynamic_buffer["sources"]
    assert source["channel"] == "shopify"
    assert one.dynamic_buffer["exposure_units"] == pytest.approx(
        source["units_per_day"] / 86_400 * source["latency_seconds"], rel=0.01
    )
    say(town, sku="CLOCK", mode=StockMode.POOL, dynamic_buffer=False)
    assert list_shown(town) == (190, 190)
    measure(town)
    with town.hub.store.reading() as connection:
        assert policies.list_buffered_skus(connection) == []
    town.check()


def receive(town: Any, units: int) -> None:
    town.world.receive("CLOCK", units)
    receive_stock(town.hub, "CLOCK", units, actor="staff")
    town.work()


def test_d21_a_flash_sale_widens_the_buffer_within_minutes(market: Any) -> None:
    receive(market, 990)
    say(market, sku="CLOCK", mode=StockMode.POOL, dynamic_buffer=True)
    for _ in range(4):
        market.sell("shopify", (market.clocks["shopify"], 1))
        market.work(1800)
    measure(market)
    before = market.count("CLOCK")
    calm = before[0] - before[1] - list_shown(market)[1]
    for _ in range(40):
        market.sell("shopify", (market.clocks["shopify"], 3))
        market.work(3)
    measure(market)
    now = market.count("CLOCK")
    rush = now[0] - now[1] - list_shown(market)[1]
    assert rush > calm
    market.check()


@pytest.mark.parametrize(("minutes", "closed"), [(2, False), (60, False), (1440, True)])
def test_d19_a_listing_closes_by_itself_while_news_of_another_channel_is_missing(
    market: Any, minutes: int, closed: bool
) -> None:
    """Thirty units of stock, and a channel that sells forty a day falls silent."""
    receive(market, 60)
    say(market, sku="CLOCK", mode=StockMode.POOL, dynamic_buffer=True)
    for _ in range(40):
        market.sell("shopify", (market.clocks["shopify"], 1))
        market.pull(36 * 60)
    measure(market)
    fresh = list_shown(market)[1]
    assert 25 <= fresh <= 30
    with market.hub.store.transaction() as connection:
        channels.set_state(connection, "shopify", ChannelState.PAUSED, "down")
    seen = [fresh]
    for _ in range(24):
        # The hub is awake all the time: it is the channel that is not heard of.
        for _ in range(max(1, minutes // 24 // 4)):
            market.clock.advance(min(240, minutes * 60 / 24))
            measure(market)
        seen.append(list_shown(market)[1])
    assert seen == sorted(seen, reverse=True)
    assert (seen[-1] == 0) is closed
    with market.hub.store.transaction() as connection:
        channels.set_state(connection, "shopify", ChannelState.ENABLED, "")
    market.pull()
    measure(market)
    assert list_shown(market)[1] >= fresh - 3
    market.check()


def test_d20_after_a_pause_of_the_hub_itself_no_channel_counts_as_down(
    market: Any,
) -> None:
    receive(market, 60)
    say(market, sku="CLOCK", mode=StockMode.POOL, dynamic_buffer=True)
    for _ in range(40):
        market.sell("shopify", (market.clocks["shopify"], 1))
        market.pull(36 * 60)
    measure(market)
    fresh = list_shown(market)[1]
    market.clock.advance(86_400)
    measure(market)
    assert list_shown(market)[1] >= fresh


def test_what_is_measured_is_what_happened(any_market: Any) -> None:
    town = any_market
    receive(town, 90)
    sold_at = town.now
    town.sell("shopify", (town.clocks["shopify"], 6))
    town.work(30)
    measure(town)
    with town.hub.store.reading() as connection:
        rates = measures.load_rates(connection, ["CLOCK"])
        lags = measures.load_lags(connection)
    (key,) = rates
    row = rates[key]
    assert key == ("shopify", "CLOCK")
    assert row.slow_micro == pytest.approx(6e6, rel=0.01)
    assert row.squares_micro == pytest.approx(36e6, rel=0.01)
    assert row.measured_at - sold_at < timedelta(minutes=2)
    assert 0 <= lags["shopify", measures.INGEST].mean_milliseconds < 30_000
    assert 0 <= lags["woo", measures.PUSH].mean_milliseconds < 30_000
    measure(town)
    with town.hub.store.reading() as connection:
        assert measures.load_rates(connection, ["CLOCK"]) == rates


# Explaining


def list_accounts(town: Any, sku: str) -> list[tuple[int, int]]:
    """Return, by record, what its account adds up to and what it should."""
    return [
        (sum(term.units for term in one.account), one.computed * one.units_per_sale)
        for one in explain.explain_sku(town.hub, sku).shown
        if one.computed is not None
    ]


@pytest.mark.parametrize(
    "policy",
    [
        {"mode": StockMode.POOL},
        {"mode": StockMode.POOL, "buffer_units": 4},
        {"mode": StockMode.FUNNEL, "threshold_units": 30},
        {"mode": StockMode.ESCROW},
        {"mode": StockMode.POOL, "dynamic_buffer": True},
        {"mode": StockMode.ESCROW, "channel": "woo"},
    ],
)
def test_every_account_adds_up_to_the_number_shown(
    market: Any, policy: dict[str, Any]
) -> None:
    town = market
    rank_channel(town.hub, "woo", 9, actor="staff")
    town.world.receive("HAND", 30)
    for name in CHANNELS:
        town.offer(name, "HAND", 30)
    pair = town.offer("shopify", "SET", 3, sells={"CLOCK": 1, "HAND": 2})
    town.tick(MarkKind.SCAN)
    town.work()
    map_set(town, pair)
    set_policy(town.hub, StockPolicy(**policy), actor="staff")
    town.work(120)
    town.sell("shopify", (town.clocks["shopify"], 3))
    town.work()
    measure(town)
    for sku in ("CLOCK", "HAND"):
        explained = explain.explain_sku(town.hub, sku)
        assert len(explained.shown) >= 2
        for total, shown in list_accounts(town, sku):
            assert total == shown
        for one in explained.shown:
            listing = one.listings[0]
            assert one.computed == town.shown(one.channel, listing), one.why
        assert sum(term.units for term in explained.account) == explained.promisable
    assert town.violations() == []


def map_set(town: Any, listing: str) -> None:
    """Say that a listing sells a clock with two hands."""
    for conflict in town.list_open():
        if listing in conflict.subject:
            made_of = (Component(sku="CLOCK", units=1), Component(sku="HAND", units=2))
            decision = Decision(Action.MAP, made_of)
            resolve_conflict(town.hub, conflict.id, decision, actor="staff")
    town.work()
