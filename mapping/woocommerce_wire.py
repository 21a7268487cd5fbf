"""The shapes of WooCommerce's JSON that the mapping reads, and only those fields.

Not the whole of WooCommerce: unknown fields are ignored, so that a new version of the
shop breaks nothing. Source: the REST v3 documentation, corrected by what a real server
(11.0.1) answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from ..canonical.errors import MappingError
from ..canonical.money import Money


def _attach_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _read_empty_as_none(value: Any) -> Any:
    return None if value == "" else value


def _read_nothing_as_empty(value: Any) -> Any:
    return "" if value is None else value


GmtTime = Annotated[datetime, AfterValidator(_attach_utc)]
"""A ``*_gmt`` field: UTC without saying so."""

Text = Annotated[str, BeforeValidator(_read_nothing_as_empty)]
"""A text that plugins and deleted products turn into null."""


class WireAddress(BaseModel):
    """``billing`` or ``shipping`` of an order; e-mail only in ``billing``."""

    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    address_1: Text = ""
    address_2: Text = ""
    city: Text = ""
    state: Text = ""
    postcode: Text = ""
    country: Text = ""
    email: Text = ""
    phone: Text = ""


class WireTax(BaseModel):
    """The share of one tax rate in a line; ``total`` is "" where the rate adds none."""

    id: int
    total: Annotated[Decimal | None, BeforeValidator(_read_empty_as_none)] = None


class WireLine(BaseModel):
    """One entry of ``line_items``. Totals are without tax, whatever the shop shows."""

    id: int
    name: Text = ""
    product_id: int = 0
    variation_id: int = 0
    quantity: int = Field(ge=0)
    subtotal: Decimal
    total: Decimal
    total_tax: Decimal
    taxes: list[WireTax] = []
    sku: Text = ""
    meta_data: Any = None


class WireCharge(BaseModel):
    """One entry of ``shipping_lines`` or ``fee_lines``, without tax."""

    name: Text = ""
    method_title: Text = ""
    total: Decimal
    total_tax: Decimal = Decimal(0)


class WireTaxRate(BaseModel):
    """One entry of ``tax_lines``: what a rate's id means in this order."""

    rate_id: int
    label: Text = ""
    rate_percent: float | None = None


class WireCoupon(BaseModel):
    """One entry of ``coupon_lines``; its discount is inside the lines' totals."""

    code: Text = ""


class WireRefund(BaseModel):
    """One entry of ``refunds``: ``total`` is negative."""

    id: int
    total: Decimal


class WireOrder(BaseModel):
    """An order. ``refund_details`` and ``fulfillments`` are added by our connector."""

    id: int
    number: Text = ""
    status: str
    currency: str
    date_created_gmt: GmtTime
    date_modified_gmt: GmtTime | None = None
    date_paid_gmt: GmtTime | None = None
    date_completed_gmt: GmtTime | None = None
    total: Decimal
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


class WireRefundLine(BaseModel):
    """A line of a refund: ``quantity`` is negative, the order's line is in its meta."""

    quantity: int = 0
    meta_data: Any = None


class WireRefundDetails(BaseModel):
    """One answer of ``/orders/<id>/refunds``."""

    id: int
    date_created_gmt: GmtTime | None = None
    line_items: list[WireRefundLine] = []


class WireFulfillment(BaseModel):
    """A native fulfillment. ``is_fulfilled`` is true when written and "1" when read."""

    id: int
    is_fulfilled: bool = False
    date_deleted: Text = ""
    meta_data: Any = None


class WireAttribute(BaseModel):
    """One choice of a variation ("Black")."""

    option: Text = ""


class WireProduct(BaseModel):
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


class WireProductRecord(BaseModel):
    """What our connector stores for a product: it and its variations."""

    product: WireProduct
    variations: list[WireProduct] = []


WireModel = TypeVar("WireModel", bound=BaseModel)


def read_wire(
    model: type[WireModel], payload: Mapping[str, Any], *, path: str = ""
) -> WireModel:
    """Return ``payload`` read as ``model``.

    Raises:
        MappingError: a required part is missing or wrong; says where, and not what
            stood there, which may be a customer's.
    """
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise describe_mismatch(error, path=path) from None


def describe_mismatch(error: ValidationError, *, path: str = "") -> MappingError:
    """Return the error that says where the first mismatch is, and not its value."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in (path, *first["loc"]) if part != "")
    where = where or "record"
    return MappingError(f"{where}: {first['msg']}", path=where)


def find_meta(meta_data: Any, key: str) -> Any:
    """Return the value of the first ``meta_data`` entry called ``key``, or None.

    Tolerant on purpose: plugins write what they like there, and PHP turns a list with
    a gap into an object.
    """
    entries = meta_data.values() if isinstance(meta_data, dict) else meta_data
    if not isinstance(entries, Iterable) or isinstance(entries, str):
        return None
    for entry in entries:
        if isinstance(entry, dict) and entry.get("key") == key:
            return entry.get("value")
    return None


@lru_cache(maxsize=8192)
def to_money(amount: Decimal, currency: str) -> Money:
    """Return ``amount`` rounded to the currency's minor unit.

    The shop's setting for decimals may exceed the currency's. Remembered, because the
    same few amounts (zero above all) make up most of an order.

    Raises:
        MoneyError: the currency is unknown, or the amount too large.
    """
    return Money.rounded(amount, currency)


def count_units(value: Any) -> int | None:
    """Return a quantity from meta data (text or number), None if it is none."""
    try:
        return max(0, int(float(value)))
    except (TypeError, ValueError, OverflowError):
        return None
