"""Orders, their lines, parcels and claims on stock, by page and by one.

Loads them in the shape that decisions work on and writes back what a decision left.
Does not know what a shipped or cancelled order means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, select

from ..canonical.errors import StoreBusyError
from ..canonical.orders import Order
from ..canonical.remembered import Holding, KnownLine, KnownOrder, LineState, Parcel
from ..canonical.stock import StockKey
from .order_parts import load_parts, read_holding
from .rows import Row, insert_rows, select_rows, update_rows
from .tables import allocations, fulfillment_lines, fulfillments, order_lines, orders

ID_DIGITS_MAX = 19

_LINE_CHANGES = (
    "quantity",
    "wanted",
    "shipped",
    "returned",
    "taken",
    "total_minor",
    "state",
)
_CLAIM_CHANGES = ("wanted", "allocated", "shipped")


def load_by_external_id(
    connection: Connection, channel: str, external_ids: Iterable[str]
) -> dict[str, KnownOrder]:
    """Return the known ones of a channel's orders, by the channel's id."""
    found = select_rows(
        connection,
        orders,
        ("id", "channel", "external_id", "moves_stock"),
        where={"channel": channel},
        among=("external_id", list(external_ids)),
    )
    return {order.external_id: order for order in _read(connection, found)}


def load_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, KnownOrder]:
    """Return the orders with these ids."""
    return {order.id: order for order in _load(connection, orders.c.id.in_(list(ids)))}


def load_by_line(connection: Connection, line_ids: Iterable[int]) -> list[KnownOrder]:
    """Return the orders that these lines belong to."""
    owners = select(order_lines.c.order_id).where(order_lines.c.id.in_(list(line_ids)))
    return _load(connection, orders.c.id.in_(owners))


def _load(connection: Connection, condition: ColumnElement[bool]) -> list[KnownOrder]:
    found = connection.execute(
        select(
            orders.c.id, orders.c.channel, orders.c.external_id, orders.c.moves_stock
        ).where(condition)
    ).all()
    return _read(connection, found)


def _read(connection: Connection, found: Iterable[Sequence[Any]]) -> list[KnownOrder]:
    """Return the orders of these rows with all that hangs on them, oldest first."""
    known = {row[0]: KnownOrder(*row) for row in found}
    if known:
        load_parts(connection, known)
    return [known[key] for key in sorted(known)]


def save_orders(
    connection: Connection,
    taken_in: Sequence[tuple[Order, KnownOrder, int]],
    known_before: set[int],
) -> None:
    """Write the orders of a page: new rows for new ones, changes for the others.

    Args:
        connection: the transaction.
        taken_in: the order, the hub's memory of it, and the id of its inbox record.
        known_before: ids of the orders that have a row already.
    """
    fresh, changed = [], []
    for order, known, inbox_id in taken_in:
        values = (
            order.updated_at,
            inbox_id,
            order.currency,
            order.total.minor,
            order.residue.minor,
            order.payment.value,
            order.fulfillment.value,
            order.cancelled_at,
            order.ship_by,
            order.held,
            known.moves_stock,
        )
        if known.id in known_before:
            changed.append((*values, known.id))
        else:
            head = (known.id, known.channel, known.external_id, order.number)
            fresh.append((*head, order.placed_at, *values))
    insert_rows(connection, orders, fresh)
    change = tuple(orders.columns.keys())[5:]
    update_rows(connection, orders, change=change, where=("id",), rows=changed)


def save_memory(
    connection: Connection, known: Sequence[KnownOrder], before: Remembered
) -> None:
    """Write lines, claims and parcels of orders whose own rows are written.

    Raises:
        StoreBusyError: another process changed a line or a claim since it was loaded.
    """
    lines = [(order.id, line) for order in known for line in order.lines.values()]
    _save_lines(connection, lines, before)
    _save_holdings(connection, [line for _, line in lines], before)
    _save_parcels(connection, known, before)


class Remembered:
    """What the database held when a page was loaded, to tell new from changed."""

    def __init__(self, known: Iterable[KnownOrder] = ()) -> None:
        self.order_ids: set[int] = set()
        self.lines: dict[int, tuple[Any, ...]] = {}
        self.holdings: dict[tuple[int, StockKey], tuple[int, int, int]] = {}
        self.parcels: dict[int, tuple[Any, ...]] = {}
        for order in known:
            self.order_ids.add(order.id)
            for line in order.lines.values():
                self.lines[line.id] = _line_values(line)
                for holding in line.holdings:
                    self.holdings[line.id, holding.key] = _holding_values(holding)
            for parcel in order.parcels:
                self.parcels[parcel.id] = _parcel_values(parcel)


def _line_values(line: KnownLine) -> tuple[Any, ...]:
    return (
        line.quantity,
        line.wanted,
        line.shipped,
        line.returned,
        line.taken,
        line.total_minor,
        line.state.value,
    )


def _holding_values(holding: Holding) -> tuple[int, int, int]:
    return holding.wanted, holding.allocated, holding.shipped


def _parcel_values(parcel: Parcel) -> tuple[Any, ...]:
    return parcel.external_id, parcel.told_at, parcel.cancelled


def _save_lines(
    connection: Connection, lines: Sequence[tuple[int, KnownLine]], before: Remembered
) -> None:
    fresh, changed = [], []
    for order_id, line in lines:
        values = _line_values(line)
        earlier = before.lines.get(line.id)
        if earlier is None:
            head = (line.id, order_id, line.external_id, line.listing_external_id)
            fresh.append((*head, line.sku, line.title, *values))
        elif earlier != values:
            changed.append((*values, line.id, *earlier))
    insert_rows(connection, order_lines, fresh)
    _change_unchanged(connection, order_lines, _LINE_CHANGES, ("id",), changed)


def _save_holdings(
    connection: Connection, lines: Sequence[KnownLine], before: Remembered
) -> None:
    fresh, changed = [], []
    for line in lines:
        for holding in line.holdings:
            values = _holding_values(holding)
            earlier = before.holdings.get((line.id, holding.key))
            if earlier is None:
                head = (line.id, *holding.key, holding.units_per_line)
                fresh.append((*head, *values, holding.routed))
            elif earlier != values:
                changed.append((*values, line.id, *holding.key, *earlier))
    insert_rows(connection, allocations, fresh)
    key = ("line_id", "sku", "location")
    _change_unchanged(connection, allocations, _CLAIM_CHANGES, key, changed)


def _change_unchanged(
    connection: Connection,
    table: Table,
    change: tuple[str, ...],
    key: tuple[str, ...],
    rows: Sequence[Row],
) -> None:
    """Change rows that still are as they were loaded: (new values, key, old values).

    An order is loaded before its positions are locked, so on PostgreSQL another
    transaction may have been faster. Its change must not be written over.
    """
    where = (*key, *change)
    touched = update_rows(connection, table, change=change, where=where, rows=rows)
    if touched != len(rows):
        raise StoreBusyError(
            "Another process changed the same orders; nothing was written.",
            next_step="Try again.",
        )


def _save_parcels(
    connection: Connection, known: Sequence[KnownOrder], before: Remembered
) -> None:
    fresh, contents, changed = [], [], []
    for order in known:
        for parcel in order.parcels:
            values = _parcel_values(parcel)
            earlier = before.parcels.get(parcel.id)
            if earlier is None:
                fresh.append(_parcel_row(order.id, parcel))
                contents += [(parcel.id, *entry) for entry in parcel.quantities.items()]
            elif earlier != values:
                changed.append((*values, parcel.id))
    insert_rows(connection, fulfillments, fresh)
    insert_rows(connection, fulfillment_lines, contents)
    update_rows(
        connection,
        fulfillments,
        change=("external_id", "told_at", "cancelled"),
        where=("id",),
        rows=changed,
    )


def _parcel_row(order_id: int, parcel: Parcel) -> tuple[Any, ...]:
    return (
        parcel.id,
        order_id,
        parcel.origin,
        parcel.external_id,
        parcel.carrier,
        parcel.tracking_number,
        parcel.tracking_url,
        parcel.shipped_at,
        parcel.told_at,
        parcel.cancelled,
        parcel.location,
    )


def load_all_claiming(
    connection: Connection, channel: str
) -> list[tuple[int, Holding]]:
    """Return every claim, by line, that the orders of a channel hold on stock."""
    found = connection.execute(
        select(allocations)
        .join(order_lines, order_lines.c.id == allocations.c.line_id)
        .join(orders, orders.c.id == order_lines.c.order_id)
        .where(orders.c.channel == channel, allocations.c.allocated > 0)
        .order_by(allocations.c.line_id, allocations.c.sku)
    )
    return [(row.line_id, read_holding(row)) for row in found]


def find_by_parcel(connection: Connection, parcel_id: int) -> KnownOrder | None:
    """Return the order that a parcel belongs to."""
    owner = select(fulfillments.c.order_id).where(fulfillments.c.id == parcel_id)
    found = _load(connection, orders.c.id.in_(owner))
    return found[0] if found else None


def find_by_reference(
    connection: Connection, reference: str, channel: str | None = None
) -> list[KnownOrder]:
    """Return the orders that a person may mean: by number, channel's id or our id."""
    named = (orders.c.number == reference) | (orders.c.external_id == reference)
    if reference.isascii() and reference.isdigit() and len(reference) < ID_DIGITS_MAX:
        named |= orders.c.id == int(reference)
    if channel is not None:
        named &= orders.c.channel == channel
    return _load(connection, named)


