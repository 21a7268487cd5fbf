"""What happens to an order: placed, changed, cancelled, edited, thrown away.

The doing only, shared by shoppers, staff and the REST API, whose routes are in
``order_routes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from . import stock
from .amounts import rounded
from .errors import not_found
from .hooks import notify
from .state import Json, Line, Note, Order, Product, State

STATUSES = (
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
)
_TOWNS = (
    ("Berlin", "BE", "10115", "DE"),
    ("Wien", "", "1010", "AT"),
    ("Zürich", "ZH", "8001", "CH"),
    ("Lyon", "", "69001", "FR"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """All that a checkout, a till or a REST client decides about a new order."""

    basket: Sequence[tuple[Product, int]]
    buyer: str
    status: str = "processing"
    created_via: str = "checkout"
    coupon: str = ""
    discount_percent: Decimal = Decimal(0)
    customer_note: str = ""


def place(state: State, purchase: Purchase) -> Order:
    """Write a new order, take its stock and tell who listens."""
    settings = state.settings
    shipping_net, shipping_tax = split_tax(state, settings.shipping_price)
    order = Order(
        order_id=state.new_id(),
        status=purchase.status,
        created=state.now(),
        modified=state.now(),
        changed_at=state.simulator.clock.now(),
        created_via=purchase.created_via,
        billing=address_of(purchase.buyer, billing=True),
        shipping=address_of(purchase.buyer, billing=False),
        lines=[],
        shipping_line_id=state.new_id(),
        shipping_total=shipping_net,
        shipping_tax=shipping_tax,
        tax_line_id=state.new_id(),
        coupon=purchase.coupon,
        coupon_line_id=state.new_id(),
        customer_note=purchase.customer_note,
        paid=state.now() if purchase.status in {"processing", "completed"} else None,
        completed=state.now() if purchase.status == "completed" else None,
    )
    for product, quantity in purchase.basket:
        order.lines.append(
            new_line(state, product, quantity, purchase.discount_percent)
        )
    state.orders[order.order_id] = order
    stock.follow_status(state, order)
    notify(state, "order.created", order.order_id, order.created)
    return order


def new_line(
    state: State,
    product: Product,
    quantity: int,
    discount_percent: Decimal = Decimal(0),
) -> Line:
    """Return a line at the product's present price."""
    line = Line(
        line_id=state.new_id(),
        product=product,
        name=_line_name(state, product),
        quantity=quantity,
        subtotal=Decimal(0),
        total=Decimal(0),
        subtotal_tax=Decimal(0),
        total_tax=Decimal(0),
    )
    line.subtotal, line.subtotal_tax = split_tax(state, product.price * quantity)
    kept = 1 - discount_percent / 100
    line.total, line.total_tax = split_tax(state, product.price * quantity * kept)
    return line


def split_tax(state: State, price: Decimal) -> tuple[Decimal, Decimal]:
    """Return the net amount and its tax, for a price as the shop's settings mean it."""
    settings = state.settings
    if settings.prices_include_tax:
        gross = rounded(price, settings.decimals)
        net = rounded(gross / (1 + settings.tax_rate), settings.decimals)
        return net, gross - net
    return price, rounded(price * settings.tax_rate, settings.decimals)


def set_status(state: State, order: Order, status: str) -> None:
    """Move an order to another status, with what the shop does by itself then."""
    if status == order.status:
        return
    add_note(state, order, f"Order status changed from {order.status} to {status}.")
    order.status = status
    if status in {"processing", "completed"} and order.paid is None:
        order.paid = state.now()
    stock.follow_status(state, order)
    if status == "completed":
        order.completed = state.now()
        for line in order.lines:
            ship(state, order, line, line.units_sold - line.units_shipped)


def ship(state: State, order: Order, line: Line, quantity: int) -> None:
    """Enter units of a line as shipped in the world's books."""
    if quantity <= 0 or not order.has_taken_stock:
        return
    line.units_shipped += quantity
    state.simulator.world.record_shipment(
        state.simulator.channel, str(order.order_id), str(line.line_id), quantity
    )


