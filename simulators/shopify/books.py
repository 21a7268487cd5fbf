"""The shop's books: every row, by number and by global id, and the next number.

Holds and finds; ``stock`` and the order modules change rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..clock import Clock
from .goods import Level, Location, Product, Variant, gid
from .records import Order
from .settings import ShopSettings

_FIRST_NUMBER = 6_000_000_000_001
_FIRST_ORDER_NAME = 1001

Row = Any
"""Any dataclass of ``records``; views are chosen by the kind beside it."""


class Books:
    """All rows of one shop.

    Numbers are drawn from one sequence, so that they are unique over all kinds and the
    same in every run.
    """

    def __init__(self, settings: ShopSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._next_number = _FIRST_NUMBER
        self._next_order_name = _FIRST_ORDER_NAME
        self.locations: dict[int, Location] = {}
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.items: dict[int, Variant] = {}
        """Variants by the number of their inventory item."""
        self.orders: dict[int, Order] = {}
        self._rows: dict[str, tuple[str, Row]] = {}
        self.revision = 0
        """Counts changes; equal revisions show the same to every query."""
        for name in settings.locations:
            self.add_location(name)

    def now(self) -> datetime:
        """Return the present moment in whole seconds, as Shopify keeps times."""
        return self.clock.now().replace(microsecond=0)

    def number(self) -> int:
        """Draw the next number."""
        self._next_number += 1
        return self._next_number

    def order_name(self) -> int:
        """Draw the next order number that people see."""
        self._next_order_name += 1
        return self._next_order_name - 1

    def file(self, kind: str, number: int, row: Row) -> None:
        """Make a row findable by its global id."""
        self._rows[gid(kind, number)] = (kind, row)
        self.revision += 1

    def forget(self, kind: str, number: int) -> None:
        """Make a row unfindable."""
        self._rows.pop(gid(kind, number), None)
        self.revision += 1

    def find(self, global_id: str) -> tuple[str, Row] | None:
        """Return the kind and row of a global id, or None."""
        return self._rows.get(global_id)

    def find_as(self, kind: str, global_id: str) -> Row | None:
        """Return the row of a global id if it is of ``kind``."""
        found = self._rows.get(global_id)
        return found[1] if found and found[0] == kind else None

    @property
    def active_locations(self) -> list[Location]:
        """The places that sell, oldest first; the first is the default one."""
        return [one for one in self.locations.values() if one.active]

    def add_location(self, name: str) -> Location:
        """Open a place."""
        location = Location(self.number(), name, self.now())
        self.locations[location.number] = location
        self.file("Location", location.number, location)
        return location

    def add_product(
        self,
        title: str,
        *,
        vendor: str = "Example Goods",
        gift_card: bool = False,
        status: str = "ACTIVE",
    ) -> Product:
        """Add a product without variants."""
        now = self.now()
        product = Product(
            self.number(), title, vendor, now, now, gift_card=gift_card, status=status
        )
        self.products[product.number] = product
        self.file("Product", product.number, product)
        return product

    def add_variant(
        self,
        product: Product,
        *,
        title: str,
        price_minor: int,
        stock: Sequence[int],
        **facts: Any,
    ) -> Variant:
        """Add a variant; ``stock`` holds the available units per location, in order."""
        now = self.now()
        variant = Variant(
            self.number(),
            self.number(),
            product,
            title,
            price_minor,
            now,
            now,
            **facts,
        )
        for location, available in zip(self.locations.values(), stock, strict=False):
            variant.levels[location.number] = Level(variant, location, available, now)
        product.variants.append(variant)
        self.variants[variant.number] = variant
        self.items[variant.item_number] = variant
        self.file("ProductVariant", variant.number, variant)
        self.file("InventoryItem", variant.item_number, variant)
        return variant

    def delete_variant(self, variant: Variant) -> None:
        """Remove a variant; order lines keep their copy of it."""
        variant.deleted = True
        variant.product.variants.remove(variant)
        del self.variants[variant.number]
        del self.items[variant.item_number]
        self.forget("ProductVariant", variant.number)
        self.forget("InventoryItem", variant.item_number)
        if not variant.product.variants:
            variant.product.deleted = True
            del self.products[variant.product.number]
            self.forget("Product", variant.product.number)

    def add_order(self, order: Order) -> None:
        """Keep an order and its lines."""
        self.orders[order.number] = order
        self.file("Order", order.number, order)
        for line in order.lines:
            self.file("LineItem", line.number, line)
