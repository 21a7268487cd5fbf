"""SKUs, positions and the ledger of movements.

Positions are locked in the order of (SKU, location), so that two pages can never wait
for each other. The database itself refuses an allocation beyond what is on hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ..canonical.errors import StoreBusyError
from ..canonical.remembered import Holding
from ..canonical.stock import Movement, StockKey
from .ids import IdSource
from .order_parts import read_holding
from .rows import insert_rows, update_rows
from .tables import allocations, movements, order_lines, positions, skus
from .upsert import upsert


class Counts(NamedTuple):
    """What a position counts."""

    on_hand: int
    allocated: int
    reserved: int


class SkuRow(NamedTuple):
    """A SKU of the merchant. ``sku_key`` is its spelling for comparison."""

    sku: str
    sku_key: str
    title: str
    barcode: str
    safety_stock: int
    added_at: datetime


class Claim(NamedTuple):
    """A line's claim on a position, for giving or taking units."""

    line_id: int
    order_id: int
    holding: Holding
    held: int
    """Units that it had allocated when it was loaded."""


def add_skus(connection: Connection, rows: Sequence[SkuRow]) -> None:
    """Remember SKUs; those whose key exists already stay as they are."""
    if rows:
        upsert(
            connection,
            skus,
            [row._asdict() for row in rows],
            key=("sku_key",),
            change={},
        )


def load_skus(connection: Connection) -> list[SkuRow]:
    """Return every SKU."""
    return [
        SkuRow(*row) for row in connection.execute(select(skus).order_by(skus.c.sku))
    ]


def find_skus(connection: Connection, sku_keys: Iterable[str]) -> dict[str, str]:
    """Return the SKUs with these comparison keys, by key."""
    found = connection.execute(
        select(skus.c.sku_key, skus.c.sku).where(skus.c.sku_key.in_(list(sku_keys)))
    )
    return {row.sku_key: row.sku for row in found}


def load_safety_stock(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Return the safety stock of the named SKUs."""
    found = connection.execute(
        select(skus.c.sku, skus.c.safety_stock).where(skus.c.sku.in_(list(names)))
    )
    return {row.sku: row.safety_stock for row in found}


def lock_positions(
    connection: Connection, names: Iterable[str]
) -> dict[StockKey, Counts]:
    """Lock every position of the named SKUs, in key order, and return them."""
    query = (
        select(positions)
        .where(positions.c.sku.in_(sorted(set(names))))
        .order_by(positions.c.sku, positions.c.location)
        .with_for_update()
    )
    return {
        StockKey(row.sku, row.location): Counts(
            row.on_hand, row.allocated, row.reserved
        )
        for row in connection.execute(query)
    }


def load_positions(
    connection: Connection, names: Iterable[str] | None = None
) -> dict[StockKey, Counts]:
    """Return positions as they are, without a lock: for showing, not for deciding."""
    query = select(positions).order_by(positions.c.sku, positions.c.location)
    if names is not None:
        query = query.where(positions.c.sku.in_(list(names)))
    return {
        StockKey(row.sku, row.location): Counts(
            row.on_hand, row.allocated, row.reserved
        )
        for row in connection.execute(query)
    }


def save_positions(
    connection: Connection,
    changed: Mapping[StockKey, Counts],
    existing: Mapping[StockKey, Counts],
) -> None:
    """Write positions: changes for those that were locked, new rows for the others."""
    fresh = [(*key, *counts) for key, counts in changed.items() if key not in existing]
    insert_rows(connection, positions, fresh)
    update_rows(
        connection,
        positions,
        change=("on_hand", "allocated", "reserved"),
        where=("sku", "location"),
        rows=[(*counts, *key) for key, counts in changed.items() if key in existing],
    )


def add_movements(
    connection: Connection, made: Sequence[Movement], ids: IdSource, moved_at: datetime
) -> None:
    """Append movements. One that was recorded before violates its unique key."""
    taken = ids.take_many(len(made)) if made else range(0)
    insert_rows(
        connection,
        movements,
        [
            (
                id_,
                *movement.key,
                movement.kind.value,
                *movement.cause,
                movement.on_hand_change,
                movement.allocated_change,
                moved_at,
            )
            for id_, movement in zip(taken, made, strict=True)
        ],
    )


def load_claims(
    connection: Connection, names: Iterable[str], *, short_only: bool
) -> list[Claim]:
    """Return lines' claims on the named SKUs, oldest line first.

    Args:
        connection: the transaction.
        names: the SKUs.
        short_only: only those that still wait for units, otherwise only those that
            hold some.
    """
    needed = allocations.c.allocated + allocations.c.shipped < allocations.c.wanted
    condition = needed if short_only else allocations.c.allocated > 0
    found = connection.execute(
        select(allocations, order_lines.c.order_id)
        .join(order_lines, order_lines.c.id == allocations.c.line_id)
        .where(allocations.c.sku.in_(list(names)), condition)
        .order_by(allocations.c.line_id, allocations.c.sku)
    )
    return [
        Claim(
            row.line_id,
            row.order_id,
            read_holding(row),
            row.allocated,
        )
        for row in found
    ]


def save_claims(connection: Connection, claims: Iterable[Claim]) -> None:
    """Write what claims hold now.

    Raises:
        StoreBusyError: another process changed one of them since it was loaded, which
            cannot be where they were loaded after their positions were locked.
    """
    rows = [
        (claim.holding.allocated, claim.line_id, *claim.holding.key, claim.held)
        for claim in claims
    ]
    where = ("line_id", "sku", "location", "allocated")
    touched = update_rows(
        connection, allocations, change=("allocated",), where=where, rows=rows
    )
    if touched != len(rows):
        raise StoreBusyError(
            "Another process changed the same claims on stock; nothing was written.",
            next_step="Try again.",
        )


def count_movements(connection: Connection, cause_kind: str, cause_prefix: str) -> int:
    """Return how many movements a cause has made so far."""
    counted = connection.scalar(
        select(func.count())
        .select_from(movements)
        .where(
            movements.c.cause_kind == cause_kind,
            movements.c.cause_id.startswith(cause_prefix, autoescape=True),
        )
    )
    return counted or 0
