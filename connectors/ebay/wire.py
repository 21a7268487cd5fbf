"""The shapes of eBay's answers that the connector itself acts on, and how to read them.

Orders and inventory items as records are read by ``mapping``; here is only what the
connector must understand to page, compare and subscribe.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime
from ..calls import Answer

Json = dict[str, Any]
Entry = TypeVar("Entry")
Rows = Annotated[
    tuple[Entry, ...], BeforeValidator(lambda rows: () if rows is None else rows)
]
"""A list; eBay leaves some out, or states null, where there is nothing."""


class Shape(BaseModel):
    """Base of these shapes: eBay's names, and room for more of them."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, populate_by_name=True
    )


class TokenAnswer(BaseModel):
    """What the token endpoint gives; in snake case, as OAuth has it."""

    access_token: str = Field(min_length=1)
    expires_in: float


class ApiError(Shape):
    """One entry of ``errors``: why a request, or one entry of a batch, failed."""

    error_id: int = 0
    message: str = ""
    long_message: str | None = None

    @property
    def reason(self) -> str:
        """Why, for a person, with eBay's number to look it up by."""
        text = self.long_message or self.message or "eBay does not say why"
        return f"{text} ({self.error_id})" if self.error_id else text


class OrderPage(Shape):
    """One page of orders."""

    total: int
    orders: Rows[Json] = ()


class CancelRequest(Shape):
    """One request to cancel an order."""

    cancel_request_id: str = ""
    cancel_initiator: str | None = None
    cancel_request_state: str = ""


class CancelStatus(Shape):
    """How far a cancellation has come."""

    cancel_state: str = ""
    cancel_requests: Rows[CancelRequest] = ()


class Amount(Shape):
    """An amount as eBay writes it."""

    value: str
    currency: str


class RefundHead(Shape):
    """A refund of an order or of a line, as far as finding ours again needs."""

    amount: Amount | None = None
    refund_id: str | None = None
    refund_reference_id: str | None = None
    refund_status: str = ""


class RefundsOfLine(Shape):
    """A line, as far as its refunds go."""

    line_item_id: str
    refunds: Rows[RefundHead] = ()


class RefundsOfOrder(Shape):
    """An order's refunds."""

    refunds: Rows[RefundHead] = ()


class OrderHead(Shape):
    """An order, as far as reading it on and telling it something needs."""

    order_id: str
    last_modified_date: UtcTime
    order_payment_status: str = ""
    order_fulfillment_status: str = ""
    cancel_status: CancelStatus = CancelStatus()
    line_items: Rows[RefundsOfLine] = ()
    payment_summary: RefundsOfOrder = RefundsOfOrder()


class ParcelLine(Shape):
    """How many of a line a parcel carries."""

    line_item_id: str
    quantity: int = 1


class Parcel(Shape):
    """A shipping fulfillment."""

    fulfillment_id: str
    line_items: Rows[ParcelLine] = ()
    shipment_tracking_number: str | None = None


class Parcels(Shape):
    """All parcels of an order."""

    fulfillments: Rows[Parcel] = ()


class ItemPage(Shape):
    """One page of inventory items; ``size`` is the number of pages."""

    size: int
    inventory_items: Rows[Json] = ()


class ItemAnswer(Shape):
    """One entry of a bulk read."""

    sku: str
    status_code: int
    inventory_item: Json | None = None


class ItemAnswers(Shape):
    """The entries of a bulk read."""

    responses: Rows[ItemAnswer] = ()


class Price(Shape):
    """What an offer costs."""

    price: Amount | None = None


class Offer(Shape):
    """What makes an inventory item a listing on a marketplace."""

    offer_id: str
    status: str = ""
    format: str = "FIXED_PRICE"
    pricing_summary: Price | None = None


class Offers(Shape):
    """The offers of a SKU."""

    offers: Rows[Json] = ()


class Revision(Shape):
    """What became of one entry of a bulk write: an item's total, or one offer."""

    sku: str
    offer_id: str | None = None
    status_code: int
    errors: Rows[ApiError] = ()


class Revisions(Shape):
    """What became of a bulk write."""

    responses: Rows[Revision] = ()


class Refund(Shape):
    """What became of a refund that was asked for."""

    refund_id: str | None = None
    refund_status: str


class Eligibility(Shape):
    """Why an order cannot be cancelled."""

    eligible: bool = True
    failure_reason: Rows[str] = ()


class Cancellation(Shape):
    """What became of a cancellation that was asked for."""

    cancel_id: str | None = None
    order_eligibility_result: Eligibility | None = None


class User(Shape):
    """Whose token it is; ``user_id`` never changes, ``username`` can."""

    user_id: str = Field(min_length=1)
    username: str | None = None
    registration_marketplace_id: str = ""


class Privileges(Shape):
    """What the seller may do."""

    seller_registration_completed: bool = True


class PublicKey(Shape):
    """The key that notifications are signed with."""

    algorithm: str
    digest: str
    key: str


class DeliveryConfig(Shape):
    """Where a destination leads."""

    endpoint: str = ""


class Destination(Shape):
    """An address that eBay calls."""

    destination_id: str
    status: str = ""
    delivery_config: DeliveryConfig = DeliveryConfig()


class Destinations(Shape):
    """One page of destinations."""

    destinations: Rows[Destination] = ()
    next: str | None = None


class SubscriptionRow(Shape):
    """One topic that eBay calls a destination about."""

    subscription_id: str
    topic_id: str
    destination_id: str | None = None
    status: str = ""


class SubscriptionRows(Shape):
    """One page of subscriptions."""

    subscriptions: Rows[SubscriptionRow] = ()
    next: str | None = None


class TopicPayload(Shape):
    """A version in which a topic can be told."""

    schema_version: str = "1.0"
    deprecated: bool = False


class Topic(Shape):
    """Something that eBay can tell about."""

    topic_id: str
    supported_payloads: Rows[TopicPayload] = ()


ShapeType = TypeVar("ShapeType", bound=Shape)


def read_answer(shape: type[ShapeType], answer: Answer) -> ShapeType:
    """Return the answer read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    return read_shape(shape, answer.json())


def read_shape(shape: type[ShapeType], parsed: Any) -> ShapeType:
    """Return parsed JSON read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where, and not what stood there.
    """
    try:
        return shape.model_validate(parsed)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "answer"
        raise ContractBrokenError(
            f"unexpected answer of eBay: {where}: {first['msg']}"
        ) from None


def read_created_id(answer: Answer) -> str:
    """Return the id of what was made: eBay tells it in the Location header alone."""
    location = answer.headers.get("location", "")
    return location.rstrip("/").rpartition("/")[2]


def read_errors(answer: Answer) -> tuple[ApiError, ...]:
    """Return the errors that an answer states; none where it states none."""
    parsed = answer.json() if answer.body else {}
    rows = parsed.get("errors") if isinstance(parsed, Mapping) else None
    if not isinstance(rows, list):
        return ()
    return tuple(read_shape(ApiError, row) for row in rows)


def read_time(answer: Answer, clock: Clock) -> datetime:
    """Return eBay's time as its answer tells it, or ours where it does not."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, OverflowError):
        return clock.now()
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """Return a moment as eBay writes it: UTC with milliseconds and a Z."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
