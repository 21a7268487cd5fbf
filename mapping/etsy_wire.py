"""The shapes of Etsy's JSON that the mapping reads, and only those fields.

Unknown fields are ignored, so that a new version of the API breaks nothing. Source: the
OpenAPI contract of Open API v3 (mirror of 2026-06-09). Moments are epoch seconds, money
is a whole number with a divisor.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..canonical.errors import MappingError
from ..canonical.money import MINOR_MAX, Money
from .wire import CurrencyCode, Rows, Text

MOMENT_MAX = 253_402_300_799
"""The last second that a date can hold."""


def _read_moment(seconds: Any) -> datetime:
    # ``type`` and not ``isinstance``: True is an int, and no moment.
    if type(seconds) is not int or not 0 <= seconds <= MOMENT_MAX:
        raise ValueError("not a moment in whole epoch seconds")
    return datetime.fromtimestamp(seconds, UTC)


Moment = Annotated[datetime, BeforeValidator(_read_moment)]
"""Epoch seconds, read as a moment in UTC."""
Id = Annotated[int, Field(ge=1, strict=True)]


class Wire(BaseModel):
    """Base of the shapes: room for more fields than they name."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class WireMoney(Wire):
    """An amount: a whole number and what to divide it by."""

    amount: int = Field(ge=-MINOR_MAX, le=MINOR_MAX, strict=True)
    divisor: int = Field(ge=1, le=1_000_000, strict=True)
    currency_code: CurrencyCode

    @property
    def money(self) -> Money:
        """The amount, rounded to what its currency has."""
        return Money.rounded(
            Decimal(self.amount) / Decimal(self.divisor), self.currency_code
        )


class WirePropertyValue(Wire):
    """What tells one variation from its siblings: a property and its values."""

    property_id: int
    value_ids: Rows[int] = []
    values: Rows[Text] = []


class WireTransaction(Wire):
    """One line of a receipt."""

    transaction_id: Id
    title: Text = ""
    quantity: int = Field(ge=0)
    listing_id: int | None = None
    sku: Text = ""
    price: WireMoney
    is_digital: bool | None = None
    product_data: Rows[WirePropertyValue] = []
    shipping_method: Text = ""
    shipping_upgrade: Text = ""
    paid_timestamp: Moment | None = None
    shipped_timestamp: Moment | None = None
    expected_ship_date: Moment | None = None


class WireShipment(Wire):
    """A shipment of a receipt. It carries no lines."""

    receipt_shipping_id: int | None = None
    shipment_notification_timestamp: Moment | None = None
    carrier_name: Text = ""
    tracking_code: Text = ""


class WireRefund(Wire):
    """Money that went back. It has no id and names no lines."""

    amount: WireMoney
    created_timestamp: Moment | None = None
    reason: Text = ""
    status: Text = ""


class WireReceiptHead(Wire):
    """A receipt, as far as paging and finding shipments again needs.

    Both names of a timestamp are read: Etsy calls each by two.
    """

    receipt_id: Id
    update_timestamp: Moment | None = None
    updated_timestamp: Moment | None = None
    create_timestamp: Moment | None = None
    created_timestamp: Moment | None = None
    is_shipped: bool | None = None
    shipments: Rows[WireShipment] = []
    refunds: Rows[WireRefund] = []

    @property
    def created_at(self) -> datetime:
        """When the buyer bought.

        Raises:
            MappingError: the receipt does not say.
        """
        return _require_moment(
            self.created_timestamp or self.create_timestamp, "created_timestamp"
        )

    @property
    def updated_at(self) -> datetime:
        """When the receipt changed, as Etsy sorts by it. A refund does not move it.

        Raises:
            MappingError: the receipt does not say.
        """
        return _require_moment(
            self.updated_timestamp or self.update_timestamp, "updated_timestamp"
        )

    @property
    def changed_at(self) -> datetime:
        """When the newest part of the receipt came to be, refunds included."""
        parts = [one.created_timestamp for one in self.refunds]
        parts += [one.shipment_notification_timestamp for one in self.shipments]
        return max([self.updated_at, *(one for one in parts if one is not None)])


class WireReceipt(WireReceiptHead):
    """A receipt: what one buyer bought of one shop at once."""

    status: str
    is_paid: bool | None = None
    buyer_user_id: int | None = None
    buyer_email: Text = ""
    name: Text = ""
    first_line: Text = ""
    second_line: Text = ""
    city: Text = ""
    state: Text = ""
    zip: Text = ""
    country_iso: Text = ""
    payment_method: Text = ""
    message_from_buyer: Text = ""
    gift_message: Text = ""
    grandtotal: WireMoney
    total_shipping_cost: WireMoney | None = None
    total_tax_cost: WireMoney | None = None
    total_vat_cost: WireMoney | None = None
    discount_amt: WireMoney | None = None
    gift_wrap_price: WireMoney | None = None
    transactions: Rows[WireTransaction]

    @property
    def currency(self) -> str:
        """The currency that all of the receipt is in."""
        return self.grandtotal.currency_code

    def money(self, amount: WireMoney | None) -> Money:
        """Return an amount, and nothing where there is none."""
        return Money.zero(self.currency) if amount is None else amount.money


class WireOffering(Wire):
    """What a product is sold for, and how many there are."""

    quantity: int = 0
    is_enabled: bool = True
    is_deleted: bool = False
    price: WireMoney | None = None


class WireProduct(Wire):
    """One variation of a listing; a listing without variations has one."""

    sku: Text = ""
    is_deleted: bool = False
    offerings: Rows[WireOffering] = []
    property_values: Rows[WirePropertyValue] = []


class WireInventory(Wire):
    """What a listing consists of, and which properties tell quantities apart."""

    products: Rows[WireProduct]
    price_on_property: Rows[int] = []
    quantity_on_property: Rows[int] = []


class WireListing(Wire):
    """A listing with its inventory, as our connector stores it."""

    listing_id: Id
    title: Text = ""
    state: Text = ""
    listing_type: Text = ""
    inventory: WireInventory | None = None


def _require_moment(moment: datetime | None, path: str) -> datetime:
    if moment is None:
        raise MappingError(f"{path}: the receipt does not say when", path=path)
    return moment
