"""What happens to an order: placed, paid, cancelled, asked to be cancelled, shipped.

The doing only, shared by shoppers, staff and the API, whose routes are in
``order_routes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import catalogue
from .state import Line, Listing, Order, Package, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """All that a checkout decides about a new order."""

    basket: Sequence[tuple[Listing, int]]
    buyer: str
    note: str = ""
    status: str = "UNSHIPPED"
    currency: str = ""


def place(state: State, purchase: Purchase) -> Order:
    """Write a new order and take its units from the counters, paid or pending."""
    number = state.new_number()
    now = state.now()
    order = Order(
        order_id=f"302-{number:07d}-{number * 37 % 10_000_000:07d}",
        status=purchase.status,
        buyer=purchase.buyer,
        note=purchase.note,
        created=now,
        modified=now,
        currency=purchase.currency or state.settings.currency,
        lines=[],
        fulfilled_by_amazon=purchase.basket[0][0].fulfilled_by_amazon,
    )
    state.orders[order.order_id] = order
    for listing, quantity in purchase.basket:
        line = Line(
            line_id=f"{state.new_number():014d}",
            listing=listing,
            ordered=quantity,
            unit_price=listing.price,
        )
        order.lines.append(line)
        if not listing.fulfilled_by_amazon:
            state.simulator.world.record_sale(
                state.simulator.channel,
                order.order_id,
                line.line_id,
                listing.sku,
                quantity,
            )
        catalogue.show(state, listing, listing.stock - quantity, written=False)
    return order


def pay(state: State, order: Order) -> None:
    """Let the payment of a pending order be authorised: it is ready for shipment."""
    if order.status in {"PENDING", "PENDING_AVAILABILITY"}:
        order.status = "UNSHIPPED"
        state.touch(order)


@dataclass(frozen=True, slots=True)
class Cause:
    """Who cancels, and the reason code that they choose."""

    by: str
    reason: str = "BuyerCanceled"


NO_INVENTORY = "NoInventory"


def cancel_units(
    state: State, order: Order, line: Line, units: int, cause: Cause
) -> None:
    """Cancel units of a line that have not left.

    Amazon puts them back on sale, unless the reason is that there are none.
    """
    units = max(0, min(units, line.left))
    if not units:
        return
    line.cancelled += units
    line.cancelled_by, line.cancel_reason = cause.by, cause.reason
    if not order.fulfilled_by_amazon:
        state.simulator.world.record_cancellation(
            state.simulator.channel, order.order_id, line.line_id, units
        )
    if cause.reason != NO_INVENTORY:
        catalogue.show(state, line.listing, line.listing.stock + units, written=False)
    decide_status(order)
    state.touch(order)


def cancel(state: State, order: Order, cause: Cause) -> None:
    """Cancel all of an order that has not left; nothing that has left comes back."""
    for line in order.lines:
        cancel_units(state, order, line, line.left, cause)


def decide_status(order: Order) -> None:
    """Set the status that follows from what has left and what is to leave."""
    shipped = sum(line.shipped for line in order.lines)
    left = sum(line.left for line in order.lines)
    if left == 0:
        order.status = "SHIPPED" if shipped else "CANCELLED"
    elif shipped:
        order.status = "PARTIALLY_SHIPPED"


def ship(state: State, order: Order, package: Package) -> None:
    """Take note of a parcel; one with a known reference replaces that one."""
    before = order.packages.get(package.reference)
    order.packages[package.reference] = package
    for line in order.lines:
        units = package.quantities.get(line.line_id, 0)
        units -= before.quantities.get(line.line_id, 0) if before else 0
        line.shipped += units
        if units > 0 and not order.fulfilled_by_amazon:
            state.simulator.world.record_shipment(
                state.simulator.channel, order.order_id, line.line_id, units
            )
    decide_status(order)
    state.touch(order)
