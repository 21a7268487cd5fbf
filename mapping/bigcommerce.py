"""BigCommerce orders and products into the canonical model, both without any I/O.

Amounts are taken with or without tax as the order says that its prices are. Statuses
are read by their ids. What each field rests on is in the connector's README. Refunds,
shipments and people are in ``bigcommerce_parts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..canonical.listings import Listing, ListingState
from ..canonical.money import add_up
from ..canonical.orders import FulfillmentState, Order, PaymentState
from .bigcommerce_parts import (
    Parts,
    count_refunded,
    count_unsent,
    list_standing,
    read_address,
    read_customer,
    read_refunds,
    read_shipments,
)
from .bigcommerce_wire import WireLine, WireOrder, WireProduct, WireVariant, to_money
from .bigcommerce_words import (
    LINE_TYPES,
    PAYMENT_STATES,
    REFUNDED,
    STATUSES,
    UNKNOWN_STATUS,
    StatusMeaning,
    look_up,
)
from .wire import describe_mismatch, read_wire

REFUNDS_KEY = "_refunds"
"""Where the connector puts an order's refunds of v3 in its payload."""
SHIPMENTS_KEY = "_shipments"
"""Where it puts the answer of ``/orders/<id>/shipments``."""
RESTOCKS_KEY = "_restocks"
"""Whether the store gives units back by itself (a setting of the store)."""

_UNPAID = {PaymentState.PENDING, PaymentState.UNKNOWN}


