"""Shopify's webhook orders into canonical, by way of the shape of its GraphQL API.

Webhooks have the older REST shape: snake case, numeric ids beside global ones, lower
case words. The hub never takes a webhook's body for the truth; this is for deliveries
that somebody kept, and for checking the translation against the vendor's samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from ..canonical.money import add_up
from ..canonical.orders import Order
from .shopify import read_order
from .shopify_values import Json, read_amount, read_with_place

_FULFILLMENT_WORDS = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED"}


def read_webhook_order(payload: Json) -> Order:
    """Translate the body of an ``orders/*`` webhook.

    It tells no transactions, so the order has no payments.

    Raises:
        MappingError: a required part is missing or cannot be understood. Paths are
            those of the GraphQL shape where a value is wrong, of the body where one is
            missing.
    """
    return read_order(read_with_place(_shape_order, payload))


def _shape_order(payload: Json) -> dict[str, Any]:
    fulfillment = payload["fulfillment_status"]
    financial = payload["financial_status"]
    applications = payload["discount_applications"]
    return {
        "id": payload["admin_graphql_api_id"],
        "name": payload["name"],
        "processedAt": payload["processed_at"] or payload["created_at"],
        "updatedAt": payload["updated_at"],
        "cancelledAt": payload["cancelled_at"],
        "cancelReason": payload["cancel_reason"],
        "currencyCode": payload["currency"],
        "taxesIncluded": payload["taxes_included"],
        "dutiesIncluded": payload["duties_included"],
        "test": payload["test"],
        "confirmed": payload["confirmed"],
        "note": payload["note"],
        "email": payload["email"],
        "phone": payload["phone"],
        "displayFinancialStatus": financial and financial.upper(),
        "displayFulfillmentStatus": _FULFILLMENT_WORDS.get(fulfillment)
        or fulfillment.upper(),
        "totalPriceSet": _shape_money(payload["total_price_set"]),
        "totalDiscountsSet": _shape_money(payload["total_discounts_set"]),
        "originalTotalDutiesSet": _shape_money(payload["original_total_duties_set"]),
        "originalTotalAdditionalFeesSet": _shape_money(
            payload["original_total_additional_fees_set"]
        ),
        "customer": _shape_customer(payload["customer"]),
        "shippingAddress": _shape_address(payload["shipping_address"]),
        "billingAddress": _shape_address(payload["billing_address"]),
        "lineItems": _nodes(
            _shape_line(line, applications) for line in payload["line_items"]
        ),
        "shippingLines": _nodes(
            _shape_shipping(line, applications)
            for line in payload["shipping_lines"]
            if not line["is_removed"]
        ),
        "transactions": [],
        "refunds": [
            _shape_refund(refund, payload["currency"]) for refund in payload["refunds"]
        ],
        "fulfillments": [_shape_parcel(parcel) for parcel in payload["fulfillments"]],
    }


def _shape_line(payload: Json, applications: Sequence[Json]) -> dict[str, Any]:
    variant, product = payload["variant_id"], payload["product_id"]
    return {
        "id": payload["admin_graphql_api_id"],
        "title": payload["title"],
        "variantTitle": payload["variant_title"],
        "sku": payload["sku"],
        "quantity": payload["quantity"],
        "currentQuantity": payload["current_quantity"],
        "isGiftCard": payload["gift_card"],
        "requiresShipping": payload["requires_shipping"],
        "variant": variant and {"id": _gid("ProductVariant", variant), "barcode": ""},
        "product": product and {"id": _gid("Product", product)},
        "originalUnitPriceSet": _shape_money(payload["price_set"]),
        "taxLines": _shape_taxes(payload),
        "discountAllocations": _shape_discounts(payload, applications),
    }


def _shape_shipping(payload: Json, applications: Sequence[Json]) -> dict[str, Any]:
    return {
        "title": payload["title"],
        "originalPriceSet": _shape_money(payload["price_set"]),
        "taxLines": _shape_taxes(payload),
        "discountAllocations": _shape_discounts(payload, applications),
    }


def _shape_taxes(payload: Json) -> list[dict[str, Any]]:
    return [
        {
            "title": tax["title"],
            "ratePercentage": None if tax["rate"] is None else tax["rate"] * 100,
            "priceSet": _shape_money(tax["price_set"]),
        }
        for tax in payload["tax_lines"]
    ]


def _shape_discounts(
    payload: Json, applications: Sequence[Json]
) -> list[dict[str, Any]]:
    return [
        {
            "allocatedAmountSet": _shape_money(allocation["amount_set"]),
            "discountApplication": applications[
                allocation["discount_application_index"]
            ],
        }
        for allocation in payload["discount_allocations"]
    ]


def _shape_refund(payload: Json, currency: str) -> dict[str, Any]:
    return {
        "id": payload["admin_graphql_api_id"],
        "createdAt": payload["created_at"],
        "totalRefundedSet": {"shopMoney": _sum_of_transactions(payload, currency)},
        "refundLineItems": _nodes(
            {
                "quantity": line["quantity"],
                "restockType": line["restock_type"].upper(),
                "lineItem": {"id": _gid("LineItem", line["line_item_id"])},
            }
            for line in payload["refund_line_items"]
        ),
    }


def _sum_of_transactions(payload: Json, currency: str) -> dict[str, str]:
    """Return what went back to the buyer, in the order's currency.

    Raises:
        MoneyError: it went back in another currency, which the body does not convert.
    """
    total = add_up(
        (
            read_amount(transaction["amount"], transaction["currency"])
            for transaction in payload["transactions"]
            if transaction["kind"] == "refund" and transaction["status"] == "success"
        ),
        currency,
    )
    return {"amount": str(total.amount), "currencyCode": currency}


def _shape_parcel(payload: Json) -> dict[str, Any]:
    numbers, urls = payload["tracking_numbers"], payload["tracking_urls"]
    return {
        "id": payload["admin_graphql_api_id"],
        "status": payload["status"].upper(),
        "createdAt": payload["created_at"],
        "trackingInfo": [
            {"company": payload["tracking_company"], "number": number, "url": url}
            for number, url in zip_longest(numbers, urls)
        ],
        "fulfillmentLineItems": _nodes(
            {
                "quantity": line["quantity"],
                "lineItem": {"id": line["admin_graphql_api_id"]},
            }
            for line in payload["line_items"]
        ),
    }


def _shape_customer(payload: Json | None) -> dict[str, str] | None:
    if not payload:
        return None
    names = (payload["first_name"], payload["last_name"])
    return {
        "id": payload["admin_graphql_api_id"],
        "displayName": " ".join(name for name in names if name),
    }


def _shape_address(payload: Json | None) -> dict[str, Any] | None:
    if not payload:
        return None
    return {
        "name": payload["name"],
        "company": payload["company"],
        "address1": payload["address1"],
        "address2": payload["address2"],
        "city": payload["city"],
        "province": payload["province"],
        "provinceCode": payload["province_code"],
        "zip": payload["zip"],
        "countryCodeV2": payload["country_code"],
        "phone": payload["phone"],
    }


def _shape_money(bag: Json | None) -> dict[str, Any] | None:
    if not bag:
        return None
    return {
        f"{side}Money": {
            "amount": bag[f"{side}_money"]["amount"],
            "currencyCode": bag[f"{side}_money"]["currency_code"],
        }
        for side in ("shop", "presentment")
    }


def _nodes(payloads: Iterable[Json]) -> dict[str, list[Json]]:
    return {"nodes": list(payloads)}


def _gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"
