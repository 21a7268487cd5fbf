"""Rows of CSV files become orders; a bad one spoils its own order alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfillmentState, Order, PaymentState
from crossdock.mapping.files import translator
from crossdock.mapping.files_reading import OrdersFile, Reading, read_orders

DROPPED = datetime(2026, 3, 4, 10, tzinfo=UTC)
GERMAN = """\
Bestellnummer;Bestelldatum;Status;W\u00e4hrung;Position;Artikelnummer;Bezeichnung;Menge;\
Einzelpreis;MwSt;Versandkosten;Gesamtsumme;Kundenname;E-Mail;Telefon;Firma;Stra\u00dfe;\
PLZ;Ort;Land;Bemerkung
B-1;03.04.2026 09:30;bezahlt;EUR;1;UHR;Uhr;2;1.024,90;327,28;4,90;2.066,70;Zo\u00eb;\
z@x.example;0301;Zo\u00eb KG;Weg 1;10115;Berlin;Deutschland;Bitte l\u00e4uten
B-1;03.04.2026 09:30;bezahlt;EUR;2;LAMPE;Lampe;1;12,00;1,92;;;;;;;;;;;
B-2;;storniert;EUR;1;LAMPE;Lampe;1;12,00;1,92;;;;;;;;;;Atlantis;
"""


def read(text: str, **how: Any) -> OrdersFile:
    return read_orders(text.encode(), "orders.csv", DROPPED, Reading(**how))


def orders_of(text: str, **how: Any) -> list[Order]:
    return [translator.read_order(one) for one in read(text, **how).payloads]


def test_a_german_export_is_read_field_by_field() -> None:
    one, two = orders_of(GERMAN, time_zone="Europe/Berlin")
    assert (one.external_id, one.placed_at, one.updated_at) == (
        "B-1",
        datetime(2026, 4, 3, 7, 30, tzinfo=UTC),
        DROPPED,
    )
    clock, lamp = one.lines
    assert (clock.external_id, clock.sku, clock.title) == ("1", "UHR", "Uhr")
    assert (clock.quantity, clock.quantity_taken) == (2, 2)
    assert clock.unit_price == Money.of("1024.90", "EUR")
    assert clock.tax == Money.of("327.28", "EUR")
    assert lamp.total == Money.of("12", "EUR")
    assert one.shipping[0].total == Money.of("4.90", "EUR")
    assert (one.total, one.residue) == (
        Money.of("2066.70", "EUR"),
        Money.zero("EUR"),
    )
    assert one.payment is PaymentState.PAID
    assert one.customer is not None
    assert (one.customer.name, one.customer.email) == ("Zo\u00eb", "z@x.example")
    assert one.shipping_address is not None
    assert (one.shipping_address.company, one.shipping_address.country) == (
        "Zo\u00eb KG",
        "DE",
    )
    assert (one.note, one.unknown_values) == ("Bitte l\u00e4uten", ())
    assert two.cancelled
    assert [(line.quantity_current, line.quantity_taken) for line in two.lines] == [
        (0, 0)
    ]
    assert two.placed_at == DROPPED
    assert two.unknown_values == ("rows.country=Atlantis",)


def test_order_sku_and_quantity_are_enough() -> None:
    (order,) = orders_of("order,sku,qty\n1,LAMP,2\n")
    assert (order.total, order.customer, order.shipping_address) == (
        Money.zero("EUR"),
        None,
        None,
    )
    assert order.fulfillment is FulfillmentState.UNFULFILLED


def test_two_rows_of_one_sku_are_two_lines_whose_ids_stay() -> None:
    (order,) = orders_of("order,sku,qty\n1,LAMP,2\n1,UHR,1\n1,LAMP,1\n")
    assert [line.external_id for line in order.lines] == ["LAMP", "UHR", "LAMP#2"]


def test_a_listing_does_where_there_is_no_sku() -> None:
    (order,) = orders_of("order,listing,qty\n1,77,2\n")
    line = order.lines[0]
    assert (line.sku, line.listing_external_id, line.external_id) == ("", "77", "77")


def test_a_line_total_without_a_price_tells_the_price() -> None:
    (order,) = orders_of("order,sku,qty,line total\n1,LAMP,3,10.00\n1,UHR,0,0.00\n")
    assert order.lines[0].unit_price == Money.of("3.33", "EUR")
    assert order.total == Money.of("10.00", "EUR")


def test_tax_on_top_is_added_where_prices_are_without() -> None:
    (order,) = orders_of(
        "order,sku,qty,price,tax\n1,LAMP,1,10.00,1.90\n", prices_include_tax=False
    )
    assert order.total == Money.of("11.90", "EUR")


def test_a_side_that_does_not_count_takes_no_stock() -> None:
    (order,) = orders_of("order,sku,qty\n1,LAMP,2\n", takes_stock=False)
    assert order.lines[0].quantity_taken == 0


def test_an_unknown_status_is_told_and_stops_nothing() -> None:
    (order,) = orders_of("order,sku,qty,status\n1,LAMP,2,pondered\n")
    assert order.payment is PaymentState.UNKNOWN
    assert order.unknown_values == ("rows.status=pondered",)


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("1,LAMP,x,1.50,,EUR", "line 2, quantity"),
        ("1,LAMP,-1,1.50,,EUR", "line 2, quantity"),
        ("1,,1,1.50,,EUR", "line 2, sku"),
        (",LAMP,1,1.50,,EUR", "line 2"),
        ("1,LAMP,1,1.505,,EUR", "line 2, unit_price"),
        ("1,LAMP,1,cheap,,EUR", "line 2, unit_price"),
        ("1,LAMP,1,1.50,soon,EUR", "line 2, placed_at"),
        ("1,LAMP,1,1.50,,XXZ", "line 2, unit_price"),
        ("1,LAMP,1,1.50,,EUR,7", "line 2"),
    ],
)
def test_a_bad_row_names_its_line_and_file_and_leaves_the_others(
    row: str, place: str
) -> None:
    found = read(
        f"order,sku,qty,price,date,currency\n{row}\n9,LAMP,1,2.50,2026-01-01,EUR\n"
    )
    bad, good = found.payloads
    with pytest.raises(MappingError, match=r"\(in orders\.csv\)$") as caught:
        translator.read_order(bad)
    assert caught.value.path == place
    assert translator.read_order(good).external_id == "9"


def test_rows_of_one_order_have_to_agree() -> None:
    (payload,) = read("order,sku,qty,currency\n1,LAMP,1,EUR\n1,UHR,1,USD\n").payloads
    with pytest.raises(MappingError, match="differ in currency") as caught:
        translator.read_order(payload)
    assert caught.value.path == "line 3, currency"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("colour,size\nred,7\n", "header"),
        ("", "header"),
        ("order,sku,qty,price\n1,LAMP,1,1.234\n", "numbers"),
        ("order,sku,qty,date\n1,LAMP,1,03/04/2026\n", "dates"),
        ("PK\x03\x04", "file"),
    ],
)
def test_a_file_that_is_not_understood_is_one_record_that_says_why(
    text: str, place: str
) -> None:
    found = read(text)
    (payload,) = found.payloads
    assert payload["order"] == "file:orders.csv"
    assert found.refusal is not None
    with pytest.raises(MappingError) as caught:
        translator.read_order(payload)
    assert caught.value.path == place
    assert caught.value.next_step


def test_a_doubt_is_settled_by_a_setting() -> None:
    text = "order,sku,qty,price,date\n1,LAMP,1,1.234,03/04/2026\n"
    (order,) = orders_of(text, decimal_mark="comma", dates="dmy")
    assert order.total == Money.of("1234", "EUR")
    assert order.placed_at == datetime(2026, 4, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"order": None}, "order"),
        ({"format": None}, "rows"),
        ({"rows": []}, "rows"),
        ({"order": ""}, "rows"),
    ],
)
def test_a_spoilt_record_is_refused_with_its_place(
    changes: dict[str, Any], place: str
) -> None:
    (payload,) = read("order,sku,qty\n1,LAMP,2\n").payloads
    with pytest.raises(MappingError) as caught:
        translator.read_order({**payload, **changes})
    assert caught.value.path == place


def test_the_guard_of_a_spreadsheet_is_taken_off() -> None:
    (order,) = orders_of("order,sku,qty\n1,'=LAMP,2\n")
    assert order.lines[0].sku == "=LAMP"


def test_a_product_is_a_listing_of_its_id_or_sku() -> None:
    (one,) = translator.read_listings({"id": "7", "sku": "LAMP", "quantity": 3})
    assert (one.external_id, one.sku, one.quantity) == ("7", "LAMP", 3)
    (two,) = translator.read_listings({"sku": "LAMP"})
    assert (two.stock_external_id, two.quantity) == ("LAMP", None)
    with pytest.raises(MappingError, match="neither id nor SKU"):
        translator.read_listings({"title": "a lamp"})
