"""Bytes of many programs' exports are understood, or refused with a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.mapping import files_table
from crossdock.mapping.files_table import Table, guard_cell, read_table, unguard_cell
from crossdock.mapping.files_values import (
    DateOrder,
    DecimalMark,
    decide_date_order,
    decide_decimal_mark,
    find_zone,
    read_date,
    read_number,
    read_whole,
)
from crossdock.mapping.files_words import (
    ORDER_COLUMNS,
    look_up_country,
    look_up_status,
)
from hypothesis import given
from hypothesis import strategies as st

POINT, COMMA = DecimalMark.POINT, DecimalMark.COMMA
ROWS = "Order,SKU,Qty\n1,LAMP,2\n"


def read(text: str, encoding: str = "utf-8") -> Table:
    return read_table(text.encode(encoding), ORDER_COLUMNS)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (ROWS.encode(), "utf-8"),
        (ROWS.encode("utf-8-sig"), "utf-8-sig"),
        (ROWS.encode("utf-16"), "utf-16"),
        (ROWS.replace("LAMP", "LÄMP").encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_told_by_the_bytes(body: bytes, encoding: str) -> None:
    table = read_table(body, ORDER_COLUMNS)
    assert table.encoding == encoding
    assert table.columns == {"order": "Order", "sku": "SKU", "quantity": "Qty"}


def test_a_given_encoding_is_used_and_nothing_else() -> None:
    body = "Order,SKU,Qty\n1,L\u00c4MP,2\n".encode()
    table = read_table(body, ORDER_COLUMNS, encoding="cp1252")
    assert table.rows[0].cells["sku"] == "L\u00c3\u201eMP"


@pytest.mark.parametrize("delimiter", files_table.DELIMITERS)
def test_the_delimiter_is_the_one_that_makes_columns(delimiter: str) -> None:
    table = read(ROWS.replace(",", delimiter))
    assert table.delimiter == delimiter
    assert table.rows[0].cells == {"order": "1", "sku": "LAMP", "quantity": "2"}


def test_decimal_commas_do_not_make_columns() -> None:
    table = read("Order;SKU;Qty;Price\n1;LAMP;2;1,50\n2;LAMP;2;2,50\n")
    assert table.delimiter == ";"


def test_a_delimiter_under_which_quotes_do_not_fit_is_not_chosen() -> None:
    table = read('Order;SKU;Qty;Note\n1;LAMP;2;"a,"",b"\n')
    assert table.delimiter == ";"
    assert table.rows[0].cells["note"] == 'a,",b'


def test_excels_own_announcement_is_followed_and_counts_as_a_line() -> None:
    table = read("sep=|\nOrder|SKU|Qty\n1|LAMP|2\n")
    assert (table.delimiter, table.rows[0].line) == ("|", 3)


def test_lines_are_counted_through_empty_rows_and_line_breaks_in_cells() -> None:
    table = read('Order,SKU,Qty,Note\n\n1,LAMP,2,"one\ntwo"\n,,,\n2,LAMP,1,\n')
    assert [row.line for row in table.rows] == [3, 6]
    assert table.rows[0].cells["note"] == "one\ntwo"


def test_a_merchants_word_for_a_column_goes_before_ours() -> None:
    table = read_table(
        b"Order,Beleg,SKU,Qty,Unused\n1,77,LAMP,2,x\n",
        ORDER_COLUMNS,
        columns={"order": "beleg", "sku": "not there"},
    )
    assert table.rows[0].cells["order"] == "77"
    assert table.rows[0].rest == {"Order": "1", "Unused": "x"}


def test_of_two_columns_with_one_meaning_the_first_counts() -> None:
    table = read("Order,SKU,Article,Qty\n1,LAMP,OTHER,2\n")
    assert table.rows[0].cells["sku"] == "LAMP"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"PK\x03\x04rest", "ZIP archive"),
        (b"\x1f\x8brest", "gzip"),
        (b"a,b\x00,c\n", "not text"),
        (b"\x81\x8d\x8f,b\n", "not text"),
        (b'Order,SKU,Qty\n1,"LAMP,2\n', "quotes"),
        (",".join(map(str, range(501))).encode(), "501 columns"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(body: bytes, said: str) -> None:
    with pytest.raises(MappingError, match=said) as caught:
        read_table(body, ORDER_COLUMNS)
    assert caught.value.path


def test_more_rows_than_can_be_held_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files_table, "ROWS_MAX", 1)
    with pytest.raises(MappingError, match="more than 1 rows"):
        read(ROWS + "2,LAMP,1\n")


def test_an_empty_file_has_no_columns_and_no_rows() -> None:
    table = read("")
    assert (table.headers, table.rows) == ((), ())


def test_rows_that_do_not_fit_their_header_carry_their_fault() -> None:
    long = "x" * (files_table.CELL_CHARACTERS_MAX + 1)
    table = read(f"Order,SKU,Qty\n1,LAMP,2,3\n2,{long},1\n3,LAMP,1,\n4,LAMP\n")
    assert [row.fault[:8] for row in table.rows] == ["the row ", "a cell i", "", ""]
    assert table.rows[3].cells["quantity"] == ""


@given(st.text())
def test_a_guarded_cell_comes_back_as_it_was_and_is_no_formula(text: str) -> None:
    guarded = guard_cell(text)
    assert unguard_cell(guarded) == text
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("numbers", "mark"),
    [
        (["1.50"], POINT),
        (["1,50", "3"], COMMA),
        (["1.234,50"], COMMA),
        (["1,234.50"], POINT),
        (["1.234.567"], COMMA),
        (["1,234,567"], POINT),
        (["1.234", "2.5"], POINT),
        (["1,234", "EUR 2,50"], COMMA),
        (["0.125"], POINT),
        (["12", ""], POINT),
    ],
)
def test_the_decimal_mark_is_told_by_all_numbers_together(
    numbers: list[str], mark: DecimalMark
) -> None:
    assert decide_decimal_mark(numbers) is mark


@pytest.mark.parametrize(
    ("numbers", "said"), [(["1.234"], "thousand"), (["1,50", "1.50"], "others")]
)
def test_numbers_that_could_mean_two_things_are_not_guessed(
    numbers: list[str], said: str
) -> None:
    with pytest.raises(MappingError, match=said) as caught:
        decide_decimal_mark(numbers)
    assert "decimal_mark" in caught.value.next_step


@pytest.mark.parametrize(
    ("text", "mark", "plain"),
    [
        ("1,234.50", POINT, "1234.50"),
        ("1.234,50 \u20ac", COMMA, "1234.50"),
        ("USD 7", POINT, "7"),
        ("1 234,5", COMMA, "1234.5"),
        ("12.00-", POINT, "-12.00"),
    ],
)
def test_a_number_is_read_as_its_file_writes_it(
    text: str, mark: DecimalMark, plain: str
) -> None:
    assert read_number(text, mark) == plain


@pytest.mark.parametrize("text", ["", "x", "1,23,4", "1.2.3", "1.2,3", "1.5e3"])
def test_what_is_no_number_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        read_number(text, POINT)


def test_units_are_whole_or_refused() -> None:
    assert read_whole("3.00", POINT) == 3
    with pytest.raises(ValueError, match="whole number"):
        read_whole("2.5", POINT)


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["2026-03-04"], DateOrder.YEAR_FIRST),
        (["03.04.2026"], DateOrder.DAY_FIRST),
        (["03/04/2026", "25/04/2026"], DateOrder.DAY_FIRST),
        (["03/04/2026", "04/25/2026"], DateOrder.MONTH_FIRST),
        (["05/05/2026", "nonsense"], DateOrder.YEAR_FIRST),
    ],
)
def test_the_order_of_day_and_month_is_told_by_all_dates_together(
    dates: list[str], order: DateOrder
) -> None:
    assert decide_date_order(dates) is order


@pytest.mark.parametrize(
    ("dates", "said"),
    [(["03/04/2026"], "day or with the month"), (["25/1/26", "1/25/26"], "others")],
)
def test_dates_that_could_mean_two_things_are_not_guessed(
    dates: list[str], said: str
) -> None:
    with pytest.raises(MappingError, match=said):
        decide_date_order(dates)


BERLIN = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("text", "order", "moment"),
    [
        ("2026-03-04", DateOrder.YEAR_FIRST, datetime(2026, 3, 3, 23, tzinfo=UTC)),
        ("4.3.26 12:30", DateOrder.DAY_FIRST, datetime(2026, 3, 4, 11, 30, tzinfo=UTC)),
        (
            "3/4/2026 01:05 PM",
            DateOrder.MONTH_FIRST,
            datetime(2026, 3, 4, 12, 5, tzinfo=UTC),
        ),
        (
            "2026-03-04T10:00:00Z",
            DateOrder.YEAR_FIRST,
            datetime(2026, 3, 4, 10, tzinfo=UTC),
        ),
        (
            "2026-03-04 10:00:05.123 +02:00",
            DateOrder.YEAR_FIRST,
            datetime(2026, 3, 4, 8, 0, 5, tzinfo=UTC),
        ),
        (
            "3/4/2026 12:05 am",
            DateOrder.MONTH_FIRST,
            datetime(2026, 3, 3, 23, 5, tzinfo=UTC),
        ),
    ],
)
def test_a_date_is_read_as_its_file_writes_it(
    text: str, order: DateOrder, moment: datetime
) -> None:
    assert read_date(text, order, BERLIN) == moment


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "31.02.2026"])
def test_what_is_no_date_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        read_date(text, DateOrder.DAY_FIRST, UTC)


def test_a_zone_is_known_by_its_name_or_not_at_all() -> None:
    assert find_zone("UTC") is UTC
    with pytest.raises(ValueError, match="Europe/Berlin"):
        find_zone("Middle/Earth")


def test_a_zone_with_summer_time_is_followed() -> None:
    zone = find_zone("Europe/Berlin")
    summer = read_date("2026-07-01 12:00", DateOrder.YEAR_FIRST, zone)
    assert summer == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_words_are_found_however_they_are_written() -> None:
    assert look_up_status("") == look_up_status("PAID")
    assert look_up_status("Payment pending?") is None
    assert [look_up_country(one) for one in ("de", "Deutschland", "Atlantis", "")] == [
        "DE",
        "DE",
        "",
        "",
    ]
