"""The vendor's own documented orders and products become canonical, to the cent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.money import Money
from crossdock.mapping.woocommerce import translator

Json = dict[str, Any]

KNOWN_RESIDUES = {"728": Decimal("-0.01")}
"""Order 728 of the documentation states a total that its own lines miss by a cent."""


def read_examples(specs: Path, pattern: str) -> Iterator[Json]:
    """Yield every object with an id in the vendor's answers."""
    for path in sorted((specs / "woocommerce/examples-extracted").glob(pattern)):
        answer = json.loads(path.read_text())["response"]
        for row in flatten(answer):
            if "id" in row:
                yield row


def flatten(answer: Any) -> list[Json]:
    """Return the objects of an answer: one, a list, or a batch of lists."""
    if isinstance(answer, list):
        return answer
    if "id" in answer:
        return [answer]
    return [row for rows in answer.values() for row in rows]


def test_the_documented_orders_keep_their_totals(specs: Path) -> None:
    count = 0
    for payload in read_examples(specs, "orders--*.json"):
        order = translator.read_order(payload)
        assert order.total == Money.of(payload["total"], payload["currency"])
        assert order.residue.amount == KNOWN_RESIDUES.get(order.external_id, 0)
        assert len(order.lines) == len(payload["line_items"])
        assert order.unknown_values == ()
        count += 1
    assert count >= 8


def test_the_documented_products_become_listings(specs: Path) -> None:
    count = 0
    for product in read_examples(specs, "products--*.json"):
        listings = translator.read_listings({"product": product, "variations": []})
        sold_as_itself = product["type"] == "simple"
        assert len(listings) == sold_as_itself
        count += 1
    assert count >= 5


def test_the_documented_variations_become_listings(specs: Path) -> None:
    parent = {"id": 22, "type": "variable", "name": "Ship Your Idea"}
    variations = list(read_examples(specs, "product-variations--*.json"))
    listings = translator.read_listings({"product": parent, "variations": variations})
    assert len(listings) == len(variations) > 3
    assert all(each.external_id.startswith("22/") for each in listings)


@pytest.fixture
def documented_refund(specs: Path) -> Json:
    """The answer that the documentation shows for one refund."""
    return next(read_examples(specs, "order-refunds--retrieve-a-refund.json"))


def test_the_documented_refund_is_read_beside_its_order(
    specs: Path, documented_refund: Json
) -> None:
    payload = next(
        each for each in read_examples(specs, "orders--list*.json") if each["refunds"]
    )
    payload["_refunds"] = [documented_refund]
    refunds = translator.read_order(payload).refunds
    (detailed,) = [each for each in refunds if each.refunded_at]
    assert detailed.external_id == str(documented_refund["id"])
    assert detailed.amount == Money.of(documented_refund["amount"], "USD")
