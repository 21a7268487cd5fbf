"""How many units to hold back, against sums done the long way."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from crossdock.sync.decide.buffers import (
    BUFFER_MAX,
    FAST_SECONDS,
    SLOW_SECONDS,
    Pace,
    Source,
    find_buffer,
    find_exposure,
    find_latency,
    mix_dispersion,
)
from hypothesis import given
from hypothesis import strategies as st

means = st.floats(0.001, 60)
levels = st.floats(0.01, 0.999)
dispersions = st.floats(1, 12)


def count_poisson(mean: float, level: float) -> int:
    """Add up exact Poisson terms until they are enough."""
    exact, count = Fraction(mean), 0
    term = total = Fraction(1)
    while float(total) * math.exp(-mean) < level:
        count += 1
        term *= exact / count
        total += term
    return count


def count_negative_binomial(mean: float, dispersion: float, level: float) -> int:
    """Add up the terms of the recurrence P(k+1) = P(k) (k+r)/(k+1) (1-1/D)."""
    shape = mean / (dispersion - 1)
    term = total = dispersion**-shape
    count = 0
    while total < level:
        term *= (count + shape) / (count + 1) * (1 - 1 / dispersion)
        total += term
        count += 1
    return count


@given(means, levels)
def test_single_buyers_are_counted_as_poisson_does(mean: float, level: float) -> None:
    found = find_buffer(mean, 1.0, level)
    assert count_poisson(mean, level * (1 - 1e-9)) <= found
    assert found <= count_poisson(mean, level + (1 - level) * 1e-9)


@given(st.floats(0.01, 40), st.floats(1.05, 10), levels)
def test_bursts_are_counted_as_a_negative_binomial_does(
    mean: float, dispersion: float, level: float
) -> None:
    found = find_buffer(mean, dispersion, level)
    assert count_negative_binomial(mean, dispersion, level * (1 - 1e-8)) <= found
    above = level + (1 - level) * 1e-8
    assert found <= count_negative_binomial(mean, dispersion, above)


@pytest.mark.parametrize(
    ("mean", "level", "units"),
    [(0.05, 0.95, 0), (0.06, 0.95, 1), (1.0, 0.95, 3), (4.0, 0.95, 8), (4.0, 0.5, 4)],
)
def test_tables_of_the_poisson_distribution_say_the_same(
    mean: float, level: float, units: int
) -> None:
    assert find_buffer(mean, 1.0, level) == units


@given(means, st.floats(1, 5), dispersions, levels)
def test_more_sales_or_later_news_never_make_a_buffer_smaller(
    mean: float, factor: float, dispersion: float, level: float
) -> None:
    smaller = find_buffer(mean, dispersion, level)
    assert find_buffer(mean * factor, dispersion, level) >= smaller


@given(means, dispersions, levels, levels)
def test_dearer_overselling_never_makes_a_buffer_smaller(
    mean: float, dispersion: float, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert find_buffer(mean, dispersion, low) <= find_buffer(mean, dispersion, high)


def test_a_channel_that_nobody_sells_beside_holds_nothing_back() -> None:
    assert find_buffer(0.0, 5.0, 0.99) == 0
    assert find_exposure([]) == 0.0
    assert mix_dispersion([]) == 1.0


def test_certainty_cannot_be_bought_and_asking_for_it_ends() -> None:
    assert find_buffer(3.0, 1.0, 1.0) < 60
    assert find_buffer(3.0, 50.0, 1.0) < 4000
    assert find_buffer(1e9, 1.0, 1.0) == BUFFER_MAX


def test_a_day_of_silence_on_a_busy_channel_is_counted_without_underflow() -> None:
    exposure = find_exposure([Source("busy", 0.2, 86_400)])
    assert exposure == pytest.approx(17_280)
    units = find_buffer(exposure, 1.0, 0.95)
    assert units == pytest.approx(17_280 + 1.645 * math.sqrt(17_280), abs=2)


def test_exposure_adds_up_what_every_other_channel_sells_in_the_meantime() -> None:
    sources = [Source("a", 0.5, 4), Source("b", 0.1, 30)]
    assert find_exposure(sources) == pytest.approx(5.0)
    shares = [(sources[0], 1.0), (sources[1], 6.0)]
    assert mix_dispersion(shares) == pytest.approx((2 * 1 + 3 * 6) / 5)


@given(st.floats(0, 500), st.floats(0, 500), st.floats(0, 1e5), st.floats(0, 1e3))
def test_an_outage_counts_by_its_age_and_never_shortens_a_latency(
    ingest: float, push: float, age: float, fresh: float
) -> None:
    found = find_latency(
        ingest_seconds=ingest, push_seconds=push, age_seconds=age, fresh_seconds=fresh
    )
    assert found == (max(ingest + push, age) if age > fresh else ingest + push)


# The pace of sales


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 2 * SLOW_SECONDS))))
def test_a_pace_fades_the_same_whenever_it_is_looked_at(
    sold: list[tuple[int, float]],
) -> None:
    at_once = Pace()
    for units, age in sold:
        at_once = at_once.add(units, age + 100)
    later = Pace()
    for units, age in sold:
        later = later.add(units, age)
    later = later.after(100)
    assert later.fast == pytest.approx(at_once.fast)
    assert later.slow == pytest.approx(at_once.slow)
    assert later.squares == pytest.approx(at_once.squares)


def test_steady_sales_are_measured_as_what_they_are() -> None:
    pace = Pace()
    for minute in range(20 * 24 * 60):
        pace = pace.add(1, minute * 60 + 30)
    assert pace.units_per_second == pytest.approx(1 / 60, rel=0.01)
    assert pace.dispersion == pytest.approx(1.0, abs=0.01)


def test_what_is_new_is_measured_by_the_time_it_had() -> None:
    pace = Pace()
    for part in range(40):
        pace = pace.add(1, part * 2160)
    assert pace.units_per_second * 86_400 == pytest.approx(40, rel=0.3)
    once = Pace().add(1, 0)
    assert once.units_per_second == pytest.approx(1 / 3600, rel=0.02)


def test_a_flash_sale_counts_within_minutes_and_a_quiet_night_does_not() -> None:
    steady = Pace()
    for part in range(24 * 14 * 6):
        steady = steady.add(1, part * 600)
    usual = steady.slow / SLOW_SECONDS
    assert steady.after(8 * 3600).units_per_second > 0.85 * usual
    flash = steady
    for minute in range(5):
        flash = flash.add(10, minute * 60)
    assert flash.units_per_second > 20 * usual
    assert flash.after(2 * FAST_SECONDS * 4).units_per_second < 1.2 * usual


def test_ten_units_in_one_minute_are_a_burst() -> None:
    bursts, single = Pace(), Pace()
    for hour in range(24 * 7):
        bursts = bursts.add(10, hour * 3600)
        for part in range(10):
            single = single.add(1, hour * 3600 + part * 360)
    assert bursts.dispersion > 9
    assert single.dispersion == pytest.approx(1.0, abs=0.2)
    assert Pace().dispersion == 1.0
