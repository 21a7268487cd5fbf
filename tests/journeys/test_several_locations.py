"""Goods at several places: who sells from where, what is on its way, who waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from crossdock.canonical.conflicts import ConflictKind
from crossdock.canonical.errors import NotFoundError, RefusedError
from crossdock.canonical.stock import IN_TRANSIT
from crossdock.store import audit, stock
from crossdock.sync.explain_order import explain_order
from crossdock.sync.incoming import cancel_goods, expect_goods, receive_goods
from crossdock.sync.scarcity import list_scarce
from crossdock.sync.ship import Tracking, ship_order
from crossdock.sync.stocktaking import count_stock, receive_stock
from crossdock.sync.transfer import lose_transfer, receive_transfer, send_transfer
from crossdock.sync.warehouse import (
    add_location,
    change_location,
    change_terms,
    limit_channel,
    rank_channel,
)


def count_at(town: Any, sku: str = "CLOCK") -> dict[str, tuple[int, int]]:
    with town.hub.store.reading() as connection:
        found = stock.load_positions(connection, [sku])
    return {key.location: (row.on_hand, row.allocated) for key, row in found.items()}


def open_place(town: Any, name: str, rank: int = 5, *, sells: bool = True) -> None:
    add_location(town.hub, name, rank=rank, sells=sells, actor="ann")
    town.work()


def receive(town: Any, units: int, location: str = "") -> None:
    """Put units there, in the books of the world as in the hub."""
    receive_stock(town.hub, "CLOCK", units, actor="ann", location=location)
    town.world.receive("CLOCK", units)
    town.work()


def show(town: Any) -> tuple[int | None, int | None]:
    shopify = town.shown("shopify", town.clocks["shopify"])
    return shopify, town.shown("woo", town.clocks["woo"])


@pytest.fixture
def two_places(any_market: Any) -> Any:
    """Ten clocks at main, four at east; both shops sell both."""
    open_place(any_market, "east")
    receive(any_market, 4, "east")
    return any_market


def test_every_channel_shows_what_lies_at_all_locations_together(
    two_places: Any,
) -> None:
    assert show(two_places) == (14, 14)
    two_places.check()


def test_an_order_is_served_from_home_and_the_rest_is_routed_with_the_reason(
    two_places: Any,
) -> None:
    town = two_places
    order = town.sell("woo", (town.clocks["woo"], 12))
    town.pull()
    assert count_at(town) == {"main": (10, 10), "east": (4, 2)}
    (line,) = explain_order(town.hub, order, "woo").lines
    assert [
        (one["location"], one["allocated"], one["routed"]) for one in line.claims
    ] == [("main", 10, ""), ("east", 2, "main was 2 short")]
    assert line.why == (
        "Its units are allocated and can ship; elsewhere: "
        "2 of CLOCK at east (main was 2 short)."
    )
    assert show(town) == (2, 2)
    town.check()


def test_what_was_routed_ships_from_where_it_lies(two_places: Any) -> None:
    town = two_places
    order = town.sell("woo", (town.clocks["woo"], 12))
    town.pull()
    first = ship_order(town.hub, order, Tracking(), channel="woo", location="east")
    assert sum(first.quantities.values()) == 2
    ship_order(town.hub, order, Tracking(), channel="woo")
    assert count_at(town) == {"main": (0, 0), "east": (2, 0)}
    town.work()
    town.check()


def test_a_channel_that_is_limited_shows_and_takes_only_what_lies_there(
    two_places: Any,
) -> None:
    town = two_places
    assert limit_channel(town.hub, "woo", ["east"], actor="ann") == ("east",)
    town.work()
    assert show(town) == (14, 4)
    order = town.sell("woo", (town.clocks["woo"], 3))
    town.pull()
    assert count_at(town) == {"main": (10, 0), "east": (4, 3)}
    (line,) = town.load_order("woo", order).lines.values()
    assert [one.key.location for one in line.holdings] == ["east"]
    assert limit_channel(town.hub, "woo", [], actor="ann") == ("main", "east")
    town.work()
    assert show(town) == (11, 11)
    town.check()


def test_a_line_waits_beside_stock_that_its_channel_may_not_use(
    two_places: Any,
) -> None:
    town = two_places
    limit_channel(town.hub, "woo", ["east"], actor="ann")
    town.work()
    town.sell("woo", (town.clocks["woo"], 3))
    count_stock(town.hub, "CLOCK", 1, actor="ann", location="east")
    town.world.receive("CLOCK", -3)
    town.pull()
    assert count_at(town)["east"] == (1, 1)
    (conflict,) = town.list_open(ConflictKind.SHORTFALL)
    assert (conflict.subject, conflict.facts["units_short"]) == ("sku/CLOCK", 2)
    assert conflict.facts["location"] == "east"
    assert town.violations() == []
    limit_channel(town.hub, "woo", [], actor="ann")
    town.work()
    assert count_at(town) == {"main": (10, 2), "east": (1, 1)}
    assert town.list_open(ConflictKind.SHORTFALL) == []
    town.check()


def test_a_location_that_does_not_sell_is_neither_shown_nor_allocated(
    two_places: Any,
) -> None:
    town = two_places
    change_location(town.hub, "east", sells=False, actor="ann")
    town.work()
    assert show(town) == (10, 10)
    town.sell("woo", (town.clocks["woo"], 3))
    town.pull()
    assert count_at(town) == {"main": (10, 3), "east": (4, 0)}


def test_the_location_with_the_lowest_rank_is_used_first(two_places: Any) -> None:
    town = two_places
    change_location(town.hub, "east", rank=-1, title="East wing", actor="ann")
    town.sell("woo", (town.clocks["woo"], 3))
    town.pull()
    assert count_at(town) == {"main": (10, 0), "east": (4, 3)}
    with town.hub.store.reading() as connection:
        last = audit.load(connection, "location/east")[-1]
    assert (last.action, last.actor) == ("location", "ann")
    assert (last.before["rank"], last.after["rank"]) == (5, -1)
    town.check()


def test_units_that_are_missing_at_one_place_are_found_at_another(
    two_places: Any,
) -> None:
    town = two_places
    town.sell("woo", (town.clocks["woo"], 9))
    town.pull()
    count_stock(town.hub, "CLOCK", 6, actor="ann")
    town.world.receive("CLOCK", -4)
    # At once: the lines need not wait until somebody looks at the SKU.
    assert count_at(town) == {"main": (6, 6), "east": (4, 3)}
    assert town.violations() == []
    town.work()
    assert town.list_open() == []
    town.check()


@pytest.mark.parametrize("name", ["nowhere", IN_TRANSIT])
def test_goods_cannot_arrive_where_there_is_no_place(market: Any, name: str) -> None:
    with pytest.raises((NotFoundError, RefusedError)):
        receive_stock(market.hub, "CLOCK", 1, actor="ann", location=name)
    with pytest.raises((NotFoundError, RefusedError)):
        change_location(market.hub, name, sells=True, actor="ann")


def test_a_location_is_written_down_once_and_called_something(market: Any) -> None:
    open_place(market, "east")
    for name in ("east", " ", "a/b", "x" * 101, IN_TRANSIT):
        with pytest.raises(RefusedError):
            add_location(market.hub, name, rank=0, sells=True, actor="ann")
    with pytest.raises(RefusedError, match="rank"):
        add_location(market.hub, "moon", rank=10**9, sells=True, actor="ann")
    change_location(market.hub, "east", sells=False, actor="ann")
    with pytest.raises(RefusedError, match="Nothing is sold from east"):
        limit_channel(market.hub, "woo", ["east"], actor="ann")


# On the way


def test_d16_goods_on_their_way_are_counted_and_cannot_be_bought(
    two_places: Any,
) -> None:
    town = two_places
    sent = send_transfer(town.hub, "clock", 6, ("", "east"), actor="ann")
    town.work()
    assert count_at(town) == {"main": (4, 0), "east": (4, 0), IN_TRANSIT: (6, 0)}
    assert show(town) == (8, 8)
    assert town.violations() == []
    half = receive_transfer(town.hub, sent.id, 4, actor="bob")
    assert (half.received, half.under_way) == (4, 2)
    back = receive_transfer(town.hub, sent.id, 1, actor="bob", location="main")
    assert back.under_way == 1
    done = lose_transfer(town.hub, sent.id, actor="bob", reason="broken")
    assert (done.received, done.lost, done.under_way) == (5, 1, 0)
    town.world.receive("CLOCK", -1)
    town.work()
    assert count_at(town) == {"main": (5, 0), "east": (8, 0), IN_TRANSIT: (0, 0)}
    assert show(town) == (13, 13)
    for again in (receive_transfer, lose_transfer):
        with pytest.raises(RefusedError, match="Nothing of transfer"):
            again(town.hub, sent.id, actor="bob")
    town.check()


def test_a_transfer_takes_nothing_from_orders_and_brings_no_more_than_was_sent(
    two_places: Any,
) -> None:
    town = two_places
    town.sell("woo", (town.clocks["woo"], 8))
    town.pull()
    with pytest.raises(RefusedError, match="2 of CLOCK are available at main"):
        send_transfer(town.hub, "CLOCK", 3, ("main", "east"), actor="ann")
    with pytest.raises(RefusedError, match="nothing to transfer"):
        send_transfer(town.hub, "CLOCK", 1, ("east", "east"), actor="ann")
    with pytest.raises(RefusedError, match="not a number of units"):
        send_transfer(town.hub, "CLOCK", 0, ("main", "east"), actor="ann")
    sent = send_transfer(town.hub, "CLOCK", 2, ("main", "east"), actor="ann")
    with pytest.raises(RefusedError, match="2 units of transfer"):
        receive_transfer(town.hub, sent.id, 3, actor="ann")
    with pytest.raises(NotFoundError, match="no transfer 7"):
        receive_transfer(town.hub, 7, actor="ann")
    receive_transfer(town.hub, sent.id, actor="ann")
    town.work()
    town.check()


def test_a_line_that_waits_gets_what_a_transfer_brings(two_places: Any) -> None:
    town = two_places
    limit_channel(town.hub, "woo", ["east"], actor="ann")
    town.work()
    sent = send_transfer(town.hub, "CLOCK", 5, ("main", "east"), actor="ann")
    town.sell("woo", (town.clocks["woo"], 4))
    town.pull()
    count_stock(town.hub, "CLOCK", 1, actor="ann", location="east")
    town.world.receive("CLOCK", -3)
    receive_transfer(town.hub, sent.id, actor="ann")
    assert count_at(town)["east"] == (6, 4)
    town.work()
    town.check()


# Expected, and sold before it is there


def set_terms(town: Any, **changes: Any) -> None:
    change_terms(town.hub, "CLOCK", changes, actor="ann")
    town.work()


def sell_out(town: Any) -> None:
    town.sell("shopify", (town.clocks["shopify"], 10))
    town.pull()


def test_d14_a_sku_is_sold_beyond_what_is_there_up_to_its_backorder_cap(
    any_market: Any,
) -> None:
    town = any_market
    sell_out(town)
    set_terms(town, backorder_units=3)
    assert show(town) == (3, 3)
    town.sell("woo", (town.clocks["woo"], 2))
    town.pull()
    assert show(town) == (1, 1)
    assert town.list_open(ConflictKind.SHORTFALL) == []
    set_terms(town, backorder_units=1)
    (conflict,) = town.list_open(ConflictKind.SHORTFALL)
    assert conflict.facts["units_short"] == 1
    assert "beyond the 1 that may be backordered" in conflict.summary
    set_terms(town, backorder_units=2)
    assert town.list_open(ConflictKind.SHORTFALL) == []
    town.check()


def test_d14_what_is_expected_is_sold_until_it_arrives_or_is_cancelled(
    any_market: Any,
) -> None:
    town = any_market
    sell_out(town)
    due = town.clock.now() + timedelta(days=7)
    receipt = expect_goods(town.hub, "CLOCK", 5, due_at=due, note="PO 1")
    town.work()
    assert show(town) == (0, 0)
    set_terms(town, preorder_units=4)
    assert show(town) == (4, 4)
    town.sell("woo", (town.clocks["woo"], 3))
    town.pull()
    assert show(town) == (1, 1)
    part = receive_goods(town.hub, receipt.id, 2, actor="ann")
    town.world.receive("CLOCK", 2)
    assert (part.expected, part.closed_at) == (3, None)
    # Given at once to the line that waits.
    assert count_at(town)["main"] == (12, 12)
    town.work()
    assert show(town) == (2, 2)
    cancel_goods(town.hub, receipt.id)
    town.work()
    assert show(town) == (0, 0)
    (conflict,) = town.list_open(ConflictKind.SHORTFALL)
    assert conflict.facts["units_short"] == 1
    for again in (cancel_goods, lambda hub, id_: receive_goods(hub, id_, actor="a")):
        with pytest.raises(RefusedError, match="Nothing more is expected"):
            again(town.hub, receipt.id)
    town.check()


def test_a_receipt_may_bring_more_than_was_expected(market: Any) -> None:
    open_place(market, "east")
    receipt = expect_goods(market.hub, "CLOCK", 5, location="east")
    done = receive_goods(market.hub, receipt.id, 7, actor="ann")
    market.world.receive("CLOCK", 7)
    assert (done.received, done.expected) == (7, 0)
    assert count_at(market)["east"] == (7, 0)
    market.work()
    market.check()


def test_safety_stock_of_a_sku_is_never_offered(market: Any) -> None:
    set_terms(market, safety_stock=4)
    assert show(market) == (6, 6)
    with pytest.raises(RefusedError, match="Units lie between"):
        set_terms(market, safety_stock=-1)


# Who waits, and who is served


def wait_for_clocks(town: Any) -> dict[str, str]:
    """Let two channels sell the same clocks before either hears of the other."""
    town.sell("shopify", (town.clocks["shopify"], 9))
    orders = {"woo": town.sell("woo", (town.clocks["woo"], 4))}
    orders["shopify"] = town.sell("shopify", (town.clocks["shopify"], 1))
    town.pull()
    return orders


def test_what_arrives_goes_to_the_channel_with_the_lowest_rank_first(
    any_market: Any,
) -> None:
    town = any_market
    set_terms(town, shortfall_policy="priority_channel")
    rank_channel(town.hub, "shopify", 2, actor="ann")
    rank_channel(town.hub, "woo", 1, actor="ann")
    town.work()
    orders = wait_for_clocks(town)
    (waiting,) = list_scarce(town.hub)
    assert (waiting.short, waiting.shortfall) == (4, 4)
    count_stock(town.hub, "CLOCK", 6, actor="ann")
    town.world.receive("CLOCK", -4)
    town.work()
    # The important channel's order lost nothing that it had.
    receive(town, 4)
    (line,) = town.load_order("woo", orders["woo"]).lines.values()
    assert line.holdings[0].short == 0
    (scarce,) = list_scarce(town.hub)
    assert {one.channel for one in scarce.lines if one.waits_for} == {"shopify"}
    assert [one.policy for one in scarce.policies if one.in_force] == [
        "priority_channel"
    ]
    town.check()


def test_every_policy_is_shown_with_what_it_would_cost(market: Any) -> None:
    wait_for_clocks(market)
    (scarce,) = list_scarce(market.hub, "clock")
    assert sum(one.units for one in scarce.lines) == 14
    assert [one.units_unserved for one in scarce.policies] == [4, 4, 4]
    first = next(one for one in scarce.policies if one.in_force)
    held = {str(one.line): one.held for one in scarce.lines}
    assert dict(first.granted) == held
    assert sum(first.minor_unserved.values()) > 0


def test_a_sku_that_nobody_waits_for_is_told_when_it_is_asked_for(market: Any) -> None:
    assert list_scarce(market.hub) == []
    (fine,) = list_scarce(market.hub, "CLOCK")
    assert (fine.short, fine.available, fine.lines) == (0, 10, ())


# Counts that speak of the past


def test_d15_what_moved_since_a_count_stays_moved(any_market: Any) -> None:
    town = any_market
    order = town.sell("woo", (town.clocks["woo"], 2))
    town.pull()
    counted_at = town.clock.now()
    town.clock.advance(60)
    ship_order(town.hub, order, Tracking(), channel="woo")
    receive(town, 5)
    # One of the ten was missing when they were counted, before two left and five came.
    count_stock(town.hub, "CLOCK", 9, actor="ann", at=counted_at)
    town.world.receive("CLOCK", -1)
    assert town.count("CLOCK") == (12, 0)
    town.work()
    town.check()


def test_d15_a_count_is_not_about_what_has_not_been_or_was_counted_later(
    market: Any,
) -> None:
    morning = market.clock.now()
    market.clock.advance(3600)
    later = market.clock.now() + timedelta(hours=1)
    with pytest.raises(RefusedError, match="has not come yet"):
        count_stock(market.hub, "CLOCK", 9, actor="ann", at=later)
    noon = market.clock.now()
    market.clock.advance(60)
    count_stock(market.hub, "CLOCK", 9, actor="ann", at=noon)
    with pytest.raises(RefusedError, match="was counted at"):
        count_stock(market.hub, "CLOCK", 8, actor="ann", at=morning)
    assert market.count("CLOCK") == (9, 0)


def test_an_order_that_comes_while_others_wait_takes_nothing_away_from_them(
    any_market: Any,
) -> None:
    town = any_market
    set_terms(town, backorder_units=9)
    given_up = town.sell("shopify", (town.clocks["shopify"], 3))
    town.sell("shopify", (town.clocks["shopify"], 7))
    waiting = town.sell("woo", (town.clocks["woo"], 3))
    town.pull()
    # In one page three units become free, and somebody new wants them.
    town.world.cancel("shopify", given_up)
    late = town.sell("shopify", (town.clocks["shopify"], 4))
    town.pull()
    (served,) = town.load_order("woo", waiting).lines.values()
    (newcomer,) = town.load_order("shopify", late).lines.values()
    assert served.holdings[0].short == 0
    assert newcomer.holdings[0].short == 4
    town.check()
