"""What a merchant says about how much of a SKU a channel may show, and quotas.

Only the words. What follows from them is decided in ``sync/decide``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StockMode(StrEnum):
    """How the channels that sell a SKU share its units."""

    POOL = "pool"
    """Every channel shows what can be promised, less its buffer."""
    FUNNEL = "funnel"
    """Like the pool, but the last units are for the most important channels only."""
    ESCROW = "escrow"
    """Every stock record has units of its own, which nobody else shows."""


@dataclass(frozen=True, slots=True)
class StockPolicy:
    """A merchant's word on a channel, a SKU or both.

    An empty channel or SKU stands for all of them; None for what the settings say.
    """

    channel: str = ""
    sku: str = ""
    mode: StockMode = StockMode.FUNNEL
    threshold_units: int | None = None
    """At or below so many units a funnel shows them on the first channels only."""
    buffer_units: int | None = None
    """Units of a listing that are always held back."""
    dynamic_buffer: bool | None = None
    """Whether a buffer computed from sales and latencies is held back as well."""
    oversold_cost: int | None = None
    """What a unit that is sold and not there costs, against ``withheld_cost``."""
    withheld_cost: int | None = None
    """What a unit that is there and not shown costs."""


class QuotaState(StrEnum):
    """Where a stock record in escrow stands."""

    OPEN = "open"
    """It shows what it was granted."""
    CLOSING = "closing"
    """It goes to zero; what it has not sold by then is free for others."""


@dataclass(frozen=True, slots=True)
class Quota:
    """The units that one stock record may still sell, and nobody else."""

    channel: str
    stock_external_id: str
    granted: int
    """Sales that it may still make, less those that the hub has read."""
    state: QuotaState = QuotaState.OPEN
    closing_at: datetime | None = None
    """Since when it is to show zero."""
    zeroed_at: datetime | None = None
    """Since when it is known to show zero."""
    opened_at: datetime | None = None
    """When it was last given units, or had none left to give."""

    @property
    def key(self) -> tuple[str, str]:
        """The channel and the stock record."""
        return self.channel, self.stock_external_id

    @property
    def shown(self) -> int:
        """What the record should show."""
        return self.granted if self.state is QuotaState.OPEN else 0
