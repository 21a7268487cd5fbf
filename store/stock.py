"""SKUs, positions and the ledger of movements.

Positions are locked in the order of (SKU, location), so that two pages can never wait
for each other. The database itself refuses an allocation beyond what is on hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select, tuple_, update

from ..canonical.errors import StoreBusyError
from ..canonical.remembered import Claim
from ..canonical.stock import Movement, MovementKind, StockKey
from .ids import IdSource
from .order_parts import HOME_FIRST, read_holding
from .rows import insert_rows, update_rows
from .tables import allocations, movements, order_lines, orders, positions, skus
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
    backorder_units: int = 0
    preorder_units: int = 0
    shortfall_policy: str = ""


class SkuTerms(NamedTuple):
    """On what terms a SKU is sold; zero and empty leave it to the settings."""

    safety_stock: int = 0
    backorder_units: int = 0
    preorder_units: int = 0
    shortfall_policy: str = ""


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


def load_terms(connection: Connection, names: Iterable[str]) -> dict[str, SkuTerms]:
    """Return the terms of the named SKUs."""
    columns = [skus.c[name] for name in SkuTerms._fields]
    found = connection.execute(
        select(skus.c.sku, *columns).where(skus.c.sku.in_(list(names)))
    )
    return {row[0]: SkuTerms(*row[1:]) for row in found}


def save_terms(connection: Connection, sku: str, terms: SkuTerms) -> None:
    """Write the terms of a SKU."""
    connection.execute(update(skus).where(skus.c.sku == sku).values(**terms._asdict()))


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
                movement.as_of or moved_at,
            )
            for id_, movement in zip(taken, made, strict=True)
        ],
    )


def load_claims(
    connection: Connection, names: Iterable[str], *, short_only: bool
) -> list[Claim]:
    """Return lines' claims on the named SKUs, oldest line first, each as a whole.

    Args:
        connection: the transaction.
        names: the SKUs.
        short_only: only lines that still wait for units, otherwise only those that
            hold some.
    """
    wanted = list(names)
    needed = allocations.c.allocated + allocations.c.shipped < allocations.c.wanted
    condition = needed if short_only else allocations.c.allocated > 0
    concerned = select(allocations.c.line_id, allocations.c.sku).where(
        allocations.c.sku.in_(wanted), condition
    )
    found = connection.execute(
        select(allocations, order_lines.c.order_id, orders.c.channel, orders.c.ship_by)
        .join(order_lines, order_lines.c.id == allocations.c.line_id)
        .join(orders, orders.c.id == order_lines.c.order_id)
        .where(tuple_(allocations.c.line_id, allocations.c.sku).in_(concerned))
        .order_by(*HOME_FIRST)
    )
    claims: dict[tuple[int, str], Claim] = {}
    for row in found:
        holding = read_holding(row)
        claim = claims.setdefault(
            (row.line_id, row.sku),
            Claim(row.line_id, row.order_id, row.channel, row.ship_by, []),
        )
        claim.holdings.append(holding)
        claim.before[holding.key.location] = (holding.wanted, holding.allocated)
    return list(claims.values())


def sum_short(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Return how many units of the named SKUs lines wait for, where they do."""
    missing = allocations.c.wanted - allocations.c.allocated - allocations.c.shipped
    short = allocations.c.allocated + allocations.c.shipped < allocations.c.wanted
    found = connection.execute(
        select(allocations.c.sku, func.sum(missing))
        .where(allocations.c.sku.in_(list(names)), short)
        .group_by(allocations.c.sku)
    )
    return {row[0]: int(row[1]) for row in found}


def find_short(connection: Connection) -> list[str]:
    """Return the SKUs that lines wait for."""
    short = allocations.c.allocated + allocations.c.shipped < allocations.c.wanted
    query = select(allocations.c.sku).where(short).distinct()
    return list(connection.scalars(query.order_by(allocations.c.sku)))


def save_claims(connection: Connection, claims: Iterable[Claim]) -> None:
    """Write what claims hold now, and where they were routed to.

    Raises:
        StoreBusyError: another process changed one of them since it was loaded, which
            cannot be where they were loaded after their positions were locked.
    """
    fresh, changed = [], []
    for claim in claims:
        for one in claim.holdings:
            before = claim.before.get(one.key.location)
            now = (one.wanted, one.allocated)
            if before is None:
                row = (claim.line_id, *one.key, one.units_per_line, *now)
                fresh.append((*row, one.shipped, one.routed))
            elif before != now:
                changed.append((*now, claim.line_id, *one.key, *before))
    insert_rows(connection, allocations, fresh)
    change = ("wanted", "allocated")
    where = ("line_id", "sku", "location", *change)
    touched = update_rows(
        connection, allocations, change=change, where=where, rows=changed
    )
    if touched != len(changed):
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


def sum_moved_after(connection: Connection, key: StockKey, moment: datetime) -> int:
    """Return by how much what is on hand has changed since ``moment``."""
    moved = connection.scalar(
        select(func.sum(movements.c.on_hand_change)).where(
            movements.c.sku == key.sku,
            movements.c.location == key.location,
            movements.c.moved_at > moment,
        )
    )
    return int(moved or 0)


def find_last_count(connection: Connection, key: StockKey) -> datetime | None:
    """Return the moment that the latest count of a position speaks of."""
    last: datetime | None = connection.scalar(
        select(func.max(movements.c.moved_at)).where(
            movements.c.sku == key.sku,
            movements.c.location == key.location,
            movements.c.kind == MovementKind.COUNTED,
        )
    )
    return last
