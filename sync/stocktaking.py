"""Stocktaking: goods that arrive, are counted, or turn out to be missing.

Each is a movement with a cause, and an audit entry. What arrives goes to the lines that
wait for it in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..canonical.errors import NotFoundError, RefusedError
from ..canonical.stock import Cause, MovementKind, StockKey
from ..mapping.identity import sku_key
from ..store import audit, stock
from ..store.audit import AuditRow
from ..store.engine import Connection
from .apply import give_way, save_ledger
from .decide.ledger import Ledger
from .hub import STOCK_LANE, Hub
from .places import require_location
from .remap import mark_skus
from .shortfalls import serve_waiting_lines

UNITS_MAX = 100_000_000


@dataclass(frozen=True, slots=True)
class StockChange:
    """What a position holds after a change."""

    sku: str
    location: str
    on_hand_before: int
    on_hand: int


def receive_stock(
    hub: Hub,
    sku: str,
    units: int,
    *,
    actor: str,
    reason: str = "",
    location: str = "",
) -> StockChange:
    """Add goods that arrived, and give them to the lines that wait for them.

    Raises:
        NotFoundError: the hub does not know the SKU or the location.
        RefusedError: not a number of units that can arrive.
    """
    require_units(units)
    with hub.store.transaction() as connection:
        name = require_sku(connection, sku)
        key = StockKey(name, require_location(hub, connection, location))
        cause = (MovementKind.RECEIVED, Cause("received", str(hub.ids.take())))
        change = change_on_hand(hub, connection, key, units, cause)
        note_change(hub, connection, "receive", change, actor, reason)
    hub.wake([STOCK_LANE])
    return change


def count_stock(
    hub: Hub,
    sku: str,
    units: int,
    *,
    actor: str,
    reason: str = "",
    location: str = "",
    at: datetime | None = None,
) -> StockChange:
    """Set what was on hand to what was counted; claims that no longer fit give way.

    Args:
        hub: what to work with.
        sku: what was counted, in any spelling.
        units: how many there were.
        actor: who counted.
        reason: why, for the audit.
        location: where; empty means the default.
        at: when it was counted, if not now: what moved since then stays moved.

    Raises:
        NotFoundError: the hub does not know the SKU or the location.
        RefusedError: not a number of units that can be counted, or not a moment that
            they can be counted at.
    """
    if not -UNITS_MAX <= units <= UNITS_MAX:
        raise RefusedError(f"{units} is not a number of units that can be counted.")
    with hub.store.transaction() as connection:
        name = require_sku(connection, sku)
        key = StockKey(name, require_location(hub, connection, location))
        counts = stock.lock_positions(connection, [name]).get(key)
        then = counts.on_hand if counts else 0
        if at is not None:
            _require_countable(hub, connection, key, at)
            then -= stock.sum_moved_after(connection, key, at)
        cause = (MovementKind.COUNTED, Cause("counted", str(hub.ids.take())))
        change = change_on_hand(hub, connection, key, units - then, cause, as_of=at)
        note_change(hub, connection, "count", change, actor, reason)
    hub.wake([STOCK_LANE])
    return change


def _require_countable(
    hub: Hub, connection: Connection, key: StockKey, at: datetime
) -> None:
    if at > hub.clock.now():
        raise RefusedError(f"{at:%Y-%m-%d %H:%M} UTC has not come yet.")
    last = stock.find_last_count(connection, key)
    if last is not None and last > at:
        raise RefusedError(
            f"{key.sku} was counted at {last:%Y-%m-%d %H:%M:%S} UTC, after that.",
            next_step="The later count stands. Count again if it was wrong.",
        )


def require_units(units: int) -> None:
    """Refuse what is not a number of units that can be moved.

    Raises:
        RefusedError: it is zero, negative or beyond all measure.
    """
    if not 0 < units <= UNITS_MAX:
        raise RefusedError(f"{units} is not a number of units that can be moved.")


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
    key: StockKey,
    units: int,
    cause: tuple[MovementKind, Cause],
    *,
    as_of: datetime | None = None,
) -> StockChange:
    """Add ``units``, which may be negative, in the caller's transaction."""
    locked = stock.lock_positions(connection, [key.sku])
    ledger = Ledger(locked)
    before = ledger.account(key).on_hand
    ledger.change_on_hand(key, units, *cause, as_of=as_of)
    settle_ledger(hub, connection, ledger, locked)
    return StockChange(*key, before, before + units)


def settle_ledger(
    hub: Hub,
    connection: Connection,
    ledger: Ledger,
    locked: dict[StockKey, stock.Counts],
) -> None:
    """Write what people did to on hand; claims give way, and waiting lines are served.

    Whoever lost units somewhere may find others elsewhere at once.
    """
    skus = sorted({key.sku for key in ledger.changed_positions()})
    give_way(hub, connection, ledger)
    save_ledger(hub, connection, ledger, locked)
    serve_waiting_lines(hub, connection, skus)
    mark_skus(hub, connection, skus)


def note_change(
    hub: Hub,
    connection: Connection,
    action: str,
    change: StockChange,
    actor: str,
    reason: str,
) -> None:
    """Write into the audit who changed what is on hand, and why."""
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
