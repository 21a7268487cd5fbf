"""The shapes of Medusa's answers that the connector itself acts on, and how to ask.

Orders and products as records are read by ``mapping``; here is only what the connector
must understand to page, compare and tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError, RejectedError
from ...canonical.model import UtcTime
from ...mapping.wire import Text, describe_mismatch
from ..calls import Answer

IDS_MAX = 20
"""Ids in one list: Medusa's query parser reads a longer one as an object."""

Json = dict[str, Any]
Entry = TypeVar("Entry")
Rows = Annotated[
    tuple[Entry, ...],
    BeforeValidator(lambda rows: tuple(row for row in rows or () if row is not None)),
]


class Shape(BaseModel):
    """Base of these shapes, with room for more fields."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class Changed(Shape):
    """A record with the time by which its list is walked."""

    id: str = Field(min_length=1)
    created_at: UtcTime | None = None
    updated_at: UtcTime


class Reference(Shape):
    """A record that is only named."""

    id: str


class CollectionHead(Shape):
    """A payment collection, as far as it leads to its order."""

    order: Reference | None = None


class PaymentHead(Shape):
    """A payment, as far as it leads to its order."""

    id: str
    updated_at: UtcTime
    payment_collection: CollectionHead | None = None


class Transfer(Shape):
    """A capture or a refund."""

    id: str
    amount: str
    note: Text = ""


class Payment(Shape):
    """A payment, as far as paying it back needs."""

    id: str
    currency_code: str = ""
    captures: Rows[Transfer] = ()
    refunds: Rows[Transfer] = ()


class Collection(Shape):
    """A payment collection with its payments."""

    payments: Rows[Payment] = ()


class Fulfillment(Shape):
    """A fulfillment, as far as finding ours again needs."""

    id: str
    shipped_at: UtcTime | None = None
    delivered_at: UtcTime | None = None
    canceled_at: UtcTime | None = None
    metadata: Json | None = None


class OrderHead(Shape):
    """An order, as far as telling it something needs."""

    id: str
    status: Text = ""
    fulfillments: Rows[Fulfillment] = ()
    payment_collections: Rows[Collection] = ()


class Level(Shape):
    """The stock of an inventory item at one location."""

    location_id: str
    stocked_quantity: int
    reserved_quantity: int = 0


class InventoryItem(Shape):
    """An inventory item with its stock."""

    id: str
    location_levels: Rows[Level] = ()

    def find_level(self, location_id: str) -> Level | None:
        """Return the stock at a location; None where it is not stocked there."""
        found = (one for one in self.location_levels if one.location_id == location_id)
        return next(found, None)


class Price(Shape):
    """One price of a variant."""

    amount: float
    currency_code: str
    min_quantity: int | None = None
    max_quantity: int | None = None
    rules: Json | None = None


class Variant(Shape):
    """A variant with its prices."""

    id: str
    product_id: str
    prices: Rows[Price] = ()


class Currency(Shape):
    """A currency that a store sells in."""

    currency_code: str
    is_default: bool = False


class Store(Shape):
    """The store of a server."""

    id: str = Field(min_length=1)
    name: Text = ""
    supported_currencies: Rows[Currency] = ()


class Location(Shape):
    """A stock location."""

    id: str
    name: Text = ""


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
            f"unexpected answer of the server: {message}"
        ) from None


def read_one(shape: type[Form], answer: Answer, name: str) -> Form:
    """Return the record that an answer holds under ``name``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    content = answer.json()
    if not isinstance(content, dict) or name not in content:
        raise ContractBrokenError(f"unexpected answer of the server: no {name!r} in it")
    return read_shape(shape, content[name])


def read_rows(answer: Answer, name: str) -> list[Json]:
    """Return the rows of a list.

    Raises:
        ContractBrokenError: the answer holds no list of objects under ``name``.
    """
    content = answer.json()
    rows = content.get(name) if isinstance(content, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ContractBrokenError(f"expected a list of {name!r} from the server")
    return rows


def name_ids(ids: Sequence[str]) -> dict[str, str]:
    """Return the filter for some ids, at most ``IDS_MAX``."""
    return {f"id[{place}]": each for place, each in enumerate(ids)}


def chunk(ids: Iterable[str]) -> list[list[str]]:
    """Return ids without repetitions, in lists that one request may name."""
    known = list(dict.fromkeys(each for each in ids if each))
    return [known[start : start + IDS_MAX] for start in range(0, len(known), IDS_MAX)]


def require_id(text: str) -> str:
    """Return an id that may stand in a path.

    Raises:
        RejectedError: it can be no id of Medusa's.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        raise RejectedError(f"{text!r} is no id of this server")
    return text


def read_time(answer: Answer, clock: Clock) -> datetime:
    """Return the server's time as its answer tells it, or ours where it does not."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, OverflowError):
        return clock.now()
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
