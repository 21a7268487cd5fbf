"""Money and units that go back: refunds, removals by an edit, cancellations.

An edit that takes units off leaves a refund without money, and so does cancelling an
unpaid order: the restocked units are in its lines, as in Shopify's own records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import totals
from .amounts import ZERO, Amount, add_up
from .goods import Location
from .orders import Ledger, announce_edit
from .payloads import refund_payload
from .records import Line, Order, Refund, RefundLine, Transaction
from .refusals import RefusedError


@dataclass(frozen=True, slots=True)
class Return:
    """Units of a line to be refunded, and what becomes of them."""

    line: Line
    quantity: int
    restock_type: str
    location: Location | None = None


def refund_order(
    ledger: Ledger,
    order: Order,
    returns: list[Return],
    *,
    shipping: Amount = ZERO,
    money: Amount | None = None,
    note: str = "",
) -> Refund:
    """Refund units and money.

    Args:
        money: what goes back; None means the price of the units, as far as the buyer
            has paid.

    Raises:
        RefusedError: more units or money than there are; nothing changed.
    """
    _check_returns(order, returns)
    suggested = add_up([_price(order, one).plus_tax(order) for one in returns])
    amount = suggested if money is None else money
    left = totals.received(order) - totals.refunded(order)
    if amount.shop > left.shop:
        if money is not None:
            raise RefusedError("Refund amount exceeds the refundable amount", "input")
        amount = left
    ledger.announcer.begin_event()
    refund = _write_refund(ledger, order, returns, amount=amount, note=note)
    refund.shipping = shipping
    if order.shipping is not None:
        order.shipping.refunded += shipping
    _announce_refund(ledger, order, refund)
    ledger.touch(order)
    return refund


def remove_units(ledger: Ledger, order: Order, line: Line, quantity: int) -> None:
    """Let staff take units off a line that have not been shipped; no money goes back.

    Raises:
        RefusedError: fewer than ``quantity`` units are unshipped.
    """
    if quantity > _unshipped(order, line):
        raise RefusedError("Cannot remove units that have been fulfilled", "quantity")
    ledger.announcer.begin_event()
    taken_off = [Return(line, quantity, "CANCEL", line.location)]
    refund = _write_refund(ledger, order, taken_off, amount=ZERO, note="")
    _announce_refund(ledger, order, refund)
    announce_edit(ledger, order, additions={}, removals={line.number: quantity})


def check_cancel(order: Order) -> None:
    """Say whether an order can be cancelled.

    Raises:
        RefusedError: it is cancelled already, or something of it has shipped.
    """
    if order.cancelled_at is not None:
        raise RefusedError("Order has already been cancelled", "orderId")
    if any(line.fulfilled for line in order.lines):
        raise RefusedError("Cannot cancel an order with fulfillments", "orderId")


def cancel_order(
    ledger: Ledger, order: Order, *, reason: str, restock: bool, refund_money: bool
) -> None:
    """Cancel an order.

    Raises:
        RefusedError: see ``check_cancel``; nothing changed.
    """
    check_cancel(order)
    ledger.announcer.begin_event()
    restock_type = "CANCEL" if restock else "NO_RESTOCK"
    returns = [
        Return(line, line.current_quantity, restock_type, line.location)
        for line in order.lines
        if line.current_quantity
    ]
    left = totals.received(order) - totals.refunded(order)
    amount = left if refund_money else ZERO
    refund = _write_refund(ledger, order, returns, amount=amount, note="Cancelled")
    if order.shipping is not None and refund_money and left.shop > 0:
        refund.shipping = totals.current_shipping(order)
        order.shipping.refunded = order.shipping.price
    for work in order.fulfillment_orders:
        if work.status != "CLOSED":
            work.status = "CANCELLED"
    order.cancelled_at = ledger.books.now()
    order.cancel_reason = reason
    _announce_refund(ledger, order, refund)
    ledger.touch(order, "orders/cancelled")


def returns_of(
    order: Order, quantities: Mapping[str, int] | None, *, restock: bool
) -> list[Return]:
    """Return what staff would fill in: unshipped units first, then shipped ones.

    Args:
        quantities: by the line's global id; None means all that is left.
    """
    filled_in = []
    for line in order.lines:
        wanted = (
            line.current_quantity if quantities is None else quantities.get(line.gid, 0)
        )
        unshipped = min(wanted, _unshipped(order, line))
        for quantity, kind in ((unshipped, "CANCEL"), (wanted - unshipped, "RETURN")):
            if quantity:
                restock_type = kind if restock else "NO_RESTOCK"
                filled_in.append(Return(line, quantity, restock_type, line.location))
    return filled_in


@dataclass(frozen=True, slots=True)
class _Price:
    """What units of a line cost, and the tax on them."""

    subtotal: Amount
    tax: Amount

    def plus_tax(self, order: Order) -> Amount:
        return self.subtotal if order.taxes_included else self.subtotal + self.tax


def _price(order: Order, one: Return) -> _Price:
    line = one.line
    return _Price(
        line.total.share(one.quantity, line.quantity),
        totals.line_tax(order, line).share(one.quantity, line.quantity),
    )


def _unshipped(order: Order, line: Line) -> int:
    return sum(
        row.remaining
        for work in order.fulfillment_orders
        for row in work.lines
        if row.line is line and work.status != "CANCELLED"
    )


def _check_returns(order: Order, returns: list[Return]) -> None:
    wanted: dict[tuple[int, str], int] = {}
    for position, one in enumerate(returns):
        line = one.line
        kind = (line.number, one.restock_type)
        wanted[kind] = wanted.get(kind, 0) + one.quantity
        most = {
            "CANCEL": _unshipped(order, line),
            "RETURN": line.fulfilled - line.returned,
            "NO_RESTOCK": line.current_quantity,
        }[one.restock_type]
        together = sum(
            quantity
            for (number, _), quantity in wanted.items()
            if number == line.number
        )
        if one.quantity < 1 or wanted[kind] > most or together > line.current_quantity:
            raise RefusedError(
                "Refund quantity exceeds the quantity that can be refunded",
                "refundLineItems",
                str(position),
                "quantity",
            )


def _write_refund(
    ledger: Ledger,
    order: Order,
    returns: list[Return],
    *,
    amount: Amount,
    note: str,
) -> Refund:
    """Record a refund, move the units and the money."""
    books = ledger.books
    refund = Refund(
        books.number(), order, books.now(), note, shipping_number=books.number()
    )
    for one in returns:
        price = _price(order, one)
        refund.lines.append(
            RefundLine(
                books.number(),
                one.line,
                one.quantity,
                one.restock_type,
                one.location if one.restock_type != "NO_RESTOCK" else None,
                price.subtotal,
                price.tax,
            )
        )
        _move_units(ledger, order, one)
    if amount.shop > 0:
        sale = next(iter(order.transactions), None)
        back = Transaction(
            books.number(), order, "REFUND", amount, books.now(), parent=sale
        )
        refund.transactions.append(back)
        order.transactions.append(back)
        books.file("OrderTransaction", back.number, back)
    order.refunds.append(refund)
    books.file("Refund", refund.number, refund)
    return refund


def _move_units(ledger: Ledger, order: Order, one: Return) -> None:
    """Move refunded units: out of the work of shipping, and back into stock or not.

    In the world's books units that never left and are not restocked are cancelled too:
    Shopify forgets them, the warehouse still has them.
    """
    line = one.line
    unshipped = _unshipped_part(order, one)
    returned = one.quantity - unshipped
    line.removed += one.quantity
    line.returned += returned
    identity = (ledger.channel, order.gid, line.gid)
    if unshipped:
        _reduce_work(order, line, unshipped)
        ledger.world.record_cancellation(*identity, unshipped)
        if one.restock_type == "CANCEL":
            ledger.stock.commit(line.variant, line.location, -unshipped)
        else:
            ledger.stock.drop_committed(line.variant, line.location, unshipped)
    if returned:
        restocked = one.restock_type == "RETURN"
        ledger.world.record_return(*identity, returned, restocked=restocked)
        if restocked:
            place = one.location or line.location
            ledger.stock.put_back(line.variant, place, returned)


def _unshipped_part(order: Order, one: Return) -> int:
    """Return how many units have not left: none of a RETURN, else those first."""
    if one.restock_type == "RETURN":
        return 0
    return min(one.quantity, _unshipped(order, one.line))


def _reduce_work(order: Order, line: Line, quantity: int) -> None:
    """Take units out of the work of shipping; work without units is closed."""
    for work in order.fulfillment_orders:
        for row in work.lines:
            if row.line is line and quantity:
                less = min(quantity, row.remaining)
                row.total -= less
                row.remaining -= less
                quantity -= less
        if not any(row.remaining for row in work.lines) and work.status != "CANCELLED":
            work.status = "CLOSED"


def _announce_refund(ledger: Ledger, order: Order, refund: Refund) -> None:
    ledger.announcer.announce(
        "refunds/create",
        lambda: refund_payload(order, refund, ledger.books.settings.zone),
    )
