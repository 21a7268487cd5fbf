"""Facts about Medusa that change what the hub decides; sources in the README."""

from __future__ import annotations

from ..sdk import StockWriteMode, Traits
from .cursor import OVERLAP_SECONDS
from .wire import IDS_MAX

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=IDS_MAX,
    fetch_batch_max=IDS_MAX,
    requests_per_second=20.0,
    burst=40,
    overlap_seconds=OVERLAP_SECONDS,
    visibility_lag_seconds=2,
    settle_seconds=2,
    quantity_max=2_147_483_647,
)
