"""Insert, or change what is already there: one statement on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    change: Mapping[str, Any] | Sequence[str],
) -> int:
    """Insert ``rows``; where ``key`` exists already apply ``change`` instead.

    The rows are taken in the order of their keys, so that two transactions that touch
    the same rows wait for each other and never both ways.

    Args:
        connection: the transaction.
        table: where to.
        rows: column values; all with the same columns.
        key: the columns of the unique constraint.
        change: columns that take the new row's value, or expressions by column.
            Nothing changes when it is empty.

    Returns:
        How many rows were inserted or changed.
    """
    if not rows:
        return 0
    build = (
        postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    )
    # One row in the statement and many in the call: it is compiled once, ever.
    statement = build(table).values({name: bindparam(name) for name in rows[0]})
    if not change:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    else:
        values = (
            change
            if isinstance(change, Mapping)
            else {name: statement.excluded[name] for name in change}
        )
        statement = statement.on_conflict_do_update(
            index_elements=list(key), set_=dict(values)
        )
    ordered = sorted(rows, key=lambda row: [row[name] for name in key])
    done = connection.execute(
        statement,
        [dict(row) for row in ordered],
        execution_options={"preserve_rowcount": True},
    )
    return done.rowcount
