"""Orders come in: announced, overlooked, late, twice, changed; each counted once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from crossdock.canonical.conflicts import Action, ConflictKind
from crossdock.simulators.faults import Faults
from crossdock.simulators.shopify import ShopSettings as ShopifySettings
from crossdock.simulators.shopify.refunds import Return, refund_order
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.woocommerce import ShopSettings as WooSettings
from crossdock.store import inbox
from crossdock.store.marks import MarkKind
from crossdock.sync.decisions_mapping import Decision
from crossdock.sync.reading import load_reader
from crossdock.sync.resolve import resolve_conflict

CHANNELS = ("shopify", "woo")
DAY = timedelta(days=1)
SIGNATURES = {"x-shopify-hmac-sha256", "x-wc-webhook-signature"}


def collect(town: Any, channel: str) -> list[Envelope]:
    """Take the webhooks that a shop would post now, and post none."""
    gathered: list[Envelope] = []

    def keep(envelope: Envelope) -> int:
        gathered.append(envelope)
        return 200

    later = town.clock.now() + DAY
    town.shops[channel].deliverer.deliver_due(keep, later)
    return [one for one in gathered if "order" in str(one.headers)]


def hide(town: Any, channel: str, order: str) -> Callable[[], None]:
    """Let a shop's API not know an order; return what lets it know again."""
    shop, number = town.shops[channel], int(order.rpartition("/")[2])
    row = shop.order(order)
    if channel == "woo":
        del shop.state.orders[number]
        return lambda: shop.state.orders.update({number: row})
    shop.books.forget("Order", number)
    return lambda: shop.books.file("Order", number, row)


def find_line(town: Any, channel: str, order: str) -> Any:
    (line,) = town.load_order(channel, order).lines.values()
    return line


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_webhook_brings_the_order_in_without_a_pull(
    any_market: Any, channel: str
) -> None:
    town = any_market
    order = town.sell(channel, (town.clocks[channel], 2))
    town.work(10)
    assert find_line(town, channel, order).wanted == 2
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a06_an_order_whose_webhook_was_never_sent_is_found_by_a_pull(
    market: Any, channel: str
) -> None:
    market.shops[channel].faults.use(Faults(webhook_loss=1.0))
    order = market.sell(channel, (market.clocks[channel], 2))
    market.work(600)
    assert market.load_order(channel, order) is None
    market.pull()
    assert market.load_order(channel, order) is not None
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a04_an_order_that_is_announced_before_it_can_be_read_is_looked_for_again(
    market: Any, channel: str
) -> None:
    order = market.sell(channel, (market.clocks[channel], 2))
    envelopes = collect(market, channel)
    show_again = hide(market, channel, order)
    for envelope in envelopes:
        market.post(envelope)
    market.work(20)
    assert market.load_order(channel, order) is None
    show_again()
    market.work(300)
    assert market.load_order(channel, order) is not None
    assert market.list_open() == []
    market.check()


def test_a04_an_announced_order_that_never_shows_is_reported_and_can_be_looked_for(
    market: Any,
) -> None:
    order = market.sell("woo", (market.clocks["woo"], 2))
    envelopes = collect(market, "woo")
    show_again = hide(market, "woo", order)
    for envelope in envelopes:
        market.post(envelope)
    market.work(3600)
    (missing,) = market.list_open()
    assert missing.kind is ConflictKind.MISSING_RECORD
    assert missing.facts["external_id"] == order
    show_again()
    resolve_conflict(market.hub, missing.id, Decision(Action.RETRY), actor="staff")
    market.work()
    assert market.load_order("woo", order) is not None
    assert market.list_open() == []
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a01_a_webhook_that_comes_five_times_has_one_effect(
    market: Any, channel: str
) -> None:
    order = market.sell(channel, (market.clocks[channel], 2))
    for envelope in collect(market, channel):
        assert [market.post(envelope) for _ in range(5)] == [200] * 5
        market.work(5)
    assert find_line(market, channel, order).wanted == 2
    assert market.count("CLOCK") == (10, 2)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a02_one_change_told_by_several_topics_and_a_pull_is_one_change(
    market: Any, channel: str
) -> None:
    market.sell(channel, (market.clocks[channel], 2))
    envelopes = collect(market, channel)
    market.pull()
    for envelope in envelopes:
        market.post(envelope)
        market.work(5)
    assert market.count("CLOCK") == (10, 2)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a03_webhooks_in_the_wrong_order_end_in_the_present_state(
    market: Any, channel: str
) -> None:
    order = market.sell(channel, (market.clocks[channel], 4))
    envelopes = collect(market, channel)
    market.clock.advance(60)
    (line,) = market.find_lines(channel, order)
    market.world.edit(channel, order, line, 1)
    envelopes += collect(market, channel)
    for envelope in reversed(envelopes):
        market.post(envelope)
        market.work(5)
    assert find_line(market, channel, order).wanted == 1
    market.check()


