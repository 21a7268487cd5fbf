"""The rows that a simulated Medusa server keeps.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariant:
    """What a merchant says about one variant."""

    sku: str
    title: str = "Default"
    price: Decimal = Decimal(10)
    stock: int = 0
    barcode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """What a merchant says about a product; without ``variants`` it has one."""

    name: str
    sku: str = ""
    price: Decimal = Decimal(10)
    stock: int = 0
    published: bool = True
    managed: bool = True
    """Whether its stock is kept."""
    variants: tuple[NewVariant, ...] = ()


@dataclass(slots=True, kw_only=True)
class Variant:
    """A variant with its one inventory item, and that item's stock at the location."""

    variant_id: str
    item_id: str
    sku: str
    title: str
    barcode: str
    prices: list[Json]
    stocked: int
    reserved: int = 0

    @property
    def available(self) -> int:
        """What shoppers can buy."""
        return self.stocked - self.reserved


@dataclass(slots=True, kw_only=True)
class Product:
    """A product."""

    product_id: str
    name: str
    published: bool
    managed: bool
    created: datetime
    changed_at: datetime
    variants: list[Variant] = field(default_factory=list)

    def listing_of(self, variant: Variant) -> str:
        """Return the name of a variant in the world's books."""
        return f"{self.product_id}/{variant.variant_id}"


@dataclass(slots=True, kw_only=True)
class Line:
    """A line of an order; ``fulfilled`` is packed, and ``shipped`` has left."""

    line_id: str
    product: Product
    variant: Variant
    quantity: int
    price: Decimal
    fulfilled: int = 0
    shipped: int = 0
    received: int = 0
    damaged: int = 0


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money that went back."""

    refund_id: str
    amount: Decimal
    note: str
    created: datetime


@dataclass(slots=True, kw_only=True)
class Payment:
    """The payment of an order: authorized, and then perhaps captured."""

    payment_id: str
    amount: Decimal
    created: datetime
    changed_at: datetime
    capture_id: str = ""
    captured_at: datetime | None = None
    canceled_at: datetime | None = None
    refunds: list[Refund] = field(default_factory=list)

    @property
    def paid_back(self) -> Decimal:
        """What went back in all."""
        return sum((one.amount for one in self.refunds), Decimal(0))


@dataclass(slots=True, kw_only=True)
class Fulfillment:
    """Units that were packed, and left once ``shipped_at`` is set."""

    fulfillment_id: str
    lines: dict[str, int]
    metadata: Json
    created: datetime
    labels: list[Json] = field(default_factory=list)
    shipped_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Return:
    """Units that came back: into stock, or damaged."""

    return_id: str
    received: dict[str, int]
    damaged: dict[str, int]
    created: datetime


@dataclass(slots=True, kw_only=True)
class Order:
    """An order with one payment."""

    order_id: str
    number: int
    buyer: str
    created: datetime
    changed_at: datetime
    payment: Payment
    lines: list[Line] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    canceled_at: datetime | None = None

    def line(self, line_id: str) -> Line | None:
        """Return a line by its id."""
        return next((one for one in self.lines if one.line_id == line_id), None)


@dataclass(slots=True)
class State:
    """Everything that a server keeps."""

    simulator: Simulator
    settings: ShopSettings
    products: dict[str, Product] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    count: int = 1000

    def name(self, prefix: str) -> str:
        """Return an id never used before; later ones sort after earlier ones."""
        self.count += 1
        return f"{prefix}_{self.count:010d}"

    def now(self) -> datetime:
        """Return the time on the server's clock; it shows milliseconds."""
        moment = self.simulator.clock.now()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def variants(self) -> list[tuple[Product, Variant]]:
        """Return every variant with its product."""
        return [(one, each) for one in self.products.values() for each in one.variants]

    def find_listing(self, listing: str) -> tuple[Product, Variant]:
        """Return what a listing of the world stands for."""
        return next(
            (product, variant)
            for product, variant in self.variants()
            if product.listing_of(variant) == listing
        )

    def split_tax(self, amount: Decimal) -> tuple[Decimal, Decimal]:
        """Return an amount without and with tax. Medusa rounds neither."""
        rate = 1 + self.settings.tax_rate
        if self.settings.prices_include_tax:
            return round(amount / rate, 8), amount
        return amount, amount * rate

    def price_lines(self, order: Order) -> Decimal:
        """Return what lines and shipping cost, without units that came back."""
        parts = [
            one.price * (one.quantity - one.received - one.damaged)
            for one in order.lines
        ]
        amounts = [*parts, self.settings.shipping_price]
        return sum((self.split_tax(each)[1] for each in amounts), Decimal(0))
