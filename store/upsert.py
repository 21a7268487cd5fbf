"""Insert, or change what is already there: one statement on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table

from .rows import as_stored


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    change: Mapping[str, str] | Sequence[str],
) -> int:
    """Insert ``rows``; where ``key`` exists already apply ``change`` instead.

    The rows are taken in the order of their keys, so that two transactions that touch
    the same rows wait for each other and never both ways.

    Args:
        connection: the transaction.
        table: where to.
        rows: column values; all with the same columns.
        key: the columns of the unique constraint.
        change: columns that take the new row's value, or SQL by column, in which
            ``excluded`` is the new row. Nothing changes when it is empty.

    Returns:
        How many rows were inserted or changed.
    """
    if not rows:
        return 0
    names = tuple(rows[0])
    if not isinstance(change, Mapping):
        change = {name: f"excluded.{name}" for name in change}
    changes = ", ".join(f"{name} = {value}" for name, value in change.items())
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)})"
        f" VALUES ({', '.join([mark] * len(names))})"
        f" ON CONFLICT ({', '.join(key)})"
        f" DO {f'UPDATE SET {changes}' if changes else 'NOTHING'}"
    )
    ordered = sorted(rows, key=lambda row: [row[name] for name in key])
    values = [[row[name] for name in names] for row in ordered]
    done = connection.exec_driver_sql(statement, as_stored(names, table, values))
    return done.rowcount
