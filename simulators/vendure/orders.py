"""What happens to an order: placed, edited, packed, sent, paid back, cancelled.

The doing only, shared by shoppers, staff and the API. A sale allocates; a fulfillment
takes its units away from what lies there, at the moment it is made; a cancellation
gives both back. Money moves no stock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from .state import Fulfillment, Line, Order, Payment, Refund, State, Variant


def place(state: State, basket: Sequence[tuple[Variant, int]], buyer: str) -> Order:
    """Write an order that was filled a second ago and is paid now."""
    now = state.now()
    order = fill(state, buyer)
    for variant, quantity in basket:
        line = Line(
            line_id=state.number(),
            variant=variant,
            quantity=quantity,
            placed=quantity,
            unit_price=variant.price,
            changed_at=now,
        )
        order.lines.append(line)
        take(state, order, line, quantity)
    order.active, order.placed_at = False, now
    paid = "Authorized" if state.settings.promises_only else "Settled"
    order.state = f"Payment{paid}"
    order.payments.append(
        Payment(
            payment_id=state.number(),
            amount=state.total(order),
            state=paid,
            created=now,
            changed_at=now,
        )
    )
    return order


def fill(state: State, buyer: str) -> Order:
    """Write the cart that an order is before it is placed, filled a second ago."""
    number, before = state.number(), state.now() - timedelta(seconds=1)
    order = Order(
        order_id=number,
        code=f"HARBOUR{int(number):09}",
        buyer=buyer,
        created=before,
        changed_at=before,
        placed_at=None,
        state="AddingItems",
        lines=[],
        shipping=state.settings.shipping_minor,
        active=True,
    )
    state.orders[number] = order
    return order


def take(state: State, order: Order, line: Line, quantity: int) -> None:
    """Sell units: in the world's books, and allocated."""
    simulator = state.simulator
    line.sold += quantity
    simulator.world.record_sale(
        simulator.channel,
        order.order_id,
        line.line_id,
        line.variant.variant_id,
        quantity,
    )
    if is_tracked(state, line.variant):
        line.variant.allocated += quantity
        state.show(line.variant, written=False)


def is_tracked(state: State, variant: Variant) -> bool:
    """Say whether the server counts a variant."""
    if variant.new.tracking == "INHERIT":
        return state.settings.tracks_by_default
    return variant.new.tracking == "TRUE"


def give_back(state: State, order: Order, line: Line, quantity: int) -> None:
    """Cancel units of a line: first those still here, then those that had left."""
    waiting = min(quantity, line.quantity - order.sent(line))
    gone = quantity - waiting
    world, channel = state.simulator.world, state.simulator.channel
    line.quantity -= quantity
    line.sold -= quantity
    line.changed_at = state.now()
    if waiting > 0:
        world.record_cancellation(channel, order.order_id, line.line_id, waiting)
    if gone > 0:
        world.record_return(channel, order.order_id, line.line_id, gone, restocked=True)
    if is_tracked(state, line.variant):
        line.variant.allocated -= waiting
        line.variant.on_hand += gone
        state.show(line.variant, written=False)


def cancel(state: State, order: Order, *, shipping: bool) -> None:
    """Cancel all lines of an order, its shipping too if asked; ``changed_at`` moves."""
    for line in order.lines:
        if line.quantity:
            give_back(state, order, line, line.quantity)
    if shipping:
        order.shipping = 0
    order.state = "Cancelled"
    order.changed_at = state.now()


def edit(state: State, order: Order, line: Line, quantity: int) -> None:
    """Change how many of a line are wanted."""
    if quantity > line.quantity:
        take(state, order, line, quantity - line.quantity)
        line.quantity = quantity
    elif quantity < line.quantity:
        give_back(state, order, line, line.quantity - quantity)
    line.changed_at = order.changed_at = state.now()


def pack(
    state: State, order: Order, parts: list[tuple[Line, int]], method: str, code: str
) -> Fulfillment:
    """Make up a parcel: its units leave the stock now, before anything is sent."""
    parcel = Fulfillment(
        fulfillment_id=state.number(),
        method=method,
        tracking_code=code,
        lines=parts,
        created=state.now(),
        changed_at=state.now(),
    )
    order.fulfillments.append(parcel)
    for line, units in parts:
        if is_tracked(state, line.variant):
            line.variant.on_hand -= units
            line.variant.allocated -= units
            state.show(line.variant, written=False)
    return parcel


def send(state: State, order: Order, parcel: Fulfillment, step: str) -> None:
    """Move a parcel on; the order follows, and its ``changed_at`` does not."""
    if step == "Shipped":
        for line, units in parcel.lines:
            state.simulator.world.record_shipment(
                state.simulator.channel, order.order_id, line.line_id, units
            )
    parcel.state = step
    parcel.changed_at = state.now()
    done = {"Delivered"} if step == "Delivered" else {"Shipped", "Delivered"}
    moved = sum(
        units
        for one in order.fulfillments
        if one.state in done
        for _, units in one.lines
    )
    whole = moved >= sum(line.quantity for line in order.lines)
    order.state = step if whole else f"Partially{step}"


def pay_back(
    state: State,
    payment: Payment,
    amount: int,
    lines: list[tuple[str, int]],
    reason: str = "",
) -> Refund:
    """Pay money back; the order's own ``changed_at`` does not move."""
    refund = Refund(
        refund_id=state.number(),
        total=amount,
        reason=reason,
        lines=lines,
        created=state.now(),
    )
    payment.refunds.append(refund)
    return refund