def test_a05_a_webhook_that_carries_an_old_state_does_not_bring_it_back(
    market: Any,
) -> None:
    order = market.sell("shopify", (market.clocks["shopify"], 4))
    (created, *_) = collect(market, "shopify")
    market.clock.advance(60)
    market.world.cancel("shopify", order)
    market.lose_webhooks()
    market.pull()
    market.post(created)
    market.work()
    assert market.count("CLOCK") == (10, 0)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a07_a_webhook_that_is_a_day_late_is_harmless(
    market: Any, channel: str
) -> None:
    order = market.sell(channel, (market.clocks[channel], 4))
    late = collect(market, channel)
    market.pull()
    market.world.cancel(channel, order)
    market.lose_webhooks()
    market.clock.advance(DAY.total_seconds())
    market.pull()
    for envelope in late:
        assert market.post(envelope) == 200
    market.work()
    assert market.count("CLOCK") == (10, 0)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a08_a_subscription_that_the_channel_deleted_is_made_again_and_the_gap_read(
    market: Any, channel: str
) -> None:
    shop = market.shops[channel]
    if channel == "shopify":
        for subscription in list(shop.announcer.subscriptions.values()):
            shop.announcer.unsubscribe(subscription)
    else:
        shop.state.webhooks.clear()
    unheard = market.sell(channel, (market.clocks[channel], 1))
    market.tick(MarkKind.SUBSCRIBE)
    market.work()
    assert market.load_order(channel, unheard) is not None
    heard = market.sell(channel, (market.clocks[channel], 1))
    market.work(10)
    assert market.load_order(channel, heard) is not None
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a15_a_forged_webhook_is_refused_and_does_not_block_the_real_one(
    market: Any, channel: str
) -> None:
    order = market.sell(channel, (market.clocks[channel], 2))
    for envelope in collect(market, channel):
        (signature,) = envelope.headers.keys() & SIGNATURES
        forged = replace(envelope, headers={**envelope.headers, signature: "Zm9yZ2Vk"})
        altered = replace(envelope, body=envelope.body + b" ")
        assert [market.post(one) for one in (forged, altered)] == [401, 401]
        elsewhere = replace(envelope, url="https://hub.example/webhooks/unknown")
        assert market.post(elsewhere) == 401
        assert market.load_order(channel, order) is None
        assert market.post(envelope) == 200
        break
    market.work(10)
    assert market.load_order(channel, order) is not None
    market.check()


def test_a18_the_ping_of_a_new_webhook_is_answered_and_changes_nothing(
    town: Any,
) -> None:
    town.open_woocommerce()
    town.connect_woocommerce()
    town.work()
    pings = [one for one in town.posted if b"webhook_id=" in one[0].body]
    assert len(pings) >= 1
    assert {status for _, status in pings} == {200}
    assert town.list_open() == []


# Changes after the import


@pytest.mark.parametrize("channel", CHANNELS)
def test_c03_a_cancelled_order_gives_its_units_back_to_every_channel(
    any_market: Any, channel: str
) -> None:
    town = any_market
    order = town.sell(channel, (town.clocks[channel], 4))
    town.work()
    town.clock.advance(60)
    town.world.cancel(channel, order)
    town.work()
    assert town.count("CLOCK") == (10, 0)
    assert [town.shown(name, town.clocks[name]) for name in CHANNELS] == [10, 10]
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("units", [1, 3, 6])
def test_c01_an_edited_order_moves_its_claim(
    market: Any, channel: str, units: int
) -> None:
    order = market.sell(channel, (market.clocks[channel], 4))
    market.work()
    (line,) = market.find_lines(channel, order)
    market.clock.advance(60)
    market.world.edit(channel, order, line, units)
    market.work()
    assert market.count("CLOCK") == (10, units)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_c01_a_line_that_is_removed_gives_up_and_one_that_is_added_claims(
    market: Any, channel: str
) -> None:
    lamps = market.stock("LAMP", 5)
    market.tick(MarkKind.SCAN)
    market.work()
    order = market.sell(channel, (market.clocks[channel], 4), (lamps[channel], 1))
    market.work()
    first, _ = market.find_lines(channel, order)
    market.clock.advance(60)
    market.world.edit(channel, order, first, 0)
    add = "add_line" if channel == "shopify" else "add_order_line"
    getattr(market.shops[channel], add)(order, lamps[channel], 2)
    market.work()
    assert market.count("CLOCK") == (10, 0)
    assert market.count("LAMP") == (5, 3)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_refund_with_restock_before_shipping_gives_units_back(
    market: Any, channel: str
) -> None:
    order = market.sell(channel, (market.clocks[channel], 4))
    market.work()
    (line,) = market.find_lines(channel, order)
    market.clock.advance(60)
    market.world.refund(channel, order, {line: 3}, restock=True)
    market.work()
    assert market.count("CLOCK") == (10, 1)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_c07_a_refund_without_restock_is_money_and_no_goods(
    market: Any, channel: str
) -> None:
    order = market.sell(channel, (market.clocks[channel], 4))
    market.work()
    shop = market.shops[channel]
    if channel == "shopify":
        shop.fulfill_order(order)
    else:
        shop.set_order_status(order, "completed")
    market.clock.advance(60)
    market.world.refund(channel, order, restock=False)
    market.work()
    assert market.count("CLOCK") == (6, 0)
    assert [market.shown(name, market.clocks[name]) for name in CHANNELS] == [6, 6]
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_goods_that_were_shipped_and_came_back_are_for_sale_again(
    market: Any, channel: str
) -> None:
    order = market.sell(channel, (market.clocks[channel], 4))
    market.work()
    shop = market.shops[channel]
    if channel == "shopify":
        shop.fulfill_order(order)
    else:
        shop.set_order_status(order, "completed")
    market.work()
    assert market.count("CLOCK") == (6, 0)
    (line,) = market.find_lines(channel, order)
    market.clock.advance(60)
    market.world.refund(channel, order, {line: 3}, restock=True)
    market.work()
    assert market.count("CLOCK") == (9, 0)
    assert [market.shown(name, market.clocks[name]) for name in CHANNELS] == [9, 9]
    market.check()


