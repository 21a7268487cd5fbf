"""Cursors and deliveries: how far each stream was read, and which webhooks came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from ..canonical.pages import Delivery, Stream
from .tables import cursors, deliveries
from .upsert import upsert


def load_cursor(connection: Connection, channel: str, stream: Stream) -> str | None:
    """Return where the next pull continues; None before the first."""
    return connection.scalar(
        select(cursors.c.cursor).where(
            cursors.c.channel == channel, cursors.c.stream == stream
        )
    )


def find_last_pull(
    connection: Connection, channel: str, stream: Stream
) -> datetime | None:
    """Return when a stream was last read to its end; None if never."""
    return connection.scalar(
        select(cursors.c.caught_up_at).where(
            cursors.c.channel == channel, cursors.c.stream == stream
        )
    )


def save_cursor(
    connection: Connection,
    channel: str,
    stream: Stream,
    cursor: str,
    saved_at: datetime,
    *,
    complete: bool = False,
) -> None:
    """Save a cursor; belongs into the transaction that saves its page.

    Args:
        connection: the transaction.
        channel: whose stream.
        stream: which one.
        cursor: where the next pull continues.
        saved_at: the present moment.
        complete: the page was the last that there is at present.
    """
    upsert(
        connection,
        cursors,
        [
            {
                "channel": channel,
                "stream": stream.value,
                "cursor": cursor,
                "saved_at": saved_at,
                "caught_up_at": saved_at if complete else None,
            }
        ],
        key=("channel", "stream"),
        change={
            "cursor": "excluded.cursor",
            "saved_at": "excluded.saved_at",
            "caught_up_at": "coalesce(excluded.caught_up_at, cursors.caught_up_at)",
        },
    )


def forget_freshness(connection: Connection, channel: str, stream: Stream) -> None:
    """Count a stream as not read lately; its cursor stays."""
    connection.execute(
        cursors.update()
        .where(cursors.c.channel == channel, cursors.c.stream == stream)
        .values(caught_up_at=None)
    )


def drop_cursor(connection: Connection, channel: str, stream: Stream) -> None:
    """Forget a cursor: the next pull starts anew."""
    connection.execute(
        delete(cursors).where(cursors.c.channel == channel, cursors.c.stream == stream)
    )


def add_delivery(
    connection: Connection,
    channel: str,
    delivery: Delivery,
    id_: int,
    received_at: datetime,
) -> bool:
    """Keep a webhook delivery; False where it was kept before."""
    kept = upsert(
        connection,
        deliveries,
        [
            {
                "id": id_,
                "channel": channel,
                "event_id": delivery.event_id,
                "topic": delivery.topic,
                "external_id": delivery.external_id,
                "received_at": received_at,
            }
        ],
        key=("channel", "event_id"),
        change={},
    )
    return kept == 1
