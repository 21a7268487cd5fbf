"""The shapes of Amazon's JSON that the mapping reads, and only those fields.

Orders API 2026-01-01 and Listings Items API 2021-08-01, as the vendor's models say
(amzn/selling-partner-api-models, commit 34dc93f). Unknown fields are ignored. What a
word means is in ``amazon_words``.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from ..canonical.model import UtcTime
from ..canonical.money import Money
from ..canonical.stock import QUANTITY_MAX
from .wire import Amount, CurrencyCode, Text


def _read_nothing_as_none_of_them(value: Any) -> Any:
    return () if value is None else value


Units = Annotated[int, Field(ge=0, le=QUANTITY_MAX, strict=True)]

Member = TypeVar("Member")
Several = Annotated[tuple[Member, ...], BeforeValidator(_read_nothing_as_none_of_them)]
"""A list that may be missing; null counts as missing."""


class Wire(BaseModel):
    """Base of the shapes: Amazon writes names in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


class WireMoney(Wire):
    """An amount: decimal text in major units, and its currency."""

    amount: Amount
    currency_code: CurrencyCode

    def to_money(self) -> Money:
        """Return the amount rounded to the currency's minor unit."""
        return Money.rounded(self.amount, self.currency_code)


class WireDetail(Wire):
    """Which part of a line a tax or a discount belongs to."""

    subtype: Text = ""
    value: WireMoney | None = None


class WireBreakdown(Wire):
    """One category of proceeds, of an order or of a line."""

    type: str
    subtotal: WireMoney
    detailed_breakdowns: Several[WireDetail] = ()


class WireOrderProceeds(Wire):
    """``proceeds`` of an order; missing while its payment is pending."""

    grand_total: WireMoney | None = None
    breakdowns: Several[WireBreakdown] = ()


class WireLineProceeds(Wire):
    """``proceeds`` of a line."""

    proceeds_total: WireMoney | None = None
    breakdowns: Several[WireBreakdown] = ()


class WirePrice(Wire):
    """``product.price`` of a line."""

    unit_price: WireMoney | None = None


class WireProduct(Wire):
    """``product`` of a line. The SKU is optional in Amazon's model."""

    asin: Text = ""
    title: Text = ""
    seller_sku: Text = ""
    price: WirePrice | None = None


class WireCancelRequest(Wire):
    """A buyer asks for a line to be cancelled."""

    requester: Text = ""
    cancel_reason: Text = ""


class WireCancelDone(Wire):
    """A line was cancelled."""

    cancelled_by: Text = ""
    cancel_reason: Text = ""


class WireCancellation(Wire):
    """``cancellation`` of a line: asked for, or done."""

    cancellation_request: WireCancelRequest | None = None
    cancellation_execution: WireCancelDone | None = None


class WireLineFulfillment(Wire):
    """How much of a line has left and how much is still to leave."""

    quantity_fulfilled: Units | None = None
    quantity_unfulfilled: Units | None = None


class WireLine(Wire):
    """One entry of ``orderItems``."""

    order_item_id: Annotated[str, StringConstraints(min_length=1)]
    quantity_ordered: Units
    product: WireProduct
    proceeds: WireLineProceeds | None = None
    cancellation: WireCancellation | None = None
    fulfillment: WireLineFulfillment | None = None


class WireWindow(Wire):
    """A span of time; either end may be missing."""

    latest_date_time: UtcTime | None = None


class WireFulfillment(Wire):
    """``fulfillment`` of an order."""

    fulfillment_status: str
    fulfilled_by: Text = ""
    ship_by_window: WireWindow | None = None


class WirePackageStatus(Wire):
    """Where a package is."""

    status: str


class WirePackageLine(Wire):
    """How many of a line a package holds."""

    order_item_id: str
    quantity: Units


class WirePackage(Wire):
    """One entry of ``packages``; only orders that the merchant ships have some."""

    package_reference_id: Annotated[str, StringConstraints(min_length=1)]
    package_status: WirePackageStatus | None = None
    carrier: Text = ""
    ship_time: UtcTime | None = None
    tracking_number: Text = ""
    package_items: Several[WirePackageLine] = ()


class WireSalesChannel(Wire):
    """Where the order was placed."""

    channel_name: Text = ""
    marketplace_id: Text = ""


class WireBuyer(Wire):
    """Who bought; only for applications with the role for it."""

    buyer_name: Text = ""
    buyer_email: Text = ""


class WireAddress(Wire):
    """``recipient.deliveryAddress``."""

    name: Text = ""
    company_name: Text = ""
    address_line1: Text = ""
    address_line2: Text = ""
    address_line3: Text = ""
    city: Text = ""
    state_or_region: Text = ""
    postal_code: Text = ""
    country_code: Text = ""
    phone: Text = ""


class WirePreference(Wire):
    """How the buyer wants the parcel delivered."""

    address_instruction: Text = ""


class WireRecipient(Wire):
    """``recipient``; only for applications with the role for it."""

    delivery_address: WireAddress | None = None
    delivery_preference: WirePreference | None = None


class WirePaymentExecution(Wire):
    """One way in which the order is paid."""

    payment_method: Text = ""
    payment_amount: WireMoney | None = None


class WirePayment(Wire):
    """``payment`` of an order."""

    payment_executions: Several[WirePaymentExecution] = ()


class WireOrder(Wire):
    """One order of ``searchOrders`` or ``getOrder``."""

    order_id: Annotated[str, StringConstraints(min_length=1)]
    created_time: UtcTime
    last_updated_time: UtcTime
    sales_channel: WireSalesChannel
    order_items: tuple[WireLine, ...]
    buyer: WireBuyer | None = None
    recipient: WireRecipient | None = None
    proceeds: WireOrderProceeds | None = None
    payment: WirePayment | None = None
    fulfillment: WireFulfillment | None = None
    packages: Several[WirePackage] = ()


class WireSummary(Wire):
    """One entry of a listing's ``summaries``: the listing in one marketplace."""

    item_name: Text = ""
    status: Several[str] = ()


class WireAvailability(Wire):
    """One entry of ``fulfillmentAvailability``: what one warehouse network has."""

    fulfillment_channel_code: str
    quantity: Units | None = None


class WireRelationship(Wire):
    """How a listing belongs to others."""

    type: Text = ""
    child_skus: Several[str] = ()


class WireRelationships(Wire):
    """The relationships of a listing in one marketplace."""

    relationships: Several[WireRelationship] = ()


FBA_QUANTITY_KEY = "_fulfillableQuantity"
"""Where the connector puts what Amazon's warehouses can ship of a listing."""


class WireListing(Wire):
    """One listings item."""

    sku: Annotated[str, StringConstraints(min_length=1)]
    fba_quantity: Units | None = Field(default=None, alias=FBA_QUANTITY_KEY)
    summaries: Several[WireSummary] = ()
    fulfillment_availability: Several[WireAvailability] = ()
    relationships: Several[WireRelationships] = ()
