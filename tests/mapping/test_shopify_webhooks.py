"""Webhook bodies of orders: the vendor's samples, and what they do not show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfillmentState, PaymentState
from crossdock.mapping.shopify_webhooks import read_webhook_order

Json = dict[str, Any]
SAMPLES = ["cancelled", "create", "paid", "updated"]


def bag(amount: str, currency: str = "EUR") -> Json:
    money = {"amount": amount, "currency_code": currency}
    return {"shop_money": money, "presentment_money": money}


def make_body(**changes: Any) -> Json:
    """An order of two clocks with a discount, shipping, a refund and a parcel."""
    line = {
        "id": 487817672276298554,
        "admin_graphql_api_id": "gid://shopify/LineItem/487817672276298554",
        "title": "Retro clock",
        "variant_title": "Walnut",
        "sku": "RETRO-CLOCK",
        "quantity": 2,
        "current_quantity": 1,
        "gift_card": False,
        "requires_shipping": True,
        "variant_id": 7,
        "product_id": 3,
        "price_set": bag("20.00"),
        "tax_lines": [{"title": "VAT", "rate": 0.0725, "price_set": bag("2.50")}],
        "discount_allocations": [
            {"amount_set": bag("4.00"), "discount_application_index": 0}
        ],
    }
    charge = {
        "title": "Standard",
        "is_removed": False,
        "price_set": bag("5.00"),
        "tax_lines": [{"title": "VAT", "rate": None, "price_set": bag("0.30")}],
        "discount_allocations": [],
    }
    refund = {
        "admin_graphql_api_id": "gid://shopify/Refund/5",
        "created_at": "2026-03-02T05:00:00-05:00",
        "transactions": [
            {
                "kind": "refund",
                "status": "success",
                "amount": "18.00",
                "currency": "EUR",
            },
            {
                "kind": "refund",
                "status": "failure",
                "amount": "18.00",
                "currency": "EUR",
            },
        ],
        "refund_line_items": [
            {
                "quantity": 1,
                "restock_type": "cancel",
                "line_item_id": 487817672276298554,
            }
        ],
    }
    parcel = {
        "admin_graphql_api_id": "gid://shopify/Fulfillment/9",
        "status": "success",
        "created_at": "2026-03-02T06:00:00-05:00",
        "tracking_company": "DHL",
        "tracking_numbers": ["00340"],
        "tracking_urls": ["https://dhl.example/00340"],
        "line_items": [
            {
                "admin_graphql_api_id": "gid://shopify/LineItem/487817672276298554",
                "quantity": 1,
            }
        ],
    }
    return {
        "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
        "name": "#1001",
        "processed_at": "2026-03-01T05:00:00-05:00",
        "created_at": "2026-03-01T05:00:00-05:00",
        "updated_at": "2026-03-02T06:00:00-05:00",
        "cancelled_at": None,
        "cancel_reason": None,
        "currency": "EUR",
        "taxes_included": True,
        "duties_included": False,
        "test": False,
        "confirmed": True,
        "note": None,
        "email": "ada@example.com",
        "phone": None,
        "financial_status": "partially_refunded",
        "fulfillment_status": "partial",
        "total_price_set": bag("41.00"),
        "total_discounts_set": bag("4.00"),
        "original_total_duties_set": None,
        "original_total_additional_fees_set": None,
        "customer": None,
        "shipping_address": None,
        "billing_address": None,
        "line_items": [line],
        "shipping_lines": [charge, {**charge, "is_removed": True}],
        "discount_applications": [{"type": "discount_code", "code": "SPRING"}],
        "refunds": [refund],
        "fulfillments": [parcel],
        **changes,
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_the_vendors_sample_orders_agree_with_their_totals_to_the_cent(
    specs: Path, name: str
) -> None:
    path = specs / "shopify" / "webhooks-2026-07" / "samples" / f"{name}.json"
    body = json.loads(path.read_text())["response"]
    order = read_webhook_order(body)
    assert order.external_id == body["admin_graphql_api_id"]
    assert str(order.total.amount) == body["total_price"]
    assert order.residue == Money(0, body["currency"])
    assert len(order.lines) == len(body["line_items"])
    assert (order.cancelled, order.test) == (True, True)
    assert order.payment is PaymentState.VOIDED
    assert order.customer is not None
    assert order.customer.name == "John Smith"
    assert order.shipping_address is not None
    assert order.shipping_address.country == "US"
    assert order.unknown_values == ()


def test_a_body_says_what_the_graphql_shape_says() -> None:
    order = read_webhook_order(make_body())
    (line,) = order.lines
    assert (line.quantity, line.quantity_current, line.quantity_taken) == (2, 1, 1)
    assert line.listing_external_id == "gid://shopify/ProductVariant/7"
    assert line.discounts[0].title == "SPRING"
    assert line.taxes[0].rate_percent == "7.25"
    assert [charge.total for charge in order.shipping] == [Money(500, "EUR")]
    assert order.residue == Money(0, "EUR")
    assert order.fulfillment is FulfillmentState.PARTIALLY_FULFILLED
    assert order.refunds[0].amount == Money(1800, "EUR")
    assert order.refunds[0].lines[0].line_external_id == line.external_id
    assert order.fulfillments[0].tracking_number == "00340"
    assert order.updated_at.isoformat() == "2026-03-02T11:00:00+00:00"
    assert (order.payments, order.billing_address) == ((), None)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        (None, FulfillmentState.UNFULFILLED),
        ("fulfilled", FulfillmentState.FULFILLED),
        ("restocked", FulfillmentState.UNFULFILLED),
        ("beamed", FulfillmentState.UNKNOWN),
    ],
)
def test_fulfillment_words_are_those_of_the_graphql_shape_in_lower_case(
    word: str | None, state: FulfillmentState
) -> None:
    order = read_webhook_order(make_body(fulfillment_status=word))
    assert order.fulfillment is state


def test_an_order_not_yet_processed_was_placed_when_it_was_created() -> None:
    order = read_webhook_order(make_body(processed_at=None, financial_status=None))
    assert order.placed_at.isoformat() == "2026-03-01T10:00:00+00:00"
    assert order.payment is PaymentState.UNKNOWN


def test_a_line_without_a_variant_has_no_listing() -> None:
    body = make_body()
    body["line_items"][0].update(variant_id=None, product_id=None)
    assert read_webhook_order(body).lines[0].listing_external_id == ""


def test_money_that_went_back_in_another_currency_is_refused_with_the_reason() -> None:
    body = make_body()
    body["refunds"][0]["transactions"][0]["currency"] = "USD"
    with pytest.raises(MappingError, match="do not go into one sum"):
        read_webhook_order(body)


def test_a_body_cut_down_to_its_identity_is_refused_with_the_missing_field() -> None:
    with pytest.raises(MappingError, match="fulfillment_status is missing"):
        read_webhook_order({"admin_graphql_api_id": "gid://shopify/Order/1"})


def test_a_discount_that_points_nowhere_is_refused() -> None:
    with pytest.raises(MappingError, match="not of the kind"):
        read_webhook_order(make_body(discount_applications=[]))
