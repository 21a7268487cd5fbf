"""The vendors' own sample orders, through the whole hub, to the cent.

WooCommerce's documented answers are served by a shop and pulled; Shopify's samples of
order webhooks are taken in as they are. Each becomes an order with the sample's total,
or an open conflict that says why it did not. None raises.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.conflicts import ConflictKind
from crossdock.canonical.money import Money

Json = dict[str, Any]
WOOCOMMERCE = "woocommerce/examples-extracted"
SHOPIFY = "shopify/webhooks-2026-07/samples"


@pytest.fixture
def documented_answers(
    specs: Path, read_answer: Callable[[str], Any]
) -> dict[str, list[Json]]:
    """The orders in each documented answer of WooCommerce's order routes."""
    found: dict[str, list[Json]] = {}
    for path in sorted((specs / WOOCOMMERCE).glob("orders--*.json")):
        answer = read_answer(f"{WOOCOMMERCE}/{path.name}")
        if isinstance(answer, list):
            rows = answer
        elif "id" in answer:
            rows = [answer]
        else:  # a batch: lists of what was created, updated and deleted
            rows = [row for part in answer.values() for row in part]
        found[path.stem] = rows
    return found


@pytest.fixture
def documented_refunds(read_answer: Callable[[str], Any]) -> list[Json]:
    """What WooCommerce's documentation shows as the refunds of an order."""
    found: list[Json] = read_answer(
        f"{WOOCOMMERCE}/order-refunds--list-all-refunds.json"
    )
    return found


@pytest.fixture
def webhook_orders(specs: Path, read_answer: Callable[[str], Any]) -> dict[str, Json]:
    """The bodies of Shopify's samples that are orders, by the name of the file."""
    bodies = {
        path.stem: read_answer(f"{SHOPIFY}/{path.name}")
        for path in sorted((specs / SHOPIFY).glob("*.json"))
    }
    return {name: body for name, body in bodies.items() if "line_items" in body}


def test_every_documented_woocommerce_order_comes_in_with_its_total(
    reception: Any,
    documented_answers: dict[str, list[Json]],
    documented_refunds: list[Json],
) -> None:
    assert len(documented_answers) == 6
    for name, rows in documented_answers.items():
        channel = reception.pull_woocommerce(rows, documented_refunds)
        for row in rows:
            total = reception.find_total(channel, str(row["id"]))
            assert total == Money.of(row["total"], row["currency"]), name
    assert reception.list_violations() == []


def test_every_shopify_sample_of_an_order_comes_in_with_its_total(
    reception: Any, webhook_orders: dict[str, Json]
) -> None:
    assert set(webhook_orders) == {"cancelled", "create", "paid", "updated"}
    for name, body in webhook_orders.items():
        report = reception.take_in_shopify(name, body)
        assert (report.applied, report.quarantined) == (1, 0), name
        total = reception.find_total(name, body["admin_graphql_api_id"])
        assert total == Money.of(body["total_price"], body["currency"]), name
    assert reception.list_violations() == []


def test_what_the_hub_does_not_know_of_an_order_is_a_conflict_for_each_listing(
    reception: Any,
    documented_answers: dict[str, list[Json]],
    documented_refunds: list[Json],
) -> None:
    rows = documented_answers["orders--retrieve-an-order"]
    channel = reception.pull_woocommerce(rows, documented_refunds)
    titles = {unescape(line["name"]) for row in rows for line in row["line_items"]}
    found = reception.list_open(channel)
    assert {one.kind for one in found} == {ConflictKind.UNMAPPED_SKU}
    assert {one.facts["title"] for one in found} == titles


@pytest.mark.parametrize("missing", ["currency", "total_price_set", "line_items"])
def test_a_sample_that_lacks_a_part_is_an_open_conflict_that_says_which(
    reception: Any, webhook_orders: dict[str, Json], missing: str
) -> None:
    for name, body in webhook_orders.items():
        broken = copy.deepcopy(body)
        del broken[missing]
        assert reception.take_in_shopify(name, broken).quarantined == 1
        assert reception.find_total(name, body["admin_graphql_api_id"]) is None
        (conflict,) = reception.list_open(name)
        assert conflict.kind is ConflictKind.UNREADABLE_RECORD
        assert missing in conflict.summary


@pytest.mark.parametrize("missing", ["currency", "total", "line_items"])
def test_a_documented_order_that_lacks_a_part_does_not_hold_back_its_page(
    reception: Any,
    documented_answers: dict[str, list[Json]],
    documented_refunds: list[Json],
    missing: str,
) -> None:
    good, bad = copy.deepcopy(documented_answers["orders--list-all-orders"])
    del bad[missing]
    channel = reception.pull_woocommerce([good, bad], documented_refunds)
    assert reception.find_total(channel, str(good["id"])) is not None
    assert reception.find_total(channel, str(bad["id"])) is None
    (conflict,) = [
        one
        for one in reception.list_open(channel)
        if one.kind is ConflictKind.UNREADABLE_RECORD
    ]
    assert missing in conflict.summary