class BigCommerceTranslator:
    """Translates what the BigCommerce connector stored. Keeps nothing."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order, with the refunds and shipments stored beside it.

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


translator = BigCommerceTranslator()


def join_listing_id(product_id: int, variant_id: int | None) -> str:
    """Return the id of a listing: ``123/456``, or ``123`` where no variant is told."""
    return f"{product_id}/{variant_id}" if variant_id else str(product_id)


def _build_order(wire: WireOrder) -> Order:
    unknown: list[str] = []
    meaning = _read_status(wire, unknown)
    currency = wire.currency
    inclusive = wire.is_tax_inclusive_pricing
    cancel_reason = _tell_reason(wire, meaning)
    return Order.model_validate(
        {
            "external_id": str(wire.id),
            "number": str(wire.id),
            "placed_at": wire.date_created,
            "updated_at": wire.date_modified,
            "currency": currency,
            "prices_include_tax": inclusive,
            "payment": _decide_payment(wire, meaning, unknown),
            "fulfillment": _decide_fulfillment(wire, meaning),
            "cancelled_at": wire.date_modified if cancel_reason else None,
            "cancel_reason": cancel_reason,
            "held": meaning.held,
            "lines": _read_lines(wire, meaning, unknown, gone=bool(cancel_reason)),
            "shipping": _read_shipping(wire),
            "fees": _read_fees(wire),
            "payments": _read_payments(wire),
            "refunds": read_refunds(wire, meaning),
            "fulfillments": read_shipments(wire.shipments),
            "total": to_money(wire.total_inc_tax, currency),
            "customer": read_customer(wire),
            "shipping_address": read_address(
                next(iter(wire.consignments.shipping), None)
            ),
            "billing_address": read_address(wire.billing_address),
            "note": wire.customer_message,
            "unknown_values": tuple(dict.fromkeys(unknown)),
        }
    )


def _read_status(wire: WireOrder, unknown: list[str]) -> StatusMeaning:
    meaning = STATUSES.get(wire.status_id)
    if meaning is None:
        unknown.append(f"status_id={wire.status_id}")
        return UNKNOWN_STATUS
    return meaning


def _tell_reason(wire: WireOrder, meaning: StatusMeaning) -> str:
    """Return why nobody wants the order any more; empty where somebody does.

    What was archived before it was shipped will not be; the rest is only tidied away.
    """
    waits = meaning.wanted and not meaning.left
    if wire.is_deleted and waits and wire.status_id != REFUNDED:
        return "archived in the store"
    return meaning.cancel_reason


def _decide_payment(
    wire: WireOrder, meaning: StatusMeaning, unknown: list[str]
) -> PaymentState:
    """Say what is known about the money: by refunds, payment status, then status."""
    refunded = add_up(
        (to_money(one.total_amount, wire.currency) for one in list_standing(wire)),
        wire.currency,
    )
    if refunded.minor > 0:
        whole = refunded.minor >= to_money(wire.total_inc_tax, wire.currency).minor
        return PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED
    if wire.status_id == REFUNDED or not wire.payment_status:
        return meaning.payment
    where = ("payment_status", unknown)
    state = look_up(PAYMENT_STATES, wire.payment_status, PaymentState.UNKNOWN, where)
    # Money that is taken by hand (cash, bank) stays pending in the payment status.
    return meaning.payment if state in _UNPAID and meaning.confirmed else state


def _decide_fulfillment(wire: WireOrder, meaning: StatusMeaning) -> FulfillmentState:
    if meaning.left:
        return FulfillmentState.FULFILLED
    lines = [line for line in wire.consignments.lines if line.type == "physical"]
    if not any(line.quantity_shipped for line in lines):
        return meaning.fulfillment
    if all(line.quantity_shipped >= line.quantity for line in lines):
        return FulfillmentState.FULFILLED
    return FulfillmentState.PARTIALLY_FULFILLED


def _read_lines(
    wire: WireOrder, meaning: StatusMeaning, unknown: list[str], *, gone: bool
) -> list[Parts]:
    refunded = count_refunded(wire)
    whole = wire.status_id == REFUNDED and not any(refunded.values())
    lines = []
    for line in wire.consignments.lines:
        unsent = count_unsent(line, wire, meaning)
        back = refunded.get(line.id, 0)
        unwanted = unsent if whole else min(back, unsent)
        wanted = 0 if gone or not meaning.wanted else line.quantity - unwanted
        # A status that was set by hand restocks; a refund of an amount does not.
        by_hand = whole and not wire.refunds
        returned = line.quantity if by_hand else min(back, line.quantity)
        lines.append(
            {
                **_read_price(line, wire),
                "external_id": str(line.id),
                "listing_external_id": (
                    join_listing_id(line.product_id, line.variant_id)
                    if line.product_id
                    else ""
                ),
                "sku": line.sku,
                "barcode": line.upc,
                "title": line.name,
                "quantity": line.quantity,
                "quantity_current": wanted,
                "quantity_taken": _count_taken(line, wire, meaning, returned),
                "tracked": look_up(
                    LINE_TYPES,
                    line.type,
                    True,
                    ("consignments.line_items.type", unknown),
                ),
            }
        )
    return lines


def _count_taken(
    line: WireLine, wire: WireOrder, meaning: StatusMeaning, returned: int
) -> int:
    """Say by how much a line lowers the store's counter at present.

    The store gives units back at a cancellation and a refund where it is set to, and
    where it is not, never. A checkout that was left took none.
    """
    if not meaning.takes_stock:
        keeps = bool(meaning.cancel_reason) and not wire.restocks
        return line.quantity if keeps else 0
    return line.quantity - returned if wire.restocks else line.quantity


def _read_price(line: WireLine, wire: WireOrder) -> Parts:
    currency = wire.currency
    inclusive = wire.is_tax_inclusive_pricing
    discounts = [
        {
            "title": each.code or each.name or "discount",
            "amount": to_money(each.amount, currency),
        }
        for each in line.applied_discounts
    ]
    before = to_money(line.total_inc_tax if inclusive else line.total_ex_tax, currency)
    reduced = add_up(
        (to_money(each.amount, currency) for each in line.applied_discounts), currency
    )
    price = line.price_inc_tax if inclusive else line.price_ex_tax
    tax = to_money(line.total_tax, currency)
    return {
        "unit_price": to_money(price, currency),
        "total": before - reduced,
        "tax": tax,
        "taxes": [{"title": "Tax", "amount": tax}] if tax else [],
        "discounts": discounts,
    }


def _read_charge(
    title: str, inclusive: str, exclusive: str, tax: str, wire: WireOrder
) -> Parts:
    total = inclusive if wire.is_tax_inclusive_pricing else exclusive
    return {
        "title": title,
        "total": to_money(total, wire.currency),
        "tax": to_money(tax, wire.currency),
    }


def _read_shipping(wire: WireOrder) -> list[Parts]:
    """Return the one charge for all consignments, under the names of their methods."""
    methods = [one.shipping_method for one in wire.consignments.shipping]
    title = ", ".join(dict.fromkeys(name for name in methods if name)) or "Shipping"
    charge = _read_charge(
        title,
        wire.shipping_cost_inc_tax,
        wire.shipping_cost_ex_tax,
        wire.shipping_cost_tax,
        wire,
    )
    return [charge] if methods or charge["total"] else []


def _read_fees(wire: WireOrder) -> list[Parts]:
    charges = [
        _read_charge(
            "Handling",
            wire.handling_cost_inc_tax,
            wire.handling_cost_ex_tax,
            wire.handling_cost_tax,
            wire,
        ),
        _read_charge(
            "Gift wrapping",
            wire.wrapping_cost_inc_tax,
            wire.wrapping_cost_ex_tax,
            wire.wrapping_cost_tax,
            wire,
        ),
    ]
    charges += [
        _read_charge(
            fee.display_name_customer or "Fee",
            fee.cost_inc_tax,
            # Documented examples misspell the name of the field without tax.
            fee.cost_ex_tax or fee.cost_inc_tax,
            fee.cost_tax,
            wire,
        )
        for fee in wire.fees
    ]
    return [each for each in charges if each["total"]]


def _read_payments(wire: WireOrder) -> list[Parts]:
    """Return the one payment that an order tells of; it says nothing of its time."""
    state = PAYMENT_STATES.get(wire.payment_status)
    refunded = {PaymentState.REFUNDED, PaymentState.PARTIALLY_REFUNDED}
    if state is not PaymentState.PAID and state not in refunded:
        return []
    return [
        {
            "external_id": wire.payment_provider_id or f"order-{wire.id}",
            "method": wire.payment_method,
            "amount": to_money(wire.total_inc_tax, wire.currency),
        }
    ]


def _read_variant(product: WireProduct, variant: WireVariant) -> Listing:
    own_id = join_listing_id(product.id, variant.id)
    by_product = product.inventory_tracking == "product"
    tracked = product.type != "digital" and product.inventory_tracking != "none"
    quantity = product.inventory_level if by_product else variant.inventory_level
    options = ", ".join(one.label for one in variant.option_values if one.label)
    only = len(product.variants) == 1
    return Listing(
        external_id=own_id,
        # A store refuses to write to a variant whose stock its product keeps.
        stock_external_id=str(product.id) if by_product else own_id,
        sku=variant.sku or (product.sku if only else ""),
        barcode=_choose_barcode(product, variant, only=only),
        title=f"{product.name}: {options}" if options else product.name,
        tracked=tracked,
        quantity=quantity if tracked else None,
        state=_read_state(product, variant),
    )


def _choose_barcode(product: WireProduct, variant: WireVariant, *, only: bool) -> str:
    own = variant.gtin or variant.upc
    return own or ((product.gtin or product.upc) if only else "")


def _read_state(product: WireProduct, variant: WireVariant) -> ListingState:
    offered = product.is_visible and product.availability != "disabled"
    buyable = offered and not variant.purchasing_disabled
    return ListingState.ACTIVE if buyable else ListingState.INACTIVE
