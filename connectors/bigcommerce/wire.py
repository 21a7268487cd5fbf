"""The shapes of BigCommerce's answers that the connector itself acts on.

Orders and products as records are read by ``mapping``; here is only what the connector
must understand to page, compare and subscribe. v2 answers an empty list with a 204.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime
from ...mapping.bigcommerce_wire import MailTime
from ...mapping.wire import Text, describe_mismatch
from ..calls import Answer

Json = dict[str, Any]
ID_DIGITS_MAX = 18
Entry = TypeVar("Entry")
Rows = Annotated[
    tuple[Entry, ...], BeforeValidator(lambda rows: () if rows is None else rows)
]


class Shape(BaseModel):
    """Base of these shapes, with room for more fields."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class LineHead(Shape):
    """A line, as far as shipping it needs."""

    id: int
    order_address_id: int = 0
    quantity_shipped: int = 0
    quantity_refunded: int = 0


class LineGroup(Shape):
    """A consignment, as far as its lines go."""

    line_items: Rows[LineHead] = ()


class Consignments(Shape):
    """The consignments that are shipped."""

    shipping: Rows[LineGroup] = ()


class OrderHead(Shape):
    """An order, as far as reading it on and telling it something needs."""

    id: int = Field(gt=0)
    date_modified: MailTime
    status_id: int
    payment_status: Text = ""
    items_shipped: int = 0
    consignments: Annotated[
        Consignments, BeforeValidator(lambda each: {} if each in (None, []) else each)
    ] = Consignments()

    @property
    def lines(self) -> list[LineHead]:
        """The lines that are shipped somewhere."""
        return [
            line for group in self.consignments.shipping for line in group.line_items
        ]


class ProductHead(Shape):
    """A product, as far as it is a record."""

    id: int = Field(gt=0)
    date_modified: UtcTime


class Shipment(Shape):
    """A shipment, as far as finding ours again needs."""

    id: int
    comments: Text = ""


class RefundPart(Shape):
    """One part of a refund."""

    reason: Text = ""


class Refund(Shape):
    """A refund, as far as finding ours again needs."""

    id: int
    order_id: int
    reason: Text = ""
    items: Rows[RefundPart] = ()


class RefundMethod(Shape):
    """One payment of a way to pay back."""

    provider_id: str
    amount: float
    offline: bool | None = None


class RefundQuote(Shape):
    """The ways to pay a refund, and what each comes to."""

    refund_methods: Rows[Rows[RefundMethod]] = ()


class Identity(Shape):
    """Which variant an inventory record is of."""

    product_id: int
    variant_id: int | None = None
    sku_id: int | None = None


class Place(Shape):
    """The stock of an inventory record at one location."""

    location_id: int
    total_inventory_onhand: int | None = None


class InventoryRow(Shape):
    """The stock of one variant."""

    identity: Identity
    locations: Rows[Place] = ()


class Location(Shape):
    """A location."""

    id: int
    label: Text = ""
    enabled: bool = True


class Store(Shape):
    """The store itself."""

    id: str = Field(min_length=1)
    name: Text = ""
    currency: Text = ""


class VariantPrice(Shape):
    """What shoppers see, as a write answers it."""

    id: int
    calculated_price: str | None = None


class Hook(Shape):
    """A webhook."""

    id: int
    scope: str
    destination: str
    is_active: bool = True


class Pagination(Shape):
    """How many pages a list has."""

    total_pages: int = 1


class Meta(Shape):
    """What v3 says about a list."""

    pagination: Pagination = Pagination()


class Listed(Shape):
    """A list of v3."""

    data: Rows[Json]
    meta: Annotated[
        Meta, BeforeValidator(lambda each: {} if each in (None, []) else each)
    ] = Meta()


class Single(Shape):
    """One record of v3."""

    data: Json


Form = TypeVar("Form", bound=BaseModel)


def read_shape(shape: type[Form], parsed: Any) -> Form:
    """Return parsed JSON read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    try:
        return shape.model_validate(parsed)
    except ValidationError as error:
        message = describe_mismatch(error).message
        raise ContractBrokenError(
            f"unexpected answer of the store: {message}"
        ) from None


def read_one(shape: type[Form], answer: Answer) -> Form:
    """Return a v2 answer read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    return read_shape(shape, answer.json())


def read_data(shape: type[Form], answer: Answer) -> Form:
    """Return the record in a v3 answer.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    return read_shape(shape, read_one(Single, answer).data)


def read_rows(answer: Answer) -> list[Json]:
    """Return the objects of a v2 list; none for a 204.

    Raises:
        ContractBrokenError: the answer is no list of objects.
    """
    if answer.status == 204:
        return []
    rows = answer.json()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ContractBrokenError("expected a list of objects from the store")
    return rows


def read_time(answer: Answer, clock: Clock) -> datetime:
    """Return the store's time as its answer tells it, or ours where it does not."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, OverflowError):
        return clock.now()
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_id(text: str) -> bool:
    """Say whether a text can be an id of this store: ASCII digits, a few of them."""
    return text.isascii() and text.isdigit() and len(text) <= ID_DIGITS_MAX
