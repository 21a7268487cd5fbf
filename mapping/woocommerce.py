"""WooCommerce orders and products into the canonical model, both without any I/O.

Line totals come without tax, whatever the shop shows its shoppers, so a canonical
order from WooCommerce never has tax inside its prices. Site-local times are ignored;
the ``*_gmt`` fields are read as UTC. Not about statuses or products; see beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import unescape
from typing import Any

from pydantic import ValidationError

from ..canonical.listings import Listing
from ..canonical.money import Money, add_up
from ..canonical.orders import Fulfillment, Order, Refund
from .wire import describe_mismatch, read_wire
from .woocommerce_listings import join_listing_id, read_listings
from .woocommerce_parcels import count_refunded, read_fulfillments, read_refunds
from .woocommerce_status import (
    STATUSES,
    UNKNOWN_STATUS,
    StatusMeaning,
    count_taken,
    count_wanted,
    decide_fulfillment,
    decide_payment,
    list_unknown_values,
)
from .woocommerce_wire import (
    WireAddress,
    WireCharge,
    WireLine,
    WireOrder,
    WireTaxRate,
    to_money,
    to_unit_price,
)

REFUND_DETAILS_KEY = "_refunds"
"""Where the connector puts the answers of ``/orders/<id>/refunds`` in a payload."""
FULFILLMENTS_KEY = "_fulfillments"
"""Where the connector puts the answers of ``/orders/<id>/fulfillments``."""

Parts = dict[str, Any]
"""The fields of one part of an order.

``Order`` checks all of its parts in one go, which takes half the time of making each
of them a model first; a name that is wrong here fails there.
"""


class WooCommerceTranslator:
    """Translates what the WooCommerce connector stored. Keeps nothing."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order, with the refunds and fulfillments stored beside it.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        wire = read_wire(WireOrder, payload)
        refunds = read_refunds(wire, payload.get(REFUND_DETAILS_KEY))
        fulfillments = read_fulfillments(payload.get(FULFILLMENTS_KEY))
        try:
            return _build_order(wire, refunds, fulfillments)
        except ValidationError as error:
            raise describe_mismatch(error) from None

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one product record; grouped and external products give none.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        return read_listings(payload)


translator = WooCommerceTranslator()


def _build_order(
    wire: WireOrder,
    refunds: tuple[Refund, ...],
    fulfillments: tuple[Fulfillment, ...],
) -> Order:
    currency = wire.currency
    meaning = STATUSES.get(wire.status, UNKNOWN_STATUS)
    total = to_money(wire.total, currency)
    refunded = add_up((refund.amount for refund in refunds), currency)
    updated_at = wire.date_modified_gmt or wire.date_created_gmt
    return Order.model_validate(
        {
            "external_id": str(wire.id),
            "number": wire.number,
            "placed_at": wire.date_created_gmt,
            "updated_at": updated_at,
            "currency": currency,
            "prices_include_tax": False,
            "payment": decide_payment(wire, meaning, total, refunded),
            "fulfillment": decide_fulfillment(wire, meaning),
            "cancelled_at": updated_at if meaning.cancel_reason else None,
            "cancel_reason": meaning.cancel_reason,
            "held": meaning.held,
            "lines": _read_lines(wire, meaning, refunds),
            "shipping": [
                _read_shipping(each, currency) for each in wire.shipping_lines
            ],
            "fees": [_read_fee(each, currency) for each in wire.fee_lines],
            "payments": _read_payments(wire, total),
            "refunds": refunds,
            "fulfillments": fulfillments,
            "total": total,
            "customer": _read_customer(wire),
            "shipping_address": _read_address(wire.shipping),
            "billing_address": _read_address(wire.billing),
            "note": wire.customer_note,
            "unknown_values": list_unknown_values(wire),
        }
    )


def _read_lines(
    wire: WireOrder, meaning: StatusMeaning, refunds: tuple[Refund, ...]
) -> list[Parts]:
    currency = wire.currency
    refunded = count_refunded(refunds)
    unsent = count_refunded(refunds, unsent_only=True)
    rates = {rate.rate_id: rate for rate in wire.tax_lines}
    coupons = ", ".join(each.code for each in wire.coupon_lines) or "discount"
    lines = []
    for line in wire.line_items:
        line_id = str(line.id)
        refunded_units, unsent_units = refunded.get(line_id, 0), unsent.get(line_id, 0)
        lines.append(
            {
                "external_id": line_id,
                "listing_external_id": (
                    join_listing_id(line.product_id, line.variation_id)
                    if line.product_id
                    else ""
                ),
                "sku": line.sku,
                "title": unescape(line.name),
                "quantity": line.quantity,
                "quantity_current": count_wanted(
                    wire, line, meaning, refunded_units, unsent_units
                ),
                "unit_price": to_unit_price(line.subtotal, line.quantity, currency),
                "total": to_money(line.total, currency),
                "tax": to_money(line.total_tax, currency),
                "taxes": _read_taxes(line, rates, currency),
                "discounts": _read_discounts(line, coupons, currency),
                "quantity_taken": count_taken(line, meaning),
            }
        )
    return lines


def _read_taxes(
    line: WireLine, rates: Mapping[int, WireTaxRate], currency: str
) -> list[Parts]:
    taxes = []
    for each in line.taxes:
        if each.total is None:
            continue
        rate = rates.get(each.id)
        percent = rate.rate_percent if rate else None
        taxes.append(
            {
                "title": rate.label if rate else "",
                "amount": to_money(each.total, currency),
                "rate_percent": "" if percent is None else f"{percent:g}",
            }
        )
    return taxes


def _read_discounts(line: WireLine, title: str, currency: str) -> list[Parts]:
    if line.subtotal == line.total:
        return []
    amount = to_money(line.subtotal, currency) - to_money(line.total, currency)
    # Below zero where somebody made the line dearer by hand.
    return [{"title": title, "amount": amount}] if amount.minor > 0 else []


def _read_shipping(charge: WireCharge, currency: str) -> Parts:
    return {
        "title": unescape(charge.method_title),
        "total": to_money(charge.total, currency),
        "tax": to_money(charge.total_tax, currency),
    }


def _read_fee(charge: WireCharge, currency: str) -> Parts:
    return {
        "title": unescape(charge.name),
        "total": to_money(charge.total, currency),
        "tax": to_money(charge.total_tax, currency),
    }


def _read_payments(wire: WireOrder, total: Money) -> list[Parts]:
    """Return the one payment that the shop knows of; it keeps no list of them."""
    if wire.date_paid_gmt is None:
        return []
    return [
        {
            "external_id": wire.transaction_id or f"order-{wire.id}",
            "method": wire.payment_method,
            "amount": total,
            "paid_at": wire.date_paid_gmt,
        }
    ]


def _read_customer(wire: WireOrder) -> Parts | None:
    billing = wire.billing
    if billing is None:
        return None
    return {
        "external_id": str(wire.customer_id) if wire.customer_id else "",
        "name": billing.name,
        "email": billing.email or "",
        "phone": billing.phone or "",
    }


def _read_address(wire: WireAddress | None) -> Parts | None:
    """Return the address, or None where the shop left every line of it empty."""
    if wire is None:
        return None
    name = wire.name
    if not (name or wire.company or wire.address_1 or wire.city or wire.postcode):
        return None
    return {
        "name": name,
        "company": wire.company or "",
        "street": wire.address_1 or "",
        "street_2": wire.address_2 or "",
        "city": wire.city or "",
        "region": wire.state or "",
        "postcode": wire.postcode or "",
        "country": wire.country or "",
        "phone": wire.phone or "",
    }
