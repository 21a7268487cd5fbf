"""The shapes of Square's JSON that the mapping reads, and only those fields.

Not the whole of Square: unknown fields are ignored, so that a new release breaks
nothing. Almost every field may be null or missing. Source: Square's API description,
release 2025-08-20.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from ..canonical.model import UtcTime
from ..canonical.money import MINOR_MAX, Money
from ..canonical.stock import QUANTITY_MAX
from .wire import CurrencyCode, Rows, Text

_DIGITS_MAX = 26
"""The longest quantity that Square's own description allows."""


def _read_decimal(text: Any) -> Decimal:
    if not isinstance(text, str):
        raise ValueError("not a decimal string")  # noqa: TRY004 - pydantic wants it
    if not text.isascii() or "_" in text or len(text) > _DIGITS_MAX:
        raise ValueError("not a quantity in plain digits")
    try:
        quantity = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a quantity") from None
    if not quantity.is_finite() or abs(quantity) > QUANTITY_MAX:
        raise ValueError("not a quantity that the hub can hold")
    return quantity


Quantity = Annotated[Decimal, BeforeValidator(_read_decimal)]
"""A quantity as Square writes it: a decimal string."""


class Wire(BaseModel):
    """Base of the shapes."""


class WireMoney(Wire):
    """An amount in minor units. Square leaves the amount out where it is zero."""

    amount: int = Field(default=0, ge=-MINOR_MAX, le=MINOR_MAX)
    currency: CurrencyCode

    @property
    def money(self) -> Money:
        """The same, as the hub holds it."""
        return Money(self.amount, self.currency)


class WireAppliedPart(Wire):
    """The share of one tax or discount in a line."""

    tax_uid: Text = ""
    discount_uid: Text = ""
    applied_money: WireMoney | None = None


class WireLine(Wire):
    """One entry of ``line_items``: no SKU, only the id of a catalogue's variation."""

    uid: str = Field(min_length=1)
    name: Text = ""
    variation_name: Text = ""
    catalog_object_id: Text = ""
    item_type: Text = ""
    quantity: Quantity = Field(ge=0)
    base_price_money: WireMoney | None = None
    gross_sales_money: WireMoney | None = None
    total_money: WireMoney | None = None
    total_tax_money: WireMoney | None = None
    applied_taxes: Rows[WireAppliedPart] = []
    applied_discounts: Rows[WireAppliedPart] = []


class WireTax(Wire):
    """One entry of ``taxes``: what a ``tax_uid`` means in this order."""

    uid: Text = ""
    name: Text = ""
    type: Text = ""
    percentage: Text = ""


class WireDiscount(Wire):
    """One entry of ``discounts``."""

    uid: Text = ""
    name: Text = ""


class WireServiceCharge(Wire):
    """A charge on the whole order (service, delivery, packing)."""

    uid: Text = ""
    name: Text = ""
    total_money: WireMoney | None = None
    total_tax_money: WireMoney | None = None
    treatment_type: Text = ""


class WireCard(Wire):
    """What a card tender says of itself."""

    status: Text = ""


class WireTender(Wire):
    """A payment of an order."""

    id: Text = ""
    payment_id: Text = ""
    type: Text = ""
    amount_money: WireMoney | None = None
    created_at: UtcTime | None = None
    card_details: WireCard | None = None


class WireAddress(Wire):
    """Where somebody lives."""

    address_line_1: Text = ""
    address_line_2: Text = ""
    locality: Text = ""
    administrative_district_level_1: Text = ""
    postal_code: Text = ""
    country: Text = ""
    first_name: Text = ""
    last_name: Text = ""


class WireRecipient(Wire):
    """Who gets a fulfillment."""

    customer_id: Text = ""
    display_name: Text = ""
    email_address: Text = ""
    phone_number: Text = ""
    address: WireAddress | None = None


