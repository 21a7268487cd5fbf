"""What a page of orders is decided from, besides the orders themselves.

Only shapes; what may happen is decided in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ...canonical.listings import Component
from ...canonical.remembered import LineState


class Sells(NamedTuple):
    """What selling one unit of a line takes from stock, and where it is published."""

    state: LineState
    components: tuple[Component, ...] = ()
    stock_external_id: str = ""


PARKED = Sells(LineState.PARKED)
UNTRACKED = Sells(LineState.UNTRACKED)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for every order of a page."""

    channel: str
    home: str
    """Where new lines wait for what is missing."""
    locations: tuple[str, ...]
    """Where the channel's orders may take units from, by rank."""
    orders_since: datetime
    """Orders placed before this moment are history and move no stock."""
    sells: Callable[[str, str], Sells]
    """By listing id and SKU text: what a line takes from stock."""
    take_id: Callable[[], int]
    contested: frozenset[str] = frozenset()
    """SKUs that lines wait for: who gets what is free of them is not decided here."""
    opening_since: datetime | None = None
    """Orders placed from then on that were open at ``orders_since`` come along."""
