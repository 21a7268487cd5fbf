"""The sums of an order: totals, taxes, payments and the two statuses that people see.

Pure functions over the rows. "Total" sums are before returns, "current" sums after
them, as the vendor's schema defines the two families of fields.
"""

from __future__ import annotations

from .amounts import ZERO, Amount, add_up
from .records import Line, Order


def line_tax(order: Order, line: Line) -> Amount:
    """Return the tax on all units of a line."""
    if order.tax is None or not line.variant.taxable:
        return ZERO
    return line.total.tax(order.tax.rate_basis_points, included=order.taxes_included)


def shipping_tax(order: Order) -> Amount:
    """Return the tax on shipping."""
    if order.tax is None or order.shipping is None:
        return ZERO
    return order.shipping.price.tax(
        order.tax.rate_basis_points, included=order.taxes_included
    )


def subtotal(order: Order) -> Amount:
    """Return the lines after discounts, before returns."""
    return add_up([line.total for line in order.lines])


def total_tax(order: Order) -> Amount:
    """Return all taxes, before returns."""
    lines = [line_tax(order, line) for line in order.lines]
    return add_up([*lines, shipping_tax(order)])


def total_shipping(order: Order) -> Amount:
    """Return shipping, before returns."""
    return order.shipping.price if order.shipping else ZERO


def total_discounts(order: Order) -> Amount:
    """Return what the buyer did not have to pay."""
    return add_up([line.discount for line in order.lines])


def total(order: Order) -> Amount:
    """Return what the buyer owes in all, before returns."""
    untaxed = subtotal(order) + total_shipping(order)
    return untaxed if order.taxes_included else untaxed + total_tax(order)


def current_subtotal(order: Order) -> Amount:
    """Return the lines that are left, after discounts."""
    return add_up(
        [line.total.share(line.current_quantity, line.quantity) for line in order.lines]
    )


def current_shipping(order: Order) -> Amount:
    """Return shipping less what was refunded of it."""
    return order.shipping.price - order.shipping.refunded if order.shipping else ZERO


def current_tax(order: Order) -> Amount:
    """Return the taxes on what is left."""
    lines = [
        line_tax(order, line).share(line.current_quantity, line.quantity)
        for line in order.lines
    ]
    price = total_shipping(order)
    shipping = shipping_tax(order).share(current_shipping(order).shop, price.shop)
    return add_up([*lines, shipping])


def current_discounts(order: Order) -> Amount:
    """Return the discounts on what is left."""
    return add_up(
        [
            line.discount.share(line.current_quantity, line.quantity)
            for line in order.lines
        ]
    )


def current_total(order: Order) -> Amount:
    """Return what the order is worth after edits and returns."""
    untaxed = current_subtotal(order) + current_shipping(order)
    return untaxed if order.taxes_included else untaxed + current_tax(order)


def received(order: Order) -> Amount:
    """Return the money that came in."""
    return add_up([one.amount for one in order.transactions if one.kind == "SALE"])


def refunded(order: Order) -> Amount:
    """Return the money that went back."""
    return add_up([refund.total for refund in order.refunds])


def refunded_shipping(order: Order) -> Amount:
    """Return the shipping that went back."""
    return order.shipping.refunded if order.shipping else ZERO


def financial_status(order: Order) -> str:
    """Return Shopify's ``displayFinancialStatus``."""
    paid, returned = received(order).shop, refunded(order).shop
    if paid == 0:
        return "VOIDED" if order.cancelled_at else "PENDING"
    if returned >= paid:
        return "REFUNDED"
    if returned > 0:
        return "PARTIALLY_REFUNDED"
    return "PARTIALLY_PAID" if current_total(order).shop > paid else "PAID"


def fulfillment_status(order: Order) -> str:
    """Return Shopify's ``displayFulfillmentStatus``."""
    if any(one.held and one.status == "ON_HOLD" for one in order.fulfillment_orders):
        return "ON_HOLD"
    remaining = sum(
        one.remaining for work in order.fulfillment_orders for one in work.lines
    )
    fulfilled = sum(line.fulfilled for line in order.lines)
    if fulfilled == 0:
        return "UNFULFILLED"
    return "PARTIALLY_FULFILLED" if remaining else "FULFILLED"
