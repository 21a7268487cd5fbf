"""The rows that a simulated Square account keeps, and its settings.

Rows only know themselves; what happens to them is in the modules beside this one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ..base import Simulator
from .errors import ApiError, not_found

Json = dict[str, Any]

OPEN, COMPLETED, CANCELED = "OPEN", "COMPLETED", "CANCELED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """The account, its one location, and how Square behaves towards it."""

    access_token: str = "EAAA-simulated"  # noqa: S105 - opens a simulated account only
    application_id: str = "sq0idp-simulated"
    application_secret: str = "sq0csp-simulated"  # noqa: S105 - as above
    refresh_token: str = "EQAA-simulated"  # noqa: S105 - as above
    token_seconds: float = 30 * 86400.0
    """How long a token of OAuth lives; the one above is personal, and does not end."""
    rotates_refresh_token: bool = False
    """As with PKCE: each refresh token is good for once."""
    scopes: tuple[str, ...] = ()
    """What a token of OAuth may do; empty: everything, as a personal one."""
    merchant_id: str = "MLSIMULATED01"
    location_id: str = "LSIMULATED001"
    currency: str = "EUR"
    country: str = "DE"
    tax_percent: Decimal = Decimal(0)
    tax_inclusive: bool = True
    counter_every: int = 0
    """Each so many-eth sale goes over the counter; 0: all are to be shipped."""
    catalog_page: int = 100
    webhook_seconds: float = 0.0
    """How long Square takes to call; 60 s are typical."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariation:
    """A variation to put on sale; ``price`` is in major units."""

    sku: str
    price: Decimal
    stock: int | None = 0
    """None: no inventory is kept of it."""
    name: str = "Regular"
    upc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item to put on sale."""

    name: str
    variations: tuple[NewVariation, ...]


@dataclass(slots=True, kw_only=True)
class Variation:
    """What is sold: one object of the catalogue, and its inventory's history."""

    variation_id: str
    item_id: str
    name: str
    sku: str
    upc: str
    price_minor: int
    tracked: bool
    version: int
    changed_at: datetime
    override: Json | None = None
    """The entry of ``location_overrides`` for our location."""
    history: list[Change] = field(default_factory=list)

    @property
    def price_here(self) -> int:
        """The price at our location."""
        told = (self.override or {}).get("price_money") or {}
        return int(told.get("amount", self.price_minor))


@dataclass(slots=True, kw_only=True)
class Change:
    """One change of a variation's inventory."""

    change_id: str
    occurred_at: datetime
    created_at: datetime
    units: int
    counted: bool = False
    """A physical count: it replaces all that occurred before it."""
    from_state: str = ""
    to_state: str = ""
    refund_id: str = ""
    transaction_id: str = ""


@dataclass(slots=True, kw_only=True)
class Item:
    """A name over variations."""

    item_id: str
    name: str
    variations: list[Variation]
    archived: bool = False
    present: bool = True


@dataclass(slots=True, kw_only=True)
class Line:
    """One line of an order; amounts are of the whole line."""

    uid: str
    variation: Variation | None
    name: str
    quantity: Decimal
    price_minor: int
    item_type: str = "ITEM"
    units_taken: int = 0
    """What the line took from the inventory, and did not give back."""
    units_sold: int = 0
    """What the world's books hold as sold, and neither cancelled nor restocked."""
    units_returned: int = 0


@dataclass(slots=True, kw_only=True)
class Order:
    """An order: a sale, or what brings goods of one back."""

    order_id: str
    created_at: datetime
    updated_at: datetime
    changed_at: datetime
    """When Square learned of the last change."""
    state: str = OPEN
    version: int | None = 1
    """None: it was made at the counter, and nobody can update it."""
    closed_at: datetime | None = None
    buyer: str = ""
    note: str = ""
    lines: list[Line] = field(default_factory=list)
    fulfillments: list[Json] = field(default_factory=list)
    payment_id: str = ""
    source: Order | None = None
    """The sale of which this order brings something back."""
    returned: list[tuple[Line, int]] = field(default_factory=list)
    refund_id: str = ""
    returned_minor: int = 0

    @property
    def paid(self) -> bool:
        """Whether a payment belongs to it."""
        return bool(self.payment_id)


@dataclass(slots=True, kw_only=True)
class Payment:
    """Money that came in for one order."""

    payment_id: str
    order_id: str
    amount_minor: int
    created_at: datetime
    method: str = "CARD"
    refunds: list[Refund] = field(default_factory=list)
    version: int = 1

    @property
    def refunded_minor(self) -> int:
        """What went back of it."""
        return sum(refund.amount_minor for refund in self.refunds)


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money that went back."""

    refund_id: str
    payment_id: str
    order_id: str
    amount_minor: int
    reason: str
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class Hook:
    """One webhook subscription of the application."""

    hook_id: str
    name: str
    url: str
    topics: list[str]
    key: str
    enabled: bool
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, kw_only=True)
class State:
    """Everything of one account."""

    simulator: Simulator
    settings: ShopSettings
    items: dict[str, Item] = field(default_factory=dict)
    variations: dict[str, Variation] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    answered: dict[tuple[str, str], tuple[bytes, Any]] = field(default_factory=dict)
    """Bodies and answers by operation and idempotency key."""
    tokens: dict[str, datetime | None] = field(default_factory=dict)
    """Access tokens that are good, and until when."""
    refresh_token: str = ""
    catalog_version: int = 1_700_000_000_000
    count: int = 0

    def now(self) -> datetime:
        """Return the present moment, in whole milliseconds as Square tells it."""
        moment = self.simulator.clock.now()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def take_id(self, kind: str) -> str:
        """Return a new id: letters and digits, as Square's, the same in every run."""
        self.count += 1
        seed = f"{self.simulator.channel}/{kind}/{self.count}"
        digest = hashlib.sha256(seed.encode()).hexdigest().upper()
        return f"{kind}{digest[:22]}"

    def variation(self, id_: str) -> Variation:
        """Return a variation.

        Raises:
            ApiError: there is none.
        """
        if id_ not in self.variations:
            raise not_found("Catalog object", id_)
        return self.variations[id_]

    def order(self, id_: str) -> Order:
        """Return an order.

        Raises:
            ApiError: there is none.
        """
        if id_ not in self.orders:
            raise not_found("Order", id_)
        return self.orders[id_]

    def money(self, minor: int) -> Json:
        """Return an amount in the location's currency."""
        return {"amount": minor, "currency": self.settings.currency}

    def answer_once(self, operation: str, key: str, body: bytes) -> Any:
        """Return what was answered to this very request before, or None.

        Raises:
            ApiError: the key belongs to another request.
        """
        known = self.answered.get((operation, key))
        if known is None:
            return None
        if known[0] != body:
            raise ApiError(
                400,
                "IDEMPOTENCY_KEY_REUSED",
                "The idempotency key can only be retried with the same request data.",
            )
        return known[1]


def format_time(moment: datetime) -> str:
    """Return a moment as Square tells it: RFC 3339 in UTC, with milliseconds."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def read_time(text: str, field_name: str) -> datetime:
    """Return the moment that a client named.

    Raises:
        ApiError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        detail = f"`{field_name}` is not a valid RFC 3339 time."
        raise ApiError(400, "INVALID_TIME", detail, field=field_name)
    return moment.astimezone(UTC)
