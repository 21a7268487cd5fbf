"""Taking an order in: what its new state means for lines, parcels and stock.

Works the same for the first sight of an order and for every later one: it compares
what the channel says now with what the hub remembers, and closes the difference. A
channel's order is a fact and never refused; what does not fit stays short.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ...canonical.listings import Component
from ...canonical.orders import (
    FulfillmentState,
    Order,
    OrderLine,
)
from ...canonical.remembered import Holding, KnownLine, KnownOrder, LineState
from ...canonical.stock import Cause, MovementKind, StockKey
from .facts import Sells, Surroundings
from .ledger import Ledger
from .opening import LOST_PAYMENTS, comes_along, open_line
from .parcels import ship_what_channel_shipped
from .routing import fill_claims, group_claims, settle_wanted


@dataclass(slots=True)
class Effects:
    """What a page of orders changed besides the orders themselves."""

    taken: dict[str, int] = field(default_factory=dict)
    """Units by which the channel's own counters fell, by its stock record."""
    touched: set[str] = field(default_factory=set)
    """SKUs whose listings those counters are, whether or not units moved here."""
    parked: dict[tuple[str, str], KnownLine] = field(default_factory=dict)
    """One line for each (listing id, SKU text) that the hub never heard of.

    Lines of listings that wait for a person are not here: a conflict is open about
    those already."""


def take_in_order(
    order: Order,
    known: KnownOrder | None,
    *,
    inbox_id: int,
    surroundings: Surroundings,
    ledger: Ledger,
    effects: Effects,
) -> KnownOrder:
    """Bring ``known`` in step with ``order`` and return it; stock moves in ``ledger``.

    Args:
        order: the order as the channel says it is now.
        known: the order as the hub remembers it; None at first sight.
        inbox_id: the record that caused this; movements name it.
        surroundings: what is the same for every order of the page.
        ledger: the positions, changed in place.
        effects: what the page changes besides, added to in place.
    """
    opening = known is None and comes_along(order, surroundings)
    if known is None:
        known = _remember(order, surroundings, opening=opening)
    for line in order.lines:
        _take_in_line(line, known, surroundings, ledger, effects, opening=opening)
    if known.moves_stock:
        for gone in known.lines.keys() - {line.external_id for line in order.lines}:
            _note_removed(known.lines[gone], surroundings, effects)
        ship_what_channel_shipped(order, known, surroundings, ledger)
    _set_wanted(order, known)
    if known.moves_stock:
        if order.refunds and order.fulfillment is not FulfillmentState.UNKNOWN:
            _take_returns(order, known, ledger)
        settle_holdings(
            known.lines.values(),
            surroundings.locations,
            ledger,
            str(inbox_id),
            contested=surroundings.contested,
        )
    return known


def _set_wanted(order: Order, known: KnownOrder) -> None:
    """Note what is wanted; a cancelled parcel has changed what counts as shipped."""
    current = {line.external_id: line for line in order.lines}
    dead = order.cancelled or order.payment in LOST_PAYMENTS
    for ours in known.lines.values():
        wanted = current.get(ours.external_id)
        units = 0 if dead or wanted is None else wanted.quantity_current
        ours.wanted = max(units, ours.shipped)


def settle_holdings(
    lines: Iterable[KnownLine],
    locations: Sequence[str],
    ledger: Ledger,
    cause_id: str,
    *,
    contested: Collection[str] = (),
) -> None:
    """Release what lines no longer want and allocate what they still lack.

    Releases come first, so that units freed by one line can serve the next. Nothing is
    allocated of ``contested`` SKUs: others wait for them, and who is served first is
    decided where all who wait are known.
    """
    caused = [
        (line, Cause("order", f"{cause_id}/{line.id}"))
        for line in lines
        if line.holdings
    ]
    for line, cause in caused:
        for group in group_claims(line.holdings):
            units = line.wanted * group[0].units_per_line
            settle_wanted(group, units, ledger, cause)
    for line, cause in caused:
        if not contested or all(one.key.sku not in contested for one in line.holdings):
            fill_claims(line.holdings, locations, ledger, cause)


def map_line(
    line: KnownLine,
    state: LineState,
    parts: tuple[Component, ...],
    location: str,
    ledger: Ledger | None,
) -> None:
    """Give a line its components, and stock the shipments that went before.

    The components are a snapshot: later changes of a bundle do not touch the line.

    Args:
        line: the line, parked until now.
        state: what is known about it now.
        parts: what one unit of it takes from stock.
        location: where it takes it from.
        ledger: the positions; None where the order moves no stock.
    """
    line.state = state
    line.holdings = [
        Holding(StockKey(component.sku, location), component.units)
        for component in parts
    ]
    if ledger is None or not line.shipped:
        return
    gone = line.shipped - line.returned
    cause = Cause("mapped", str(line.id))
    for holding in line.holdings:
        units = gone * holding.units_per_line
        ledger.ship(holding.key, units, cause, from_allocated=0)
        holding.shipped = line.shipped * holding.units_per_line
        holding.wanted = holding.shipped


