"""Facts about folders that change what the hub decides; sources in the README."""

from __future__ import annotations

from ..sdk import StockWriteMode, Traits

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=5000,
    fetch_batch_max=100,
    requests_per_second=5.0,
    burst=10,
    overlap_seconds=0,
    visibility_lag_seconds=10,
    settle_seconds=0,
)
