"""Amazon's own examples of orders and listings become canonical, to the cent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from crossdock.mapping.amazon import translator

Json = dict[str, Any]

PROCEEDS = {
    "123-4567890-1234567": ("99.98 USD", "0.02 USD"),
    "202-1234567-8901234": ("89.97 GBP", "3.00 GBP"),
    "250-1234567-8901234": ("5980 JPY", "0 JPY"),
}
"""Total and tax of the first line of some of the examples."""


def read_examples(specs: Path, model: str, operations: set[str]) -> Iterator[Json]:
    """Yield every answer that one of Amazon's models gives for operations."""
    text = (specs / "amazon/models" / model).read_text(encoding="utf-8")
    for path in json.loads(text)["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and operation["operationId"] in operations:
                for answer in operation["responses"].values():
                    yield from (answer.get("examples") or {}).values()
                    sandbox = answer.get("x-amzn-api-sandbox") or {}
                    yield from (each["response"] for each in sandbox.get("static", []))


def test_the_documented_orders_add_up_and_say_nothing_unknown(specs: Path) -> None:
    count = 0
    answers = read_examples(
        specs, "orders_2026-01-01.json", {"searchOrders", "getOrder"}
    )
    for answer in answers:
        found = answer.get("orders", [answer["order"]] if "order" in answer else [])
        for payload in found:
            order = translator.read_order(payload)
            told = payload["proceeds"]["grandTotal"]
            assert order.total.amount == Decimal(told["amount"])
            assert order.currency == told["currencyCode"]
            assert (order.residue.minor, order.unknown_values) == (0, ())
            assert len(order.lines) == len(payload["orderItems"])
            if order.external_id in PROCEEDS:
                line = order.lines[0]
                wanted = PROCEEDS[order.external_id]
                assert (str(line.total), str(line.tax)) == wanted
            count += 1
    assert count == 8


def test_the_documented_listings_are_read_by_their_sku(specs: Path) -> None:
    skus = [
        (listing.sku, item["sku"], listing.held_by_channel)
        for answer in read_examples(
            specs,
            "listingsItems_2021-08-01.json",
            {"searchListingsItems", "getListingsItem"},
        )
        if "errors" not in answer
        for item in answer.get("items", [answer])
        for listing in translator.read_listings(item)
    ]
    assert skus == [("GM-ZDPI-9B4E", "GM-ZDPI-9B4E", False)] * 4
