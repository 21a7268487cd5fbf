"""What staff do in the warehouse: receive, count, move, expect; and its books.

What they do to what exists is entered in the world's books as it happens. Selling and
shipping are not their business.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from ...canonical.stock import MovementKind, StockKey
from ...store import figures, stock, transfers
from ...store.engine import Connection
from ...sync.incoming import expect_goods, receive_goods
from ...sync.stocktaking import count_stock, receive_stock
from ...sync.transfer import lose_transfer, receive_transfer, send_transfer
from .customs import ANNEX
from .events import Event, Kind
from .scene import Scene
from .shoppers import NOTHING, Act

ACTOR = "simulation"

_BY_HAND = {MovementKind.RECEIVED, MovementKind.COUNTED, MovementKind.ADJUSTED}
_CHANGES = (-4, -2, -1, 0, 1, 3)
_LOST_SHARE = 0.2
_MOVED_AFTER = """
    SELECT sum(on_hand_change) FROM movements
    WHERE sku = ? AND location = ? AND moved_at > ?"""


def list_skus(scene: Scene) -> list[str]:
    """Return every SKU that the hub knows."""
    with scene.hub.store.reading() as connection:
        return [row.sku for row in stock.load_skus(connection)]


def _choose_place(scene: Scene, event: Event, draw: int) -> str:
    """Return one of the places where goods may lie."""
    main = scene.hub.tuning.location
    return event.choose(draw, (main, ANNEX) if scene.customs.two_places else (main,))


def _receive(scene: Scene, event: Event) -> str:
    sku, units = event.choose(0, list_skus(scene)), event.count(1, 1, 6)
    place = _choose_place(scene, event, 2)
    with books_kept(scene, sku, units):
        receive_stock(scene.hub, sku, units, actor=ACTOR, location=place)
    return f"staff received {units} x {sku} at {place}"


def _count(scene: Scene, event: Event) -> str:
    """Count a SKU: units are missing, or turn up, against what the hub has on hand.

    Now, or as of some minutes ago: what moved since then stays moved.
    """
    sku, place = event.choose(0, list_skus(scene)), _choose_place(scene, event, 2)
    at = None
    if event.draws[3] < 0.5:
        at = scene.hub.clock.now() - timedelta(seconds=event.count(4, 1, 120))
    key = StockKey(sku, place)
    with scene.hub.store.reading() as connection:
        counts = stock.load_positions(connection, [sku]).get(key)
        later = 0 if at is None else _sum_moved_after(connection, key, at)
    on_hand = (counts.on_hand if counts else 0) - later
    counted = max(0, on_hand + event.choose(1, _CHANGES))
    if counted < on_hand:
        scene.disturb([sku])
    with books_kept(scene, sku, counted - on_hand):
        count_stock(scene.hub, sku, counted, actor=ACTOR, location=place, at=at)
    when = "now" if at is None else f"at {at:%H:%M:%S}"
    return f"staff counted {counted} x {sku} at {place} {when}, where {on_hand} were"


def _sum_moved_after(connection: Connection, key: StockKey, at: datetime) -> int:
    """Return the units by which on hand has changed since, by the rows themselves."""
    moment = int(at.timestamp() * 1_000_000)
    found = connection.exec_driver_sql(_MOVED_AFTER, (key.sku, key.location, moment))
    return int(found.scalar() or 0)


def _transfer(scene: Scene, event: Event) -> str:
    """Send goods from one place to another, or let some arrive or be lost."""
    if not scene.customs.two_places:
        return NOTHING
    with scene.hub.store.reading() as connection:
        under_way = transfers.load_transfers(connection)
    if under_way and event.draws[0] < 0.5:
        return _end_transfer(scene, event, event.choose(1, under_way))
    sku, units = event.choose(1, list_skus(scene)), event.count(2, 1, 3)
    places = (scene.hub.tuning.location, ANNEX)
    start, end = places if event.draws[3] < 0.5 else places[::-1]
    send_transfer(scene.hub, sku, units, (start, end), actor=ACTOR)
    return f"staff sent {units} x {sku} from {start} to {end}"


def _end_transfer(scene: Scene, event: Event, row: transfers.TransferRow) -> str:
    units = event.count(2, 1, row.under_way)
    if event.draws[3] < _LOST_SHARE:
        scene.disturb([row.sku])
        with books_kept(scene, row.sku, -units):
            lose_transfer(scene.hub, row.id, units, actor=ACTOR)
        return f"staff wrote off {units} x {row.sku} of a transfer"
    with books_kept(scene, row.sku, 0):
        receive_transfer(scene.hub, row.id, units, actor=ACTOR)
    return f"staff took in {units} x {row.sku} of a transfer"


def _expect(scene: Scene, event: Event) -> str:
    """Write down expected goods, or take in what was expected."""
    with scene.hub.store.reading() as connection:
        coming = transfers.load_incoming(connection)
    if not coming or event.draws[0] < 0.5:
        sku, units = event.choose(1, list_skus(scene)), event.count(2, 1, 5)
        expect_goods(scene.hub, sku, units)
        return f"staff expect {units} x {sku}"
    row, units = event.choose(1, coming), event.count(2, 1, 5)
    with books_kept(scene, row.sku, units):
        receive_goods(scene.hub, row.id, units, actor=ACTOR)
    return f"staff received {units} x {row.sku}, which were expected"


@contextmanager
def books_kept(scene: Scene, sku: str, units: int) -> Iterator[None]:
    """Enter in the world's books what staff did to a SKU, even if the hub died in it.

    On hand must have changed by exactly ``units`` then, or not at all.
    """
    before = _sum_by_hand(scene, sku)
    try:
        yield
    finally:
        changed = _sum_by_hand(scene, sku) - before
        if changed not in (0, units):
            scene.report("staff_move_what_they_say", sku, f"{changed} and not {units}")
        if changed:
            scene.town.world.receive(sku, changed)


def _sum_by_hand(scene: Scene, sku: str) -> int:
    """Return the units by which people changed what is on hand of a SKU."""
    with scene.hub.store.reading() as connection:
        return sum(
            int(row["on_hand_change"])
            for row in figures.sum_movements(connection, sku)
            if row["kind"] in _BY_HAND
        )


ACTS: dict[Kind, Act] = {
    Kind.RECEIVE: _receive,
    Kind.COUNT: _count,
    Kind.TRANSFER: _transfer,
    Kind.EXPECT: _expect,
}
