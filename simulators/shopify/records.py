"""The rows of the shop's orders and of what happened to them.

Plain mutable rows. They know neither GraphQL nor webhooks; the fields and payloads show
them, ``orders``, ``refunds`` and ``shipments`` change them, ``totals`` adds them up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .amounts import ZERO, Amount, Currencies, add_up
from .goods import Location, Variant, gid


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax rule of the shop."""

    title: str
    rate_basis_points: int


@dataclass(frozen=True, slots=True)
class Discount:
    """The one discount that an order may carry.

    ``code`` discounts apply across the order, others to each line.
    """

    title: str
    percent: int
    code: bool


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, and where to."""

    name: str = "Ada Example"
    email: str = "ada@shopper.example"
    phone: str = "+15550100"
    company: str = ""
    street: str = "1 Example Street"
    city: str = "Springfield"
    province: str = "Kentucky"
    province_code: str = "KY"
    zip: str = "40003"
    country: str = "United States"
    country_code: str = "US"

    @property
    def first_name(self) -> str:
        """The name up to the first space."""
        return self.name.partition(" ")[0]

    @property
    def last_name(self) -> str:
        """The name after the first space."""
        return self.name.partition(" ")[2]


@dataclass(slots=True, eq=False)
class Line:
    """One thing bought; a copy of the variant as it was sold.

    ``quantity`` grows when staff add units; units that were taken off or refunded stay
    in it and are counted in ``removed``.
    """

    number: int
    order: Order = field(repr=False)
    variant: Variant
    sku: str | None
    title: str
    variant_title: str | None
    vendor: str
    quantity: int
    unit_price: Amount
    location: Location
    discount: Amount = ZERO
    removed: int = 0
    fulfilled: int = 0
    returned: int = 0
    """Units that had left and came back, or were refunded all the same."""

    @property
    def gid(self) -> str:
        """The line's global id."""
        return gid("LineItem", self.number)

    @property
    def current_quantity(self) -> int:
        """Units still wanted or kept by the buyer."""
        return self.quantity - self.removed

    @property
    def original_total(self) -> Amount:
        """All units at the full price."""
        return self.unit_price.times(self.quantity)

    @property
    def total(self) -> Amount:
        """All units after discounts."""
        return self.original_total - self.discount


@dataclass(slots=True, eq=False)
class Shipping:
    """The one shipping charge of an order."""

    number: int
    title: str
    price: Amount
    refunded: Amount = ZERO


@dataclass(slots=True, eq=False)
class Transaction:
    """One movement of money. ``kind`` is SALE or REFUND."""

    number: int
    order: Order = field(repr=False)
    kind: str
    amount: Amount
    created_at: datetime
    gateway: str = "shopify_payments"
    parent: Transaction | None = None


@dataclass(slots=True, eq=False)
class RefundLine:
    """Units of a line that were refunded or taken off."""

    number: int
    line: Line
    quantity: int
    restock_type: str
    location: Location | None
    subtotal: Amount
    tax: Amount

    @property
    def restocked(self) -> bool:
        """Whether the units went back into stock."""
        return self.restock_type != "NO_RESTOCK"


@dataclass(slots=True, eq=False)
class Refund:
    """Money, units or both that were given back at one time."""

    number: int
    order: Order = field(repr=False)
    created_at: datetime
    note: str = ""
    lines: list[RefundLine] = field(default_factory=list)
    shipping: Amount = ZERO
    shipping_number: int = 0
    transactions: list[Transaction] = field(default_factory=list)

    @property
    def total(self) -> Amount:
        """The money that went back."""
        return add_up([one.amount for one in self.transactions])


@dataclass(slots=True, eq=False)
class FulfillmentOrderLine:
    """Units of a line that one place is to ship."""

    number: int
    work: FulfillmentOrder = field(repr=False)
    line: Line
    total: int
    remaining: int


@dataclass(slots=True, eq=False)
class FulfillmentOrder:
    """The work of shipping an order's lines from one place."""

    number: int
    order: Order
    location: Location
    created_at: datetime
    updated_at: datetime
    lines: list[FulfillmentOrderLine] = field(default_factory=list)
    status: str = "OPEN"
    held: bool = False


@dataclass(slots=True, eq=False)
class Tracking:
    """One parcel's tracking."""

    company: str | None
    number: str | None
    url: str | None


@dataclass(frozen=True, slots=True, eq=False)
class FulfillmentPart:
    """Units of one line in a fulfillment."""

    number: int
    line: Line
    quantity: int


@dataclass(slots=True, eq=False)
class Fulfillment:
    """Units that left together."""

    number: int
    name: str
    order: Order
    fulfillment_orders: list[FulfillmentOrder]
    created_at: datetime
    updated_at: datetime
    parts: list[FulfillmentPart] = field(default_factory=list)
    tracking: list[Tracking] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Order:
    """One order, with everything that hangs on it."""

    number: int
    name_number: int
    created_at: datetime
    updated_at: datetime
    currencies: Currencies
    taxes_included: bool
    buyer: Buyer
    customer_number: int
    lines: list[Line] = field(default_factory=list)
    tax: Tax | None = None
    discount: Discount | None = None
    shipping: Shipping | None = None
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    original_total: Amount = ZERO
    note: str | None = None
    test: bool = False
    edited: bool = False
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    staff_note: str | None = None

    @property
    def gid(self) -> str:
        """The order's global id; the order's name in the world."""
        return gid("Order", self.number)

    @property
    def name(self) -> str:
        """The number that people use."""
        return f"#{self.name_number}"
