"""The books: what is oversold, what is returned, and how long an update took."""

from __future__ import annotations

import pytest
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.world import World
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def world(clock: VirtualClock) -> World:
    """A world with 5 of RETRO-CLOCK, offered on two channels that both show 5."""
    world = World(clock)
    world.receive("RETRO-CLOCK", 5)
    for channel in ("east", "west"):
        world.offer(channel, "1", {"RETRO-CLOCK": 1})
        world.record_shown(channel, "1", 5, written=False)
    return world


def test_units_sold_beyond_what_exists_are_oversold(world: World) -> None:
    world.record_sale("east", "e1", "l1", "1", 5)
    assert world.oversold_units() == 0
    world.record_sale("west", "w1", "l1", "1", 2)
    assert world.oversold_units() == 2
    assert world.sold_units("RETRO-CLOCK") == world.sold_units() == 7


def test_a_cancellation_ends_an_oversell_and_its_peak_stays(world: World) -> None:
    world.record_sale("east", "e1", "l1", "1", 5)
    world.record_sale("west", "w1", "l1", "1", 2)
    world.record_cancellation("west", "w1", "l1", 2)
    assert world.oversold_units() == 0
    assert world.oversold_units_peak() == 2
    assert world.orders("west")[0].cancelled


def test_only_a_restocked_return_can_be_sold_again(world: World) -> None:
    world.record_sale("east", "e1", "l1", "1", 5)
    world.record_return("east", "e1", "l1", 1, restocked=False)
    assert world.sold_units("RETRO-CLOCK") == 5
    world.record_return("east", "e1", "l1", 1, restocked=True)
    assert world.sold_units("RETRO-CLOCK") == 4
    assert world.orders()[0].lines["l1"].returned == 2


def test_a_bundle_takes_every_component(world: World) -> None:
    world.receive("GIFT-BOX", 1)
    world.offer("east", "2", {"RETRO-CLOCK": 2, "GIFT-BOX": 1})
    world.record_sale("east", "e1", "l1", "2", 2)
    assert world.sold_units("RETRO-CLOCK") == 4
    assert world.oversold_units() == 1


def test_a_loss_in_the_warehouse_turns_sold_units_into_oversold_ones(
    world: World,
) -> None:
    world.record_sale("east", "e1", "l1", "1", 5)
    world.receive("RETRO-CLOCK", -3)
    assert world.oversold_units() == 3
    assert world.facts()[-1].kind == "lost"


def test_a_sale_is_reflected_by_the_next_lower_write_elsewhere(
    world: World, clock: VirtualClock
) -> None:
    world.record_sale("east", "e1", "l1", "1", 1)
    world.record_shown("east", "1", 4, written=False)
    clock.advance(0.25)
    assert world.updates_outstanding() == 1
    world.record_shown("west", "1", 4, written=True)
    assert world.sale_to_update_ms() == (250.0,)
    assert world.updates_outstanding() == 0


def test_a_write_that_still_shows_too_much_reflects_nothing(
    world: World, clock: VirtualClock
) -> None:
    world.record_sale("east", "e1", "l1", "1", 1)
    world.record_shown("west", "1", 5, written=True)
    assert world.sale_to_update_ms() == ()
    assert world.updates_outstanding() == 1


def test_one_write_may_reflect_several_sales(world: World, clock: VirtualClock) -> None:
    world.record_sale("east", "e1", "l1", "1", 1)
    clock.advance(1)
    world.record_sale("east", "e2", "l1", "1", 1)
    clock.advance(1)
    world.record_shown("west", "1", 3, written=True)
    assert world.sale_to_update_ms() == (1000.0, 2000.0)


def test_the_other_channels_own_sale_is_not_taken_for_an_update(
    world: World, clock: VirtualClock
) -> None:
    world.record_sale("east", "e1", "l1", "1", 1)
    world.record_sale("west", "w1", "l1", "1", 1)
    world.record_shown("west", "1", 4, written=False)
    assert world.sale_to_update_ms() == ()
    clock.advance(1)
    world.record_shown("west", "1", 4, written=True)
    assert world.sale_to_update_ms() == ()
    world.record_shown("west", "1", 3, written=True)
    assert world.sale_to_update_ms() == (1000.0,)


def test_a_raise_after_a_delivery_to_the_warehouse_reflects_the_sale_too(
    world: World,
) -> None:
    world.record_sale("east", "e1", "l1", "1", 1)
    world.receive("RETRO-CLOCK", 20)
    world.record_shown("west", "1", 24, written=True)
    assert world.sale_to_update_ms() == (0.0,)


def test_a_listing_that_shows_no_more_than_is_left_has_nothing_to_reflect(
    world: World, clock: VirtualClock
) -> None:
    world.record_shown("west", "1", 4, written=True)
    world.record_sale("east", "e1", "l1", "1", 1)
    clock.advance(9)
    world.record_shown("west", "1", 3, written=True)
    assert world.sale_to_update_ms() == ()


def test_a_listing_that_showed_nothing_has_nothing_to_reflect(world: World) -> None:
    world.record_shown("west", "1", 0, written=True)
    world.record_sale("east", "e1", "l1", "1", 1)
    assert world.updates_outstanding() == 0
    world.record_shown("west", "1", 0, written=True)
    assert world.sale_to_update_ms() == ()


def test_shipments_are_facts_and_change_no_sale(world: World) -> None:
    world.record_sale("east", "e1", "l1", "1", 2)
    world.record_shipment("east", "e1", "l1", 2)
    assert world.orders()[0].lines["l1"].shipped == 2
    assert world.sold_units() == 2
    assert [fact.kind for fact in world.facts()] == ["received", "sold", "shipped"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["east", "west"]), st.integers(1, 3), st.booleans()),
        max_size=30,
    )
)
def test_oversold_is_always_what_is_sold_less_what_exists(
    steps: list[tuple[str, int, bool]],
) -> None:
    world = World(VirtualClock())
    world.receive("RETRO-CLOCK", 10)
    for channel in ("east", "west"):
        world.offer(channel, "1", {"RETRO-CLOCK": 1})
    open_units = peak = 0
    for number, (channel, quantity, cancelled) in enumerate(steps):
        world.record_sale(channel, str(number), "l", "1", quantity)
        open_units += quantity
        peak = max(peak, open_units - 10)
        if cancelled:
            world.record_cancellation(channel, str(number), "l", quantity)
            open_units -= quantity
    assert world.oversold_units() == max(0, open_units - 10)
    assert world.oversold_units_peak() == max(0, peak)
