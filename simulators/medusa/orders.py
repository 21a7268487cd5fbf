"""What happens to an order: bought, paid, edited, packed, shipped, returned, cancelled.

The doing only, shared by shoppers, staff and the API. An order reserves units; packing
takes them off what is stocked; a cancellation frees them and pays back by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from .errors import invalid, not_allowed
from .state import (
    Fulfillment,
    Json,
    Line,
    Order,
    Payment,
    Product,
    Refund,
    Return,
    State,
    Variant,
)


def place(
    state: State, basket: Sequence[tuple[Product, Variant, int]], buyer: str
) -> Order:
    """Write a new order, reserve its units and authorize its payment."""
    now = state.now()
    payment = Payment(
        payment_id=state.name("pay"), amount=Decimal(0), created=now, changed_at=now
    )
    order = Order(
        order_id=state.name("order"),
        number=len(state.orders) + 1,
        buyer=buyer,
        created=now,
        changed_at=now,
        payment=payment,
    )
    state.orders[order.order_id] = order
    for product, variant, quantity in basket:
        line = Line(
            line_id=state.name("ordli"),
            product=product,
            variant=variant,
            quantity=0,
            price=Decimal(str(variant.prices[0]["amount"])),
        )
        order.lines.append(line)
        _reserve(state, order, line, quantity)
    payment.amount = state.price_lines(order)
    return order


def _reserve(state: State, order: Order, line: Line, units: int) -> None:
    line.quantity += units
    simulator = state.simulator
    listing = line.product.listing_of(line.variant)
    simulator.world.record_sale(
        simulator.channel, order.order_id, line.line_id, listing, units
    )
    if line.product.managed:
        line.variant.reserved += units
        show(state, line.product, line.variant, written=False)


def _free(state: State, order: Order, line: Line, units: int) -> None:
    simulator = state.simulator
    simulator.world.record_cancellation(
        simulator.channel, order.order_id, line.line_id, units
    )
    if line.product.managed:
        line.variant.reserved -= units
        show(state, line.product, line.variant, written=False)


def show(state: State, product: Product, variant: Variant, *, written: bool) -> None:
    """Tell the world what a variant shows."""
    simulator = state.simulator
    simulator.world.record_shown(
        simulator.channel,
        product.listing_of(variant),
        variant.available,
        written=written,
    )


def capture(state: State, order: Order) -> None:
    """Take the money. It moves the payment's time, and not the order's."""
    order.payment.capture_id = state.name("capt")
    order.payment.captured_at = order.payment.changed_at = state.now()


def edit(state: State, order: Order, line: Line, quantity: int) -> None:
    """Change a line's quantity; a line of nothing is gone.

    Raises:
        ApiError: fewer than are packed already.
    """
    if quantity < line.fulfilled:
        raise invalid(f"Item {line.line_id} has {line.fulfilled} fulfilled units")
    change = quantity - line.quantity
    if change > 0:
        _reserve(state, order, line, change)
    elif change < 0:
        _free(state, order, line, -change)
        line.quantity = quantity
    if quantity == 0:
        order.lines.remove(line)
    order.changed_at = state.now()


def cancel(state: State, order: Order) -> None:
    """Cancel an order: units are free, and what was captured goes back.

    Raises:
        ApiError: it is cancelled, or something is packed.
    """
    if order.canceled_at:
        raise invalid(f"Order with id {order.order_id} has been canceled.")
    if order.fulfillments:
        raise not_allowed("All fulfillments must be canceled before canceling an order")
    for line in order.lines:
        _free(state, order, line, line.quantity)
    payment = order.payment
    if payment.captured_at is None:
        payment.canceled_at = payment.changed_at = state.now()
    elif payment.amount > payment.paid_back:
        _note_refund(state, order, payment.amount - payment.paid_back, "")
    order.canceled_at = order.changed_at = state.now()


def pay_back(state: State, order: Order, amount: Decimal, note: str) -> None:
    """Pay money back.

    Raises:
        ApiError: more than was captured.
    """
    payment = order.payment
    captured = payment.amount if payment.captured_at else Decimal(0)
    if not 0 < amount <= captured - payment.paid_back:
        raise invalid("You are not allowed to refund more than the captured amount")
    _note_refund(state, order, amount, note)
    order.changed_at = state.now()


def _note_refund(state: State, order: Order, amount: Decimal, note: str) -> None:
    refund = Refund(
        refund_id=state.name("ref"), amount=amount, note=note, created=state.now()
    )
    order.payment.refunds.append(refund)


def pack(
    state: State, order: Order, parts: Mapping[str, int], metadata: Json
) -> Fulfillment:
    """Take units off what is stocked and off what is reserved.

    Raises:
        ApiError: an unknown line, more than is left, or a cancelled order.
    """
    if order.canceled_at:
        raise invalid(f"Order with id {order.order_id} has been canceled.")
    lines = {line_id: order.line(line_id) for line_id in parts}
    for line_id, line in lines.items():
        left = line.quantity - line.fulfilled if line else 0
        if not 0 < parts[line_id] <= left:
            raise invalid(
                "Quantity to fulfill exceeds the reserved quantity for the item: "
                f"{line_id}"
            )
    for line_id, line in lines.items():
        if line is not None:
            line.fulfilled += parts[line_id]
            if line.product.managed:
                line.variant.stocked -= parts[line_id]
                line.variant.reserved -= parts[line_id]
    made = Fulfillment(
        fulfillment_id=state.name("ful"),
        lines=dict(parts),
        metadata=metadata,
        created=state.now(),
    )
    order.fulfillments.append(made)
    order.changed_at = state.now()
    return made


def ship(state: State, order: Order, made: Fulfillment, labels: list[Json]) -> None:
    """Let what is packed leave.

    Raises:
        ApiError: it has left already.
    """
    if made.shipped_at:
        raise not_allowed("Shipment has already been created")
    made.shipped_at = order.changed_at = state.now()
    made.labels = labels
    simulator = state.simulator
    for line_id, units in made.lines.items():
        line = order.line(line_id)
        if line is not None:
            line.shipped += units
            simulator.world.record_shipment(
                simulator.channel, order.order_id, line_id, units
            )


def take_back(
    state: State, order: Order, parts: Mapping[str, int], *, restock: bool
) -> None:
    """Receive units that had left: into stock, or as damaged."""
    simulator = state.simulator
    for line_id, units in parts.items():
        line = order.line(line_id)
        if line is None:
            continue
        if restock:
            line.received += units
        else:
            line.damaged += units
        simulator.world.record_return(
            simulator.channel, order.order_id, line_id, units, restocked=restock
        )
        if restock and line.product.managed:
            line.variant.stocked += units
            show(state, line.product, line.variant, written=False)
    order.returns.append(
        Return(
            return_id=state.name("return"),
            received=dict(parts) if restock else {},
            damaged={} if restock else dict(parts),
            created=state.now(),
        )
    )
    order.changed_at = state.now()
