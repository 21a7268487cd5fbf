"""Files of orders at a terminal: how one would be understood, before it is taken in.

Shows what the connector would make of a file, with the settings given. Takes nothing
in, moves nothing, and asks no hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import RenderableType

from ..canonical.errors import MappingError, NotFoundError, SettingsError
from ..canonical.orders import Order
from ..connectors.files.folder import LocalFolder
from ..connectors.files.settings import FilesSettings
from ..mapping.files import translator
from ..mapping.files_reading import OrdersFile, read_orders
from .asking import read_given
from .output import Output, count, headline, indent, list_facts, make_table, plain
from .session import Json

app = typer.Typer(no_args_is_help=True, help="Look at files before they are taken in.")
_ORDERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that would not be taken in, and what to do about it."""

    order: str
    place: str
    message: str
    next_step: str


@app.callback()
def _group() -> None:
    """Look at files before they are taken in."""


@app.command("preview")
def preview(
    path: Annotated[Path, typer.Argument(help="A file of orders.")],
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A setting of the channel, as columns, decimal_mark or dates.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how the columns of a file are understood, and its first orders.

    Example:

        crossdock files preview orders.csv
        crossdock files preview orders.csv --set "columns=order=Beleg; sku=Art.Nr."
    """
    output = Output(as_json=as_json)
    settings = _read_settings(path, given or [])
    if not path.is_file():
        raise NotFoundError(
            f"there is no file {path}", next_step="Name a file that exists."
        )
    body = LocalFolder(str(path.absolute().parent)).read("", path.name)
    modified = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    found = read_orders(body, path.name, modified, settings.reading)
    orders, problems = _translate(found)
    _show(output, path, found, orders, problems)


def _read_settings(path: Path, given: list[str]) -> FilesSettings:
    values = {"location": str(path.absolute().parent), **read_given(given)}
    try:
        return FilesSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise SettingsError(
            f"{name}: {first['msg'].removeprefix('Value error, ')}",
            next_step="crossdock connectors files lists the settings.",
        ) from None


def _translate(found: OrdersFile) -> tuple[list[Order], list[Problem]]:
    orders: list[Order] = []
    problems: list[Problem] = []
    for payload in found.payloads:
        try:
            orders.append(translator.read_order(payload))
        except MappingError as error:
            problems.append(
                Problem(payload["order"], error.path, error.message, error.next_step)
            )
    return orders, problems


def _show(
    output: Output,
    path: Path,
    found: OrdersFile,
    orders: list[Order],
    problems: list[Problem],
) -> None:
    table, form = found.table, found.format
    columns = dict(table.columns) if table else {}
    document: dict[str, Any] = {
        "file": path.name,
        "understood": found.refusal is None,
        "encoding": table.encoding if table else "",
        "delimiter": table.delimiter if table else "",
        "columns": columns,
        "unused_columns": [
            header
            for header in (table.headers if table else ())
            if header not in columns.values()
        ],
        "format": form.model_dump(mode="json") if form else None,
        "orders_count": len(orders),
        "orders": [one.model_dump(mode="json") for one in orders[:_ORDERS_SHOWN]],
        "problems": problems,
    }
    facts = _list_facts(found, document)
    named = make_table("field", "column")
    for field, header in columns.items():
        named.add_row(field, plain(header))
    shown = make_table("order", "placed", "status", "lines", "total", numbers=["total"])
    for order in orders[:_ORDERS_SHOWN]:
        lines = ", ".join(f"{line.quantity} x {line.sku}" for line in order.lines)
        shown.add_row(
            plain(order.external_id),
            f"{order.placed_at:%Y-%m-%d}",
            order.payment,
            plain(lines),
            str(order.total),
        )
    title = headline(path.name, count(len(orders), "order"))
    output.show(document, title, facts, "", indent(named), "", indent(shown))
    for problem in problems:
        output.warn(f"{problem.place}: {problem.message}. {problem.next_step}".strip())


def _list_facts(found: OrdersFile, document: dict[str, Any]) -> RenderableType:
    table, form = found.table, found.format
    return list_facts(
        [
            ("encoding", document["encoding"]),
            ("delimiter", repr(table.delimiter) if table else ""),
            ("decimal mark", str(form.decimal_mark) if form else ""),
            ("dates", str(form.dates) if form else ""),
            ("not used", plain(", ".join(document["unused_columns"]))),
        ]
    )
