"""BigCommerce's orders in our words: statuses, money, refunds, stock taken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from crossdock.canonical.errors import MappingError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfillmentState, Order, PaymentState
from crossdock.mapping.bigcommerce import translator
from crossdock.mapping.bigcommerce_words import name_carrier

Json = dict[str, Any]


def make_line(**changes: Any) -> Json:
    return {
        "id": 31,
        "product_id": 77,
        "variant_id": 501,
        "order_address_id": 9,
        "name": "Retro clock",
        "sku": "RETRO-CLOCK",
        "type": "physical",
        "quantity": 2,
        "quantity_shipped": 0,
        "quantity_refunded": 0,
        "price_ex_tax": "10.0000",
        "price_inc_tax": "12.0000",
        "total_ex_tax": "20.0000",
        "total_inc_tax": "24.0000",
        "total_tax": "4.0000",
        **changes,
    }


def make_order(*lines: Json, **changes: Any) -> Json:
    shipping = {
        "id": 9,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "street_1": "1 Quay",
        "country_iso2": "GB",
        "shipping_method": "Flat rate",
        "line_items": list(lines or (make_line(),)),
    }
    return {
        "id": 110,
        "status_id": 11,
        "status": "Will be packed soon",
        "date_created": "Wed, 10 Jan 2018 21:05:30 +0000",
        "date_modified": "Wed, 10 Jan 2018 16:06:30 -0500",
        "currency_code": "GBP",
        "default_currency_code": "EUR",
        "payment_status": "captured",
        "payment_method": "Card",
        "payment_provider_id": "ch_1",
        "total_ex_tax": "25.0000",
        "total_inc_tax": "30.0000",
        "shipping_cost_ex_tax": "5.0000",
        "shipping_cost_inc_tax": "6.0000",
        "shipping_cost_tax": "1.0000",
        "customer_message": "Ring twice",
        "billing_address": {"first_name": "Ada", "last_name": "Lovelace"},
        "consignments": {"shipping": [shipping], "pickups": [], "email": []},
        **changes,
    }


def make_refund(**changes: Any) -> Json:
    return {
        "id": 3,
        "order_id": 110,
        "created": "2018-01-11T10:00:00+00:00",
        "total_amount": 12,
        "items": [{"item_type": "PRODUCT", "item_id": 31, "quantity": 1}],
        "payments": [{"is_declined": False}],
        **changes,
    }


def read(*lines: Json, **changes: Any) -> Order:
    return translator.read_order(make_order(*lines, **changes))


def test_an_order_is_read_field_by_field() -> None:
    order = read()
    assert order.external_id == order.number == "110"
    assert order.placed_at == datetime(2018, 1, 10, 21, 5, 30, tzinfo=UTC)
    assert order.updated_at == datetime(2018, 1, 10, 21, 6, 30, tzinfo=UTC)
    assert order.payment is PaymentState.PAID
    assert order.fulfillment is FulfillmentState.UNFULFILLED
    assert order.total == Money.of("30", "EUR")
    assert not order.residue
    assert order.note == "Ring twice"
    assert order.shipping[0].title == "Flat rate"
    assert order.shipping_address is not None
    assert order.shipping_address.country == "GB"
    (line,) = order.lines
    assert (line.listing_external_id, line.sku) == ("77/501", "RETRO-CLOCK")
    assert (line.quantity, line.quantity_current, line.quantity_taken) == (2, 2, 2)
    assert (line.total, line.tax) == (Money.of("20", "EUR"), Money.of("4", "EUR"))


def test_prices_with_tax_are_taken_with_tax() -> None:
    order = read(is_tax_inclusive_pricing=True)
    assert order.prices_include_tax
    assert order.lines[0].total == Money.of("24", "EUR")
    assert order.lines[0].unit_price == Money.of("12", "EUR")
    assert not order.residue


def test_the_shopper_pays_in_the_transactional_currency() -> None:
    assert read().currency == "EUR"
    assert read(default_currency_code="").currency == "GBP"


@pytest.mark.parametrize(
    ("status_id", "payment_status", "payment", "fulfillment"),
    [
        (0, "", PaymentState.PENDING, FulfillmentState.UNFULFILLED),
        (1, "", PaymentState.PENDING, FulfillmentState.UNFULFILLED),
        (7, "authorized", PaymentState.AUTHORIZED, FulfillmentState.UNFULFILLED),
        (7, "pending", PaymentState.PENDING, FulfillmentState.UNFULFILLED),
        (11, "pending", PaymentState.AUTHORIZED, FulfillmentState.UNFULFILLED),
        (2, "captured", PaymentState.PAID, FulfillmentState.FULFILLED),
        (10, "", PaymentState.PAID, FulfillmentState.FULFILLED),
        (12, "held for review", PaymentState.PENDING, FulfillmentState.ON_HOLD),
        (13, "paid", PaymentState.PAID, FulfillmentState.ON_HOLD),
        (4, "refunded", PaymentState.REFUNDED, FulfillmentState.UNFULFILLED),
    ],
)
def test_a_status_is_known_by_its_number_and_money_by_its_own_word(
    status_id: int,
    payment_status: str,
    payment: PaymentState,
    fulfillment: FulfillmentState,
) -> None:
    order = read(status_id=status_id, payment_status=payment_status)
    assert (order.payment, order.fulfillment) == (payment, fulfillment)
    assert order.unknown_values == ()


def test_words_that_were_never_seen_are_told_and_nothing_is_guessed() -> None:
    order = read(make_line(type="service"), status_id=99, payment_status="bartered")
    assert order.payment is PaymentState.UNKNOWN
    assert order.fulfillment is FulfillmentState.UNKNOWN
    assert order.unknown_values == (
        "status_id=99",
        "payment_status=bartered",
        "consignments.line_items.type=service",
    )


@pytest.mark.parametrize("status_id", [5, 6])
@pytest.mark.parametrize("restocks", [True, False])
def test_a_cancelled_order_gives_units_back_where_the_store_is_set_so(
    status_id: int, restocks: bool
) -> None:
    order = read(status_id=status_id, payment_status="void", _restocks=restocks)
    assert order.cancelled
    assert order.lines[0].quantity_current == 0
    assert order.lines[0].quantity_taken == (0 if restocks else 2)


def test_an_order_of_which_some_has_shipped_is_shipped_in_part() -> None:
    order = read(make_line(quantity_shipped=1), status_id=3)
    assert order.fulfillment is FulfillmentState.PARTIALLY_FULFILLED
    assert (order.lines[0].quantity, order.lines[0].quantity_current) == (2, 2)


def test_a_checkout_that_was_left_wants_and_takes_nothing() -> None:
    order = read(status_id=0, payment_status="")
    assert (order.held, order.cancelled) == (True, False)
    assert (order.lines[0].quantity_current, order.lines[0].quantity_taken) == (0, 0)


def test_an_order_archived_before_it_was_shipped_is_cancelled() -> None:
    assert read(is_deleted=True).cancel_reason == "archived in the store"
    assert not read(is_deleted=True, status_id=10).cancelled


def test_units_refunded_before_they_left_are_not_wanted_any_more() -> None:
    line = make_line(quantity_refunded=1)
    order = read(line, status_id=14, _refunds=[make_refund()])
    assert order.payment is PaymentState.PARTIALLY_REFUNDED
    assert order.lines[0].quantity_current == 1
    assert order.lines[0].quantity_taken == 1
    (part,) = order.refunds[0].lines
    assert (part.quantity, part.never_left, part.restocked) == (1, True, True)


def test_units_refunded_after_they_left_come_back_as_a_return() -> None:
    line = make_line(quantity_refunded=1, quantity_shipped=2)
    order = read(line, status_id=14, _refunds=[make_refund()], _restocks=False)
    assert order.fulfillment is FulfillmentState.FULFILLED
    assert order.lines[0].quantity_current == 2
    assert order.lines[0].quantity_taken == 2
    (part,) = order.refunds[0].lines
    assert (part.never_left, part.restocked) == (False, False)


def test_a_refund_of_an_amount_is_money_and_no_units() -> None:
    part = {"item_type": "ORDER", "item_id": 110, "quantity": 0}
    order = read(status_id=14, _refunds=[make_refund(items=[part], total_amount=2.5)])
    assert order.refunds[0].amount == Money.of("2.50", "EUR")
    assert order.refunds[0].lines == ()
    assert (order.lines[0].quantity_current, order.lines[0].quantity_taken) == (2, 2)


def test_a_refund_that_the_gateway_declined_is_none() -> None:
    declined = make_refund(payments=[{"is_declined": True}])
    order = read(_refunds=[declined])
    assert (order.refunds, order.payment) == ((), PaymentState.PAID)


def test_a_status_set_to_refunded_by_hand_takes_every_unit_away() -> None:
    line = read(status_id=4, payment_status="").lines[0]
    assert (line.quantity_current, line.quantity_taken) == (0, 0)


def test_an_order_completed_by_hand_has_left_as_a_whole() -> None:
    order = read(make_line(quantity_refunded=1), status_id=10, _refunds=[make_refund()])
    assert order.lines[0].quantity_current == 2
    assert not order.refunds[0].lines[0].never_left


def test_digital_lines_and_certificates_are_there_and_move_no_stock() -> None:
    order = make_order()
    order["consignments"]["downloads"] = [
        {"line_items": [make_line(id=32, type="digital")]}
    ]
    order["consignments"]["email"] = {
        "gift_certificates": [
            {"line_items": [make_line(id=33, type="giftcertificate")]}
        ]
    }
    tracked = {
        one.external_id: one.tracked for one in translator.read_order(order).lines
    }
    assert tracked == {"31": True, "32": False, "33": False}


def test_discounts_are_taken_off_and_named() -> None:
    discount = {"id": "coupon", "amount": "2.5000", "name": "Spring", "code": "SPRING"}
    (line,) = read(make_line(applied_discounts=[discount])).lines
    assert line.total == Money.of("17.50", "EUR")
    assert [each.title for each in line.discounts] == ["SPRING"]


def test_an_order_with_links_instead_of_its_lines_is_refused() -> None:
    link = {"url": "https://api.example/x", "resource": "/orders/110/consignments"}
    with pytest.raises(MappingError, match="a link to the lines") as refusal:
        read(consignments=link)
    assert refusal.value.path == "consignments"


def test_a_currency_that_does_not_exist_is_refused() -> None:
    with pytest.raises(MappingError, match="ISO 4217") as refusal:
        read(default_currency_code="ZZZ")
    assert refusal.value.path == "currency"


@pytest.mark.parametrize("date", ["soon", "Wed, 10 Jan 99999 21:05:30 +0000", "", None])
def test_an_order_without_a_date_that_can_be_read_is_refused(date: str | None) -> None:
    with pytest.raises(MappingError) as refusal:
        read(date_modified=date)
    assert refusal.value.path == "date_modified"


def test_a_shipment_that_does_not_tell_its_date_has_left_all_the_same() -> None:
    shipment = {
        "id": 5,
        "date_created": "",
        "items": [{"order_product_id": 31, "quantity": 2}],
    }
    (left,) = read(make_line(quantity_shipped=2), _shipments=[shipment]).fulfillments
    assert left.shipped_at is None
    assert [part.quantity for part in left.lines] == [2]


def test_two_lines_with_one_id_are_refused_and_not_added_up() -> None:
    with pytest.raises(MappingError, match="two lines") as refusal:
        read(make_line(), make_line())
    assert refusal.value.path == "record"


@pytest.mark.parametrize(
    ("carrier", "fields"),
    [
        ("UPS", {"shipping_provider": "ups"}),
        ("Royal Mail", {"shipping_provider": "royalmail"}),
        ("deutsche_post", {"tracking_carrier": "deutsch-post"}),
        ("Own van", {"shipping_method": "Own van"}),
        ("", {}),
    ],
)
def test_a_carrier_is_named_in_the_field_that_knows_it(
    carrier: str, fields: dict[str, str]
) -> None:
    assert name_carrier(carrier) == fields


def test_the_vendors_own_order_is_read_field_by_field(specs: Path) -> None:
    text = (specs / "bigcommerce/orders.v2.oas2.yml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    answer = document["paths"]["/orders"]["get"]["responses"]["200"]
    name = answer["$ref"].rpartition("/")[2]
    (media,) = document["components"]["responses"][name]["content"].values()
    (sample,) = media["examples"]["response"]["value"]
    order = translator.read_order({**sample, "consignments": {"shipping": []}})
    assert order.external_id == "100"
    assert order.placed_at == datetime(2018, 1, 10, 21, 5, 30, tzinfo=UTC)
    assert order.updated_at == datetime(2018, 12, 5, 20, 16, 55, tzinfo=UTC)
    assert order.payment is PaymentState.AUTHORIZED
    assert order.total == Money.of("361.95", "USD")
    assert order.customer is not None
    assert (order.customer.name, order.customer.external_id) == ("Jane Doe", "20")
    assert order.billing_address is not None
    assert order.billing_address.postcode == "78751"


def make_product(**changes: Any) -> Json:
    variant = {"id": 501, "sku": "", "inventory_level": 4, "option_values": []}
    return {
        "id": 77,
        "name": "Mug",
        "type": "physical",
        "sku": "MUG",
        "upc": "4006381333931",
        "inventory_level": 9,
        "inventory_tracking": "product",
        "is_visible": True,
        "availability": "available",
        "variants": [variant],
        **changes,
    }


def test_stock_is_written_where_it_is_tracked() -> None:
    (by_product,) = translator.read_listings(make_product())
    assert (by_product.external_id, by_product.stock_external_id) == ("77/501", "77")
    assert (by_product.sku, by_product.quantity) == ("MUG", 9)
    assert by_product.barcode == "4006381333931"
    (by_variant,) = translator.read_listings(make_product(inventory_tracking="variant"))
    assert (by_variant.stock_external_id, by_variant.quantity) == ("77/501", 4)
    (nowhere,) = translator.read_listings(make_product(inventory_tracking="none"))
    assert (nowhere.tracked, nowhere.quantity) == (False, None)


def test_a_variant_without_its_own_sku_has_none_beside_others() -> None:
    variants = [
        {"id": 501, "sku": "", "option_values": [{"label": "Small"}]},
        {"id": 502, "sku": "MUG-L", "option_values": [{"label": "Large"}]},
    ]
    small, large = translator.read_listings(make_product(variants=variants))
    assert (small.sku, small.barcode, small.title) == ("", "", "Mug: Small")
    assert (large.sku, large.title) == ("MUG-L", "Mug: Large")


@pytest.mark.parametrize(
    "change", [{"is_visible": False}, {"availability": "disabled"}]
)
def test_what_shoppers_cannot_buy_is_inactive(change: Json) -> None:
    (listing,) = translator.read_listings(make_product(**change))
    assert listing.state == "inactive"
