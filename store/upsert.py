"""Insert, or change what is already there: one statement on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

ROWS_PER_STATEMENT = 500


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    change: Mapping[str, Any] | Sequence[str],
) -> None:
    """Insert ``rows``; where ``key`` exists already apply ``change`` instead.

    Args:
        connection: the transaction.
        table: where to.
        rows: column values; all with the same columns.
        key: the columns of the unique constraint.
        change: columns that take the new row's value, or expressions by column.
            Nothing changes when it is empty.
    """
    build = (
        postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    )
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        chunk = [dict(row) for row in rows[start : start + ROWS_PER_STATEMENT]]
        statement = build(table).values(chunk)
        if not change:
            connection.execute(statement.on_conflict_do_nothing(index_elements=key))
            continue
        values = (
            change
            if isinstance(change, Mapping)
            else {name: statement.excluded[name] for name in change}
        )
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(key), set_=dict(values))
        )
