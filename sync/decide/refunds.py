"""What of an order can be paid back, and what a wish for it comes to.

Money only: whether goods come back is another fact, and moves stock when they do. Asks
no channel and knows no connector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...canonical.errors import NotFoundError, RefusedError
from ...canonical.money import Money
from ...canonical.orders import Order, OrderLine, PaymentState
from ...canonical.pushes import RefundedLine

_PAID_IN_FULL = frozenset(
    {PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED}
)


@dataclass(frozen=True, slots=True)
class RefundWish:
    """Units of one line to pay back; without an amount, what they cost."""

    line_external_id: str
    units: int
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """A refund as it would be sent, and what could be paid back before it."""

    lines: tuple[RefundedLine, ...]
    shipping: Money
    left_before: Money

    @property
    def total(self) -> Money:
        """All that is paid back."""
        minor = self.shipping.minor + sum(line.amount.minor for line in self.lines)
        return Money(minor, self.shipping.currency)


def plan_refund(
    order: Order,
    wishes: Sequence[RefundWish],
    shipping: Money | None = None,
    *,
    under_way: Money | None = None,
) -> RefundPlan:
    """Return the refund that a wish comes to; without lines and shipping, all of it.

    Args:
        order: the order as its channel last told it.
        wishes: what to pay back, by line.
        shipping: how much of the shipping costs; None for nothing, or for all of it
            where no line is named either.
        under_way: refunds that the channel accepted and has not shown yet.

    Raises:
        NotFoundError: the order has no such line.
        RefusedError: nothing was paid, or less is left than is wished for.
    """
    left = count_refundable(order, under_way)
    if wishes or shipping is not None:
        lines = tuple(_plan_line(order, wish) for wish in wishes)
        plan = RefundPlan(lines, shipping or Money.zero(order.currency), left)
    else:
        plan = _plan_everything(order, left)
    if plan.total.minor <= 0:
        raise RefusedError("A refund of nothing is none.")
    if plan.total.minor > left.minor:
        raise RefusedError(
            f"{plan.total} is more than the {left} that can still be paid back.",
            next_step="Name smaller amounts with --line LINE=UNITS:AMOUNT.",
        )
    return plan


def count_refundable(order: Order, under_way: Money | None = None) -> Money:
    """Return what was paid and not paid back yet.

    Raises:
        RefusedError: the channel knows of no payment.
    """
    if order.payment in _PAID_IN_FULL:
        paid = order.total.minor
    else:
        paid = sum(payment.amount.minor for payment in order.payments)
        if order.payment is not PaymentState.PARTIALLY_PAID or paid <= 0:
            raise RefusedError(
                f"Order {order.external_id} is not paid (it is {order.payment}).",
                next_step="Cancel it instead: crossdock cancel ORDER.",
            )
    gone = sum(refund.amount.minor for refund in order.refunds)
    gone += under_way.minor if under_way else 0
    return Money(max(0, paid - gone), order.currency)


def price_units(order: Order, line: OrderLine, units: int, *, after: int = 0) -> Money:
    """Return what ``units`` of a line cost, tax included.

    Rounding leaves nothing over: refunded unit by unit, ``after`` so many, the line
    comes to its total.
    """
    if not line.quantity:
        return Money.zero(order.currency)
    whole = line.total.minor
    if not order.prices_include_tax:
        whole += line.tax.minor
    until = whole * (after + units) // line.quantity
    return Money(until - whole * after // line.quantity, order.currency)


def _plan_line(order: Order, wish: RefundWish) -> RefundedLine:
    line = next(
        (one for one in order.lines if one.external_id == wish.line_external_id), None
    )
    if line is None:
        names = ", ".join(one.external_id for one in order.lines)
        raise NotFoundError(
            f"Order {order.external_id} has no line {wish.line_external_id}.",
            next_step=f"Its lines: {names}.",
        )
    before = _count_refunded(order, line)
    if not 0 < wish.units <= line.quantity - before:
        raise RefusedError(
            f"Line {line.external_id} has {line.quantity - before} units that were not "
            f"paid back, not {wish.units}."
        )
    amount = wish.amount
    if amount is None:
        amount = price_units(order, line, wish.units, after=before)
    return RefundedLine(line.external_id, wish.units, amount)


def _count_refunded(order: Order, line: OrderLine) -> int:
    return sum(
        part.quantity
        for refund in order.refunds
        for part in refund.lines
        if part.line_external_id == line.external_id
    )


def _plan_everything(order: Order, left: Money) -> RefundPlan:
    """Return a refund of all lines and the shipping, at most of what is left."""
    remaining = left.minor
    lines = []
    for line in order.lines:
        before = _count_refunded(order, line)
        units = line.quantity - before
        if units <= 0:
            continue
        cost = price_units(order, line, units, after=before).minor
        granted = min(cost, remaining)
        remaining -= granted
        lines.append(
            RefundedLine(line.external_id, units, Money(granted, order.currency))
        )
    return RefundPlan(tuple(lines), Money(remaining, order.currency), left)
