"""Deliveries: only genuine ones of this shop pass, and each names what to look at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.errors import RejectedError, WebhookRefusedError
from crossdock.canonical.pages import Delivery, Stream
from crossdock.connectors.shopify.webhooks import TOPICS, read_delivery
from crossdock.connectors.signatures import sign
from crossdock.simulators.books import BasketLine
from crossdock.simulators.webhooks import Envelope

Json = dict[str, Any]
SECRET = b"simulated-client-secret"
HOOK = "https://hub.example/hooks/1"


def make_headers(body: bytes, topic: str, **changes: str) -> dict[str, str]:
    return {
        "x-shopify-hmac-sha256": sign(body, SECRET),
        "x-shopify-shop-domain": "simulated.myshopify.com",
        "x-shopify-topic": topic,
        "x-shopify-webhook-id": "b54557e4",
        "x-shopify-event-id": "98880550",
    } | {name.replace("_", "-"): value for name, value in changes.items()}


def read(payload: Any, topic: str = "orders/updated", **changes: str) -> Delivery:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read_delivery(
        make_headers(body, topic, **changes),
        body,
        secrets=[SECRET],
        domain="simulated.myshopify.com",
    )


def test_a_delivery_is_known_by_its_webhook_id_and_names_an_order() -> None:
    delivery = read({"admin_graphql_api_id": "gid://shopify/Order/820982911946154508"})
    assert delivery == Delivery(
        event_id="b54557e4",
        topic="orders/updated",
        stream=Stream.ORDERS,
        external_id="gid://shopify/Order/820982911946154508",
    )


def test_a_numeric_id_beyond_what_a_float_holds_is_kept_exactly() -> None:
    delivery = read(b'{"id": 820982911946154509}')
    assert delivery.external_id == "gid://shopify/Order/820982911946154509"


@pytest.mark.parametrize(
    ("topic", "payload", "external_id"),
    [
        ("orders/edited", {"order_edit": {"order_id": 7}}, "gid://shopify/Order/7"),
        ("orders/delete", {"id": 7}, "gid://shopify/Order/7"),
        (
            "refunds/create",
            {
                "id": 5,
                "order_id": 7,
                "admin_graphql_api_id": "gid://shopify/Refund/5",
            },
            "gid://shopify/Order/7",
        ),
        ("fulfillments/create", {"id": 5, "order_id": 7}, "gid://shopify/Order/7"),
        ("products/delete", {"id": 3}, "gid://shopify/Product/3"),
        (
            "products/update",
            {"id": 3, "admin_graphql_api_id": "gid://shopify/Product/3"},
            "gid://shopify/Product/3",
        ),
        ("inventory_levels/update", {"inventory_item_id": 1}, ""),
        ("customers/redact", {"shop_id": 1}, ""),
        ("shop/redact", {"shop_id": 1}, ""),
        ("customers/data_request", {"shop_id": 1}, ""),
        ("app/uninstalled", {"id": 1}, ""),
        ("weather/changed", {}, ""),
    ],
)
def test_every_topic_points_at_the_record_to_look_at(
    topic: str, payload: Json, external_id: str
) -> None:
    delivery = read(payload, topic)
    assert delivery.external_id == external_id
    assert (delivery.stream is None) == (not external_id)
    assert delivery.revoked == (topic == "app/uninstalled")


@pytest.mark.parametrize(
    ("payload", "topic", "words"),
    [
        (b"not json", "orders/updated", "not a JSON object"),
        (b"[1]", "orders/updated", "not a JSON object"),
        (b"{}", "orders/updated", "does not say which record"),
        (b'{"id": 7.0}', "orders/updated", "does not say which record"),
        (b'{"order_edit": null}', "orders/edited", "does not say which record"),
        (b'{"id": 5}', "refunds/create", "does not say which record"),
    ],
)
def test_a_genuine_delivery_that_names_nothing_is_refused(
    payload: bytes, topic: str, words: str
) -> None:
    with pytest.raises(WebhookRefusedError, match=words):
        read(payload, topic)


@pytest.mark.parametrize("missing", ["x-shopify-webhook-id", "x-shopify-topic"])
def test_a_delivery_without_id_or_topic_is_refused(missing: str) -> None:
    body = b'{"id": 7}'
    headers = make_headers(body, "orders/updated")
    del headers[missing]
    with pytest.raises(WebhookRefusedError, match="lacks its id or its topic"):
        read_delivery(headers, body, secrets=[SECRET], domain="x")


@pytest.mark.parametrize("topic", ["orders/updated", "customers/redact"])
def test_a12_a_forged_delivery_of_any_topic_is_refused(topic: str) -> None:
    with pytest.raises(WebhookRefusedError, match="not signed"):
        read({"id": 7}, topic, **{"x-shopify-hmac-sha256": "AAAA"})


def test_a12_another_shops_delivery_is_refused_though_the_secret_is_the_same() -> None:
    with pytest.raises(WebhookRefusedError, match="another shop"):
        read({"id": 7}, **{"x-shopify-shop-domain": "other.myshopify.com"})


def test_a_shop_at_an_address_of_its_own_cannot_be_told_by_its_domain() -> None:
    body = b'{"id": 7}'
    headers = make_headers(body, "orders/updated")
    delivery = read_delivery(headers, body, secrets=[SECRET], domain="10.0.0.5:8080")
    assert delivery.external_id == "gid://shopify/Order/7"


def test_a14_the_previous_secret_is_good_while_it_is_being_rotated(
    open_mocked: Callable[..., Any],
) -> None:
    body = b'{"id": 7}'
    headers = make_headers(body, "orders/updated")
    rotated = open_mocked(
        client_secret="shpss_new", previous_client_secret=SECRET.decode()
    )
    assert rotated.read_webhook(headers, body).event_id == "b54557e4"
    with pytest.raises(WebhookRefusedError):
        open_mocked(client_secret="shpss_new").read_webhook(headers, body)


def test_the_vendors_sample_bodies_name_their_orders(specs: Path) -> None:
    folder = specs / "shopify" / "webhooks-2026-07" / "samples"
    for path in sorted(folder.glob("*.json")):
        sample = json.loads(path.read_text())
        delivery = read(sample["response"], sample["name"])
        if delivery.stream is Stream.ORDERS:
            wanted = "gid://shopify/Order/820982911946154508"
            assert delivery.external_id == wanted
        else:
            assert sample["name"] == "inventory_levels/update"


def test_subscribing_is_safe_to_repeat_and_can_be_ended_twice(
    open_pair: Callable[..., Any],
) -> None:
    connector = open_pair().connector
    made = [connector.subscribe(topic, HOOK) for topic in connector.topics]
    assert tuple(one.topic for one in made) == TOPICS
    assert connector.subscribe("orders/create", HOOK) == made[0]
    assert set(connector.list_subscriptions()) == set(made)
    connector.unsubscribe(made[0].external_id)
    connector.unsubscribe(made[0].external_id)
    assert set(connector.list_subscriptions()) == set(made[1:])


def test_an_address_that_shopify_does_not_take_is_told(
    open_pair: Callable[..., Any],
) -> None:
    connector = open_pair().connector
    connector.subscribe("orders/create", HOOK)
    with pytest.raises(RejectedError, match="not supported"):
        connector.subscribe("orders/create", "ftp://hub.example")


def make_page(*ids: int, token: str | None = None) -> Json:
    nodes = [{"id": f"s{n}", "topic": "CARTS_CREATE", "uri": HOOK} for n in ids]
    info = {"hasNextPage": bool(token), "endCursor": token}
    return {"data": {"webhookSubscriptions": {"nodes": nodes, "pageInfo": info}}}


def test_all_pages_of_subscriptions_are_read_and_strangers_keep_their_name(
    mocked: Any,
) -> None:
    mocked.answer(make_page(1, token="t1"), make_page(2))
    found = mocked.connector.list_subscriptions()
    assert [(one.external_id, one.topic) for one in found] == [
        ("s1", "CARTS_CREATE"),
        ("s2", "CARTS_CREATE"),
    ]


def test_a_subscription_that_shopify_keeps_is_told(mocked: Any) -> None:
    errors = {"userErrors": [{"field": ["id"], "message": "not now"}]}
    mocked.answer({"data": {"webhookSubscriptionDelete": errors}}, make_page(1))
    with pytest.raises(RejectedError, match="not now"):
        mocked.connector.unsubscribe("s1")


def test_deliveries_name_the_record_and_carry_nothing_personal(
    open_pair: Callable[..., Any],
) -> None:
    pair = open_pair()
    variant = pair.shop.add_variant(pair.shop.add_product("Clock"), "CLOCK")
    for topic in pair.connector.topics:
        pair.connector.subscribe(topic, HOOK)
    order_id = pair.shop.sell([BasketLine(variant.gid, 1)], "Ada Lovelace")
    pair.clock.advance(5)
    pair.shop.cancel_order(order_id)
    pair.shop.uninstall_app()
    bodies: list[Json] = []

    def hear(envelope: Envelope) -> int:
        bodies.append(json.loads(envelope.body))
        return 200

    pair.shop.deliverer.deliver_due(hear)
    assert {name for body in bodies for name in body} == {
        "id",
        "admin_graphql_api_id",
        "updated_at",
    }
    # Shopify drops deliveries that look the same within a short time.
    told = [body for body in bodies if body.get("admin_graphql_api_id") == order_id]
    assert len({body["updated_at"] for body in told}) == 2


def test_what_the_simulated_shop_sends_is_accepted(
    open_pair: Callable[..., Any],
) -> None:
    pair = open_pair()
    variant = pair.shop.add_variant(pair.shop.add_product("Clock"), "CLOCK")
    for topic in pair.connector.topics:
        pair.connector.subscribe(topic, HOOK)
    order_id = pair.shop.sell([BasketLine(variant.gid, 1)], "Ada")
    heard: list[Delivery] = []

    def hear(envelope: Envelope) -> int:
        headers = {name.lower(): value for name, value in envelope.headers.items()}
        heard.append(pair.connector.read_webhook(headers, envelope.body))
        return 200

    pair.clock.advance(60)
    pair.shop.deliverer.deliver_due(hear)
    orders = [one for one in heard if one.stream is Stream.ORDERS]
    assert {one.external_id for one in orders} == {order_id}
    assert {one.topic for one in orders} == {"orders/create", "orders/updated"}
    assert len({one.event_id for one in heard}) == len(heard)
