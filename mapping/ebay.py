"""eBay's orders and inventory items into the canonical model, without any I/O.

An order's amounts are without tax: eBay states taxes beside the line's cost and adds
them to the total. Refunds are money only; eBay says nothing of units. What each field
rests on is in the connector's README. Refunds and parcels are in ``ebay_parts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from ..canonical.listings import Listing, ListingState
from ..canonical.money import Money, add_up
from ..canonical.orders import FulfillmentState, Order, PaymentState
from .ebay_parts import (
    Parts,
    find_never_shipped,
    read_address,
    read_customer,
    read_parcels,
    read_payments,
    read_refunds,
)
from .ebay_wire import WireItemRecord, WireLine, WireOrder, first_moment, to_money
from .ebay_words import CANCEL_STATES, FULFILLMENT_STATES, PAYMENT_STATES, look_up
from .wire import describe_mismatch, read_wire

_FROM_EBAYS_WAREHOUSE = "FULFILLED_BY_EBAY"
_BY_MAIL = "DIGITAL"


class EbayTranslator:
    """Translates what the eBay connector stored. Keeps nothing."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order, with the parcels stored beside it.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        wire = read_wire(WireOrder, payload)
        try:
            return _build_order(wire)
        except ValidationError as error:
            raise describe_mismatch(error) from None

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one inventory item with its offers: one listing for its SKU.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        record = read_wire(WireItemRecord, payload)
        item, product = record.item, record.item.product
        codes = [*product.ean, *product.upc, *product.isbn] if product else []
        published = any(offer.status == "PUBLISHED" for offer in record.offers)
        return (
            Listing(
                external_id=item.sku,
                stock_external_id=item.sku,
                sku=item.sku,
                barcode=codes[0] if codes else "",
                title=product.title if product else "",
                quantity=item.quantity,
                state=ListingState.ACTIVE if published else ListingState.INACTIVE,
            ),
        )


translator = EbayTranslator()


def _build_order(wire: WireOrder) -> Order:
    unknown: list[str] = []
    currency = wire.pricing_summary.total.currency
    cancelled, asked = _read_cancellation(wire, unknown)
    payment = look_up(
        PAYMENT_STATES,
        wire.order_payment_status,
        PaymentState.UNKNOWN,
        ("orderPaymentStatus", unknown),
    )
    fulfillment = look_up(
        FULFILLMENT_STATES,
        wire.order_fulfillment_status,
        FulfillmentState.UNKNOWN,
        ("orderFulfillmentStatus", unknown),
    )
    unwanted = find_never_shipped(wire, unknown)
    cancelled_at = wire.cancel_status.cancelled_date or wire.last_modified_date
    return Order.model_validate(
        {
            "external_id": wire.order_id,
            "number": wire.order_id,
            "placed_at": wire.creation_date,
            "updated_at": wire.last_modified_date,
            "currency": currency,
            "prices_include_tax": False,
            "payment": payment,
            "fulfillment": fulfillment,
            "cancelled_at": cancelled_at if cancelled else None,
            "cancel_reason": _tell_reason(wire) if cancelled else "",
            "held": asked,
            "fulfilled_by_channel": _is_shipped_by_ebay(wire),
            "lines": [
                _read_line(line, wire, gone=cancelled or line.line_item_id in unwanted)
                for line in wire.line_items
            ],
            "shipping": _read_shipping(wire, currency),
            "fees": _read_fees(wire, currency),
            "payments": read_payments(wire, unknown),
            "refunds": read_refunds(wire, unwanted, unknown),
            "fulfillments": read_parcels(wire),
            "total": to_money(wire.pricing_summary.total, currency),
            "total_presentment": _read_presentment(wire),
            "customer": read_customer(wire),
            "shipping_address": read_address(_find_ship_to(wire)),
            "note": wire.buyer_checkout_notes,
            "ship_by": _find_ship_by(wire),
            "unknown_values": tuple(dict.fromkeys(unknown)),
        }
    )


def _read_cancellation(wire: WireOrder, unknown: list[str]) -> tuple[bool, bool]:
    """Return whether the order is cancelled, and whether somebody asks for it."""
    where = ("cancelStatus.cancelState", unknown)
    state = look_up(CANCEL_STATES, wire.cancel_status.cancel_state, "", where)
    return state == "cancelled", state == "asked"


