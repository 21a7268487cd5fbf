"""What left is told to its channel once, whatever becomes of the answer."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.conflicts import Action, ConflictKind
from crossdock.canonical.errors import NotFoundError, RefusedError
from crossdock.simulators.faults import Faults
from crossdock.simulators.shopify import ShopSettings as ShopifySettings
from crossdock.simulators.woocommerce import ShopSettings
from crossdock.sync.decisions_mapping import Decision
from crossdock.sync.resolve import resolve_conflict
from crossdock.sync.ship import Tracking, cancel_order, ship_order

CHANNELS = ("shopify", "woo", "woo-native")


@pytest.fixture(params=CHANNELS)
def place(request: pytest.FixtureRequest, town: Any) -> tuple[Any, str, str]:
    """A connected shop of every kind, as town, channel and the listing of the clock."""
    channel = request.param.partition("-")[0]
    if channel == "shopify":
        town.open_shopify()
    else:
        native = ShopSettings(native_fulfillments=request.param == "woo-native")
        town.open_woocommerce(settings=native)
    clocks = town.stock("CLOCK", 10)
    (town.connect_shopify if channel == "shopify" else town.connect_woocommerce)()
    town.work()
    return town, channel, clocks[channel]


def count_told(town: Any, channel: str, order: str) -> int:
    """Return how many parcels the shop was told of, by its own records."""
    row = town.shops[channel].order(order)
    if channel == "shopify":
        return len(row.fulfillments)
    notes = [note for note in row.notes if "reference crossdock" in note.text]
    return len(row.fulfillments) + len(notes)


def count_shipped(town: Any, channel: str, order: str) -> int:
    """Return how many units the shop counts as shipped, by the world's books."""
    for sold in town.world.orders(channel):
        if sold.order_id == order:
            return sum(line.shipped for line in sold.lines.values())
    raise KeyError(order)


def sell_and_ship(place: tuple[Any, str, str], units: int = 3) -> str:
    town, channel, clock = place
    order: str = town.sell(channel, (clock, units))
    town.work()
    ship_order(town.hub, order, Tracking("DHL", "JD014600"))
    return order


def test_a_parcel_is_told_with_its_tracking(place: tuple[Any, str, str]) -> None:
    town, channel, _ = place
    order = sell_and_ship(place)
    town.work()
    assert count_told(town, channel, order) == 1
    assert count_shipped(town, channel, order) == 3
    assert "JD014600" in repr(town.shops[channel].order(order))
    assert town.list_untold() == []
    assert town.count("CLOCK") == (7, 0)
    town.check()


def test_e04_a_parcel_whose_answer_was_lost_a_day_ago_is_looked_for_and_not_told_again(
    place: tuple[Any, str, str],
) -> None:
    town, channel, _ = place
    faults = town.shops[channel].faults
    order = sell_and_ship(place)
    faults.arm_once("dropped")
    town.work(1)
    faults.use(Faults(error_before=1.0))
    town.work(25 * 3600)
    faults.quiet()
    town.work(3600)
    assert faults.struck["dropped"] == 1
    assert count_shipped(town, channel, order) == 3
    assert count_told(town, channel, order) == 1
    assert town.list_untold() == []
    town.check()


@pytest.mark.parametrize("fault", ["dropped", "error_after", "truncated", "throttled"])
def test_e06_a_parcel_whose_answer_was_lost_is_told_once(
    place: tuple[Any, str, str], fault: str
) -> None:
    town, channel, _ = place
    order = sell_and_ship(place)
    for _ in range(2):
        town.shops[channel].faults.arm_once(fault)
    town.work(600)
    assert town.shops[channel].faults.struck[fault] >= 1
    assert count_told(town, channel, order) == 1
    assert count_shipped(town, channel, order) == 3
    assert town.list_untold() == []
    assert town.list_open() == []
    town.check()


def test_a_parcel_waits_while_the_shop_does_not_answer(
    place: tuple[Any, str, str],
) -> None:
    town, channel, clock = place
    faults = town.shops[channel].faults
    order = town.sell(channel, (clock, 3))
    town.work()
    faults.use(Faults(error_before=1.0))
    ship_order(town.hub, order, Tracking())
    town.work(1800)
    assert len(town.list_untold()) == 1
    faults.quiet()
    town.work(1800)
    assert count_told(town, channel, order) == 1
    assert town.list_untold() == []
    town.check()


def test_a20_a_told_parcel_that_is_read_back_is_no_second_shipment(
    place: tuple[Any, str, str],
) -> None:
    town, channel, _ = place
    order = sell_and_ship(place)
    town.work()
    for _ in range(3):
        town.pull()
    assert len(town.load_order(channel, order).parcels) == 1
    assert town.count("CLOCK") == (7, 0)
    town.check()


def test_c08_an_order_ships_in_parts_each_told_once(
    place: tuple[Any, str, str],
) -> None:
    town, channel, clock = place
    order = town.sell(channel, (clock, 3))
    town.work()
    (line,) = town.load_order(channel, order).lines
    ship_order(town.hub, order, Tracking("DHL", "JD1"), quantities={line: 1})
    town.work()
    assert town.count("CLOCK") == (9, 2)
    ship_order(town.hub, order, Tracking("DHL", "JD2"))
    town.work()
    assert count_told(town, channel, order) == 2
    assert count_shipped(town, channel, order) == 3
    assert len(town.load_order(channel, order).parcels) == 2
    assert town.count("CLOCK") == (7, 0)
    town.check()


