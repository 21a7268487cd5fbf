"""The shapes of Square's answers that the connector itself acts on.

Orders and items as records are read by ``mapping``; here is only what the connector
must understand to page, compare, refund and subscribe. Also how an answer becomes a
shape, and how Square says no.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError, RejectedError
from ...canonical.model import UtcTime
from ...mapping.square_wire import Quantity, WireFulfillment, WireMoney, WireTender
from ...mapping.wire import Rows, Text, describe_mismatch
from ..calls import Answer
from ..redaction import redact

Json = dict[str, Any]
_ID = re.compile(r"[A-Za-z0-9_:.-]{1,255}", re.ASCII)


class Problem(BaseModel):
    """Why Square refused something."""

    category: Text = ""
    code: Text = ""
    detail: Text = ""
    field: Text = ""


class Problems(BaseModel):
    """The body of an error answer."""

    errors: Rows[Problem] = []

    def has(self, *codes: str) -> bool:
        """Say whether one of the errors has one of these codes."""
        return any(each.code in codes for each in self.errors)

    @property
    def reason(self) -> str:
        """The first error in Square's own words, without secrets."""
        first = self.errors[0] if self.errors else Problem()
        return redact(first.detail or first.code) or "Square does not say why"


class OrderHead(BaseModel):
    """What every order has that pages and versions are made of."""

    id: str
    created_at: UtcTime
    updated_at: UtcTime | None = None
    closed_at: UtcTime | None = None

    @property
    def changed_at(self) -> datetime:
        """The order's version on Square's clock."""
        return self.updated_at or self.created_at


class OrderState(BaseModel):
    """An order, as far as telling it something needs."""

    id: str
    location_id: str
    state: Text = ""
    version: int | None = None
    fulfillments: Rows[FulfillmentState] = []
    tenders: Rows[WireTender] = []


class FulfillmentState(WireFulfillment):
    """A fulfillment with the marks that the hub leaves on it."""

    metadata: dict[str, str] | None = None


class PaymentState(BaseModel):
    """A payment, as far as paying it back needs."""

    id: str
    refund_ids: Rows[str] = []
    total_money: WireMoney | None = None
    refunded_money: WireMoney | None = None
    version_token: Text = ""
    status: Text = ""


class RefundHead(BaseModel):
    """A refund of a payment."""

    id: str
    status: Text = ""
    reason: Text = ""
    order_id: Text = ""
    created_at: UtcTime | None = None
    updated_at: UtcTime | None = None


class Count(BaseModel):
    """How many of a variation are in one state at one location."""

    catalog_object_id: Text = ""
    location_id: Text = ""
    state: Text = ""
    quantity: Quantity
    calculated_at: UtcTime | None = None


class ObjectHead(BaseModel):
    """What every object of the catalogue has."""

    id: str
    type: Text = ""
    updated_at: UtcTime
    item_variation_data: Json | None = None


class Merchant(BaseModel):
    """Whose account it is."""

    id: str
    business_name: Text = ""
    currency: Text = ""


class Location(BaseModel):
    """One place of business, with the currency of everything sold there."""

    id: str
    name: Text = ""
    status: Text = ""
    currency: Text = ""


class TokenStatus(BaseModel):
    """What a token may do."""

    scopes: Rows[str] = []


class Webhook(BaseModel):
    """One webhook subscription of the application."""

    id: str
    name: Text = ""
    enabled: bool | None = None
    event_types: Rows[str] = []
    notification_url: Text = ""
    signature_key: Text = ""


OrderState.model_rebuild()

Shape = TypeVar("Shape", bound=BaseModel)
Part = TypeVar("Part")


def read_shape(shape: type[Shape], parsed: Any) -> Shape:
    """Return parsed JSON read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    try:
        return shape.model_validate(parsed)
    except ValidationError as error:
        message = describe_mismatch(error).message
        raise ContractBrokenError(f"unexpected answer of Square: {message}") from None


def read_object(answer: Answer) -> Json:
    """Return the answer, which is an object.

    Raises:
        ContractBrokenError: it is something else.
    """
    parsed = answer.json()
    if not isinstance(parsed, dict):
        raise ContractBrokenError("expected an object from Square")
    return parsed


def read_one(shape: type[Shape], answer: Answer, name: str) -> Shape:
    """Return the one record that an answer carries under ``name``.

    Raises:
        ContractBrokenError: it is not there, or something else.
    """
    return read_shape(shape, read_object(answer).get(name))


def read_rows(answer: Answer, name: str) -> list[Json]:
    """Return the records that an answer lists under ``name``; none where it does not.

    Raises:
        ContractBrokenError: what is there is no list of objects.
    """
    rows = read_object(answer).get(name)
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ContractBrokenError(f"expected a list of {name} from Square")
    return rows


def read_cursor(answer: Answer) -> str:
    """Return the token of the next page; empty at the end.

    Raises:
        ContractBrokenError: it is no text.
    """
    token = read_object(answer).get("cursor")
    if token is not None and not isinstance(token, str):
        raise ContractBrokenError("expected a text as Square's cursor")
    return token or ""


def read_problems(answer: Answer) -> Problems:
    """Return why Square refused.

    Raises:
        ContractBrokenError: the answer does not say.
    """
    return read_shape(Problems, answer.json())


def read_time(answer: Answer, clock: Clock) -> datetime:
    """Return Square's time as its answer tells it, or ours where it does not."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, OverflowError):
        return clock.now()
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_id(text: str) -> bool:
    """Say whether a text can be an id of Square's, and go into a path."""
    return bool(_ID.fullmatch(text))


def require_id(text: str, noun: str) -> str:
    """Return an id that can go into a path.

    Raises:
        RejectedError: it is none of Square's.
    """
    if not is_id(text):
        raise RejectedError(f"{text[:60]!r} is no id of {noun}")
    return text


def format_time(moment: datetime) -> str:
    """Return a moment in RFC 3339, in UTC, to the millisecond."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def chunks(ids: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    """Yield ``ids`` in groups of at most ``size``."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
