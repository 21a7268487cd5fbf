"""Etsy receipts and listings, translated."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.listings import ListingState
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfillmentState, PaymentState
from crossdock.mapping.etsy import translator

NOON = 1_767_268_800


def money(cents: int, currency: str = "USD", divisor: int = 100) -> dict[str, Any]:
    return {"amount": cents, "divisor": divisor, "currency_code": currency}


def describe_line(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "transaction_id": number,
        "title": "Walnut bowl",
        "quantity": 2,
        "listing_id": 500,
        "product_id": 600,
        "sku": "BOWL",
        "price": money(1000),
        "product_data": [
            {"property_id": 513, "value_ids": [77], "values": ["Large"]},
            {"property_id": 200, "value_ids": [5], "values": ["Dark"]},
        ],
        "paid_timestamp": NOON,
        "expected_ship_date": NOON + 86_400,
        **changes,
    }


def describe_receipt(**changes: Any) -> dict[str, Any]:
    return {
        "receipt_id": 9,
        "status": "paid",
        "is_paid": True,
        "is_shipped": False,
        "created_timestamp": NOON,
        "updated_timestamp": NOON + 5,
        "name": "Ada Lovelace",
        "first_line": "1 Quay Street",
        "city": "Portsmouth",
        "country_iso": "US",
        "payment_method": "cc",
        "grandtotal": money(2500),
        "total_shipping_cost": money(500),
        "total_tax_cost": money(0),
        "transactions": [describe_line()],
        **changes,
    }


def refund(cents: int, at: int = NOON + 60, status: str = "success") -> dict[str, Any]:
    return {"amount": money(cents), "created_timestamp": at, "status": status}


def test_a_receipt_becomes_an_order_field_by_field() -> None:
    order = translator.read_order(describe_receipt())
    assert (order.external_id, order.payment) == ("9", PaymentState.PAID)
    assert order.fulfillment is FulfillmentState.UNFULFILLED
    assert order.placed_at == datetime.fromtimestamp(NOON, UTC)
    assert order.updated_at == datetime.fromtimestamp(NOON + 5, UTC)
    assert order.ship_by == datetime.fromtimestamp(NOON + 86_400, UTC)
    assert order.total == Money(2500, "USD")
    assert order.residue == Money(0, "USD")
    (line,) = order.lines
    assert (line.external_id, line.sku, line.quantity) == ("1", "BOWL", 2)
    assert line.listing_external_id == "500:200.5:513.77"
    assert (line.unit_price, line.total) == (Money(1000, "USD"), Money(2000, "USD"))
    assert line.quantity_taken == 2
    (payment,) = order.payments
    assert (payment.method, payment.amount) == ("card", Money(2500, "USD"))
    assert order.unknown_values == ()


def test_the_line_and_its_listing_have_the_same_name() -> None:
    listing = {
        "listing_id": 500,
        "title": "Bowl",
        "state": "active",
        "inventory": {
            "products": [
                {
                    "sku": "BOWL",
                    "product_id": 601,
                    "offerings": [{"quantity": 4, "is_enabled": True}],
                    "property_values": [
                        {"property_id": 200, "value_ids": [5], "values": ["Dark"]},
                        {"property_id": 513, "value_ids": [77], "values": ["Large"]},
                    ],
                },
                {"sku": "OLD", "is_deleted": True},
            ],
            "quantity_on_property": [513],
        },
    }
    (found,) = translator.read_listings(listing)
    order = translator.read_order(describe_receipt())
    assert found.external_id == order.lines[0].listing_external_id
    assert found.stock_external_id == "500:513.77"
    assert found.title == "Bowl - Dark - Large"
    assert (found.quantity, found.state) == (4, ListingState.ACTIVE)


def test_discount_and_tax_are_shared_out_to_the_cent() -> None:
    lines = [describe_line(number, quantity=1) for number in (1, 2, 3)]
    order = translator.read_order(
        describe_receipt(
            transactions=lines,
            discount_amt=money(100),
            total_tax_cost=money(50),
            grandtotal=money(3000 - 100 + 50 + 500),
        )
    )
    assert [line.total.minor for line in order.lines] == [966, 967, 967]
    assert [line.tax.minor for line in order.lines] == [17, 17, 16]
    assert order.residue == Money(0, "USD")


@pytest.mark.parametrize(("total", "tax"), [(2500, 0), (2900, 400)])
def test_vat_counts_on_top_only_where_the_total_says_so(total: int, tax: int) -> None:
    order = translator.read_order(
        describe_receipt(total_vat_cost=money(400), grandtotal=money(total))
    )
    assert order.lines[0].tax == Money(tax, "USD")
    assert order.residue == Money(0, "USD")


def test_gift_wrap_is_a_fee() -> None:
    order = translator.read_order(
        describe_receipt(gift_wrap_price=money(300), grandtotal=money(2800))
    )
    assert [fee.total for fee in order.fees] == [Money(300, "USD")]
    assert order.residue == Money(0, "USD")


@pytest.mark.parametrize(
    ("status", "payment", "held", "cancelled"),
    [
        ("open", PaymentState.PAID, False, False),
        ("completed", PaymentState.PAID, False, False),
        ("payment processing", PaymentState.PENDING, True, False),
        ("canceled", PaymentState.PAID, False, True),
        ("fully refunded", PaymentState.REFUNDED, True, False),
        ("partially refunded", PaymentState.PARTIALLY_REFUNDED, False, False),
    ],
)
def test_each_status_has_its_meaning(
    status: str, payment: PaymentState, held: bool, cancelled: bool
) -> None:
    order = translator.read_order(describe_receipt(status=status))
    assert (order.payment, order.held, order.cancelled) == (payment, held, cancelled)


@pytest.mark.parametrize(
    ("status", "payment"),
    [("open", PaymentState.PENDING), ("canceled", PaymentState.VOIDED)],
)
def test_what_nobody_paid_for_is_awaited_or_never_comes(
    status: str, payment: PaymentState
) -> None:
    order = translator.read_order(describe_receipt(status=status, is_paid=False))
    assert order.payment is payment
    assert order.payments == ()


def test_a_status_never_seen_is_unknown_held_and_told() -> None:
    order = translator.read_order(describe_receipt(status="on the moon"))
    assert order.payment is PaymentState.UNKNOWN
    assert order.held
    assert order.unknown_values == ("status=on the moon",)


def test_other_words_never_seen_are_told_too() -> None:
    order = translator.read_order(
        describe_receipt(
            payment_method="shells", refunds=[refund(100, status="perhaps")]
        )
    )
    assert order.unknown_values == ("payment_method=shells", "refunds.status=perhaps")
    assert order.refunds[0].amount == Money(100, "USD")


def test_refunds_are_known_by_their_moment_and_a_failed_one_is_none() -> None:
    order = translator.read_order(
        describe_receipt(
            refunds=[refund(100), refund(200), refund(300, status="failed")]
        )
    )
    moment = NOON + 60
    assert [one.external_id for one in order.refunds] == [
        f"9-{moment}-1",
        f"9-{moment}-2",
    ]
    assert order.payment is PaymentState.PARTIALLY_REFUNDED
    assert order.updated_at == datetime.fromtimestamp(moment, UTC)


def test_refunds_that_make_up_the_total_make_it_refunded() -> None:
    order = translator.read_order(
        describe_receipt(refunds=[refund(2000), refund(500, NOON + 90)])
    )
    assert order.payment is PaymentState.REFUNDED


def test_the_first_shipment_takes_all_lines_along() -> None:
    shipment = {
        "receipt_shipping_id": None,
        "shipment_notification_timestamp": NOON + 30,
        "carrier_name": "usps",
        "tracking_code": "94001",
    }
    second = {**shipment, "receipt_shipping_id": 71, "tracking_code": "94002"}
    order = translator.read_order(
        describe_receipt(is_shipped=True, shipments=[shipment, second])
    )
    assert order.fulfillment is FulfillmentState.FULFILLED
    assert [part.external_id for part in order.fulfillments] == ["9-94001", "71"]
    assert [len(part.lines) for part in order.fulfillments] == [1, 0]


def test_a_digital_line_moves_no_stock() -> None:
    order = translator.read_order(
        describe_receipt(transactions=[describe_line(is_digital=True)])
    )
    assert not order.lines[0].tracked
    assert order.lines[0].quantity_taken == 0


def test_a_withheld_address_is_no_address() -> None:
    order = translator.read_order(
        describe_receipt(first_line=None, city=None, country_iso=None)
    )
    assert order.shipping_address is None


def test_yen_with_a_divisor_of_one_hundred_are_yen() -> None:
    yen = money(150_000, "JPY")
    order = translator.read_order(
        describe_receipt(
            transactions=[describe_line(price=yen, quantity=1)],
            grandtotal=yen,
            total_shipping_cost=money(0, "JPY"),
            total_tax_cost=None,
        )
    )
    assert order.total == Money(1500, "JPY")


def test_either_name_of_a_moment_will_do_and_none_is_an_error() -> None:
    receipt = describe_receipt(update_timestamp=NOON, updated_timestamp=None)
    assert translator.read_order(receipt).updated_at.timestamp() == NOON
    with pytest.raises(MappingError) as caught:
        translator.read_order(describe_receipt(created_timestamp=None))
    assert caught.value.path == "created_timestamp"


@pytest.mark.parametrize("seconds", [True, -1, "1767268800", 10**15])
def test_a_moment_that_is_none_is_an_error(seconds: Any) -> None:
    with pytest.raises(MappingError):
        translator.read_order(describe_receipt(updated_timestamp=seconds))


def test_a_currency_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(MappingError, match="ISO 4217") as caught:
        translator.read_order(describe_receipt(grandtotal=money(2500, "ZZZ")))
    assert caught.value.path == "grandtotal.currency_code"


def test_two_lines_with_one_id_are_an_error_and_not_added_up() -> None:
    with pytest.raises(MappingError, match="two lines"):
        translator.read_order(
            describe_receipt(transactions=[describe_line(1), describe_line(1)])
        )
