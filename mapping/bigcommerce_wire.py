"""The shapes of BigCommerce's JSON that the mapping reads, and only those fields.

Unknown fields are ignored, so that a new version of the API breaks nothing. Source: the
OpenAPI contracts of Orders v2 and v3 and of Catalog v3. Orders carry their times as
RFC 2822 and their amounts as texts of four decimals; refunds and products use ISO 8601
and numbers. The connector adds keys of its own; they begin with an underscore.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..canonical.model import UtcTime
from ..canonical.money import Money
from .wire import Amount, CurrencyCode, Rows, Text


def read_mail_date(value: Any) -> Any:
    """Return a date as e-mail writes it (RFC 2822); what is none is left as it is.

    Pydantic then says what is wrong with it. An empty text is no date.
    """
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_php_object(value: Any) -> Any:
    """PHP writes an object without fields as an empty list."""
    return {} if value in (None, []) else value


MailTime = Annotated[UtcTime, BeforeValidator(read_mail_date)]
MaybeMailTime = Annotated[UtcTime | None, BeforeValidator(read_mail_date)]
Count = Annotated[int, Field(ge=0)]


class Wire(BaseModel):
    """Base of the shapes. Numbers are read as texts where a text is meant."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, coerce_numbers_to_str=True, populate_by_name=True
    )


class WireAddress(Wire):
    """Whom to bill, and where a consignment goes."""

    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    street_1: Text = ""
    street_2: Text = ""
    city: Text = ""
    state: Text = ""
    zip: Text = ""
    country_iso2: Text = ""
    phone: Text = ""
    email: Text = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class WireDiscount(Wire):
    """One discount on a line, already subtracted from the order's total."""

    amount: Amount = "0"
    name: Text = ""
    code: Text = ""


class WireLine(Wire):
    """One product of an order. ``total_*`` is before discounts."""

    id: int
    product_id: int = 0
    variant_id: int | None = None
    order_address_id: int = 0
    name: Text = ""
    sku: Text = ""
    upc: Text = ""
    type: Text = "physical"
    quantity: Count
    quantity_shipped: Count = 0
    quantity_refunded: Count = 0
    price_ex_tax: Amount
    price_inc_tax: Amount
    total_ex_tax: Amount
    total_inc_tax: Amount
    total_tax: Amount
    applied_discounts: Rows[WireDiscount] = []


class WireConsignment(WireAddress):
    """A shipping consignment: an address, how it is shipped, and its lines."""

    id: int = 0
    shipping_method: Text = ""
    line_items: Rows[WireLine] = []


class WireLines(Wire):
    """Any other consignment (pickup, download, gift certificate): only its lines."""

    line_items: Rows[WireLine] = []


class WireEmails(Wire):
    """Gift certificates, which go out by e-mail."""

    gift_certificates: Rows[WireLines] = []


class WireConsignments(Wire):
    """All lines of an order, by the way on which they leave."""

    shipping: Rows[WireConsignment] = []
    pickups: Rows[WireLines] = []
    downloads: Rows[WireLines] = []
    email: Annotated[WireEmails, BeforeValidator(_read_php_object)] = WireEmails()

    @property
    def lines(self) -> list[WireLine]:
        """Every line of every consignment."""
        shipped = [line for each in self.shipping for line in each.line_items]
        others = [*self.pickups, *self.downloads, *self.email.gift_certificates]
        return shipped + [line for each in others for line in each.line_items]


def _require_lines(value: Any) -> Any:
    """Refuse a link to the consignments in place of the consignments."""
    value = _read_php_object(value)
    if isinstance(value, dict) and "resource" in value:
        raise ValueError("a link to the lines came instead of the lines")
    return value


class WireFee(Wire):
    """A fee of the merchant's own."""

    display_name_customer: Text = ""
    cost_ex_tax: Amount | None = None
    cost_inc_tax: Amount
    cost_tax: Amount = "0"


