"""The checkers: what must hold after every step, by the database and by the books.

Separate from the hub: they ask the shops' own books and plain queries, and none of
them repairs anything.
"""

from __future__ import annotations

from ...store import fsck, orders
from .customs import BUDGET
from .scene import Scene

_RULES = " UNION ALL ".join(
    f"SELECT '{rule}', * FROM ({query})" for rule, query in fsck.RULES.items()
)
"""All rules of ``crossdock fsck`` that are about the tables, as one question."""
_OVERDRAWN = """
    SELECT coalesce(sum(max(0, allocated + reserved - max(0, on_hand))), 0)
    FROM positions"""


def check_step(scene: Scene) -> None:
    """Check what holds between any two transactions, if there was one."""
    _check_log(scene)
    commits = scene.worker.process.commits
    if scene.checked == (scene.worker.name, commits):
        return
    scene.checked = (scene.worker.name, commits)
    with scene.hub.store.reading() as connection:
        for rule, subject, message in connection.exec_driver_sql(_RULES):
            scene.report(f"fsck.{rule}", subject, message)
        overdrawn = connection.exec_driver_sql(_OVERDRAWN).scalar()
        scene.watch.look(connection)
    scene.oversold_by_hub = max(scene.oversold_by_hub, int(overdrawn or 0))


def _check_log(scene: Scene) -> None:
    for text in scene.listener.take_unexpected():
        scene.report("no_error_is_unexpected", text.partition(" (at ")[2], text)


_PENDING = """
    SELECT l.external_id, o.payload ->> 'quantity'
    FROM outbox o
    JOIN outbox raised ON raised.channel = o.channel AND raised.kind = o.kind
        AND raised.written_at = o.written_at AND raised.status = o.status
    JOIN listings l ON l.channel = o.channel AND l.stock_external_id = o.subject
    JOIN listings mine ON mine.channel = raised.channel
        AND mine.stock_external_id = raised.subject
    WHERE o.kind = 'stock' AND o.status = 'in_flight' AND o.channel = ?
        AND mine.external_id = ? AND o.id > raised.id
        AND o.payload ->> 'quantity' < o.payload ->> 'expected'"""
"""What a batch lowers after it has raised a listing."""


def _check_order(scene: Scene, channel: str, listing: str) -> None:
    """A batch that raises a listing has lowered all that it lowers before."""
    with scene.hub.store.reading() as connection:
        rows = connection.exec_driver_sql(_PENDING, (channel, listing)).all()
    for other, quantity in rows:
        scene.report(
            "reductions_go_first",
            f"{channel}/listing/{other}",
            f"it is lowered to {quantity} after {listing} was raised",
        )


def check_write(
    scene: Scene, channel: str, listing: str, before: int, after: int
) -> None:
    """Check that a write does not sell again what its shop has sold.

    A shop that compares before it sets is never raised while it has sold units of the
    listing that the hub has not read. Elsewhere a sale may fall into the moment between
    the last look and the write; that is a race, and the books tell what it cost.
    """
    shop = scene.town.shops[channel]
    if scene.customs.counts_revisions(shop.kind):
        scene.watch.hear_revision(f"{channel}/listing/{listing}", scene.seconds, BUDGET)
    if after > before:
        _check_order(scene, channel, listing)
    if after <= before or not shop.compares:
        return
    placed = {
        order.order_id: order
        for order in scene.town.world.orders(channel)
        if any(line.listing == listing for line in order.lines.values())
        and not order.cancelled
    }
    with scene.hub.store.reading() as connection:
        known = orders.load_by_external_id(connection, channel, set(placed))
    unseen = sorted(placed.keys() - known.keys())
    if unseen:
        units = sum(
            line.sold - line.cancelled
            for order_id in unseen
            for line in placed[order_id].lines.values()
            if line.listing == listing
        )
        scene.oversold_by_hub += min(units, after - before)
        scene.report(
            "no_raise_covers_an_unseen_sale",
            f"{channel}/listing/{listing}",
            f"raised from {before} to {after}; not read yet: {', '.join(unseen)}",
        )