def test_two_equal_parcels_without_tracking_are_told_as_two(
    place: tuple[Any, str, str],
) -> None:
    town, channel, clock = place
    order = town.sell(channel, (clock, 2))
    town.work()
    (line,) = town.load_order(channel, order).lines
    for _ in range(2):
        ship_order(town.hub, order, Tracking(), quantities={line: 1})
        town.work()
    assert count_told(town, channel, order) == 2
    assert town.list_untold() == []
    town.check()


def test_what_the_shops_staff_ship_leaves_the_hubs_stock_once(
    place: tuple[Any, str, str],
) -> None:
    town, channel, clock = place
    order = town.sell(channel, (clock, 3))
    town.work()
    shop = town.shops[channel]
    if channel == "shopify":
        shop.fulfill_order(order, tracking_number="JD9")
    else:
        shop.set_order_status(order, "completed")
    for _ in range(2):
        town.pull()
        assert town.count("CLOCK") == (7, 0)
    with pytest.raises(RefusedError):
        ship_order(town.hub, order, Tracking())
    town.check()


def test_more_than_is_wanted_cannot_be_shipped(place: tuple[Any, str, str]) -> None:
    town, channel, clock = place
    order = town.sell(channel, (clock, 3))
    town.work()
    (line,) = town.load_order(channel, order).lines
    for units in (0, 4):
        with pytest.raises(RefusedError):
            ship_order(town.hub, order, Tracking(), quantities={line: units})
    with pytest.raises(NotFoundError):
        ship_order(town.hub, order, Tracking(), quantities={"elsewhere": 1})
    with pytest.raises(NotFoundError):
        ship_order(town.hub, "no such order", Tracking())
    assert town.count("CLOCK") == (10, 3)
    town.check()


def test_what_waits_for_stock_is_not_shipped_unasked(
    place: tuple[Any, str, str],
) -> None:
    town, channel, clock = place
    first = town.sell(channel, (clock, 10))
    town.work()
    shop = town.shops[channel]
    if channel == "shopify":
        shop.set_available(shop.books.find_as("ProductVariant", clock), 5)
    else:
        shop.set_stock(clock, 5)
    late = town.sell(channel, (clock, 2))
    town.work()
    with pytest.raises(RefusedError):
        ship_order(town.hub, late, Tracking())
    ship_order(town.hub, first, Tracking())
    town.work()
    assert town.count("CLOCK") == (0, 0)
    assert town.violations() == []


def test_a_parcel_of_an_order_that_the_shop_cancelled_is_refused_and_reported(
    place: tuple[Any, str, str],
) -> None:
    town, channel, clock = place
    order = town.sell(channel, (clock, 3))
    town.work()
    town.world.cancel(channel, order)
    town.lose_webhooks()
    ship_order(town.hub, order, Tracking("DHL", "JD1"))
    town.work(5)
    (refused,) = town.list_open(ConflictKind.REFUSED_PUSH)
    assert refused.subject.startswith(f"{channel}/parcel/")
    resolve_conflict(town.hub, refused.id, Decision(Action.RETRY), actor="staff")
    town.work(5)
    (again,) = town.list_open(ConflictKind.REFUSED_PUSH)
    resolve_conflict(town.hub, again.id, Decision(Action.DISCARD), actor="staff")
    assert count_told(town, channel, order) == 0
    assert town.violations() == []


# Cancelling from the hub


def test_an_order_cancelled_in_the_hub_is_cancelled_in_its_shop(
    place: tuple[Any, str, str],
) -> None:
    town, channel, clock = place
    order = town.sell(channel, (clock, 3))
    town.work()
    cancel_order(town.hub, order)
    town.work()
    town.pull()  # Shopify cancels in a job of its own
    assert town.world.orders(channel)[0].cancelled
    assert town.count("CLOCK") == (10, 0)
    assert town.list_open() == []
    town.check()


def test_d06_a_cancellation_that_was_accepted_counts_when_it_has_happened(
    town: Any,
) -> None:
    slow = ShopifySettings(domain="shopify.myshopify.com", cancel_seconds=3600)
    town.open_shopify(settings=slow)
    clocks = town.stock("CLOCK", 10)
    town.connect_shopify()
    town.work()
    order = town.sell("shopify", (clocks["shopify"], 3))
    town.work()
    cancel_order(town.hub, order)
    town.pull()
    assert town.count("CLOCK") == (10, 3)
    town.clock.advance(3600)
    for _ in range(2):  # the job runs when the shop is next asked for anything
        town.pull()
    assert town.count("CLOCK") == (10, 0)
    town.check()


@pytest.mark.parametrize("fault", ["dropped", "error_after"])
def test_a_cancellation_whose_answer_was_lost_happens_once(
    place: tuple[Any, str, str], fault: str
) -> None:
    town, channel, clock = place
    order = town.sell(channel, (clock, 3))
    town.work()
    cancel_order(town.hub, order)
    town.shops[channel].faults.arm_once(fault)
    town.work(600)
    town.pull()
    assert town.world.orders(channel)[0].cancelled
    assert town.count("CLOCK") == (10, 0)
    assert town.list_open() == []
    town.check()


def test_an_order_whose_goods_have_left_cannot_be_cancelled(
    place: tuple[Any, str, str],
) -> None:
    town, _, _ = place
    order = sell_and_ship(place)
    with pytest.raises(RefusedError):
        cancel_order(town.hub, order)
