"""The amounts of Amazon's orders: proceeds by category into lines, shipping and fees.

Amazon tells, for each line and category, one subtotal; taxes and discounts say by
detail which category they belong to. Amounts are Amazon's and are not added up anew:
what does not fit stays in the order's residue.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..canonical.money import Money, add_up
from .amazon_wire import WireBreakdown, WireLine, WireOrder
from .amazon_words import (
    DISCOUNT,
    FEES,
    ITEM,
    MARKETPLACES,
    NO_CURRENCY,
    SHIPPING,
    TAX,
)

Parts = dict[str, Any]
"""The fields of one part of an order; ``Order`` checks all of them in one go."""

_TIP = "DELIVERY_TIP"


def find_currency(wire: WireOrder) -> str:
    """Return the currency of an order.

    A pending order has no amounts; it is in the currency of its store.
    """
    if wire.proceeds and wire.proceeds.grand_total:
        return wire.proceeds.grand_total.currency_code
    for line in wire.order_items:
        if line.product.price and line.product.price.unit_price:
            return line.product.price.unit_price.currency_code
    marketplace = MARKETPLACES.get(wire.sales_channel.marketplace_id)
    return marketplace.currency if marketplace else NO_CURRENCY


def read_line_amounts(line: WireLine, currency: str) -> Parts:
    """Return unit price, total, tax, taxes and discounts of a line."""
    goods = _sum_up(line, ITEM, currency)
    discount = _sum_up_discounts(line, currency, ITEM)
    tax = _tax_of_goods(line, currency)
    taxes = [{"title": "tax", "amount": tax}] if tax else []
    discounts = [{"title": "promotion", "amount": discount}] if discount else []
    return {
        "unit_price": _find_unit_price(line, goods),
        "total": goods - discount,
        "tax": tax,
        "taxes": taxes,
        "discounts": discounts,
    }


def read_shipping(wire: WireOrder, currency: str) -> list[Parts]:
    """Return the one shipping charge of an order, if there is any."""
    charges = [_sum_up(line, SHIPPING, currency) for line in wire.order_items]
    taxes = [_sum_up_taxes(line, SHIPPING, currency) for line in wire.order_items]
    discounts = [
        _sum_up_discounts(line, currency, SHIPPING) for line in wire.order_items
    ]
    if not any((*charges, *taxes, *discounts)):
        return []
    total = add_up(charges, currency) - add_up(discounts, currency)
    return [
        {"title": "Shipping", "total": total, "tax": add_up(taxes, currency)},
    ]


def read_fees(wire: WireOrder, currency: str) -> list[Parts]:
    """Return what is charged beside goods and shipping, one fee for each category.

    A tip belongs to no line and is told with the order; the others with their lines.
    """
    tips = _of(wire.proceeds.breakdowns if wire.proceeds else (), _TIP)
    fees = []
    for category, title in FEES.items():
        amounts = [_sum_up(line, category, currency) for line in wire.order_items]
        taxes = [_sum_up_taxes(line, category, currency) for line in wire.order_items]
        if category == _TIP:
            amounts += [each.subtotal.to_money() for each in tips]
        total, tax = add_up(amounts, currency), add_up(taxes, currency)
        if total or tax:
            fees.append({"title": title, "total": total, "tax": tax})
    return fees


def read_payments(wire: WireOrder) -> list[Parts]:
    """Return how the order is paid, as far as Amazon tells."""
    executions = wire.payment.payment_executions if wire.payment else ()
    return [
        {
            "external_id": f"{wire.order_id}-{number}",
            "method": each.payment_method,
            "amount": each.payment_amount.to_money(),
        }
        for number, each in enumerate(executions, start=1)
        if each.payment_amount
    ]


def _find_unit_price(line: WireLine, goods: Money) -> Money:
    if line.product.price and line.product.price.unit_price:
        return line.product.price.unit_price.to_money()
    if not line.quantity_ordered:
        return goods
    each = goods.amount / Decimal(line.quantity_ordered)
    return Money.rounded(each, goods.currency)


def _tax_of_goods(line: WireLine, currency: str) -> Money:
    """Return the tax of a line that belongs to no shipping and to no fee."""
    taxes = [each.subtotal.to_money() for each in _breakdowns(line, TAX)]
    elsewhere = [
        _sum_up_taxes(line, category, currency) for category in (SHIPPING, *FEES)
    ]
    return add_up(taxes, currency) - add_up(elsewhere, currency)


def _sum_up(line: WireLine, category: str, currency: str) -> Money:
    amounts = (each.subtotal.to_money() for each in _breakdowns(line, category))
    return add_up(amounts, currency)


def _sum_up_taxes(line: WireLine, category: str, currency: str) -> Money:
    amounts = (
        detail.value.to_money()
        for each in _breakdowns(line, TAX)
        for detail in each.detailed_breakdowns
        if detail.subtype == category and detail.value
    )
    return add_up(amounts, currency)


def _sum_up_discounts(line: WireLine, currency: str, category: str) -> Money:
    """Return what was taken off goods or off shipping, as a positive amount.

    The model does not say which sign a discount has; a discount never adds. What names
    no category was taken off the goods.
    """
    whole = Money(0, currency)
    shipping = Money(0, currency)
    for each in _breakdowns(line, DISCOUNT):
        whole += _without_sign(each.subtotal.to_money())
        for detail in each.detailed_breakdowns:
            if detail.subtype == SHIPPING and detail.value:
                shipping += _without_sign(detail.value.to_money())
    return shipping if category == SHIPPING else whole - shipping


def _without_sign(amount: Money) -> Money:
    return -amount if amount.minor < 0 else amount


def _breakdowns(line: WireLine, category: str) -> list[WireBreakdown]:
    return _of(line.proceeds.breakdowns if line.proceeds else (), category)


def _of(breakdowns: tuple[WireBreakdown, ...], category: str) -> list[WireBreakdown]:
    return [each for each in breakdowns if each.type == category]
