"""The shapes of WooCommerce's JSON that the mapping reads, and only those fields.

Not the whole of WooCommerce: unknown fields are ignored, so that a new version of the
shop breaks nothing. Source: the REST v3 documentation, corrected by what a real server
(11.0.1) answers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ..canonical.money import Money
from .wire import Amount, CurrencyCode, Text


def _attach_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _read_empty_as_none(value: Any) -> Any:
    return None if value == "" else value


GmtTime = Annotated[datetime, AfterValidator(_attach_utc)]
"""A ``*_gmt`` field: UTC without saying so."""


class Wire(BaseModel):
    """Base of the shapes. Plugins make numbers of texts; they are read as texts."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class WireAddress(Wire):
    """``billing`` or ``shipping`` of an order; e-mail only in ``billing``."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def name(self) -> str:
        """First and last name, as far as they are there."""
        return f"{self.first_name or ''} {self.last_name or ''}".strip()


class WireTax(Wire):
    """The share of one tax rate in a line; ``total`` is "" where the rate adds none."""

    id: int
    total: Annotated[Amount | None, BeforeValidator(_read_empty_as_none)] = None


class WireLine(Wire):
    """One entry of ``line_items``. Totals are without tax, whatever the shop shows."""

    id: int
    name: Text = ""
    product_id: int = 0
    variation_id: int = 0
    quantity: int = Field(ge=0)
    subtotal: Amount
    total: Amount
    total_tax: Amount
    taxes: list[WireTax] = []
    sku: Text = ""
    meta_data: Any = None


class WireCharge(Wire):
    """One entry of ``shipping_lines`` or ``fee_lines``, without tax."""

    name: Text = ""
    method_title: Text = ""
    total: Amount
    total_tax: Amount = "0"


class WireTaxRate(Wire):
    """One entry of ``tax_lines``: what a rate's id means in this order."""

    rate_id: int
    label: Text = ""
    rate_percent: float | None = None


class WireCoupon(Wire):
    """One entry of ``coupon_lines``; its discount is inside the lines' totals."""

    code: Text = ""


class WireRefund(Wire):
    """One entry of ``refunds``: ``total`` is negative."""

    id: int
    total: Amount


class WireOrder(Wire):
    """An order. ``refund_details`` and ``fulfillments`` are added by our connector."""

    id: int
    number: Text = ""
    status: str
    currency: CurrencyCode
    date_created_gmt: GmtTime
    date_modified_gmt: GmtTime | None = None
    date_paid_gmt: GmtTime | None = None
    date_completed_gmt: GmtTime | None = None
    total: Amount
    customer_id: int = 0
    customer_note: Text = ""
    billing: WireAddress | None = None
    shipping: WireAddress | None = None
    payment_method: Text = ""
    transaction_id: Text = ""
    line_items: list[WireLine]
    tax_lines: list[WireTaxRate] = []
    shipping_lines: list[WireCharge] = []
    fee_lines: list[WireCharge] = []
    coupon_lines: list[WireCoupon] = []
    refunds: list[WireRefund] = []
    meta_data: Any = None


class WireRefundLine(Wire):
    """A line of a refund: ``quantity`` is negative, the order's line is in its meta."""

    quantity: int = 0
    meta_data: Any = None


class WireRefundDetails(Wire):
    """One answer of ``/orders/<id>/refunds``."""

    id: int
    date_created_gmt: GmtTime | None = None
    line_items: list[WireRefundLine] = []


class WireFulfillment(Wire):
    """A native fulfillment. ``is_fulfilled`` is true when written and "1" when read."""

    id: int
    is_fulfilled: bool = False
    date_deleted: Text = ""
    meta_data: Any = None


class WireAttribute(Wire):
    """One choice of a variation ("Black")."""

    option: Text = ""


class WireProduct(Wire):
    """A product or a variation, as far as a listing needs it.

    ``manage_stock`` of a variation is "parent" where its product keeps the quantity.
    A variation without a SKU of its own shows its product's. Plugins that sell by
    weight make ``stock_quantity`` a fraction. One documented variation has the status
    true, as version 2 of the API had it.
    """

    id: int
    type: Text = "simple"
    status: str | bool = "publish"
    name: Text = ""
    sku: Text = ""
    global_unique_id: Text = ""
    manage_stock: bool | str = False
    stock_quantity: float | None = None
    attributes: list[WireAttribute] = []


class WireProductRecord(Wire):
    """What our connector stores for a product: it and its variations."""

    product: WireProduct
    variations: list[WireProduct] = []


def find_meta(meta_data: Any, key: str) -> Any:
    """Return the value of the first ``meta_data`` entry called ``key``, or None.

    Tolerant on purpose: plugins write what they like there, and PHP turns a list with
    a gap into an object.
    """
    entries = list(meta_data.values()) if isinstance(meta_data, dict) else meta_data
    if not isinstance(entries, list):
        return None
    for entry in entries:
        if isinstance(entry, dict) and entry.get("key") == key:
            return entry.get("value")
    return None


@lru_cache(maxsize=8192)
def to_money(amount: str, currency: str) -> Money:
    """Return ``amount`` rounded to the currency's minor unit.

    The shop's setting for decimals may exceed the currency's. Remembered, because the
    same few amounts (zero above all) make up most of an order.
    """
    return Money.rounded(amount, currency)


@lru_cache(maxsize=8192)
def to_unit_price(amount: str, quantity: int, currency: str) -> Money:
    """Return the price of one unit of a line, rounded; of the line if it has none."""
    return Money.rounded(Decimal(amount) / (quantity or 1), currency)


def count_units(value: Any) -> int | None:
    """Return a quantity from meta data (text or number), None if it is none."""
    try:
        return max(0, int(float(value)))
    except (TypeError, ValueError, OverflowError):
        return None
