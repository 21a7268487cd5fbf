"""B18: cut-over at T0 with an opening balance; history moves no stock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from crossdock.store.marks import MarkKind
from crossdock.sync.pull import import_history
from crossdock.sync.ship import Tracking, ship_order

CHANNELS = ("shopify", "woo")


@pytest.fixture(params=CHANNELS)
def busy_shop(any_town: Any, request: pytest.FixtureRequest) -> tuple[Any, str]:
    """A shop that has traded for a while before any hub was there.

    Ten clocks lay there; two were sold and have left, three were sold and have not, one
    was ordered and cancelled.
    """
    town, channel = any_town, request.param
    open_shop = town.open_shopify if channel == "shopify" else town.open_woocommerce
    shop = open_shop()
    town.clocks = town.stock("CLOCK", 10)
    clock = town.clocks[channel]
    gone = town.sell(channel, (clock, 2))
    if channel == "woo":
        shop.set_order_status(gone, "completed")
    else:
        shop.fulfill_order(gone)
    town.sell(channel, (clock, 3))
    dead = town.sell(channel, (clock, 1))
    shop.cancel_order(dead)
    town.clock.pause(3600)
    assert town.shown(channel, clock) == 5
    return town, channel


def connect(town: Any, channel: str, **policy: Any) -> None:
    make = town.connect_shopify if channel == "shopify" else town.connect_woocommerce
    make(**policy)
    town.work()


def test_without_an_opening_balance_what_is_shown_is_what_there_is(
    busy_shop: tuple[Any, str],
) -> None:
    town, channel = busy_shop
    connect(town, channel)
    assert town.count("CLOCK") == (5, 0)
    assert town.shown(channel, town.clocks[channel]) == 5
    assert town.violations() == []


def test_open_orders_come_along_with_the_units_that_the_counter_gave_up(
    busy_shop: tuple[Any, str],
) -> None:
    town, channel = busy_shop
    since = town.now - timedelta(days=30)
    connect(town, channel, opening_since=since)
    town.pull()
    assert town.count("CLOCK") == (8, 3)
    assert town.shown(channel, town.clocks[channel]) == 5
    town.tick(MarkKind.READ_BACK)
    town.work(120)
    assert town.list_open() == []
    assert town.violations() == []

    (open_order,) = [
        order.order_id
        for order in town.world.orders(channel)
        if any(
            line.sold - line.shipped - line.cancelled for line in order.lines.values()
        )
    ]
    ship_order(town.hub, open_order, Tracking("DHL", "JD1"))
    town.sell(channel, (town.clocks[channel], 1))
    town.work()
    assert town.count("CLOCK") == (5, 1)
    assert town.shown(channel, town.clocks[channel]) == 4
    assert town.list_open() == []
    assert town.violations() == []


def test_an_open_order_that_is_cancelled_later_gives_its_units_back(
    busy_shop: tuple[Any, str],
) -> None:
    town, channel = busy_shop
    connect(town, channel, opening_since=town.now - timedelta(days=30))
    town.pull()
    for order in town.world.orders(channel):
        if not order.cancelled and not any(
            line.shipped for line in order.lines.values()
        ):
            town.shops[channel].cancel_order(order.order_id)
    town.work()
    town.pull(120)
    assert town.count("CLOCK") == (8, 0)
    assert town.shown(channel, town.clocks[channel]) == 8
    assert town.violations() == []


def test_b18_an_import_of_history_moves_no_stock(busy_shop: tuple[Any, str]) -> None:
    town, channel = busy_shop
    connect(town, channel)
    known = town.hub.load_channel(channel)
    since = town.now - timedelta(days=30)
    report = import_history(town.hub, known, since)
    assert report.applied == 3
    assert import_history(town.hub, known, since).applied == 0
    town.work()
    assert town.count("CLOCK") == (5, 0)
    assert town.shown(channel, town.clocks[channel]) == 5
    orders = [town.load_order(channel, one.order_id) for one in town.world.orders()]
    assert [order.moves_stock for order in orders] == [False] * 3
    assert town.violations() == []
