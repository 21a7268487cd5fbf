"""Ship: staff packed goods and they left; stock falls and the channel will be told.

Only what an order still wants can ship, and a parcel is recorded once. The channel
hears of it from ``tell``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..canonical.errors import NotFoundError, RefusedError
from ..canonical.remembered import KnownLine, KnownOrder, LineState, Parcel
from ..canonical.stock import Cause
from ..store import figures, orders, stock
from ..store.engine import Connection
from ..store.marks import Mark, MarkKind, Priority
from .apply import give_way, save_ledger
from .decide.ledger import Ledger
from .decide.parcels import ship_lines
from .decide.routing import group_claims
from .hub import STOCK_LANE, Hub
from .places import load_places, require_location


@dataclass(frozen=True, slots=True)
class Tracking:
    """How a parcel travels. Any part may be empty."""

    carrier: str = ""
    number: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Shipped:
    """A parcel that was recorded."""

    parcel_id: int
    order_id: int
    channel: str
    quantities: Mapping[str, int]
    """Units by the channel's line id."""


def ship_order(
    hub: Hub,
    reference: str,
    tracking: Tracking,
    *,
    channel: str | None = None,
    quantities: Mapping[str, int] | None = None,
    location: str = "",
) -> Shipped:
    """Record that goods of an order left, and mark the channel to be told.

    Args:
        hub: what to work with.
        reference: the order's number, the channel's id or the hub's id.
        tracking: how the parcel travels.
        channel: which channel's order, where a number is used by several.
        quantities: units by the channel's line id; None ships all that is allocated.
        location: where it leaves from; empty takes each line's units from where they
            are allocated.

    Raises:
        NotFoundError: no order, line or location is called so.
        RefusedError: nothing is left to ship, more than is wanted was named, the
            channel holds the order back, or several orders are called so.
    """
    with hub.store.transaction() as connection:
        order = find_order(connection, reference, channel)
        _refuse_held(connection, order)
        if location:
            location = require_location(hub, connection, location)
        chosen = _choose(order, quantities, location)
        before = orders.Remembered([order])
        parcel = _pack(hub, order, tracking, chosen, location)
        ledger = _let_leave(hub, connection, order, parcel, before)
        _mark(hub, connection, order, parcel, ledger)
        hub.reach("ship.before_commit")
    hub.wake([order.channel, STOCK_LANE])
    names = {line.id: line.external_id for line in order.lines.values()}
    shipped = {names[line_id]: units for line_id, units in parcel.quantities.items()}
    return Shipped(parcel.id, order.id, order.channel, shipped)


def _let_leave(
    hub: Hub,
    connection: Connection,
    order: KnownOrder,
    parcel: Parcel,
    before: orders.Remembered,
) -> Ledger:
    """Take a parcel's goods out of stock, and write what that made of the order."""
    skus = {one.key.sku for line in order.lines.values() for one in line.holdings}
    locked = stock.lock_positions(connection, skus)
    ledger = Ledger(locked)
    if order.moves_stock:
        ship_lines(
            order,
            parcel.quantities,
            ledger,
            Cause("parcel", str(parcel.id)),
            locations=load_places(hub, connection).usable(order.channel),
            location=parcel.location,
        )
    orders.save_memory(connection, [order], before)
    give_way(hub, connection, ledger)
    save_ledger(hub, connection, ledger, locked)
    return ledger


def _refuse_held(connection: Connection, order: KnownOrder) -> None:
    if figures.get_order(connection, order.id)["held"]:
        raise RefusedError(
            f"{order.channel} asks not to ship order {order.external_id} yet.",
            next_step="Lift the hold there; the hub notices it by itself.",
        )


def find_order(
    connection: Connection, reference: str, channel: str | None
) -> KnownOrder:
    """Return the one order that a person means.

    Raises:
        NotFoundError: none is called so.
        RefusedError: several are.
    """
    found = orders.find_by_reference(connection, reference.removeprefix("#"), channel)
    if not found and reference.startswith("#"):
        found = orders.find_by_reference(connection, reference, channel)
    if not found:
        raise NotFoundError(
            f"There is no order {reference}.",
            next_step="Name it by its number, the channel's id or the hub's id.",
        )
    if len(found) > 1:
        names = ", ".join(f"{one.channel} ({one.id})" for one in found)
        raise RefusedError(
            f"Several orders are called {reference}: {names}.",
            next_step="Add --channel, or name it by the hub's id.",
        )
    return found[0]


def _choose(
    order: KnownOrder, quantities: Mapping[str, int] | None, location: str
) -> dict[int, int]:
    if quantities is None:
        ready = {line.id: _count_ready(line, location) for line in order.lines.values()}
        chosen = {line_id: units for line_id, units in ready.items() if units > 0}
        if not chosen:
            raise RefusedError(
                f"Order {order.external_id} has nothing that is ready to ship.",
                next_step=f"crossdock explain order {order.id} says what it waits for.",
            )
        return chosen
    chosen = {}
    for external_id, units in quantities.items():
        line = order.lines.get(external_id)
        if line is None:
            raise NotFoundError(
                f"Order {order.external_id} has no line {external_id}.",
                next_step=f"Its lines: {', '.join(order.lines)}.",
            )
        if units < 1 or units > line.wanted - line.shipped:
            raise RefusedError(
                f"Line {external_id} has {line.wanted - line.shipped} units left to "
                f"ship, not {units}."
            )
        chosen[line.id] = units
    return chosen


def _count_ready(line: KnownLine, location: str) -> int:
    """Return how many of a line can leave now: those whose goods are allocated."""
    left = line.wanted - line.shipped
    if line.state is LineState.PARKED:
        return 0
    covered = [
        sum(one.allocated for one in group if location in ("", one.key.location))
        // group[0].units_per_line
        for group in group_claims(line.holdings)
    ]
    return min([left, *covered])


def _pack(
    hub: Hub,
    order: KnownOrder,
    tracking: Tracking,
    chosen: dict[int, int],
    location: str,
) -> Parcel:
    parcel = Parcel(
        hub.ids.take(),
        "hub",
        "",
        tracking.carrier,
        tracking.number,
        tracking.url,
        hub.clock.now(),
        chosen,
        location=location,
    )
    order.parcels.append(parcel)
    return parcel


def _mark(
    hub: Hub, connection: Connection, order: KnownOrder, parcel: Parcel, ledger: Ledger
) -> None:
    now = hub.clock.now()
    key = f"{order.channel}/{parcel.id}"
    # Never before what keeps stock from being sold twice: parcels come by the hundred.
    wanted = [Mark(MarkKind.TELL, key, order.channel, Priority.LIVE, now)]
    wanted += [
        Mark(MarkKind.RECONCILE, key.sku, STOCK_LANE, Priority.LIVE, now)
        for key in ledger.changed_positions()
    ]
    hub.mark(connection, wanted)


def cancel_order(hub: Hub, reference: str, *, channel: str | None = None) -> KnownOrder:
    """Ask the order's channel to cancel it; what follows is read from the channel.

    Raises:
        NotFoundError: no order is called so.
        RefusedError: goods of it have left already.
    """
    with hub.store.transaction() as connection:
        order = find_order(connection, reference, channel)
        if any(line.shipped for line in order.lines.values()):
            raise RefusedError(
                f"Goods of order {order.external_id} have left already.",
                next_step="Take it back as a return in the channel.",
            )
        key = f"{order.channel}/{order.external_id}"
        now = hub.clock.now()
        wanted = Mark(MarkKind.CANCEL, key, order.channel, Priority.PERSON, now)
        hub.mark(connection, [wanted])
    hub.wake([order.channel])
    return order
