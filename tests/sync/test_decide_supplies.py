"""What a SKU has to offer: never more than is there and may be sold beyond it."""

from __future__ import annotations

from crossdock.sync.decide.supplies import Headroom, Supply
from hypothesis import given
from hypothesis import strategies as st

units = st.integers(0, 50)


@st.composite
def headrooms(draw: st.DrawFn) -> Headroom:
    return Headroom(draw(units), draw(units), draw(units), draw(units))


def test_without_terms_nothing_is_sold_that_is_not_there() -> None:
    assert Headroom(incoming=9).cap == 0
    assert Supply(4, 1).promisable == 3
    assert Supply(1, 4).promisable == 0


def test_what_is_expected_is_sold_up_to_the_cap_and_backorders_beside_it() -> None:
    assert Headroom(3, 5, incoming=9).cap == 8
    assert Headroom(3, 50, incoming=9).cap == 12
    assert Supply(2, 0, Headroom(3, 5, incoming=9, short=1)).promisable == 9


def test_what_lines_wait_for_uses_the_headroom_up_and_then_is_a_shortfall() -> None:
    used = Headroom(3, short=5)
    assert (used.left, used.excess) == (0, 2)
    waiting = Headroom(3, short=2)
    assert (waiting.left, waiting.excess) == (1, 0)


def test_a_channel_that_may_use_some_locations_is_offered_what_lies_there() -> None:
    supply = Supply(7, 1, Headroom(2), {"main": 4, "east": 3}, on_hand=9)
    there = supply.at(("east", "nowhere"))
    assert (there.available, there.by_location) == (3, {"east": 3})
    assert (there.promisable, there.on_hand) == (4, 9)
    assert supply.at(()).promisable == 2


@given(available=units, safety=units, headroom=headrooms(), data=st.data())
def test_d14_whoever_sells_what_is_shown_never_waits_beyond_the_cap(
    available: int, safety: int, headroom: Headroom, data: st.DataObject
) -> None:
    supply = Supply(available, safety, headroom)
    sold = data.draw(st.integers(0, supply.promisable))
    short = headroom.short + max(0, sold - available)
    assert short <= max(headroom.cap, headroom.short)
    after = Headroom(
        headroom.backorder_units, headroom.preorder_units, headroom.incoming, short
    )
    assert after.excess == headroom.excess
