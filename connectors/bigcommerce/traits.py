"""Facts about BigCommerce that change what the hub decides; sources in the README."""

from __future__ import annotations

from ..sdk import StockWriteMode, Traits
from .cursor import OVERLAP_SECONDS
from .stock import WRITE_MAX

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=WRITE_MAX,
    fetch_batch_max=25,
    requests_per_second=4.0,
    burst=10,
    overlap_seconds=OVERLAP_SECONDS,
    visibility_lag_seconds=5,
    settle_seconds=30,
    quantity_max=2_147_483_647,
)
