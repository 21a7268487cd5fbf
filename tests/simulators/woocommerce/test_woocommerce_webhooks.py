"""Webhooks as a real shop sends them: late, merged, with repeated ids, and mortal."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.woocommerce import NewProduct, WooCommerceShop
from crossdock.simulators.world import World

SECRET = "tell-nobody"
HOOK = {"delivery_url": "http://hub.example/hook", "secret": SECRET}


@pytest.fixture
def subscribe(
    shop: WooCommerceShop, client: httpx.Client, mailbox: Any
) -> Callable[[str], int]:
    """Subscribe to a topic, and let the greeting pass."""

    def subscribed(topic: str) -> int:
        answer = client.post("/webhooks", json={**HOOK, "topic": topic})
        assert answer.status_code == 201
        shop.deliverer.deliver_due(mailbox)
        mailbox.envelopes.clear()
        return int(answer.json()["id"])

    return subscribed


def test_a_new_webhook_greets_with_an_unsigned_form(
    shop: WooCommerceShop, client: httpx.Client, mailbox: Any
) -> None:
    created = client.post("/webhooks", json={**HOOK, "topic": "order.created"}).json()
    shop.deliverer.deliver_due(mailbox)
    (greeting,) = mailbox.envelopes
    assert greeting.body == f"webhook_id={created['id']}".encode()
    assert greeting.headers["content-type"] == "application/x-www-form-urlencoded"
    assert not any(name.startswith("x-wc-webhook") for name in greeting.headers)
    assert "secret" not in created


def test_a_delivery_is_signed_over_its_very_bytes(
    shop: WooCommerceShop,
    client: httpx.Client,
    mailbox: Any,
    subscribe: Callable[[str], int],
    world: World,
    clock_listing: str,
) -> None:
    webhook_id = subscribe("order.created")
    order_id = world.buy("woo", clock_listing, 1, "Zoë Ångström")
    shop.deliverer.deliver_due(mailbox)
    (delivery,) = mailbox.envelopes
    digest = hmac.new(SECRET.encode(), delivery.body, hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    assert delivery.headers["x-wc-webhook-signature"] == signature
    assert delivery.headers["x-wc-webhook-topic"] == "order.created"
    assert delivery.headers["x-wc-webhook-id"] == str(webhook_id)
    assert json.loads(delivery.body) == client.get(f"/orders/{order_id}").json()


def test_two_deliveries_of_one_second_share_their_id(
    shop: WooCommerceShop,
    mailbox: Any,
    subscribe: Callable[[str], int],
    world: World,
    clock_listing: str,
    clock: VirtualClock,
) -> None:
    subscribe("order.created")
    for _ in range(2):
        world.buy("woo", clock_listing, 1, "Ada Lovelace")
    shop.deliverer.deliver_due(mailbox)
    clock.advance(1)
    world.buy("woo", clock_listing, 1, "Ada Lovelace")
    shop.deliverer.deliver_due(mailbox)
    ids = [one.headers["x-wc-webhook-delivery-id"] for one in mailbox.envelopes]
    assert ids[0] == ids[1] != ids[2]


def test_bodies_show_the_state_at_delivery_which_waits_for_cron(
    open_shop: Callable[..., WooCommerceShop],
    connect: Callable[[WooCommerceShop], httpx.Client],
    mailbox: Any,
    world: World,
    clock: VirtualClock,
) -> None:
    shop = open_shop(cron_seconds=55.0)
    client = connect(shop)
    client.post("/webhooks", json={**HOOK, "topic": "order.created"})
    shop.deliverer.deliver_due(mailbox)
    mailbox.envelopes.clear()
    order = client.post("/orders", json={}).json()
    assert shop.deliverer.deliver_due(mailbox) == 0
    shop.trash_order(str(order["id"]))
    clock.advance(55)
    shop.deliverer.deliver_due(mailbox)
    assert json.loads(mailbox.envelopes[0].body)["status"] == "trash"


def test_changes_that_wait_together_become_one_delivery(
    shop: WooCommerceShop,
    client: httpx.Client,
    mailbox: Any,
    subscribe: Callable[[str], int],
    world: World,
    clock_listing: str,
    clock: VirtualClock,
) -> None:
    order_id = world.buy("woo", clock_listing, 1, "Ada Lovelace")
    clock.advance(11)
    subscribe("order.updated")
    for note in ("a", "b", "c"):
        client.put(f"/orders/{order_id}", json={"customer_note": note})
    assert shop.deliverer.deliver_due(mailbox) == 1
    assert json.loads(mailbox.envelopes[0].body)["customer_note"] == "c"


def test_a_change_within_ten_seconds_of_creation_is_not_told(
    shop: WooCommerceShop,
    mailbox: Any,
    subscribe: Callable[[str], int],
    world: World,
    clock_listing: str,
    clock: VirtualClock,
) -> None:
    subscribe("order.updated")
    order_id = world.buy("woo", clock_listing, 1, "Ada Lovelace")
    world.cancel("woo", str(order_id))
    assert shop.deliverer.deliver_due(mailbox) == 0
    clock.advance(11)
    shop.set_order_status(str(order_id), "processing")
    assert shop.deliverer.deliver_due(mailbox) == 1


def test_a_deletion_carries_the_id_alone(
    shop: WooCommerceShop,
    client: httpx.Client,
    mailbox: Any,
    subscribe: Callable[[str], int],
    world: World,
    clock_listing: str,
) -> None:
    subscribe("order.deleted")
    order_id = world.buy("woo", clock_listing, 1, "Ada Lovelace")
    client.delete(f"/orders/{order_id}")
    shop.deliverer.deliver_due(mailbox)
    assert json.loads(mailbox.envelopes[0].body) == {"id": int(str(order_id))}


def test_a_record_that_is_gone_at_delivery_is_told_as_the_apis_own_error(
    shop: WooCommerceShop,
    client: httpx.Client,
    mailbox: Any,
    subscribe: Callable[[str], int],
    clock_listing: str,
) -> None:
    subscribe("order.created")
    order = client.post("/orders", json={}).json()
    client.delete(f"/orders/{order['id']}", params={"force": "true"})
    shop.deliverer.deliver_due(mailbox)
    assert json.loads(mailbox.envelopes[0].body)["data"]["status"] == 404


def test_a_sale_a_stock_write_and_a_new_product_are_told_as_products(
    shop: WooCommerceShop,
    client: httpx.Client,
    mailbox: Any,
    subscribe: Callable[[str], int],
    world: World,
    clock_listing: str,
    clock: VirtualClock,
) -> None:
    clock.advance(11)
    for topic in ("product.updated", "product.created", "product.deleted"):
        subscribe(topic)
    world.buy("woo", clock_listing, 1, "Ada Lovelace")
    shop.deliverer.deliver_due(mailbox)
    client.put(f"/products/{clock_listing}", json={"stock_quantity": 4})
    shop.deliverer.deliver_due(mailbox)
    told = [json.loads(one.body)["stock_quantity"] for one in mailbox.envelopes]
    assert told == [9, 4]
    shop.add_product(NewProduct(name="A", price=1 * shop.product(clock_listing).price))
    client.delete(f"/products/{clock_listing}", params={"force": "true"})
    assert shop.deliverer.deliver_due(mailbox) == 2
    topics = [one.headers["x-wc-webhook-topic"] for one in mailbox.envelopes[2:]]
    assert topics == ["product.created", "product.deleted"]


def test_six_failures_in_a_row_disable_a_webhook_and_nothing_is_retried(
    shop: WooCommerceShop,
    client: httpx.Client,
    mailbox: Any,
    subscribe: Callable[[str], int],
    world: World,
    clock_listing: str,
    clock: VirtualClock,
) -> None:
    webhook_id = subscribe("order.created")
    mailbox.status = 500
    for count in range(1, 7):
        status = client.get(f"/webhooks/{webhook_id}").json()["status"]
        assert status == "active", f"after {count - 1} failures"
        world.buy("woo", clock_listing, 1, "Ada Lovelace")
        shop.deliverer.deliver_due(mailbox)
        clock.advance(3600)
        assert shop.deliverer.deliver_due(mailbox) == 0
    assert client.get(f"/webhooks/{webhook_id}").json()["status"] == "disabled"
    world.buy("woo", clock_listing, 1, "Ada Lovelace")
    assert shop.deliverer.deliver_due(mailbox) == 0
    client.put(f"/webhooks/{webhook_id}", json={"status": "active"})
    mailbox.status = 200
    world.buy("woo", clock_listing, 1, "Ada Lovelace")
    assert shop.deliverer.deliver_due(mailbox) == 1


def test_a_success_forgives_the_failures_before_it(
    shop: WooCommerceShop,
    client: httpx.Client,
    mailbox: Any,
    subscribe: Callable[[str], int],
) -> None:
    webhook_id = subscribe("order.created")
    for status in [500] * 5 + [202] + [500] * 5:
        mailbox.status = status
        client.post("/orders", json={})
        shop.deliverer.deliver_due(mailbox)
    assert client.get(f"/webhooks/{webhook_id}").json()["status"] == "active"


def test_a_failed_greeting_counts_for_nothing(
    shop: WooCommerceShop, client: httpx.Client, mailbox: Any
) -> None:
    mailbox.status = 500
    for _ in range(7):
        client.post("/webhooks", json={**HOOK, "topic": "order.created"})
    shop.deliverer.deliver_due(mailbox)
    rows = client.get("/webhooks", params={"status": "active"})
    assert rows.headers["x-wp-total"] == "7"


def test_a_webhook_that_was_paused_or_ended_meanwhile_says_nothing(
    shop: WooCommerceShop,
    client: httpx.Client,
    mailbox: Any,
    subscribe: Callable[[str], int],
) -> None:
    paused, ended = subscribe("order.created"), subscribe("order.created")
    client.post("/orders", json={})
    client.put(f"/webhooks/{paused}", json={"status": "paused", "name": "later"})
    assert client.delete(f"/webhooks/{ended}").status_code == 501
    assert client.delete(f"/webhooks/{ended}", params={"force": "true"}).is_success
    assert shop.deliverer.deliver_due(mailbox) == 0
    assert client.get(f"/webhooks/{ended}").status_code == 404
    assert client.get(f"/webhooks/{paused}").json()["name"] == "later"


@pytest.mark.parametrize(
    "changes",
    [{"topic": "order"}, {"topic": "moon.rises"}, {"delivery_url": "ftp://x"}],
)
def test_a_webhook_that_cannot_be_is_a_400(
    client: httpx.Client, changes: dict[str, str]
) -> None:
    content = {**HOOK, "topic": "order.created", **changes}
    assert client.post("/webhooks", json=content).status_code == 400


def test_webhooks_can_be_written_in_a_batch(client: httpx.Client) -> None:
    create = [{**HOOK, "topic": "order.created"}, {**HOOK, "topic": "x"}]
    results = client.post("/webhooks/batch", json={"create": create}).json()["create"]
    assert results[1]["error"]["data"]["status"] == 400
    named = results[0]["id"]
    batch = {"update": [{"id": named, "status": "paused"}], "delete": [named]}
    results = client.post("/webhooks/batch", json=batch).json()
    assert results["update"][0]["status"] == results["delete"][0]["status"] == "paused"
    assert client.get("/webhooks").json() == []
