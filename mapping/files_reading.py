"""A file of orders as payloads, one for each order, with every cell as it stood.

Columns, numbers and dates are understood for the file as a whole; what the cells of one
order mean is ``files``' business. Pure: bytes in, payloads out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from ..canonical.errors import MappingError
from .files_table import Table, TableRow, read_table
from .files_values import (
    DateOrder,
    DecimalMark,
    decide_date_order,
    decide_decimal_mark,
)
from .files_words import ORDER_COLUMNS

_NUMBERS = (
    "unit_price",
    "line_total",
    "tax",
    "shipping",
    "order_total",
    "quantity",
)


class Reading(BaseModel):
    """How a file is to be read: what the merchant said, empty where nothing."""

    model_config = ConfigDict(frozen=True)

    columns: Mapping[str, str] = {}
    delimiter: str = ""
    encoding: str = ""
    decimal_mark: DecimalMark | None = None
    dates: DateOrder | None = None
    time_zone: str = "UTC"
    currency: str = "EUR"
    prices_include_tax: bool = True
    takes_stock: bool = True


class Format(BaseModel):
    """What the cells of one file mean; goes along with each order of it."""

    decimal_mark: DecimalMark
    dates: DateOrder
    time_zone: str
    currency: str
    prices_include_tax: bool
    takes_stock: bool


class Refusal(BaseModel):
    """Why a whole file is not read."""

    message: str
    path: str
    next_step: str = ""


class FileOrder(BaseModel):
    """The payload of one order: its rows, with all cells as they stood."""

    order: str
    modified: datetime
    file: str = ""
    format: Format | None = None
    rows: list[dict[str, Any]] = []
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class OrdersFile:
    """A file of orders as it was understood."""

    table: Table | None
    format: Format | None
    payloads: tuple[dict[str, Any], ...]
    refusal: Refusal | None = None


def read_orders(body: bytes, name: str, modified: datetime, how: Reading) -> OrdersFile:
    """Return the orders of a file; a refused one is a single payload that says why."""
    try:
        table = read_table(
            body,
            ORDER_COLUMNS,
            columns=how.columns,
            delimiter=how.delimiter,
            encoding=how.encoding,
        )
        _require_columns(table)
        form = _decide_format(table, how)
    except MappingError as error:
        refusal = Refusal(
            message=error.message, path=error.path, next_step=error.next_step
        )
        return OrdersFile(None, None, (refuse(name, modified, refusal),), refusal)
    told = form.model_dump(mode="json")
    payloads = tuple(
        {
            "order": order,
            "modified": modified.isoformat(),
            "file": name,
            "format": told,
            "rows": [
                {"line": row.line, "fault": row.fault, "rest": row.rest, **row.cells}
                for row in rows
            ],
        }
        for order, rows in _group(table.rows, name).items()
    )
    return OrdersFile(table, form, payloads)


def refuse(name: str, modified: datetime, refusal: Refusal) -> dict[str, Any]:
    """Return the payload that stands for a file that is not read."""
    return {
        "order": f"file:{name}",
        "modified": modified.isoformat(),
        "refused": refusal.model_dump(),
    }


def _require_columns(table: Table) -> None:
    lacking = [
        what
        for what, fields in (
            ("order", ("order",)),
            ("sku", ("sku", "listing")),
            ("quantity", ("quantity",)),
        )
        if not any(field in table.columns for field in fields)
    ]
    if lacking:
        shown = ", ".join(table.headers[:12]) or "none at all"
        raise MappingError(
            f"no column was recognised as {' or as '.join(lacking)}; there are: "
            f"{shown[:200]}",
            path="header",
            next_step=f"Name them in the setting columns: {lacking[0]}=HEADER.",
        )


def _decide_format(table: Table, how: Reading) -> Format:
    numbers = (row.cells.get(name, "") for row in table.rows for name in _NUMBERS)
    dates = (row.cells.get("placed_at", "") for row in table.rows)
    return Format(
        decimal_mark=how.decimal_mark or decide_decimal_mark(numbers),
        dates=how.dates or decide_date_order(dates),
        time_zone=how.time_zone,
        currency=how.currency,
        prices_include_tax=how.prices_include_tax,
        takes_stock=how.takes_stock,
    )


def _group(rows: Iterable[TableRow], name: str) -> dict[str, list[TableRow]]:
    """Return rows by order; one without an order number stands for itself."""
    groups: dict[str, list[TableRow]] = {}
    for row in rows:
        order = row.cells.get("order", "") or f"file:{name}:{row.line}"
        groups.setdefault(order, []).append(row)
    return groups
