"""The shapes of Vendure's JSON that the mapping reads, and only those fields.

Unknown fields are ignored, so that a new version of the API breaks nothing. Source: the
Admin API's schema. Money is an integer of minor units. Times are ISO 8601 in UTC. The
connector adds keys of its own to variants; they begin with an underscore.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from ..canonical.model import UtcTime
from ..canonical.money import MINOR_MAX
from ..canonical.stock import QUANTITY_MAX
from .wire import CurrencyCode, Rows, Text

Minor = Annotated[int, Field(strict=True, ge=-MINOR_MAX, le=MINOR_MAX)]
Count = Annotated[int, Field(strict=True, ge=0, le=QUANTITY_MAX)]
Id = Annotated[str, Field(min_length=1)]
_TIME = TypeAdapter(UtcTime)


class Wire(BaseModel):
    """Base of the shapes: camel case on the wire."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )


class WireCustomer(Wire):
    """Who bought."""

    id: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    email_address: Text = ""
    phone_number: Text = ""


class WireAddress(Wire):
    """Where to send to, or whom to bill. Vendure fills in what the shopper did."""

    full_name: Text = ""
    company: Text = ""
    street_line1: Text = Field("", alias="streetLine1")
    street_line2: Text = Field("", alias="streetLine2")
    city: Text = ""
    province: Text = ""
    postal_code: Text = ""
    country_code: Text = ""
    phone_number: Text = ""


class WireTaxLine(Wire):
    """One tax on a line, as a rate."""

    description: Text = ""
    tax_rate: float


class WireDiscount(Wire):
    """One reduction of a line: a negative amount."""

    description: Text = ""
    amount_with_tax: Minor


class WireLineVariant(Wire):
    """The variant that a line is about, as it is now and not as it was sold."""

    id: Id
    sku: Text = ""
    name: Text = ""
    track_inventory: Text = ""


class WireLine(Wire):
    """A line. ``quantity`` is what is left after cancellations and edits."""

    id: Id
    quantity: Count
    order_placed_quantity: Count = 0
    unit_price_with_tax: Minor
    prorated_line_price: Minor
    prorated_line_price_with_tax: Minor
    tax_lines: Rows[WireTaxLine] = []
    discounts: Rows[WireDiscount] = []
    product_variant: WireLineVariant


class WireSurcharge(Wire):
    """A charge that belongs to no line."""

    description: Text = ""
    price: Minor
    price_with_tax: Minor


class WireShippingMethod(Wire):
    """How the shopper chose to have it sent."""

    code: Text = ""
    name: Text = ""


class WireShippingLine(Wire):
    """One shipping charge after discounts."""

    discounted_price: Minor
    discounted_price_with_tax: Minor
    shipping_method: WireShippingMethod = WireShippingMethod()


class WirePart(Wire):
    """Units of an order line, in a parcel or in a refund."""

    order_line_id: Id
    quantity: Count


class WireRefund(Wire):
    """Money that went back of one payment."""

    id: Id
    state: Text = ""
    total: Minor
    created_at: UtcTime
    lines: Rows[WirePart] = []


class WirePayment(Wire):
    """A payment, promised or made."""

    id: Id
    state: Text = ""
    method: Text = ""
    amount: Minor
    created_at: UtcTime
    refunds: Rows[WireRefund] = []


class WireFulfillment(Wire):
    """A parcel."""

    id: Id
    state: Text = ""
    method: Text = ""
    tracking_code: Text = ""
    created_at: UtcTime
    lines: Rows[WirePart] = []


class WireOrder(Wire):
    """An order."""

    id: Id
    code: Text = ""
    state: str
    order_placed_at: UtcTime | None = None
    created_at: UtcTime
    updated_at: UtcTime
    currency_code: CurrencyCode
    total_with_tax: Minor
    customer: WireCustomer | None = None
    shipping_address: WireAddress | None = None
    billing_address: WireAddress | None = None
    lines: Rows[WireLine]
    surcharges: Rows[WireSurcharge] = []
    shipping_lines: Rows[WireShippingLine] = []
    payments: Rows[WirePayment] = []
    fulfillments: Rows[WireFulfillment] = []


class WireLevel(Wire):
    """What lies at one location, and how much of it is promised to orders."""

    stock_location_id: Id
    stock_on_hand: int
    stock_allocated: int


class WireProduct(Wire):
    """The product of a variant."""

    name: Text = ""
    enabled: bool = True


class WireVariant(Wire):
    """A variant, with what the connector adds to it."""

    id: Id
    sku: Text = ""
    name: Text = ""
    enabled: bool = True
    track_inventory: Text = ""
    stock_levels: Rows[WireLevel] = []
    product: WireProduct = WireProduct()
    location: Text = Field("", alias="_location")
    tracked_by_default: bool = Field(True, alias="_trackedByDefault")


def find_newest(part: Any) -> datetime | None:
    """Return the newest time in a record: of itself, its payments, its parcels.

    An order's own ``updatedAt`` stands still while these change.
    """
    if isinstance(part, Mapping):
        found = [
            _read_time(value) if name.endswith("At") else find_newest(value)
            for name, value in part.items()
        ]
    elif isinstance(part, list):
        found = [find_newest(entry) for entry in part]
    else:
        return None
    return max((moment for moment in found if moment is not None), default=None)


def _read_time(value: Any) -> datetime | None:
    try:
        return _TIME.validate_python(value)
    except ValidationError:
        return None