def _remember(order: Order, surroundings: Surroundings, *, opening: bool) -> KnownOrder:
    moves_stock = opening or _moves_stock(order, surroundings)
    id_, channel = surroundings.take_id(), surroundings.channel
    return KnownOrder(id_, channel, order.external_id, moves_stock)


def _moves_stock(order: Order, surroundings: Surroundings) -> bool:
    if order.test or order.fulfilled_by_channel:
        return False
    return order.placed_at >= surroundings.orders_since


def _take_in_line(
    line: OrderLine,
    known: KnownOrder,
    surroundings: Surroundings,
    ledger: Ledger,
    effects: Effects,
    *,
    opening: bool,
) -> None:
    sells = surroundings.sells(line.listing_external_id, line.sku)
    ours = _recognise_line(line, known, sells, surroundings, ledger)
    if not known.moves_stock:
        return
    parked = ours.state is LineState.PARKED and line.tracked
    unheard_of = not sells.stock_external_id
    if parked and unheard_of:
        effects.parked[line.listing_external_id, line.sku] = ours
    if opening:
        open_line(ours, line.quantity_taken, ledger)
    else:
        _note_taken(ours, line.quantity_taken, sells, effects)


def _recognise_line(
    line: OrderLine,
    known: KnownOrder,
    sells: Sells,
    surroundings: Surroundings,
    ledger: Ledger,
) -> KnownLine:
    ours = known.lines.get(line.external_id)
    if ours is None:
        ours = KnownLine(
            surroundings.take_id(),
            line.external_id,
            line.listing_external_id,
            line.sku,
            line.title,
        )
        known.lines[line.external_id] = ours
    if not line.tracked:
        ours.state = LineState.UNTRACKED
    elif ours.state is LineState.PARKED:
        moved = ledger if known.moves_stock else None
        map_line(ours, sells.state, sells.components, surroundings.home, moved)
    ours.quantity = line.quantity
    ours.total_minor = line.total.minor
    return ours


def _note_taken(ours: KnownLine, taken: int, sells: Sells, effects: Effects) -> None:
    change = taken - ours.taken
    ours.taken = taken
    if change and sells.stock_external_id:
        before = effects.taken.get(sells.stock_external_id, 0)
        effects.taken[sells.stock_external_id] = before + change
        for holding in ours.holdings:
            effects.touched.add(holding.key.sku)


def _note_removed(
    line: KnownLine, surroundings: Surroundings, effects: Effects
) -> None:
    sells = surroundings.sells(line.listing_external_id, line.sku)
    _note_taken(line, 0, sells, effects)


def _take_returns(order: Order, known: KnownOrder, ledger: Ledger) -> None:
    """Put back on hand what was shipped, refunded and restocked.

    Money alone moves no stock: only refunds that say the goods came back count. Where
    the channel does not say which they were, units that are not wanted any more and
    never left were restocked first, by the channel's own counter: they are on hand all
    the time. Where the channel gave back units that
    it took for unshipped, and a parcel of ours was faster, nothing has come back: what
    a channel has not been told of cannot have returned to it.
    """
    restocked: Counter[str] = Counter()
    unshipped: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    for refund in order.refunds:
        for part in refund.lines:
            if part.restocked:
                restocked[part.line_external_id] += part.quantity
                unshipped[part.line_external_id] += part.quantity * part.never_left
                returned[part.line_external_id] += part.quantity * part.came_back
    for line in order.lines if restocked else ():
        ours = known.lines[line.external_id]
        not_shipped = line.quantity - max(line.quantity_current, ours.shipped)
        never_left = max(0, not_shipped, unshipped[line.external_id])
        back = max(restocked[line.external_id] - never_left, returned[line.external_id])
        came_back = min(back, ours.shipped, _count_told(known, ours))
        fresh = came_back - ours.returned
        if fresh <= 0:
            continue
        ours.returned = came_back
        cause = Cause("return", f"{ours.id}/{came_back}")
        for group in group_claims(ours.holdings):
            # Back to where most of it had left from.
            claim = max(group, key=lambda one: one.shipped)
            units = fresh * claim.units_per_line
            ledger.change_on_hand(claim.key, units, MovementKind.RETURNED, cause)


def _count_told(known: KnownOrder, line: KnownLine) -> int:
    """Return how many units of a line have left as far as the channel knows."""
    return sum(
        parcel.quantities.get(line.id, 0)
        for parcel in known.parcels
        if parcel.told_at is not None and not parcel.cancelled
    )
