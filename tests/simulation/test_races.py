"""Races: what is sold twice is what the formula says, under every policy."""

from __future__ import annotations

import math
from random import Random

import pytest
from crossdock.cli.simulation.customs import EVERYWHERE, Sharing
from crossdock.cli.simulation.prediction import Prediction, Shows, predict
from crossdock.cli.simulation.race import RaceTask, run_race, show


@pytest.mark.parametrize("sharing", EVERYWHERE)
def test_d02_what_is_sold_twice_is_as_predicted(sharing: Sharing) -> None:
    race = run_race(RaceTask(sharing, 10, seed=1))
    assert race.is_as_predicted, race
    assert race.sold > 0
    if sharing is Sharing.ESCROW:
        assert race.oversold == race.predicted.mean == 0


def test_a_race_that_is_not_as_predicted_is_told_from_one_that_is() -> None:
    race = run_race(RaceTask(Sharing.POOL, 2))
    low, high = Prediction(18.0, 17.0).interval
    assert low == pytest.approx(18 - 4 * math.sqrt(17))
    assert high == pytest.approx(18 + 4 * math.sqrt(17))
    assert race.predicted.mean > 0


def test_the_last_unit_on_two_channels_is_sold_twice_when_both_want_it() -> None:
    found = predict(1, lambda left: [left, left], exposures=(0.7, 0.7), rounds=1)
    both = (1 - math.exp(-0.7)) ** 2
    assert found.mean == pytest.approx(both)
    assert found.variance == pytest.approx(both * (1 - both))


def test_one_channel_alone_sells_nothing_twice() -> None:
    found = predict(5, lambda left: [left], exposures=(3.0,), rounds=9)
    assert found == Prediction(0.0, 0.0)


@pytest.mark.parametrize(
    ("sharing", "buffers"),
    [(Sharing.POOL, [0, 0]), (Sharing.FUNNEL, [0, 0]), (Sharing.DYNAMIC, [1, 2])],
)
def test_the_arithmetic_agrees_with_many_throws(
    sharing: Sharing, buffers: list[int]
) -> None:
    chance, shows = Random(7), show(sharing, buffers)
    throws = [_throw(chance, shows) for _ in range(4000)]
    found = predict(4, shows, exposures=(0.5, 0.9), rounds=6)
    error = 4 * math.sqrt(found.variance / len(throws))
    assert abs(sum(throws) / len(throws) - found.mean) <= error


def _throw(chance: Random, shows: Shows) -> int:
    left = 4
    for _ in range(6):
        shown = shows(left)
        sold = sum(
            min(most, _draw_poisson(chance, exposure))
            for most, exposure in zip(shown, (0.5, 0.9), strict=True)
        )
        if sold > left:
            return sold - left
        left -= sold
    return 0


def _draw_poisson(chance: Random, mean: float) -> int:
    count, product = 0, chance.random()
    while product > math.exp(-mean):
        count += 1
        product *= chance.random()
    return count
