"""The rows that a simulated eBay account keeps.

Rows only know themselves; what happens to them is in the modules beside this one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..base import Simulator
from .settings import ShopSettings

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """What a seller says about an item to put on sale.

    ``offer_quantity`` limits what the offer shows of the item's total; None shows all.
    Without ``published`` there is an inventory item and nothing to buy.
    """

    sku: str
    title: str
    price: Decimal
    quantity: int
    ean: str = ""
    offer_quantity: int | None = None
    published: bool = True


@dataclass(slots=True, kw_only=True)
class Item:
    """An inventory item with its one offer."""

    sku: str
    title: str
    price: Decimal
    quantity: int
    ean: str
    offer_id: str
    listing_id: str
    offer_quantity: int | None
    published: bool
    changed_at: datetime
    revisions: Counter[date] = field(default_factory=Counter)
    """How often the listing was changed on each day."""

    @property
    def shown(self) -> int:
        """How many shoppers may buy."""
        if not self.published:
            return 0
        if self.offer_quantity is None:
            return self.quantity
        return min(self.quantity, self.offer_quantity)


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money that goes back; with the line that it is of, or of the whole order."""

    refund_id: str
    amount: Decimal
    asked_at: datetime
    line_id: str = ""


@dataclass(slots=True, kw_only=True)
class Line:
    """One line of an order. ``price`` is of one unit."""

    line_id: str
    item: Item
    sku: str
    title: str
    quantity: int
    price: Decimal
    units_shipped: int = 0
    units_sold: int = 0
    """What the world's books hold as sold and neither cancelled nor returned."""

    @property
    def cost(self) -> Decimal:
        """What all units cost."""
        return self.price * self.quantity


@dataclass(slots=True, kw_only=True)
class CancelRequest:
    """Somebody's wish to cancel an order."""

    request_id: str
    initiator: str
    reason: str
    asked_at: datetime
    state: str = "REQUESTED"
    completed_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Parcel:
    """A shipping fulfillment."""

    fulfillment_id: str
    lines: list[tuple[str, int]]
    tracking_number: str
    carrier: str
    shipped_at: datetime


@dataclass(slots=True, kw_only=True)
class Order:
    """An order; ``changed_at`` moves with everything that happens to it."""

    order_id: str
    created: datetime
    changed_at: datetime
    buyer: str
    note: str
    shipping: Decimal
    lines: list[Line]
    paid: bool = True
    parcels: list[Parcel] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    requests: list[CancelRequest] = field(default_factory=list)
    cancelled_at: datetime | None = None

    def line(self, line_id: str) -> Line | None:
        """Return a line, if there is one of that id."""
        return next((one for one in self.lines if one.line_id == line_id), None)

    @property
    def cancel_state(self) -> str:
        """How far a cancellation has come, in eBay's word."""
        if self.cancelled_at is not None:
            return "CANCELED"
        waiting = any(one.state == "REQUESTED" for one in self.requests)
        return "IN_PROGRESS" if waiting else "NONE_REQUESTED"


@dataclass(slots=True, kw_only=True)
class Destination:
    """An address that eBay calls."""

    destination_id: str
    name: str
    endpoint: str
    token: str
    status: str


@dataclass(slots=True, kw_only=True)
class Subscription:
    """A topic that eBay calls a destination about."""

    subscription_id: str
    topic: str
    destination_id: str
    status: str
    schema_version: str
    created: datetime


@dataclass(slots=True)
class State:
    """Everything that an account keeps."""

    simulator: Simulator
    settings: ShopSettings
    items: dict[str, Item] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    destinations: dict[str, Destination] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    alert_email: str = ""
    count: int = 0

    def number(self) -> int:
        """Return a number never used before."""
        self.count += 1
        return self.count

    def now(self) -> datetime:
        """Return the time on eBay's clock."""
        return self.simulator.clock.now()

    def touch(self, order: Order) -> None:
        """Note that an order has changed."""
        order.changed_at = self.now()
