"""What the hub asks a channel to change, and the three outcomes it can have.

Accepted, refused, unknown: unknown is read back and never assumed. How a channel is
asked is the connector's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .money import Money
from .orders import FulfilledLine


class Outcome(StrEnum):
    """What became of one foreign write."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    STALE = "stale"
    """A compare-and-set found another value: nothing was written; decide again."""
    UNKNOWN = "unknown"
    """The write was sent and no answer came, or the channel took it for later (then
    ``external_id`` names the submission): read back before anything else."""


@dataclass(frozen=True, slots=True)
class StockWrite:
    """Set one stock record of a channel to ``quantity``.

    ``expected`` is what the hub believes the channel shows now; connectors whose
    channel offers compare-and-set must use it. ``idempotency_key`` was stored before
    the first attempt and is the same at every repetition.
    """

    stock_external_id: str
    quantity: int
    expected: int | None
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class PushResult:
    """What the channel did with one write of a batch.

    ``reason`` is for a person and free of secrets. ``external_id`` is the id that the
    channel gave to what was created, if anything was. ``observed`` is the quantity
    that the channel said it had, where it told.
    """

    outcome: Outcome
    reason: str = ""
    external_id: str = ""
    observed: int | None = None


@dataclass(frozen=True, slots=True)
class FulfillmentPush:
    """Tell a channel that goods of one of its orders have left.

    ``reference`` is the hub's own id; a connector leaves it where it can be found
    again (``find_fulfillment``), for channels that have no idempotency.
    """

    reference: str
    order_external_id: str
    lines: tuple[FulfilledLine, ...]
    carrier: str
    tracking_number: str
    tracking_url: str
    shipped_at: datetime
    completes_order: bool
    """After this nothing of the order is left to ship."""
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class CancellationPush:
    """Ask a channel to cancel a whole order."""

    order_external_id: str
    reason: str
    restock: bool
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """Units of one line that are paid back, and the money for them, tax included."""

    line_external_id: str
    quantity: int
    amount: Money


@dataclass(frozen=True, slots=True)
class RefundPush:
    """Ask a channel to pay money of one of its orders back. Moves no stock.

    ``reference`` is the hub's own id; a connector leaves it where it can be found
    again (``find_refund``), for channels that have no idempotency.
    """

    reference: str
    order_external_id: str
    lines: tuple[RefundedLine, ...]
    shipping: Money
    """Shipping costs that are paid back; zero for none."""
    reason: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class PriceWrite:
    """Set the price of one listing, for one unit, as its shoppers see it."""

    listing_external_id: str
    price: Money
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class PendingWrite:
    """A stock write that a channel took for later, with the channel's id of it."""

    write: StockWrite
    submission_external_id: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook subscription as the channel has it now."""

    external_id: str
    topic: str
    callback_url: str
    active: bool


@dataclass(frozen=True, slots=True)
class Account:
    """Who the credentials belong to, as the channel tells it. Unique per kind."""

    external_id: str
    name: str
    currency: str = ""
    warnings: tuple[str, ...] = ()
    """What will not work with these credentials, and what to do about it."""
