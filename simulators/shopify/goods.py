"""The rows of the shop's catalogue and stock.

Plain mutable rows; ``stock`` and ``books`` change them, the fields and payloads show
them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


def gid(kind: str, number: int) -> str:
    """Return the global id of a row."""
    return f"gid://shopify/{kind}/{number}"


@dataclass(slots=True, eq=False)
class Location:
    """A place that holds stock."""

    number: int
    name: str
    created_at: datetime
    active: bool = True


@dataclass(slots=True, eq=False)
class Level:
    """What one place holds of one variant. On hand is available plus committed."""

    variant: Variant = field(repr=False)
    location: Location
    available: int
    updated_at: datetime
    committed: int = 0

    @property
    def gid(self) -> str:
        """The level's global id, which names place and item."""
        place = gid("InventoryLevel", self.location.number)
        return f"{place}?inventory_item_id={self.variant.item_number}"

    @property
    def on_hand(self) -> int:
        """Units in the building."""
        return self.available + self.committed


@dataclass(slots=True, eq=False)
class Variant:
    """What a shopper buys; ``item_number`` is its inventory item."""

    number: int
    item_number: int
    product: Product
    title: str
    price_minor: int
    created_at: datetime
    updated_at: datetime
    sku: str | None = None
    barcode: str | None = None
    tracked: bool = True
    requires_shipping: bool = True
    taxable: bool = True
    oversell: bool = False
    """Shopify's inventory policy CONTINUE: sells below zero."""
    requires_components: bool = False
    """The parent of a bundle: its parts carry the stock, and it takes no quantity."""
    levels: dict[int, Level] = field(default_factory=dict)
    deleted: bool = False

    @property
    def gid(self) -> str:
        """The variant's global id; the listing's name in the world."""
        return gid("ProductVariant", self.number)

    @property
    def item_gid(self) -> str:
        """The inventory item's global id."""
        return gid("InventoryItem", self.item_number)

    @property
    def available(self) -> int:
        """Units that the shop would sell, over all active places."""
        return sum(
            level.available for level in self.levels.values() if level.location.active
        )


@dataclass(slots=True, eq=False)
class Product:
    """A page in the shop, with one variant or more."""

    number: int
    title: str
    vendor: str
    created_at: datetime
    updated_at: datetime
    gift_card: bool = False
    status: str = "ACTIVE"
    variants: list[Variant] = field(default_factory=list)
    deleted: bool = False

    @property
    def gid(self) -> str:
        """The product's global id."""
        return gid("Product", self.number)
