"""Goods on their way: transfers between locations, and receipts that are expected.

Rows only. What of them lies in the in-transit account, and what may be sold of what is
expected, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from ..canonical.errors import NotFoundError
from .tables import incoming, transfers


class TransferRow(NamedTuple):
    """Units that left one location for another."""

    id: int
    sku: str
    from_location: str
    to_location: str
    units: int
    received: int
    lost: int
    sent_at: datetime

    @property
    def under_way(self) -> int:
        """Units that neither arrived nor were given up."""
        return self.units - self.received - self.lost


class IncomingRow(NamedTuple):
    """Goods that a supplier is expected to deliver."""

    id: int
    sku: str
    location: str
    units: int
    received: int
    due_at: datetime | None
    note: str
    added_at: datetime
    closed_at: datetime | None

    @property
    def expected(self) -> int:
        """Units that are still to come."""
        return 0 if self.closed_at else max(0, self.units - self.received)


def add_transfer(connection: Connection, row: TransferRow) -> None:
    """Write down a transfer."""
    connection.execute(insert(transfers).values(**row._asdict()))


def lock_transfer(connection: Connection, id_: int) -> TransferRow:
    """Return a transfer that nobody else can change until the transaction ends.

    Raises:
        NotFoundError: there is none with this id.
    """
    query = select(transfers).where(transfers.c.id == id_).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError(
            f"There is no transfer {id_}.", next_step="crossdock transfer list"
        )
    return TransferRow(*row)


def save_transfer(connection: Connection, row: TransferRow) -> None:
    """Write what of a transfer has arrived or was lost."""
    connection.execute(
        update(transfers)
        .where(transfers.c.id == row.id)
        .values(received=row.received, lost=row.lost)
    )


def load_transfers(
    connection: Connection, sku: str | None = None, *, open_only: bool = True
) -> list[TransferRow]:
    """Return transfers, oldest first."""
    query = select(transfers).order_by(transfers.c.id)
    if sku is not None:
        query = query.where(transfers.c.sku == sku)
    if open_only:
        query = query.where(transfers.c.received + transfers.c.lost < transfers.c.units)
    return [TransferRow(*row) for row in connection.execute(query)]


def add_incoming(connection: Connection, row: IncomingRow) -> None:
    """Write down an expected receipt."""
    connection.execute(insert(incoming).values(**row._asdict()))


def lock_incoming(connection: Connection, id_: int) -> IncomingRow:
    """Return a receipt that nobody else can change until the transaction ends.

    Raises:
        NotFoundError: there is none with this id.
    """
    query = select(incoming).where(incoming.c.id == id_).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError(
            f"There is no expected receipt {id_}.", next_step="crossdock incoming list"
        )
    return IncomingRow(*row)


def save_incoming(connection: Connection, row: IncomingRow) -> None:
    """Write what of a receipt has arrived, and whether more will."""
    connection.execute(
        update(incoming)
        .where(incoming.c.id == row.id)
        .values(received=row.received, closed_at=row.closed_at)
    )


def load_incoming(
    connection: Connection, sku: str | None = None, *, open_only: bool = True
) -> list[IncomingRow]:
    """Return expected receipts, oldest first."""
    query = select(incoming).order_by(incoming.c.id)
    if sku is not None:
        query = query.where(incoming.c.sku == sku)
    if open_only:
        query = query.where(_is_open())
    return [IncomingRow(*row) for row in connection.execute(query)]


def sum_incoming(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Return how many units of the named SKUs are expected, where any are."""
    found = connection.execute(
        select(incoming.c.sku, func.sum(incoming.c.units - incoming.c.received))
        .where(incoming.c.sku.in_(list(names)), _is_open())
        .group_by(incoming.c.sku)
    )
    return {row[0]: int(row[1]) for row in found}


def _is_open() -> ColumnElement[bool]:
    return incoming.c.closed_at.is_(None)
