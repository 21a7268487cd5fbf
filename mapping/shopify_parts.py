"""The parts of a Shopify order: lines, charges, payments, refunds, parcels, addresses.

Which of Shopify's facts stands behind which field of ours is written in the connector's
README. The order as a whole is put together in ``shopify``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..canonical.money import add_up
from ..canonical.orders import (
    Address,
    Customer,
    Discount,
    FulfilledLine,
    Fulfillment,
    OrderLine,
    Payment,
    Refund,
    RefundLine,
    ShippingLine,
    Tax,
)
from .shopify_values import (
    Json,
    look_up,
    name_variant,
    read_count,
    read_money,
    read_percent,
    read_text,
    read_time_if_any,
)

_RESTOCKED = {
    "CANCEL": True,
    "RETURN": True,
    "LEGACY_RESTOCK": True,
    "NO_RESTOCK": False,
}
_FULFILLMENT_STANDS = {
    "SUCCESS": True,
    "OPEN": True,
    "PENDING": True,
    "CANCELLED": False,
    "ERROR": False,
    "FAILURE": False,
}
_PAID_BY = {"SALE", "CAPTURE"}


def read_line(
    payload: Json,
    currency: str,
    taken_back: Mapping[str, tuple[int, int]],
    returned: Mapping[str, int],
    *,
    reserved: bool,
) -> OrderLine:
    """Translate one line.

    Shopify's ``currentQuantity`` leaves out units that had left and came back; those
    do not make the line want less of what is still to ship.

    Args:
        payload: the line.
        currency: the shop's, as the order states it.
        taken_back: units refunded, and restocked of them, for each line id.
        returned: units that had left and came back, for each line id.
        reserved: whether Shopify has reserved stock for the order.
    """
    variant = payload["variant"]
    quantity = read_count(payload["quantity"])
    unit_price = read_money(payload["originalUnitPriceSet"], currency)
    discounts = read_discounts(payload["discountAllocations"], currency)
    total = unit_price * quantity
    for discount in discounts:
        total -= discount.amount
    taxes = read_taxes(payload["taxLines"], currency)
    return OrderLine(
        external_id=payload["id"],
        listing_external_id=variant["id"] if variant else "",
        sku=read_text(payload["sku"]),
        barcode=read_text(variant["barcode"]) if variant else "",
        title=name_variant(payload["title"], payload["variantTitle"]),
        quantity=quantity,
        quantity_current=payload["currentQuantity"] + returned.get(payload["id"], 0),
        unit_price=unit_price,
        total=total,
        tax=add_up([tax.amount for tax in taxes], currency),
        taxes=taxes,
        discounts=discounts,
        quantity_taken=_count_taken(payload, taken_back) if reserved else 0,
        tracked=_has_goods(payload),
    )


def _count_taken(payload: Json, taken_back: Mapping[str, tuple[int, int]]) -> int:
    """Return by how many units a line lowers what Shopify calls available.

    Shopify lowers it when it reserves an order, and raises it again for units that are
    refunded with a restock or removed by an edit. Units that left, or were written
    off, stay taken.
    """
    quantity = read_count(payload["quantity"])
    current = read_count(payload["currentQuantity"])
    refunded, restocked = taken_back.get(payload["id"], (0, 0))
    removed = max(0, quantity - current - refunded)
    return max(0, quantity - restocked - removed)


def _has_goods(payload: Json) -> bool:
    """Say whether a line stands for goods that lie in a warehouse.

    A tip, a service or a fee has nothing behind it. Goods whose product was deleted
    still ship, or at least still have their SKU.
    """
    if payload["isGiftCard"]:
        return False
    known = payload["variant"] or payload["product"] or payload["sku"]
    return bool(known or payload["requiresShipping"])


def read_shipping(payload: Json, currency: str) -> ShippingLine:
    """Translate one shipping charge; its discounts are taken off."""
    total = read_money(payload["originalPriceSet"], currency)
    for discount in read_discounts(payload["discountAllocations"], currency):
        total -= discount.amount
    taxes = read_taxes(payload["taxLines"], currency)
    return ShippingLine(
        title=read_text(payload["title"]),
        total=total,
        tax=add_up([tax.amount for tax in taxes], currency),
    )


def read_taxes(payloads: Sequence[Json], currency: str) -> tuple[Tax, ...]:
    """Translate the taxes of a line or a charge."""
    if not payloads:
        return ()
    return tuple(
        Tax(
            title=read_text(payload["title"]),
            amount=read_money(payload["priceSet"], currency),
            rate_percent=read_percent(payload["ratePercentage"]),
        )
        for payload in payloads
    )


def read_discounts(payloads: Sequence[Json], currency: str) -> tuple[Discount, ...]:
    """Translate discounts; what a code gave is named by the code."""
    if not payloads:
        return ()
    return tuple(
        Discount(
            title=read_text(
                payload["discountApplication"].get("title")
                or payload["discountApplication"].get("code")
            ),
            amount=read_money(payload["allocatedAmountSet"], currency),
        )
        for payload in payloads
    )


def read_payments(payloads: Sequence[Json], currency: str) -> tuple[Payment, ...]:
    """Translate the transactions that brought money in.

    Authorizations have not, failed ones did not, and refunds are told apart elsewhere.
    """
    return tuple(
        Payment(
            external_id=payload["id"],
            method=read_text(payload["gateway"]),
            amount=read_money(payload["amountSet"], currency),
            paid_at=read_time_if_any(payload["processedAt"]),
        )
        for payload in payloads
        if payload["kind"] in _PAID_BY and payload["status"] == "SUCCESS"
    )


def read_refund(payload: Json, currency: str, unknown: list[str]) -> Refund:
    """Translate one refund: its money, and which goods went back into stock."""
    lines = []
    for line in payload["refundLineItems"]["nodes"]:
        where = ("refunds.refundLineItems.restockType", unknown)
        restocked = look_up(_RESTOCKED, line["restockType"], False, where)
        lines.append(
            RefundLine(
                line_external_id=line["lineItem"]["id"],
                quantity=read_count(line["quantity"]),
                restocked=restocked,
                never_left=line["restockType"] == "CANCEL",
                came_back=line["restockType"] == "RETURN",
            )
        )
    return Refund(
        external_id=payload["id"],
        amount=read_money(payload["totalRefundedSet"], currency),
        refunded_at=read_time_if_any(payload["createdAt"]),
        lines=tuple(lines),
    )


def count_refunded(refunds: Sequence[Refund]) -> dict[str, tuple[int, int]]:
    """Return for each line how many units were refunded, and restocked of them."""
    counts: dict[str, tuple[int, int]] = {}
    for refund in refunds:
        for line in refund.lines:
            refunded, restocked = counts.get(line.line_external_id, (0, 0))
            counts[line.line_external_id] = (
                refunded + line.quantity,
                restocked + (line.quantity if line.restocked else 0),
            )
    return counts


def count_returned(refunds: Sequence[Json]) -> dict[str, int]:
    """Return for each line how many units had left before they were refunded.

    Only a restock of the type ``RETURN`` says so; goods that were written off may have
    left or not.
    """
    counts: dict[str, int] = {}
    for refund in refunds:
        for line in refund["refundLineItems"]["nodes"]:
            if line["restockType"] == "RETURN":
                line_id = line["lineItem"]["id"]
                counts[line_id] = counts.get(line_id, 0) + read_count(line["quantity"])
    return counts


def read_fulfillment(payload: Json, unknown: list[str]) -> Fulfillment:
    """Translate one parcel; several tracking numbers become one text."""
    tracking = payload["trackingInfo"]
    first = tracking[0] if tracking else {}
    numbers = [info["number"] for info in tracking if info["number"]]
    where = ("fulfillments.status", unknown)
    return Fulfillment(
        external_id=payload["id"],
        lines=tuple(
            FulfilledLine(
                line_external_id=line["lineItem"]["id"], quantity=line["quantity"]
            )
            for line in payload["fulfillmentLineItems"]["nodes"]
            if line["quantity"]
        ),
        carrier=read_text(first.get("company")),
        tracking_number=read_text(", ".join(numbers)),
        tracking_url=read_text(first.get("url")),
        shipped_at=read_time_if_any(payload["createdAt"]),
        cancelled=not look_up(_FULFILLMENT_STANDS, payload["status"], True, where),
    )


def read_customer(payload: Json) -> Customer | None:
    """Return who bought, or None where Shopify withholds everything about them."""
    customer = payload["customer"]
    email, phone = read_text(payload["email"]), read_text(payload["phone"])
    if not (customer or email or phone):
        return None
    return Customer(
        external_id=customer["id"] if customer else "",
        name=read_text(customer["displayName"]) if customer else "",
        email=email,
        phone=phone,
    )


def read_address(payload: Json | None) -> Address | None:
    """Translate an address; the region is its code where there is one."""
    if payload is None:
        return None
    return Address(
        name=read_text(payload["name"]),
        company=read_text(payload["company"]),
        street=read_text(payload["address1"]),
        street_2=read_text(payload["address2"]),
        city=read_text(payload["city"]),
        region=read_text(payload["provinceCode"] or payload["province"]),
        postcode=read_text(payload["zip"]),
        country=read_text(payload["countryCodeV2"]),
        phone=read_text(payload["phone"]),
    )
