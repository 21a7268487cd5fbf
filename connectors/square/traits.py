"""Facts about Square that change what the hub decides; sources in the README."""

from __future__ import annotations

from ..sdk import StockWriteMode, Traits
from .orders import DEEP_SECONDS, FETCH_MAX
from .stock import BATCH_MAX

REQUESTS_PER_SECOND = 5.0
BURST = 10

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=BATCH_MAX,
    fetch_batch_max=FETCH_MAX,
    requests_per_second=REQUESTS_PER_SECOND,
    burst=BURST,
    overlap_seconds=DEEP_SECONDS,
    visibility_lag_seconds=10,
    settle_seconds=10,
    honours_zero=False,
)
