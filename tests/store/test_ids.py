"""Identifiers: rising, unique over threads, and within 63 bits for centuries."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime

from crossdock.canonical.clock import ManualClock
from crossdock.store.ids import IdSource
from hypothesis import given
from hypothesis import strategies as st


@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.tuples(st.integers(0, 500), st.floats(0, 5)), max_size=30),
)
def test_ids_rise_and_never_repeat_however_many_are_taken(
    seed: int, steps: list[tuple[int, float]]
) -> None:
    clock = ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    ids = IdSource(clock, random.Random(seed))
    taken: list[int] = []
    for count, seconds in steps:
        taken += ids.take_many(count) if count else ()
        clock.advance(seconds)
        taken.append(ids.take())
    assert taken == sorted(set(taken))


def test_ids_of_threads_are_unique(fixed_clock: ManualClock) -> None:
    ids = IdSource(fixed_clock, random.Random(7))
    taken: list[range] = []

    def take() -> None:
        taken.extend(ids.take_many(3) for _ in range(500))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [id_ for some in taken for id_ in some]
    assert len(set(every)) == len(every) == 4 * 500 * 3


def test_later_ids_are_larger_than_those_of_another_process(
    fixed_clock: ManualClock,
) -> None:
    earlier = IdSource(fixed_clock, random.Random(1)).take()
    fixed_clock.advance(0.002)
    assert IdSource(fixed_clock, random.Random(2)).take() > earlier


def test_an_id_fits_into_a_column_even_in_the_year_2200() -> None:
    clock = ManualClock(datetime(2200, 1, 1, tzinfo=UTC))
    assert IdSource(clock, random.Random(7)).take() < 2**63


def test_a_clock_that_is_wrong_by_years_makes_no_negative_id() -> None:
    clock = ManualClock(datetime(1970, 1, 1, tzinfo=UTC))
    assert IdSource(clock, random.Random(7)).take() > 0
