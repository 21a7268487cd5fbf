"""Two hub processes and two channels fighting over the last units: nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from crossdock.canonical.conflicts import ConflictKind
from crossdock.store import conflicts, fsck, stock

UNITS = 20
SOLD_ON_EACH = 15


def buy_out(street: Any, first: tuple[str, str], second: tuple[str, str]) -> None:
    """Sell more on both channels together than there is, in both orders of SKUs."""
    for number in range(SOLD_ON_EACH):
        shopify = [(first[0], 1), (second[0], 1)]
        woo = [(first[1], 1), (second[1], 1)]
        street.sell("shopify", *(shopify if number % 2 else reversed(shopify)))
        street.sell("woo", *(reversed(woo) if number % 2 else woo))


@pytest.fixture(params=["sqlite", pytest.param("pg", marks=pytest.mark.postgres)])
def busy_street(
    request: pytest.FixtureRequest, open_street: Callable[[str], Any]
) -> Any:
    """Two shops that have sold thirty of each of two things, and twenty exist."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_database_url"
    street = open_street(request.getfixturevalue(name))
    first, second = street.stock("CLOCK", UNITS), street.stock("LAMP", UNITS)
    hub = street.be_born(holder="first", page_size=4)
    hub.do("connect_shops", street.enter_shops())
    buy_out(street, first, second)
    return street


def count(street: Any) -> dict[str, tuple[int, int]]:
    with street.store.reading() as connection:
        return {
            key.sku: (counts.on_hand, counts.allocated)
            for key, counts in stock.load_positions(connection).items()
        }


def list_shortfalls(street: Any) -> list[int]:
    with street.store.reading() as connection:
        found = conflicts.load_many(connection, kind=ConflictKind.SHORTFALL)
    return [conflict.facts["units_short"] for conflict in found]


def test_two_processes_allocate_the_last_units_once_and_show_what_is_missing(
    busy_street: Any,
) -> None:
    street = busy_street
    first, second = street.lives[0], street.be_born(holder="second", page_size=4)
    first.start("pull", "shopify")
    second.start("pull", "woo")
    assert [first.finish(), second.finish()] == [SOLD_ON_EACH, SOLD_ON_EACH]
    assert count(street) == {"CLOCK": (UNITS, UNITS), "LAMP": (UNITS, UNITS)}
    first.do("work")
    short = 2 * SOLD_ON_EACH - UNITS
    assert list_shortfalls(street) == [short, short]
    assert street.world.oversold_units() == 2 * short
    street.check()


def test_two_processes_on_the_same_lanes_take_every_order_in_once(
    busy_street: Any,
) -> None:
    street = busy_street
    first, second = street.lives[0], street.be_born(holder="second", page_size=4)
    first.do("tick", "pull")
    first.start("work")
    second.start("work")
    first.finish()
    second.finish()
    street.check()


def test_units_that_were_cancelled_serve_those_who_waited(busy_street: Any) -> None:
    street = busy_street
    first, second = street.lives[0], street.be_born(holder="second", page_size=4)
    first.do("tick", "pull")
    first.do("work")
    for channel in ("shopify", "woo"):
        for order in street.world.orders(channel)[: SOLD_ON_EACH // 2]:
            street.world.cancel(channel, order.order_id)
    first.start("pull", "shopify")
    second.start("pull", "woo")
    first.finish()
    second.finish()
    with street.store.reading() as connection:
        assert fsck.check(connection) == []
    first.do("work")
    assert list_shortfalls(street) == []
    street.check()


def test_i2_units_that_move_about_while_two_hubs_sell_them_are_sold_once(
    busy_street: Any,
) -> None:
    street = busy_street
    first, second = street.lives[0], street.be_born(holder="second", page_size=4)
    first.do("open_place", "attic")
    second.start("move_about", "CLOCK", 30, ("main", "attic"))
    first.do("pull", "shopify")
    assert second.finish() > 0
    second.start("pull", "woo")
    first.do("move_about", "CLOCK", 30, ("main", "attic"))
    second.finish()
    with street.store.reading() as connection:
        assert fsck.check(connection) == []
    first.do("work")
    with street.store.reading() as connection:
        held = [
            (key.location, counts)
            for key, counts in stock.load_positions(connection, ["CLOCK"]).items()
        ]
    assert sum(counts.on_hand for _, counts in held) == UNITS
    assert sum(counts.allocated for _, counts in held) == UNITS
    street.check()


def test_i2_counts_at_two_places_while_two_hubs_sell_leave_no_unit_promised_twice(
    busy_street: Any,
) -> None:
    street = busy_street
    first, second = street.lives[0], street.be_born(holder="second", page_size=4)
    first.do("open_place", "attic")
    street.world.receive("CLOCK", 5)
    second.start("count_many", "CLOCK", [1, 7, 0, 3, 9, 5], "attic")
    first.do("pull", "shopify")
    second.finish()
    second.start("pull", "woo")
    first.do("count_many", "CLOCK", [3, UNITS, 0, UNITS + 1, UNITS], "main")
    second.finish()
    with street.store.reading() as connection:
        assert fsck.check(connection) == []
    first.do("work")
    assert sorted(list_shortfalls(street)) == [5, 10]
    street.check()
