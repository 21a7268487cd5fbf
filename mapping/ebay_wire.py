"""The shapes of eBay's JSON that the mapping reads, and only those fields.

Unknown fields are ignored, so that a new version of the API breaks nothing. Source: the
OpenAPI contracts of Sell Fulfillment (v1.20) and Sell Inventory (1.18). The connector
adds two keys of its own to what eBay sends; they begin with an underscore.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ..canonical.model import UtcTime
from ..canonical.money import Money
from .wire import Amount, CurrencyCode, Rows, Text


class Wire(BaseModel):
    """Base of the shapes: eBay's names, and room for more of them."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, populate_by_name=True
    )


class WireAmount(Wire):
    """An amount; after a conversion also the one before it."""

    value: Amount
    currency: CurrencyCode
    converted_from_value: Amount | None = None
    converted_from_currency: CurrencyCode | None = None


class WirePhone(Wire):
    """A telephone number."""

    phone_number: Text = ""


class WireAddress(Wire):
    """Where somebody lives. eBay withholds most of it 90 days after the order."""

    address_line1: Text = ""
    address_line2: Text = ""
    city: Text = ""
    state_or_province: Text = ""
    postal_code: Text = ""
    country_code: Text = ""


class WireContact(Wire):
    """Who somebody is and where they live."""

    full_name: Text = ""
    company_name: Text = ""
    email: Text = ""
    primary_phone: WirePhone | None = None
    contact_address: WireAddress | None = None


class WireBuyer(Wire):
    """Who bought. Some developers get an id that never changes as ``username``."""

    username: Text = ""
    buyer_registration_address: WireContact | None = None


class WireCancelRequest(Wire):
    """One request to cancel. ``getOrders`` shows none of them, ``getOrder`` all."""

    cancel_reason: Text = ""
    cancel_request_state: Text = ""


class WireCancelStatus(Wire):
    """Whether the order was cancelled, or somebody asked for it."""

    cancel_state: str = "NONE_REQUESTED"
    cancelled_date: UtcTime | None = None
    cancel_requests: Rows[WireCancelRequest] = []


class WireShippingStep(Wire):
    """How the goods go, and to whom."""

    shipping_service_code: Text = ""
    ship_to: WireContact | None = None


class WireInstruction(Wire):
    """One way in which the order is to be fulfilled."""

    fulfillment_instructions_type: Text = ""
    shipping_step: WireShippingStep | None = None


class WireDates(Wire):
    """Until when a line has to leave."""

    ship_by_date: UtcTime | None = None


class WireTax(Wire):
    """One tax on a line; the type is there because the connector asks for it."""

    amount: WireAmount | None = None
    tax_type: Text = ""


class WirePromotion(Wire):
    """A reduction that a line had."""

    description: Text = ""
    promotion_id: Text = ""
    discount_amount: WireAmount | None = None


class WireRefund(Wire):
    """Money that goes back, of the order or of a line (which tells no status)."""

    amount: WireAmount | None = None
    refund_date: UtcTime | None = None
    refund_id: Text = ""
    refund_reference_id: Text = ""
    refund_status: str = "REFUNDED"

    @property
    def id(self) -> str:
        """Whichever id it has."""
        return self.refund_id or self.refund_reference_id


class WireLine(Wire):
    """One thing bought. ``line_item_cost`` is for all units, before discounts."""

    line_item_id: str
    legacy_item_id: Text = ""
    legacy_variation_id: Text = ""
    sku: Text = ""
    title: Text = ""
    quantity: int = Field(ge=0)
    line_item_cost: WireAmount
    discounted_line_item_cost: WireAmount | None = None
    line_item_fulfillment_status: Text = "NOT_STARTED"
    line_item_fulfillment_instructions: WireDates | None = None
    taxes: Rows[WireTax] = []
    applied_promotions: Rows[WirePromotion] = []
    refunds: Rows[WireRefund] = []


class WirePayment(Wire):
    """One payment."""

    amount: WireAmount | None = None
    payment_date: UtcTime | None = None
    payment_method: Text = ""
    payment_reference_id: Text = ""
    payment_status: Text = ""


class WirePaymentSummary(Wire):
    """What was paid and what goes back."""

    payments: Rows[WirePayment] = []
    refunds: Rows[WireRefund] = []


class WirePricing(Wire):
    """The sums of an order. Discounts are negative."""

    total: WireAmount
    delivery_cost: WireAmount | None = None
    delivery_discount: WireAmount | None = None
    adjustment: WireAmount | None = None
    fee: WireAmount | None = None


class WireFulfillmentProgram(Wire):
    """Who ships where it is not the seller."""

    fulfilled_by: Text = ""


class WireProgram(Wire):
    """The programmes that an order is part of."""

    fulfillment_program: WireFulfillmentProgram | None = None


class WireParcelLine(Wire):
    """How many of a line a parcel carries; one where eBay does not say."""

    line_item_id: str
    quantity: int = Field(default=1, ge=0)


class WireParcel(Wire):
    """One shipping fulfillment. Its id is the tracking number, or any number."""

    fulfillment_id: str
    line_items: Rows[WireParcelLine] = []
    shipment_tracking_number: Text = ""
    shipping_carrier_code: Text = ""
    shipped_date: UtcTime | None = None


class WireOrder(Wire):
    """An order, with the parcels that the connector put beside it."""

    order_id: str = Field(min_length=1)
    creation_date: UtcTime
    last_modified_date: UtcTime
    order_payment_status: str
    order_fulfillment_status: str
    cancel_status: WireCancelStatus = WireCancelStatus()
    buyer: WireBuyer | None = None
    buyer_checkout_notes: Text = ""
    pricing_summary: WirePricing
    payment_summary: WirePaymentSummary = WirePaymentSummary()
    fulfillment_start_instructions: Rows[WireInstruction] = []
    line_items: list[WireLine]
    program: WireProgram | None = None
    parcels: Rows[WireParcel] = Field(default=[], alias="_fulfillments")


class WireProduct(Wire):
    """What an inventory item is."""

    title: Text = ""
    ean: Rows[str] = []
    upc: Rows[str] = []
    isbn: Rows[str] = []


class WireQuantity(Wire):
    """The units that can be bought and shipped home."""

    quantity: int | None = None


class WireAvailability(Wire):
    """The units that can be bought."""

    ship_to_location_availability: WireQuantity | None = None

    @property
    def quantity(self) -> int:
        """Units for sale; an item without a quantity is listed as out of stock."""
        stated = self.ship_to_location_availability
        return (stated.quantity if stated else None) or 0


class WireItem(Wire):
    """An inventory item: one SKU of the account."""

    sku: str = Field(min_length=1)
    product: WireProduct | None = None
    availability: WireAvailability | None = None

    @property
    def quantity(self) -> int:
        """Units for sale."""
        return self.availability.quantity if self.availability else 0


class WireOffer(Wire):
    """An offer: what makes an inventory item a listing on a marketplace."""

    offer_id: str
    status: str = ""


class WireItemRecord(Wire):
    """An inventory item, with the offers that the connector put beside it."""

    item: WireItem
    offers: Rows[WireOffer] = []


def to_money(amount: WireAmount | None, currency: str) -> Money:
    """Return an amount in minor units; nothing at all where there is none."""
    if amount is None:
        return Money.zero(currency)
    return Money.rounded(amount.value, amount.currency)


def first_moment(moments: list[datetime]) -> datetime | None:
    """Return the earliest of some moments; None of none."""
    return min(moments, default=None)
