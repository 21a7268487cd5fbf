"""A channel whose allowance bears few pulls is asked no more often than that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from crossdock.canonical.remembered import KnownChannel
from crossdock.connectors.sdk import Plugin
from crossdock.store.marks import MarkKind
from crossdock.sync.stocktaking import receive_stock

PAUSE_SECONDS = 180


@pytest.fixture
def rare(market: Any) -> Any:
    """A market whose WooCommerce shop bears a pull every three minutes."""
    find = market.hub.find_plugin

    def find_rare(kind: str) -> Plugin:
        plugin: Plugin = find(kind)
        if kind != "woocommerce":
            return plugin
        traits = replace(plugin.traits, pull_pause_seconds=PAUSE_SECONDS)
        return replace(plugin, traits=traits)

    market.pull()
    market.hub.find_plugin = find_rare
    return market


def listen(market: Any) -> list[httpx.Request]:
    """Return a list that every pull of WooCommerce's orders is added to."""
    asked: list[httpx.Request] = []

    def note(request: httpx.Request) -> None:
        wanted = request.url.params
        trash = wanted.get("status") == "trash"
        if (
            request.url.host == "woo.example"
            and "modified_after" in wanted
            and not trash
        ):
            asked.append(request)

    market.switchboard.before = note
    return asked


def let_the_clock_tick(market: Any, seconds: int) -> None:
    for _ in range(seconds // 60):
        market.tick(MarkKind.PULL)
        market.work(59)


def test_the_clock_asks_as_often_as_the_channel_bears(rare: Any) -> None:
    asked = listen(rare)
    let_the_clock_tick(rare, 900)
    assert 3 <= len(asked) <= 5


def test_a_channel_without_such_a_limit_is_asked_each_time(market: Any) -> None:
    market.pull()
    asked = listen(market)
    let_the_clock_tick(market, 900)
    assert len(asked) >= 15


def test_what_is_sold_elsewhere_is_written_without_waiting_for_a_pull(
    rare: Any,
) -> None:
    rare.sell("shopify", (rare.clocks["shopify"], 4))
    asked = listen(rare)
    rare.work(30)
    assert rare.shown("woo", rare.clocks["woo"]) == 6
    assert asked == []


def test_raises_elsewhere_do_not_wait_for_a_channel_that_is_as_fresh_as_it_can_be(
    rare: Any,
) -> None:
    rare.work(150)
    receive_stock(rare.hub, "CLOCK", 5, actor="ada")
    rare.world.receive("CLOCK", 5)
    rare.work(30)
    assert rare.shown("shopify", rare.clocks["shopify"]) == 15
    channel: KnownChannel = rare.hub.load_channel("woo")
    assert channel.failing_since is None
