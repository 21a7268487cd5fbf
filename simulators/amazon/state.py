"""The rows that a simulated Amazon store keeps, and its settings.

Rows only know themselves; what happens to them is in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..base import Simulator

Json = dict[str, Any]
OPEN_STATUSES = frozenset({"PENDING_AVAILABILITY", "PENDING", "UNSHIPPED"})
"""Statuses of orders of which nothing has left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSettings:
    """The account, the application, and how fast Amazon is."""

    marketplace: str = "A1PA6795UKMFR9"
    marketplace_name: str = "Amazon.de"
    country: str = "DE"
    currency: str = "EUR"
    seller_id: str = "A2SIMULATED3"
    client_id: str = "amzn1.application-oa2-client.simulated"
    client_secret: str = "amzn1.oa2-cs.simulated"  # noqa: S105 - opens nothing real
    refresh_token: str = "Atzr|simulated"  # noqa: S105 - opens nothing real
    token_seconds: float = 3600.0
    restricted_role: bool = True
    """Whether the application may see names and addresses."""
    tax_rate: Decimal = Decimal("0.19")
    shipping_price: Decimal = Decimal("4.90")
    visible_after_seconds: float = 120.0
    """How long a change stays out of the list of orders."""
    processing_seconds: float = 15.0
    """How long a patch of a listing takes to show."""
    feed_seconds: float = 120.0
    """How long a feed waits before it is worked through."""
    storage_url: str = ""
    """Where documents are put; empty: the host that was asked."""
    usage_plans: bool = False
    """Whether requests beyond Amazon's own rates are refused."""


@dataclass(slots=True, kw_only=True)
class Listing:
    """One SKU of the seller in this store."""

    sku: str
    title: str
    asin: str
    price: Decimal
    stock: int
    created: datetime
    modified: datetime
    fulfilled_by_amazon: bool = False
    handling_days: int = 2
    """A part of the same attribute as the quantity; ``replace`` deletes it."""
    child_skus: tuple[str, ...] = ()
    """Set for the parent of variations, which nobody can buy."""


@dataclass(slots=True, kw_only=True)
class Line:
    """One product of an order. The price is for one unit and without tax."""

    line_id: str
    listing: Listing
    ordered: int
    unit_price: Decimal
    cancelled: int = 0
    shipped: int = 0
    request: str = ""
    """Why the buyer asks to cancel; empty where nobody asked."""
    cancelled_by: str = ""
    cancel_reason: str = ""

    @property
    def left(self) -> int:
        """Units that are to be shipped still."""
        return self.ordered - self.cancelled - self.shipped


@dataclass(slots=True, kw_only=True)
class Package:
    """A parcel that the seller told of."""

    reference: str
    carrier: str
    tracking_number: str
    ship_time: str
    created: datetime
    quantities: dict[str, int]


@dataclass(slots=True, kw_only=True)
class Order:
    """One order with everything that hangs on it."""

    order_id: str
    status: str
    buyer: str
    note: str
    created: datetime
    modified: datetime
    currency: str
    lines: list[Line]
    fulfilled_by_amazon: bool
    packages: dict[str, Package] = field(default_factory=dict)

    def line(self, line_id: str) -> Line | None:
        """Return the line of that id."""
        return next((line for line in self.lines if line.line_id == line_id), None)


@dataclass(slots=True, kw_only=True)
class Document:
    """Content at a presigned address."""

    document_id: str
    content_type: str
    ends: datetime
    content: bytes = b""
    zipped: bool = False


@dataclass(slots=True, kw_only=True)
class Feed:
    """A document that is worked through later."""

    feed_id: str
    feed_type: str
    document_id: str
    created: datetime
    due: datetime
    status: str = "IN_QUEUE"
    result_id: str = ""


@dataclass(slots=True, kw_only=True)
class Submission:
    """A patch of a listing that has been taken and does not show yet."""

    due: datetime
    sku: str
    patches: list[Json]


@dataclass(slots=True)
class State:
    """All rows of one store, and what the modules beside need from around it."""

    simulator: Simulator
    settings: MarketSettings
    listings: dict[str, Listing] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=dict)
    submissions: list[Submission] = field(default_factory=list)
    searches: dict[str, tuple[list[str], datetime]] = field(default_factory=dict)
    """By page token: the orders still to be told, and when the token ends."""
    tokens: dict[str, datetime] = field(default_factory=dict)
    turns: dict[str, tuple[float, datetime]] = field(default_factory=dict)
    """By operation: the requests that may go out at once, as of a moment."""
    acting_at: datetime | None = None
    """While something takes effect that was due earlier: when it was due."""
    _next_id: int = 1000

    def new_number(self) -> int:
        """Return a number that was never given before."""
        self._next_id += 1
        return self._next_id

    def now(self) -> datetime:
        """Return the present moment, or the one at which a late effect was due."""
        return self.acting_at or self.simulator.clock.now()

    @contextmanager
    def acting(self, moment: datetime) -> Iterator[None]:
        """Let what happens in the block have happened at ``moment``."""
        self.acting_at = moment
        try:
            yield
        finally:
            self.acting_at = None

    def later(self, seconds: float) -> datetime:
        """Return the moment ``seconds`` from now."""
        return self.now() + timedelta(seconds=seconds)

    def touch(self, row: Order | Listing) -> None:
        """Note that a row changed."""
        row.modified = self.now()


def write_time(moment: datetime) -> str:
    """Return a moment as Amazon writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
