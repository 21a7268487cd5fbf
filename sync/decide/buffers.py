"""Dynamic buffers: how many units to hold back, from measured sales and latencies.

While a sale on one channel is on its way to another, the other may sell the same unit.
The units sold elsewhere in that time are counted as chance would have it: Poisson, or
negative binomial where sales come in bursts. The buffer is the smallest number that is
enough as often as the costs of both mistakes ask for. Formula and proof of use stand in
``docs/oversell.md``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

BUFFER_MAX = 1_000_000
"""No buffer is larger; a figure beyond it is a mistake of the measurement."""
DISPERSION_MAX = 100.0
_TAIL = 12
"""Standard deviations from the mean where a distribution has next to nothing left."""
_CERTAIN = 1e-12


@dataclass(frozen=True, slots=True)
class Source:
    """Another channel that sells the same SKU."""

    channel: str
    units_per_second: float
    latency_seconds: float
    """From a sale there to the lowered quantity here."""


def find_exposure(sources: Iterable[Source]) -> float:
    """Return how many units the others sell, on average, before this channel knows."""
    return math.fsum(one.units_per_second * one.latency_seconds for one in sources)


def find_buffer(exposure: float, dispersion: float, service_level: float) -> int:
    """Return the fewest units to hold back so that chance seldom outruns them.

    Args:
        exposure: units that others sell, on average, before this channel knows.
        dispersion: variance of that number over its mean; 1 for single buyers who
            know nothing of one another, more where sales come in bursts.
        service_level: how often the buffer must be enough, at least 0 and below 1.

    Returns:
        The smallest b with P(units sold elsewhere <= b) >= ``service_level``.
    """
    if exposure <= 0:
        return 0
    spread = min(max(1.0, dispersion), DISPERSION_MAX)
    wanted = min(service_level, 1 - _CERTAIN)
    deviation = math.sqrt(exposure * spread)
    count = min(BUFFER_MAX, max(0, math.floor(exposure - _TAIL * deviation)))
    # Beyond this nothing is left to add that a float can tell from nothing.
    most = min(BUFFER_MAX, math.ceil(exposure + _TAIL * deviation + 60 * spread))
    reached = _probability(count, exposure, spread)
    while reached < wanted and count < most:
        count += 1
        reached += _probability(count, exposure, spread)
    return count


def _probability(count: int, mean: float, dispersion: float) -> float:
    """Return the probability of exactly ``count`` units."""
    if dispersion == 1.0:
        logarithm = count * math.log(mean) - mean - math.lgamma(count + 1)
    else:
        shape = mean / (dispersion - 1)
        logarithm = (
            math.lgamma(count + shape)
            - math.lgamma(shape)
            - math.lgamma(count + 1)
            - shape * math.log(dispersion)
            + count * math.log1p(-1 / dispersion)
        )
    return math.exp(logarithm)


def find_latency(
    *,
    ingest_seconds: float,
    push_seconds: float,
    age_seconds: float,
    fresh_seconds: float,
) -> float:
    """Return how long a sale on one channel stays unknown on another.

    Args:
        ingest_seconds: from a sale to the hub's knowing of it, as measured.
        push_seconds: from the hub's knowing to the other channel's showing it.
        age_seconds: how long ago the hub last knew all sales of the channel.
        fresh_seconds: up to here an age is ordinary, and the measured time stands.
    """
    measured = ingest_seconds + push_seconds
    if age_seconds <= fresh_seconds:
        return measured
    return max(measured, age_seconds)


def decay(value: float, seconds: float, horizon_seconds: float) -> float:
    """Return what is left of a remembered count after so long a time."""
    return value * math.exp(-max(0.0, seconds) / horizon_seconds)


FAST_SECONDS = 900.0
"""Horizon of the fast memory: a flash sale counts within minutes."""
SLOW_SECONDS = 259_200.0
"""Horizon of the slow memory: three days, so that nights do not count as the end."""
WINDOW_SECONDS = 60
"""Sales of the same minute count as one burst."""


AGE_SECONDS_MIN = 3600.0
"""One sale says little of the next; it counts as one an hour at most."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a SKU sells on a channel: counts of units that fade with time."""

    fast: float = 0.0
    slow: float = 0.0
    squares: float = 0.0
    """Of the units of each minute, on the slow horizon."""
    age_seconds: float = 0.0
    """How long ago the first of all these sales was."""

    def after(self, seconds: float) -> Pace:
        """Return the pace so much later, if nothing was sold meanwhile."""
        return Pace(
            decay(self.fast, seconds, FAST_SECONDS),
            decay(self.slow, seconds, SLOW_SECONDS),
            decay(self.squares, seconds, SLOW_SECONDS),
            self.age_seconds + seconds,
        )

    def add(self, units: int, age_seconds: float) -> Pace:
        """Return the pace with the sales of one minute in it, so long ago."""
        return Pace(
            self.fast + decay(units, age_seconds, FAST_SECONDS),
            self.slow + decay(units, age_seconds, SLOW_SECONDS),
            self.squares + decay(units * units, age_seconds, SLOW_SECONDS),
            max(self.age_seconds, age_seconds),
        )

    @property
    def slow_seconds(self) -> float:
        """The time that the slow count stands for: its horizon, once it is old enough.

        What is new has not had the time to add up.
        """
        age = max(self.age_seconds, AGE_SECONDS_MIN)
        return -SLOW_SECONDS * math.expm1(-age / SLOW_SECONDS)

    @property
    def units_per_second(self) -> float:
        """The sales rate: of the two horizons the one that says more.

        A single sale is no rush: only what came with it counts as fast.
        """
        return max((self.fast - 1) / FAST_SECONDS, self.slow / self.slow_seconds)

    @property
    def dispersion(self) -> float:
        """Variance over mean of the units sold in a minute; at least 1."""
        if self.slow <= 0:
            return 1.0
        mean = self.slow * WINDOW_SECONDS / self.slow_seconds
        return max(1.0, self.squares / self.slow - mean)


def mix_dispersion(sources: Iterable[tuple[Source, float]]) -> float:
    """Return the dispersion of what several channels sell together.

    Variances add up, so each counts by its share of the exposure.
    """
    known = [(one.units_per_second * one.latency_seconds, own) for one, own in sources]
    total = math.fsum(share for share, _ in known)
    if total <= 0:
        return 1.0
    return math.fsum(share * own for share, own in known) / total
