"""In escrow no unit is on offer twice, whatever sells where and whenever it is read."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.policies import QuotaState, StockMode, StockPolicy
from crossdock.canonical.remembered import ChannelState
from crossdock.canonical.stock import QUANTITY_MAX
from crossdock.store import channels, leases, quotas
from crossdock.store.marks import MarkKind
from crossdock.sync.accounts import remove_channel
from crossdock.sync.holding import begin_after_restore, release_channel
from crossdock.sync.hub import LEASE_LASTING, STOCK_LANE
from crossdock.sync.policies import clear_policy, preview_policy, set_policy
from crossdock.sync.ship import Tracking, ship_order
from crossdock.sync.stocktaking import count_stock, receive_stock
from crossdock.sync.worker import run_lane

CHANNELS = ("shopify", "woo")


def enter(town: Any, sku: str = "CLOCK", seconds: float = 120) -> None:
    """Put a SKU into escrow and wait until its quotas are shared out."""
    said = StockPolicy(sku=sku, mode=StockMode.ESCROW)
    set_policy(town.hub, said, actor="staff")
    town.work(seconds)


def list_shown(town: Any) -> list[int]:
    return [town.shown(name, town.clocks[name]) for name in CHANNELS]


def list_granted(town: Any) -> dict[str, tuple[int, QuotaState]]:
    with town.hub.store.reading() as connection:
        found = quotas.load_about(connection, ["CLOCK"])
    return {one.channel: (one.granted, one.state) for one in found.values()}


def later(town: Any, minutes: float = 6) -> None:
    """Let the time pass in which records keep what they were given, and measure."""
    town.clock.advance(minutes * 60)
    town.pull()
    town.tick(MarkKind.MEASURE)
    town.work(120)


def test_units_are_shared_out_evenly_and_never_shown_twice(any_market: Any) -> None:
    town = any_market
    enter(town)
    assert sorted(list_shown(town)) == [5, 5]
    assert town.violations() == []


def test_d23_while_a_record_closes_no_other_has_its_units(market: Any) -> None:
    seen: list[int] = []

    def look(point: str) -> None:
        seen.append(sum(list_shown(market)))

    enter(market, seconds=0)
    market.hub.reach = look
    market.work(120)
    assert list_shown(market) == [5, 5]
    # Both showed all ten before. On the way one may still, until its zero is written;
    # from the first zero on no more was on offer than there is.
    below = next(index for index, total in enumerate(seen) if total <= 10)
    assert max(seen[below:]) == 10
    assert 0 in seen


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sale_lowers_the_quota_it_came_from_and_no_other(
    any_market: Any, channel: str
) -> None:
    town = any_market
    enter(town)
    before = dict(zip(CHANNELS, list_shown(town), strict=True))
    town.sell(channel, (town.clocks[channel], 2))
    town.work()
    after = dict(zip(CHANNELS, list_shown(town), strict=True))
    assert after == before | {channel: before[channel] - 2}
    assert list_granted(town)[channel] == (3, QuotaState.OPEN)
    town.check()


def test_everything_sold_at_once_on_both_channels_is_there(any_market: Any) -> None:
    town = any_market
    enter(town)
    town.lose_webhooks()
    for name in CHANNELS:
        town.sell(name, (town.clocks[name], 5))
    town.pull()
    assert list_shown(town) == [0, 0]
    assert town.world.oversold_units() == 0
    assert town.count("CLOCK") == (10, 10)
    assert town.list_open() == []
    town.check()


def test_a_channel_that_sold_out_is_given_what_another_has_too_much_of(
    any_market: Any,
) -> None:
    town = any_market
    enter(town)
    town.sell("woo", (town.clocks["woo"], 5))
    town.work()
    assert list_shown(town) == [5, 0]
    later(town)
    shopify, woo = list_shown(town)
    # Only WooCommerce has sold any: what there is belongs there.
    assert (shopify, woo) == (0, 5)
    town.check()


def test_units_that_just_moved_do_not_move_again(market: Any) -> None:
    enter(market)
    market.sell("woo", (market.clocks["woo"], 5))
    market.work()
    later(market, minutes=1)
    assert list_shown(market) == [5, 0]


def test_a_last_sale_that_was_not_seen_is_counted_before_units_move(
    market: Any,
) -> None:
    """The donor sells until its zero is written, and the hub hears of it last."""
    enter(market)
    market.sell("woo", (market.clocks["woo"], 5))
    market.work()
    market.clock.advance(360)
    market.tick(MarkKind.MEASURE)
    sold: list[str] = []

    def sell_before_zero(point: str) -> None:
        if point == "push.stored" and not sold:
            sold.append(market.sell("shopify", (market.clocks["shopify"], 4)))

    market.hub.reach = sell_before_zero
    market.lose_webhooks()
    market.work(120)
    market.pull(120)
    assert sold
    assert sum(list_shown(market)) == 1
    assert market.world.oversold_units() == 0
    market.check()


def test_goods_that_arrive_are_handed_out_at_once_where_that_is_safe(
    market: Any,
) -> None:
    enter(market)
    market.world.receive("CLOCK", 90)
    receive_stock(market.hub, "CLOCK", 90, actor="staff")
    shopify_first: list[list[int]] = []

    def look(point: str) -> None:
        shopify_first.append(list_shown(market))

    market.hub.reach = look
    market.work(120)
    # Shopify compares before it sets; WooCommerce can be raised from zero only.
    assert [50, 0] in shopify_first
    assert max(map(sum, shopify_first)) == 100
    assert list_shown(market) == [50, 50]
    market.check()


def test_goods_that_are_missing_are_taken_from_quotas_through_zero(
    market: Any,
) -> None:
    enter(market)
    market.world.receive("CLOCK", -8)
    count_stock(market.hub, "CLOCK", 2, actor="staff")
    market.work(120)
    assert sum(list_shown(market)) == 2
    market.check()


@pytest.mark.parametrize("fault", ["dropped", "error_after", "error_before"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_e01_a_raise_without_an_answer_is_not_repeated_over_a_sale(
    market: Any, channel: str, fault: str
) -> None:
    """It may have taken effect and be sold out: only a closed record is raised."""
    town = market
    town.lose_webhooks()
    set_policy(town.hub, StockPolicy(sku="CLOCK", mode=StockMode.ESCROW), actor="staff")
    armed: list[None] = []
    raised: list[str] = []

    def sell_what_was_raised(point: str) -> None:
        if list_granted(town).get(channel) != (5, QuotaState.OPEN) or raised:
            return
        if town.shown(channel, town.clocks[channel]):
            raised.append(town.sell(channel, (town.clocks[channel], 5)))
        elif point == "push.stored" and not armed:
            armed.append(town.shops[channel].faults.arm_once(fault))

    town.hub.reach = sell_what_was_raised
    town.work(180)
    town.pull(180)
    assert raised
    assert town.world.oversold_units() == 0
    town.check()


def test_a_cancelled_sale_goes_back_to_the_record_that_sold_it(market: Any) -> None:
    enter(market)
    order = market.sell("shopify", (market.clocks["shopify"], 2))
    market.work()
    market.world.cancel("shopify", order)
    market.work()
    assert list_shown(market) == [5, 5]
    market.check()


def test_leaving_escrow_shows_everything_everywhere_again(market: Any) -> None:
    enter(market)
    assert clear_policy(market.hub, "", "CLOCK", actor="staff")
    market.work()
    assert list_shown(market) == [10, 10]
    assert list_granted(market) == {}
    assert not clear_policy(market.hub, "", "CLOCK", actor="staff")
    market.check()


def test_a_channel_outside_escrow_shows_what_no_quota_covers(market: Any) -> None:
    said = StockPolicy("woo", "CLOCK", StockMode.ESCROW)
    set_policy(market.hub, said, actor="staff")
    market.work(120)
    shopify, woo = list_shown(market)
    assert (shopify, woo) == (5, 5)
    market.sell("shopify", (market.clocks["shopify"], 5))
    market.work()
    assert list_shown(market) == [0, 5]
    market.check()


def test_an_unreachable_record_keeps_its_quota(market: Any) -> None:
    with market.hub.store.transaction() as connection:
        channels.set_state(connection, "woo", ChannelState.PAUSED, "by a person")
    enter(market)
    assert list_granted(market)["woo"] == (10, QuotaState.CLOSING)
    assert list_granted(market)["shopify"] == (0, QuotaState.OPEN)
    assert list_shown(market) == [0, 10]


def test_a_preview_says_what_every_listing_would_show(market: Any) -> None:
    said = StockPolicy(sku="CLOCK", mode=StockMode.ESCROW)
    found = preview_policy(market.hub, "", "CLOCK", said)
    assert [(one.before, one.after) for one in found] == [(10, 5), (10, 5)]
    assert all(one.at_zero_first for one in found)
    assert list_granted(market) == {}
    enter(market)
    assert preview_policy(market.hub, "", "CLOCK", said) == []
    back = preview_policy(market.hub, "", "CLOCK", None)
    assert [(one.before, one.after) for one in back] == [(5, 10), (5, 10)]


def test_f13_after_a_restore_nobody_is_granted_what_another_may_have_sold(
    market: Any,
) -> None:
    """The backup knows nothing of what was granted since, and sold of it."""
    enter(market)
    begin_after_restore(market.hub, actor="staff")
    closing = (QUANTITY_MAX, QuotaState.CLOSING)
    assert list_granted(market) == dict.fromkeys(CHANNELS, closing)
    market.work()
    for name in CHANNELS:
        release_channel(market.hub, name, actor="staff")
        seen = list_shown(market)
        market.work(60)
        if name == "shopify":
            assert list_granted(market)["woo"] == closing
            assert seen == [5, 5]
            assert list_shown(market) == [0, 5]
    assert list_shown(market) == [5, 5]
    market.check()


def test_a_channel_that_is_removed_leaves_its_units_to_the_others(market: Any) -> None:
    enter(market)
    remove_channel(market.hub, "woo")
    market.work()
    assert market.shown("shopify", market.clocks["shopify"]) == 10


def test_a_listing_that_is_gone_gives_its_units_back(market: Any) -> None:
    enter(market)
    market.shops["woo"].delete_listing(market.clocks["woo"])
    market.tick(MarkKind.SCAN)
    market.work(120)
    assert market.shown("shopify", market.clocks["shopify"]) == 10
    assert list_granted(market) == {"shopify": (10, QuotaState.OPEN)}
    assert market.violations() == []


@pytest.mark.parametrize("mode", [StockMode.POOL, StockMode.ESCROW])
def test_goods_that_left_and_are_restocked_by_their_channel_are_not_on_offer(
    market: Any, mode: StockMode
) -> None:
    """Cancelled there and shipped here at once: the channel counts them as back."""
    set_policy(market.hub, StockPolicy(sku="CLOCK", mode=mode), actor="staff")
    market.work(120)
    order = market.sell("shopify", (market.clocks["shopify"], 2))
    market.work()
    market.lose_webhooks()
    market.world.cancel("shopify", order)
    ship_order(market.hub, order, Tracking("DHL", "1"), channel="shopify")
    run_lane(market.hub, STOCK_LANE, "test")
    market.pull(120)
    assert market.count("CLOCK") == (8, 0)
    assert sum(list_shown(market)) == (16 if mode is StockMode.POOL else 8)
    assert market.violations() == []


def test_f02_a_worker_that_slept_through_its_lease_sends_nothing_any_more(
    market: Any,
) -> None:
    """Whoever has the lane now has closed the record, and given its units away."""
    enter(market)
    market.sell("shopify", (market.clocks["shopify"], 5))
    market.world.receive("CLOCK", 20)
    receive_stock(market.hub, "CLOCK", 20, actor="staff")
    slept: list[str] = []

    def sleep(point: str) -> None:
        if point == "push.stored" and not slept:
            with market.hub.store.transaction() as connection:
                leases.take_over(
                    connection, "woo", "another", market.now, LEASE_LASTING
                )
                lanes = "shopify", "another", market.now, LEASE_LASTING
                leases.take_over(connection, *lanes)
            slept.append(point)

    market.hub.reach = sleep
    before = list_shown(market)
    market.work(30)
    assert slept
    assert list_shown(market) == before
    market.clock.advance(LEASE_LASTING.total_seconds())
    market.work(180)
    market.pull(120)
    assert sum(list_shown(market)) == 25
    market.check()
