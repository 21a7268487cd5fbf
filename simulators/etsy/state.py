"""The rows that a simulated Etsy shop keeps.

Rows only know themselves; what happens to them is in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..base import Simulator
from .settings import ShopSettings

Json = dict[str, Any]
Values = tuple[tuple[int, str, int, str], ...]
"""Property, its name, value and its name: what tells a variation from its siblings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """What an owner says about one thing to put on sale."""

    sku: str
    title: str
    price: Decimal
    quantity: int
    values: Values = ()


@dataclass(slots=True, kw_only=True)
class Product:
    """One variation, with its one offering. Its ids are new after every update."""

    listing_id: int
    product_id: int
    offering_id: int
    sku: str
    values: Values
    price: Decimal
    quantity: int
    enabled: bool = True

    @property
    def key(self) -> str:
        """What the world's books know the variation by."""
        parts = [f"{one[0]}.{one[2]}" for one in sorted(self.values)]
        return ":".join([str(self.listing_id), *parts])


@dataclass(slots=True, kw_only=True)
class Listing:
    """A listing with its inventory."""

    listing_id: int
    title: str
    created: datetime
    changed_at: datetime
    state: str = "active"
    digital: bool = False
    profile_id: int = 700_001
    products: list[Product] = field(default_factory=list)
    price_on: list[int] = field(default_factory=list)
    quantity_on: list[int] = field(default_factory=list)
    sku_on: list[int] = field(default_factory=list)
    renewals: int = 0
    """How often Etsy's fee was charged to put it on sale again."""

    @property
    def left(self) -> int:
        """How many units all variations have together."""
        return sum(one.quantity for one in self.products if one.enabled)

    def shown(self, product: Product) -> int:
        """How many of a variation shoppers may buy."""
        return product.quantity if self.state == "active" and product.enabled else 0


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One line of a receipt. ``price`` is of one unit."""

    transaction_id: int
    listing: Listing
    product_id: int
    key: str
    sku: str
    values: Values
    title: str
    quantity: int
    price: Decimal
    units_sold: int


@dataclass(slots=True, kw_only=True)
class Shipment:
    """A shipment of a receipt; the buyer was mailed about it."""

    shipping_id: int
    code: str
    carrier: str
    told_at: datetime


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money that went back. It names no lines."""

    amount: Decimal
    paid_at: datetime
    reason: str


@dataclass(slots=True, kw_only=True)
class Receipt:
    """What one buyer bought at once; ``changed_at`` does not move with a refund."""

    receipt_id: int
    created: datetime
    changed_at: datetime
    buyer: str
    note: str
    discount: Decimal
    shipping: Decimal
    lines: list[Transaction]
    paid: bool = True
    shipped_at: datetime | None = None
    dispatch_by: datetime | None = None
    cancelled: bool = False
    shipments: list[Shipment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    mails: int = 0
    """How often the buyer was mailed about a shipment."""

    def line(self, line_id: str) -> Transaction:
        """Return a line.

        Raises:
            ValueError: there is none of that id.
        """
        for one in self.lines:
            if str(one.transaction_id) == line_id:
                return one
        raise ValueError(f"receipt {self.receipt_id} has no line {line_id}")


@dataclass(slots=True)
class State:
    """Everything that a shop keeps."""

    simulator: Simulator
    settings: ShopSettings
    listings: dict[int, Listing] = field(default_factory=dict)
    receipts: dict[int, Receipt] = field(default_factory=dict)
    count: int = 0

    def number(self) -> int:
        """Return a number never used before."""
        self.count += 1
        return self.count

    def now(self) -> datetime:
        """Return the time on Etsy's clock."""
        return self.simulator.clock.now()

    def product(self, key: str) -> tuple[Listing, Product]:
        """Return a variation by what the world knows it by, and its listing."""
        listing = self.listings[int(key.partition(":")[0])]
        return listing, next(one for one in listing.products if one.key == key)

    def tell_shown(self, listing: Listing, *, written: bool) -> None:
        """Tell the world what a listing shows now."""
        listing.changed_at = self.now()
        for product in listing.products:
            self.simulator.world.record_shown(
                self.simulator.channel,
                product.key,
                listing.shown(product),
                written=written,
            )
