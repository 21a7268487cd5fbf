"""What happens to an order: bought, edited, shipped, paid back, cancelled, archived.

The doing only, shared by shoppers, staff and the API. A sale lowers the counter at
once; a cancellation and a refund of units raise it where the store is set so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from . import hooks
from .errors import ApiError
from .state import (
    CANCELLED,
    PARTLY_REFUNDED,
    PARTLY_SHIPPED,
    REFUNDED,
    SHIPPED,
    Counter,
    Json,
    Line,
    Order,
    Product,
    Refund,
    Shipment,
    State,
    Variant,
)


def place(
    state: State,
    basket: Sequence[tuple[Product, Variant, int]],
    buyer: str,
    note: str = "",
    status_id: int = 11,
) -> Order:
    """Write a new order and take its stock."""
    order = Order(
        order_id=state.number(),
        created=state.now(),
        changed_at=state.now(),
        buyer=buyer,
        note=note,
        status_id=status_id,
        payment_status="captured" if status_id == 11 else "pending",
        shipping=state.settings.shipping_price,
        address_id=state.number(),
        lines=[],
    )
    state.orders[order.order_id] = order
    for product, variant, quantity in basket:
        line = Line(
            line_id=state.number(),
            product=product,
            variant=variant,
            quantity=quantity,
            price=variant.price if variant.price is not None else product.price,
        )
        order.lines.append(line)
        take(state, order, line, quantity)
    hooks.tell_order(state, "store/order/created", order)
    return order


def touch(state: State, order: Order, scope: str = "store/order/updated") -> None:
    """Note that an order has changed, and tell."""
    order.changed_at = state.now()
    hooks.tell_order(state, scope, order)


def take(state: State, order: Order, line: Line, quantity: int) -> None:
    """Sell units: in the world's books, and off the counter."""
    simulator = state.simulator
    line.units_sold += quantity
    simulator.world.record_sale(
        simulator.channel,
        str(order.order_id),
        str(line.line_id),
        line.product.listing_of(line.variant),
        quantity,
    )
    if line.product.tracking != "none":
        line.stock_taken += quantity
        counter = line.product.counter_of(line.variant)
        show(state, line.product, counter, counter.quantity - quantity, written=False)


def show(
    state: State, product: Product, counter: Counter, quantity: int, *, written: bool
) -> None:
    """Set a counter and tell the world what its listings show."""
    counter.before = counter.quantity if written else quantity
    counter.written_at = state.now() if written else counter.written_at
    counter.quantity = quantity
    simulator = state.simulator
    for variant in product.variants:
        if product.counter_of(variant) is counter:
            listing = product.listing_of(variant)
            simulator.world.record_shown(
                simulator.channel, listing, quantity, written=written
            )


def give_back(state: State, line: Line, quantity: int) -> None:
    """Raise the counter of a line by no more than it took."""
    units = min(quantity, line.stock_taken)
    if units > 0:
        line.stock_taken -= units
        counter = line.product.counter_of(line.variant)
        show(state, line.product, counter, counter.quantity + units, written=False)


def release(state: State, order: Order, line: Line, quantity: int) -> int:
    """Take units that never left out of the world's sales; return how many."""
    units = max(0, min(quantity, line.units_sold - line.shipped))
    if units:
        line.units_sold -= units
        simulator = state.simulator
        simulator.world.record_cancellation(
            simulator.channel, str(order.order_id), str(line.line_id), units
        )
    return units


def edit(state: State, order: Order, line: Line, quantity: int) -> None:
    """Change the quantity of a line; 0 removes it. Stock follows."""
    change = quantity - line.quantity
    if change > 0:
        take(state, order, line, change)
    else:
        release(state, order, line, -change)
        give_back(state, line, -change)
    line.quantity = quantity
    if quantity == 0:
        order.lines.remove(line)
    touch(state, order)


