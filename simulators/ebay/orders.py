"""What happens to an order: bought, shipped, paid back, cancelled.

The doing only, shared by shoppers, staff and the API. A sale lowers the counter; a
cancellation does not raise it again, and neither does a refund.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from .errors import order_error
from .render import order_total, paid_back, rounded
from .state import CancelRequest, Item, Line, Order, Parcel, Refund, State

WITHOUT_TRACKING = "999"
"""The id of a parcel that has no tracking number: the same for all of them."""


def place(
    state: State, basket: Sequence[tuple[Item, int]], buyer: str, note: str = ""
) -> Order:
    """Write a new, paid order and take its stock."""
    number = state.number()
    order = Order(
        order_id=f"{10 + number % 17:02d}-{number:05d}-{(number * 7919) % 100000:05d}",
        created=state.now(),
        changed_at=state.now(),
        buyer=buyer,
        note=note,
        shipping=state.settings.shipping_price,
        lines=[
            Line(
                line_id=str(10_000_000_000 + state.number()),
                item=item,
                sku=item.sku,
                title=item.title,
                quantity=quantity,
                price=item.price,
                units_sold=quantity,
            )
            for item, quantity in basket
        ],
    )
    state.orders[order.order_id] = order
    simulator = state.simulator
    for line in order.lines:
        simulator.world.record_sale(
            simulator.channel, order.order_id, line.line_id, line.sku, line.quantity
        )
        take(state, line.item, line.quantity)
    return order


def take(state: State, item: Item, quantity: int) -> None:
    """Lower both counters of an item by a sale."""
    item.quantity -= quantity
    if item.offer_quantity is not None:
        item.offer_quantity -= quantity
    tell_shown(state, item, written=False)


def tell_shown(state: State, item: Item, *, written: bool) -> None:
    """Tell the world what an item shows now."""
    item.changed_at = state.now()
    simulator = state.simulator
    simulator.world.record_shown(
        simulator.channel, item.sku, item.shown, written=written
    )


def ship(
    state: State,
    order: Order,
    parts: Sequence[tuple[str, int]],
    *,
    tracking_number: str = "",
    carrier: str = "",
    shipped_at: datetime | None = None,
) -> Parcel:
    """Enter a parcel.

    Raises:
        ApiError: an unknown line, more than is left, or a cancelled order.
    """
    if order.cancelled_at is not None:
        raise order_error(32210, "The order is cancelled")
    for line_id, quantity in parts:
        line = order.line(line_id)
        if line is None:
            raise order_error(32320, f"Invalid line item {line_id}")
        if not 0 < quantity <= line.quantity - line.units_shipped:
            raise order_error(32310, f"Invalid quantity of line item {line_id}")
    parcel = Parcel(
        fulfillment_id=tracking_number or WITHOUT_TRACKING,
        lines=list(parts),
        tracking_number=tracking_number,
        carrier=carrier,
        shipped_at=shipped_at or state.now(),
    )
    order.parcels.append(parcel)
    simulator = state.simulator
    for line in order.lines:
        quantity = sum(units for line_id, units in parts if line_id == line.line_id)
        if quantity:
            line.units_shipped += quantity
            simulator.world.record_shipment(
                simulator.channel, order.order_id, line.line_id, quantity
            )
    state.touch(order)
    return parcel


def pay_back(state: State, order: Order, amounts: Mapping[str, Decimal]) -> Refund:
    """Start a refund: by line, or of the whole order under the empty text.

    Raises:
        ApiError: more than was paid, or an unknown line.
    """
    left = order_total(state, order) - paid_back(order)
    if sum(amounts.values(), Decimal(0)) > left or min(amounts.values()) <= 0:
        raise order_error(34923, "The refund amount exceeds what is refundable")
    for line_id in filter(None, amounts):
        if order.line(line_id) is None:
            raise order_error(34905, f"Invalid line item {line_id}")
    refund_id = str(5_000_000_000 + state.number())
    refunds = [
        Refund(
            refund_id=refund_id,
            amount=rounded(state, value),
            asked_at=state.now(),
            line_id=line_id,
        )
        for line_id, value in amounts.items()
    ]
    order.refunds += refunds
    settle_goods(state, order)
    state.touch(order)
    return refunds[0]


def settle_goods(state: State, order: Order) -> None:
    """Let go of lines that are paid back as a whole and of which nothing has left."""
    everything = paid_back(order) >= order_total(state, order)
    for line in order.lines:
        gone = everything or paid_back(order, line.line_id) >= line.cost
        if gone and not line.units_shipped:
            release(state, order, line)


def release(state: State, order: Order, line: Line) -> None:
    """Take a line's units out of the world's sales; eBay's counter stays as it is."""
    units, line.units_sold = line.units_sold - line.units_shipped, line.units_shipped
    if units > 0:
        simulator = state.simulator
        simulator.world.record_cancellation(
            simulator.channel, order.order_id, line.line_id, units
        )


def ask_to_cancel(state: State, order: Order, initiator: str, reason: str) -> str:
    """Enter a request to cancel and return its id."""
    request = CancelRequest(
        request_id=str(7_000_000_000 + state.number()),
        initiator=initiator,
        reason=reason,
        asked_at=state.now(),
    )
    order.requests.append(request)
    state.touch(order)
    return request.request_id


def complete_cancellation(state: State, order: Order, request_id: str) -> None:
    """Carry a request out: the order is cancelled and the buyer is paid back."""
    now = state.now()
    for request in order.requests:
        if request.request_id == request_id:
            request.state, request.completed_at = "COMPLETED", now
    order.cancelled_at = now
    left = order_total(state, order) - paid_back(order)
    if order.paid and left > 0:
        refund_id = str(5_000_000_000 + state.number())
        order.refunds.append(Refund(refund_id=refund_id, amount=left, asked_at=now))
    for line in order.lines:
        release(state, order, line)
    state.touch(order)