def _read_fees(value: Any) -> Any:
    """Return the fees; a link to them, which is what comes unasked, as none."""
    return [] if value is None or isinstance(value, dict) else value


class WireRefundedItem(Wire):
    """What a refund is of: units of a line, or an amount of something else."""

    item_type: Text = ""
    item_id: int = 0
    quantity: int | None = None


class WireRefundPayment(Wire):
    """One payment of a refund."""

    is_declined: bool | None = None


class WireRefund(Wire):
    """A refund, from v3."""

    id: int
    created: UtcTime | None = None
    total_amount: Amount
    items: Rows[WireRefundedItem] = []
    payments: Rows[WireRefundPayment] = []


class WireShippedLine(Wire):
    """How many units of a line a shipment carries."""

    order_product_id: int
    quantity: Count


class WireShipment(Wire):
    """A shipment."""

    id: int
    date_created: MaybeMailTime = None
    tracking_number: Text = ""
    tracking_link: Text = ""
    generated_tracking_link: Text = ""
    tracking_carrier: Text = ""
    shipping_provider: Text = ""
    shipping_provider_display_name: Text = ""
    items: Rows[WireShippedLine] = []


class WireOrder(Wire):
    """An order of v2, with the consignments that it was asked to include."""

    id: int = Field(gt=0)
    status_id: int
    date_created: MailTime
    date_modified: MailTime
    currency: CurrencyCode
    """What the shopper pays in, and not what prices were shown in."""
    is_tax_inclusive_pricing: bool = False
    is_deleted: bool = False
    payment_status: Text = ""
    payment_method: Text = ""
    payment_provider_id: Text = ""
    customer_id: int = 0
    customer_message: Text = ""
    total_ex_tax: Amount
    total_inc_tax: Amount
    shipping_cost_ex_tax: Amount = "0"
    shipping_cost_inc_tax: Amount = "0"
    shipping_cost_tax: Amount = "0"
    handling_cost_ex_tax: Amount = "0"
    handling_cost_inc_tax: Amount = "0"
    handling_cost_tax: Amount = "0"
    wrapping_cost_ex_tax: Amount = "0"
    wrapping_cost_inc_tax: Amount = "0"
    wrapping_cost_tax: Amount = "0"
    billing_address: WireAddress | None = None
    consignments: Annotated[WireConsignments, BeforeValidator(_require_lines)]
    fees: Annotated[list[WireFee], BeforeValidator(_read_fees)] = []
    refunds: Annotated[Rows[WireRefund], Field(alias="_refunds")] = []
    shipments: Annotated[Rows[WireShipment], Field(alias="_shipments")] = []
    restocks: Annotated[bool, Field(alias="_restocks")] = True

    @model_validator(mode="before")
    @classmethod
    def _choose_currency(cls, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        names = ("default_currency_code", "currency_code")
        told = (payload.get(name) for name in names)
        return {**payload, "currency": next((one for one in told if one), None)}


class WireOption(Wire):
    """One choice of a variant ("Black")."""

    label: Text = ""


class WireVariant(Wire):
    """A variant; a product without options has exactly one, its base variant."""

    id: int
    sku: Text = ""
    upc: Text = ""
    gtin: Text = ""
    inventory_level: int | None = None
    purchasing_disabled: bool = False
    option_values: Rows[WireOption] = []


class WireProduct(Wire):
    """A product with its variants."""

    id: int = Field(gt=0)
    name: Text = ""
    type: Text = "physical"
    sku: Text = ""
    upc: Text = ""
    gtin: Text = ""
    inventory_level: int | None = None
    inventory_tracking: Text = "none"
    is_visible: bool = True
    availability: Text = "available"
    variants: Rows[WireVariant] = []


def to_money(amount: str, currency: str) -> Money:
    """Return ``amount`` rounded to the currency's minor unit; v2 states four places."""
    return Money.rounded(Decimal(amount), currency)
