"""Money is exact, stays in its currency, and a split loses nothing."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from crossdock.canonical.errors import MoneyError
from crossdock.canonical.money import EXPONENTS, MINOR_MAX, Money, add_up
from hypothesis import given
from hypothesis import strategies as st

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
MINORS = st.integers(-MINOR_MAX, MINOR_MAX)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=40)


@given(MINORS, CURRENCIES)
def test_g04_an_amount_survives_the_way_through_text_in_every_currency(
    minor: int, currency: str
) -> None:
    money = Money(minor, currency)
    assert Money.of(str(money.amount), currency) == money
    assert Money.rounded(money.amount, currency) == money
    assert str(money) == f"{money.amount} {currency}"


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("JPY", "1500", 1500),
        ("EUR", "12.34", 1234),
        ("EUR", "-0.01", -1),
        ("KWD", "1.005", 1005),
        ("CLF", "0.0001", 1),
        ("XAU", "2", 2),
    ],
)
def test_g04_the_minor_unit_is_the_one_of_iso_4217(
    currency: str, text: str, minor: int
) -> None:
    assert Money.of(text, currency) == Money(minor, currency)
    assert str(Money(minor, currency)) == f"{text} {currency}"


@given(CURRENCIES, MINORS.filter(lambda minor: abs(minor) < 10**15))
def test_g04_one_decimal_more_than_the_currency_has_is_refused(
    currency: str, minor: int
) -> None:
    over_precise = Decimal(minor * 10 + 5).scaleb(-EXPONENTS[currency] - 1)
    with pytest.raises(MoneyError, match="more decimals"):
        Money.of(over_precise, currency)


def test_g04_a_decimal_far_behind_the_point_is_not_lost() -> None:
    with pytest.raises(MoneyError, match="more decimals"):
        Money.of("1." + "0" * 60 + "1", "EUR")


def test_decimals_that_say_nothing_are_not_over_precise() -> None:
    assert Money.of("1.5" + "0" * 60, "EUR") == Money(150, "EUR")


@pytest.mark.parametrize("amount", ["1e2", "1E+2", "100", "+100.00", " 100 ", 100])
def test_the_notation_of_a_number_makes_no_difference(amount: str | int) -> None:
    assert Money.of(amount, "EUR") == Money(10000, "EUR")


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("0.005", 1),
        ("0.015", 2),
        ("0.025", 3),
        ("0.0049", 0),
        ("0.00499999999999999999999999999999999999", 0),
        ("-0.005", -1),
        ("-0.025", -3),
        ("-0.0049", 0),
        ("1e-400", 0),
    ],
)
def test_g05_half_a_unit_rounds_away_from_zero(text: str, minor: int) -> None:
    assert Money.rounded(text, "EUR") == Money(minor, "EUR")


@given(st.decimals(-(10**12), 10**12, allow_nan=False, places=9), CURRENCIES)
def test_g05_rounding_moves_an_amount_by_half_a_unit_at_most(
    amount: Decimal, currency: str
) -> None:
    exact = Fraction(amount) * 10 ** EXPONENTS[currency]
    rounded = Money.rounded(amount, currency)
    assert abs(rounded.minor - exact) <= Fraction(1, 2)
    assert Money.rounded(-amount, currency) == -rounded


@pytest.mark.parametrize("text", ["NaN", "sNaN", "-NaN", "Infinity", "-Infinity"])
def test_g07_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(MoneyError, match="not a finite amount"):
        Money.of(text, "EUR")


@pytest.mark.parametrize(
    "amount",
    [
        "1e400",
        "-1e400",
        "1e999999999999999999",
        "9" * 5000,
        10**40,
        "92233720368547758.08",
        Decimal("-92233720368547758.08"),
    ],
)
def test_g07_an_amount_that_no_database_column_holds_is_refused_at_once(
    amount: str | int | Decimal,
) -> None:
    for read in (Money.of, Money.rounded):
        with pytest.raises(MoneyError, match="more than the hub can hold"):
            read(amount, "EUR")


def test_the_largest_amount_is_held_to_the_last_unit() -> None:
    assert Money.of("92233720368547758.07", "EUR") == Money(MINOR_MAX, "EUR")
    assert Money.of("-92233720368547758.07", "EUR") == Money(-MINOR_MAX, "EUR")


@pytest.mark.parametrize("text", ["١٢", "\uff11\uff12", "1_000", "१.५", "1\u00a0000"])
def test_g12_only_plain_digits_make_an_amount(text: str) -> None:
    with pytest.raises(MoneyError, match="plain digits"):
        Money.of(text, "EUR")


@pytest.mark.parametrize(
    "text", ["", " ", "1,50", "1.234,50", "12 EUR", "0x10", "1.2.3", "1e", "1\x00"]
)
def test_a_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(MoneyError, match="is not an amount"):
        Money.of(text, "EUR")


@pytest.mark.parametrize("amount", [0.1, True, None, [0, [1], 0], {}, b"1"])
def test_g06_neither_a_float_nor_another_json_value_is_an_amount(
    amount: object,
) -> None:
    with pytest.raises(MoneyError, match="a string, an integer or a Decimal"):
        Money.of(amount, "EUR")  # type: ignore[arg-type]  # that is what is refused


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "BTC", "€"])
def test_a_currency_that_iso_4217_does_not_have_is_refused(currency: str) -> None:
    with pytest.raises(MoneyError, match="ISO 4217"):
        Money.of("1", currency)


@given(MINORS, MINORS, st.integers(-1000, 1000))
def test_arithmetic_is_that_of_the_minor_units(a: int, b: int, count: int) -> None:
    one, other = Money(a, "EUR"), Money(b, "EUR")
    assert (one + other).minor == a + b
    assert (one - other).minor == a - b
    assert one - other == one + -other
    assert (one * count).minor == a * count
    assert bool(one) == (a != 0)


@given(CURRENCIES, CURRENCIES)
def test_two_currencies_never_meet_in_one_sum(one: str, other: str) -> None:
    if one == other:
        assert Money(1, one) + Money(1, other) == Money(2, one)
        return
    with pytest.raises(MoneyError, match="do not go into one sum"):
        Money(1, one) + Money(1, other)
    with pytest.raises(MoneyError, match="do not go into one sum"):
        Money(1, one) - Money(0, other)
    with pytest.raises(MoneyError, match="do not go into one sum"):
        add_up([Money(0, one)], other)


@given(st.lists(MINORS))
def test_adding_up_nothing_gives_zero_and_anything_else_its_sum(
    minors: list[int],
) -> None:
    total = add_up((Money(minor, "JPY") for minor in minors), "JPY")
    assert total == Money(sum(minors), "JPY")
    assert add_up((), "JPY") == Money.zero("JPY")


@given(MINORS, WEIGHTS)
def test_g05_the_shares_of_a_split_add_up_to_the_whole(
    minor: int, weights: list[int]
) -> None:
    whole = Money(minor, "EUR")
    shares = whole.split(weights)
    assert len(shares) == len(weights)
    assert add_up(shares, "EUR") == whole


@given(MINORS, WEIGHTS)
def test_g05_each_share_is_within_one_unit_of_its_proportion(
    minor: int, weights: list[int]
) -> None:
    fair = weights if any(weights) else [1] * len(weights)
    for share, weight in zip(Money(minor, "EUR").split(weights), fair, strict=True):
        assert abs(share.minor - Fraction(minor * weight, sum(fair))) < 1


@given(MINORS, WEIGHTS)
def test_a_split_refund_mirrors_the_split_charge(
    minor: int, weights: list[int]
) -> None:
    charges = Money(minor, "EUR").split(weights)
    refunds = Money(-minor, "EUR").split(weights)
    assert refunds == tuple(-charge for charge in charges)


@given(MINORS, WEIGHTS.filter(any))
def test_who_weighs_nothing_gets_nothing(minor: int, weights: list[int]) -> None:
    for share, weight in zip(Money(minor, "EUR").split(weights), weights, strict=True):
        assert weight or not share


@pytest.mark.parametrize(
    ("minor", "weights", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (5, [0, 0, 0], [2, 2, 1]),
        (10, [1, 2, 4], [1, 3, 6]),
        (1, [1, 9], [0, 1]),
        (0, [3, 1], [0, 0]),
        (7, [1], [7]),
    ],
)
def test_units_left_over_go_to_the_largest_remainders_then_to_earlier_shares(
    minor: int, weights: list[int], shares: list[int]
) -> None:
    split = Money(minor, "EUR").split(weights)
    assert [share.minor for share in split] == shares


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_a_split_needs_weights_and_none_below_zero(weights: list[int]) -> None:
    with pytest.raises(MoneyError, match="at least one weight"):
        Money(1, "EUR").split(weights)


def test_an_amount_cannot_be_changed() -> None:
    money = Money(1, "EUR")
    with pytest.raises(AttributeError):
        money.minor = 2  # type: ignore[misc]  # that is what is refused
