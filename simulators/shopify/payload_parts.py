"""Pieces that several webhook bodies share: money, times, people, lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from . import totals
from .amounts import Amount, fixed_text
from .records import Buyer, Line, Order
from .settings import ShopSettings

Payload = dict[str, Any]


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Return a time with the shop's offset, ``2026-11-02T04:00:00-05:00``."""
    return moment.astimezone(zone).isoformat()


def money(order: Order, amount: Amount) -> str:
    """Return the shop's side of an amount."""
    return fixed_text(amount.shop, order.currencies.shop)


def money_set(order: Order, amount: Amount) -> Payload:
    """Return both sides of an amount."""
    currencies = order.currencies
    return {
        "shop_money": {
            "amount": fixed_text(amount.shop, currencies.shop),
            "currency_code": currencies.shop,
        },
        "presentment_money": {
            "amount": fixed_text(amount.presentment, currencies.presentment),
            "currency_code": currencies.presentment,
        },
    }


def tax_lines(order: Order, amount: Amount) -> list[Payload]:
    """Return the one tax line of an amount of tax; none where the shop has no tax."""
    if order.tax is None:
        return []
    return [
        {
            "channel_liable": False,
            "price": money(order, amount),
            "price_set": money_set(order, amount),
            "rate": order.tax.rate_basis_points / 10_000,
            "title": order.tax.title,
        }
    ]


def address(buyer: Buyer) -> Payload:
    """Return where the buyer lives."""
    return {
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "name": buyer.name,
        "company": buyer.company or None,
        "address1": buyer.street,
        "address2": None,
        "city": buyer.city,
        "province": buyer.province,
        "province_code": buyer.province_code,
        "zip": buyer.zip,
        "country": buyer.country,
        "country_code": buyer.country_code,
        "latitude": None,
        "longitude": None,
        "phone": buyer.phone,
    }


def customer(order: Order, settings: ShopSettings) -> Payload:
    """Return the buyer's account."""
    buyer = order.buyer
    return {
        "id": order.customer_number,
        "admin_graphql_api_id": f"gid://shopify/Customer/{order.customer_number}",
        "created_at": None,
        "updated_at": None,
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "email": buyer.email,
        "phone": None,
        "currency": settings.currency,
        "note": None,
        "state": "disabled",
        "tax_exempt": False,
        "tax_exemptions": [],
        "verified_email": True,
    }


def order_line(order: Order, line: Line) -> Payload:
    """Return a line as orders carry it."""
    return {
        **refund_line_shape(order, line),
        "current_quantity": line.current_quantity,
        "sales_line_item_group_id": None,
    }


def refund_line_shape(order: Order, line: Line) -> Payload:
    """Return a line as refunds and fulfillments carry it."""
    variant = line.variant
    return {
        "id": line.number,
        "admin_graphql_api_id": line.gid,
        "discount_allocations": _allocations(order, line),
        "duties": [],
        "fulfillable_quantity": fulfillable_quantity(order, line),
        "fulfillment_service": "manual",
        "fulfillment_status": _fulfillment_status(line),
        "gift_card": variant.product.gift_card,
        "grams": 0,
        "name": line_name(line),
        "price": money(order, line.unit_price),
        "price_set": money_set(order, line.unit_price),
        "product_exists": not variant.product.deleted,
        "product_id": None if variant.product.deleted else variant.product.number,
        "properties": [],
        "quantity": line.quantity,
        "requires_shipping": variant.requires_shipping,
        "sku": line.sku or "",
        "tax_lines": tax_lines(order, totals.line_tax(order, line)),
        "taxable": variant.taxable,
        "title": line.title,
        "total_discount": "0.00",
        "total_discount_set": money_set(order, Amount()),
        "variant_id": None if variant.deleted else variant.number,
        "variant_inventory_management": "shopify" if variant.tracked else None,
        "variant_title": line.variant_title,
        "vendor": line.vendor,
    }


def line_name(line: Line) -> str:
    """Return the title with the variant's."""
    return f"{line.title} - {line.variant_title}" if line.variant_title else line.title


def fulfillable_quantity(order: Order, line: Line) -> int:
    """Return the units of a line that can still be shipped."""
    return sum(
        row.remaining
        for work in order.fulfillment_orders
        for row in work.lines
        if row.line is line and work.status != "CANCELLED"
    )


def _fulfillment_status(line: Line) -> str | None:
    if line.fulfilled == 0:
        return None
    return "fulfilled" if line.fulfilled >= line.current_quantity else "partial"


def _allocations(order: Order, line: Line) -> list[Payload]:
    if line.discount.shop == 0:
        return []
    return [
        {
            "amount": money(order, line.discount),
            "amount_set": money_set(order, line.discount),
            "discount_application_index": 0,
        }
    ]
