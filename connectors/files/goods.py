"""Products in; stock in and out: what is for sale, what is shown, what the hub says.

Products come from the newest file of their place. What is shown comes from the newest
file that names it: one that the other side dropped, or the snapshot that the hub wrote.
Writing makes a new snapshot of everything and a file of the changes alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...canonical.errors import MappingError, OutcomeUnknownError, RejectedError
from ...canonical.pages import Page, Record
from ...canonical.pushes import Outcome, PushResult, StockWrite
from ...canonical.stock import QUANTITY_MAX, StockReading
from ...mapping.files_table import guard_cell, read_table
from ...mapping.files_values import DecimalMark, decide_decimal_mark, read_whole
from ...mapping.files_words import GOODS_COLUMNS
from .folder import Entry, Folder
from .settings import FilesSettings, Finished

SNAPSHOT = "stock.csv"
COLUMNS = ("id", "sku", "quantity", "as_of")
PAGE_SIZE = 250


@dataclass(frozen=True, slots=True)
class Good:
    """One row of a product or stock file."""

    identity: str
    sku: str
    barcode: str
    title: str
    quantity: int | None
    as_of: datetime


def pull_listings(folder: Folder, settings: FilesSettings, cursor: str | None) -> Page:
    """Return the next page of products; the place in the file is the cursor."""
    goods = list(load_products(folder, settings).values())
    start = int(cursor) if cursor and cursor.isdigit() else 0
    end = start + PAGE_SIZE
    records = tuple(_as_record(one) for one in goods[start:end])
    complete = end >= len(goods)
    return Page(records, cursor="0" if complete else str(end), complete=complete)


def fetch_listings(
    folder: Folder, settings: FilesSettings, external_ids: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named products; those not in the file are left out."""
    goods = load_products(folder, settings)
    return tuple(_as_record(goods[one]) for one in external_ids if one in goods)


def read_stock(
    folder: Folder, settings: FilesSettings, ids: Sequence[str], now: datetime
) -> tuple[StockReading, ...]:
    """Return what the newest word on each product is."""
    shown = load_products(folder, settings)
    told = _load(folder, settings, settings.stock_folder)
    for goods in (told, load_snapshot(folder, settings)):
        for identity, good in goods.items():
            before = shown.get(identity)
            if before is None or before.quantity is None or good.as_of > before.as_of:
                shown[identity] = good
    return tuple(
        StockReading(
            stock_external_id=each,
            quantity=shown[each].quantity if each in shown else None,
            read_at=now,
        )
        for each in ids
    )


def push_stock(
    folder: Folder, settings: FilesSettings, writes: Sequence[StockWrite], now: datetime
) -> tuple[PushResult, ...]:
    """Write a snapshot of all quantities, and one file of these changes.

    The file of changes goes first: where only that got there, the snapshot is still the
    one before, and the write counts as unknown.

    Raises:
        RetryLaterError: nothing was written.
    """
    if not writes:
        return ()
    known = load_products(folder, settings)
    wanted = {
        write.stock_external_id: write
        for write in writes
        if write.stock_external_id in known
    }
    outcome = PushResult(Outcome.ACCEPTED)
    if wanted:
        changes = {
            each: (known[each].sku, write.quantity, now)
            for each, write in wanted.items()
        }
        snapshot = {
            each: (good.sku, good.quantity, good.as_of)
            for each, good in load_snapshot(folder, settings).items()
        }
        outcome = _write(folder, settings, snapshot | changes, changes, now)
    gone = PushResult(Outcome.REFUSED, "the file of products does not name it")
    return tuple(
        outcome if write.stock_external_id in wanted else gone for write in writes
    )


Rows = Mapping[str, tuple[str, int | None, datetime]]


def _write(
    folder: Folder, settings: FilesSettings, all_: Rows, changes: Rows, now: datetime
) -> PushResult:
    body = render_stock(changes)
    digest = hashlib.sha256(body).hexdigest()[:8]
    name = f"stock-changes-{now.strftime('%Y%m%dT%H%M%S')}-{digest}.csv"
    place = settings.out_folder
    try:
        folder.write(place, SNAPSHOT, render_stock(all_), now)
        folder.write(place, name, body, now)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    return PushResult(Outcome.ACCEPTED)


def render_stock(rows: Rows) -> bytes:
    """Return rows of stock as a CSV file, by id."""
    return render_csv(
        COLUMNS,
        (
            (identity, sku, str(quantity), as_of.isoformat())
            for identity, (sku, quantity, as_of) in sorted(rows.items())
        ),
    )


def render_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file in UTF-8 in which no text is taken for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([guard_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")


def load_products(folder: Folder, settings: FilesSettings) -> dict[str, Good]:
    """Return what the newest file of products names, in its order."""
    return _load(folder, settings, settings.products_folder)


def load_snapshot(folder: Folder, settings: FilesSettings) -> dict[str, Good]:
    """Return what the hub wrote last, as it stands in the folder."""
    return _load(folder, settings, settings.out_folder, SNAPSHOT)


def _load(
    folder: Folder, settings: FilesSettings, place: str, name: str = ""
) -> dict[str, Good]:
    entries = [one for one in folder.list_entries(place) if one.ordinary]
    if name:
        entries = [one for one in entries if one.name == name]
    elif settings.finished is Finished.MARKER:
        names = {one.name for one in entries}
        entries = [one for one in entries if f"{one.name}.done" in names]
    tables = [one for one in entries if one.name.lower().endswith((".csv", ".tsv"))]
    if not tables:
        return {}
    newest = max(tables, key=lambda one: (one.modified, one.name))
    body = folder.read(place, newest.name)
    try:
        return _read_goods(body, newest)
    except MappingError as error:
        raise RejectedError(
            f"{place}/{newest.name} cannot be read: {error.message} ({error.path})",
            next_step=error.next_step or "Mend the file and drop it again.",
        ) from None


def _read_goods(body: bytes, entry: Entry) -> dict[str, Good]:
    table = read_table(body, GOODS_COLUMNS)
    if not table.columns.keys() & {"id", "sku"}:
        raise MappingError("no column was recognised as id or sku", path="header")
    mark = decide_decimal_mark(row.cells.get("quantity", "") for row in table.rows)
    goods: dict[str, Good] = {}
    for row in table.rows:
        cells = row.cells
        identity = cells.get("id") or cells.get("sku") or ""
        if row.fault or not identity:
            problem = row.fault or "the row has neither id nor SKU"
            raise MappingError(problem, path=f"line {row.line}")
        goods[identity] = Good(
            identity,
            cells.get("sku", ""),
            cells.get("barcode", ""),
            cells.get("title", ""),
            _read_quantity(cells.get("quantity", ""), mark, row.line),
            _read_moment(cells.get("as_of", ""), entry.modified),
        )
    return goods


def _read_quantity(text: str, mark: DecimalMark, line: int) -> int | None:
    if not text:
        return None
    try:
        quantity = read_whole(text, mark)
    except ValueError as error:
        raise MappingError(str(error), path=f"line {line}, quantity") from None
    return max(-QUANTITY_MAX, min(quantity, QUANTITY_MAX))


def _read_moment(text: str, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else otherwise


def _as_record(good: Good) -> Record:
    payload = {
        "id": good.identity,
        "sku": good.sku,
        "barcode": good.barcode,
        "title": good.title,
        "quantity": good.quantity,
    }
    return Record(good.identity, good.as_of, payload)
