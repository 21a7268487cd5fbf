"""Facts about Vendure that change what the hub decides; sources in the README."""

from __future__ import annotations

from ..sdk import StockWriteMode, Traits
from .cursor import OVERLAP_SECONDS

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=100,
    fetch_batch_max=100,
    requests_per_second=5.0,
    burst=10,
    overlap_seconds=OVERLAP_SECONDS,
    visibility_lag_seconds=0,
    settle_seconds=0,
    quantity_max=2_147_483_647,
)
