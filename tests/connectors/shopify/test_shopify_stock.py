"""Quantities under compare-and-set, all or none, each write with its own result."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import RejectedError, RetryLaterError
from crossdock.canonical.pushes import Outcome, StockWrite
from crossdock.connectors.shopify.stock import derive_key

Json = dict[str, Any]
ITEM = "gid://shopify/InventoryItem/"


def make_writes(*expected: int | None) -> list[StockWrite]:
    return [
        StockWrite(f"{ITEM}{n}", 10 + n, value, f"key-{n}")
        for n, value in enumerate(expected)
    ]


def make_answer(*errors: tuple[str | None, list[str] | None, str]) -> Json:
    listed = [
        {"code": code, "field": field, "message": message}
        for code, field, message in errors
    ]
    return {"data": {"inventorySetQuantities": {"userErrors": listed}}}


def stale(index: int) -> tuple[str, list[str], str]:
    field = ["input", "quantities", str(index), "changeFromQuantity"]
    return "CHANGE_FROM_QUANTITY_STALE", field, "no longer matches"


def outcomes(results: Any) -> list[str]:
    return [result.outcome.value for result in results]


@pytest.fixture
def stocked(open_pair: Callable[..., Any]) -> tuple[Any, list[Any]]:
    """A shop with three variants of ten units, and their rows."""
    pair = open_pair()
    product = pair.shop.add_product("Clock")
    variants = [pair.shop.add_variant(product, f"CLOCK-{n}") for n in range(3)]
    return pair, variants


def test_a_batch_is_one_compare_and_set_with_one_key(mocked: Any) -> None:
    mocked.answer(make_answer())
    writes = make_writes(5, None)
    assert outcomes(mocked.connector.push_stock(writes)) == ["accepted", "accepted"]
    (asked,) = mocked.asked
    assert asked["key"] == derive_key(writes)
    location = "gid://shopify/Location/1"
    assert asked["input"]["quantities"] == [
        {
            "inventoryItemId": f"{ITEM}0",
            "locationId": location,
            "quantity": 10,
            "changeFromQuantity": 5,
        },
        {
            "inventoryItemId": f"{ITEM}1",
            "locationId": location,
            "quantity": 11,
            "changeFromQuantity": None,
        },
    ]


def test_e03_the_key_of_a_batch_depends_on_the_keys_of_its_writes_alone() -> None:
    assert derive_key(make_writes(1, 2)) == derive_key(make_writes(1, 2))
    assert derive_key(make_writes(1, 2)) != derive_key(make_writes(1))
    assert len(derive_key(make_writes(1))) == 36


def test_nothing_is_sent_for_no_writes(mocked: Any) -> None:
    assert mocked.connector.push_stock([]) == ()
    assert mocked.asked == []


def test_e16_the_good_writes_of_a_refused_batch_are_sent_once_more(
    mocked: Any,
) -> None:
    invalid = ("INVALID_INVENTORY_ITEM", ["input", "quantities", "2"], "not found")
    mocked.answer(make_answer(stale(0), invalid), make_answer())
    results = mocked.connector.push_stock(make_writes(1, 2, 3, 4))
    assert outcomes(results) == ["stale", "accepted", "refused", "accepted"]
    assert results[2].reason == "not found"
    again = mocked.asked[1]
    sent = [entry["inventoryItemId"][-1] for entry in again["input"]["quantities"]]
    assert sent == ["1", "3"]
    assert again["key"] != mocked.asked[0]["key"]


def test_what_was_refused_twice_is_decided_again(mocked: Any) -> None:
    mocked.answer(make_answer(stale(0)), make_answer(stale(1)))
    results = mocked.connector.push_stock(make_writes(1, 2, 3))
    assert outcomes(results) == ["stale", "stale", "stale"]
    assert "another write" in results[1].reason
    assert len(mocked.asked) == 2


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("INVALID_LOCATION", "refused"),
        ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "stale"),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "stale"),
        (None, "refused"),
    ],
)
def test_an_error_about_no_write_in_particular_is_about_all(
    mocked: Any, code: str | None, outcome: str
) -> None:
    mocked.answer(make_answer((code, None, "no")))
    results = mocked.connector.push_stock(make_writes(1, 2))
    assert outcomes(results) == [outcome, outcome]
    assert len(mocked.asked) == 1


def test_an_index_beyond_the_batch_names_no_write(mocked: Any) -> None:
    mocked.answer(make_answer(("INVALID_NAME", ["input", "quantities", "9"], "no")))
    results = mocked.connector.push_stock(make_writes(1, 2))
    assert outcomes(results) == ["refused", "refused"]


def test_the_same_batch_in_progress_elsewhere_is_waited_for(mocked: Any) -> None:
    mocked.answer(make_answer(("IDEMPOTENCY_CONCURRENT_REQUEST", None, "busy")))
    with pytest.raises(RetryLaterError) as caught:
        mocked.connector.push_stock(make_writes(1))
    assert caught.value.delay_seconds == 2.0


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"data": {"inventorySetQuantities": None}}),
        httpx.Response(
            200,
            json={
                "errors": [
                    {"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
                ]
            },
        ),
    ],
)
def test_e01_a_write_whose_answer_says_nothing_is_unknown(
    mocked: Any, answer: httpx.Response
) -> None:
    mocked.route.mock(return_value=answer)
    results = mocked.connector.push_stock(make_writes(1, 2))
    assert outcomes(results) == ["unknown", "unknown"]
    assert len(mocked.route.calls) == 1


def test_a_missing_scope_refuses_the_writes_and_names_it(mocked: Any) -> None:
    denied = {"code": "ACCESS_DENIED", "requiredAccess": "`write_inventory` access"}
    error = {"message": "Denied", "path": ["x"], "extensions": denied}
    mocked.answer({"errors": [error], "data": None})
    (result,) = mocked.connector.push_stock(make_writes(1))
    assert result.outcome is Outcome.REFUSED
    assert "write_inventory" in result.reason


def test_an_empty_bucket_writes_nothing_and_says_when_to_come_back(
    mocked: Any,
) -> None:
    mocked.answer({"errors": [{"message": "Throttled"}]})
    with pytest.raises(RetryLaterError):
        mocked.connector.push_stock(make_writes(1))


def test_d03_a_sale_that_the_hub_has_not_seen_is_not_erased(
    stocked: tuple[Any, list[Any]],
) -> None:
    pair, (sold, kept, _) = stocked
    pair.shop.set_available(sold, 9)
    writes = [
        StockWrite(sold.item_gid, 50, 10, "a"),
        StockWrite(kept.item_gid, 50, 10, "b"),
    ]
    assert outcomes(pair.connector.push_stock(writes)) == ["stale", "accepted"]
    assert (sold.available, kept.available) == (9, 50)


def test_stock_reads_back_in_the_order_that_was_asked(
    stocked: tuple[Any, list[Any]],
) -> None:
    pair, variants = stocked
    untracked = pair.shop.add_variant(
        variants[0].product, "SERVICE", title="Service", tracked=False
    )
    pair.shop.set_available(variants[1], 7)
    ids = [
        variants[1].item_gid,
        f"{ITEM}1",
        untracked.item_gid,
        str(variants[0].item_number),
        "nonsense",
    ]
    readings = pair.connector.read_stock(ids)
    assert [reading.stock_external_id for reading in readings] == ids
    assert [reading.quantity for reading in readings] == [7, None, None, 10, None]
    assert readings[0].read_at == pair.clock.now()


def test_an_item_that_is_not_kept_at_the_location_has_no_quantity(
    mocked: Any,
) -> None:
    item = {"id": f"{ITEM}1", "tracked": True, "inventoryLevel": None}
    empty = {"id": f"{ITEM}2", "tracked": True, "inventoryLevel": {"quantities": []}}
    mocked.answer({"data": {"nodes": [item, empty]}})
    readings = mocked.connector.read_stock([f"{ITEM}1", f"{ITEM}2"])
    assert [reading.quantity for reading in readings] == [None, None]


def test_the_only_active_location_is_found_once(mocked: Any, open_mocked: Any) -> None:
    places = [
        {"id": "gid://shopify/Location/4", "name": "Old", "isActive": False},
        {"id": "gid://shopify/Location/5", "name": "Shop", "isActive": True},
    ]
    mocked.answer(
        {"data": {"locations": {"nodes": places}}}, make_answer(), make_answer()
    )
    connector = open_mocked()
    connector.push_stock(make_writes(1))
    connector.push_stock(make_writes(1))
    bodies = [json.loads(call.request.content) for call in mocked.route.calls]
    assert ["query Locations" in body["query"] for body in bodies] == [
        True,
        False,
        False,
    ]
    sent = bodies[1]["variables"]["input"]["quantities"][0]
    assert sent["locationId"] == "gid://shopify/Location/5"


def test_several_locations_and_none_chosen_is_told_with_the_choice(
    open_pair: Callable[..., Any],
) -> None:
    pair = open_pair(shop={"locations": ("Berlin", "Hamburg")})
    with pytest.raises(RejectedError, match="2 active locations") as caught:
        pair.connector.push_stock(make_writes(1))
    assert "Berlin (gid://shopify/Location/" in caught.value.next_step
