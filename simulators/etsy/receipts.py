"""What happens to a receipt: bought, shipped, paid back, cancelled.

The doing only, shared by shoppers, owner and the API. A sale lowers the counter; a
cancellation and a refund do not raise it again. A refund does not move the moment of
the last change (open-api issues 513 and 604).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from .errors import ApiError
from .render import total_of
from .state import (
    Listing,
    Product,
    Receipt,
    Refund,
    Shipment,
    State,
    Transaction,
)

DISPATCH_AFTER = timedelta(days=3)


def place(
    state: State,
    basket: Sequence[tuple[Listing, Product, int]],
    buyer: str,
    *,
    note: str = "",
    discount: Decimal = Decimal(0),
) -> Receipt:
    """Write a new, paid receipt and take its stock."""
    now = state.now()
    receipt = Receipt(
        receipt_id=3_000_000_000 + state.number(),
        created=now,
        changed_at=now,
        buyer=buyer,
        note=note,
        discount=discount,
        shipping=state.settings.shipping_price,
        dispatch_by=now + DISPATCH_AFTER,
        lines=[
            Transaction(
                transaction_id=4_000_000_000 + state.number(),
                listing=listing,
                product_id=product.product_id,
                key=product.key,
                sku=product.sku,
                values=product.values,
                title=listing.title,
                quantity=quantity,
                price=product.price,
                units_sold=quantity,
            )
            for listing, product, quantity in basket
        ],
    )
    state.receipts[receipt.receipt_id] = receipt
    simulator = state.simulator
    for line in receipt.lines:
        simulator.world.record_sale(
            simulator.channel,
            str(receipt.receipt_id),
            str(line.transaction_id),
            line.key,
            line.quantity,
        )
    for listing, product, quantity in basket:
        take(state, listing, product, quantity)
    return receipt


def take(state: State, listing: Listing, product: Product, quantity: int) -> None:
    """Lower a counter by a sale; siblings that share it go down together."""
    for one in siblings(listing, product):
        one.quantity -= quantity
    if not listing.left:
        listing.state = "sold_out"
    state.tell_shown(listing, written=False)


def siblings(listing: Listing, product: Product) -> list[Product]:
    """Return the variations that share a counter with one, itself included."""

    def name(one: Product) -> list[tuple[int, int]]:
        return [(v[0], v[2]) for v in one.values if v[0] in listing.quantity_on]

    return [one for one in listing.products if name(one) == name(product)]


def ship(state: State, receipt: Receipt, code: str = "", carrier: str = "") -> None:
    """Mark a receipt as shipped, with a shipment where there is a tracking code.

    Raises:
        ApiError: it is cancelled.
    """
    if receipt.cancelled:
        raise ApiError(400, "The receipt is canceled")
    now = state.now()
    if code:
        receipt.shipments.append(
            Shipment(
                shipping_id=5_000_000_000 + state.number(),
                code=code,
                carrier=carrier,
                told_at=now,
            )
        )
        receipt.mails += 1
    if receipt.shipped_at is None:
        simulator = state.simulator
        for line in receipt.lines:
            simulator.world.record_shipment(
                simulator.channel,
                str(receipt.receipt_id),
                str(line.transaction_id),
                line.quantity,
            )
        receipt.shipped_at = now
    receipt.changed_at = now


def pay_back(state: State, receipt: Receipt, amount: Decimal, reason: str) -> None:
    """Pay money back. The receipt does not count as changed."""
    refund = Refund(amount=amount, paid_at=state.now(), reason=reason)
    receipt.refunds.append(refund)


def cancel(state: State, receipt: Receipt) -> None:
    """Cancel a receipt and pay back what is left of it; nothing is restocked."""
    left = total_of(state, receipt) - sum(
        (one.amount for one in receipt.refunds), Decimal(0)
    )
    if receipt.paid and left > 0:
        pay_back(state, receipt, left, "canceled")
    receipt.cancelled = True
    receipt.changed_at = state.now()
    simulator = state.simulator
    for line in receipt.lines:
        units, line.units_sold = line.units_sold, 0
        if units and receipt.shipped_at is None:
            simulator.world.record_cancellation(
                simulator.channel,
                str(receipt.receipt_id),
                str(line.transaction_id),
                units,
            )
