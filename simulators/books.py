"""The words of the world's books: baskets, shops, sold orders and facts.

Records only; ``world`` keeps them and judges by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class SoldOutError(Exception):
    """The channel's own counter does not allow the sale."""


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One thing that a shopper wants to buy."""

    listing: str
    quantity: int


class Shop(Protocol):
    """What shoppers and staff can do in a channel, beside its API."""

    def sell(self, basket: Sequence[BasketLine], buyer: str) -> str:
        """Place a paid order and return its id.

        Raises:
            SoldOutError: a listing shows less than the basket wants. Nothing is sold.
        """
        ...

    def cancel_order(self, order_id: str) -> None:
        """Cancel an order and put its units back."""
        ...

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Change a line's quantity; 0 removes the line."""
        ...

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Refund line quantities; None refunds all that is left."""
        ...


@dataclass(slots=True)
class SoldLine:
    """One order line in the books, in units of the listing."""

    line_id: str
    listing: str
    sold: int = 0
    cancelled: int = 0
    returned: int = 0
    shipped: int = 0


@dataclass(slots=True)
class SoldOrder:
    """One order in the books."""

    channel: str
    order_id: str
    placed_at: datetime
    lines: dict[str, SoldLine] = field(default_factory=dict)

    @property
    def cancelled(self) -> bool:
        """Whether nothing is left of the order."""
        return all(line.sold == line.cancelled for line in self.lines.values())


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to units of a SKU, in the order in which it happened."""

    at: datetime
    kind: str
    """received, lost, sold, cancelled, returned or shipped."""
    sku: str
    units: int
    channel: str = ""
    order_id: str = ""
