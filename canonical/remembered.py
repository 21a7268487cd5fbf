"""An order, a record and a publication as the hub remembers them.

The shapes in which ``store`` hands rows to decisions and takes them back. Unlike the
rest of this package they are working copies and change in place while a page is
decided; they hold no rule about how.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .stock import StockKey


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """What the hub remembers of one record that a channel sent before."""

    versions: frozenset[str]
    applied_at: datetime | None
    """The channel's time of the newest version that was applied."""


class LineState(StrEnum):
    """Whether the hub knows what stock a line is about."""

    MAPPED = "mapped"
    PARKED = "parked"
    UNTRACKED = "untracked"


@dataclass(slots=True)
class Holding:
    """A line's claim on one position.

    ``wanted`` counts all units that the line ever takes here, shipped ones included;
    what is neither allocated nor shipped is the line's shortfall. A line has one home
    claim for each SKU; only that may be short. The others were *routed*: they say why,
    and want what they hold and have shipped.
    """

    key: StockKey
    units_per_line: int
    wanted: int = 0
    allocated: int = 0
    shipped: int = 0
    routed: str = ""

    @property
    def short(self) -> int:
        """Units that the line waits for."""
        return max(0, self.wanted - self.allocated - self.shipped)


@dataclass(slots=True)
class Claim:
    """What one line claims of one SKU: at its home, and wherever it was routed to."""

    line_id: int
    order_id: int
    channel: str
    ship_by: datetime | None
    holdings: list[Holding]
    """The home claim first."""
    before: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Wanted and allocated at each location when it was loaded."""

    @property
    def holding(self) -> Holding:
        """The home claim: what the line waits for is short here."""
        return self.holdings[0]


@dataclass(slots=True)
class KnownLine:
    """A line as the hub remembers it. Quantities are units of the listing."""

    id: int
    external_id: str
    listing_external_id: str
    sku: str
    title: str
    quantity: int = 0
    wanted: int = 0
    shipped: int = 0
    returned: int = 0
    taken: int = 0
    total_minor: int = 0
    state: LineState = LineState.PARKED
    holdings: list[Holding] = field(default_factory=list)


@dataclass(slots=True)
class Parcel:
    """A fulfillment as the hub remembers it, its own or read from the channel."""

    id: int
    origin: str
    external_id: str
    carrier: str
    tracking_number: str
    tracking_url: str
    shipped_at: datetime
    quantities: dict[int, int]
    """Units of the listing by line id."""
    told_at: datetime | None = None
    cancelled: bool = False
    location: str = ""
    """Where it left from; empty if from wherever the lines' claims were."""


@dataclass(slots=True)
class KnownOrder:
    """An order as the hub remembers it, with all that hangs on it."""

    id: int
    channel: str
    external_id: str
    moves_stock: bool
    lines: dict[str, KnownLine] = field(default_factory=dict)
    parcels: list[Parcel] = field(default_factory=list)


class ChannelState(StrEnum):
    """Whether the hub talks to a channel."""

    ENABLED = "enabled"
    PAUSED = "paused"
    NEEDS_REAUTH = "needs_reauth"


class DriftPolicy(StrEnum):
    """What to do when a channel shows something that no order explains."""

    ASK = "ask"
    OVERWRITE = "overwrite"
    ADOPT = "adopt"
    """Take the difference as a stock count."""


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """One account of one channel kind, with its policy. ``settings`` holds secrets."""

    name: str
    kind: str
    settings: dict[str, Any] = field(repr=False)
    state: ChannelState
    state_reason: str
    account_external_id: str
    account_name: str
    webhook_path: str
    buffer_units: int
    drift_policy: DriftPolicy
    catalog_source: bool
    orders_since: datetime
    added_at: datetime
    rank: int = 0
    """How important the channel is where not all can be served: lower comes first."""
    pushing: bool = True
    """Whether the hub writes to the channel; it reads it in any case."""
    pushing_reason: str = ""
    held_at: datetime | None = None
    """Since when it is not written to."""
    failing_since: datetime | None = None
    """The first pull of orders that failed since the last one that did not."""
    opening_since: datetime | None = None
    """Orders placed from then on that were open at ``orders_since`` move stock too."""


class Direction(StrEnum):
    """Where a write takes a stock record; the brake counts the first two."""

    ZERO = "zero"
    RAISE = "raise"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Publication:
    """One stock record of a channel as the hub remembers it."""

    stock_external_id: str
    desired: int | None
    expected: int | None
    drifting_since: datetime | None = None
    version: int = 0
    replaced: int | None = None
    """What the record was expected to show before the last write, less what its own
    counter has given up since: what it shows if that write was lost."""
    believed: int | None = None
    """What was expected when the hub last looked or wrote; orders that were read since
    have moved ``expected`` away from it."""
    passed: int | None = None
    """The quantity that a person let through the brake."""
    sent_at: datetime | None = None
