"""What races must cost, by arithmetic: the formula of ``docs/oversell.md``, summed up.

Shoppers come to each channel as a Poisson process of a known rate, and the hub hears of
all sales at once, every so many seconds. Between two such moments a channel sells what
it shows and no more. From that follows, without a simulation, how many units of a SKU
are sold twice until it is sold out. Shares no code with what it predicts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Shows = Callable[[int], Sequence[int]]
"""From the units that there are to what each channel shows."""

_DEVIATIONS = 4.0
"""How far chance may take a measurement from what is predicted: one in 16,000."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """How many units are sold twice: their mean, and the variance around it."""

    mean: float
    variance: float

    def add(self, other: Prediction) -> Prediction:
        """Return the prediction for both, which know nothing of one another."""
        return Prediction(self.mean + other.mean, self.variance + other.variance)

    @property
    def interval(self) -> tuple[float, float]:
        """The figures that a measurement stays between."""
        reach = _DEVIATIONS * math.sqrt(self.variance)
        return max(0.0, self.mean - reach), self.mean + reach


def predict(
    units: int, shows: Shows, *, exposures: Sequence[float], rounds: int
) -> Prediction:
    """Return how many units of one SKU are sold beyond what there is.

    Args:
        units: what there is at the beginning.
        shows: what each channel shows of what is left.
        exposures: units that shoppers want of each channel, on average, from one moment
            at which the hub hears of all sales to the next: rate times latency.
        rounds: how many such moments there are.
    """
    chances = {units: 1.0}
    mean = square = 0.0
    for _ in range(rounds):
        following: dict[int, float] = {}
        for left, chance in chances.items():
            for sold, part in _add_up(shows(left), exposures).items():
                beyond = max(0, sold - left)
                mean += chance * part * beyond
                square += chance * part * beyond * beyond
                rest = max(0, left - sold)
                following[rest] = following.get(rest, 0.0) + chance * part
        chances = following
    return Prediction(mean, max(0.0, square - mean * mean))


def _add_up(shown: Sequence[int], exposures: Sequence[float]) -> dict[int, float]:
    """Return the chance of each number of units that all channels sell together."""
    together = {0: 1.0}
    for most, exposure in zip(shown, exposures, strict=True):
        own = _sell(most, exposure)
        both: dict[int, float] = {}
        for before, chance in together.items():
            for units, part in enumerate(own):
                both[before + units] = both.get(before + units, 0.0) + chance * part
        together = both
    return together


def _sell(most: int, exposure: float) -> list[float]:
    """Return the chances of selling 0, 1, ... units where no more than ``most`` can be.

    Poisson, with all that is wanted beyond it at the end.
    """
    chances = [
        math.exp(-exposure) * exposure**units / math.factorial(units)
        for units in range(most)
    ]
    return [*chances, max(0.0, 1.0 - math.fsum(chances))]
