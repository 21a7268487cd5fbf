"""Many rows in one statement: the fast road into the database.

SQLite takes them with ``executemany``, PostgreSQL with COPY. Rows are tuples in the
order of the table's columns, so that a page of 250 orders costs no dictionaries.
Changes of existing rows go the same way as tuples of (new values..., key...), and rows
are found again by a whole page of keys at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, Connection, Table
from sqlalchemy.exc import DBAPIError

from .columns import (
    Json,
    UtcMicroseconds,
    decode_json,
    encode_json,
    to_microseconds,
    to_moment,
)

Row = tuple[Any, ...]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows`` (tuples in the order of the table's columns)."""
    if not rows:
        return
    prepared = as_stored(tuple(table.columns.keys()), table, rows)
    names = ", ".join(table.columns.keys())
    if connection.dialect.name == "postgresql":
        _copy_rows(connection, f"COPY {table.name} ({names}) FROM STDIN", prepared)
        return
    marks = ", ".join("?" * len(table.columns))
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({names}) VALUES ({marks})", prepared
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
    prepared = as_stored((*change, *where), table, ordered)
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    changes = ", ".join(f"{name} = {mark}" for name in change)
    found = " AND ".join(f"{name} = {mark}" for name in where)
    done = connection.exec_driver_sql(
        f"UPDATE {table.name} SET {changes} WHERE {found}", prepared
    )
    return done.rowcount


def select_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    *,
    where: Mapping[str, Any],
    among: tuple[str, Collection[Any]],
) -> list[Row]:
    """Return ``columns`` of the rows that are as ``where`` says, in no order.

    Args:
        connection: the transaction.
        table: where from.
        columns: what of each row.
        where: the value of a column, by name.
        among: a column and all the values that it may have: a page of keys, for each
            of which SQLAlchemy's own ``in_`` takes as long as the database does.
    """
    name, values = among
    if not values:
        return []
    if connection.dialect.name == "sqlite":
        mark, choice = "?", f"IN ({', '.join('?' * len(values))})"
        parameters = (*where.values(), *values)
    else:
        mark, choice = "%s", "= ANY(%s)"
        parameters = (*where.values(), list(values))
    fixed = "".join(f"{column} = {mark} AND " for column in where)
    found = connection.exec_driver_sql(
        f"SELECT {', '.join(columns)} FROM {table.name} WHERE {fixed}{name} {choice}",
        parameters,
    )
    return _convert(found, _readers(tuple(columns), table))


def as_stored(
    names: tuple[str, ...], table: Table, rows: Iterable[Sequence[Any]]
) -> list[Row]:
    """Return ``rows`` (the columns ``names``) as the database keeps them."""
    return _convert(rows, _writers(names, table))


Converters = tuple[tuple[int, Callable[[Any], Any]], ...]
"""Places in a row, and what turns the value there into what is wanted."""


def _convert(rows: Iterable[Sequence[Any]], converters: Converters) -> list[Row]:
    if not converters:
        return list(map(tuple, rows))
    converted: list[Row] = []
    for row in rows:
        values = list(row)
        for index, convert in converters:
            if values[index] is not None:
                values[index] = convert(values[index])
        converted.append(tuple(values))
    return converted


@lru_cache
def _writers(names: tuple[str, ...], table: Table) -> Converters:
    kinds = ((UtcMicroseconds, to_microseconds), (Json, encode_json))
    return _choose_converters(names, table, kinds)


@lru_cache
def _readers(names: tuple[str, ...], table: Table) -> Converters:
    kinds = ((UtcMicroseconds, to_moment), (Json, decode_json), (Boolean, bool))
    return _choose_converters(names, table, kinds)


def _choose_converters(
    names: tuple[str, ...],
    table: Table,
    kinds: tuple[tuple[type, Callable[[Any], Any]], ...],
) -> Converters:
    return tuple(
        (index, convert)
        for index, name in enumerate(names)
        for kind, convert in kinds
        if isinstance(table.columns[name].type, kind)
    )
