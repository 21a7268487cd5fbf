"""How often each stock record of a channel was written, by the hour.

Only for channels that limit it. What the limit allows is decided in
``sync/decide/revisions``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from .tables import revisions
from .upsert import upsert

_KEPT = timedelta(days=2)


def count_up(
    connection: Connection, channel: str, records: Iterable[str], now: datetime
) -> None:
    """Count one more write of each record; forget those of days gone by."""
    rows = [
        {
            "channel": channel,
            "stock_external_id": record,
            "hour": _start_of_hour(now),
            "count": 1,
        }
        for record in records
    ]
    upsert(
        connection,
        revisions,
        rows,
        key=("channel", "stock_external_id", "hour"),
        change={"count": "revisions.count + 1"},
    )
    connection.execute(
        delete(revisions).where(
            revisions.c.channel == channel, revisions.c.hour < now - _KEPT
        )
    )


def load_spent(
    connection: Connection, channel: str, records: Iterable[str], now: datetime
) -> dict[str, int]:
    """Return how often each record was written in the last 24 hours, or just before.

    Hours are counted whole, so that no 24 hours, wherever a channel lets its day begin,
    hold more.
    """
    query = (
        select(revisions.c.stock_external_id, func.sum(revisions.c.count))
        .where(
            revisions.c.channel == channel,
            revisions.c.stock_external_id.in_(list(records)),
            revisions.c.hour >= _start_of_hour(now - timedelta(hours=24)),
        )
        .group_by(revisions.c.stock_external_id)
    )
    return {record: int(count) for record, count in connection.execute(query)}


def _start_of_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
