"""Small values as GraphQL shows them: money bags, taxes, addresses, times, counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .amounts import Amount, Currencies, decimal_text
from .goods import gid
from .records import Buyer, Discount, Line, Order

Shape = dict[str, Any]


def moment(value: datetime | None) -> str | None:
    """Return a time as Shopify shows it: UTC, whole seconds, ``Z``."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def bag(currencies: Currencies, amount: Amount) -> Shape:
    """Return a ``MoneyBag``."""
    return {
        "shopMoney": {
            "amount": decimal_text(amount.shop, currencies.shop),
            "currencyCode": currencies.shop,
        },
        "presentmentMoney": {
            "amount": decimal_text(amount.presentment, currencies.presentment),
            "currencyCode": currencies.presentment,
        },
    }


def taxes(order: Order, amount: Amount) -> list[Shape]:
    """Return the one ``TaxLine`` of an amount of tax; none where there is no tax."""
    if order.tax is None:
        return []
    rate = order.tax.rate_basis_points
    return [
        {
            "channelLiable": False,
            "priceSet": bag(order.currencies, amount),
            "rate": rate / 10_000,
            "ratePercentage": rate / 100,
            "source": "Shopify",
            "title": order.tax.title,
        }
    ]


def mailing_address(order: Order) -> Shape:
    """Return the buyer's ``MailingAddress``."""
    buyer = order.buyer
    return {
        "__typename": "MailingAddress",
        "id": gid("MailingAddress", order.number) + "?model_name=Address",
        "address1": buyer.street,
        "address2": None,
        "city": buyer.city,
        "company": buyer.company or None,
        "country": buyer.country,
        "countryCodeV2": buyer.country_code,
        "firstName": buyer.first_name,
        "lastName": buyer.last_name,
        "name": buyer.name,
        "phone": buyer.phone,
        "province": buyer.province,
        "provinceCode": buyer.province_code,
        "zip": buyer.zip,
    }


def customer(order: Order) -> Shape:
    """Return the ``Customer`` who placed the order."""
    buyer: Buyer = order.buyer
    return {
        "__typename": "Customer",
        "id": gid("Customer", order.customer_number),
        "legacyResourceId": str(order.customer_number),
        "createdAt": moment(order.created_at),
        "updatedAt": moment(order.created_at),
        "defaultAddress": mailing_address(order),
        "defaultEmailAddress": {"emailAddress": buyer.email},
        "defaultPhoneNumber": {"phoneNumber": buyer.phone},
        "displayName": buyer.name,
        "email": buyer.email,
        "firstName": buyer.first_name,
        "lastName": buyer.last_name,
        "locale": "en",
        "note": None,
        "phone": buyer.phone,
        "tags": [],
        "taxExempt": False,
        "verifiedEmail": True,
    }


def discount_application(discount: Discount) -> Shape:
    """Return the ``DiscountApplication`` of an order."""
    code = discount.code
    return {
        "__typename": (
            "DiscountCodeApplication" if code else "AutomaticDiscountApplication"
        ),
        "allocationMethod": "ACROSS" if code else "EACH",
        "index": 0,
        "targetSelection": "ALL" if code else "ENTITLED",
        "targetType": "LINE_ITEM",
        "value": {
            "__typename": "PricingPercentageValue",
            "percentage": float(discount.percent),
        },
        ("code" if code else "title"): discount.title,
    }


def discount_allocations(line: Line) -> list[Shape]:
    """Return what a line has of the order's discount."""
    order = line.order
    if order.discount is None or line.discount.shop == 0:
        return []
    return [
        {
            "allocatedAmountSet": bag(order.currencies, line.discount),
            "discountApplication": discount_application(order.discount),
        }
    ]


def line_discount(line: Line, *, with_codes: bool) -> Amount:
    """Return the part of a line's discount that its own totals show.

    Codes apply across the order here, so they are left out unless asked for.
    """
    discount = line.order.discount
    shown = discount is not None and (with_codes or not discount.code)
    return line.discount if shown else Amount()


def count(number: int) -> Shape:
    """Return an exact ``Count``."""
    return {"count": number, "precision": "EXACT"}
