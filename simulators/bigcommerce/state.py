"""The rows that a simulated BigCommerce store keeps.

Rows only know themselves; what happens to them is in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..base import Simulator
from .settings import StoreSettings

Json = dict[str, Any]

SHIPPED, PARTLY_SHIPPED = 2, 3
CANCELLED, REFUNDED, PARTLY_REFUNDED = 5, 4, 14
STATUS_NAMES = {
    0: "Incomplete",
    1: "Pending",
    2: "Shipped",
    3: "Partially Shipped",
    4: "Refunded",
    5: "Cancelled",
    6: "Declined",
    7: "Awaiting Payment",
    8: "Awaiting Pickup",
    9: "Awaiting Shipment",
    10: "Completed",
    11: "Awaiting Fulfillment",
    12: "Manual Verification Required",
    13: "Disputed",
    14: "Partially Refunded",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariant:
    """What a merchant says about one variant."""

    sku: str
    label: str = ""
    stock: int = 0
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """What a merchant says about a product to sell.

    Without ``variants`` it has one base variant with the product's SKU and stock.
    ``tracking`` is product, variant or none.
    """

    name: str
    price: Decimal
    sku: str = ""
    stock: int = 0
    tracking: str = "product"
    upc: str = ""
    visible: bool = True
    variants: tuple[NewVariant, ...] = ()


@dataclass(slots=True, kw_only=True)
class Counter:
    """A quantity on hand; after an adjustment it reads as ``before`` for a while."""

    quantity: int
    before: int = 0
    written_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Variant:
    """A variant; ``sku_id`` is 0 for a base variant."""

    variant_id: int
    product_id: int
    sku_id: int
    sku: str
    label: str
    price: Decimal | None
    counter: Counter


@dataclass(slots=True, kw_only=True)
class Product:
    """A product; ``counter`` counts where the tracking is by product."""

    product_id: int
    name: str
    price: Decimal
    sku: str
    upc: str
    tracking: str
    visible: bool
    variants: list[Variant]
    counter: Counter
    created: datetime
    changed_at: datetime

    def counter_of(self, variant: Variant) -> Counter:
        """Return what counts a variant's units."""
        return self.counter if self.tracking == "product" else variant.counter

    def listing_of(self, variant: Variant) -> str:
        """Return the name under which the world knows a variant."""
        return f"{self.product_id}/{variant.variant_id}"


@dataclass(slots=True, kw_only=True)
class Line:
    """One line of an order. ``price`` is of one unit, as the store enters prices."""

    line_id: int
    product: Product
    variant: Variant
    quantity: int
    price: Decimal
    shipped: int = 0
    refunded: int = 0
    units_sold: int = 0
    """What the world's books hold as sold and neither cancelled nor returned."""
    stock_taken: int = 0
    """Units by which this line lowers the store's counter."""


@dataclass(slots=True, kw_only=True)
class Shipment:
    """A shipment."""

    shipment_id: int
    created: datetime
    lines: list[tuple[int, int]]
    told: Json


@dataclass(slots=True, kw_only=True)
class Refund:
    """A refund with its items as they were asked for."""

    refund_id: int
    created: datetime
    amount: Decimal
    items: list[Json]
    payments: list[Json]


@dataclass(slots=True, kw_only=True)
class Order:
    """An order; ``changed_at`` moves with everything that happens to it."""

    order_id: int
    created: datetime
    changed_at: datetime
    buyer: str
    note: str
    status_id: int
    payment_status: str
    shipping: Decimal
    address_id: int
    lines: list[Line]
    shipments: list[Shipment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    archived: bool = False

    def line(self, line_id: int) -> Line | None:
        """Return a line by its id."""
        return next((one for one in self.lines if one.line_id == line_id), None)

    @property
    def paid_back(self) -> Decimal:
        """What went back in all."""
        return sum((one.amount for one in self.refunds), Decimal(0))


@dataclass(slots=True, kw_only=True)
class Hook:
    """A webhook."""

    hook_id: int
    scope: str
    destination: str
    active: bool
    created: datetime
    changed_at: datetime


@dataclass(slots=True)
class State:
    """Everything that a store keeps."""

    simulator: Simulator
    settings: StoreSettings
    products: dict[int, Product] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)
    count: int = 100

    def number(self) -> int:
        """Return a number never used before."""
        self.count += 1
        return self.count

    def now(self) -> datetime:
        """Return the time on the store's clock."""
        return self.simulator.clock.now()

    def find_listing(self, listing: str) -> tuple[Product, Variant]:
        """Return what a listing of the world stands for."""
        product_id, _, variant_id = listing.partition("/")
        product = self.products[int(product_id)]
        variant = next(
            one for one in product.variants if one.variant_id == int(variant_id)
        )
        return product, variant

    def rounded(self, amount: Decimal) -> Decimal:
        """Round half up to what the currency has."""
        step = Decimal(1).scaleb(-self.settings.decimals)
        return amount.quantize(step, rounding=ROUND_HALF_UP)

    def split_tax(self, amount: Decimal) -> tuple[Decimal, Decimal]:
        """Return an amount as the store enters it without and with tax."""
        rate = 1 + self.settings.tax_rate
        if self.settings.prices_include_tax:
            return self.rounded(amount / rate), self.rounded(amount)
        return self.rounded(amount), self.rounded(amount * rate)

    def total(self, order: Order) -> Decimal:
        """Return what the buyer owes in all, tax included."""
        parts = [self.split_tax(one.price * one.quantity)[1] for one in order.lines]
        return sum(parts, self.split_tax(order.shipping)[1])
