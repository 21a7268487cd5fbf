"""The shapes of Medusa's orders and products that the mapping reads, checked once.

Amounts are JSON numbers in major units and are read as texts, never as floats to
calculate with. What Medusa leaves out because it was not asked for has a default only
where its absence means nothing.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from ..canonical.model import UtcTime
from ..canonical.money import Money
from .wire import Text, require_currency


def _read_rows_without_gaps(value: Any) -> Any:
    """Return rows without the gaps that Medusa leaves for deleted ones."""
    if isinstance(value, list):
        return [row for row in value if row is not None]
    return [] if value is None else value


Amount = Annotated[
    str, StringConstraints(pattern=r"^-?[0-9]{1,14}(\.[0-9]{1,20})?(e-[0-9]{1,2})?$")
]
"""An amount in major units."""
CurrencyCode = Annotated[
    str, StringConstraints(to_upper=True), AfterValidator(require_currency)
]
"""Medusa writes them in small letters."""
Count = Annotated[int, Field(ge=0)]
Entry = TypeVar("Entry")
Rows = Annotated[list[Entry], BeforeValidator(_read_rows_without_gaps)]


class Wire(BaseModel):
    """Base of the shapes. Numbers are read as texts where a text is meant."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class WireAddress(Wire):
    """Where to send to, and whom to bill."""

    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    address_1: Text = ""
    address_2: Text = ""
    city: Text = ""
    province: Text = ""
    postal_code: Text = ""
    country_code: Text = ""
    phone: Text = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class WireCustomer(Wire):
    """Who bought."""

    id: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    phone: Text = ""

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class WireTaxLine(Wire):
    """One tax of a line; its amount is ``total``."""

    code: Text = ""
    description: Text = ""
    rate: Amount = "0"
    total: Amount = "0"


class WireAdjustment(Wire):
    """One promotion on a line, already inside the line's total."""

    code: Text = ""
    amount: Amount


class WireDetail(Wire):
    """What has become of a line so far, in units."""

    shipped_quantity: Count = 0
    delivered_quantity: Count = 0
    return_received_quantity: Count = 0


class WireLine(Wire):
    """One thing bought. ``total`` includes tax, and leaves out units that came back."""

    id: str = Field(min_length=1)
    title: Text = ""
    variant_id: Text = ""
    product_id: Text = ""
    product_title: Text = ""
    variant_title: Text = ""
    variant_sku: Text = ""
    variant_barcode: Text = ""
    is_giftcard: bool = False
    is_tax_inclusive: bool = False
    unit_price: Amount
    quantity: Count
    total: Amount
    tax_total: Amount = "0"
    tax_lines: Rows[WireTaxLine] = []
    adjustments: Rows[WireAdjustment] = []
    detail: WireDetail


class WireShippingMethod(Wire):
    """One shipping charge."""

    name: Text = ""
    total: Amount
    tax_total: Amount = "0"


class WireMovement(Wire):
    """A capture or a refund of a payment."""

    id: str
    amount: Amount
    created_at: UtcTime


class WirePayment(Wire):
    """A payment; money has moved only by its captures and refunds."""

    provider_id: Text = ""
    updated_at: UtcTime | None = None
    captures: Rows[WireMovement] = []
    refunds: Rows[WireMovement] = []


class WirePaymentCollection(Wire):
    """The payments of one amount that was to be paid."""

    payments: Rows[WirePayment] = []


class WireFulfilledLine(Wire):
    """How many units of a line a fulfillment carries."""

    line_item_id: Text = ""
    quantity: Count


class WireLabel(Wire):
    """A tracking label."""

    tracking_number: Text = ""
    tracking_url: Text = ""


class WireFulfillment(Wire):
    """Goods that were packed, and have left once ``shipped_at`` is told."""

    id: str
    shipped_at: UtcTime | None = None
    delivered_at: UtcTime | None = None
    canceled_at: UtcTime | None = None
    metadata: dict[str, Any] | None = None
    items: Rows[WireFulfilledLine] = []
    labels: Rows[WireLabel] = []

    @property
    def left_at(self) -> datetime | None:
        """When the goods left; None while they are only packed."""
        return self.shipped_at or self.delivered_at


class WireReturnedLine(Wire):
    """Units of a line that came back: received into stock, or damaged."""

    item_id: str
    received_quantity: Count = 0
    damaged_quantity: Count = 0


class WireReturn(Wire):
    """A return of goods. It is about units; money goes back by a refund."""

    id: str
    received_at: UtcTime | None = None
    canceled_at: UtcTime | None = None
    items: Rows[WireReturnedLine] = []


class WireOrder(Wire):
    """An order with all that the connector asks for along with it."""

    id: str = Field(min_length=1)
    display_id: Text = ""
    status: str
    payment_status: str
    fulfillment_status: str
    currency_code: CurrencyCode
    email: Text = ""
    created_at: UtcTime
    updated_at: UtcTime
    canceled_at: UtcTime | None = None
    total: Amount
    credit_line_total: Amount = "0"
    customer: WireCustomer | None = None
    shipping_address: WireAddress | None = None
    billing_address: WireAddress | None = None
    items: Annotated[list[WireLine], BeforeValidator(_read_rows_without_gaps)]
    shipping_methods: Rows[WireShippingMethod] = []
    payment_collections: Rows[WirePaymentCollection] = []
    fulfillments: Rows[WireFulfillment] = []
    returns: Rows[WireReturn] = []

    @property
    def payments(self) -> list[WirePayment]:
        """All payments of all collections."""
        return [one for each in self.payment_collections for one in each.payments]

    @property
    def changed_at(self) -> datetime:
        """When the order or one of its payments last changed.

        A capture moves the payment's time and not the order's.
        """
        times = [one.updated_at for one in self.payments if one.updated_at]
        return max([self.updated_at, *times])


class WireLevel(Wire):
    """The stock of an inventory item at one location."""

    location_id: str
    stocked_quantity: int
    reserved_quantity: int = 0


class WireInventory(Wire):
    """An inventory item with its levels."""

    location_levels: Rows[WireLevel] = []


class WireInventoryLink(Wire):
    """How many units of an inventory item one unit of a variant takes."""

    inventory_item_id: str
    required_quantity: int = 1
    inventory: WireInventory | None = None


class WireVariant(Wire):
    """A variant of a product."""

    id: str = Field(min_length=1)
    title: Text = ""
    sku: Text = ""
    barcode: Text = ""
    ean: Text = ""
    upc: Text = ""
    manage_inventory: bool = True
    inventory_items: Rows[WireInventoryLink] = []


class WireProduct(Wire):
    """A product with its variants; ``_location`` is put in by the connector."""

    id: str = Field(min_length=1)
    title: Text = ""
    status: Text = "published"
    variants: Annotated[list[WireVariant], BeforeValidator(_read_rows_without_gaps)]
    location: str = Field(default="", alias="_location")


def to_money(amount: str, currency: str) -> Money:
    """Return ``amount`` rounded to the currency's minor unit.

    Taxes are computed with more decimals than the currency has.
    """
    return Money.rounded(Decimal(amount), currency)
