"""Medusa's orders and products, translated field by field."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from crossdock.canonical.errors import MappingError
from crossdock.canonical.listings import ListingState
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfillmentState, PaymentState
from crossdock.mapping.medusa import translator
from crossdock.mapping.medusa_words import FULFILLMENT_STATUSES, PAYMENT_STATES

Json = dict[str, Any]
PLACED, LATER = "2026-11-02T09:00:00.123Z", "2026-11-02T10:00:00.456Z"
LINE: Json = {
    "id": "ordli_1",
    "title": "Teapot",
    "product_title": "Squeaky teapot",
    "variant_title": "Mauve",
    "variant_id": "variant_1",
    "product_id": "prod_1",
    "variant_sku": "TEAPOT",
    "variant_barcode": None,
    "is_giftcard": False,
    "is_tax_inclusive": False,
    "unit_price": 10.5,
    "quantity": 3,
    "total": 33.99,
    "tax_total": 5.4249,
    "tax_lines": [{"code": "VAT", "description": None, "rate": 19, "total": 5.4249}],
    "adjustments": [{"code": "TENOFF", "amount": 3}, None],
    "detail": {"shipped_quantity": 0, "return_received_quantity": 0},
}
ADDRESS: Json = {
    "first_name": "Zoë",
    "last_name": "Ångström",
    "company": None,
    "address_1": "Kai 1",
    "city": "Hamburg",
    "country_code": "de",
    "postal_code": "20457",
    "phone": "+49 40 1",
}
PAYMENT: Json = {
    "id": "pay_1",
    "provider_id": "pp_system_default",
    "updated_at": LATER,
    "captures": [{"id": "capt_1", "amount": 39.94, "created_at": LATER}],
    "refunds": [{"id": "ref_1", "amount": 2.5, "created_at": LATER}],
}
ORDER: Json = {
    "id": "order_1",
    "display_id": 7,
    "status": "pending",
    "payment_status": "partially_refunded",
    "fulfillment_status": "not_fulfilled",
    "currency_code": "eur",
    "email": "zoe@example.com",
    "created_at": PLACED,
    "updated_at": PLACED,
    "canceled_at": None,
    "total": 37.44,
    "credit_line_total": 2.5,
    "items": [LINE],
    "shipping_methods": [{"name": "Standard", "total": 5.95, "tax_total": 0.95}],
    "shipping_address": ADDRESS,
    "billing_address": None,
    "customer": {"id": "cus_1", "first_name": None, "last_name": None},
    "payment_collections": [{"payments": [PAYMENT]}],
    "fulfillments": [],
    "returns": [],
}


def with_line(**changes: Any) -> Json:
    """Return the order with a line that is another one."""
    order = copy.deepcopy(ORDER)
    order["items"][0] |= changes
    return order


def test_an_order_is_read_field_by_field() -> None:
    order = translator.read_order(ORDER)
    assert (order.external_id, order.number, order.currency) == ("order_1", "7", "EUR")
    assert order.placed_at == datetime(2026, 11, 2, 9, 0, 0, 123000, UTC)
    assert order.payment is PaymentState.PARTIALLY_REFUNDED
    assert order.fulfillment is FulfillmentState.UNFULFILLED
    assert (order.total, order.residue) == (Money(3994, "EUR"), Money(0, "EUR"))
    assert not order.prices_include_tax
    assert not order.held
    assert order.unknown_values == ()
    (line,) = order.lines
    assert line.listing_external_id == "prod_1/variant_1"
    assert (line.sku, line.title) == ("TEAPOT", "Squeaky teapot: Mauve")
    assert (line.quantity, line.quantity_current, line.quantity_taken) == (3, 3, 3)
    assert (line.unit_price.minor, line.total.minor, line.tax.minor) == (
        1050,
        2857,
        542,
    )
    assert [(one.title, one.amount.minor) for one in line.taxes] == [("VAT", 542)]
    assert [(one.title, one.amount.minor) for one in line.discounts] == [
        ("TENOFF", 300)
    ]
    (shipping,) = order.shipping
    assert (shipping.title, shipping.total.minor, shipping.tax.minor) == (
        "Standard",
        500,
        95,
    )


def test_people_and_places_are_read() -> None:
    order = translator.read_order(ORDER)
    assert order.customer is not None
    assert order.customer.name == "Zoë Ångström"
    assert order.customer.phone == "+49 40 1"
    assert order.shipping_address is not None
    assert order.shipping_address.country == "DE"
    assert order.billing_address is None


def test_a_customer_with_a_name_is_called_by_it_and_one_without_anything_is_not() -> (
    None
):
    named = {"id": "cus_1", "first_name": "Ada", "last_name": "L", "phone": "1"}
    order = translator.read_order({**ORDER, "customer": named})
    assert order.customer is not None
    assert (order.customer.name, order.customer.phone) == ("Ada L", "1")
    bare = {**ORDER, "customer": None, "shipping_address": None}
    order = translator.read_order(bare)
    assert order.customer is not None
    assert (order.customer.name, order.customer.external_id) == ("", "")


def test_what_changed_last_is_the_order_or_its_payment() -> None:
    order = translator.read_order(ORDER)
    assert order.updated_at == datetime(2026, 11, 2, 10, 0, 0, 456000, UTC)
    unpaid = {**ORDER, "payment_collections": None}
    assert translator.read_order(unpaid).updated_at == order.placed_at


def test_money_moves_by_captures_and_refunds() -> None:
    order = translator.read_order(ORDER)
    (payment,), (refund,) = order.payments, order.refunds
    assert (payment.external_id, payment.amount.minor) == ("capt_1", 3994)
    assert (refund.external_id, refund.amount.minor, refund.lines) == ("ref_1", 250, ())


def test_a_return_brings_units_back_and_pays_nothing() -> None:
    returned = [
        {
            "id": "return_1",
            "received_at": LATER,
            "items": [
                {"item_id": "ordli_1", "received_quantity": 1, "damaged_quantity": 1}
            ],
        },
        {"id": "return_2", "items": [{"item_id": "ordli_1"}]},
        {"id": "return_3", "canceled_at": LATER, "items": []},
    ]
    detail = {"shipped_quantity": 3, "return_received_quantity": 1}
    order = translator.read_order({**with_line(detail=detail), "returns": returned})
    refund = order.refunds[1]
    assert (refund.external_id, refund.amount.minor) == ("return_1", 0)
    assert [(one.quantity, one.restocked) for one in refund.lines] == [
        (1, True),
        (1, False),
    ]
    assert len(order.refunds) == 2
    assert (order.lines[0].quantity_current, order.lines[0].quantity_taken) == (3, 2)


def test_a_cancelled_order_wants_nothing_and_takes_nothing() -> None:
    for canceled_at in (LATER, None):
        told = {**ORDER, "status": "canceled", "canceled_at": canceled_at}
        order = translator.read_order(told)
        assert order.cancelled
        assert order.cancel_reason
        line = order.lines[0]
        assert (line.quantity, line.quantity_current, line.quantity_taken) == (3, 0, 0)


@pytest.mark.parametrize(
    ("detail", "state"),
    [
        ({"fulfilled_quantity": 3}, FulfillmentState.UNFULFILLED),
        ({"shipped_quantity": 2}, FulfillmentState.PARTIALLY_FULFILLED),
        ({"shipped_quantity": 3}, FulfillmentState.FULFILLED),
        ({"delivered_quantity": 3}, FulfillmentState.FULFILLED),
    ],
)
def test_what_is_packed_has_not_left(detail: Json, state: FulfillmentState) -> None:
    told = {**with_line(detail=detail), "fulfillment_status": "fulfilled"}
    assert translator.read_order(told).fulfillment is state


def test_a_fulfillment_is_a_parcel_once_it_has_left() -> None:
    packed = {"id": "ful_1", "items": [{"line_item_id": "ordli_1", "quantity": 1}]}
    sent = {
        **packed,
        "id": "ful_2",
        "shipped_at": LATER,
        "metadata": {"crossdock_carrier": "DHL"},
        "labels": [{"tracking_number": "JD1", "tracking_url": "https://t.example"}],
    }
    handed_over = {
        "id": "ful_3",
        "delivered_at": LATER,
        "canceled_at": LATER,
        "metadata": {"crossdock_carrier": 5},
        "items": [{"line_item_id": None, "quantity": 1}],
    }
    told = {**ORDER, "fulfillments": [packed, sent, handed_over]}
    first, second = translator.read_order(told).fulfillments
    assert (first.external_id, first.carrier, first.tracking_number) == (
        "ful_2",
        "DHL",
        "JD1",
    )
    assert [(one.line_external_id, one.quantity) for one in first.lines] == [
        ("ordli_1", 1)
    ]
    assert (second.cancelled, second.carrier, second.lines) == (True, "", ())


def test_prices_with_tax_are_kept_with_it() -> None:
    order = translator.read_order(with_line(is_tax_inclusive=True))
    assert order.prices_include_tax
    assert order.lines[0].total.minor == 3399
    assert order.shipping[0].total.minor == 595
    assert order.residue.minor == 0


def test_no_stock_moves_for_gift_cards_and_what_is_not_in_the_catalogue() -> None:
    for changes in ({"is_giftcard": True}, {"variant_id": None, "variant_title": None}):
        (line,) = translator.read_order(with_line(**changes)).lines
        assert (line.tracked, line.quantity_taken) == (False, 0)
    assert (line.listing_external_id, line.title) == ("", "Squeaky teapot")


def test_words_that_nobody_knows_are_told_and_break_nothing() -> None:
    told = {
        **ORDER,
        "status": "dreaming",
        "payment_status": "bartered",
        "fulfillment_status": "levitating",
    }
    order = translator.read_order(told)
    assert order.held
    assert order.payment is PaymentState.UNKNOWN
    assert order.fulfillment is FulfillmentState.UNKNOWN
    assert set(order.unknown_values) == {
        "status=dreaming",
        "payment_status=bartered",
        "fulfillment_status=levitating",
    }


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": None}, "id"),
        ({"currency_code": "xxl"}, "currency_code"),
        ({"total": "a lot"}, "total"),
        ({"items": [{**LINE, "quantity": -1}]}, "items.0.quantity"),
        ({"items": [LINE, LINE]}, "record"),
        ({"items": None, "created_at": "yesterday"}, "created_at"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_path(changes: Json, path: str) -> None:
    with pytest.raises(MappingError) as refusal:
        translator.read_order({**ORDER, **changes})
    assert refusal.value.path == path


LEVELS = [
    {"location_id": "sloc_2", "stocked_quantity": 90, "reserved_quantity": 0},
    {"location_id": "sloc_1", "stocked_quantity": 9, "reserved_quantity": 4},
]
LINK: Json = {
    "inventory_item_id": "iitem_1",
    "required_quantity": 1,
    "inventory": {"location_levels": LEVELS},
}
VARIANT: Json = {
    "id": "variant_1",
    "title": "Mauve",
    "sku": "TEAPOT",
    "barcode": None,
    "ean": "4006381333931",
    "manage_inventory": True,
    "inventory_items": [LINK],
}
PRODUCT: Json = {
    "id": "prod_1",
    "title": "Teapot",
    "status": "published",
    "variants": [VARIANT],
    "_location": "sloc_1",
}


def test_a_variant_shows_what_can_be_bought_at_the_location() -> None:
    (listing,) = translator.read_listings(PRODUCT)
    assert (listing.external_id, listing.stock_external_id) == (
        "prod_1/variant_1",
        "iitem_1",
    )
    assert (listing.sku, listing.barcode) == ("TEAPOT", "4006381333931")
    assert (listing.title, listing.quantity, listing.tracked) == ("Teapot", 5, True)
    assert listing.state is ListingState.ACTIVE


@pytest.mark.parametrize(
    "changes",
    [
        {"manage_inventory": False},
        {"inventory_items": []},
        {"inventory_items": [LINK, {**LINK, "inventory_item_id": "iitem_2"}]},
        {"inventory_items": [{**LINK, "required_quantity": 6}]},
    ],
)
def test_kits_and_what_is_not_counted_are_listed_and_never_written(
    changes: Json,
) -> None:
    told = {**PRODUCT, "variants": [{**VARIANT, **changes}]}
    (listing,) = translator.read_listings(told)
    assert (listing.tracked, listing.quantity) == (False, None)
    assert listing.stock_external_id == "variant_1"


def test_an_item_without_a_level_at_the_location_has_no_quantity() -> None:
    for location, link in (
        ("sloc_3", LINK),
        ("sloc_1", {**LINK, "inventory": None}),
    ):
        variant = {**VARIANT, "inventory_items": [link]}
        told = {**PRODUCT, "variants": [variant], "_location": location}
        (listing,) = translator.read_listings(told)
        assert (listing.tracked, listing.quantity) == (True, None)


def test_several_variants_are_told_apart_and_drafts_are_not_on_sale() -> None:
    second = {**VARIANT, "id": "variant_2", "title": "Lime"}
    told = {**PRODUCT, "status": "draft", "variants": [VARIANT, second]}
    first, other = translator.read_listings(told)
    assert (first.title, other.title) == ("Teapot: Mauve", "Teapot: Lime")
    assert first.state is ListingState.INACTIVE


def test_every_word_in_the_vendors_contract_has_a_meaning(specs: Path) -> None:
    text = (specs / "medusa/openapi.full.yaml").read_text(encoding="utf-8")
    start = text.index("\n    AdminOrder:\n")
    end = text.index("\n    AdminOrderAddress:\n", start)
    (order,) = yaml.safe_load(text[start:end]).values()
    words = order["properties"]
    payment = words["payment_status"]["enum"]
    assert [word for word in payment if word not in PAYMENT_STATES] == []
    assert set(words["fulfillment_status"]["enum"]) <= FULFILLMENT_STATUSES
