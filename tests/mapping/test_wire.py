"""What all shapes of JSON share: null is nothing, and what is wrong has a place."""

from __future__ import annotations

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.mapping.wire import Amount, CurrencyCode, Rows, Text, read_wire
from pydantic import BaseModel


class Coin(BaseModel):
    amount: Amount = "1"
    currency: CurrencyCode = "EUR"


class Purse(BaseModel):
    owner: Text = ""
    coins: Rows[Coin] = []


def test_null_is_an_empty_text_and_a_list_of_nothing() -> None:
    assert read_wire(Purse, {"owner": None, "coins": None}) == Purse()


@pytest.mark.parametrize(
    ("coin", "place"),
    [
        ({"amount": "ten"}, "coins.0.amount"),
        ({"amount": "1e9"}, "coins.0.amount"),
        ({"amount": "1" * 15}, "coins.0.amount"),
        ({"currency": "ZZZ"}, "coins.0.currency"),
        ({"currency": "eur"}, "coins.0.currency"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    coin: dict[str, str], place: str
) -> None:
    with pytest.raises(MappingError) as refusal:
        read_wire(Purse, {"coins": [coin]})
    assert refusal.value.path == place


def test_a_part_of_a_record_is_placed_in_the_whole_of_it() -> None:
    with pytest.raises(MappingError) as refusal:
        read_wire(Purse, {"coins": 7}, path="buyer.purse")
    assert refusal.value.path == "buyer.purse.coins"


def test_an_error_does_not_tell_what_stood_there_which_may_be_a_buyers() -> None:
    with pytest.raises(MappingError) as refusal:
        read_wire(Purse, {"owner": ["Ada Lovelace"]})
    assert "Ada" not in refusal.value.message
