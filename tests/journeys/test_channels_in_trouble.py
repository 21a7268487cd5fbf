"""Channels that do not answer, lock the hub out, or show nothing for a while."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import ReauthRequiredError
from crossdock.canonical.remembered import ChannelState
from crossdock.simulators.faults import FAULTS, Faults
from crossdock.store.marks import MarkKind
from crossdock.sync.accounts import check_channel, pause_channel, resume_channel

CHANNELS = ("shopify", "woo")
HOUR = 3600.0


def other(channel: str) -> str:
    return "woo" if channel == "shopify" else "shopify"


def lock_out(town: Any, channel: str) -> Any:
    """Let a shop refuse the hub's credentials; return what lets it in again."""
    shop = town.shops[channel]
    if channel == "shopify":
        kept = set(shop.tokens._static)
        shop.tokens._static.clear()
        return lambda: shop.tokens._static.update(kept)
    shop.faults.use(Faults(expired_token=1.0))
    return shop.faults.quiet


@pytest.mark.parametrize("channel", CHANNELS)
def test_b09_a_channel_that_refuses_the_credentials_is_parked_and_the_rest_goes_on(
    any_market: Any, channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    town = any_market
    let_in = lock_out(town, channel)
    with caplog.at_level(logging.ERROR):
        town.pull()
    parked = town.hub.load_channel(channel)
    assert parked.state is ChannelState.NEEDS_REAUTH
    assert sum("sign in again" in one.message for one in caplog.records) == 1
    town.sell(other(channel), (town.clocks[other(channel)], 2))
    missed = town.sell(channel, (town.clocks[channel], 3))
    town.work(HOUR)
    assert town.count("CLOCK") == (10, 2)
    assert town.load_order(channel, missed) is None
    with pytest.raises(ReauthRequiredError):
        check_channel(town.hub, channel)

    let_in()
    check_channel(town.hub, channel)
    assert town.hub.load_channel(channel).state is ChannelState.ENABLED
    town.work()
    assert town.count("CLOCK") == (10, 5)
    assert [town.shown(name, town.clocks[name]) for name in CHANNELS] == [5, 5]
    town.check()


def test_an_uninstalled_app_parks_its_channel_at_once(market: Any) -> None:
    market.shops["shopify"].uninstall_app()
    market.work(10)
    parked = market.hub.load_channel("shopify")
    assert parked.state is ChannelState.NEEDS_REAUTH
    assert "app/uninstalled" in parked.state_reason
    market.sell("woo", (market.clocks["woo"], 2))
    market.work()
    assert market.count("CLOCK") == (10, 2)
    assert market.violations() == []


def test_b07_tokens_that_expire_every_hour_are_renewed_for_days(town: Any) -> None:
    shop = town.open_shopify()
    town.open_woocommerce()
    clocks = town.stock("CLOCK", 50)
    grant = shop.tokens.issue()
    entered = {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
    }
    town.connect_shopify(entered=entered)
    town.work(5)
    town.connect_woocommerce()
    town.work()
    for _ in range(6):
        town.clock.advance(9 * HOUR)
        town.sell("woo", (clocks["woo"], 1))
        town.pull()
        town.sell("shopify", (clocks["shopify"], 1))
        shop.faults.arm_once("expired_token")
        town.pull()
    assert town.count("CLOCK") == (50, 12)
    assert town.shown("shopify", clocks["shopify"]) == 38
    assert town.hub.load_channel("shopify").state is ChannelState.ENABLED
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_hour_without_an_answer_loses_nothing(any_market: Any, channel: str) -> None:
    town = any_market
    faults = town.shops[channel].faults
    faults.use(Faults(error_before=1.0, webhook_loss=1.0))
    orders = []
    for _ in range(3):
        orders.append(town.sell(channel, (town.clocks[channel], 1)))
        town.sell(other(channel), (town.clocks[other(channel)], 1))
        town.pull(HOUR / 3)
    assert [town.load_order(channel, one) for one in orders] == [None] * 3
    assert town.count("CLOCK") == (10, 3)
    assert town.violations() == []
    faults.quiet()
    town.pull(HOUR)
    assert town.count("CLOCK") == (10, 6)
    assert [town.shown(name, town.clocks[name]) for name in CHANNELS] == [4, 4]
    assert town.list_open() == []
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_e10_half_an_hour_of_refusals_for_haste_does_not_multiply_requests(
    market: Any, channel: str
) -> None:
    shop = market.shops[channel]
    shop.faults.use(Faults(throttled=1.0, retry_after_seconds=30, webhook_loss=1.0))
    market.sell(other(channel), (market.clocks[other(channel)], 1))
    before = shop.requests_handled
    market.pull(HOUR / 2)
    assert shop.requests_handled - before <= 100
    shop.faults.quiet()
    market.pull(HOUR)
    assert market.list_open() == []
    market.check()


def test_e18_a_shop_in_maintenance_is_waited_for(market: Any) -> None:
    woo = market.shops["woo"]
    woo.in_maintenance = True
    market.sell("shopify", (market.clocks["shopify"], 2))
    market.pull(600)
    assert market.hub.load_channel("woo").state is ChannelState.ENABLED
    woo.in_maintenance = False
    market.pull(HOUR)
    assert market.shown("woo", market.clocks["woo"]) == 8
    assert market.list_open() == []
    market.check()


def test_a_paused_channel_is_left_alone_and_read_when_it_is_resumed(
    market: Any,
) -> None:
    pause_channel(market.hub, "woo")
    asked = market.shops["woo"].requests_handled
    market.sell("woo", (market.clocks["woo"], 2))
    market.sell("shopify", (market.clocks["shopify"], 1))
    market.pull(HOUR)
    assert market.shops["woo"].requests_handled == asked
    assert market.count("CLOCK") == (10, 1)
    resume_channel(market.hub, "woo")
    market.work()
    assert market.count("CLOCK") == (10, 3)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_b16_a_scan_that_suddenly_shows_nothing_deletes_no_listing(
    market: Any, channel: str
) -> None:
    for number in range(30):
        market.stock(f"LAMP-{number}", 5)
    market.tick(MarkKind.SCAN)
    market.work(300)
    shop = market.shops[channel]
    rows = shop.state.products if channel == "woo" else shop.books.products
    kept = dict(rows)
    rows.clear()
    market.tick(MarkKind.SCAN)
    market.work()
    rows.update(kept)
    market.sell(other(channel), (market.clocks[other(channel)], 2))
    market.work()
    assert market.shown(channel, market.clocks[channel]) == 8
    assert market.list_open() == []
    market.check()


def test_a_listing_that_is_really_gone_is_let_go(market: Any) -> None:
    lamps = market.stock("LAMP", 5)
    market.tick(MarkKind.SCAN)
    market.work()
    market.shops["woo"].delete_listing(lamps["woo"])
    market.tick(MarkKind.SCAN)
    market.work()
    market.sell("shopify", (lamps["shopify"], 2))
    market.work()
    assert market.list_open() == []
    assert market.violations() == []
    assert market.shown("shopify", lamps["shopify"]) == 3


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "none"])
def test_under_each_fault_everything_is_in_step_when_it_stops(
    market: Any, name: str
) -> None:
    for channel in CHANNELS:
        market.shops[channel].faults.use(FAULTS[name])
    for number in range(4):
        channel = CHANNELS[number % 2]
        market.sell(channel, (market.clocks[channel], 1))
        market.pull(30)
    for channel in CHANNELS:
        market.shops[channel].faults.quiet()
        check_channel(market.hub, channel)  # one that was locked out is let in again
    market.pull(600)
    market.tick(MarkKind.READ_BACK)
    market.work(600)
    assert market.count("CLOCK") == (10, 4)
    assert market.list_open() == []
    market.check()


def test_h11_no_secret_is_logged_whatever_a_channel_does(
    market: Any, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = ["cs_simulated", market.shops["shopify"].settings.access_token]
    secrets.append(market.shops["shopify"].settings.client_secret)
    with caplog.at_level(logging.DEBUG):
        for channel in CHANNELS:
            for fault in ("dropped", "error_after", "throttled", "truncated"):
                market.shops[channel].faults.arm_once(fault)
            market.sell(channel, (market.clocks[channel], 1))
        market.work(600)
        lock_out(market, "woo")
        market.pull()

        def hang_up(request: httpx.Request) -> None:
            raise httpx.ConnectError("refused", request=request)

        market.switchboard.before = hang_up
        market.pull()
    assert len(caplog.records) > 0
    for secret in secrets:
        assert secret not in caplog.text
