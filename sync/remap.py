"""Remap: order lines that waited for a mapping go on, or go back to waiting.

Exactly the lines concerned and no others: the rest of their orders does not move.
Which mapping is right was decided before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..canonical.errors import RefusedError
from ..canonical.listings import Component
from ..canonical.remembered import KnownLine, KnownOrder, LineState
from ..canonical.stock import Cause
from ..store import listings, marks, orders, stock
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from .apply import give_way, save_ledger
from .decide.ledger import Ledger
from .decide.orders import map_line, settle_holdings
from .hub import STOCK_LANE, Hub
from .places import load_places


def remap(
    hub: Hub,
    keys: Sequence[str],
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> int:
    """Let lines go on whose listing, by ``channel/listing``, is mapped now.

    Returns:
        How many lines stopped waiting.
    """
    freed = 0
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        for key in keys:
            channel, _, listing = key.partition("/")
            row = listings.load_listings(connection, channel, [listing]).get(listing)
            if row is None or row.mapping == listings.WAITING:
                continue
            waiting = orders.find_parked(connection, channel, listing)
            ignored = row.mapping == listings.IGNORED
            state = LineState.UNTRACKED if ignored else LineState.MAPPED
            free_lines(hub, connection, waiting, state, tuple(row.components))
            freed += len(waiting)
        marks.clear(connection, handled)
        hub.reach("remap.before_commit")
    hub.wake([STOCK_LANE])
    return freed


def free_lines(
    hub: Hub,
    connection: Connection,
    line_ids: Iterable[int],
    state: LineState,
    parts: tuple[Component, ...],
) -> None:
    """Map waiting lines, allocate for them, and stock what they shipped meanwhile."""
    chosen = set(line_ids)
    known = orders.load_by_line(connection, chosen)
    before = orders.Remembered(known)
    locked = stock.lock_positions(connection, {part.sku for part in parts})
    ledger = Ledger(locked)
    places = load_places(hub, connection)
    contested = set(stock.sum_short(connection, {part.sku for part in parts}))
    cause_id = f"remap-{hub.ids.take()}"
    for order in known:
        freed = _lines_of(order, chosen)
        moved = ledger if order.moves_stock else None
        for line in freed:
            map_line(line, state, parts, places.home(order.channel), moved)
        if order.moves_stock:
            usable = places.usable(order.channel)
            settle_holdings(freed, usable, ledger, cause_id, contested=contested)
    orders.save_memory(connection, known, before)
    give_way(hub, connection, ledger)
    save_ledger(hub, connection, ledger, locked)
    mark_skus(hub, connection, {part.sku for part in parts})


def park_lines(hub: Hub, connection: Connection, line_ids: Iterable[int]) -> None:
    """Let lines wait again whose mapping was taken back; their stock is free again.

    Raises:
        RefusedError: goods of a line have left since; the mapping became a fact.
    """
    chosen = set(line_ids)
    known = orders.load_by_line(connection, chosen)
    parked = [line for order in known for line in _lines_of(order, chosen)]
    if any(holding.shipped for line in parked for holding in line.holdings):
        raise RefusedError(
            "Goods of a line that this freed have left; it cannot be undone.",
            next_step="Correct the stock with crossdock count instead.",
        )
    skus = {holding.key.sku for line in parked for holding in line.holdings}
    locked = stock.lock_positions(connection, skus)
    ledger = Ledger(locked)
    cause_id = f"undo-{hub.ids.take()}"
    for line in parked:
        for holding in line.holdings:
            cause = Cause("order", f"{cause_id}/{line.id}")
            ledger.release(holding.key, holding.allocated, cause)
    orders.drop_holdings(connection, chosen)
    orders.set_line_state(connection, chosen, LineState.PARKED)
    save_ledger(hub, connection, ledger, locked)
    mark_skus(hub, connection, skus)


def mark_skus(hub: Hub, connection: Connection, skus: Iterable[str]) -> None:
    """Mark SKUs to be reconciled."""
    now = hub.clock.now()
    hub.mark(
        connection,
        [
            Mark(MarkKind.RECONCILE, sku, STOCK_LANE, Priority.LIVE, now)
            for sku in sorted(set(skus))
        ],
    )


def _lines_of(order: KnownOrder, chosen: set[int]) -> list[KnownLine]:
    return [line for line in order.lines.values() if line.id in chosen]
