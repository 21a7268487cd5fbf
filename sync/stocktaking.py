"""Stocktaking: goods that arrive, are counted, or turn out to be missing.

Each is a movement with a cause, and an audit entry. Who gets what arrived is decided
when the SKU is reconciled.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical.errors import NotFoundError, RefusedError
from ..canonical.stock import Cause, MovementKind, StockKey
from ..mapping.identity import sku_key
from ..store import audit, stock
from ..store.audit import AuditRow
from ..store.engine import Connection
from .apply import give_way, save_ledger
from .decide.ledger import Ledger
from .hub import STOCK_LANE, Hub
from .remap import mark_skus

UNITS_MAX = 100_000_000


@dataclass(frozen=True, slots=True)
class StockChange:
    """What a position holds after a change."""

    sku: str
    location: str
    on_hand_before: int
    on_hand: int


def receive_stock(
    hub: Hub, sku: str, units: int, *, actor: str, reason: str = ""
) -> StockChange:
    """Add goods that arrived, and give them to the lines that wait for them.

    Raises:
        NotFoundError: the hub does not know the SKU.
        RefusedError: not a number of units that can arrive.
    """
    if not 0 < units <= UNITS_MAX:
        raise RefusedError(f"{units} is not a number of units that can be received.")
    with hub.store.transaction() as connection:
        name = require_sku(connection, sku)
        cause = Cause("received", str(hub.ids.take()))
        change = change_on_hand(
            hub, connection, name, units, MovementKind.RECEIVED, cause
        )
        _note(hub, connection, "receive", change, actor, reason)
    hub.wake([STOCK_LANE])
    return change


def count_stock(
    hub: Hub, sku: str, units: int, *, actor: str, reason: str = ""
) -> StockChange:
    """Set what is on hand to what was counted; claims that no longer fit give way.

    Raises:
        NotFoundError: the hub does not know the SKU.
        RefusedError: not a number of units that can be counted.
    """
    if not -UNITS_MAX <= units <= UNITS_MAX:
        raise RefusedError(f"{units} is not a number of units that can be counted.")
    with hub.store.transaction() as connection:
        name = require_sku(connection, sku)
        key = StockKey(name, hub.tuning.location)
        counts = stock.lock_positions(connection, [name]).get(key)
        difference = units - (counts.on_hand if counts else 0)
        cause = Cause("counted", str(hub.ids.take()))
        change = change_on_hand(
            hub, connection, name, difference, MovementKind.COUNTED, cause
        )
        _note(hub, connection, "count", change, actor, reason)
    hub.wake([STOCK_LANE])
    return change


def require_sku(connection: Connection, sku: str) -> str:
    """Return the SKU as the hub spells it.

    Raises:
        NotFoundError: the hub does not know it.
    """
    try:
        key = sku_key(sku)
    except ValueError as error:
        raise NotFoundError(f"{sku!r} cannot be a SKU: {error}.") from error
    found = stock.find_skus(connection, [key])
    if key not in found:
        raise NotFoundError(
            f"There is no SKU {sku}.",
            next_step="crossdock conflicts resolve ID map --create makes one.",
        )
    return found[key]


def change_on_hand(
    hub: Hub,
    connection: Connection,
    sku: str,
    units: int,
    kind: MovementKind,
    cause: Cause,
) -> StockChange:
    """Add ``units``, which may be negative, in the caller's transaction."""
    key = StockKey(sku, hub.tuning.location)
    locked = stock.lock_positions(connection, [sku])
    ledger = Ledger(locked)
    before = ledger.account(key).on_hand
    ledger.change_on_hand(key, units, kind, cause)
    give_way(hub, connection, ledger)
    save_ledger(hub, connection, ledger, locked)
    mark_skus(hub, connection, [sku])
    return StockChange(sku, key.location, before, before + units)


def _note(
    hub: Hub,
    connection: Connection,
    action: str,
    change: StockChange,
    actor: str,
    reason: str,
) -> None:
    audit.write(
        connection,
        AuditRow(
            hub.ids.take(),
            hub.clock.now(),
            actor,
            action,
            f"sku/{change.sku}@{change.location}",
            reason,
            {"on_hand": change.on_hand_before},
            {"on_hand": change.on_hand},
        ),
    )
