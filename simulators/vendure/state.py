"""The rows that a simulated Vendure server keeps.

Rows only know themselves; what happens to them is in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP
from typing import Any

from ..base import Simulator
from .settings import ShopSettings

Json = dict[str, Any]

LOCATION_ID = "1"
"""The first stock location, where everything lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariant:
    """What a merchant says about a variant to sell; prices are net, in minor units."""

    sku: str
    name: str
    price: int
    stock: int = 0
    tracking: str = "INHERIT"
    enabled: bool = True
    product: str = ""
    """The name of its product; its own name where it stands alone."""


@dataclass(slots=True, kw_only=True)
class Variant:
    """A variant with its one counter."""

    variant_id: str
    new: NewVariant
    price: int
    on_hand: int
    allocated: int = 0
    created: datetime
    changed_at: datetime

    @property
    def free(self) -> int:
        """What shoppers can buy."""
        return self.on_hand - self.allocated


@dataclass(slots=True, kw_only=True)
class Line:
    """A line. ``quantity`` falls with cancellations; ``placed`` does not."""

    line_id: str
    variant: Variant
    quantity: int
    placed: int
    unit_price: int
    changed_at: datetime
    sold: int = 0
    """What the world's books hold as sold and not cancelled."""


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money that went back."""

    refund_id: str
    total: int
    reason: str
    lines: list[tuple[str, int]]
    created: datetime
    state: str = "Settled"


@dataclass(slots=True, kw_only=True)
class Payment:
    """A payment."""

    payment_id: str
    amount: int
    state: str
    created: datetime
    changed_at: datetime
    refunds: list[Refund] = field(default_factory=list)

    @property
    def left(self) -> int:
        """What can still be paid back."""
        return self.amount - sum(one.total for one in self.refunds)


@dataclass(slots=True, kw_only=True)
class Fulfillment:
    """A parcel: made up, sent, delivered or called off."""

    fulfillment_id: str
    method: str
    tracking_code: str
    lines: list[tuple[Line, int]]
    created: datetime
    changed_at: datetime
    state: str = "Pending"


@dataclass(slots=True, kw_only=True)
class Order:
    """An order. ``changed_at`` does not move when it is placed, paid or shipped."""

    order_id: str
    code: str
    buyer: str
    created: datetime
    changed_at: datetime
    placed_at: datetime | None
    state: str
    lines: list[Line]
    shipping: int
    payments: list[Payment] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    active: bool = False

    def line(self, line_id: str) -> Line | None:
        """Return a line by its id."""
        return next((one for one in self.lines if one.line_id == line_id), None)

    def sent(self, line: Line) -> int:
        """Return how many of a line are in parcels that were not called off."""
        return sum(
            units
            for parcel in self.fulfillments
            if parcel.state != "Cancelled"
            for packed, units in parcel.lines
            if packed is line
        )


@dataclass(slots=True)
class State:
    """Everything that a server keeps."""

    simulator: Simulator
    settings: ShopSettings
    variants: dict[str, Variant] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    count: int = 0

    def number(self) -> str:
        """Return an id never used before."""
        self.count += 1
        return str(self.count)

    def now(self) -> datetime:
        """Return the time on the server's clock."""
        return self.simulator.clock.now()

    def with_tax(self, net: int) -> int:
        """Return an amount with tax, rounded half up."""
        gross = net * (1 + self.settings.tax_rate)
        return int(gross.to_integral_value(ROUND_HALF_UP))

    def total(self, order: Order) -> int:
        """Return what the buyer owes in all, tax included."""
        goods = sum(self.with_tax(one.unit_price * one.quantity) for one in order.lines)
        return goods + self.with_tax(order.shipping)

    def show(self, variant: Variant, *, written: bool) -> None:
        """Tell the world what shoppers can buy of a variant now."""
        self.simulator.world.record_shown(
            self.simulator.channel, variant.variant_id, variant.free, written=written
        )
