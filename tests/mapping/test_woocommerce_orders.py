"""WooCommerce orders become canonical orders: what each field and status means."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import (
    FulfilledLine,
    FulfillmentState,
    PaymentState,
    RefundLine,
    Tax,
)
from crossdock.mapping.woocommerce import translator

Json = dict[str, Any]


def make_line(line_id: int = 11, **changes: Any) -> Json:
    """One lamp at 20.00 plus 20 % tax, twice."""
    return {
        "id": line_id,
        "name": "Lamp &amp; shade",
        "product_id": 501,
        "variation_id": 0,
        "quantity": 2,
        "subtotal": "40.00",
        "subtotal_tax": "8.00",
        "total": "40.00",
        "total_tax": "8.00",
        "taxes": [{"id": 3, "total": "8.00", "subtotal": "8.00"}],
        "meta_data": [],
        "sku": "LAMP-BLUE",
        "price": 20,
        **changes,
    }


def make_order(**changes: Any) -> Json:
    """A paid order of two lamps with shipping, as the shop shows it."""
    order: Json = {
        "id": 9001,
        "number": "A-9001",
        "status": "processing",
        "currency": "EUR",
        "prices_include_tax": True,
        "date_created_gmt": "2026-03-01T10:00:00",
        "date_modified_gmt": "2026-03-01T10:05:00",
        "date_created": "2026-03-01T19:00:00",
        "date_paid_gmt": "2026-03-01T10:01:00",
        "date_completed_gmt": None,
        "total": "53.00",
        "total_tax": "8.00",
        "customer_id": 7,
        "customer_note": "Ring twice",
        "payment_method": "stripe",
        "transaction_id": "tx_1",
        "billing": {
            "first_name": "Ana",
            "last_name": "Ruiz",
            "address_1": "Calle 1",
            "city": "Cádiz",
            "postcode": "11001",
            "country": "ES",
            "email": "ana@shop.example",
            "phone": "600",
        },
        "shipping": {"first_name": "", "last_name": "", "address_1": "", "phone": None},
        "line_items": [make_line()],
        "tax_lines": [{"rate_id": 3, "label": "IVA", "rate_percent": 20}],
        "shipping_lines": [
            {"method_title": "Post &ndash; slow", "total": "5.00", "total_tax": "0.00"}
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "meta_data": [],
        "a_field_of_some_plugin": {"deep": [1, 2]},
    }
    return {**order, **changes}


def eur(amount: str) -> Money:
    """Return an amount in euros."""
    return Money.of(amount, "EUR")


def test_a_paid_order_is_read_as_the_shop_shows_it() -> None:
    order = translator.read_order(make_order())
    assert (order.external_id, order.number) == ("9001", "A-9001")
    assert order.placed_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert order.updated_at == datetime(2026, 3, 1, 10, 5, tzinfo=UTC)
    assert order.payment is PaymentState.PAID
    assert order.fulfillment is FulfillmentState.UNFULFILLED
    assert not order.cancelled
    assert order.total == eur("53.00")
    assert order.residue == eur("0.00")
    assert order.note == "Ring twice"
    assert order.payments[0].external_id == "tx_1"
    assert order.payments[0].paid_at == datetime(2026, 3, 1, 10, 1, tzinfo=UTC)
    assert order.shipping[0].title == "Post – slow"  # noqa: RUF001 - the shop's dash
    assert order.unknown_values == ()
    line = order.lines[0]
    assert line.title == "Lamp & shade"
    assert line.listing_external_id == "501"
    assert (line.quantity, line.quantity_current, line.quantity_taken) == (2, 2, 2)
    assert line.unit_price == eur("20.00")
    assert line.taxes == (Tax(title="IVA", amount=eur("8.00"), rate_percent="20"),)


def test_the_addresses_and_the_customer_are_read_and_an_empty_address_is_none() -> None:
    order = translator.read_order(make_order())
    assert order.billing_address is not None
    assert order.billing_address.name == "Ana Ruiz"
    assert order.billing_address.city == "Cádiz"
    assert order.shipping_address is None
    assert order.customer is not None
    assert (order.customer.external_id, order.customer.email) == (
        "7",
        "ana@shop.example",
    )


def test_an_order_without_addresses_has_no_customer() -> None:
    order = translator.read_order(make_order(billing=None, shipping=None))
    assert order.customer is None
    assert order.billing_address is None


def test_a_guest_has_no_customer_id() -> None:
    order = translator.read_order(make_order(customer_id=0))
    assert order.customer is not None
    assert order.customer.external_id == ""


def test_line_totals_carry_no_tax_even_where_the_shop_shows_prices_with_tax() -> None:
    order = translator.read_order(make_order(prices_include_tax=True))
    assert not order.prices_include_tax
    assert order.lines[0].total == eur("40.00")
    assert order.lines[0].tax == eur("8.00")


def test_a_payment_without_a_transaction_is_known_by_its_order() -> None:
    order = translator.read_order(make_order(transaction_id=""))
    assert order.payments[0].external_id == "order-9001"


@pytest.mark.parametrize(
    ("status", "paid", "payment", "fulfillment"),
    [
        ("pending", False, PaymentState.PENDING, FulfillmentState.UNFULFILLED),
        ("on-hold", False, PaymentState.PENDING, FulfillmentState.ON_HOLD),
        ("on-hold", True, PaymentState.PAID, FulfillmentState.ON_HOLD),
        ("processing", True, PaymentState.PAID, FulfillmentState.UNFULFILLED),
        ("processing", False, PaymentState.AUTHORIZED, FulfillmentState.UNFULFILLED),
        ("completed", False, PaymentState.PAID, FulfillmentState.FULFILLED),
        ("cancelled", False, PaymentState.VOIDED, FulfillmentState.UNFULFILLED),
        ("cancelled", True, PaymentState.PAID, FulfillmentState.UNFULFILLED),
        ("refunded", True, PaymentState.REFUNDED, FulfillmentState.UNFULFILLED),
        ("failed", False, PaymentState.VOIDED, FulfillmentState.UNFULFILLED),
        ("trash", False, PaymentState.VOIDED, FulfillmentState.UNFULFILLED),
        ("checkout-draft", False, PaymentState.PENDING, FulfillmentState.UNFULFILLED),
        ("shipped-by-plugin", True, PaymentState.PAID, FulfillmentState.UNKNOWN),
        ("shipped-by-plugin", False, PaymentState.UNKNOWN, FulfillmentState.UNKNOWN),
    ],
)
def test_a_status_is_split_into_payment_and_fulfillment(
    status: str, paid: bool, payment: PaymentState, fulfillment: FulfillmentState
) -> None:
    date_paid = "2026-03-01T10:01:00" if paid else None
    order = translator.read_order(make_order(status=status, date_paid_gmt=date_paid))
    assert (order.payment, order.fulfillment) == (payment, fulfillment)


def test_b20_a_status_never_seen_is_reported_and_the_order_is_taken_in() -> None:
    order = translator.read_order(make_order(status="wc-parked"))
    assert order.unknown_values == ("status=wc-parked",)
    assert order.lines[0].quantity_current == 2


@pytest.mark.parametrize("status", ["cancelled", "trash"])
def test_a_cancelled_or_trashed_order_is_cancelled_when_it_last_changed(
    status: str,
) -> None:
    order = translator.read_order(make_order(status=status))
    assert order.cancelled_at == order.updated_at
    assert order.cancel_reason
    assert order.lines[0].quantity_current == 0


@pytest.mark.parametrize("status", ["failed", "checkout-draft", "auto-draft"])
def test_nothing_is_wanted_of_an_order_that_was_never_placed(status: str) -> None:
    order = translator.read_order(make_order(status=status))
    assert not order.cancelled
    assert order.lines[0].quantity_current == 0
    assert order.lines[0].quantity_taken == 0


def test_what_left_before_the_cancellation_stays_wanted() -> None:
    order = translator.read_order(
        make_order(status="cancelled", date_completed_gmt="2026-03-02T08:00:00")
    )
    assert order.fulfillment is FulfillmentState.FULFILLED
    assert order.lines[0].quantity_current == 2


def test_a_reopened_order_is_unfulfilled_though_it_keeps_its_completion_date() -> None:
    order = translator.read_order(
        make_order(status="processing", date_completed_gmt="2026-03-02T08:00:00")
    )
    assert order.fulfillment is FulfillmentState.UNFULFILLED


def test_only_an_order_on_hold_asks_not_to_be_shipped() -> None:
    assert translator.read_order(make_order(status="on-hold")).held
    assert not translator.read_order(make_order()).held


@pytest.mark.parametrize(
    ("status", "meta", "taken"),
    [
        ("processing", [], 2),
        ("pending", [], 0),
        ("cancelled", [], 0),
        ("trash", [], 0),
        # The shop's own figure says more than the status.
        ("processing", [{"key": "_reduced_stock", "value": "1"}], 1),
        ("cancelled", [{"key": "_reduced_stock", "value": 2}], 2),
        ("pending", [{"key": "_reduced_stock", "value": "2"}], 2),
        # All given back by refunds: the figure is gone, the count of restocks stays.
        ("refunded", [{"key": "_restock_refunded_items", "value": "2"}], 0),
        ("processing", [{"key": "_restock_refunded_items", "value": 1}], 1),
        ("processing", [{"key": "_reduced_stock", "value": "plenty"}], 2),
        ("processing", [{"key": "_reduced_stock", "value": "1e999"}], 2),
        ("processing", {"4": {"key": "_reduced_stock", "value": "1"}}, 1),
        ("processing", "not a list", 2),
        ("processing", ["not an object", {"key": "_reduced_stock", "value": 1}], 1),
    ],
)
def test_units_taken_from_the_shops_stock_are_counted_per_line(
    status: str, meta: Any, taken: int
) -> None:
    line = make_line(meta_data=meta)
    order = translator.read_order(make_order(status=status, line_items=[line]))
    assert order.lines[0].quantity_taken == taken


def make_refund(refund_id: int, units: int, line_id: Any = "11") -> Json:
    """The answer of the refunds route for one refund."""
    return {
        "id": refund_id,
        "date_created_gmt": "2026-03-03T09:00:00",
        "amount": "24.00",
        "line_items": [
            {
                "id": refund_id * 10,
                "quantity": -units,
                "meta_data": [{"key": "_refunded_item_id", "value": line_id}],
            }
        ],
    }


def test_a_refund_of_units_that_never_left_reduces_what_is_wanted() -> None:
    order = translator.read_order(
        make_order(
            refunds=[{"id": 70, "reason": "", "total": "-24.00"}],
            _refunds=[make_refund(70, 1)],
            line_items=[
                make_line(meta_data=[{"key": "_restock_refunded_items", "value": 1}])
            ],
        )
    )
    assert order.payment is PaymentState.PARTIALLY_REFUNDED
    refund = order.refunds[0]
    assert refund.amount == eur("24.00")
    assert refund.refunded_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert refund.lines == (
        RefundLine(line_external_id="11", quantity=1, restocked=True),
    )
    assert order.lines[0].quantity_current == 1
    assert order.lines[0].quantity_taken == 1
    assert order.total == eur("53.00")


def test_units_refunded_before_completion_never_left() -> None:
    order = translator.read_order(
        make_order(
            status="completed",
            date_completed_gmt="2026-03-03T09:00:01",
            refunds=[{"id": 70, "total": "-24.00"}, {"id": 71, "total": "-24.00"}],
            _refunds=[
                make_refund(70, 1),
                make_refund(71, 1) | {"date_created_gmt": "2026-03-04T09:00:00"},
            ],
        )
    )
    assert order.lines[0].quantity_current == 1


def test_a_refund_after_completion_leaves_what_was_wanted() -> None:
    order = translator.read_order(
        make_order(
            status="completed",
            refunds=[{"id": 70, "total": "-24.00"}],
            _refunds=[make_refund(70, 1)],
        )
    )
    assert order.lines[0].quantity_current == 2
    assert not order.refunds[0].lines[0].restocked


def test_restocked_units_are_credited_to_the_oldest_refunds_first() -> None:
    meta = [{"key": "_restock_refunded_items", "value": "1"}]
    order = translator.read_order(
        make_order(
            refunds=[{"id": 71, "total": "-24.00"}, {"id": 70, "total": "-24.00"}],
            _refunds=[make_refund(71, 1), make_refund(70, 1)],
            line_items=[make_line(meta_data=meta)],
        )
    )
    restocked = {
        refund.external_id: refund.lines[0].restocked for refund in order.refunds
    }
    assert restocked == {"70": True, "71": False}
    assert order.lines[0].quantity_current == 0


def test_a_refund_without_details_has_an_amount_and_no_lines() -> None:
    order = translator.read_order(make_order(refunds=[{"id": 70, "total": "-24.00"}]))
    assert order.refunds[0].lines == ()
    assert order.refunds[0].refunded_at is None
    assert order.lines[0].quantity_current == 2


def test_a_refund_line_that_names_no_line_or_no_units_is_left_out() -> None:
    details = make_refund(70, 0)
    details["line_items"] += make_refund(70, 1, line_id=None)["line_items"]
    order = translator.read_order(
        make_order(refunds=[{"id": 70, "total": "-5.00"}], _refunds=[details])
    )
    assert order.refunds[0].lines == ()


def test_a_fully_refunded_order_keeps_its_total_and_wants_nothing_more() -> None:
    order = translator.read_order(
        make_order(status="refunded", refunds=[{"id": 70, "total": "-53.00"}])
    )
    assert order.payment is PaymentState.REFUNDED
    assert order.total == eur("53.00")
    assert order.lines[0].quantity_current == 0
    assert order.lines[0].quantity_taken == 2


def test_refunds_that_reach_the_total_refund_the_order_whatever_its_status() -> None:
    order = translator.read_order(make_order(refunds=[{"id": 70, "total": "-53.00"}]))
    assert order.payment is PaymentState.REFUNDED


@pytest.mark.parametrize(
    ("word", "state", "unknown"),
    [
        ("fulfilled", FulfillmentState.FULFILLED, ()),
        ("partially_fulfilled", FulfillmentState.PARTIALLY_FULFILLED, ()),
        ("unfulfilled", FulfillmentState.UNFULFILLED, ()),
        (
            "teleported",
            FulfillmentState.UNKNOWN,
            ("meta_data._fulfillment_status=teleported",),
        ),
    ],
)
def test_native_fulfillments_say_how_much_has_left(
    word: str, state: FulfillmentState, unknown: tuple[str, ...]
) -> None:
    meta = [{"key": "_fulfillment_status", "value": word}]
    order = translator.read_order(make_order(meta_data=meta))
    assert order.fulfillment is state
    assert order.unknown_values == unknown


def test_native_fulfillments_become_parcels_and_drafts_do_not() -> None:
    sent = {
        "id": 31,
        "is_fulfilled": "1",
        "date_deleted": None,
        "meta_data": [
            {
                "key": "_items",
                "value": [
                    {"item_id": 11, "qty": 2},
                    {"item_id": 11, "qty": 0},
                    {"item_id": "lamp", "qty": 1},
                    "nonsense",
                ],
            },
            {"key": "_tracking_number", "value": "JD014"},
            {"key": "_tracking_url", "value": "https://track.example/JD014"},
            {"key": "_shipping_provider", "value": "dhl"},
        ],
    }
    draft = {"id": 32, "is_fulfilled": False, "meta_data": []}
    deleted = {"id": 33, "is_fulfilled": True, "date_deleted": "2026-03-04 10:00:00"}
    order = translator.read_order(make_order(_fulfillments=[sent, draft, deleted]))
    parcel, cancelled = order.fulfillments
    assert parcel.lines == (FulfilledLine(line_external_id="11", quantity=2),)
    assert (parcel.carrier, parcel.tracking_number) == ("dhl", "JD014")
    assert parcel.tracking_url == "https://track.example/JD014"
    assert not parcel.cancelled
    assert cancelled.cancelled
    assert cancelled.lines == ()


def test_a_discount_is_inside_the_line_total_and_named_by_its_coupons() -> None:
    order = translator.read_order(
        make_order(
            line_items=[make_line(total="35.00", total_tax="7.00")],
            coupon_lines=[{"code": "spring"}, {"code": "vip"}],
        )
    )
    line = order.lines[0]
    assert line.total == eur("35.00")
    assert line.unit_price == eur("20.00")
    assert [(each.title, each.amount) for each in line.discounts] == [
        ("spring, vip", eur("5.00"))
    ]


def test_a_line_made_dearer_by_hand_has_no_discount() -> None:
    order = translator.read_order(make_order(line_items=[make_line(total="50.00")]))
    assert order.lines[0].discounts == ()


def test_fees_and_allowances_are_kept_beside_the_lines() -> None:
    fees = [
        {"name": "Wrapping", "total": "2.00", "total_tax": "0.40"},
        {"name": "Store credit", "total": "-1.00", "total_tax": "0.00"},
    ]
    order = translator.read_order(make_order(fee_lines=fees, total="54.40"))
    assert [fee.total for fee in order.fees] == [eur("2.00"), eur("-1.00")]
    assert order.residue == eur("0.00")


def test_c23_a_total_that_differs_from_its_parts_is_kept_with_the_residue() -> None:
    order = translator.read_order(make_order(total="53.01"))
    assert order.total == eur("53.01")
    assert order.residue == eur("0.01")


def test_g04_a_currency_without_decimals_ignores_the_shops_setting_for_them() -> None:
    line = make_line(subtotal="4000.00", total="4000.00", total_tax="400.00", taxes=[])
    order = translator.read_order(
        make_order(
            currency="JPY", line_items=[line], shipping_lines=[], total="4400.00"
        )
    )
    assert order.total == Money(4400, "JPY")
    assert order.residue == Money(0, "JPY")


def test_a_thirds_price_is_rounded_once_for_the_unit_and_not_for_the_line() -> None:
    line = make_line(quantity=3, subtotal="10.00", total="10.00", taxes=[])
    order = translator.read_order(make_order(line_items=[line]))
    assert order.lines[0].unit_price == eur("3.33")
    assert order.lines[0].total == eur("10.00")


def test_texts_that_a_plugin_turned_into_numbers_are_read_as_texts() -> None:
    line = make_line(sku=4711, total=40, subtotal=40.0, taxes=[{"id": 3, "total": 8}])
    order = translator.read_order(make_order(line_items=[line], number=9001, total=53))
    assert (order.number, order.lines[0].sku) == ("9001", "4711")
    assert order.total == eur("53.00")
    assert order.lines[0].total == eur("40.00")


def test_the_largest_amount_that_is_read_can_be_held_in_every_currency() -> None:
    amount = "9" * 14 + "." + "9" * 20
    line = make_line(subtotal=amount, total=amount, taxes=[])
    payload = make_order(currency="CLF", total=amount, line_items=[line])
    assert translator.read_order(payload).total.currency == "CLF"


def test_a_line_of_zero_units_is_kept() -> None:
    line = make_line(quantity=0, subtotal="0.00", total="0.00", total_tax="0", taxes=[])
    order = translator.read_order(make_order(line_items=[line]))
    assert order.lines[0].quantity == 0
    assert order.lines[0].unit_price == eur("0.00")


def test_a_tax_rate_that_adds_nothing_or_is_not_listed_is_tolerated() -> None:
    taxes = [{"id": 3, "total": ""}, {"id": 99, "total": "8.00"}]
    order = translator.read_order(make_order(line_items=[make_line(taxes=taxes)]))
    assert order.lines[0].taxes == (Tax(title="", amount=eur("8.00")),)


def test_a_variation_is_named_by_product_and_variation() -> None:
    line = make_line(product_id=501, variation_id=77)
    order = translator.read_order(make_order(line_items=[line]))
    assert order.lines[0].listing_external_id == "501/77"


def test_c13_a_line_whose_product_is_gone_keeps_its_place_without_a_listing() -> None:
    line = make_line(product_id=0, sku=None)
    order = translator.read_order(make_order(line_items=[line]))
    assert order.lines[0].listing_external_id == ""
    assert order.lines[0].sku == ""


def test_g11_names_in_any_script_pass_unchanged() -> None:
    line = make_line(name="Lámpara 🪔 אור", sku="ΛAMP-é")
    order = translator.read_order(make_order(line_items=[line]))
    assert order.lines[0].title == "Lámpara 🪔 אור"
    assert order.lines[0].sku == "ΛAMP-é"


def test_an_order_never_modified_carries_the_time_it_was_placed() -> None:
    order = translator.read_order(make_order(date_modified_gmt=None))
    assert order.updated_at == order.placed_at


def test_a_time_that_does_name_its_zone_is_believed() -> None:
    order = translator.read_order(
        make_order(date_created_gmt="2026-03-01T11:00:00+01:00")
    )
    assert order.placed_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("damage", "path"),
    [
        ({"total": None}, "total"),
        ({"total": "NaN"}, "total"),
        ({"total": "about 5"}, "total"),
        ({"total": "9" * 30}, "total"),
        ({"total": "\u0665.00"}, "total"),
        ({"total": True}, "total"),
        ({"status": None}, "status"),
        ({"date_created_gmt": None}, "date_created_gmt"),
        ({"currency": "EURO"}, "currency"),
        ({"line_items": {}}, "line_items"),
        ({"line_items": [make_line(quantity=-1)]}, "line_items.0.quantity"),
        ({"line_items": [make_line(quantity=1.5)]}, "line_items.0.quantity"),
        ({"line_items": [make_line(), make_line()]}, "record"),
        ({"refunds": [{"id": 1, "total": "-1"}], "_refunds": {"a": 1}}, "_refunds"),
        (
            {"refunds": [{"id": 1, "total": "-1"}], "_refunds": [{"id": "x"}]},
            "_refunds.0.id",
        ),
        ({"_fulfillments": [{"meta_data": []}]}, "_fulfillments.0.id"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_the_place(
    damage: Json, path: str
) -> None:
    with pytest.raises(MappingError) as caught:
        translator.read_order(make_order(**damage))
    assert caught.value.path == path


def test_a_missing_required_field_is_named() -> None:
    payload = make_order()
    del payload["line_items"][0]["total"]
    with pytest.raises(MappingError) as caught:
        translator.read_order(payload)
    assert caught.value.path == "line_items.0.total"


def test_h11_an_error_does_not_repeat_what_stood_in_the_record() -> None:
    with pytest.raises(MappingError) as caught:
        translator.read_order(make_order(billing="Ana Ruiz, ana@shop.example"))
    assert "ana" not in str(caught.value).lower()
    assert caught.value.__cause__ is None


def test_reading_an_order_leaves_the_stored_payload_as_it_was() -> None:
    payload = make_order(_refunds=[], refunds=[])
    before = copy.deepcopy(payload)
    translator.read_order(payload)
    assert payload == before
