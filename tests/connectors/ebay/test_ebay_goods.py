"""Quantities and prices arrive where shoppers see them, and each answer counts."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import ContractBrokenError
from crossdock.canonical.money import Money
from crossdock.canonical.pushes import Outcome, PriceWrite, PushResult, StockWrite
from crossdock.connectors.ebay import plugin
from crossdock.connectors.ebay.offers import KEPT

BULK = "bulk_update_price_quantity"


def write(scene: Any, quantity: int, *skus: str) -> list[PushResult]:
    writes = [StockWrite(sku, quantity, None, f"{sku}-{quantity}") for sku in skus]
    return list(scene.connector.push_stock(writes))


def outcomes(results: list[PushResult]) -> list[Outcome]:
    return [result.outcome for result in results]


def price(scene: Any, sku: str, amount: str, currency: str = "USD") -> PushResult:
    wanted = PriceWrite(sku, Money.of(amount, currency), f"{sku}-{amount}")
    (result,) = scene.connector.push_prices([wanted])
    assert isinstance(result, PushResult)
    return result


def answer_bulk(scene: Any, status: int, content: Any) -> None:
    scene.wire.stand_in = lambda request: (
        httpx.Response(status, json=content)
        if request.url.path.endswith(BULK)
        else None
    )


def test_an_offer_with_a_quantity_of_its_own_is_raised_with_the_item(
    scene: Any,
) -> None:
    scene.offer("STOOL", quantity=10, offer_quantity=2)
    assert scene.shop.shown("STOOL") == 2
    assert outcomes(write(scene, 8, "STOOL")) == [Outcome.ACCEPTED]
    assert scene.shop.shown("STOOL") == 8


def test_twenty_five_skus_go_in_one_request(scene: Any) -> None:
    skus = [f"BULK-{number}" for number in range(25)]
    scene.offer(*skus)
    assert set(outcomes(write(scene, 3, *skus))) == {Outcome.ACCEPTED}
    (request,) = scene.asked("POST", BULK)
    assert len(json.loads(request.content)["requests"]) == 25


def test_offers_are_asked_for_once_and_again_after_half_a_day(scene: Any) -> None:
    for _ in range(3):
        write(scene, 3, "LAMP")
    assert len(scene.asked("GET", "/offer")) == 1
    scene.clock.advance(KEPT.total_seconds())
    write(scene, 4, "LAMP")
    assert len(scene.asked("GET", "/offer")) == 2


def test_an_offer_that_was_withdrawn_is_forgotten_and_the_item_written(
    scene: Any,
) -> None:
    write(scene, 3, "LAMP")
    scene.shop.withdraw("LAMP")
    (refused,) = write(scene, 4, "LAMP")
    assert refused.outcome is Outcome.REFUSED
    assert "25713" in refused.reason
    assert outcomes(write(scene, 4, "LAMP")) == [Outcome.ACCEPTED]


def test_the_two_hundred_and_fifty_first_revision_of_a_day_is_refused_alone(
    open_scene: Any,
) -> None:
    scene = open_scene(revisions_per_day_max=plugin.traits.revisions_per_day_max)
    scene.offer("STOOL")
    for number in range(250):
        assert outcomes(write(scene, number % 9, "LAMP")) == [Outcome.ACCEPTED]
    results = write(scene, 5, "LAMP", "STOOL")
    assert outcomes(results) == [Outcome.REFUSED, Outcome.ACCEPTED]
    assert "revisions" in results[0].reason
    scene.clock.advance(86_400)
    assert outcomes(write(scene, 5, "LAMP")) == [Outcome.ACCEPTED]


def test_a_batch_refused_as_a_whole_is_sent_again_one_by_one(scene: Any) -> None:
    scene.offer("STOOL")

    def refuse_many(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith(BULK):
            return None
        entries = json.loads(request.content)["requests"]
        if "STOOL" in {entry["sku"] for entry in entries}:
            message = "A value is not allowed"
            return httpx.Response(400, json={"errors": [{"message": message}]})
        return None

    scene.wire.stand_in = refuse_many
    results = write(scene, 5, "LAMP", "STOOL")
    assert outcomes(results) == [Outcome.ACCEPTED, Outcome.REFUSED]
    assert "not allowed" in results[1].reason
    assert len(scene.asked("POST", BULK)) == 3


def test_a_sku_that_the_answer_passes_over_is_unknown(scene: Any) -> None:
    answer_bulk(scene, 200, {"responses": []})
    assert outcomes(write(scene, 5, "LAMP")) == [Outcome.UNKNOWN]


def test_a_refusal_without_a_reason_is_told_by_its_status(scene: Any) -> None:
    answer_bulk(scene, 207, {"responses": [{"sku": "LAMP", "statusCode": 409}]})
    (result,) = write(scene, 5, "LAMP")
    assert result == PushResult(Outcome.REFUSED, "eBay answered 409")


def test_a_sku_that_ebay_cannot_hold_is_refused_unasked(scene: Any) -> None:
    (result,) = write(scene, 5, "X" * 51)
    assert result.outcome is Outcome.REFUSED
    assert scene.wire.requests == []


def test_an_item_that_nobody_can_buy_has_no_price(scene: Any) -> None:
    scene.offer("ATTIC", published=False)
    result = price(scene, "ATTIC", "5.00")
    assert result.outcome is Outcome.REFUSED
    assert "published" in result.reason


def test_a_price_in_another_currency_is_refused(scene: Any) -> None:
    result = price(scene, "LAMP", "5.00", "EUR")
    assert result == PushResult(Outcome.REFUSED, "it is sold in USD, and not EUR")


def test_a_price_changes_no_quantity(scene: Any) -> None:
    assert price(scene, "LAMP", "5.00").outcome is Outcome.ACCEPTED
    (request,) = scene.asked("POST", BULK)
    (entry,) = json.loads(request.content)["requests"]
    assert "shipToLocationAvailability" not in entry
    assert "availableQuantity" not in entry["offers"][0]


def test_items_without_an_offer_are_listed_and_inactive(scene: Any) -> None:
    scene.offer("ATTIC", published=False, ean="2000000000015")
    (record,) = scene.connector.fetch_listings(["ATTIC"])
    (listing,) = plugin.translator.read_listings(record.payload)
    assert (listing.state, listing.barcode) == ("inactive", "2000000000015")


def test_an_item_without_a_sku_is_not_what_the_contract_promises(scene: Any) -> None:
    page = {"size": 1, "inventoryItems": [{"locale": "en_US"}]}
    scene.connector.check()
    scene.wire.stand_in = lambda request: httpx.Response(200, json=page)
    with pytest.raises(ContractBrokenError, match="SKU"):
        scene.connector.pull_listings(None)


def test_an_account_without_any_item_has_no_listings(scene: Any) -> None:
    nothing = {"errors": [{"errorId": 25702, "message": "There are no items"}]}
    scene.wire.stand_in = lambda request: (
        httpx.Response(404, json=nothing)
        if request.url.path.endswith("/inventory_item")
        else None
    )
    page = scene.connector.pull_listings(None)
    assert (page.records, page.complete) == ((), True)
    assert scene.connector.check().external_id


def test_a_sku_whose_offers_ebay_refuses_to_tell_is_refused_alone(scene: Any) -> None:
    unknown = {"errors": [{"errorId": 25702, "message": "SKU is not available"}]}
    scene.wire.stand_in = lambda request: (
        httpx.Response(400, json=unknown)
        if request.url.params.get("sku") == "NOBODY"
        else None
    )
    results = write(scene, 5, "NOBODY", "LAMP")
    assert outcomes(results) == [Outcome.REFUSED, Outcome.ACCEPTED]


def test_an_item_of_another_shape_is_not_read_as_a_quantity(scene: Any) -> None:
    content = {"availability": {"shipToLocationAvailability": {"quantity": "many"}}}
    row = {"sku": "LAMP", "statusCode": 200, "inventoryItem": content}
    scene.connector.check()
    scene.wire.stand_in = lambda request: httpx.Response(200, json={"responses": [row]})
    with pytest.raises(ContractBrokenError, match="quantity"):
        scene.connector.read_stock(["LAMP"])


def test_reading_nothing_asks_nothing(scene: Any) -> None:
    assert scene.connector.read_stock([]) == ()
    assert scene.connector.fetch_listings([]) == ()
    assert scene.wire.requests == []
