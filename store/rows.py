"""Many rows in one statement: the fast road into the database.

SQLite takes them with ``executemany``, PostgreSQL with COPY. Rows are tuples in the
order of the table's columns, so that a page of 250 orders costs no dictionaries.
Changes of existing rows go the same way as tuples of (new values..., key...).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from .columns import Json, UtcMicroseconds, encode_json, to_microseconds

Row = Sequence[Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows`` (tuples in the order of the table's columns)."""
    if not rows:
        return
    prepared = _prepare(tuple(table.columns.keys()), table, rows)
    names = ", ".join(table.columns.keys())
    if connection.dialect.name == "postgresql":
        _copy_rows(connection, f"COPY {table.name} ({names}) FROM STDIN", prepared)
        return
    marks = ", ".join("?" * len(table.columns))
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({names}) VALUES ({marks})",
        list(map(tuple, prepared)),
    )


def _copy_rows(connection: Connection, statement: str, rows: Iterable[Row]) -> None:
    """COPY goes past SQLAlchemy to the driver; its errors shall not."""
    driver_error = connection.dialect.loaded_dbapi.Error
    try:
        with connection.connection.cursor().copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver_error as error:
        raise DBAPIError.instance(statement, None, error, driver_error) from error


def update_rows(
    connection: Connection,
    table: Table,
    *,
    change: Sequence[str],
    where: Sequence[str],
    rows: Sequence[Row],
) -> int:
    """Change the columns ``change`` of the rows found by the columns ``where``.

    Each of ``rows`` holds the new values and then the values to find it by. They are
    taken in the order of the latter, so that two transactions that touch the same rows
    wait for each other and never both ways.

    Returns:
        How many rows were found.
    """
    if not rows:
        return 0
    ordered = sorted(rows, key=lambda row: tuple(row[len(change) :]))
    prepared = _prepare((*change, *where), table, ordered)
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    changes = ", ".join(f"{name} = {mark}" for name in change)
    found = " AND ".join(f"{name} = {mark}" for name in where)
    done = connection.exec_driver_sql(
        f"UPDATE {table.name} SET {changes} WHERE {found}", list(map(tuple, prepared))
    )
    return done.rowcount


def _prepare(
    names: tuple[str, ...], table: Table, rows: Iterable[Row]
) -> Iterable[Row]:
    converters = _converters(names, table)
    if not converters:
        return rows
    converted = []
    for row in rows:
        values = list(row)
        for index, convert in converters:
            if values[index] is not None:
                values[index] = convert(values[index])
        converted.append(values)
    return converted


@lru_cache
def _converters(
    names: tuple[str, ...], table: Table
) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for index, name in enumerate(names):
        kind = table.columns[name].type
        if isinstance(kind, UtcMicroseconds):
            found.append((index, to_microseconds))
        elif isinstance(kind, Json):
            found.append((index, encode_json))
    return tuple(found)
