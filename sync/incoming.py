"""Incoming: goods that suppliers are expected to deliver, and their arrival.

What is expected may be sold before it is there, as far as the SKU's terms allow. It is
no stock before it is received.
"""

from __future__ import annotations

from datetime import datetime

from ..canonical.errors import RefusedError
from ..canonical.stock import Cause, MovementKind, StockKey
from ..store import stock, transfers
from ..store.transfers import IncomingRow
from .decide.ledger import Ledger
from .hub import STOCK_LANE, Hub
from .places import require_location
from .remap import mark_skus
from .stocktaking import (
    StockChange,
    note_change,
    require_sku,
    require_units,
    settle_ledger,
)


def expect_goods(
    hub: Hub,
    sku: str,
    units: int,
    *,
    due_at: datetime | None = None,
    location: str = "",
    note: str = "",
) -> IncomingRow:
    """Write down that goods are expected.

    Raises:
        NotFoundError: the hub does not know the SKU or the location.
        RefusedError: not a number of units that can arrive.
    """
    require_units(units)
    with hub.store.transaction() as connection:
        name = require_sku(connection, sku)
        place = require_location(hub, connection, location)
        id_, now = hub.ids.take(), hub.clock.now()
        row = IncomingRow(id_, name, place, units, 0, due_at, note, now, None)
        transfers.add_incoming(connection, row)
        mark_skus(hub, connection, [name])
    hub.wake([STOCK_LANE])
    return row


def receive_goods(
    hub: Hub,
    receipt_id: int,
    units: int | None = None,
    *,
    actor: str,
    reason: str = "",
    location: str = "",
) -> IncomingRow:
    """Take in expected goods; all that is still to come, unless told how many.

    More than was expected may arrive. What is missing stays expected until the receipt
    is cancelled.

    Raises:
        NotFoundError: there is no such receipt or location.
        RefusedError: nothing more is expected, or it is not a number of units.
    """
    with hub.store.transaction() as connection:
        row = transfers.lock_incoming(connection, receipt_id)
        _require_open(row)
        arrived = row.expected if units is None else units
        require_units(arrived)
        place = require_location(hub, connection, location or row.location)
        received = row.received + arrived
        closed_at = hub.clock.now() if received >= row.units else None
        after = row._replace(received=received, closed_at=closed_at)
        transfers.save_incoming(connection, after)
        key = StockKey(row.sku, place)
        locked = stock.lock_positions(connection, [row.sku])
        ledger = Ledger(locked)
        before = ledger.account(key).on_hand
        cause = Cause("incoming", f"{row.id}/{received}")
        ledger.change_on_hand(key, arrived, MovementKind.RECEIVED, cause)
        settle_ledger(hub, connection, ledger, locked)
        change = StockChange(*key, before, before + arrived)
        note_change(hub, connection, "receive", change, actor, reason)
        hub.reach("incoming.before_commit")
    hub.wake([STOCK_LANE])
    return after


def cancel_goods(hub: Hub, receipt_id: int) -> IncomingRow:
    """Expect no more of a receipt.

    Raises:
        NotFoundError: there is no such receipt.
        RefusedError: nothing more was expected anyway.
    """
    with hub.store.transaction() as connection:
        row = transfers.lock_incoming(connection, receipt_id)
        _require_open(row)
        after = row._replace(closed_at=hub.clock.now())
        transfers.save_incoming(connection, after)
        mark_skus(hub, connection, [row.sku])
    hub.wake([STOCK_LANE])
    return after


def _require_open(row: IncomingRow) -> None:
    if row.closed_at is not None:
        raise RefusedError(
            f"Nothing more is expected of receipt {row.id}.",
            next_step="Goods that nobody announced: crossdock receive SKU UNITS.",
        )
