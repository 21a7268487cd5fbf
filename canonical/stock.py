"""The nouns of stock: positions, and the movements that alone may change them.

Movements are append-only and each names its cause. What follows from them is decided
in ``sync/decide``, not here.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from .model import Model, UtcTime

QUANTITY_MAX = 1_000_000_000
"""No line and no counter holds more; a larger number is a mistake of somebody."""


class MovementKind(StrEnum):
    """Why stock changed; the words a warehouse uses."""

    RECEIVED = "received"
    ALLOCATED = "allocated"
    RELEASED = "released"
    SHIPPED = "shipped"
    RETURNED = "returned"
    ADJUSTED = "adjusted"
    COUNTED = "counted"
    TRANSFERRED = "transferred"


class ShortfallPolicy(StrEnum):
    """Who is served first where lines want more than there is."""

    FIRST_COME = "first_come"
    PRIORITY_CHANNEL = "priority_channel"
    SHIP_BY = "ship_by"


IN_TRANSIT = "in-transit"
"""The account of goods that left one location and have not reached the other."""


class StockKey(NamedTuple):
    """A SKU at a location. Locks are always taken in the order of these keys."""

    sku: str
    location: str


class Cause(NamedTuple):
    """The business fact behind a movement. With SKU, location and kind it is unique."""

    kind: str
    id: str


class Movement(NamedTuple):
    """One change of one position: units added to on hand and to allocated."""

    key: StockKey
    kind: MovementKind
    cause: Cause
    on_hand_change: int
    allocated_change: int
    as_of: datetime | None = None
    """The moment that it speaks of, where that is not when it is recorded."""


class Position(Model):
    """A SKU at a location, as the sum of its movements.

    On hand may be negative (a count found fewer than had been shipped); it then
    carries no allocation.
    """

    key: StockKey
    on_hand: int
    allocated: int = Field(ge=0)
    reserved: int = Field(ge=0)

    @property
    def available(self) -> int:
        """Units that nobody has a claim on; never below zero."""
        return max(0, self.on_hand - self.allocated - self.reserved)


class StockReading(Model):
    """What a channel showed for one stock record at one moment of its own clock."""

    stock_external_id: str
    quantity: int | None
    """None where the channel keeps no quantity, or no longer knows the record."""
    read_at: UtcTime
