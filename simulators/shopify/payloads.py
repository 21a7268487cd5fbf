"""Webhook bodies: the shop's rows in the shape of the older REST API.

Snake case, times with the shop's offset, money as fixed decimals: what Shopify sends to
subscribers whatever API version they query. Keys and types follow the vendor's samples.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from . import totals
from .amounts import Amount, fixed_text
from .payload_parts import (
    address,
    customer,
    local,
    money,
    money_set,
    order_line,
    refund_line_shape,
    tax_lines,
)
from .records import Fulfillment, Order, Refund, Transaction
from .settings import ShopSettings

Payload = dict[str, Any]

_FULFILLMENT_STATUS = {
    "FULFILLED": "fulfilled",
    "PARTIALLY_FULFILLED": "partial",
}


def order_payload(order: Order, settings: ShopSettings) -> Payload:
    """Return the body of the topics that carry a whole order."""
    zone = settings.zone
    return {
        **_identity(order, settings),
        **_times(order, zone),
        **_sums(order),
        **_people(order, settings),
        "discount_applications": _discount_applications(order),
        "discount_codes": _discount_codes(order),
        "fulfillments": [fulfillment_payload(one, zone) for one in order.fulfillments],
        "line_items": [order_line(order, line) for line in order.lines],
        "refunds": [refund_payload(order, one, zone) for one in order.refunds],
        "returns": [],
        "shipping_lines": _shipping_lines(order),
        "tax_lines": tax_lines(order, totals.total_tax(order)),
    }


def _identity(order: Order, settings: ShopSettings) -> Payload:
    status = totals.fulfillment_status(order)
    return {
        "id": order.number,
        "admin_graphql_api_id": order.gid,
        "app_id": None,
        "cancel_reason": order.cancel_reason.lower() if order.cancel_reason else None,
        "confirmed": True,
        "currency": settings.currency,
        "financial_status": totals.financial_status(order).lower(),
        "fulfillment_status": _FULFILLMENT_STATUS.get(status),
        "location_id": None,
        "name": order.name,
        "note": order.note,
        "note_attributes": [],
        "number": order.name_number - 1000,
        "order_number": order.name_number,
        "payment_gateway_names": sorted({one.gateway for one in order.transactions}),
        "presentment_currency": order.currencies.presentment,
        "source_name": "web",
        "tags": "",
        "tax_exempt": False,
        "taxes_included": order.taxes_included,
        "test": order.test,
        "token": f"{order.number:x}",
    }


def _times(order: Order, zone: ZoneInfo) -> Payload:
    cancelled = order.cancelled_at
    return {
        "cancelled_at": local(cancelled, zone) if cancelled else None,
        "closed_at": None,
        "created_at": local(order.created_at, zone),
        "processed_at": local(order.created_at, zone),
        "updated_at": local(order.updated_at, zone),
    }


def _sums(order: Order) -> Payload:
    sums = {
        "current_subtotal_price": totals.current_subtotal(order),
        "current_total_discounts": totals.current_discounts(order),
        "current_total_price": totals.current_total(order),
        "current_total_tax": totals.current_tax(order),
        "subtotal_price": totals.subtotal(order),
        "total_discounts": totals.total_discounts(order),
        "total_price": totals.total(order),
        "total_tax": totals.total_tax(order),
        "total_line_items_price": totals.subtotal(order)
        + totals.total_discounts(order),
    }
    shipping = totals.total_shipping(order)
    owed = totals.current_total(order) - (
        totals.received(order) - totals.refunded(order)
    )
    shown: Payload = {"total_outstanding": money(order, owed), "total_weight": 0}
    for key, amount in sums.items():
        shown[key] = money(order, amount)
        shown[f"{key}_set"] = money_set(order, amount)
    shown["total_shipping_price_set"] = money_set(order, shipping)
    shown["current_shipping_price_set"] = money_set(
        order, totals.current_shipping(order)
    )
    shown["total_tip_received"] = money(order, Amount())
    return shown


def _people(order: Order, settings: ShopSettings) -> Payload:
    buyer = order.buyer
    return {
        "billing_address": address(buyer),
        "buyer_accepts_marketing": False,
        "contact_email": buyer.email,
        "customer": customer(order, settings),
        "email": buyer.email,
        "phone": None,
        "shipping_address": address(buyer),
    }


def _discount_applications(order: Order) -> list[Payload]:
    discount = order.discount
    if discount is None:
        return []
    return [
        {
            "target_type": "line_item",
            "type": "discount_code" if discount.code else "automatic",
            "value": f"{discount.percent}.0",
            "value_type": "percentage",
            "allocation_method": "across" if discount.code else "each",
            "target_selection": "all" if discount.code else "entitled",
            ("code" if discount.code else "title"): discount.title,
        }
    ]


def _discount_codes(order: Order) -> list[Payload]:
    if order.discount is None or not order.discount.code:
        return []
    amount = money(order, totals.total_discounts(order))
    return [{"code": order.discount.title, "amount": amount, "type": "percentage"}]


def _shipping_lines(order: Order) -> list[Payload]:
    shipping = order.shipping
    if shipping is None:
        return []
    return [
        {
            "id": shipping.number,
            "carrier_identifier": None,
            "code": shipping.title,
            "current_discounted_price_set": money_set(
                order, totals.current_shipping(order)
            ),
            "discounted_price": money(order, shipping.price),
            "discounted_price_set": money_set(order, shipping.price),
            "is_removed": False,
            "phone": None,
            "price": money(order, shipping.price),
            "price_set": money_set(order, shipping.price),
            "source": "shopify",
            "title": shipping.title,
            "tax_lines": tax_lines(order, totals.shipping_tax(order)),
            "discount_allocations": [],
        }
    ]


def refund_payload(order: Order, refund: Refund, zone: ZoneInfo) -> Payload:
    """Return the body of ``refunds/create``."""
    return {
        "id": refund.number,
        "admin_graphql_api_id": f"gid://shopify/Refund/{refund.number}",
        "created_at": local(refund.created_at, zone),
        "note": refund.note,
        "order_id": order.number,
        "processed_at": local(refund.created_at, zone),
        "duties": [],
        "order_adjustments": _shipping_adjustment(order, refund),
        "refund_shipping_lines": [],
        "restock": any(one.restocked for one in refund.lines),
        "refund_line_items": [
            {
                "id": one.number,
                "line_item": refund_line_shape(order, one.line),
                "line_item_id": one.line.number,
                "location_id": one.location.number if one.location else None,
                "quantity": one.quantity,
                "restock_type": one.restock_type.lower(),
                "subtotal": float(money(order, one.subtotal)),
                "subtotal_set": money_set(order, one.subtotal),
                "total_tax": float(money(order, one.tax)),
                "total_tax_set": money_set(order, one.tax),
            }
            for one in refund.lines
        ],
        "transactions": [_transaction(order, one, zone) for one in refund.transactions],
    }


def _shipping_adjustment(order: Order, refund: Refund) -> list[Payload]:
    """Return the row that says how much of a refund is shipping: a negative amount."""
    if refund.shipping.shop == 0:
        return []
    back = Amount() - refund.shipping
    return [
        {
            "id": refund.shipping_number,
            "amount": money(order, back),
            "amount_set": money_set(order, back),
            "kind": "shipping_refund",
            "order_id": order.number,
            "reason": "Shipping refund",
            "refund_id": refund.number,
            "tax_amount": money(order, Amount()),
            "tax_amount_set": money_set(order, Amount()),
        }
    ]


def _transaction(order: Order, one: Transaction, zone: ZoneInfo) -> Payload:
    presentment = order.currencies.presentment
    return {
        "id": one.number,
        "admin_graphql_api_id": f"gid://shopify/OrderTransaction/{one.number}",
        "amount": fixed_text(one.amount.presentment, presentment),
        "authorization": None,
        "created_at": local(one.created_at, zone),
        "currency": presentment,
        "gateway": one.gateway,
        "kind": one.kind.lower(),
        "order_id": order.number,
        "parent_id": one.parent.number if one.parent else None,
        "processed_at": local(one.created_at, zone),
        "status": "success",
        "test": order.test,
    }


def fulfillment_payload(made: Fulfillment, zone: ZoneInfo) -> Payload:
    """Return the body of ``fulfillments/create``; fields without tracking are null."""
    numbers = [one.number for one in made.tracking if one.number]
    urls = [one.url for one in made.tracking if one.url]
    companies = [one.company for one in made.tracking if one.company]
    return {
        "id": made.number,
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{made.number}",
        "created_at": local(made.created_at, zone),
        "line_items": [
            {**refund_line_shape(made.order, part.line), "quantity": part.quantity}
            for part in made.parts
        ],
        "location_id": made.fulfillment_orders[0].location.number,
        "name": made.name,
        "order_id": made.order.number,
        "service": "manual",
        "shipment_status": None,
        "status": "success",
        "tracking_company": companies[0] if companies else None,
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": numbers,
        "tracking_url": urls[0] if urls else None,
        "tracking_urls": urls,
        "updated_at": local(made.updated_at, zone),
    }


def edit_payload(
    order: Order,
    *,
    number: int,
    additions: dict[int, int],
    removals: dict[int, int],
    zone: ZoneInfo,
) -> Payload:
    """Return the body of ``orders/edited``: what changed, not the order."""
    committed = local(order.updated_at, zone)
    none: Payload = {"additions": [], "removals": []}
    return {
        "order_edit": {
            "id": number,
            "app_id": None,
            "committed_at": committed,
            "created_at": committed,
            "discounts": {"line_item": none},
            "line_items": {
                "additions": [{"id": k, "delta": v} for k, v in additions.items()],
                "removals": [{"id": k, "delta": v} for k, v in removals.items()],
            },
            "notify_customer": False,
            "order_id": order.number,
            "shipping_lines": none,
            "staff_note": "",
            "user_id": None,
        }
    }