def _tell_reason(wire: WireOrder) -> str:
    """Return eBay's own word for why, of the request that was carried out."""
    requests = wire.cancel_status.cancel_requests
    done = [one for one in requests if one.cancel_request_state == "COMPLETED"]
    return next((one.cancel_reason.lower() for one in [*done, *requests]), "")


def _is_shipped_by_ebay(wire: WireOrder) -> bool:
    program = wire.program.fulfillment_program if wire.program else None
    return bool(program and program.fulfilled_by) or any(
        step.fulfillment_instructions_type == _FROM_EBAYS_WAREHOUSE
        for step in wire.fulfillment_start_instructions
    )


def _read_line(line: WireLine, wire: WireOrder, *, gone: bool) -> Parts:
    currency = line.line_item_cost.currency
    taxes = [
        {"title": tax.tax_type, "amount": to_money(tax.amount, currency)}
        for tax in line.taxes
    ]
    by_mail = any(
        step.fulfillment_instructions_type == _BY_MAIL
        for step in wire.fulfillment_start_instructions
    )
    return {
        "external_id": line.line_item_id,
        "listing_external_id": line.sku or _name_legacy_listing(line),
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "quantity_current": 0 if gone else line.quantity,
        "unit_price": Money.rounded(
            Decimal(line.line_item_cost.value) / (line.quantity or 1), currency
        ),
        "total": to_money(
            line.discounted_line_item_cost or line.line_item_cost, currency
        ),
        "tax": add_up((to_money(tax.amount, currency) for tax in line.taxes), currency),
        "taxes": taxes,
        "discounts": _read_discounts(line, currency),
        # eBay lowers the counter at the sale; no document says that a cancellation
        # raises it again, so the units count as taken until the hub writes anew.
        "quantity_taken": line.quantity,
        "tracked": not by_mail,
    }


def _name_legacy_listing(line: WireLine) -> str:
    """Return how a listing made without a SKU is named: item and variation."""
    if line.legacy_item_id and line.legacy_variation_id:
        return f"{line.legacy_item_id}/{line.legacy_variation_id}"
    return line.legacy_item_id


def _read_discounts(line: WireLine, currency: str) -> list[Parts]:
    if line.discounted_line_item_cost is None:
        return []
    stated = [
        {
            "title": each.description or each.promotion_id or "discount",
            "amount": to_money(each.discount_amount, currency),
        }
        for each in line.applied_promotions
        if each.discount_amount is not None
    ]
    if stated:
        return stated
    before = to_money(line.line_item_cost, currency)
    after = to_money(line.discounted_line_item_cost, currency)
    return [{"title": "discount", "amount": before - after}]


def _read_shipping(wire: WireOrder, currency: str) -> list[Parts]:
    pricing = wire.pricing_summary
    if pricing.delivery_cost is None:
        return []
    total = to_money(pricing.delivery_cost, currency)
    # Stated below zero.
    total += to_money(pricing.delivery_discount, currency)
    steps = [step.shipping_step for step in wire.fulfillment_start_instructions]
    codes = [step.shipping_service_code for step in steps if step]
    title = next((code for code in codes if code), "Delivery")
    return [{"title": title, "total": total, "tax": Money.zero(currency)}]


def _read_fees(wire: WireOrder, currency: str) -> list[Parts]:
    pricing = wire.pricing_summary
    stated = {"Fees": pricing.fee, "Adjustment": pricing.adjustment}
    return [
        {
            "title": title,
            "total": to_money(amount, currency),
            "tax": Money.zero(currency),
        }
        for title, amount in stated.items()
        if amount is not None
    ]


def _read_presentment(wire: WireOrder) -> Money | None:
    total = wire.pricing_summary.total
    if total.converted_from_value is None or total.converted_from_currency is None:
        return None
    return Money.rounded(total.converted_from_value, total.converted_from_currency)


def _find_ship_to(wire: WireOrder) -> Any:
    steps = [step.shipping_step for step in wire.fulfillment_start_instructions]
    return next((step.ship_to for step in steps if step and step.ship_to), None)


def _find_ship_by(wire: WireOrder) -> Any:
    dates = [line.line_item_fulfillment_instructions for line in wire.line_items]
    return first_moment(
        [date.ship_by_date for date in dates if date and date.ship_by_date]
    )
