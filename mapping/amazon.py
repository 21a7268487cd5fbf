"""Amazon's orders into the canonical model, without any I/O.

Orders API 2026-01-01. Proceeds are told by category and without tax; tax is a category
of its own, so a canonical order from Amazon never has tax inside its prices. An order
whose payment is pending has no amounts at all: it comes with zeros, held, and is
completed by a later version. Money is in ``amazon_money``, listings in
``amazon_listings``, words in ``amazon_words``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..canonical.errors import MappingError, MoneyError
from ..canonical.listings import Listing
from ..canonical.money import Money
from ..canonical.orders import Order
from .amazon_listings import read_listings
from .amazon_money import (
    Parts,
    find_currency,
    read_fees,
    read_line_amounts,
    read_payments,
    read_shipping,
)
from .amazon_wire import WireAddress, WireLine, WireOrder, WirePackage
from .amazon_words import (
    BREAKDOWNS,
    FULFILLED_BY,
    FULFILLED_BY_AMAZON,
    PACKAGE_CANCELLED,
    PACKAGE_STATUSES,
    STATUSES,
    UNKNOWN_STATUS,
    StatusMeaning,
    puts_units_back,
)
from .wire import describe_mismatch, read_wire


class AmazonTranslator:
    """Translates what the Amazon connector stored. Keeps nothing."""

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
        except MoneyError as error:
            raise MappingError(error.message, path="proceeds") from None

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one listings item; the parent of variations gives none.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        return read_listings(payload)


translator = AmazonTranslator()


def _build_order(wire: WireOrder) -> Order:
    currency = find_currency(wire)
    meaning = _read_status(wire)
    ours = not _is_fulfilled_by_amazon(wire)
    request = _find_cancel_request(wire)
    grand_total = wire.proceeds.grand_total if wire.proceeds else None
    ship_by = wire.fulfillment.ship_by_window if wire.fulfillment else None
    recipient = wire.recipient
    preference = recipient.delivery_preference if recipient else None
    return Order.model_validate(
        {
            "external_id": wire.order_id,
            "number": wire.order_id,
            "placed_at": wire.created_time,
            "updated_at": wire.last_updated_time,
            "currency": currency,
            "prices_include_tax": False,
            "payment": meaning.payment,
            "fulfillment": meaning.fulfillment,
            "cancelled_at": wire.last_updated_time if meaning.cancelled else None,
            "cancel_reason": _tell_cancellation(wire, meaning) or request,
            "held": meaning.held or bool(request),
            "fulfilled_by_channel": not ours,
            "lines": [
                _read_line(each, meaning, currency, ours) for each in wire.order_items
            ],
            "shipping": read_shipping(wire, currency),
            "fees": read_fees(wire, currency),
            "payments": read_payments(wire),
            "fulfillments": [_read_package(each) for each in wire.packages],
            "total": grand_total.to_money() if grand_total else Money.zero(currency),
            "customer": _read_customer(wire),
            "shipping_address": _read_address(
                recipient.delivery_address if recipient else None
            ),
            "note": preference.address_instruction if preference else "",
            "ship_by": ship_by.latest_date_time if ship_by else None,
            "unknown_values": _list_unknown_values(wire),
        }
    )


def _read_status(wire: WireOrder) -> StatusMeaning:
    if wire.fulfillment is None:
        return UNKNOWN_STATUS
    return STATUSES.get(wire.fulfillment.fulfillment_status, UNKNOWN_STATUS)


def _is_fulfilled_by_amazon(wire: WireOrder) -> bool:
    by = wire.fulfillment.fulfilled_by if wire.fulfillment else ""
    return by == FULFILLED_BY_AMAZON


def _read_line(
    line: WireLine, meaning: StatusMeaning, currency: str, ours: bool
) -> Parts:
    wanted = _count_wanted(line, meaning)
    sku = line.product.seller_sku
    return {
        "external_id": line.order_item_id,
        "listing_external_id": sku,
        "sku": sku,
        "title": line.product.title,
        "quantity": line.quantity_ordered,
        "quantity_current": wanted,
        "quantity_taken": _count_taken(line, wanted) if ours else 0,
        **read_line_amounts(line, currency),
    }


def _count_wanted(line: WireLine, meaning: StatusMeaning) -> int:
    """Say how many units of a line are still wanted, those that left included.

    Counts of what has left and what is to leave are believed once the payment is
    authorised: while it is pending nothing is to leave, and all of it is wanted.
    """
    told = line.fulfillment
    left = (told.quantity_fulfilled or 0) if told else 0
    if meaning.cancelled or (line.cancellation and _is_executed(line)):
        return min(left, line.quantity_ordered)
    if meaning.pending or told is None or told.quantity_unfulfilled is None:
        return line.quantity_ordered
    return min(left + told.quantity_unfulfilled, line.quantity_ordered)


def _count_taken(line: WireLine, wanted: int) -> int:
    """Say by how much a line lowers Amazon's counter of goods that we ship.

    Amazon lowers it when the order is placed, and raises it again when units are
    cancelled, unless that was because there are none.
    """
    done = line.cancellation.cancellation_execution if line.cancellation else None
    if done and not puts_units_back(done.cancel_reason):
        return line.quantity_ordered
    return wanted


def _is_executed(line: WireLine) -> bool:
    """Say whether a line was cancelled as a whole.

    After a partial cancellation Amazon still tells units that are to leave.
    """
    if not line.cancellation or not line.cancellation.cancellation_execution:
        return False
    told = line.fulfillment
    return told is None or not told.quantity_unfulfilled


def _find_cancel_request(wire: WireOrder) -> str:
    """Return the buyer's wish to cancel what has not left; empty where there is none.

    It is a wish about a line and not a status: the order stays UNSHIPPED until the
    merchant cancels it. Until then it must not be shipped unasked, so it is held.
    """
    status = wire.fulfillment.fulfillment_status if wire.fulfillment else ""
    if status not in {"UNSHIPPED", "PARTIALLY_SHIPPED"}:
        return ""
    for line in wire.order_items:
        told = line.cancellation
        if told and told.cancellation_request and not told.cancellation_execution:
            reason = told.cancellation_request.cancel_reason
            return f"the buyer asks to cancel: {reason}".rstrip(": ")
    return ""


def _tell_cancellation(wire: WireOrder, meaning: StatusMeaning) -> str:
    if not meaning.cancelled:
        return ""
    for line in wire.order_items:
        done = line.cancellation.cancellation_execution if line.cancellation else None
        if done:
            by = done.cancelled_by.lower() or "unknown"
            return f"cancelled by {by}: {done.cancel_reason}".rstrip(": ")
    return "cancelled at Amazon"


def _read_package(package: WirePackage) -> Parts:
    status = package.package_status.status if package.package_status else ""
    return {
        "external_id": package.package_reference_id,
        "lines": [
            {"line_external_id": each.order_item_id, "quantity": each.quantity}
            for each in package.package_items
            if each.quantity
        ],
        "carrier": package.carrier,
        "tracking_number": package.tracking_number,
        "shipped_at": package.ship_time,
        "cancelled": status == PACKAGE_CANCELLED,
    }


def _read_customer(wire: WireOrder) -> Parts | None:
    if wire.buyer is None:
        return None
    return {"name": wire.buyer.buyer_name, "email": wire.buyer.buyer_email}


def _read_address(address: WireAddress | None) -> Parts | None:
    if address is None:
        return None
    further = (address.address_line2, address.address_line3)
    return {
        "name": address.name,
        "company": address.company_name,
        "street": address.address_line1,
        "street_2": ", ".join(line for line in further if line),
        "city": address.city,
        "region": address.state_or_region,
        "postcode": address.postal_code,
        "country": address.country_code,
        "phone": address.phone,
    }


def _list_unknown_values(wire: WireOrder) -> tuple[str, ...]:
    """Name the vocabulary of this order that the mapping does not know."""
    found: dict[str, None] = {}
    if wire.fulfillment is None:
        found["fulfillment=missing"] = None
    else:
        status, by = wire.fulfillment.fulfillment_status, wire.fulfillment.fulfilled_by
        if status not in STATUSES:
            found[f"fulfillment.fulfillmentStatus={status}"] = None
        if by not in FULFILLED_BY:
            found[f"fulfillment.fulfilledBy={by}"] = None
    for package in wire.packages:
        told = package.package_status
        if told and told.status not in PACKAGE_STATUSES:
            found[f"packages.packageStatus.status={told.status}"] = None
    for line in wire.order_items:
        for each in line.proceeds.breakdowns if line.proceeds else ():
            if each.type not in BREAKDOWNS:
                found[f"orderItems.proceeds.breakdowns.type={each.type}"] = None
    return tuple(found)
