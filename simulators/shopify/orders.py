"""How orders come to be and change by shoppers and staff: sold, edited, held.

Money back is in ``refunds``, shipping in ``shipments``. Each function leaves the books
whole and announces what Shopify would announce.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from ..books import BasketLine, SoldOutError
from ..world import World
from . import totals
from .amounts import ZERO, Currencies
from .announcements import Announcer
from .books import Books
from .goods import Location, Variant
from .payloads import edit_payload, order_payload
from .payloads_goods import product_payload
from .records import (
    Buyer,
    Discount,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Line,
    Order,
    Shipping,
    Transaction,
)
from .stock import Stock


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """How an order is placed, beside what is in the basket."""

    buyer: Buyer = field(default_factory=Buyer)
    currency: str | None = None
    """The currency that the buyer sees; the shop's own by default."""
    discount: Discount | None = None
    paid: bool = True
    test: bool = False
    note: str | None = None


@dataclass(slots=True)
class Ledger:
    """What the order modules work on together."""

    books: Books
    stock: Stock
    announcer: Announcer
    world: World
    channel: str

    def touch(self, order: Order, *topics: str) -> None:
        """Note that an order changed, and announce it.

        ``orders/updated`` fires for everything, the shop's own API writes included.
        """
        order.updated_at = self.books.now()
        self.books.revision += 1
        for topic in (*topics, "orders/updated"):
            self.announcer.announce(
                topic, lambda: order_payload(order, self.books.settings)
            )


def place_order(
    ledger: Ledger, basket: Sequence[BasketLine], checkout: Checkout
) -> Order:
    """Sell a basket.

    Raises:
        SoldOutError: a counter does not allow it. Nothing is sold.
    """
    wanted = _choose(ledger, basket)
    ledger.announcer.begin_event()
    ships = any(variant.requires_shipping for variant, _, _ in wanted)
    order = _draft(ledger.books, checkout, ships=ships)
    for variant, location, quantity in wanted:
        _add_line(ledger, order, variant, location, quantity)
    order.original_total = totals.total(order)
    ledger.books.add_order(order)
    if checkout.paid:
        collect_payment(ledger.books, order)
    ledger.touch(order, "orders/create", *(["orders/paid"] if checkout.paid else []))
    for variant, _, _ in wanted:
        product = variant.product
        ledger.announcer.announce(
            "products/update", partial(product_payload, product, ledger.books.settings)
        )
    return order


def _choose(
    ledger: Ledger, basket: Sequence[BasketLine]
) -> list[tuple[Variant, Location, int]]:
    """Say which place sells which line; the same variant twice counts together."""
    together: dict[str, int] = {}
    for one in basket:
        together[one.listing] = together.get(one.listing, 0) + one.quantity
    chosen = []
    for listing, quantity in together.items():
        variant: Variant | None = ledger.books.find_as("ProductVariant", listing)
        place = ledger.stock.choose_location(variant, quantity) if variant else None
        if variant is None or place is None:
            raise SoldOutError(f"{listing} is sold out")
        chosen.append((variant, place, quantity))
    return chosen


def _draft(books: Books, checkout: Checkout, *, ships: bool) -> Order:
    """Return an order without lines; what is not shipped has no shipping charge."""
    settings = books.settings
    presentment = checkout.currency or settings.currency
    rate = settings.presentment_rates.get(presentment, Decimal(1))
    currencies = Currencies(settings.currency, presentment, rate)
    now = books.now()
    shipping = Shipping(
        books.number(), "Standard", currencies.amount(settings.shipping_minor)
    )
    return Order(
        books.number(),
        books.order_name(),
        now,
        now,
        currencies,
        settings.taxes_included,
        checkout.buyer,
        books.number(),
        tax=settings.tax,
        discount=checkout.discount,
        shipping=shipping if ships else None,
        note=checkout.note,
        test=checkout.test,
    )


