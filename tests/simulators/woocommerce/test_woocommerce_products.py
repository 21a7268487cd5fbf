"""Products, variations and the many ways in which a stock write changes nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import Fault
from crossdock.simulators.woocommerce import (
    NewProduct,
    NewVariation,
    WooCommerceShop,
)
from crossdock.simulators.world import World


@pytest.fixture
def shirts(shop: WooCommerceShop) -> tuple[str, ...]:
    """TEE with a common counter of 4: M and L inherit, XL has 3 of its own."""
    return shop.add_variable_product(
        "Tee",
        [
            NewVariation(options={"Size": "M"}, price=Decimal(9)),
            NewVariation(options={"Size": "L"}, price=Decimal(9)),
            NewVariation(
                options={"Size": "XL"}, price=Decimal(9), sku="TEE-XL", stock=3
            ),
        ],
        sku="TEE",
        parent_stock=4,
    )


def path_of(listing: str) -> str:
    parent, _, variation = listing.partition("/")
    return f"/products/{parent}" + (f"/variations/{variation}" if variation else "")


def read(client: httpx.Client, listing: str) -> dict[str, Any]:
    row: dict[str, Any] = client.get(path_of(listing)).json()
    return row


def test_a_variation_without_its_own_sku_shows_its_parents(
    client: httpx.Client, shirts: tuple[str, ...], world: World
) -> None:
    assert [read(client, one)["sku"] for one in shirts] == ["TEE", "TEE", "TEE-XL"]
    world.buy("woo", shirts[0], 1, "Ada Lovelace")
    line = client.get("/orders").json()[0]["line_items"][0]
    assert line["sku"] == "TEE"
    assert f"{line['product_id']}/{line['variation_id']}" == shirts[0]
    assert (line["name"], line["parent_name"]) == ("Tee - M", "Tee")


def test_a_product_without_a_sku_shows_an_empty_one(
    shop: WooCommerceShop, client: httpx.Client
) -> None:
    listing = shop.add_product(NewProduct(name="Nameless", price=Decimal(1)))
    assert read(client, listing)["sku"] == ""


def test_a_variation_may_live_from_its_parents_counter(
    shop: WooCommerceShop, client: httpx.Client, shirts: tuple[str, ...], world: World
) -> None:
    medium = read(client, shirts[0])
    assert (medium["manage_stock"], medium["stock_quantity"]) == ("parent", 4)
    world.buy("woo", shirts[0], 3, "Ada Lovelace")
    assert [shop.shown(one) for one in shirts] == [1, 1, 3]
    assert read(client, shirts[1])["stock_quantity"] == 1
    assert world.buy("woo", shirts[1], 2, "Ada Lovelace") is None


def test_a_list_of_products_has_no_variations_in_it(
    client: httpx.Client, shirts: tuple[str, ...]
) -> None:
    rows = client.get("/products", params={"order": "asc"}).json()
    assert [row["type"] for row in rows] == ["simple", "variable"]
    ids = [int(one.rpartition("/")[2]) for one in shirts]
    assert rows[1]["variations"] == ids
    listed = client.get(f"/products/{rows[1]['id']}/variations?order=asc").json()
    assert [row["id"] for row in listed] == ids


def test_products_are_found_by_sku_kind_status_and_id(
    client: httpx.Client, shirts: tuple[str, ...], clock_listing: str
) -> None:
    def found(query: str) -> list[str]:
        return [row["sku"] for row in client.get(f"/products?{query}").json()]

    assert found("sku=RETRO-CLOCK") == ["RETRO-CLOCK"]
    assert found("type=variable") == ["TEE"]
    assert found("status=draft") == []
    assert found(f"include={clock_listing}&orderby=include") == ["RETRO-CLOCK"]
    assert found("orderby=modified&order=asc") == ["RETRO-CLOCK", "TEE"]


def test_a_stock_write_is_absolute_and_told_to_the_world(
    shop: WooCommerceShop, client: httpx.Client, clock_listing: str, world: World
) -> None:
    answer = client.put(path_of(clock_listing), json={"stock_quantity": 3})
    assert answer.json()["stock_quantity"] == 3
    assert shop.shown(clock_listing) == 3
    answer = client.put(path_of(clock_listing), json={"stock_quantity": 0})
    assert answer.json()["stock_status"] == "outofstock"


def test_writing_stock_where_none_is_managed_answers_200_and_changes_nothing(
    shop: WooCommerceShop, client: httpx.Client
) -> None:
    new = NewProduct(name="Endless", sku="ENDLESS", price=Decimal(1), stock=None)
    listing = shop.add_product(new)
    answer = client.put(path_of(listing), json={"stock_quantity": 5})
    assert answer.status_code == 200
    assert (answer.json()["manage_stock"], answer.json()["stock_quantity"]) == (
        False,
        None,
    )
    assert shop.shown(listing) is None


def test_writing_stock_to_an_inheriting_variation_answers_200_and_changes_nothing(
    shop: WooCommerceShop, client: httpx.Client, shirts: tuple[str, ...]
) -> None:
    answer = client.put(path_of(shirts[0]), json={"stock_quantity": 50})
    assert (answer.status_code, answer.json()["stock_quantity"]) == (200, 4)
    assert shop.shown(shirts[0]) == 4


def test_management_and_quantity_can_be_written_together(
    shop: WooCommerceShop, client: httpx.Client, shirts: tuple[str, ...]
) -> None:
    changes = {"manage_stock": True, "stock_quantity": 2, "backorders": "notify"}
    answer = client.put(path_of(shirts[0]), json=changes)
    assert answer.json()["manage_stock"] is True
    assert answer.json()["backorders_allowed"] is True
    assert shop.shown(shirts[1]) == 4
    assert shop.shown(shirts[0]) is None


def test_a_product_that_manages_no_stock_can_be_declared_sold_out(
    shop: WooCommerceShop, client: httpx.Client, clock_listing: str
) -> None:
    changes = {"manage_stock": False, "stock_status": "outofstock"}
    assert client.put(path_of(clock_listing), json=changes).is_success
    assert shop.shown(clock_listing) == 0


def test_an_ignored_write_claims_the_new_quantity_and_keeps_the_old(
    shop: WooCommerceShop, client: httpx.Client, clock_listing: str
) -> None:
    shop.faults.arm_once(Fault.IGNORED_WRITE)
    answer = client.put(path_of(clock_listing), json={"stock_quantity": 3})
    assert answer.json()["stock_quantity"] == 3
    assert read(client, clock_listing)["stock_quantity"] == 10


def test_a_sale_and_a_write_move_the_products_date_of_change(
    client: httpx.Client, clock_listing: str, clock: VirtualClock, world: World
) -> None:
    clock.advance(60)
    world.buy("woo", clock_listing, 1, "Ada Lovelace")
    assert read(client, clock_listing)["date_modified_gmt"] == "2026-11-02T09:01:00"
    clock.advance(60)
    client.put(path_of(clock_listing), json={})
    assert read(client, clock_listing)["date_modified_gmt"] == "2026-11-02T09:02:00"


def test_a_batch_is_a_200_with_an_error_for_each_product_that_was_refused(
    client: httpx.Client, shirts: tuple[str, ...], clock_listing: str
) -> None:
    variation = int(shirts[0].rpartition("/")[2])
    updates = [
        {"id": int(clock_listing), "stock_quantity": 7},
        {"id": variation, "stock_quantity": 7},
        {"id": 4},
        {"id": int(clock_listing), "stock_quantity": "many"},
    ]
    batch = {"update": updates, "create": [{"name": "New"}], "delete": [5]}
    answer = client.post("/products/batch", json=batch)
    assert answer.status_code == 200
    good, not_here, unknown, malformed = answer.json()["update"]
    assert good["stock_quantity"] == 7
    assert not_here["error"]["code"] == "woocommerce_rest_invalid_product_id"
    assert unknown["error"]["data"]["status"] == 404
    assert malformed["error"]["data"]["status"] == 400
    assert answer.json()["create"][0]["error"]["data"]["status"] == 403
    assert answer.json()["delete"][0]["error"]["data"]["status"] == 404


def test_variations_have_their_own_batch_route(
    shop: WooCommerceShop, client: httpx.Client, shirts: tuple[str, ...]
) -> None:
    parent, _, variation = shirts[2].partition("/")
    batch = {
        "update": [{"id": int(variation), "stock_quantity": 8}, {"id": 5}],
        "delete": [int(shirts[0].rpartition("/")[2])],
    }
    answer = client.post(f"/products/{parent}/variations/batch", json=batch)
    assert answer.json()["update"][0]["stock_quantity"] == 8
    assert answer.json()["update"][1]["error"]["data"]["status"] == 404
    assert client.get(path_of(shirts[0])).status_code == 404
    assert client.post("/products/9/variations/batch", json={}).status_code == 404


@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 413)])
def test_a_batch_holds_a_hundred_at_most(
    client: httpx.Client, clock_listing: str, count: int, status: int
) -> None:
    batch = {"update": [{"id": int(clock_listing)}] * count}
    assert client.post("/products/batch", json=batch).status_code == status


@pytest.mark.parametrize("body", [{"update": "all"}, {"update": {"id": 1}}])
def test_a_batch_of_the_wrong_shape_is_a_400(
    client: httpx.Client, body: dict[str, Any]
) -> None:
    assert client.post("/products/batch", json=body).status_code == 400


def test_names_prices_and_meta_can_be_written(
    client: httpx.Client, clock_listing: str
) -> None:
    changes = {
        "name": "Clock",
        "sku": "CLOCK",
        "regular_price": "12.5",
        "global_unique_id": "4006381333931",
        "status": "draft",
        "meta_data": [{"key": "a", "value": "1"}],
    }
    row = client.put(path_of(clock_listing), json=changes).json()
    assert {name: row[name] for name in changes if name != "meta_data"} == {
        **{name: changes[name] for name in changes if name != "meta_data"},
        "regular_price": "12.50",
    }
    assert row["meta_data"][0]["value"] == "1"
    wrong = client.put(path_of(clock_listing), json={"regular_price": "cheap"})
    assert wrong.status_code == 400


def test_a_product_goes_to_the_trash_and_then_for_good(
    client: httpx.Client, shirts: tuple[str, ...]
) -> None:
    path = path_of(shirts[0].partition("/")[0])
    assert client.delete(path).json()["status"] == "trash"
    assert len(client.get("/products").json()) == 1
    assert client.delete(path, params={"force": "true"}).is_success
    assert client.get(path).status_code == 404
    assert client.get(path_of(shirts[2])).status_code == 404


def test_a_merchants_own_change_of_a_counter_is_no_write_from_outside(
    shop: WooCommerceShop, clock_listing: str, world: World, clock: VirtualClock
) -> None:
    world.receive("RETRO-CLOCK", 50)
    world.offer("east", "1", {"RETRO-CLOCK": 1})
    world.record_sale("east", "e1", "l1", "1", 1)
    shop.set_stock(clock_listing, 2)
    assert world.sale_to_update_ms() == ()
    unmanaged = shop.add_product(NewProduct(name="A", price=Decimal(1), stock=None))
    with pytest.raises(ValueError, match="keeps no stock"):
        shop.set_stock(unmanaged, 2)


def test_a_listing_sells_what_it_is_really_made_of(
    shop: WooCommerceShop, world: World
) -> None:
    new = NewProduct(
        name="Pair", sku="PAIR", price=Decimal(2), stock=5, sells={"SOCK": 2}
    )
    world.buy("woo", shop.add_product(new), 3, "Ada Lovelace")
    assert world.sold_units("SOCK") == 6


def test_the_shop_tells_its_version_currency_and_decimals(client: httpx.Client) -> None:
    status = client.get("/system_status").json()
    assert status["environment"]["version"] == "11.0.1"
    assert status["settings"]["currency"] == "EUR"
    assert status["settings"]["number_of_decimals"] == 2
    setting = client.get("/settings/general/woocommerce_currency").json()
    assert setting["value"] == "EUR"
    assert setting in client.get("/settings/general").json()
    assert client.get("/settings/general/mood").status_code == 404


def test_behind_a_lag_a_list_does_not_know_a_new_product_and_keeps_the_old_ones(
    shop: WooCommerceShop, client: httpx.Client, clock: VirtualClock
) -> None:
    clock.advance(60)
    shop.add_product(NewProduct(name="New", sku="NEW", price=Decimal(1)))
    for _ in range(2):
        shop.faults.arm_once(Fault.VISIBILITY_LAG)
        found = [row["sku"] for row in client.get("/products?order=asc").json()]
        assert found == ["RETRO-CLOCK"]
        clock.advance(1)
    clock.advance(5)
    shop.faults.arm_once(Fault.VISIBILITY_LAG)
    assert len(client.get("/products").json()) == 2
