"""Two texts name the same SKU or barcode when their keys are equal."""

from __future__ import annotations

import unicodedata
from typing import Literal, get_args

import pytest
from crossdock.mapping.identity import barcode_key, loose_key, sku_key
from hypothesis import example, given
from hypothesis import strategies as st

# Everything but NUL and surrogates, which have tests of their own.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


@given(TEXTS)
@example("ᾳ\u0345")
@example("ŉ\u200b")
@example("\u3164A")
@example("A\u00b4")
def test_a_key_is_its_own_key(text: str) -> None:
    assert sku_key(sku_key(text)) == sku_key(text)
    assert loose_key(loose_key(text)) == loose_key(text)


@given(TEXTS, st.sampled_from(get_args(Form)))
def test_g11_the_form_of_normalisation_makes_no_difference(
    text: str, form: Form
) -> None:
    assert sku_key(unicodedata.normalize(form, text)) == sku_key(text)


@given(st.text(st.characters(codec="ascii", exclude_characters="\x00")))
def test_the_short_way_for_ascii_leads_where_the_long_way_leads(text: str) -> None:
    # The variation selector is invisible, and makes the text more than ASCII.
    assert sku_key(text) == sku_key(text + "\ufe0f")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MUG-01", "mug-01"),
        ("MUG-01", "  MUG-01\t"),
        ("ÄRMEL", unicodedata.normalize("NFD", "ärmel")),
        ("\uff2d\uff35\uff27-01", "mug-01"),
        ("STRASSE", "straße"),
        ("MUG\u200b-01\ufeff", "mug-01"),
        ("\u202eMUG-01\u202c", "mug-01"),
        ("HEART-❤️", "heart-❤"),
        ("A\u00a0B", "a b"),
    ],
)
def test_g11_g13_case_space_around_and_invisible_marks_make_no_difference(
    one: str, other: str
) -> None:
    assert sku_key(one) == sku_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("00123", "123"),
        ("1E+05", "100000"),
        ("MUG-01", "MUG 01"),
        ("MUG-01", "MUG_01"),
        ("MUG", "MÜG"),
        ("☕", "🍵"),
    ],
)
def test_g13_zeros_separators_and_letters_do(one: str, other: str) -> None:
    assert sku_key(one) != sku_key(other)


@pytest.mark.parametrize("text", ["", "  \t\n", "\u200b\ufeff", "\u3164"])
def test_a_text_without_anything_visible_has_no_key(text: str) -> None:
    assert sku_key(text) == loose_key(text) == ""


@pytest.mark.parametrize("text", ["MUG\x00", "É\x00", "MUG\ud83c", "\udc80"])
def test_g11_a_nul_or_half_a_surrogate_pair_is_refused(text: str) -> None:
    for key in (sku_key, loose_key):
        with pytest.raises(ValueError, match="cannot hold a NUL"):
            key(text)


@pytest.mark.parametrize(
    "text",
    ["mug-01/red", "MUG 01.RED", "mug_01_red", "mug01red", "Mug–01‑red "],  # noqa: RUF001  # the dashes that word processors make
)
def test_a_loose_key_has_no_separators(text: str) -> None:
    assert loose_key(text) == "mug01red"


def test_a_loose_key_keeps_leading_zeros() -> None:
    assert loose_key("00-12") == "0012"


def test_separators_alone_have_no_loose_key() -> None:
    assert loose_key("- / _ .") == ""


def _gtin(body: str) -> str:
    """Append the check digit, as GS1 counts it: from the right, 3, 1, 3, ..."""
    weighed = sum(
        int(digit) * (3 if place % 2 == 0 else 1)
        for place, digit in enumerate(reversed(body))
    )
    return body + str(-weighed % 10)


BODIES = st.sampled_from([7, 11, 12, 13]).flatmap(
    lambda length: st.text("0123456789", min_size=length, max_size=length)
)


@given(BODIES.filter(lambda body: body.strip("0")))
def test_g20_a_barcode_is_known_by_its_fourteen_digits(body: str) -> None:
    code = _gtin(body)
    assert barcode_key(code) == code.zfill(14)
    assert barcode_key(f" {code}\n") == code.zfill(14)


@given(BODIES, st.integers(1, 9))
def test_g20_a_wrong_check_digit_makes_no_barcode(body: str, error: int) -> None:
    code = _gtin(body)
    assert barcode_key(code[:-1] + str((int(code[-1]) + error) % 10)) is None


@given(BODIES.filter(lambda body: body.strip("0")), st.data())
def test_g20_one_wrong_digit_is_always_found(body: str, data: st.DataObject) -> None:
    code = _gtin(body)
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = str((int(code[place]) + data.draw(st.integers(1, 9))) % 10)
    assert barcode_key(code[:place] + wrong + code[place + 1 :]) is None


def test_g20_a_upc_and_its_ean_are_the_same_barcode() -> None:
    assert barcode_key("036000291452") == barcode_key("0036000291452")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "n/a",
        "36000291452",
        "978-3-16-148410-0",
        "4006381333931 ext",
        "٤٠٠٦٣٨١٣٣٣٩٣١",
        "-006381333931",
        "²006381333931",
        "00000000",
        "0000000000000",
        "123456789012345678",
    ],
)
def test_what_is_no_gtin_identifies_nothing(text: str) -> None:
    assert barcode_key(text) is None
