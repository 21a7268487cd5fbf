"""Facts about Amazon that change what the hub decides; sources in the README."""

from __future__ import annotations

from ..sdk import StockWriteMode, Traits
from .operations import Operation
from .orders import OVERLAP, VISIBILITY_LAG
from .stock import BATCH_MAX

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=BATCH_MAX,
    fetch_batch_max=20,
    requests_per_second=Operation.PATCH_LISTING.value.per_second,
    burst=Operation.PATCH_LISTING.value.burst,
    overlap_seconds=int(OVERLAP.total_seconds()),
    visibility_lag_seconds=int(VISIBILITY_LAG.total_seconds()),
    settle_seconds=300,
    pull_pause_seconds=180,
)
