"""Orders of a described API are read where its description says that things are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfillmentState, Order, PaymentState
from crossdock.mapping.http_orders import (
    HttpTranslator,
    ListingFields,
    OrderFields,
    read_time,
)
from crossdock.mapping.http_paths import look_up, parse_path

DOCUMENT = {"a": {"b": [{"c": 1}, {"c": 2}]}, "d": "x", "e-f": 0}
FIELDS: dict[str, Any] = {
    "placed_at": "times.placed",
    "updated_at": "times.changed",
    "currency": "money.currency",
    "total": "money.total",
    "shipping": "money.shipping",
    "status": "status",
    "payment": "paid",
    "fulfillment": "sent",
    "customer_name": "buyer.name",
    "lines": {
        "at": "lines",
        "sku": "sku",
        "unit_price": "price",
        "total": "sum",
        "tax": "tax",
    },
    "address": {"city": "ship.city"},
    "words": {
        "payment": {"yes": "paid"},
        "fulfillment": {"gone": "fulfilled"},
        "cancelled": ["dropped"],
    },
}
ORDER: dict[str, Any] = {
    "id": 7,
    "times": {"placed": 1_767_323_045, "changed": "2026-01-02T03:04:05+00:00"},
    "money": {"currency": "EUR", "total": "25.50", "shipping": 4.5},
    "status": "open",
    "paid": "yes",
    "sent": "gone",
    "buyer": {"name": "Ada"},
    "ship": {"city": "Port Town"},
    "lines": [
        {
            "id": 1,
            "sku": "LAMP",
            "quantity": "2",
            "price": "10.00",
            "sum": "21.00",
            "tax": "3.00",
        }
    ],
}


def read(order: dict[str, Any], **changes: Any) -> Order:
    fields = OrderFields.model_validate({**FIELDS, **changes})
    return HttpTranslator(fields, ListingFields()).read_order(order)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", DOCUMENT),
        ("a.b[1].c", 2),
        ("a.b[*].c", [1, 2]),
        ("a.b[7].c", None),
        ("d.c", None),
        ("d[0]", None),
        ("d[*]", []),
        ("e-f", 0),
        ("nowhere.at.all", None),
    ],
)
def test_a_path_finds_what_is_there_or_nothing(path: str, found: Any) -> None:
    assert look_up(DOCUMENT, path) == found


@pytest.mark.parametrize(
    "path", ["a..b", "a.", ".a", "a[x]", "a b", "__import__('os')", "a[0]b", "a." * 30]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        parse_path(path)


def test_an_order_is_read_by_its_description() -> None:
    order = read(ORDER)
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (order.external_id, order.placed_at, order.updated_at) == (
        "7",
        moment,
        moment,
    )
    assert order.payment is PaymentState.PAID
    assert order.fulfillment is FulfillmentState.FULFILLED
    line = order.lines[0]
    assert (line.quantity, line.quantity_taken) == (2, 2)
    assert line.total == Money.of("21.00", "EUR")
    assert order.shipping[0].total == Money.of("4.50", "EUR")
    assert (order.total, order.residue.minor) == (Money.of("25.50", "EUR"), 0)
    assert order.customer is not None
    assert order.shipping_address is not None
    assert order.shipping_address.city == "Port Town"


def test_a_sparse_description_is_enough() -> None:
    sparse = {
        "placed_at": "times.placed",
        "updated_at": "times.placed",
        "lines": {"at": "lines", "unit_price": "price"},
        "takes_stock": False,
    }
    order = HttpTranslator(OrderFields.model_validate(sparse), ListingFields())
    read_one = order.read_order(ORDER)
    assert read_one.total == Money.of("20.00", "EUR")
    assert read_one.lines[0].quantity_taken == 0
    assert (read_one.customer, read_one.shipping_address) == (None, None)


def test_tax_on_top_belongs_to_a_total_that_is_not_told() -> None:
    order = read(ORDER, total="", prices_include_tax=False)
    assert order.total == Money.of("28.50", "EUR")


def test_minor_units_are_those_of_the_currency() -> None:
    lines = [{"id": 1, "sku": "A", "quantity": 1, "price": 1500}]
    yen = {**ORDER, "money": {"currency": "JPY"}, "lines": lines}
    order = read(yen, amounts="minor", lines={"at": "lines", "unit_price": "price"})
    assert order.lines[0].unit_price == Money(1500, "JPY")


def test_a_cancelled_order_wants_nothing() -> None:
    order = read({**ORDER, "status": "dropped"})
    assert order.cancelled_at == order.updated_at
    assert order.lines[0].quantity_current == 0


def test_an_unknown_word_is_told_and_stops_nothing() -> None:
    order = read({**ORDER, "paid": "perhaps"})
    assert order.payment is PaymentState.UNKNOWN
    assert order.unknown_values == ("paid=perhaps",)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": None}, "external_id"),
        ({"times": {}}, "times.changed"),
        ({"lines": None}, "lines"),
        ({"lines": [{"quantity": 1}]}, "lines[0]"),
        ({"lines": [{"quantity": "x", "price": "1"}]}, "lines[0]"),
        ({"money": {"currency": "XX"}}, "price"),
        ({"money": {"currency": "XX"}, "lines": []}, "money.shipping"),
        ({"lines": [{"quantity": -1, "price": "1"}]}, "quantity"),
    ],
)
def test_what_is_missing_is_named_by_its_place(
    changes: dict[str, Any], path: str
) -> None:
    with pytest.raises(MappingError) as caught:
        read({**ORDER, **changes})
    assert caught.value.path == path


@pytest.mark.parametrize("value", ["soon", None, {}, 10**30])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(MappingError, match="no time"):
        read_time(value, "changed")


def test_times_are_read_as_text_seconds_or_milliseconds() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    for value in (
        "2026-01-02T03:04:05",
        "1767323045",
        1_767_323_045,
        1_767_323_045_000,
    ):
        assert read_time(value, "changed") == moment


def test_a_product_is_one_listing_or_one_for_each_variant() -> None:
    fields = OrderFields.model_validate(FIELDS)
    plain = HttpTranslator(fields, ListingFields(quantity="stock"))
    (one,) = plain.read_listings({"id": 1, "sku": "LAMP", "stock": 3})
    assert (one.external_id, one.stock_external_id, one.quantity) == ("1", "1", 3)
    each = HttpTranslator(fields, ListingFields(each="variants", stock_id="item"))
    two = each.read_listings({"variants": [{"id": 1, "item": 9}, {"id": 2}]})
    assert [one.stock_external_id for one in two] == ["9", "2"]
    with pytest.raises(MappingError, match="no id"):
        plain.read_listings({"sku": "LAMP"})
