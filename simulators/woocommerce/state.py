"""The rows that a simulated WooCommerce shop keeps, and its settings.

Rows only know themselves; what happens to them is in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ..base import Simulator
from .archive import NO_ARCHIVE, Archive

Json = dict[str, Any]

STOCK_TAKING_STATUSES = frozenset({"processing", "completed", "on-hold"})
"""Statuses in which an order has taken its stock."""
STOCK_RETURNING_STATUSES = frozenset({"cancelled", "pending"})
"""Statuses that give the stock back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """What a merchant sets in the shop's admin pages, and how the host behaves."""

    consumer_key: str = "ck_simulated"
    consumer_secret: str = "cs_simulated"  # noqa: S105 - opens a simulated shop only
    permissions: str = "read_write"
    """What the key may do: read, write or read_write."""
    time_zone: str = "Europe/Berlin"
    currency: str = "EUR"
    decimals: int = 2
    prices_include_tax: bool = False
    tax_rate: Decimal = Decimal("0.19")
    shipping_price: Decimal = Decimal("4.90")
    native_fulfillments: bool = False
    gateway_refunds: bool = True
    """Whether the payment gateway can refund, which ``api_refund`` asks it to."""
    folder: str = ""
    """Where below its host the site lives, as ``/shop``."""
    pretty_permalinks: bool = True
    """Without them the REST routes do not exist."""
    cron_seconds: float = 0.0
    """How long a webhook waits for the shop's cron; 55 s was seen on a real server."""
    version: str = "11.0.1"

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)


@dataclass(slots=True, kw_only=True)
class Product:
    """A simple product, a variable product or one variation of it."""

    product_id: int
    kind: str
    """simple, variable or variation."""
    name: str
    sku: str
    price: Decimal
    created: datetime
    modified: datetime
    changed_at: datetime
    """When it last changed, in microseconds; ``modified`` has whole seconds."""
    parent_id: int = 0
    manage_stock: bool = True
    stock: int = 0
    backorders: str = "no"
    status: str = "publish"
    barcode: str = ""
    options: dict[str, str] = field(default_factory=dict)
    total_sales: int = 0
    meta: list[Json] = field(default_factory=list)
    in_stock: bool = True
    """The stock status of a product whose stock is not managed."""

    @property
    def listing(self) -> str:
        """Its name in the world's books: the id, a variation's behind its parent's."""
        if self.parent_id:
            return f"{self.parent_id}/{self.product_id}"
        return str(self.product_id)


@dataclass(slots=True, kw_only=True)
class Line:
    """One product line of an order. Amounts are without tax and not rounded."""

    line_id: int
    product: Product
    name: str
    quantity: int
    subtotal: Decimal
    total: Decimal
    subtotal_tax: Decimal
    total_tax: Decimal
    stock_taken: int = 0
    """What the line took from managed stock: the meta ``_reduced_stock``."""
    units_sold: int = 0
    """What the world's books hold as sold and neither cancelled nor restocked."""
    units_shipped: int = 0
    units_restocked: int = 0
    """What refunds gave back: the meta ``_restock_refunded_items``."""
    meta: list[Json] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class RefundLine:
    """Part of a refund that belongs to an order line."""

    refund_line_id: int
    line: Line
    quantity: int
    total: Decimal
    total_tax: Decimal


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money given back."""

    refund_id: int
    created: datetime
    amount: Decimal
    reason: str
    by_gateway: bool
    lines: list[RefundLine]
    meta: list[Json] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Note:
    """A note on an order."""

    note_id: int
    created: datetime
    text: str
    for_customer: bool
    author: str


@dataclass(slots=True, kw_only=True)
class Fulfillment:
    """A native fulfillment of an order."""

    fulfillment_id: int
    status: str
    fulfilled: bool
    updated: datetime
    meta: list[Json]


@dataclass(slots=True, kw_only=True)
class Order:
    """One order with everything that hangs on it."""

    order_id: int
    status: str
    created: datetime
    modified: datetime
    changed_at: datetime
    created_via: str
    billing: Json
    shipping: Json
    lines: list[Line]
    shipping_line_id: int
    shipping_total: Decimal
    shipping_tax: Decimal
    tax_line_id: int
    coupon: str = ""
    coupon_line_id: int = 0
    customer_note: str = ""
    paid: datetime | None = None
    completed: datetime | None = None
    has_taken_stock: bool = False
    meta: list[Json] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    encoded: dict[int, bytes] = field(default_factory=dict)
    """The order as JSON by number of decimals; emptied by every change."""

    def line(self, line_id: int) -> Line | None:
        """Return the line of that id."""
        return next((line for line in self.lines if line.line_id == line_id), None)


@dataclass(slots=True, kw_only=True)
class Webhook:
    """A subscription."""

    webhook_id: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    created: datetime
    modified: datetime
    status: str = "active"
    failures: int = 0


@dataclass(slots=True)
class State:
    """All rows of one shop, and what the modules beside need from around it."""

    simulator: Simulator
    settings: ShopSettings
    site_url: str
    products: dict[int, Product] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    used_nonces: dict[str, int] = field(default_factory=dict)
    archive: Archive = NO_ARCHIVE
    _next_id: int = 100

    def new_id(self) -> int:
        """Return the next id; as in WordPress all kinds of rows share one sequence."""
        self._next_id += 1
        return self._next_id

    def reserve_ids(self, count: int) -> int:
        """Take ``count`` ids in a row and return the first."""
        first = self._next_id + 1
        self._next_id += count
        return first

    def now(self) -> datetime:
        """Return the present moment in the database's resolution: whole seconds."""
        return self.simulator.clock.now().replace(microsecond=0)

    def touch(self, row: Order | Product) -> None:
        """Note that a row changed."""
        row.modified = self.now()
        row.changed_at = self.simulator.clock.now()
        if isinstance(row, Order):
            row.encoded.clear()

    def variations(self, parent_id: int) -> Iterator[Product]:
        """Return the variations of a variable product, in order of creation."""
        return (one for one in self.products.values() if one.parent_id == parent_id)

    def stock_owner(self, product: Product) -> Product | None:
        """Return the product whose counter a sale of ``product`` moves, if any does."""
        if product.manage_stock:
            return product
        parent = self.products.get(product.parent_id)
        return parent if parent is not None and parent.manage_stock else None
