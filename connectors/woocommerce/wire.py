"""The shapes of WooCommerce's answers that the connector itself acts on.

Orders and products as records are read by ``mapping``; here is only what the connector
must understand to page, compare and subscribe. Also how an answer becomes a shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError
from ...canonical.pages import Record
from ...mapping.wire import Text, describe_mismatch
from ...mapping.woocommerce_wire import GmtTime
from ..calls import Answer

Json = dict[str, Any]


class RecordHead(BaseModel):
    """What every order, product and variation has."""

    id: int
    date_modified_gmt: GmtTime | None = None
    date_created_gmt: GmtTime | None = None

    @property
    def updated_at(self) -> datetime:
        """The record's version on the shop's clock.

        Raises:
            ContractBrokenError: the shop told no time at all.
        """
        moment = self.date_modified_gmt or self.date_created_gmt
        if moment is None:
            raise ContractBrokenError(f"record {self.id} carries no time in GMT")
        return moment


class OrderHead(BaseModel):
    """An order, as far as telling it something needs."""

    id: int
    status: str
    meta_data: Any = None


class StockFields(BaseModel):
    """The stock of a product or variation, as read or as a write answers it.

    ``stock_quantity`` is null where the shop keeps none; plugins allow fractions.
    """

    id: int
    manage_stock: bool | str = False
    stock_quantity: float | None = None

    @property
    def kept(self) -> bool:
        """Whether this very record keeps a quantity (and not its parent)."""
        return self.manage_stock is True


class BatchError(BaseModel):
    """Why one entry of a batch was refused; the batch itself answers 200."""

    code: Text = ""
    message: Text = ""


class BatchEntry(BaseModel):
    """One entry of a batch's answer: the updated record, or an error."""

    id: int = 0
    error: BatchError | None = None


class Environment(BaseModel):
    """The part of ``system_status`` about the installation."""

    home_url: str
    version: str
    wp_cron: bool = True


class StoreSettings(BaseModel):
    """The part of ``system_status`` about the shop's settings."""

    currency: str = ""


class SystemStatus(BaseModel):
    """What ``check`` reads of ``system_status``."""

    environment: Environment
    settings: StoreSettings = StoreSettings()


class Webhook(BaseModel):
    """One webhook of the shop, ours or another application's."""

    id: int
    name: Text = ""
    status: str
    topic: str
    delivery_url: str


class Refusal(BaseModel):
    """The body of an error answer."""

    code: Text = ""
    message: Text = ""


class Note(BaseModel):
    """An order note."""

    id: int
    note: Text = ""


class FulfillmentHead(BaseModel):
    """A native fulfillment, as far as finding ours again needs."""

    id: int
    meta_data: Any = None


Shape = TypeVar("Shape", bound=BaseModel)


def read_one(shape: type[Shape], answer: Answer) -> Shape:
    """Return the answer read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    return read_shape(shape, answer.json())


def read_shape(shape: type[Shape], parsed: Any) -> Shape:
    """Return parsed JSON read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    try:
        return shape.model_validate(parsed)
    except ValidationError as error:
        message = describe_mismatch(error).message
        raise ContractBrokenError(f"unexpected answer of the shop: {message}") from None


def read_rows(answer: Answer) -> list[Json]:
    """Return the objects of a list, untouched.

    Raises:
        ContractBrokenError: the answer is no list of objects.
    """
    rows = answer.json()
    if not isinstance(rows, list):
        raise ContractBrokenError("expected a list from the shop")
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise ContractBrokenError(
                f"expected a list of objects from the shop; entry {index} is none"
            )
    return rows


def read_total(answer: Answer) -> int | None:
    """Return how many rows a list has in all; None where a proxy took the header."""
    text = answer.headers.get("x-wp-total", "")
    return int(text) if is_id(text) else None


def read_time(answer: Answer, clock: Clock) -> datetime:
    """Return the shop's time as its answer tells it, or ours where it does not."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, OverflowError):
        return clock.now()
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def as_record(row: Json) -> Record:
    """Return a list's row as a record of the hub, its payload untouched."""
    head = read_shape(RecordHead, row)
    return Record(str(head.id), head.updated_at, row)


def join_ids(ids: Sequence[str]) -> str:
    """Return ids as an ``include`` argument."""
    return ",".join(ids)


def is_id(text: str) -> bool:
    """Say whether a text can be an id of this shop: ASCII digits and nothing else."""
    return text.isascii() and text.isdigit()
