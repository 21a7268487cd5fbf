"""Medusa orders and products into the canonical model, both without any I/O.

What each field rests on is in the connector's README. Payments, refunds, returns,
parcels and people are in ``medusa_parts``. No stock is counted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..canonical.listings import Listing, ListingState
from ..canonical.orders import FulfillmentState, Order, PaymentState
from .medusa_parts import (
    Parts,
    read_address,
    read_customer,
    read_payments,
    read_refunds,
    read_shipments,
)
from .medusa_wire import (
    WireInventoryLink,
    WireLine,
    WireOrder,
    WireProduct,
    WireShippingMethod,
    WireVariant,
    to_money,
)
from .medusa_words import (
    CANCELED,
    FULFILLMENT_STATUSES,
    PAYMENT_STATES,
    STATUSES,
    look_up,
)
from .wire import describe_mismatch, read_wire

LOCATION_KEY = "_location"
"""Where the connector puts the location whose stock the hub keeps."""


class MedusaTranslator:
    """Translates what the Medusa connector stored. Keeps nothing."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        wire = read_wire(WireOrder, payload)
        try:
            return _build_order(wire)
        except ValidationError as error:
            raise describe_mismatch(error) from None

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one product into a listing for each of its variants.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        product = read_wire(WireProduct, payload)
        return tuple(_read_variant(product, one) for one in product.variants)


translator = MedusaTranslator()


def join_listing_id(product_id: str, variant_id: str) -> str:
    """Return the id of a listing: ``prod_1/variant_2``; empty for a line of neither."""
    return f"{product_id}/{variant_id}" if variant_id else ""


def _build_order(wire: WireOrder) -> Order:
    unknown: list[str] = []
    cancelled = wire.status == CANCELED
    currency = wire.currency_code
    inclusive = any(line.is_tax_inclusive for line in wire.items)
    total = to_money(wire.total, currency) + to_money(wire.credit_line_total, currency)
    return Order.model_validate(
        {
            "external_id": wire.id,
            "number": wire.display_id or wire.id,
            "placed_at": wire.created_at,
            "updated_at": wire.changed_at,
            "currency": currency,
            "prices_include_tax": inclusive,
            "held": look_up(STATUSES, wire.status, True, ("status", unknown)),
            "payment": look_up(
                PAYMENT_STATES,
                wire.payment_status,
                PaymentState.UNKNOWN,
                ("payment_status", unknown),
            ),
            "fulfillment": _decide_fulfillment(wire, unknown),
            "cancelled_at": (wire.canceled_at or wire.updated_at)
            if cancelled
            else None,
            "cancel_reason": "cancelled in the store" if cancelled else "",
            "lines": [
                _read_line(line, currency, inclusive=inclusive, gone=cancelled)
                for line in wire.items
            ],
            "shipping": [
                _read_shipping(each, currency, inclusive=inclusive)
                for each in wire.shipping_methods
            ],
            "payments": read_payments(wire),
            "refunds": read_refunds(wire),
            "fulfillments": read_shipments(wire.fulfillments),
            # A refund lowers the total by a credit line; the debt before it is meant.
            "total": total,
            "customer": read_customer(wire),
            "shipping_address": read_address(wire.shipping_address),
            "billing_address": read_address(wire.billing_address),
            "unknown_values": tuple(unknown),
        }
    )


def _decide_fulfillment(wire: WireOrder, unknown: list[str]) -> FulfillmentState:
    """Say how much has left, by the lines; the word only has to be a known one."""
    if wire.fulfillment_status not in FULFILLMENT_STATUSES:
        unknown.append(f"fulfillment_status={wire.fulfillment_status}")
        return FulfillmentState.UNKNOWN
    left = [_count_left(line) for line in wire.items]
    if not any(left):
        return FulfillmentState.UNFULFILLED
    whole = all(
        count >= line.quantity for count, line in zip(left, wire.items, strict=True)
    )
    return FulfillmentState.FULFILLED if whole else FulfillmentState.PARTIALLY_FULFILLED


def _count_left(line: WireLine) -> int:
    return max(line.detail.shipped_quantity, line.detail.delivered_quantity)


def _read_line(line: WireLine, currency: str, *, inclusive: bool, gone: bool) -> Parts:
    tracked = bool(line.variant_id) and not line.is_giftcard
    # A reservation of the order, or the units that left, lower what can be bought;
    # a cancellation and a received return give it back.
    taken = max(0, line.quantity - line.detail.return_received_quantity)
    tax = to_money(line.tax_total, currency)
    total = to_money(line.total, currency)
    options = line.variant_title
    name = line.product_title or line.title
    return {
        "external_id": line.id,
        "listing_external_id": join_listing_id(line.product_id, line.variant_id),
        "sku": line.variant_sku,
        "barcode": line.variant_barcode,
        "title": f"{name}: {options}" if options else name,
        "quantity": line.quantity,
        "quantity_current": 0 if gone else line.quantity,
        "quantity_taken": 0 if gone or not tracked else taken,
        "tracked": tracked,
        "unit_price": to_money(line.unit_price, currency),
        "total": total if inclusive else total - tax,
        "tax": tax,
        "taxes": [
            {
                "title": each.description or each.code or "Tax",
                "amount": to_money(each.total, currency),
                "rate_percent": each.rate,
            }
            for each in line.tax_lines
        ],
        "discounts": [
            {
                "title": each.code or "discount",
                "amount": to_money(each.amount, currency),
            }
            for each in line.adjustments
        ],
    }


def _read_shipping(
    method: WireShippingMethod, currency: str, *, inclusive: bool
) -> Parts:
    tax, total = to_money(method.tax_total, currency), to_money(method.total, currency)
    return {
        "title": method.name or "Shipping",
        "total": total if inclusive else total - tax,
        "tax": tax,
    }


def _read_variant(product: WireProduct, variant: WireVariant) -> Listing:
    link = _find_counter(variant)
    names = [product.title]
    if variant.title and len(product.variants) > 1:
        names.append(variant.title)
    published = product.status == "published"
    return Listing(
        external_id=join_listing_id(product.id, variant.id),
        stock_external_id=link.inventory_item_id if link else variant.id,
        sku=variant.sku,
        barcode=variant.barcode or variant.ean or variant.upc,
        title=": ".join(names),
        tracked=link is not None,
        quantity=_count_available(link, product.location) if link else None,
        state=ListingState.ACTIVE if published else ListingState.INACTIVE,
    )


def _find_counter(variant: WireVariant) -> WireInventoryLink | None:
    """Return the one inventory item whose units are the variant's own.

    A kit takes units of several, or several of one: its quantity cannot be written
    without changing what other variants show.
    """
    links = variant.inventory_items
    if not variant.manage_inventory or len(links) != 1:
        return None
    return links[0] if links[0].required_quantity == 1 else None


def _count_available(link: WireInventoryLink, location: str) -> int | None:
    """Return what can be bought of an item at the location; None without a level."""
    levels = link.inventory.location_levels if link.inventory else []
    for level in levels:
        if level.location_id == location:
            return level.stocked_quantity - level.reserved_quantity
    return None
