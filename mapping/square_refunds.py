"""What came back of a Square order: money, goods, and whether they are on sale again.

Three records tell it, and none of them is the order: the refund (money), the return
order that Square makes beside it (goods), and the inventory adjustments (whether the
goods went back into stock). The connector stores them in the order's payload.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from ..canonical.money import Money
from ..canonical.orders import Refund, RefundLine
from .square_wire import (
    WireOrder,
    WireRefund,
    WireReturn,
    WireReturnLine,
    WireReturnOrder,
    count_whole,
)
from .square_words import (
    REFUND_STATES_DEAD,
    REFUND_STATES_LIVE,
    STATE_IN_STOCK,
    STATES_SOLD_FROM,
)


def read_refunds(order: WireOrder, left_at: datetime | None) -> tuple[Refund, ...]:
    """Return the refunds of an order, oldest first, with the lines they bring back.

    A return without money (an exchange for something else) is a refund of what the
    goods were credited with, under the id of the return order.

    Args:
        order: the order, with what the connector stored beside it.
        left_at: when its goods left; None while they have not.
    """
    restocked = _count_restocked(order)
    told: set[str] = set()
    refunds = []
    for wire in _list_money(order):
        goods = [] if wire.order_id in told else _find_goods(order, wire.order_id)
        told.add(wire.order_id)
        refunds.append(_read_refund(wire, goods, restocked, left_at))
    for came_back in order.return_orders:
        if came_back.id not in told:
            goods = _find_goods(order, came_back.id)
            refunds.append(_read_exchange(order, came_back, goods, restocked, left_at))
    return tuple(refunds)


def list_unknown_states(order: WireOrder) -> Iterator[str]:
    """Yield the states of refunds that the mapping has never seen."""
    known = REFUND_STATES_LIVE | REFUND_STATES_DEAD
    for refund in _collect_money(order):
        if refund.status not in known:
            yield f"refunds.status={refund.status}"


def count_refunded(
    refunds: Sequence[Refund], *, unsent_only: bool = False
) -> dict[str, int]:
    """Return how many units of each line came back, or only what never left."""
    units: Counter[str] = Counter()
    for refund in refunds:
        for line in refund.lines:
            if line.never_left or not unsent_only:
                units[line.line_external_id] += line.quantity
    return units


def _collect_money(order: WireOrder) -> list[WireRefund]:
    """Return each refund once. The refunds API knows more than the orders do."""
    by_id = {each.id: each for each in order.payment_refunds}
    for each in order.return_orders:
        for refund in each.refunds:
            at = refund.model_copy(update={"order_id": each.id})
            by_id.setdefault(refund.id, at)
    for refund in order.refunds:
        by_id.setdefault(refund.id, refund.model_copy(update={"order_id": order.id}))
    return list(by_id.values())


def _list_money(order: WireOrder) -> list[WireRefund]:
    """Return the refunds that were not turned down, oldest first.

    One in a state that nobody knows counts: money that may be gone is not paid twice.
    """
    live = [
        each for each in _collect_money(order) if each.status not in REFUND_STATES_DEAD
    ]
    return sorted(live, key=lambda each: (each.created_at or order.created_at, each.id))


def _find_goods(order: WireOrder, return_order_id: str) -> list[WireReturnLine]:
    return [
        line
        for each in order.return_orders
        if each.id == return_order_id
        for part in _parts_of(order, each)
        for line in part.return_line_items
        if line.source_line_item_uid
    ]


def _parts_of(order: WireOrder, came_back: WireReturnOrder) -> list[WireReturn]:
    """Return what a return order brings back of this order; it may be of several."""
    return [part for part in came_back.returns if part.source_order_id == order.id]


def _count_restocked(order: WireOrder) -> Counter[str]:
    """Return how many of each variation went back into stock, and are not yet told."""
    units: Counter[str] = Counter()
    for each in order.adjustments:
        if each.to_state == STATE_IN_STOCK and each.from_state in STATES_SOLD_FROM:
            units[each.catalog_object_id] += count_whole(each.quantity) or 0
    return units


def _read_refund(
    wire: WireRefund,
    goods: Sequence[WireReturnLine],
    restocked: Counter[str],
    left_at: datetime | None,
) -> Refund:
    never_left = _never_left(wire.created_at, left_at)
    return Refund(
        external_id=wire.id,
        amount=wire.amount_money.money,
        refunded_at=wire.created_at,
        lines=tuple(_read_lines(goods, restocked, never_left=never_left)),
    )


def _read_exchange(
    order: WireOrder,
    came_back: WireReturnOrder,
    goods: Sequence[WireReturnLine],
    restocked: Counter[str],
    left_at: datetime | None,
) -> Refund:
    credited = Money.zero(order.currency)
    for part in _parts_of(order, came_back):
        if part.return_amounts is not None:
            credited += order.money(part.return_amounts.total_money)
    never_left = _never_left(came_back.created_at, left_at)
    return Refund(
        external_id=came_back.id,
        amount=credited,
        refunded_at=came_back.created_at,
        lines=tuple(_read_lines(goods, restocked, never_left=never_left)),
    )


def _never_left(moment: datetime | None, left_at: datetime | None) -> bool:
    return left_at is None or (moment is not None and moment < left_at)


def _read_lines(
    goods: Sequence[WireReturnLine], restocked: Counter[str], *, never_left: bool
) -> Iterator[RefundLine]:
    """Yield the lines of a refund; one that was restocked in part comes in two."""
    for line in goods:
        units = count_whole(line.quantity)
        if units is None:
            continue  # a measured line moves no stock, back or forth
        back = min(units, restocked[line.catalog_object_id])
        restocked[line.catalog_object_id] -= back
        for quantity, on_sale in ((back, True), (units - back, False)):
            if quantity:
                yield RefundLine(
                    line_external_id=line.source_line_item_uid,
                    quantity=quantity,
                    restocked=on_sale,
                    never_left=never_left,
                )
