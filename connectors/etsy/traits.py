"""Facts about Etsy that change what the hub decides; sources in the README."""

from __future__ import annotations

from ..sdk import StockWriteMode, Traits
from .cursor import OVERLAP_SECONDS

REQUESTS_PER_SECOND = 5.0
BURST = 5
BATCH_MAX = 50

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=BATCH_MAX,
    fetch_batch_max=BATCH_MAX,
    requests_per_second=REQUESTS_PER_SECOND,
    burst=BURST,
    overlap_seconds=OVERLAP_SECONDS,
    visibility_lag_seconds=10,
    settle_seconds=10,
    quantity_max=999,
    pull_pause_seconds=30,
)
