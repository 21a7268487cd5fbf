"""What a WooCommerce order status says about payment, fulfillment and stock.

WooCommerce has one status where the hub has separate axes. Plugins add statuses of
their own; those are reported as unknown and never guessed. Not about amounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..canonical.money import Money
from ..canonical.orders import FulfillmentState, PaymentState
from .woocommerce_wire import WireLine, WireOrder, count_units, find_meta

FULFILLMENT_STATUS_KEY = "_fulfillment_status"
"""Order meta that the native fulfillments feature keeps; absent without any."""
REDUCED_STOCK_KEY = "_reduced_stock"
"""Line meta: units that this line takes from the product's stock at present."""
RESTOCKED_KEY = "_restock_refunded_items"
"""Line meta: units that refunds gave back to the product's stock."""

_FULFILLMENT_WORDS = {
    "fulfilled": FulfillmentState.FULFILLED,
    "partially_fulfilled": FulfillmentState.PARTIALLY_FULFILLED,
    "unfulfilled": FulfillmentState.UNFULFILLED,
    "no_fulfillments": FulfillmentState.UNFULFILLED,
}


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What one status says by itself.

    ``payment_unpaid`` holds where the order has no payment date.
    """

    payment_unpaid: PaymentState
    wanted: bool = True
    """Something of the order may still have to be shipped."""
    takes_stock: bool = True
    """WooCommerce lowers the product's stock in this status."""
    held: bool = False
    cancel_reason: str = ""
    fulfillment: FulfillmentState = FulfillmentState.UNFULFILLED


STATUSES: dict[str, StatusMeaning] = {
    "pending": StatusMeaning(PaymentState.PENDING, takes_stock=False),
    "on-hold": StatusMeaning(
        PaymentState.PENDING, held=True, fulfillment=FulfillmentState.ON_HOLD
    ),
    # Cash on delivery goes to processing without a payment date: promised, not paid.
    "processing": StatusMeaning(PaymentState.AUTHORIZED),
    "completed": StatusMeaning(
        PaymentState.PAID, fulfillment=FulfillmentState.FULFILLED
    ),
    "refunded": StatusMeaning(PaymentState.REFUNDED),
    # A shopper may pay a failed order after all; it then becomes processing.
    "failed": StatusMeaning(PaymentState.VOIDED, wanted=False, takes_stock=False),
    "cancelled": StatusMeaning(
        PaymentState.VOIDED,
        wanted=False,
        takes_stock=False,
        cancel_reason="cancelled in the shop",
    ),
    "trash": StatusMeaning(
        PaymentState.VOIDED,
        wanted=False,
        takes_stock=False,
        cancel_reason="moved to the shop's trash",
    ),
    # Carts at the checkout: no order yet, and deleted by the shop after a day.
    "checkout-draft": StatusMeaning(
        PaymentState.PENDING, wanted=False, takes_stock=False, held=True
    ),
    "auto-draft": StatusMeaning(
        PaymentState.PENDING, wanted=False, takes_stock=False, held=True
    ),
}

UNKNOWN_STATUS = StatusMeaning(
    PaymentState.UNKNOWN, fulfillment=FulfillmentState.UNKNOWN
)


def decide_payment(
    order: WireOrder, meaning: StatusMeaning, total: Money, refunded: Money
) -> PaymentState:
    """Say what is known about the money of an order.

    A fully refunded order keeps its total, so refunds are compared with it.
    """
    if order.status == "refunded":
        return PaymentState.REFUNDED
    if refunded.minor > 0:
        if refunded.minor >= total.minor:
            return PaymentState.REFUNDED
        return PaymentState.PARTIALLY_REFUNDED
    return meaning.payment_unpaid if order.date_paid_gmt is None else PaymentState.PAID


def decide_fulfillment(order: WireOrder, meaning: StatusMeaning) -> FulfillmentState:
    """Say how much has left: a native fulfillment says more than the status."""
    if has_left(order):
        return FulfillmentState.FULFILLED
    word = find_meta(order.meta_data, FULFILLMENT_STATUS_KEY)
    if word is None:
        return meaning.fulfillment
    return _FULFILLMENT_WORDS.get(str(word), FulfillmentState.UNKNOWN)


def has_left(order: WireOrder) -> bool:
    """Say whether the order was completed before it was closed.

    The completion date alone proves nothing: an order that was reopened keeps it.
    """
    if order.status == "completed":
        return True
    closed = order.status in {"refunded", "cancelled", "trash"}
    return closed and order.date_completed_gmt is not None


def list_unknown_values(order: WireOrder) -> tuple[str, ...]:
    """Name the vocabulary of this order that the mapping does not know."""
    unknown = []
    if order.status not in STATUSES:
        unknown.append(f"status={order.status}")
    word = find_meta(order.meta_data, FULFILLMENT_STATUS_KEY)
    if word is not None and str(word) not in _FULFILLMENT_WORDS:
        unknown.append(f"meta_data.{FULFILLMENT_STATUS_KEY}={word}")
    return tuple(unknown)


def count_taken(line: WireLine, meaning: StatusMeaning) -> int:
    """Say by how much this line lowers the product's stock at present.

    WooCommerce keeps the figure on the line while stock is taken, lowers it when a
    refund restocks, and removes it when all is given back. Orders without it (older
    versions, products that keep no stock) are judged by their status.
    """
    reduced = count_units(find_meta(line.meta_data, REDUCED_STOCK_KEY))
    if reduced is not None:
        return reduced
    if not meaning.takes_stock:
        return 0
    return max(0, line.quantity - count_restocked(line.meta_data))


def count_restocked(meta_data: Any) -> int:
    """Return how many units of a line refunds gave back to the product's stock."""
    return count_units(find_meta(meta_data, RESTOCKED_KEY)) or 0


def count_wanted(
    order: WireOrder,
    line: WireLine,
    meaning: StatusMeaning,
    refunded_units: int,
    unsent_units: int,
) -> int:
    """Say how many units of a line are still wanted.

    What was refunded after the order was completed had left; it comes back as a
    return, and is not an edit of the order. What was refunded before then stayed. A
    full refund that names no lines (a change of status by hand) takes every unit away.

    Args:
        order: the order.
        line: the line.
        meaning: what the order's status says.
        refunded_units: units of the line that were refunded.
        unsent_units: those of them that were refunded before the order was completed.
    """
    if has_left(order):
        return max(0, line.quantity - unsent_units)
    if not meaning.wanted:
        return 0
    if order.status == "refunded" and not refunded_units:
        return 0
    return max(0, line.quantity - refunded_units)
