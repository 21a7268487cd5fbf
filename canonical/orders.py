"""An order as the hub understands it, whatever channel it came from.

Facts stand on separate axes (payment, fulfillment, cancellation): there is no single
status. Totals are the channel's; where they differ from the sum of the parts the
difference is the ``residue``, kept and never hidden. Nothing here is about stock.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, model_validator

from .model import Model, UtcTime
from .money import Money
from .stock import QUANTITY_MAX


class PaymentState(StrEnum):
    """What is known about the money of an order."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class FulfillmentState(StrEnum):
    """How much of an order has left, as the channel sees it."""

    UNFULFILLED = "unfulfilled"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"
    ON_HOLD = "on_hold"
    UNKNOWN = "unknown"


class Address(Model):
    """Where to send to, or whom to bill. Every field may be missing."""

    name: str = ""
    company: str = ""
    street: str = ""
    street_2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""


class Customer(Model):
    """Who bought. Channels withhold parts of it; missing parts are empty."""

    external_id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""


class Tax(Model):
    """One tax on a line or on shipping. ``rate_percent`` is the channel's own text."""

    title: str
    amount: Money
    rate_percent: str = ""


class Discount(Model):
    """One reduction, already subtracted from the total of the line that carries it."""

    title: str
    amount: Money


class OrderLine(Model):
    """One thing bought.

    ``quantity`` is what was ordered; ``quantity_current`` is what is still wanted after
    edits, removals and refunds of goods that never left. ``total`` is what the line
    costs after discounts, tax included only if the order's prices include tax.
    """

    external_id: str
    listing_external_id: str = ""
    sku: str = ""
    barcode: str = ""
    title: str = ""
    quantity: int = Field(ge=0, le=QUANTITY_MAX)
    quantity_current: int = Field(ge=0, le=QUANTITY_MAX)
    unit_price: Money
    total: Money
    tax: Money
    taxes: tuple[Tax, ...] = ()
    discounts: tuple[Discount, ...] = ()
    quantity_taken: int = Field(ge=0, le=QUANTITY_MAX)
    """Units by which this line lowers the channel's own stock counter at present.

    Zero before the channel takes stock and after it gave the units back.
    """
    tracked: bool = True
    """False for gift cards, services and fees: no stock moves for them."""


class ShippingLine(Model):
    """One shipping charge, after discounts."""

    title: str
    total: Money
    tax: Money


class Fee(Model):
    """A charge (or, negative, an allowance) that belongs to no line."""

    title: str
    total: Money
    tax: Money


class Payment(Model):
    """One movement of money that the channel reports."""

    external_id: str
    method: str
    amount: Money
    paid_at: UtcTime | None = None


class RefundLine(Model):
    """Part of a refund that names a line. Money and stock are separate facts."""

    line_external_id: str
    quantity: int = Field(ge=0)
    restocked: bool = False
    never_left: bool = False
    """The channel says that these units had not been shipped."""
    came_back: bool = False
    """The channel says that these units had been shipped, and were returned."""


class Refund(Model):
    """Money that went back. ``amount`` is positive."""

    external_id: str
    amount: Money
    refunded_at: UtcTime | None = None
    lines: tuple[RefundLine, ...] = ()


class FulfilledLine(Model):
    """How many of a line one fulfillment carries."""

    line_external_id: str
    quantity: int = Field(gt=0)


class Fulfillment(Model):
    """Goods that left, as the channel reports them: told by the hub, or by others."""

    external_id: str
    lines: tuple[FulfilledLine, ...] = ()
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    shipped_at: UtcTime | None = None
    cancelled: bool = False


class Order(Model):
    """One order of one channel, as of ``updated_at`` on the channel's clock."""

    external_id: str = Field(min_length=1)
    number: str = ""
    placed_at: UtcTime
    updated_at: UtcTime
    currency: str
    prices_include_tax: bool
    payment: PaymentState
    fulfillment: FulfillmentState
    cancelled_at: UtcTime | None = None
    cancel_reason: str = ""
    held: bool = False
    """The channel asks not to ship yet."""
    test: bool = False
    """A sandbox or test order: kept, and never touches stock."""
    fulfilled_by_channel: bool = False
    """The marketplace ships from its own warehouse; our stock is not involved."""
    lines: tuple[OrderLine, ...] = ()
    shipping: tuple[ShippingLine, ...] = ()
    fees: tuple[Fee, ...] = ()
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    fulfillments: tuple[Fulfillment, ...] = ()
    total: Money
    """What the channel says the buyer owes in all, before refunds."""
    total_presentment: Money | None = None
    """The same in the buyer's currency, where the channel tells both."""
    customer: Customer | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    note: str = ""
    ship_by: UtcTime | None = None
    """When the goods have to leave, where the channel says so."""
    unknown_values: tuple[str, ...] = ()
    """Vocabulary of the channel that the mapping had never seen, as ``path=value``."""

    @model_validator(mode="after")
    def _check_lines(self) -> Order:
        ids = {line.external_id for line in self.lines}
        if len(ids) != len(self.lines):
            raise ValueError("two lines of the order carry the same id")
        return self

    @model_validator(mode="after")
    def _check_currency(self) -> Order:
        currency = self.currency
        amounts = [self.total]
        for part in self._parts:
            amounts += (part.total, part.tax)
        for amount in amounts:
            if amount.currency != currency:
                several = {currency, *(each.currency for each in amounts)}
                raise ValueError(
                    f"the total and its parts are in several currencies: "
                    f"{', '.join(sorted(several))}"
                )
        return self

    @property
    def _parts(self) -> tuple[OrderLine | ShippingLine | Fee, ...]:
        return (*self.lines, *self.shipping, *self.fees)

    @property
    def total_of_parts(self) -> Money:
        """Lines, shipping and fees added up, with tax where it is not yet inside."""
        # Plain integers: that all are in the order's currency was checked.
        minor = 0
        for part in self._parts:
            minor += part.total.minor
            if not self.prices_include_tax:
                minor += part.tax.minor
        return Money(minor, self.currency)

    @property
    def residue(self) -> Money:
        """What the channel's total has beyond the sum of the parts (rounding, tips)."""
        return self.total - self.total_of_parts

    @property
    def cancelled(self) -> bool:
        """Whether nothing of the order is wanted any more."""
        return self.cancelled_at is not None
