"""The raw limit: the rows that a hub wrote, written again with nothing in between.

The pages' JSON is parsed and the very same rows go into an empty database of the same
schema, indexes and settings, one transaction for each page: by ``executemany`` into
SQLite, by COPY into PostgreSQL. Reading the rows back is outside of what is timed, a
page at a time, so that memory stays bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson
import zstandard

from ..store import schema
from ..store.engine import Store
from ..store.tables import metadata
from ..sync.compose import SystemClock
from .bench_usage import read_processor_seconds

ORDERS_PER_PAGE = 250
_PARENTS = {"channels": "name", "skus": "sku"}
"""What the others refer to: written beforehand, and not timed."""
_TABLES = {
    "inbox": "id",
    "orders": "id",
    "order_lines": "id",
    "allocations": "line_id, sku, location",
    "movements": "id",
}
"""What a pull of orders fills, parents first, and the order in which it was filled."""

Row = Sequence[Any]


class RawFigures(NamedTuple):
    """What the raw limit needed for all orders."""

    seconds: float
    processor_seconds: float


def measure_raw(source_url: str, target_url: str, orders: int) -> RawFigures:
    """Write all orders of a hub again, and say what it took.

    Args:
        source_url: the database of a hub that has taken the orders in.
        target_url: an empty database.
        orders: how many there are.
    """
    clock = SystemClock()
    pages = math.ceil(orders / ORDERS_PER_PAGE)
    seconds = processor_seconds = 0.0
    with open_driver(source_url) as source, open_driver(target_url) as sink:
        for table, key in _PARENTS.items():
            for rows in source.read(table, key, slices=1):
                sink.write(table, rows)
        sink.commit()
        tables = [source.read(table, key, pages) for table, key in _TABLES.items()]
        for page in zip(*tables, strict=True):
            body = _join_payloads(page[0])
            busy_before = read_processor_seconds()
            started_at = clock.monotonic_seconds()
            orjson.loads(body)
            for table, rows in zip(_TABLES, page, strict=True):
                sink.write(table, rows)
            sink.commit()
            seconds += clock.monotonic_seconds() - started_at
            processor_seconds += read_processor_seconds() - busy_before
    return RawFigures(seconds, processor_seconds)


def _join_payloads(inbox_rows: Sequence[Row]) -> bytes:
    """Return the page that a shop sends, of what the inbox kept of it."""
    place = list(metadata.tables["inbox"].columns.keys()).index("payload")
    payloads = [zstandard.decompress(row[place]) for row in inbox_rows]
    return b"[" + b",".join(payloads) + b"]"


@contextmanager
def open_driver(url: str) -> Iterator[Driver]:
    """Yield the driver's own connection to a database at this version's schema."""
    store = Store(url)
    try:
        schema.upgrade(store)
        connection = store.engine.raw_connection()
        try:
            yield Driver(connection.driver_connection, is_sqlite=store.is_sqlite)
        finally:
            connection.close()
    finally:
        store.close()


class Driver:
    """A connection below SQLAlchemy, prepared as the hub's own are."""

    def __init__(self, connection: Any, *, is_sqlite: bool) -> None:
        self._connection = connection
        self._is_sqlite = is_sqlite
        self.row_lock = "" if is_sqlite else " FOR UPDATE"
        """What a SELECT ends with that locks its rows; SQLite locks as a whole."""

    def read(
        self, table: str, key: str, slices: int, where: str = "1 = 1"
    ) -> Iterator[list[Row]]:
        """Yield the rows of a table in the order of ``key``, in equal slices."""
        counted = self._connection.execute(
            f"SELECT count(*) FROM {table} WHERE {where}"
        ).fetchone()
        size = math.ceil(counted[0] / slices)
        # PostgreSQL sends everything at once unless the cursor has a name.
        names = () if self._is_sqlite else (f"bench_{table}",)
        cursor = self._connection.cursor(*names)
        cursor.execute(
            f"SELECT {_name_columns(table)} FROM {table} WHERE {where} ORDER BY {key}"
        )
        for _ in range(slices):
            yield cursor.fetchmany(size)
        cursor.close()

    def write(self, table: str, rows: Sequence[Row]) -> None:
        """Write rows in one statement; the first one begins a transaction."""
        columns = _name_columns(table)
        if not self._is_sqlite:
            statement = f"COPY {table} ({columns}) FROM STDIN"
            with self._connection.cursor().copy(statement) as stream:
                for row in rows:
                    stream.write_row(row)
            return
        marks = ", ".join("?" * len(rows[0]))
        self.change(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    def change(self, statement: str, rows: Sequence[Row]) -> None:
        """Run one statement for each row; the first one begins a transaction."""
        self._begin()
        self._connection.cursor().executemany(self._mark(statement), rows)

    def select(self, statement: str, values: Row = ()) -> list[Row]:
        """Return what a statement finds, in a transaction that may go on to write."""
        self._begin()
        found: list[Row] = self._connection.execute(
            self._mark(statement), values
        ).fetchall()
        return found

    def stream(self, statement: str) -> Iterator[Row]:
        """Yield what a statement finds, a row at a time."""
        cursor = self._connection.cursor()
        cursor.execute(statement)
        yield from cursor
        cursor.close()

    def _begin(self) -> None:
        if self._is_sqlite and not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")

    def _mark(self, statement: str) -> str:
        return statement if self._is_sqlite else statement.replace("?", "%s")

    def commit(self) -> None:
        """End the transaction."""
        self._connection.commit()


def _name_columns(table: str) -> str:
    return ", ".join(metadata.tables[table].columns.keys())
