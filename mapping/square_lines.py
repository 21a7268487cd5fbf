"""The lines of a Square order: what was bought, what is still wanted, what it takes.

A line names a variation of the catalogue and no SKU. Its quantity is a decimal text:
whole numbers are units, anything else is measured, and moves no stock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..canonical.money import Money
from ..canonical.orders import Refund
from .square_refunds import count_refunded
from .square_wire import WireLine, WireOrder, count_whole
from .square_words import (
    LINE_TYPES_UNTRACKED,
    TAX_INCLUSIVE,
    StateMeaning,
    name_variation,
)

Parts = dict[str, Any]
"""The fields of one part of an order, checked with the whole of it."""


def includes_tax(wire: WireOrder) -> bool:
    """Say whether line totals are given with their tax inside.

    Square mixes: inclusive taxes are in the price, additive ones come on top. With one
    additive tax in the order, all line totals are given without tax.
    """
    return all(tax.type in TAX_INCLUSIVE for tax in wire.taxes)


def read_line(
    wire: WireOrder,
    line: WireLine,
    meaning: StateMeaning,
    refunds: tuple[Refund, ...],
    left_at: datetime | None,
) -> Parts:
    """Return one line of an order.

    Args:
        wire: the order.
        line: the line.
        meaning: what the order's state says.
        refunds: what came back of the order.
        left_at: when its goods left; None while they have not.
    """
    whole = count_whole(line.quantity)
    units = 1 if whole is None else whole
    tracked = (
        bool(line.catalog_object_id)
        and whole is not None
        and line.item_type not in LINE_TYPES_UNTRACKED
    )
    total, tax = wire.money(line.total_money), wire.money(line.total_tax_money)
    return {
        "external_id": line.uid,
        "listing_external_id": line.catalog_object_id,
        "title": _name_line(line, measured=whole is None),
        "quantity": units,
        "quantity_current": _count_wanted(line.uid, units, meaning, refunds, left_at),
        "unit_price": _price_unit(wire, line, measured=whole is None),
        "total": total if includes_tax(wire) else total - tax,
        "tax": tax,
        "taxes": _read_taxes(wire, line),
        "discounts": _read_discounts(wire, line),
        "quantity_taken": (
            _count_taken(wire, line.uid, units, meaning, refunds) if tracked else 0
        ),
        "tracked": tracked,
    }


def _name_line(line: WireLine, *, measured: bool) -> str:
    title = name_variation(line.name, line.variation_name) or line.item_type.lower()
    return f"{line.quantity.normalize():f} x {title}" if measured else title


def _price_unit(wire: WireOrder, line: WireLine, *, measured: bool) -> Money:
    """Return the price of one unit, or of the portion; tax as in the line's total."""
    if measured:
        return wire.money(line.gross_sales_money or line.total_money)
    return wire.money(line.base_price_money)


def _count_wanted(
    uid: str,
    units: int,
    meaning: StateMeaning,
    refunds: tuple[Refund, ...],
    left_at: datetime | None,
) -> int:
    """Say how many units of a line are still wanted.

    What came back before the goods left is an edit; afterwards it is a return.
    """
    if not meaning.wanted:
        return 0
    unsent = count_refunded(refunds, unsent_only=left_at is not None)
    return max(0, units - unsent.get(uid, 0))


def _count_taken(
    wire: WireOrder,
    uid: str,
    units: int,
    meaning: StateMeaning,
    refunds: tuple[Refund, ...],
) -> int:
    """Say by how much a line lowers Square's own count at present.

    Square lowers it when the order is fully paid, and gives units back only where a
    return says so: cancelling the fulfillment of a paid order does not.
    """
    if meaning.cancelled or not _is_paid(wire, meaning):
        return 0
    restocked = sum(
        part.quantity
        for refund in refunds
        for part in refund.lines
        if part.restocked and part.line_external_id == uid
    )
    return max(0, units - restocked)


def _is_paid(wire: WireOrder, meaning: StateMeaning) -> bool:
    if meaning.paid:
        return True
    due = wire.net_amount_due_money
    return bool(wire.tenders) and due is not None and due.amount <= 0


def _read_taxes(wire: WireOrder, line: WireLine) -> list[Parts]:
    by_uid = {tax.uid: tax for tax in wire.taxes}
    taxes = []
    for part in line.applied_taxes:
        tax = by_uid.get(part.tax_uid)
        taxes.append(
            {
                "title": tax.name if tax else "",
                "amount": wire.money(part.applied_money),
                "rate_percent": tax.percentage if tax else "",
            }
        )
    return taxes


def _read_discounts(wire: WireOrder, line: WireLine) -> list[Parts]:
    names = {discount.uid: discount.name for discount in wire.discounts}
    return [
        {
            "title": names.get(part.discount_uid) or "discount",
            "amount": wire.money(part.applied_money),
        }
        for part in line.applied_discounts
    ]
