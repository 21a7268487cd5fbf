"""What the shops measured themselves: how late updates came, which faults struck."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from .stage import Stage


def read_latency(stage: Stage) -> dict[str, float]:
    """Return the median and the 99th percentile of the shops' own measurements."""
    measured = stage.world.sale_to_update_ms()
    return {"p50": pick_percentile(measured, 50), "p99": pick_percentile(measured, 99)}


def pick_percentile(rising: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile of values in rising order; 0 for none."""
    if not rising:
        return 0.0
    rank = max(1, math.ceil(len(rising) * percent / 100))
    return round(rising[rank - 1], 1)


def count_faults(stage: Stage) -> dict[str, int]:
    """Return how often each fault struck, in all shops together."""
    struck: Counter[str] = Counter()
    for shop in stage.shops.values():
        struck.update(
            {fault.value: times for fault, times in shop.faults.struck.items()}
        )
    return dict(sorted(struck.items()))
