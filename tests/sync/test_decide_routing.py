"""Where a line's units come from: home first, then elsewhere, and never twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from crossdock.canonical.listings import Component
from crossdock.canonical.remembered import Holding, LineState
from crossdock.canonical.stock import Cause, StockKey
from crossdock.sync.decide.facts import Sells, Surroundings
from crossdock.sync.decide.ledger import Ledger
from crossdock.sync.decide.orders import Effects, take_in_order
from crossdock.sync.decide.parcels import ship_lines
from crossdock.sync.decide.routing import (
    fill_claims,
    group_claims,
    settle_wanted,
    withdraw,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Make = Callable[..., Any]
PLACES = ("main", "east", "west")
MAIN, EAST, WEST = (StockKey("CLOCK", place) for place in PLACES)
CAUSE = Cause("order", "1")


def open_ledger(*on_hand: int) -> Ledger:
    keys = (MAIN, EAST, WEST)
    return Ledger(
        {key: (units, 0, 0) for key, units in zip(keys, on_hand, strict=False)}
    )


def fill(ledger: Ledger, wanted: int, locations: Sequence[str] = PLACES) -> Any:
    holdings = [Holding(MAIN, 1, wanted)]
    fill_claims(holdings, locations, ledger, CAUSE)
    return {one.key.location: (one.wanted, one.allocated) for one in holdings}


def test_a_line_whose_home_has_enough_stays_there() -> None:
    assert fill(open_ledger(5, 5, 5), 4) == {"main": (4, 4)}


def test_what_home_lacks_is_routed_by_rank_with_the_reason() -> None:
    holdings = [Holding(MAIN, 1, 7)]
    fill_claims(holdings, PLACES, open_ledger(2, 1, 9), CAUSE)
    home, east, west = holdings
    assert [(one.wanted, one.allocated) for one in holdings] == [(2, 2), (1, 1), (4, 4)]
    assert (home.routed, east.routed, west.routed) == (
        "",
        "main was 5 short",
        "main was 4 short",
    )


def test_what_nobody_has_is_waited_for_at_home() -> None:
    assert fill(open_ledger(2, 1, 0), 7) == {"main": (6, 2), "east": (1, 1)}


def test_a_line_takes_nothing_from_where_its_channel_may_not_sell() -> None:
    assert fill(open_ledger(9, 9, 1), 3, ("west",)) == {"main": (2, 0), "west": (1, 1)}
    assert fill(open_ledger(9, 9, 9), 3, ()) == {"main": (3, 0)}


def test_a_line_that_is_routed_again_adds_to_the_claim_that_it_has_there() -> None:
    ledger = open_ledger(0, 1)
    holdings = [Holding(MAIN, 1, 3)]
    fill_claims(holdings, PLACES, ledger, CAUSE)
    ledger.account(EAST).on_hand += 1
    fill_claims(holdings, PLACES, ledger, Cause("served", "2"))
    assert [(one.wanted, one.allocated) for one in holdings] == [(1, 0), (2, 2)]


def test_a_line_that_wants_less_gives_up_what_was_routed_first() -> None:
    ledger = open_ledger(2, 3)
    holdings = [Holding(MAIN, 1, 5)]
    fill_claims(holdings, PLACES, ledger, CAUSE)
    settle_wanted(holdings, 3, ledger, Cause("order", "2"))
    assert [(one.wanted, one.allocated) for one in holdings] == [(2, 2), (1, 1)]
    settle_wanted(holdings, 1, ledger, Cause("order", "3"))
    assert [(one.wanted, one.allocated) for one in holdings] == [(1, 1), (0, 0)]


def test_the_home_claim_comes_first_in_its_group_however_it_was_stored() -> None:
    away = Holding(EAST, 1, 1, 1, routed="main was 1 short")
    home, hand = Holding(MAIN, 1, 2), Holding(StockKey("HAND", "main"), 3)
    assert list(group_claims([away, hand, home])) == [[home, away], [hand]]


def test_claims_give_way_in_the_order_in_which_they_are_named() -> None:
    ledger = Ledger({MAIN: (4, 9, 0)})
    young, old, idle = (
        Holding(MAIN, 1, 5, 5),
        Holding(MAIN, 1, 4, 4),
        Holding(MAIN, 1, 2),
    )
    withdraw(MAIN, 5, [[idle], [young], [old]], ledger, Cause("withdrawn", "1"))
    assert (young.allocated, young.short, old.allocated) == (0, 5, 4)
    assert ledger.account(MAIN).allocated == 4


def test_several_claims_give_way_with_a_movement_of_their_own_each() -> None:
    ledger = Ledger({MAIN: (1, 9, 0)})
    claims = [Holding(MAIN, 1, 5, 5), Holding(MAIN, 1, 4, 4)]
    withdraw(MAIN, 8, [[one] for one in claims], ledger, Cause("withdrawn", "1"))
    assert [one.allocated for one in claims] == [0, 1]
    causes = [movement.cause.id for movement in ledger.movements]
    assert causes == ["1/1", "1/2"]


def test_what_a_line_loses_elsewhere_it_waits_for_at_home() -> None:
    ledger = Ledger({MAIN: (2, 2, 0), EAST: (1, 3, 0)})
    home = Holding(MAIN, 1, 2, 2)
    away = Holding(EAST, 1, 3, 3, routed="main was 3 short")
    withdraw(EAST, 2, [[home, away]], ledger, Cause("withdrawn", "1"))
    assert (home.wanted, home.short) == (4, 2)
    assert (away.wanted, away.allocated, away.short) == (1, 1, 0)


# Orders and parcels


class Desk:
    """Orders of one channel that may use three locations; each line sells a set."""

    def __init__(self, make_order: Make, make_line: Make, *on_hand: int) -> None:
        self.make_order, self.make_line = make_order, make_line
        self.ledger = open_ledger(*on_hand)
        self.known: Any = None
        self.taken = 0
        self.contested: frozenset[str] = frozenset()

    def take_in(self, quantity: int, **changes: Any) -> Any:
        parts = (Component(sku="CLOCK", units=1),)
        self.taken += 1
        around = Surroundings(
            "shop",
            "main",
            PLACES,
            self.make_order().placed_at,
            lambda _, __: Sells(LineState.MAPPED, parts, "record"),
            iter(range(self.taken * 1000, 10**9)).__next__,
            self.contested,
        )
        self.known = take_in_order(
            self.make_order(self.make_line(quantity), minutes=self.taken, **changes),
            self.known,
            inbox_id=self.taken,
            surroundings=around,
            ledger=self.ledger,
            effects=Effects(),
        )
        return self.known

    def ship(self, quantity: int, location: str = "") -> None:
        (line,) = self.known.lines.values()
        self.taken += 1
        ship_lines(
            self.known,
            {line.id: quantity},
            self.ledger,
            Cause("parcel", str(self.taken)),
            locations=PLACES,
            location=location,
        )

    @property
    def claims(self) -> dict[str, tuple[int, int, int]]:
        (line,) = self.known.lines.values()
        return {
            one.key.location: (one.wanted, one.allocated, one.shipped)
            for one in line.holdings
        }

    @property
    def on_hand(self) -> list[int]:
        return [self.ledger.account(key).on_hand for key in (MAIN, EAST, WEST)]


@pytest.fixture
def open_desk(make_order: Make, make_line: Make) -> Callable[..., Desk]:
    return lambda *on_hand: Desk(make_order, make_line, *on_hand)


def test_a_parcel_takes_what_is_allocated_at_home_and_then_by_rank(
    open_desk: Make,
) -> None:
    desk = open_desk(2, 1, 3)
    desk.take_in(6)
    desk.ship(4)
    assert desk.on_hand == [0, 0, 2]
    assert desk.claims == {"main": (2, 0, 2), "east": (1, 0, 1), "west": (3, 2, 1)}


def test_a_parcel_that_names_its_location_leaves_from_there(open_desk: Make) -> None:
    desk = open_desk(2, 1, 3)
    desk.take_in(3)
    desk.ship(2, "west")
    assert desk.on_hand == [2, 1, 1]
    # Three are wanted and two have left: one of the three allocations is enough.
    assert sum(held for _, held, _ in desk.claims.values()) == 1
    assert sum(wanted for wanted, _, _ in desk.claims.values()) == 3


def test_a_parcel_may_leave_from_where_the_line_has_nothing(open_desk: Make) -> None:
    desk = open_desk(3, 0, 0)
    desk.take_in(3)
    desk.ship(3, "west")
    assert desk.on_hand == [3, 0, -3]
    assert desk.claims == {"main": (0, 0, 0), "west": (3, 0, 3)}
    assert desk.ledger.account(MAIN).allocated == 0


def test_goods_that_nobody_allocated_leave_from_home(open_desk: Make) -> None:
    desk = open_desk(0, 1, 0)
    desk.take_in(3)
    desk.ship(3)
    assert desk.on_hand == [-2, 0, 0]
    assert desk.claims == {"main": (2, 0, 2), "east": (1, 0, 1)}


def test_a_cancelled_parcel_comes_back_to_where_it_had_left_from(
    open_desk: Make, make_parcel: Make
) -> None:
    desk = open_desk(1, 2, 0)
    sent = make_parcel({"line": 3})
    desk.take_in(3)
    desk.take_in(3, fulfillments=(sent,))
    assert desk.on_hand == [0, 0, 0]
    desk.known.parcels[0].location = "east"
    void = sent.model_copy(update={"cancelled": True})
    desk.take_in(3, fulfillments=(void,))
    assert desk.on_hand == [1, 2, 0]
    assert desk.claims == {"main": (1, 1, 0), "east": (2, 2, 0)}


def test_a_cancelled_parcel_of_one_location_changes_no_other(
    open_desk: Make, make_parcel: Make
) -> None:
    desk = open_desk(1, 2, 0)
    first, second = make_parcel({"line": 1}), make_parcel({"line": 2}, external_id="2")
    desk.take_in(3)
    desk.take_in(3, fulfillments=(first,))
    desk.take_in(3, fulfillments=(first, second))
    desk.known.parcels[1].location = "east"
    void = second.model_copy(update={"cancelled": True})
    desk.take_in(3, fulfillments=(first, void))
    assert desk.on_hand == [0, 2, 0]
    assert desk.claims == {"main": (1, 0, 1), "east": (2, 2, 0)}


def test_a_return_comes_back_to_where_most_had_left_from(
    open_desk: Make, make_parcel: Make, make_refund: Make
) -> None:
    desk = open_desk(1, 2, 0)
    sent = make_parcel({"line": 3})
    desk.take_in(3)
    desk.take_in(3, fulfillments=(sent,))
    refunds = (make_refund(2, restocked=True),)
    desk.take_in(3, fulfillments=(sent,), refunds=refunds)
    assert desk.on_hand == [0, 2, 0]


def test_a_line_allocates_nothing_that_others_wait_for(open_desk: Make) -> None:
    desk = open_desk(5, 0, 0)
    desk.contested = frozenset({"CLOCK"})
    desk.take_in(2)
    assert desk.claims == {"main": (2, 0, 0)}
    desk.contested = frozenset({"HAND"})
    desk.take_in(2)
    assert desk.claims == {"main": (2, 2, 0)}


# For any stock and any demand

units = st.integers(0, 12)
stocks = st.tuples(units, units, units)
demands = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def serve(on_hand: Sequence[int], wanted: Sequence[int]) -> tuple[Ledger, list[Any]]:
    ledger = open_ledger(*on_hand)
    lines = [[Holding(MAIN, 1, number)] for number in wanted]
    for index, holdings in enumerate(lines):
        fill_claims(holdings, PLACES, ledger, Cause("order", str(index)))
    return ledger, lines


@given(on_hand=stocks, wanted=demands, data=st.data())
def test_i2_whoever_comes_first_all_that_is_there_is_given_and_nothing_twice(
    on_hand: tuple[int, int, int], wanted: list[int], data: st.DataObject
) -> None:
    for order in (wanted, data.draw(st.permutations(wanted))):
        ledger, lines = serve(on_hand, order)
        held = sum(one.allocated for line in lines for one in line)
        assert held == min(sum(on_hand), sum(wanted))
        for key in (MAIN, EAST, WEST):
            account = ledger.account(key)
            assert 0 <= account.allocated <= account.on_hand
        for line, number in zip(lines, order, strict=True):
            assert sum(one.wanted for one in line) == number
            assert all(not one.short for one in line[1:])


# Fixtures only make values here: sharing them between examples is harmless.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    on_hand=stocks,
    wanted=st.integers(1, 12),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["want", "ship", "ship from", "lose"]),
            st.integers(0, 9),
            st.sampled_from(PLACES),
        ),
        max_size=8,
    ),
)
def test_a_lines_claims_want_what_the_line_wants_whatever_happens_to_it(
    make_order: Make,
    make_line: Make,
    on_hand: tuple[int, int, int],
    wanted: int,
    steps: list[tuple[str, int, str]],
) -> None:
    desk = Desk(make_order, make_line, *on_hand)
    desk.take_in(wanted)
    (line,) = desk.known.lines.values()
    for number, (step, count, place) in enumerate(steps):
        if step == "want":
            desk.take_in(max(count, line.shipped))
        elif step == "lose":
            key = StockKey("CLOCK", place)
            ledger = desk.ledger
            lost = min(count, ledger.account(key).allocated)
            cause = Cause("withdrawn", str(number))
            (group,) = group_claims(line.holdings)
            withdraw(key, lost, [group], ledger, cause)
        elif count:
            desk.ship(count, place if step == "ship from" else "")
        claims = line.holdings
        assert sum(one.wanted for one in claims) == line.wanted
        assert sum(one.shipped for one in claims) == line.shipped
        assert all(one.allocated >= 0 and one.short >= 0 for one in claims)
        assert [one.short for one in claims if one.routed] == [
            0 for one in claims if one.routed
        ]
        for key in (MAIN, EAST, WEST):
            held = sum(one.allocated for one in claims if one.key == key)
            assert held == desk.ledger.account(key).allocated
        gone = sum(on_hand) - sum(desk.on_hand)
        assert gone == line.shipped