def _add_line(
    ledger: Ledger, order: Order, variant: Variant, location: Location, quantity: int
) -> Line:
    books = ledger.books
    price = order.currencies.amount(variant.price_minor)
    percent = order.discount.percent if order.discount else 0
    line = Line(
        books.number(),
        order,
        variant,
        variant.sku,
        variant.product.title,
        None if variant.title == "Default Title" else variant.title,
        variant.product.vendor,
        quantity,
        price,
        location,
        discount=price.times(quantity).share(percent, 100),
    )
    order.lines.append(line)
    books.file("LineItem", line.number, line)
    _sell_units(ledger, order, line, quantity)
    return line


def _sell_units(ledger: Ledger, order: Order, line: Line, quantity: int) -> None:
    """Take stock for more units of a line and add to the work of shipping them."""
    ledger.world.record_sale(
        ledger.channel, order.gid, line.gid, line.variant.gid, quantity
    )
    ledger.stock.commit(line.variant, line.location, quantity)
    work = _open_work(ledger.books, order, line.location)
    row = next((one for one in work.lines if one.line is line), None)
    if row is None:
        number = ledger.books.number()
        row = FulfillmentOrderLine(number, work, line, 0, 0)
        work.lines.append(row)
        ledger.books.file("FulfillmentOrderLineItem", number, row)
    row.total += quantity
    row.remaining += quantity
    work.updated_at = ledger.books.now()


def _open_work(books: Books, order: Order, location: Location) -> FulfillmentOrder:
    """Return the place's unfinished fulfillment order, a new one if need be."""
    for work in order.fulfillment_orders:
        if work.location is location and work.status not in {"CLOSED", "CANCELLED"}:
            return work
    now = books.now()
    work = FulfillmentOrder(books.number(), order, location, now, now)
    order.fulfillment_orders.append(work)
    books.file("FulfillmentOrder", work.number, work)
    return work


def collect_payment(books: Books, order: Order) -> None:
    """Take the money that is still owed, if any."""
    owed = totals.current_total(order) - (
        totals.received(order) - totals.refunded(order)
    )
    if owed.shop <= 0:
        return
    sale = Transaction(books.number(), order, "SALE", owed, books.now())
    order.transactions.append(sale)
    books.file("OrderTransaction", sale.number, sale)


def add_units(ledger: Ledger, order: Order, line: Line, quantity: int) -> None:
    """Let staff add units to a line; the buyer pays for them at once.

    Raises:
        SoldOutError: the place that ships the line has too few.
    """
    place = ledger.stock.choose_location(line.variant, quantity)
    if line.variant.deleted or place is not line.location:
        raise SoldOutError(f"{line.variant.gid} is sold out")
    ledger.announcer.begin_event()
    line.quantity += quantity
    _sell_units(ledger, order, line, quantity)
    _finish_edit(ledger, order, additions={line.number: quantity})


def add_line(ledger: Ledger, order: Order, listing: str, quantity: int) -> Line:
    """Let staff add a line to an order; the buyer pays for it at once.

    Raises:
        SoldOutError: the shop shows too few.
    """
    ((variant, place, _),) = _choose(ledger, [BasketLine(listing, quantity)])
    ledger.announcer.begin_event()
    line = _add_line(ledger, order, variant, place, quantity)
    line.discount = ZERO
    _finish_edit(ledger, order, additions={line.number: quantity})
    return line


def _finish_edit(ledger: Ledger, order: Order, *, additions: dict[int, int]) -> None:
    collect_payment(ledger.books, order)
    announce_edit(ledger, order, additions=additions, removals={})


def announce_edit(
    ledger: Ledger,
    order: Order,
    *,
    additions: dict[int, int],
    removals: dict[int, int],
) -> None:
    """Tell that staff edited an order; quantities by line number."""
    order.edited = True
    number = ledger.books.number()
    ledger.announcer.announce(
        "orders/edited",
        lambda: edit_payload(
            order,
            number=number,
            additions=additions,
            removals=removals,
            zone=ledger.books.settings.zone,
        ),
    )
    ledger.touch(order)


def set_hold(ledger: Ledger, order: Order, *, held: bool) -> None:
    """Put the unfinished shipping work of an order on hold, or release it."""
    ledger.announcer.begin_event()
    for work in order.fulfillment_orders:
        if work.status in {"OPEN", "ON_HOLD"}:
            work.held = held
            work.status = "ON_HOLD" if held else "OPEN"
            work.updated_at = ledger.books.now()
    ledger.touch(order)
