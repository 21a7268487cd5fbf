"""The shapes of Vendure's answers that the connector itself acts on.

Orders and variants as records are read by ``mapping``; here is only what the connector
must understand to page, to compare and to tell success from refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime
from ..calls import Answer

Json = dict[str, Any]


class Shape(BaseModel):
    """Base of these shapes: camel case on the wire, with room for more fields."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True
    )


Kind = TypeVar("Kind", bound=Shape)


class Extensions(Shape):
    """What Vendure says of an error beside its message."""

    code: str = ""


class Problem(Shape):
    """One entry of ``errors``."""

    message: str = ""
    extensions: Extensions = Extensions()


class Envelope(Shape):
    """Any answer of the Admin API."""

    data: Json | None = None
    errors: tuple[Problem, ...] = ()


class Listed(Shape):
    """One page of a list."""

    items: tuple[Json, ...]


class Verdict(Shape):
    """What a mutation says of itself: what it made, or why it did not."""

    typename: str = Field(alias="__typename")
    id: str = ""
    state: str = ""
    error_code: str = ""
    message: str = ""

    def is_a(self, made: str) -> bool:
        """Say whether it made a thing of this type."""
        return self.typename == made and not self.error_code


class UserChannel(Shape):
    """What a user may do on one channel."""

    id: str
    code: str
    permissions: tuple[str, ...] = ()


class User(Shape):
    """Who the credentials belong to."""

    id: str
    identifier: str
    channels: tuple[UserChannel, ...] = ()


class Channel(Shape):
    """The Vendure channel that is talked to."""

    id: str
    code: str
    default_currency_code: str


class StockRules(Shape):
    """What holds for variants that say nothing of their own."""

    track_inventory: bool
    out_of_stock_threshold: int


class Location(Shape):
    """A stock location."""

    id: str
    name: str


class Level(Shape):
    """What lies at one location, and how much of it is promised to orders."""

    stock_location_id: str
    stock_on_hand: int
    stock_allocated: int


class Price(Shape):
    """The price of a variant in one currency, in minor units."""

    currency_code: str
    price: int


class VariantHead(Shape):
    """A variant, as far as writing to it needs."""

    id: str
    prices: tuple[Price, ...] = ()
    stock_levels: tuple[Level, ...] = ()

    def level_at(self, location: str) -> Level:
        """Return the level at a location; nothing lies where there is none."""
        for level in self.stock_levels:
            if level.stock_location_id == location:
                return level
        return Level(stock_location_id=location, stock_on_hand=0, stock_allocated=0)


class PartLine(Shape):
    """Units of an order line in a fulfillment."""

    order_line_id: str
    quantity: int


class Parcel(Shape):
    """A fulfillment."""

    id: str
    state: str
    tracking_code: str | None = None
    lines: tuple[PartLine, ...] = ()


class PaidBack(Shape):
    """A refund."""

    id: str
    state: str
    total: int
    reason: str | None = None


class Paid(Shape):
    """A payment with what went back of it."""

    id: str
    state: str
    amount: int
    refunds: tuple[PaidBack, ...] = ()

    @property
    def left(self) -> int:
        """What can still be paid back, in minor units."""
        back = sum(one.total for one in self.refunds if one.state != "Failed")
        return self.amount - back if self.state == "Settled" else 0


class OrderHead(Shape):
    """An order, as far as telling it something needs."""

    id: str
    state: str
    currency_code: str
    order_placed_at: UtcTime | None = None
    updated_at: UtcTime
    fulfillments: tuple[Parcel, ...] | None = None
    payments: tuple[Paid, ...] | None = None


def read_shape(shape: type[Kind], part: Any, place: str) -> Kind:
    """Return a part of an answer in its shape.

    Raises:
        ContractBrokenError: it has another one; the text names the field only.
    """
    try:
        return shape.model_validate(part)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False)[0]
        field = ".".join([place, *(str(step) for step in first["loc"])])
        raise ContractBrokenError(
            f"Vendure's answer is not as documented: {field}: {first['msg']}"
        ) from None


def read_rows(shape: type[Kind], rows: Sequence[Any], place: str) -> list[Kind]:
    """Return every row of a list in its shape.

    Raises:
        ContractBrokenError: one has another.
    """
    return [read_shape(shape, row, place) for row in rows]


def read_time(answer: Answer, clock: Clock) -> datetime:
    """Return when an answer was given, on the server's clock if it tells."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError, OverflowError):
        return clock.now()
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
