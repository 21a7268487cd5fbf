"""Seeded days of the whole hub: every promise holds, the same seed is the same day."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from crossdock.cli.simulation.events import TROUBLES, Kind, draw_schedule
from crossdock.cli.simulation.play import Outcome
from crossdock.cli.simulation.seeds import list_troubles
from crossdock.cli.simulation.shrink import shrink

PlaySeed = Callable[..., Outcome]


def test_a_day_on_which_nothing_goes_wrong_holds_every_promise(play: PlaySeed) -> None:
    outcome = play(2)
    assert outcome.violations == ()
    assert (outcome.orders_lost, outcome.orders_duplicated) == (0, 0)
    assert outcome.oversold_by_hub == 0
    assert outcome.events == 48


def test_i10_the_same_seed_is_the_same_day_with_every_trouble(play: PlaySeed) -> None:
    first = play(21, "all", keep_trace=True)
    again = play(21, "all", keep_trace=True)
    assert first.violations == ()
    assert first.lines == again.lines
    assert first.digest == again.digest


def test_other_seeds_are_other_days(play: PlaySeed) -> None:
    assert play(2, only={1, 2, 3}).digest != play(4, only={1, 2, 3}).digest


def test_troubles_do_not_change_what_people_plan() -> None:
    calm = draw_schedule(5, ())
    troubled = draw_schedule(5, tuple(TROUBLES))
    assert [event for event in troubled if event.kind not in TROUBLES] == calm
    assert sum(TROUBLES.values()) == len(troubled) - len(calm)


def test_a_schedule_is_in_order_of_time_and_every_event_keeps_its_number() -> None:
    schedule = draw_schedule(5, (Kind.CRASH,))
    assert [event.at_seconds for event in schedule] == sorted(
        event.at_seconds for event in schedule
    )
    numbers = [event.number for event in schedule]
    assert len(set(numbers)) == len(numbers)
    assert {event.number for event in draw_schedule(5, ())} < set(numbers)


def test_a_trouble_that_nobody_knows_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="Use one of: none, all, weather"):
        list_troubles("locusts")


def test_a_failing_schedule_is_made_as_small_as_what_fails() -> None:
    played: list[frozenset[int]] = []

    def fails(kept: frozenset[int]) -> bool:
        played.append(kept)
        return {7, 31} <= kept

    assert shrink(range(48), fails, lambda: False) == (7, 31)
    assert len(played) < 60


def test_a_schedule_stays_as_it_is_when_there_is_no_time() -> None:
    assert shrink((1, 2, 3), lambda kept: True, lambda: True) == (1, 2, 3)
