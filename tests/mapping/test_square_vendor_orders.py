"""Square's own documented orders and items become canonical, to the cent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.listings import ListingState
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfillmentState, PaymentState
from crossdock.mapping.square import translator

Json = dict[str, Any]

GOLDEN = {
    "CreateOrder": ("61.76 USD", [1, 2]),
    "CloneOrder": ("61.76 USD", [1, 2]),
    "RetrieveOrder": ("5.50 USD", [1, 2]),
    "UpdateOrder": ("9.00 USD", [1, 2]),
    "PayOrder": ("20.00 USD", [1, 2]),
}


@pytest.fixture
def answers(specs: Path) -> dict[str, Json]:
    """The answers in Square's documentation, by operation."""
    text = (specs / "square/operation-examples.json").read_text(encoding="utf-8")
    return {name: sample["response"] for name, sample in json.loads(text).items()}


def test_the_documented_orders_keep_their_totals_and_lines(
    answers: dict[str, Json],
) -> None:
    told = {}
    for name in (
        "CreateOrder",
        "CloneOrder",
        "RetrieveOrder",
        "UpdateOrder",
        "PayOrder",
    ):
        order = translator.read_order(answers[name]["order"])
        assert not order.residue, name
        told[name] = (str(order.total), [line.quantity for line in order.lines])
    assert told == GOLDEN


def test_a_documented_order_that_was_paid_is_paid(answers: dict[str, Json]) -> None:
    order = translator.read_order(answers["PayOrder"]["order"])
    assert order.payment is PaymentState.PAID
    assert order.fulfillment is FulfillmentState.FULFILLED
    assert sum(payment.amount.minor for payment in order.payments) == order.total.minor


def test_the_documented_taxes_and_discounts_stand_on_their_lines(
    answers: dict[str, Json],
) -> None:
    order = translator.read_order(answers["CreateOrder"]["order"])
    assert not order.prices_include_tax
    plain, priced = order.lines
    assert plain.tax + priced.tax == Money(
        answers["CreateOrder"]["order"]["total_tax_money"]["amount"], "USD"
    )
    assert {tax.rate_percent for line in order.lines for tax in line.taxes} == {"9"}
    assert {part.title for line in order.lines for part in line.discounts} <= {
        each["name"] for each in answers["CreateOrder"]["order"]["discounts"]
    }


def test_the_documented_catalogue_is_listed_by_variation(
    answers: dict[str, Json],
) -> None:
    listed = {}
    for name in ("ListCatalog", "BatchRetrieveCatalogObjects", "SearchCatalogItems"):
        answer = answers[name]
        for row in answer.get("objects") or answer.get("items") or ():
            if row["type"] == "ITEM":
                record = {"item": row, "location_id": "L", "counts": {}}
                for listing in translator.read_listings(record):
                    listed[listing.external_id] = listing
    assert len(listed) >= 3
    assert {listing.state for listing in listed.values()} <= set(ListingState)
    assert all(listing.quantity is None for listing in listed.values())
