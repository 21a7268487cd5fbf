"""What a connector hands to the hub: pages of raw records, and deliveries.

Raw on purpose: a record keeps the channel's own payload, so that a mistake in the
mapping is mended by replay and not by a second pull.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Stream(StrEnum):
    """What can be pulled from a channel."""

    ORDERS = "orders"
    LISTINGS = "listings"


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the channel sent it.

    ``updated_at`` is on the channel's clock and orders the versions of a record; a
    record whose channel has no such time carries the time of the read.
    """

    external_id: str
    updated_at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Records in the channel's order, and the cursor that continues after them.

    ``cursor`` is opaque to the hub and valid for ever: it is saved in the transaction
    that saves the page. ``complete`` says that nothing more is there at present; the
    same cursor is then used at the next pull.
    """

    records: tuple[Record, ...]
    cursor: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook: look at this record again. Never the truth itself.

    ``event_id`` is unique per channel and fact; ``external_id`` is empty where the
    topic names no single record (a ping, an uninstall).
    """

    event_id: str
    topic: str
    stream: Stream | None
    external_id: str
    revoked: bool = False
    """The channel says that our access has ended (an app was uninstalled)."""