def find_order(state: State, order_id: int, kind: str = "shop_order") -> Order:
    """Return an order; ``kind`` is how the route's error calls it.

    Raises:
        ApiError: 404, there is none of that id.
    """
    if order_id not in state.orders:
        raise not_found(kind)
    return state.orders[order_id]


def record_change(state: State, order: Order) -> None:
    """Note that an order changed, and tell who listens."""
    state.touch(order)
    notify(state, "order.updated", order.order_id, order.created)


def set_line_quantity(state: State, order: Order, line: Line, quantity: int) -> None:
    """Change a line's quantity and the stock it holds; 0 removes the line.

    Amounts stay as they are; the shop's staff change them with ``reprice``.
    """
    difference = quantity - line.quantity
    if order.has_taken_stock and difference > 0:
        stock.take(state, order, line, difference)
    elif order.has_taken_stock and difference < 0:
        stock.give_back(state, order, line, min(-difference, line.units_sold))
    line.quantity = quantity
    if quantity == 0:
        order.lines.remove(line)


def reprice(line: Line, old_quantity: int) -> None:
    """Scale a line's amounts from its old quantity to its present one."""
    for name in ("subtotal", "subtotal_tax", "total", "total_tax"):
        setattr(line, name, getattr(line, name) * line.quantity / old_quantity)


def add_line(state: State, order: Order, product: Product, quantity: int) -> Line:
    """Add a line to an order that exists."""
    line = new_line(state, product, quantity)
    order.lines.append(line)
    if order.has_taken_stock:
        stock.take(state, order, line, quantity)
    return line


def add_note(
    state: State, order: Order, text: str, *, for_customer: bool = False
) -> Note:
    """Add a note. Notes do not count as a change of the order."""
    note = Note(
        note_id=state.new_id(),
        created=state.now(),
        text=text,
        for_customer=for_customer,
        author="system",
    )
    order.notes.append(note)
    return note


def write_meta(state: State, meta: list[Json], written: Sequence[Any]) -> None:
    """Write meta entries: by id, else by key, else as a new entry; null removes one."""
    for entry in written:
        found = next(
            (
                one
                for one in meta
                if one["id"] == entry.get("id") or one["key"] == entry.get("key")
            ),
            None,
        )
        value = entry.get("value", "")
        if found is None and value is not None:
            meta.append({"id": state.new_id(), "key": entry["key"], "value": value})
        elif found is not None and value is None:
            meta.remove(found)
        elif found is not None:
            found["value"] = value


def trash(state: State, order: Order) -> None:
    """Throw an order into the trash; its stock stays taken."""
    stock.forget_sale(state, order)
    order.status = "trash"
    state.touch(order)
    notify(state, "order.deleted", order.order_id, order.created)


def erase(state: State, order: Order) -> None:
    """Delete an order for good; its stock stays taken."""
    stock.forget_sale(state, order)
    del state.orders[order.order_id]
    notify(state, "order.deleted", order.order_id, order.created)


def address_of(buyer: str, *, billing: bool) -> Json:
    """Return a made-up address; the same buyer always lives at the same place."""
    first, _, last = buyer.partition(" ")
    number = sum(buyer.encode())
    town, state_code, postcode, country = _TOWNS[number % len(_TOWNS)]
    address = {
        "first_name": first,
        "last_name": last,
        "company": "",
        "address_1": f"{number % 90 + 1} Harbour Street",
        "address_2": "",
        "city": town,
        "state": state_code,
        "postcode": postcode,
        "country": country,
    }
    if billing:
        name = "".join(letter for letter in buyer.lower() if letter.isalnum())
        address["email"] = f"{name or 'buyer'}@example.com"
    address["phone"] = "+49 30 0000000" if billing else ""
    return address


def _line_name(state: State, product: Product) -> str:
    if not product.parent_id:
        return product.name
    options = ", ".join(product.options.values())
    return f"{state.products[product.parent_id].name} - {options}"
