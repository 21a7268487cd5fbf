"""The drift ledger: each difference that a channel showed, its cause and its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from ..canonical.drifts import Drift, DriftAction, DriftCause
from .tables import drifts
from .upsert import upsert


def load(
    connection: Connection, channel: str, records: Iterable[str], since: datetime
) -> dict[str, list[Drift]]:
    """Return the drifts of records that are open or were found since, oldest first."""
    wanted = list(records)
    if not wanted:
        return {}
    query = (
        select(drifts)
        .where(
            drifts.c.channel == channel,
            drifts.c.stock_external_id.in_(wanted),
            or_(drifts.c.settled_at.is_(None), drifts.c.found_at >= since),
        )
        .order_by(drifts.c.found_at, drifts.c.id)
    )
    found: dict[str, list[Drift]] = {}
    for row in connection.execute(query):
        found.setdefault(row.stock_external_id, []).append(_read(row))
    return found


def save(connection: Connection, channel: str, rows: Sequence[Drift]) -> None:
    """Write drifts, new and changed ones."""
    upsert(
        connection,
        drifts,
        [
            {
                "id": row.id,
                "channel": channel,
                "stock_external_id": row.stock_external_id,
                "units": row.units,
                "expected": row.expected,
                "observed": row.observed,
                "replaced": row.replaced,
                "cause": row.cause,
                "action": row.action.value,
                "found_at": row.found_at,
                "settled_at": row.settled_at,
            }
            for row in rows
        ],
        key=("id",),
        change=("units", "cause", "action", "settled_at"),
    )


def settle_open(
    connection: Connection,
    channel: str,
    records: Iterable[str] | None,
    *,
    cause: DriftCause,
    action: DriftAction,
    settled_at: datetime,
) -> None:
    """End the open drifts of records, or of all; a cause that is known stays."""
    query = drifts.update().where(
        drifts.c.channel == channel, drifts.c.settled_at.is_(None)
    )
    if records is not None:
        query = query.where(drifts.c.stock_external_id.in_(list(records)))
    values: dict[str, Any] = {"action": action.value, "settled_at": settled_at}
    connection.execute(
        query.values(cause=func.coalesce(drifts.c.cause, cause.value), **values)
    )


def list_latest(
    connection: Connection, channel: str | None, *, open_only: bool, limit: int
) -> list[dict[str, Any]]:
    """Return the latest drifts, newest first, for showing."""
    query = select(drifts).order_by(drifts.c.found_at.desc(), drifts.c.id.desc())
    if channel is not None:
        query = query.where(drifts.c.channel == channel)
    if open_only:
        query = query.where(drifts.c.settled_at.is_(None))
    return [dict(row) for row in connection.execute(query.limit(limit)).mappings()]


def _read(row: Row[Any]) -> Drift:
    return Drift(
        row.id,
        row.stock_external_id,
        row.units,
        row.expected,
        row.observed,
        row.replaced,
        row.found_at,
        None if row.cause is None else DriftCause(row.cause),
        DriftAction(row.action),
        row.settled_at,
    )