def test_what_is_still_to_ship_is_not_forgotten_when_a_shipped_part_comes_back(
    market: Any,
) -> None:
    order = market.sell("shopify", (market.clocks["shopify"], 3))
    market.work()
    (line,) = market.find_lines("shopify", order)
    shop = market.shops["shopify"]
    shop.fulfill_order(order, quantities={line: 2})
    market.work()
    market.clock.advance(60)
    row = shop.line(line)
    back = Return(row, 1, "RETURN", row.location)
    refund_order(shop.ledger, shop.order(order), [back])
    market.work()
    assert market.count("CLOCK") == (9, 1)
    market.check()


def test_c02_an_address_that_changes_after_the_import_is_the_one_that_is_kept(
    market: Any,
) -> None:
    order = market.sell("woo", (market.clocks["woo"], 1))
    market.work()
    woo = market.shops["woo"]
    market.clock.advance(60)
    woo.order(order).shipping["address_1"] = "1 Moved Away Lane"
    woo.set_order_status(order, "on-hold")
    market.work()
    row = market.load_row("woo", order)
    with market.hub.store.reading() as connection:
        (kept,) = inbox.load_records(connection, [row["inbox_id"]])
        channel = market.hub.load_channel("woo")
        read_order = load_reader(market.hub, connection, channel)
    address = read_order(kept.payload).shipping_address
    assert address is not None
    assert address.street == "1 Moved Away Lane"
    assert row["held"]  # and it does not ship meanwhile
    market.check()


# Money


@pytest.mark.parametrize(
    ("currency", "decimals", "price", "minor"),
    [("JPY", 0, "1500", 1500), ("KWD", 3, "12.345", 12345), ("EUR", 2, "20", 2000)],
)
def test_g04_amounts_keep_the_decimals_of_their_currency(
    town: Any, currency: str, decimals: int, price: str, minor: int
) -> None:
    settings = WooSettings(
        currency=currency,
        decimals=decimals,
        tax_rate=Decimal(0),
        shipping_price=Decimal(0),
    )
    town.open_woocommerce(settings=settings)
    town.world.receive("CLOCK", 10)
    shop = town.shops["woo"]
    clock = town.offer("woo", "CLOCK", 10)
    shop.product(clock).price = Decimal(price)
    town.connect_woocommerce()
    town.work()
    order = town.sell("woo", (clock, 1))
    town.work()
    row = town.load_row("woo", order)
    assert (row["currency"], row["total_minor"]) == (currency, minor)
    assert row["residue_minor"] == 0
    town.check()


def test_g04_a_shopify_order_in_yen_is_held_to_the_yen(town: Any) -> None:
    settings = ShopifySettings(
        domain="shopify.myshopify.com", currency="JPY", tax=None, shipping_minor=0
    )
    town.open_shopify(settings=settings)
    town.world.receive("CLOCK", 10)
    clock = town.offer("shopify", "CLOCK", 10, price_minor=1500)
    town.connect_shopify()
    town.work()
    order = town.sell("shopify", (clock, 2))
    town.work()
    row = town.load_row("shopify", order)
    assert (row["currency"], row["total_minor"]) == ("JPY", 3000)
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_b03_an_order_that_becomes_visible_behind_the_cursor_is_not_lost(
    market: Any, channel: str
) -> None:
    shop = market.shops[channel]
    shop.faults.use(
        Faults(webhook_loss=1.0, visibility_lag=1.0, visibility_lag_seconds=4)
    )
    orders = []
    for _ in range(4):
        orders.append(market.sell(channel, (market.clocks[channel], 1)))
        market.tick(MarkKind.PULL)
        market.work(1)
    shop.faults.use(Faults(webhook_loss=1.0))
    market.pull()
    assert [market.load_order(channel, one) is not None for one in orders] == [True] * 4
    market.check()
