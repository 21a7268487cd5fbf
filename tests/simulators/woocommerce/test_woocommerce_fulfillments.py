"""Native fulfillments, where the feature is switched on."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.simulators.woocommerce import NewProduct, WooCommerceShop
from crossdock.simulators.world import World


@pytest.fixture
def client(
    open_shop: Callable[..., WooCommerceShop],
    connect: Callable[[WooCommerceShop], httpx.Client],
    world: World,
) -> httpx.Client:
    """A client of a shop with native fulfillments and one order for 2 of a product."""
    shop = open_shop(native_fulfillments=True)
    listing = shop.add_product(NewProduct(name="A", sku="A", price=Decimal(5), stock=9))
    world.buy("woo", listing, 2, "Ada Lovelace")
    return connect(shop)


@pytest.fixture
def order(client: httpx.Client) -> dict[str, Any]:
    row: dict[str, Any] = client.get("/orders").json()[0]
    return row


def parcel(order: dict[str, Any], quantity: int, **changes: Any) -> dict[str, Any]:
    row = {"item_id": order["line_items"][0]["id"], "qty": quantity}
    meta = [
        {"key": "_items", "value": [row]},
        {"key": "_tracking_number", "value": "T1"},
    ]
    return {"status": "fulfilled", "is_fulfilled": True, "meta_data": meta, **changes}


def summary_of(client: httpx.Client, order: dict[str, Any]) -> dict[str, str]:
    row = client.get(f"/orders/{order['id']}").json()
    assert row["status"] == "processing"
    return {one["key"]: one["value"] for one in row["meta_data"]}


def test_without_the_feature_the_route_does_not_exist(
    shop: WooCommerceShop, connect: Callable[[WooCommerceShop], httpx.Client]
) -> None:
    client = connect(shop)
    order = client.post("/orders", json={}).json()
    answer = client.get(f"/orders/{order['id']}/fulfillments")
    assert (answer.status_code, answer.json()["code"]) == (404, "rest_no_route")


def test_fulfilled_is_true_when_written_and_text_when_read(
    client: httpx.Client, order: dict[str, Any]
) -> None:
    path = f"/orders/{order['id']}/fulfillments"
    created = client.post(path, json=parcel(order, 1))
    assert created.status_code == 201
    assert created.json()["is_fulfilled"] is True
    listed = client.get(path).json()
    assert [one["is_fulfilled"] for one in listed] == ["1"]
    one = client.get(f"{path}/{created.json()['id']}").json()
    assert (one["is_fulfilled"], one["entity_id"]) == ("1", str(order["id"]))


def test_the_orders_status_stays_and_a_meta_sums_up(
    client: httpx.Client, order: dict[str, Any]
) -> None:
    path = f"/orders/{order['id']}/fulfillments"
    assert summary_of(client, order) == {}
    draft = client.post(path, json=parcel(order, 1, is_fulfilled=False)).json()
    assert summary_of(client, order) == {"_fulfillment_status": "unfulfilled"}
    client.put(f"{path}/{draft['id']}", json={"is_fulfilled": True})
    assert summary_of(client, order) == {"_fulfillment_status": "partially_fulfilled"}
    client.post(path, json=parcel(order, 1))
    assert summary_of(client, order) == {"_fulfillment_status": "fulfilled"}
    for one in client.get(path).json():
        assert client.delete(f"{path}/{one['id']}").is_success
    assert summary_of(client, order) == {}


def test_a_repeat_is_taken_as_a_second_parcel(
    client: httpx.Client, order: dict[str, Any], world: World
) -> None:
    path = f"/orders/{order['id']}/fulfillments"
    for _ in range(2):
        assert client.post(path, json=parcel(order, 2)).status_code == 201
    assert [line.shipped for line in world.orders()[0].lines.values()] == [4]


@pytest.mark.parametrize(
    "meta",
    [
        None,
        [],
        [{"key": "_items", "value": []}],
        [{"key": "_items", "value": "all"}],
        [{"key": "_items", "value": [{"item_id": 1, "qty": 0}]}],
        [{"key": "_items", "value": [{"item_id": "1", "qty": 1}]}],
    ],
)
def test_a_parcel_needs_something_in_it(
    client: httpx.Client, order: dict[str, Any], meta: Any
) -> None:
    content = parcel(order, 1, meta_data=meta)
    answer = client.post(f"/orders/{order['id']}/fulfillments", json=content)
    assert answer.status_code == 400


def test_unknown_orders_and_parcels_are_errors(
    client: httpx.Client, order: dict[str, Any]
) -> None:
    assert client.get("/orders/9/fulfillments").status_code == 404
    assert client.get(f"/orders/{order['id']}/fulfillments/9").status_code == 400
