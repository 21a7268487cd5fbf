"""Traits: facts about a channel kind that change what the hub decides.

Facts only; what follows from them is decided in ``sync``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StockWriteMode(StrEnum):
    """How a channel lets its stock be written."""

    COMPARE_AND_SET = "compare_and_set"
    ABSOLUTE = "absolute"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Traits:
    """Facts about a channel kind that change what the hub decides.

    Every value's source is named in the connector's README.
    """

    stock_write: StockWriteMode
    stock_batch_max: int
    """Most stock records in one write, and in one read."""
    fetch_batch_max: int
    """Most records that one ``fetch_*`` call may name."""
    requests_per_second: float
    """Steady pace per account that the channel tolerates."""
    burst: int
    """Requests that may go out at once after a quiet time."""
    overlap_seconds: int
    """How far an incremental pull reaches back behind its cursor."""
    visibility_lag_seconds: int
    """How long a change may stay invisible to the channel's own list calls."""
    settle_seconds: int
    """How long a written quantity may read back as the old one."""
    revisions_per_day_max: int | None = None
    """How often a day one listing may be changed; None: no limit is known."""
    quantity_max: int | None = None
    """The most that the channel shows; more is capped by it, not refused."""
    pull_pause_seconds: int = 0
    """Least pause between two pulls of orders that the channel's allowance bears. The
    hub asks no more often, not even before it writes: the interval then counts as
    latency of the channel's sales."""
    honours_zero: bool = True
    """Whether a listing at zero cannot be bought. Without it no escrow is possible."""
