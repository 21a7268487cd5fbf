"""The figures of eBay's APIs that the hub decides by. Sources are in the README."""

from __future__ import annotations

from ..sdk import StockWriteMode, Traits

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=25,
    fetch_batch_max=25,
    requests_per_second=5.0,
    burst=20,
    overlap_seconds=300,
    visibility_lag_seconds=30,
    settle_seconds=30,
    revisions_per_day_max=250,
)
