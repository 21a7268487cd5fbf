"""Facts about WooCommerce that change what the hub decides; sources in the README."""

from __future__ import annotations

from ..sdk import StockWriteMode, Traits
from .batches import BATCH_MAX
from .orders import PAGE_SIZE
from .paging import OVERLAP_SECONDS

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=BATCH_MAX,
    fetch_batch_max=PAGE_SIZE,
    requests_per_second=4.0,
    burst=8,
    overlap_seconds=OVERLAP_SECONDS,
    visibility_lag_seconds=5,
    settle_seconds=5,
)
