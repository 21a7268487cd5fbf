"""Transfer: goods leave one location, are on their way, and reach another.

Each leg moves units between two accounts, one of them the account of goods in transit,
so that the sum over all locations stays the same. Only what is said to be lost leaves
the books.
"""

from __future__ import annotations

from ..canonical.errors import RefusedError
from ..canonical.stock import IN_TRANSIT, Cause, MovementKind, StockKey
from ..store import stock, transfers
from ..store.engine import Connection
from ..store.transfers import TransferRow
from .decide.ledger import Ledger
from .hub import STOCK_LANE, Hub
from .places import require_location
from .stocktaking import (
    StockChange,
    note_change,
    require_sku,
    require_units,
    settle_ledger,
)


def send_transfer(
    hub: Hub,
    sku: str,
    units: int,
    ends: tuple[str, str],
    *,
    actor: str,
    reason: str = "",
) -> TransferRow:
    """Let ``units`` leave one location for another.

    Args:
        hub: what to work with.
        sku: in any spelling.
        units: how many; only what no order has a claim on.
        ends: the locations, from and to; empty means the default.
        actor: who sends.
        reason: why, for the audit.

    Raises:
        NotFoundError: the hub does not know the SKU or a location.
        RefusedError: both ends are the same, or fewer units are available.
    """
    require_units(units)
    with hub.store.transaction() as connection:
        name = require_sku(connection, sku)
        start, end = (require_location(hub, connection, one) for one in ends)
        if start == end:
            raise RefusedError(f"From {start} to {end} there is nothing to transfer.")
        locked = stock.lock_positions(connection, [name])
        ledger = Ledger(locked)
        source = ledger.account(StockKey(name, start))
        if units > source.available:
            raise RefusedError(
                f"{source.available} of {name} are available at {start}, not {units}; "
                f"{source.allocated} are allocated to orders.",
                next_step="Ship those from there, or cancel what is not wanted.",
            )
        row = TransferRow(
            hub.ids.take(), name, start, end, units, 0, 0, hub.clock.now()
        )
        transfers.add_transfer(connection, row)
        change = StockChange(name, start, source.on_hand, source.on_hand - units)
        cause = Cause("transfer-sent", str(row.id))
        _move(ledger, units, StockKey(name, start), StockKey(name, IN_TRANSIT), cause)
        settle_ledger(hub, connection, ledger, locked)
        note_change(hub, connection, "transfer", change, actor, reason)
        hub.reach("transfer.before_commit")
    hub.wake([STOCK_LANE])
    return row


def receive_transfer(
    hub: Hub,
    transfer_id: int,
    units: int | None = None,
    *,
    actor: str,
    reason: str = "",
    location: str = "",
) -> TransferRow:
    """Take in units of a transfer; all that is under way, unless told how many.

    Args:
        hub: what to work with.
        transfer_id: which.
        units: how many arrived.
        actor: who received them.
        reason: why, for the audit.
        location: where they arrived, if not where they were sent to.

    Raises:
        NotFoundError: there is no such transfer or location.
        RefusedError: fewer units are under way.
    """
    with hub.store.transaction() as connection:
        row, ledger, locked = _open(connection, transfer_id)
        arrived = _require_under_way(row, units)
        place = require_location(hub, connection, location or row.to_location)
        key = StockKey(row.sku, place)
        before = ledger.account(key).on_hand
        after = row._replace(received=row.received + arrived)
        cause = Cause("transfer-received", f"{row.id}/{after.received}")
        _move(ledger, arrived, StockKey(row.sku, IN_TRANSIT), key, cause)
        transfers.save_transfer(connection, after)
        settle_ledger(hub, connection, ledger, locked)
        change = StockChange(*key, before, before + arrived)
        note_change(hub, connection, "receive_transfer", change, actor, reason)
        hub.reach("transfer.received")
    hub.wake([STOCK_LANE])
    return after


def lose_transfer(
    hub: Hub,
    transfer_id: int,
    units: int | None = None,
    *,
    actor: str,
    reason: str = "",
) -> TransferRow:
    """Write off units of a transfer that will not arrive; all that is under way.

    Raises:
        NotFoundError: there is no such transfer.
        RefusedError: fewer units are under way.
    """
    with hub.store.transaction() as connection:
        row, ledger, locked = _open(connection, transfer_id)
        lost = _require_under_way(row, units)
        key = StockKey(row.sku, IN_TRANSIT)
        before = ledger.account(key).on_hand
        after = row._replace(lost=row.lost + lost)
        cause = Cause("transfer-lost", f"{row.id}/{after.lost}")
        ledger.change_on_hand(key, -lost, MovementKind.ADJUSTED, cause)
        transfers.save_transfer(connection, after)
        settle_ledger(hub, connection, ledger, locked)
        change = StockChange(*key, before, before - lost)
        note_change(hub, connection, "lose_transfer", change, actor, reason)
    hub.wake([STOCK_LANE])
    return after


def _open(
    connection: Connection, transfer_id: int
) -> tuple[TransferRow, Ledger, dict[StockKey, stock.Counts]]:
    row = transfers.lock_transfer(connection, transfer_id)
    locked = stock.lock_positions(connection, [row.sku])
    return row, Ledger(locked), locked


def _require_under_way(row: TransferRow, units: int | None) -> int:
    if not row.under_way:
        raise RefusedError(f"Nothing of transfer {row.id} is under way any more.")
    wanted = row.under_way if units is None else units
    if not 0 < wanted <= row.under_way:
        raise RefusedError(
            f"{row.under_way} units of transfer {row.id} are under way, not {wanted}.",
            next_step="What is there beyond that is received with crossdock receive.",
        )
    return wanted


def _move(
    ledger: Ledger, units: int, start: StockKey, end: StockKey, cause: Cause
) -> None:
    ledger.change_on_hand(start, -units, MovementKind.TRANSFERRED, cause)
    ledger.change_on_hand(end, units, MovementKind.TRANSFERRED, cause)