def find_parked(connection: Connection, channel: str, listing: str) -> set[int]:
    """Return the lines that wait until this listing of a channel is mapped."""
    found = connection.scalars(
        select(order_lines.c.id)
        .join(orders, orders.c.id == order_lines.c.order_id)
        .where(
            orders.c.channel == channel,
            order_lines.c.listing_external_id == listing,
            order_lines.c.state == LineState.PARKED,
        )
    )
    return set(found)


def find_parked_by_sku(connection: Connection, channel: str, sku: str) -> set[int]:
    """Return the waiting lines of a channel that name no listing but this SKU text."""
    found = connection.scalars(
        select(order_lines.c.id)
        .join(orders, orders.c.id == order_lines.c.order_id)
        .where(
            orders.c.channel == channel,
            order_lines.c.listing_external_id == "",
            order_lines.c.sku == sku,
            order_lines.c.state == LineState.PARKED,
        )
    )
    return set(found)


def set_line_state(
    connection: Connection, line_ids: Iterable[int], state: LineState
) -> None:
    """Note what is known about lines."""
    rows = [(state.value, line_id) for line_id in line_ids]
    update_rows(connection, order_lines, change=("state",), where=("id",), rows=rows)


def drop_holdings(connection: Connection, line_ids: Iterable[int]) -> None:
    """Forget the claims of lines whose mapping was undone."""
    connection.execute(
        delete(allocations).where(allocations.c.line_id.in_(list(line_ids)))
    )


def mark_told(
    connection: Connection, parcel_id: int, external_id: str, told_at: datetime
) -> None:
    """Note that the channel knows of a parcel, and under which id."""
    rows = [(external_id, told_at, parcel_id)]
    update_rows(
        connection,
        fulfillments,
        change=("external_id", "told_at"),
        where=("id",),
        rows=rows,
    )
