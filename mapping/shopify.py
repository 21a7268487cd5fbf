"""Shopify's orders and products, as its Admin GraphQL API shows them, into canonical.

Pure: payloads in, models out; which fields the payloads have is decided by the
connector's documents. Webhook payloads have another shape; ``shopify_webhooks`` brings
them into this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..canonical.listings import Listing, ListingState
from ..canonical.orders import (
    Discount,
    Fee,
    FulfillmentState,
    Order,
    OrderLine,
    PaymentState,
    Refund,
)
from .shopify_parts import (
    count_refunded,
    count_returned,
    read_address,
    read_customer,
    read_discounts,
    read_fulfillment,
    read_line,
    read_payments,
    read_refund,
    read_shipping,
)
from .shopify_values import (
    Json,
    look_up,
    name_variant,
    no_money,
    read_each,
    read_money,
    read_presentment,
    read_text,
    read_time,
    read_time_if_any,
    read_with_place,
)

_PAYMENT_STATES = {state.name: state for state in PaymentState}
_PAYMENT_STATES.pop("UNKNOWN")

_FULFILLMENT_STATES = {
    "UNFULFILLED": FulfillmentState.UNFULFILLED,
    "OPEN": FulfillmentState.UNFULFILLED,
    "PENDING_FULFILLMENT": FulfillmentState.UNFULFILLED,
    "IN_PROGRESS": FulfillmentState.UNFULFILLED,
    "REQUEST_DECLINED": FulfillmentState.UNFULFILLED,
    "RESTOCKED": FulfillmentState.UNFULFILLED,
    "SCHEDULED": FulfillmentState.UNFULFILLED,
    "ON_HOLD": FulfillmentState.ON_HOLD,
    "PARTIALLY_FULFILLED": FulfillmentState.PARTIALLY_FULFILLED,
    "FULFILLED": FulfillmentState.FULFILLED,
}
_HELD = {"ON_HOLD", "SCHEDULED"}

_LISTING_STATES = {
    "ACTIVE": ListingState.ACTIVE,
    "UNLISTED": ListingState.ACTIVE,  # sold to whoever has the link
    "ARCHIVED": ListingState.INACTIVE,
    "DRAFT": ListingState.INACTIVE,
}


def read_order(payload: Json) -> Order:
    """Translate one order.

    Raises:
        MappingError: a required part is missing or cannot be understood; ``path`` says
            where.
    """
    return read_with_place(_read_order, payload)


def read_listings(payload: Json) -> tuple[Listing, ...]:
    """Translate one product into its variants, which are what is sold.

    Raises:
        MappingError: a required part is missing or cannot be understood.
    """
    return read_with_place(_read_product, payload)


def _read_order(payload: Json) -> Order:
    currency = payload["currencyCode"]
    unknown: list[str] = []
    refunds = read_each(
        payload["refunds"], lambda part: read_refund(part, currency, unknown), "refunds"
    )
    lines = _read_lines(payload, currency, refunds)
    return Order(
        external_id=payload["id"],
        number=read_text(payload["name"]),
        placed_at=read_time(payload["processedAt"]),
        updated_at=read_time(payload["updatedAt"]),
        currency=currency,
        prices_include_tax=payload["taxesIncluded"],
        payment=_read_payment_state(payload, unknown),
        fulfillment=_read_fulfillment_state(payload, unknown),
        cancelled_at=read_time_if_any(payload["cancelledAt"]),
        cancel_reason=(payload["cancelReason"] or "").lower(),
        held=payload["displayFulfillmentStatus"] in _HELD,
        test=payload["test"],
        lines=lines,
        shipping=read_each(
            payload["shippingLines"]["nodes"],
            lambda part: read_shipping(part, currency),
            "shippingLines.nodes",
        ),
        fees=_read_fees(payload, currency, lines),
        payments=read_payments(payload["transactions"], currency),
        refunds=refunds,
        fulfillments=read_each(
            payload["fulfillments"],
            lambda part: read_fulfillment(part, unknown),
            "fulfillments",
        ),
        total=read_money(payload["totalPriceSet"], currency),
        total_presentment=read_presentment(payload["totalPriceSet"], currency),
        customer=read_customer(payload),
        shipping_address=read_address(payload["shippingAddress"]),
        billing_address=read_address(payload["billingAddress"]),
        note=read_text(payload["note"]),
        unknown_values=tuple(unknown),
    )


def _read_lines(
    payload: Json, currency: str, refunds: Sequence[Refund]
) -> tuple[OrderLine, ...]:
    taken_back = count_refunded(refunds)
    returned = count_returned(payload["refunds"])
    reserved = payload["confirmed"]
    return read_each(
        payload["lineItems"]["nodes"],
        lambda part: read_line(part, currency, taken_back, returned, reserved=reserved),
        "lineItems.nodes",
    )


def _read_payment_state(payload: Json, unknown: list[str]) -> PaymentState:
    word = payload["displayFinancialStatus"]
    if word is None:
        return PaymentState.UNKNOWN
    where = ("displayFinancialStatus", unknown)
    return look_up(_PAYMENT_STATES, word, PaymentState.UNKNOWN, where)


def _read_fulfillment_state(payload: Json, unknown: list[str]) -> FulfillmentState:
    word = payload["displayFulfillmentStatus"]
    where = ("displayFulfillmentStatus", unknown)
    return look_up(_FULFILLMENT_STATES, word, FulfillmentState.UNKNOWN, where)


def _read_fees(
    payload: Json, currency: str, lines: Sequence[OrderLine]
) -> tuple[Fee, ...]:
    """Return charges and allowances that the order states for itself as a whole."""
    zero = no_money(currency)
    fees = []
    duties = payload["originalTotalDutiesSet"]
    if duties and not payload["dutiesIncluded"]:
        fees.append(Fee(title="Duties", total=read_money(duties, currency), tax=zero))
    charges = payload["originalTotalAdditionalFeesSet"]
    if charges:
        title = "Additional fees"
        fees.append(Fee(title=title, total=read_money(charges, currency), tax=zero))
    if payload["totalDiscountsSet"]:
        unallocated = read_money(payload["totalDiscountsSet"], currency)
        for discount in _list_allocated(payload, currency, lines):
            unallocated -= discount.amount
        if unallocated.minor > 0:
            title = "Discount that belongs to no line"
            fees.append(Fee(title=title, total=-unallocated, tax=zero))
    return tuple(fees)


def _list_allocated(
    payload: Json, currency: str, lines: Sequence[OrderLine]
) -> Iterator[Discount]:
    for line in lines:
        yield from line.discounts
    for charge in payload["shippingLines"]["nodes"]:
        yield from read_discounts(charge["discountAllocations"], currency)


def _read_product(payload: Json) -> tuple[Listing, ...]:
    title = payload["title"]
    state = _LISTING_STATES.get(payload["status"], ListingState.ACTIVE)
    return read_each(
        payload["variants"]["nodes"],
        lambda variant: _read_variant(variant, title, state),
        "variants.nodes",
    )


def _read_variant(payload: Json, title: str, state: ListingState) -> Listing:
    stock = payload["inventoryItem"]
    level = stock["inventoryLevel"]
    # The parent of a bundle has a stock record that nobody can write to: its quantity
    # is what its parts allow.
    tracked = stock["tracked"] and not payload["requiresComponents"]
    return Listing(
        external_id=payload["id"],
        stock_external_id=stock["id"],
        sku=read_text(payload["sku"]),
        barcode=read_text(payload["barcode"]),
        title=name_variant(title, payload["title"]),
        tracked=tracked,
        quantity=level["quantities"][0]["quantity"] if level and tracked else None,
        state=state,
    )