def set_status(state: State, order: Order, status_id: int) -> None:
    """Change the status; a cancellation lets go of what never left."""
    if status_id == CANCELLED and order.status_id != CANCELLED:
        for line in order.lines:
            units = release(state, order, line, line.quantity)
            if state.settings.restocks:
                give_back(state, line, units)
        if order.payment_status == "pending":
            order.payment_status = "void"
    order.status_id = status_id
    touch(state, order)


def ship(state: State, order: Order, parts: Mapping[int, int], told: Json) -> Shipment:
    """Enter a shipment; the status follows.

    Raises:
        ApiError: an unknown line, or more than is left.
    """
    for line_id, quantity in parts.items():
        line = order.line(line_id)
        if line is None:
            raise ApiError(400, f"The order has no product {line_id}.")
        if not 0 < quantity <= line.quantity - line.shipped:
            raise ApiError(400, f"The quantity of product {line_id} is invalid.")
    shipment = Shipment(
        shipment_id=state.number(),
        created=state.now(),
        lines=list(parts.items()),
        told=told,
    )
    order.shipments.append(shipment)
    simulator = state.simulator
    for line in order.lines:
        units = parts.get(line.line_id, 0)
        if units:
            line.shipped += units
            simulator.world.record_shipment(
                simulator.channel, str(order.order_id), str(line.line_id), units
            )
    whole = all(line.shipped + line.refunded >= line.quantity for line in order.lines)
    order.status_id = SHIPPED if whole else PARTLY_SHIPPED
    touch(state, order)
    return shipment


def price_of_items(state: State, order: Order, parts: Sequence[Json]) -> Decimal:
    """Return what a refund of some items comes to.

    Raises:
        ApiError: an unknown line, more units than are left, or more than was paid.
    """
    total = Decimal(0)
    for part in parts:
        if part.get("item_type") == "PRODUCT":
            line = order.line(int(part.get("item_id", 0)))
            units = int(part.get("quantity", 0))
            if line is None or not 0 < units <= line.quantity - line.refunded:
                raise ApiError(422, "Invalid order product for refund")
            total += state.split_tax(line.price * units)[1]
        else:
            total += Decimal(str(part.get("amount", 0)))
    total = state.rounded(total)
    if not 0 < total <= state.total(order) - order.paid_back:
        raise ApiError(422, "Refund amount exceeds the refundable amount of the order")
    return total


def pay_back(
    state: State, order: Order, parts: Sequence[Json], payments: Sequence[Json]
) -> Refund:
    """Refund items; units of products go back into stock where the store says so.

    Raises:
        ApiError: the payments are not what the items come to.
    """
    amount = price_of_items(state, order, parts)
    paid = sum((Decimal(str(one.get("amount", 0))) for one in payments), Decimal(0))
    if state.rounded(paid) != amount:
        raise ApiError(422, "Payment amounts do not match the refund quote")
    refund = Refund(
        refund_id=state.number(),
        created=state.now(),
        amount=amount,
        items=[dict(part) for part in parts],
        payments=[dict(one) for one in payments],
    )
    order.refunds.append(refund)
    for part in parts:
        if part.get("item_type") == "PRODUCT":
            line = order.line(int(part["item_id"]))
            if line is not None:
                _take_units_back(state, order, line, int(part["quantity"]))
    whole = order.paid_back >= state.total(order)
    order.payment_status = "refunded" if whole else "partially refunded"
    order.status_id = REFUNDED if whole else PARTLY_REFUNDED
    if whole:
        for line in order.lines:
            release(state, order, line, line.quantity)
    touch(state, order, "store/order/refund/created")
    return refund


def _take_units_back(state: State, order: Order, line: Line, quantity: int) -> None:
    line.refunded += quantity
    unsent = release(state, order, line, quantity)
    returned = quantity - unsent
    restocks = state.settings.restocks
    if returned:
        simulator = state.simulator
        line.units_sold -= returned
        simulator.world.record_return(
            simulator.channel,
            str(order.order_id),
            str(line.line_id),
            returned,
            restocked=restocks,
        )
    if restocks:
        give_back(state, line, quantity)
