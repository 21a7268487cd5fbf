"""What was measured: how SKUs sell on each channel, and how late news is.

Counts and times for buffers and quotas. They are read from what the hub wrote anyway;
nothing is measured while an order is taken in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ..canonical.pages import Stream
from .outbox import DONE, STOCK
from .rows import select_rows
from .tables import (
    allocations,
    channel_lags,
    channels,
    cursors,
    measurements,
    order_lines,
    orders,
    outbox,
    publications,
    sales_rates,
)
from .upsert import upsert

INGEST = "ingest"
PUSH = "push"


class Sale(NamedTuple):
    """Units of a SKU that an order took, in a minute of its channel's clock."""

    order_id: int
    channel: str
    sku: str
    units: int
    placed_at: datetime


class Told(NamedTuple):
    """A quantity that a channel accepted: since when it was wanted, and until when."""

    channel: str
    wanted_at: datetime
    finished_at: datetime


class RateRow(NamedTuple):
    """Fading counts of one SKU on one channel, in millionths of a unit."""

    channel: str
    sku: str
    fast_micro: int
    slow_micro: int
    squares_micro: int
    since: datetime
    """The first sale that was counted."""
    measured_at: datetime


class LagRow(NamedTuple):
    """How long something takes on a channel, on average."""

    channel: str
    kind: str
    mean_milliseconds: int
    measured_at: datetime


def load_progress(connection: Connection, subject: str) -> tuple[int, datetime] | None:
    """Return up to which id something was measured, and when; None before the first."""
    row = connection.execute(
        select(measurements.c.up_to_id, measurements.c.measured_at).where(
            measurements.c.subject == subject
        )
    ).first()
    return None if row is None else (row[0], row[1])


def save_progress(
    connection: Connection, subject: str, up_to_id: int, measured_at: datetime
) -> None:
    """Note up to which id something was measured."""
    row = {"subject": subject, "up_to_id": up_to_id, "measured_at": measured_at}
    change = ("up_to_id", "measured_at")
    upsert(connection, measurements, [row], key=("subject",), change=change)


def find_last_order(
    connection: Connection, after_id: int, before_id: int, limit: int
) -> int | None:
    """Return the id of the last of the next ``limit`` orders; None if there is none."""
    ids = (
        select(orders.c.id)
        .where(orders.c.id > after_id, orders.c.id < before_id)
        .order_by(orders.c.id)
        .limit(limit)
        .subquery()
    )
    last: int | None = connection.scalar(select(func.max(ids.c.id)))
    return last


def list_sales(connection: Connection, after_id: int, up_to_id: int) -> list[Sale]:
    """Return what orders with these ids took from stock; history takes nothing."""
    units = func.sum(allocations.c.wanted)
    query = (
        select(
            orders.c.id, orders.c.channel, allocations.c.sku, units, orders.c.placed_at
        )
        .join(order_lines, order_lines.c.order_id == orders.c.id)
        .join(allocations, allocations.c.line_id == order_lines.c.id)
        .where(orders.c.id > after_id, orders.c.id <= up_to_id, orders.c.moves_stock)
        .group_by(orders.c.id, orders.c.channel, allocations.c.sku, orders.c.placed_at)
        .order_by(orders.c.id)
    )
    return [
        Sale(row[0], row[1], row[2], int(row[3]), row[4])
        for row in connection.execute(query)
    ]


def list_told(
    connection: Connection, after_id: int, before_id: int, limit: int
) -> tuple[list[Told], int | None]:
    """Return accepted stock writes with these ids, and the last id looked at."""
    query = (
        select(
            outbox.c.id,
            outbox.c.channel,
            outbox.c.written_at,
            outbox.c.finished_at,
            publications.c.desired_at,
        )
        .join(
            publications,
            (publications.c.channel == outbox.c.channel)
            & (publications.c.stock_external_id == outbox.c.subject),
        )
        .where(
            outbox.c.id > after_id,
            outbox.c.id < before_id,
            outbox.c.kind == STOCK,
            outbox.c.status == DONE,
            outbox.c.outcome == "accepted",
        )
        .order_by(outbox.c.id)
        .limit(limit)
    )
    found = connection.execute(query).all()
    told = [
        Told(
            row.channel,
            min(row.written_at, row.desired_at or row.written_at),
            row.finished_at,
        )
        for row in found
        if row.finished_at is not None
    ]
    return told, found[-1].id if found else None


def load_rates(
    connection: Connection, names: Collection[str]
) -> dict[tuple[str, str], RateRow]:
    """Return how some SKUs sell, by (channel, SKU)."""
    among = ("sku", names)
    rows = select_rows(connection, sales_rates, RateRow._fields, where={}, among=among)
    return {(row[0], row[1]): RateRow(*row) for row in rows}


def list_measured_skus(connection: Connection, after: str, limit: int) -> list[str]:
    """Return SKUs that were sold since they were measured, a page in order."""
    query = (
        select(sales_rates.c.sku)
        .where(sales_rates.c.sku > after)
        .distinct()
        .order_by(sales_rates.c.sku)
        .limit(limit)
    )
    return list(connection.scalars(query))


def save_rates(connection: Connection, rows: Iterable[RateRow]) -> None:
    """Write sales rates."""
    upsert(
        connection,
        sales_rates,
        [row._asdict() for row in rows],
        key=("channel", "sku"),
        change=("fast_micro", "slow_micro", "squares_micro", "since", "measured_at"),
    )


def load_lags(connection: Connection) -> dict[tuple[str, str], LagRow]:
    """Return every measured lag, by (channel, kind)."""
    found = [LagRow(*row) for row in connection.execute(select(channel_lags))]
    return {(row.channel, row.kind): row for row in found}


def save_lags(connection: Connection, rows: Iterable[LagRow]) -> None:
    """Write lags."""
    upsert(
        connection,
        channel_lags,
        [row._asdict() for row in rows],
        key=("channel", "kind"),
        change=("mean_milliseconds", "measured_at"),
    )


def load_data_times(connection: Connection) -> dict[str, datetime | None]:
    """Return when each channel's orders were last read to their end."""
    caught_up = (cursors.c.channel == channels.c.name) & (
        cursors.c.stream == Stream.ORDERS
    )
    query = select(channels.c.name, cursors.c.caught_up_at).select_from(
        channels.outerjoin(cursors, caught_up)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
