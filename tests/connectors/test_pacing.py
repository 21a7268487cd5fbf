"""Turns never come faster than the pace allows, whoever asks and however often."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from crossdock.canonical.clock import ManualClock
from crossdock.connectors.deadline import Deadline, in_progress, limit_seconds
from crossdock.connectors.pacing import Pace, RetryBudget
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 3, 2, tzinfo=UTC)
rates = st.floats(0.01, 1000, allow_nan=False)


def _departures(
    pace: Pace, clock: ManualClock, idle_seconds: list[float]
) -> list[float]:
    """Take turns with the given pauses between them; return when each one left."""
    left: list[float] = []
    for idle in idle_seconds:
        clock.advance(idle)
        taken, wait = pace.take_turn(float("inf"))
        assert taken
        clock.advance(wait)
        left.append(clock.monotonic_seconds())
    return left


@given(
    rate=rates,
    burst=st.integers(1, 20),
    idle_seconds=st.lists(st.floats(0, 50, allow_nan=False), max_size=60),
    slowed_after=st.sets(st.integers(0, 59)),
)
def test_no_stretch_of_time_holds_more_turns_than_rate_and_burst_allow(
    rate: float, burst: int, idle_seconds: list[float], slowed_after: set[int]
) -> None:
    clock = ManualClock(START)
    pace = Pace(clock, requests_per_second=rate, burst=burst)
    left: list[float] = []
    for number, idle in enumerate(idle_seconds):
        left += _departures(pace, clock, [idle])
        if number in slowed_after:
            pace.slow_down(0)
        else:
            pace.speed_up()
    for first, start in enumerate(left):
        for last in range(first, len(left)):
            allowed = burst + (left[last] - start) * rate
            assert last - first + 1 <= allowed + 1e-3


def test_a_burst_goes_at_once_and_the_rest_at_even_steps() -> None:
    clock = ManualClock(START)
    pace = Pace(clock, requests_per_second=4, burst=3)
    left = _departures(pace, clock, [0] * 7)
    assert left == pytest.approx([0, 0, 0, 0.25, 0.5, 0.75, 1.0])


def test_a_turn_that_comes_too_late_is_not_taken_and_costs_nothing() -> None:
    clock = ManualClock(START)
    pace = Pace(clock, requests_per_second=1, burst=1)
    assert pace.take_turn(0) == (True, 0.0)
    for _ in range(5):
        taken, wait_seconds = pace.take_turn(0.5)
        assert not taken
        assert wait_seconds == pytest.approx(1.0)
    clock.advance(1)
    assert pace.take_turn(0) == (True, 0.0)


def test_after_slowing_down_everybody_waits_and_then_goes_at_half_the_pace() -> None:
    clock = ManualClock(START)
    pace = Pace(clock, requests_per_second=10, burst=1)
    pace.slow_down(30)
    left = _departures(pace, clock, [0, 0, 0])
    assert left == pytest.approx([30, 30.2, 30.4])


def test_the_pace_is_regained_with_every_answer() -> None:
    clock = ManualClock(START)
    pace = Pace(clock, requests_per_second=10, burst=1)
    for _ in range(20):
        pace.slow_down(0)
    for _ in range(10):
        pace.speed_up()
    left = _departures(pace, clock, [0, 0, 0])
    assert left == pytest.approx([0, 0.1, 0.2])


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_pace_that_lets_nobody_go_is_refused(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="pace"):
        Pace(ManualClock(START), requests_per_second=rate, burst=burst)


def test_threads_never_share_a_turn() -> None:
    pace = Pace(ManualClock(START), requests_per_second=10, burst=1)
    waits: list[float] = []

    def take_many() -> None:
        waits.extend(pace.take_turn(float("inf"))[1] for _ in range(50))

    threads = [threading.Thread(target=take_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == pytest.approx([number / 10 for number in range(400)])


@given(calls=st.integers(0, 500))
def test_retries_stay_below_a_tenth_of_the_calls_and_what_was_saved(calls: int) -> None:
    budget = RetryBudget()
    retries = 0
    for _ in range(calls):
        budget.earn()
        while budget.spend():
            retries += 1
    assert retries <= calls * 0.1 + 10


def test_a_deadline_shortens_every_timeout_and_then_ends_the_call() -> None:
    clock = ManualClock(START)
    assert limit_seconds(5.0) == 5.0
    token = in_progress.set(Deadline(clock, 20))
    try:
        clock.advance(18)
        assert limit_seconds(None) == 2
        assert limit_seconds(1.0) == 1.0
        assert limit_seconds(5.0) == 2
        clock.advance(2)
        with pytest.raises(TimeoutError):
            limit_seconds(1.0)
    finally:
        in_progress.reset(token)
