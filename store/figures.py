"""The figures behind a quantity or an order, for showing: read-only, whole rows.

What they mean in words is said in ``sync/explain``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from .tables import (
    allocations,
    fulfillments,
    inbox,
    movements,
    order_lines,
    orders,
    outbox,
    publications,
)

Row = dict[str, Any]


def sum_movements(connection: Connection, sku: str) -> list[Row]:
    """Return how many units each kind of movement has moved, per location."""
    query = (
        select(
            movements.c.location,
            movements.c.kind,
            func.count().label("count"),
            func.sum(movements.c.on_hand_change).label("on_hand_change"),
            func.sum(movements.c.allocated_change).label("allocated_change"),
        )
        .where(movements.c.sku == sku)
        .group_by(movements.c.location, movements.c.kind)
        .order_by(movements.c.location, movements.c.kind)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def list_movements(connection: Connection, sku: str, limit: int) -> list[Row]:
    """Return the latest movements of a SKU, newest first."""
    query = (
        select(movements)
        .where(movements.c.sku == sku)
        .order_by(movements.c.id.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def list_claims(connection: Connection, sku: str, limit: int) -> list[Row]:
    """Return the order lines that hold or wait for units of a SKU, oldest first."""
    active = (allocations.c.allocated > 0) | (
        allocations.c.allocated + allocations.c.shipped < allocations.c.wanted
    )
    query = (
        select(
            orders.c.id.label("order_id"),
            orders.c.channel,
            orders.c.number,
            orders.c.external_id,
            allocations.c.location,
            allocations.c.wanted,
            allocations.c.allocated,
            allocations.c.shipped,
        )
        .join(order_lines, order_lines.c.id == allocations.c.line_id)
        .join(orders, orders.c.id == order_lines.c.order_id)
        .where(allocations.c.sku == sku, active)
        .order_by(allocations.c.line_id)
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def get_line_values(connection: Connection, line_ids: Sequence[int]) -> dict[int, Row]:
    """Return what lines cost, by line, and what their orders are called."""
    query = (
        select(
            order_lines.c.id,
            order_lines.c.quantity,
            order_lines.c.total_minor,
            orders.c.currency,
            orders.c.number,
            orders.c.external_id,
        )
        .join(orders, orders.c.id == order_lines.c.order_id)
        .where(order_lines.c.id.in_(line_ids))
    )
    return {row["id"]: dict(row) for row in connection.execute(query).mappings()}


def get_publication(connection: Connection, channel: str, record: str) -> Row | None:
    """Return everything that is remembered of one stock record of a channel."""
    query = select(publications).where(
        publications.c.channel == channel,
        publications.c.stock_external_id == record,
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def list_writes(connection: Connection, channel: str, subject: str) -> list[Row]:
    """Return the latest foreign writes about a subject, newest first."""
    query = (
        select(
            outbox.c.kind,
            outbox.c.status,
            outbox.c.outcome,
            outbox.c.reason,
            outbox.c.external_id,
            outbox.c.attempts,
            outbox.c.payload,
            outbox.c.written_at,
            outbox.c.finished_at,
        )
        .where(outbox.c.channel == channel, outbox.c.subject == subject)
        .order_by(outbox.c.id.desc())
        .limit(5)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def get_order(connection: Connection, order_id: int) -> Row:
    """Return an order's own row."""
    query = select(orders).where(orders.c.id == order_id)
    return dict(connection.execute(query).mappings().one())


def list_versions(connection: Connection, channel: str, external_id: str) -> list[Row]:
    """Return every version of an order that came, oldest first, without payloads."""
    query = (
        select(inbox.c.id, inbox.c.version, inbox.c.outcome, inbox.c.received_at)
        .where(inbox.c.channel == channel, inbox.c.external_id == external_id)
        .order_by(inbox.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def list_untold(connection: Connection) -> list[Row]:
    """Return the hub's own parcels that their channel has not confirmed."""
    query = (
        select(fulfillments.c.id, orders.c.channel, orders.c.external_id)
        .join(orders, orders.c.id == fulfillments.c.order_id)
        .where(
            fulfillments.c.origin == "hub",
            fulfillments.c.told_at.is_(None),
            fulfillments.c.cancelled.is_(False),
        )
        .order_by(fulfillments.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def count_orders(connection: Connection, channel: str) -> int:
    """Return how many orders of a channel the hub has."""
    query = select(func.count()).where(orders.c.channel == channel)
    return connection.scalar(query) or 0
