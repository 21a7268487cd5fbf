"""Etsy's words: every one of its contract is known, and ours find theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from crossdock.mapping import etsy_words as words


@pytest.fixture
def schemas(specs: Path) -> dict[str, Any]:
    path = specs / "etsy/etsy-openapi.json"
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    schemas: dict[str, Any] = told["components"]["schemas"]
    return schemas


def test_every_status_of_the_contract_has_a_meaning(schemas: dict[str, Any]) -> None:
    told = schemas["ShopReceipt"]["properties"]["status"]["enum"]
    assert sorted(words.STATUSES) == sorted(told)


def test_every_state_of_a_listing_has_a_meaning(schemas: dict[str, Any]) -> None:
    told = schemas["ShopListing"]["properties"]["state"]["enum"]
    assert sorted(words.LISTING_STATES) == sorted(told)


def test_every_way_to_pay_that_the_contract_names_has_a_name(
    schemas: dict[str, Any],
) -> None:
    told = schemas["ShopReceipt"]["properties"]["payment_method"]["description"]
    assert set(re.findall(r"'(\w+)'", told)) == set(words.PAYMENT_METHODS)


@pytest.mark.parametrize("status", ["paid", "Paid", "PAID", " paid "])
def test_a_status_is_read_however_it_is_written(status: str) -> None:
    assert words.read_status(status) is words.STATUSES["paid"]


def test_a_status_of_two_words_is_read_with_an_underscore_too() -> None:
    found = words.read_status("Partially_Refunded")
    assert found is words.STATUSES["partially refunded"]


@pytest.mark.parametrize(
    ("carrier", "name"),
    [
        ("Royal Mail", "royal-mail"),
        ("deutsche-post", "deutsche-post"),
        ("AUSTRALIA_POST", "australia-post"),
        ("UPS", "ups"),
        ("Bob's bicycle", "other"),
        ("", "other"),
    ],
)
def test_a_carrier_is_found_however_it_is_written(carrier: str, name: str) -> None:
    assert words.name_carrier(carrier) == name