class WireHandover(Wire):
    """``shipment_details``, ``pickup_details`` or ``delivery_details``."""

    recipient: WireRecipient | None = None
    carrier: Text = ""
    tracking_number: Text = ""
    tracking_url: Text = ""
    shipping_note: Text = ""
    note: Text = ""
    expected_shipped_at: UtcTime | None = None
    shipped_at: UtcTime | None = None
    picked_up_at: UtcTime | None = None
    completed_at: UtcTime | None = None
    delivered_at: UtcTime | None = None
    canceled_at: UtcTime | None = None

    @property
    def left_at(self) -> datetime | None:
        """When the goods left, in whichever way."""
        return (
            self.shipped_at
            or self.picked_up_at
            or self.delivered_at
            or self.completed_at
        )


class WireEntry(Wire):
    """How many of a line a fulfillment carries."""

    line_item_uid: str
    quantity: Quantity = Field(ge=0)


class WireFulfillment(Wire):
    """One fulfillment of an order, wished for or done."""

    uid: Text = ""
    type: Text = ""
    state: Text = ""
    line_item_application: Text = ""
    entries: Rows[WireEntry] = []
    shipment_details: WireHandover | None = None
    pickup_details: WireHandover | None = None
    delivery_details: WireHandover | None = None

    @property
    def details(self) -> WireHandover:
        """The details of whichever type it is."""
        told = self.shipment_details or self.pickup_details or self.delivery_details
        return told or WireHandover()


class WireReturnLine(Wire):
    """A line that came back; ``source_line_item_uid`` is the sale's line."""

    source_line_item_uid: Text = ""
    catalog_object_id: Text = ""
    quantity: Quantity = Field(ge=0)


class WireAmounts(Wire):
    """A roll-up of amounts."""

    total_money: WireMoney | None = None


class WireReturn(Wire):
    """What came back of one sale."""

    source_order_id: Text = ""
    return_line_items: Rows[WireReturnLine] = []
    return_amounts: WireAmounts | None = None


class WireRefund(Wire):
    """Money that went back: an entry of an order, or an answer of the refunds API."""

    id: str
    status: Text = ""
    amount_money: WireMoney
    order_id: Text = ""
    created_at: UtcTime | None = None


class WireAdjustment(Wire):
    """Goods that moved from one inventory state to another."""

    refund_id: Text = ""
    transaction_id: Text = ""
    catalog_object_id: Text = ""
    from_state: Text = ""
    to_state: Text = ""
    quantity: Quantity = Decimal(0)


class WireReturnOrder(Wire):
    """An order that brings back goods of other orders."""

    id: str
    created_at: UtcTime | None = None
    returns: Rows[WireReturn] = []
    refunds: Rows[WireRefund] = []


class WireOrder(Wire):
    """An order, with what the connector put beside it under names of its own."""

    id: str = Field(min_length=1)
    reference_id: Text = ""
    ticket_name: Text = ""
    customer_id: Text = ""
    state: Text = "OPEN"
    created_at: UtcTime
    updated_at: UtcTime | None = None
    closed_at: UtcTime | None = None
    total_money: WireMoney
    total_tip_money: WireMoney | None = None
    net_amount_due_money: WireMoney | None = None
    line_items: Rows[WireLine] = []
    taxes: Rows[WireTax] = []
    discounts: Rows[WireDiscount] = []
    service_charges: Rows[WireServiceCharge] = []
    tenders: Rows[WireTender] = []
    fulfillments: Rows[WireFulfillment] = []
    returns: Rows[WireReturn] = []
    refunds: Rows[WireRefund] = []
    payment_refunds: Rows[WireRefund] = Field(default=[], alias="_refunds")
    return_orders: Rows[WireReturnOrder] = Field(default=[], alias="_returns")
    adjustments: Rows[WireAdjustment] = Field(default=[], alias="_adjustments")

    @property
    def currency(self) -> str:
        """The one currency of the order: that of its location."""
        return self.total_money.currency

    def money(self, wire: WireMoney | None) -> Money:
        """Return an amount; what Square leaves out is zero in the order's currency."""
        return Money.zero(self.currency) if wire is None else wire.money


def count_whole(quantity: Decimal) -> int | None:
    """Return a quantity in whole units; None where it is a measure (1.5 kg)."""
    whole = int(quantity)
    return whole if whole == quantity else None
