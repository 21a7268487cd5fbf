"""The shop's own stock counters: what moves them, and what the world is told.

A sale moves a counter when its order reaches a status that takes stock; a cancellation
gives it back. The world's books hear of sales even where no counter is kept.
"""

from __future__ import annotations

from ..faults import Fault
from . import hooks
from .state import (
    STOCK_RETURNING_STATUSES,
    STOCK_TAKING_STATUSES,
    Json,
    Line,
    Order,
    Product,
    State,
)


def sellable(state: State, product: Product) -> int | None:
    """Return how many the shop lets a shopper buy; None is without limit."""
    owner = state.stock_owner(product)
    if owner is None:
        return None if product.in_stock else 0
    return None if owner.backorders != "no" else max(0, owner.stock)


def follow_status(state: State, order: Order) -> None:
    """Take or give back stock as the order's status wants it; safe to repeat."""
    if order.status in STOCK_TAKING_STATUSES and not order.has_taken_stock:
        order.has_taken_stock = True
        for line in order.lines:
            take(state, order, line, line.quantity)
    elif order.status in STOCK_RETURNING_STATUSES and order.has_taken_stock:
        order.has_taken_stock = False
        for line in order.lines:
            give_back(state, order, line, line.units_sold)


def take(state: State, order: Order, line: Line, quantity: int) -> None:
    """Let a line take ``quantity`` from its counter, below zero if need be."""
    world = state.simulator.world
    line.units_sold += quantity
    world.record_sale(
        state.simulator.channel,
        str(order.order_id),
        str(line.line_id),
        line.product.listing,
        quantity,
    )
    owner = state.stock_owner(line.product)
    if owner is not None:
        line.stock_taken += quantity
        move(state, owner, -quantity)
    line.product.total_sales += quantity


def give_back(state: State, order: Order, line: Line, quantity: int) -> None:
    """Cancel ``quantity`` of a line: back to its counter, out of the world's sales.

    The shop counts units that have left already as back in stock; the world, where
    they are gone, does not.
    """
    cancel_unshipped(state, order, line, quantity)
    restock(state, line, quantity)


def forget_sale(state: State, order: Order) -> None:
    """Take an order that nobody will ship out of the world's sales.

    The shop's counters stay as they are: so it is with orders thrown away.
    """
    for line in order.lines:
        cancel_unshipped(state, order, line, line.units_sold)


def cancel_unshipped(state: State, order: Order, line: Line, quantity: int) -> int:
    """Take units that never left out of the world's sales; return how many it were."""
    unshipped = max(0, min(quantity, line.units_sold - line.units_shipped))
    if unshipped:
        line.units_sold -= unshipped
        state.simulator.world.record_cancellation(
            state.simulator.channel, str(order.order_id), str(line.line_id), unshipped
        )
    return unshipped


def restock(state: State, line: Line, quantity: int) -> None:
    """Raise the counter that a line took from, by no more than it took."""
    returned = min(quantity, line.stock_taken)
    owner = state.stock_owner(line.product)
    if owner is not None and returned > 0:
        line.stock_taken -= returned
        move(state, owner, returned)


def move(state: State, owner: Product, change: int) -> None:
    """Change a counter by the shop's own doing."""
    show(state, owner, owner.stock + change, written=False)


def show(state: State, owner: Product, quantity: int, *, written: bool) -> None:
    """Set a counter, and tell the world what each listing that it counts for shows."""
    owner.stock = quantity
    state.touch(owner)
    tell_shown(state, owner, written=written)
    hooks.notify(
        state, "product.updated", owner.parent_id or owner.product_id, owner.created
    )


def tell_shown(state: State, owner: Product, *, written: bool) -> None:
    """Tell the world what each listing shows that lives from this counter."""
    counted = [owner] if owner.kind != "variable" else []
    counted += [
        one for one in state.variations(owner.product_id) if not one.manage_stock
    ]
    for product in counted:
        state.simulator.world.record_shown(
            state.simulator.channel, product.listing, owner.stock, written=written
        )


def write_stock(state: State, product: Product, content: Json) -> int | None:
    """Apply the stock part of an API write.

    A quantity for a product that manages no stock of its own is taken without a word
    and changes nothing: so does the server.

    Returns:
        A quantity to claim in the answer although it was not stored, where the fault
        of ignored writes struck; None otherwise.
    """
    if isinstance(content.get("manage_stock"), bool):
        product.manage_stock = content["manage_stock"]
    if "backorders" in content:
        product.backorders = str(content["backorders"])
    if content.get("stock_status") in {"instock", "outofstock"}:
        product.in_stock = content["stock_status"] == "instock"
    quantity = content.get("stock_quantity")
    if quantity is None or not product.manage_stock:
        return None
    if state.simulator.faults.strikes(Fault.IGNORED_WRITE):
        return int(quantity)
    show(state, product, int(quantity), written=True)
    return None
