"""Quantities and prices at Etsy: a full replacement that loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from crossdock.canonical.listings import ListingState
from crossdock.canonical.money import Money
from crossdock.canonical.pushes import Outcome, PriceWrite, StockWrite
from crossdock.connectors.etsy import plugin


def shown(scene: Any) -> list[int]:
    return [scene.shop.shown(key) for key in scene.shirts]


def test_a_write_to_one_variation_leaves_its_siblings_as_they_are(scene: Any) -> None:
    before = [scene.shop.product(key) for key in scene.shirts]
    assert scene.write(scene.shirts[1], 2).outcome is Outcome.ACCEPTED
    assert shown(scene) == [5, 2, 5]
    after = [scene.shop.product(key) for key in scene.shirts]
    assert [one.sku for one in after] == ["SHIRT-S", "SHIRT-M", "SHIRT-L"]
    assert [one.price for one in after] == [one.price for one in before]
    assert scene.shop.listing(scene.shirts[0]).quantity_on == [513]


def test_an_update_carries_no_ids_of_etsys_and_prices_as_plain_numbers(
    scene: Any,
) -> None:
    scene.write(scene.shirts[0], 3)
    (request,) = scene.asked("PUT", "/inventory")
    body = orjson.loads(request.content)
    product = body["products"][0]
    assert set(product) == {"sku", "property_values", "offerings"}
    assert product["offerings"] == [
        {
            "price": 30.0,
            "quantity": 3,
            "is_enabled": True,
            "readiness_state_id": 700_001,
        }
    ]
    assert "scale_name" not in product["property_values"][0]
    assert body["sku_on_property"] == [513]


def test_writes_to_several_variations_of_a_listing_are_one_update(scene: Any) -> None:
    writes = [
        StockWrite(key, number, None, key) for number, key in enumerate(scene.shirts, 1)
    ]
    writes.insert(1, StockWrite(scene.lamp, 4, None, "lamp"))
    results = scene.connector.push_stock(writes)
    assert [one.outcome for one in results] == [Outcome.ACCEPTED] * 4
    assert shown(scene) == [1, 2, 3]
    assert scene.shop.shown(scene.lamp) == 4
    assert len(scene.asked("PUT", "/inventory")) == 2


def test_a_variation_is_known_by_its_properties_because_its_ids_are_new_each_time(
    scene: Any,
) -> None:
    key = scene.shirts[0]
    first = scene.shop.product(key).product_id
    scene.write(key, 4)
    assert scene.shop.product(key).product_id != first
    assert scene.write(key, 3).outcome is Outcome.ACCEPTED
    assert scene.connector.read_stock([key])[0].quantity == 3


def test_variations_that_share_a_quantity_are_one_stock_record(scene: Any) -> None:
    keys = scene.offer_shirts("quantity")
    listing_id = keys[0].partition(":")[0]
    (record,) = scene.connector.fetch_listings([listing_id])
    listings = plugin.translator.read_listings(record.payload)
    assert [one.external_id for one in listings] == keys
    assert {one.stock_external_id for one in listings} == {listing_id}
    assert scene.write(listing_id, 2).outcome is Outcome.ACCEPTED
    assert [scene.shop.shown(key) for key in keys] == [2, 2, 2]


def test_skus_may_be_empty_or_the_same(scene: Any) -> None:
    keys = scene.offer_shirts("sku")
    (record,) = scene.connector.fetch_listings([keys[0].partition(":")[0]])
    listings = plugin.translator.read_listings(record.payload)
    assert [one.sku for one in listings] == ["SHIRT"] * 3
    assert len({one.external_id for one in listings}) == 3
    assert scene.write(keys[2], 1).outcome is Outcome.ACCEPTED
    assert [scene.shop.shown(key) for key in keys] == [5, 5, 1]


def test_a_variation_that_is_gone_is_refused_and_the_others_are_written(
    scene: Any,
) -> None:
    gone = scene.shirts[0].replace("7001", "7999")
    writes = [StockWrite(each, 2, None, each) for each in (gone, scene.shirts[1])]
    results = scene.connector.push_stock(writes)
    assert [one.outcome for one in results] == [Outcome.REFUSED, Outcome.ACCEPTED]
    assert shown(scene) == [5, 2, 5]


def test_a_listing_of_which_nothing_is_left_is_taken_off_sale_and_comes_back(
    scene: Any,
) -> None:
    for key in scene.shirts:
        assert scene.write(key, 0).outcome is Outcome.ACCEPTED
    assert shown(scene) == [0, 0, 0]
    assert scene.shop.listing(scene.shirts[0]).state == "inactive"
    readings = scene.connector.read_stock(scene.shirts)
    assert [one.quantity for one in readings] == [0, 0, 0]
    # Another worker, which was not there, knows that the hub did it.
    scene.connector = scene.connect()
    assert scene.write(scene.shirts[0], 3).outcome is Outcome.ACCEPTED
    assert scene.shop.listing(scene.shirts[0]).state == "active"
    assert shown(scene) == [3, 0, 0]


def test_a_parked_listing_counts_as_sold_out_and_not_as_withdrawn(scene: Any) -> None:
    scene.write(scene.lamp, 0)
    (record,) = scene.connector.fetch_listings([scene.lamp])
    (listing,) = plugin.translator.read_listings(record.payload)
    assert (listing.state, listing.quantity) == (ListingState.ACTIVE, 0)


def test_what_the_owner_took_off_sale_stays_off_sale(scene: Any) -> None:
    scene.shop.set_state(scene.lamp, "inactive")
    assert scene.write(scene.lamp, 7).outcome is Outcome.ACCEPTED
    assert scene.shop.listing(scene.lamp).state == "inactive"
    assert scene.connector.read_stock([scene.lamp])[0].quantity == 7
    result = scene.write(scene.lamp, 0)
    assert result.outcome is Outcome.REFUSED
    assert "not on sale" in result.reason


def test_a_listing_that_the_owner_put_back_is_not_taken_for_parked(scene: Any) -> None:
    scene.write(scene.lamp, 0)
    scene.shop.set_state(scene.lamp, "active")
    assert scene.connector.read_stock([scene.lamp])[0].quantity == 10
    scene.write(scene.lamp, 6)
    scene.shop.set_state(scene.lamp, "inactive")
    scene.write(scene.lamp, 5)
    assert scene.shop.listing(scene.lamp).state == "inactive"


def test_a_sold_out_listing_is_renewed_only_where_the_fee_is_allowed(
    open_scene: Callable[..., Any],
) -> None:
    for allowed in (False, True):
        scene = open_scene(entered={"renew_sold_out": allowed})
        scene.buy(quantity=10)
        assert scene.shop.listing(scene.lamp).state == "sold_out"
        assert scene.write(scene.lamp, 0).outcome is Outcome.ACCEPTED
        result = scene.write(scene.lamp, 4)
        assert (result.outcome is Outcome.ACCEPTED) is allowed
        assert ("renew_sold_out" in result.reason) is not allowed
        assert scene.shop.shown(scene.lamp) == (4 if allowed else 0)
        assert scene.shop.listing(scene.lamp).renewals == int(allowed)


def test_a_scan_tells_listings_of_every_state(scene: Any) -> None:
    for key in scene.shirts:
        scene.buy(key, 5)
    other = scene.offer_shirts()[0]
    scene.shop.set_state(other, "inactive")
    states: dict[str, set[ListingState]] = {}
    cursor: str | None = None
    while True:
        page = scene.connector.pull_listings(cursor)
        for record in page.records:
            found = plugin.translator.read_listings(record.payload)
            states[record.external_id] = {one.state for one in found}
        cursor = page.cursor
        if page.complete:
            break
    assert states == {
        scene.lamp: {ListingState.ACTIVE},
        scene.shirts[0].partition(":")[0]: {ListingState.ACTIVE},
        other.partition(":")[0]: {ListingState.INACTIVE},
    }


def test_a_long_scan_loses_none_while_listings_sell_out_between_its_pages(
    scene: Any,
) -> None:
    keys = [scene.offer_shirts()[0] for _ in range(60)]
    found: set[str] = set()
    cursor: str | None = None
    while True:
        page = scene.connector.pull_listings(cursor)
        if cursor is None:
            for key in keys[:3]:
                scene.shop.set_state(key, "sold_out")
        found |= {record.external_id for record in page.records}
        cursor = page.cursor
        if page.complete:
            break
    assert {key.partition(":")[0] for key in keys} <= found


@pytest.mark.parametrize(
    ("currency", "outcome"), [("USD", Outcome.ACCEPTED), ("EUR", Outcome.REFUSED)]
)
def test_a_price_is_written_in_the_currency_of_the_listing(
    scene: Any, currency: str, outcome: Outcome
) -> None:
    write = PriceWrite(scene.shirts[1], Money.of("19.99", currency), "p")
    (result,) = scene.connector.push_prices([write])
    assert result.outcome is outcome
    prices = [str(scene.shop.product(key).price) for key in scene.shirts]
    assert prices[1] == ("19.99" if outcome is Outcome.ACCEPTED else "30.00")
    assert float(prices[0]) == 30


def test_variations_that_share_a_price_take_one_and_refuse_a_second(scene: Any) -> None:
    keys = scene.offer_shirts("price")
    writes = [
        PriceWrite(key, Money.of(price, "USD"), key)
        for key, price in zip(keys, ("25", "25", "26"), strict=True)
    ]
    results = scene.connector.push_prices(writes)
    assert [one.outcome for one in results] == [
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
        Outcome.REFUSED,
    ]
    assert {float(scene.shop.product(key).price) for key in keys} == {25}
    assert shown(scene) == [5, 5, 5]
