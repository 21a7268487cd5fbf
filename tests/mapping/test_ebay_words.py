"""eBay's words: every one of its contract is known, and ours find theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from crossdock.mapping import ebay_words as words

TABLES: dict[str, Mapping[str, Any]] = {
    "OrderPaymentStatusEnum": words.PAYMENT_STATES,
    "OrderFulfillmentStatus": words.FULFILLMENT_STATES,
    "LineItemFulfillmentStatusEnum": words.LINE_STATES,
    "CancelStateEnum": words.CANCEL_STATES,
    "RefundStatusEnum": words.REFUND_STANDS,
    "PaymentStatusEnum": words.PAYMENT_STANDS,
}


@pytest.fixture
def vocabulary(specs: Path) -> dict[str, list[str]]:
    path = specs / "ebay/oas3-2026/sell_fulfillment_v1_oas3.json"
    schemas = json.loads(path.read_text(encoding="utf-8"))["components"]["schemas"]
    return {name: one["enum"] for name, one in schemas.items() if "enum" in one}


@pytest.mark.parametrize("name", TABLES)
def test_every_word_of_the_contract_has_a_meaning(
    vocabulary: dict[str, list[str]], name: str
) -> None:
    assert sorted(TABLES[name]) == sorted(vocabulary[name])


def test_every_reason_for_a_refund_is_one_of_the_contract(
    vocabulary: dict[str, list[str]],
) -> None:
    ours = {*words.REFUND_REASONS.values(), words.REFUND_REASON_OTHERWISE}
    assert ours <= set(vocabulary["ReasonForRefundEnum"])


@pytest.mark.parametrize(
    ("carrier", "code"),
    [
        ("DHL", "DHL"),
        ("Royal Mail", "RoyalMail"),
        ("deutsche-post", "DeutschePost"),
        ("AUSTRALIA_POST", "AustraliaPost"),
        ("Bob's bicycle", "Other"),
        ("", "Other"),
    ],
)
def test_a_carrier_is_found_however_it_is_written(carrier: str, code: str) -> None:
    assert words.name_carrier_code(carrier) == code


def test_a_reason_is_chosen_by_a_word_in_the_hubs_own() -> None:
    assert words.choose_cancel_reason("Customer called") == "BUYER_ASKED_CANCEL"
    assert words.choose_cancel_reason("bad address") == "ADDRESS_ISSUES"
    assert words.choose_cancel_reason("") == "OUT_OF_STOCK_OR_CANNOT_FULFILL"
    assert words.choose_refund_reason("Returned") == "BUYER_RETURN"
    assert words.choose_refund_reason("goodwill") == "OTHER_ADJUSTMENT"
