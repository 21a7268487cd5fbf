"""Webhooks are believed only if signed, and their subscriptions are kept alive."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest
import respx
from crossdock.canonical.errors import WebhookRefusedError
from crossdock.canonical.pages import Stream
from crossdock.connectors.woocommerce.connector import WooCommerceConnector
from crossdock.connectors.woocommerce.webhooks import derive_webhook_secret

Json = dict[str, Any]
SECRET = derive_webhook_secret("cs_fedcba9876543210")
URL = "https://hub.example/hooks/1"


def deliver(
    body: bytes, topic: str = "order.updated", **changes: str
) -> tuple[dict[str, str], bytes]:
    """Return headers and body as the shop would send them."""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    headers = {
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-delivery-id": "d-1",
        "x-wc-webhook-signature": base64.b64encode(digest).decode(),
        "content-type": "application/json",
    }
    return {**headers, **changes}, body


@pytest.mark.parametrize(
    ("topic", "body", "stream", "record_id"),
    [
        ("order.created", {"id": 9, "status": "trash"}, Stream.ORDERS, "9"),
        ("order.deleted", {"id": 9}, Stream.ORDERS, "9"),
        ("product.updated", {"id": 5, "type": "simple"}, Stream.LISTINGS, "5"),
        (
            "product.updated",
            {"id": 61, "type": "variation", "parent_id": 6},
            Stream.LISTINGS,
            "6",
        ),
        ("customer.updated", {"id": 3}, None, ""),
        ("action.woocommerce_add_to_cart", {"arg": "x"}, None, ""),
    ],
)
def test_a_signed_delivery_names_the_record_to_look_at(
    connector: WooCommerceConnector,
    topic: str,
    body: Json,
    stream: Stream | None,
    record_id: str,
) -> None:
    delivery = connector.read_webhook(*deliver(json.dumps(body).encode(), topic))
    assert (delivery.topic, delivery.stream) == (topic, stream)
    assert delivery.external_id == record_id
    assert not delivery.revoked


def test_a12_a_body_changed_in_any_byte_is_refused(
    connector: WooCommerceConnector,
) -> None:
    headers, body = deliver(b'{"id":9}')
    for index in range(len(body)):
        forged = body[:index] + bytes([body[index] ^ 1]) + body[index + 1 :]
        with pytest.raises(WebhookRefusedError):
            connector.read_webhook(headers, forged)


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64 ✓"])
def test_a12_a_missing_or_foreign_signature_is_refused(
    connector: WooCommerceConnector, signature: str
) -> None:
    headers, body = deliver(b'{"id":9}', **{"x-wc-webhook-signature": signature})
    with pytest.raises(WebhookRefusedError):
        connector.read_webhook(headers, body)


def test_a12_another_shops_signature_is_refused(connect: Any) -> None:
    with pytest.raises(WebhookRefusedError):
        connect(consumer_secret="cs_other_0123456789").read_webhook(
            *deliver(b'{"id":9}')
        )


def test_a18_the_ping_is_let_through_unsigned_and_means_nothing(
    connector: WooCommerceConnector,
) -> None:
    delivery = connector.read_webhook({}, b"webhook_id=12")
    assert (delivery.topic, delivery.stream, delivery.external_id) == ("ping", None, "")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"x-wc-webhook-topic": "order.updated"}, b"webhook_id=12"),
        ({}, b"webhook_id=12&id=9"),
        ({}, b""),
    ],
)
def test_what_only_resembles_a_ping_must_be_signed(
    connector: WooCommerceConnector, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(WebhookRefusedError):
        connector.read_webhook(headers, body)


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"null", b"not json", b'{"id": null}', b'{"id": "x"}']
)
def test_a_signed_delivery_about_no_record_is_refused(
    connector: WooCommerceConnector, body: bytes
) -> None:
    with pytest.raises(WebhookRefusedError):
        connector.read_webhook(*deliver(body))


def test_two_deliveries_that_share_the_shops_id_are_two_events(
    connector: WooCommerceConnector,
) -> None:
    first = connector.read_webhook(*deliver(b'{"id":9}'))
    again = connector.read_webhook(*deliver(b'{"id":9}'))
    other = connector.read_webhook(*deliver(b'{"id":10}'))
    assert first.event_id == again.event_id
    assert first.event_id != other.event_id


def test_the_webhook_secret_is_not_the_consumer_secret() -> None:
    assert "cs_fedcba9876543210" not in SECRET
    assert derive_webhook_secret("cs_fedcba9876543210") == SECRET
    assert derive_webhook_secret("cs_fedcba9876543211") != SECRET


def webhook(webhook_id: int, status: str = "active", **changes: Any) -> Json:
    """A webhook as the shop lists it."""
    return {
        "id": webhook_id,
        "name": "Crossdock order.updated",
        "status": status,
        "topic": "order.updated",
        "delivery_url": URL,
        **changes,
    }


def test_only_our_own_webhooks_are_listed_whatever_their_state(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    rows = [webhook(1), webhook(2, "disabled"), webhook(3, name="Somebody else's")]
    route = shop.get("/webhooks").respond(200, json=rows)
    found = connector.list_subscriptions()
    assert [(each.external_id, each.active) for each in found] == [
        ("1", True),
        ("2", False),
    ]
    assert route.calls[0].request.url.params["status"] == "all"


def test_a_shop_with_more_webhooks_than_a_page_is_listed_whole(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    pages = [[webhook(number) for number in range(100)], [webhook(100)]]
    shop.get("/webhooks").mock(
        side_effect=lambda request: httpx.Response(
            200, json=pages[int(request.url.params["page"]) - 1]
        )
    )
    assert len(connector.list_subscriptions()) == 101


def test_a_new_subscription_carries_our_name_and_secret(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/webhooks").respond(200, json=[webhook(1, topic="order.created")])
    created = shop.post("/webhooks").respond(201, json=webhook(5))
    subscription = connector.subscribe("order.updated", URL)
    assert (subscription.external_id, subscription.active) == ("5", True)
    assert json.loads(created.calls[0].request.content) == {
        "name": "Crossdock order.updated",
        "topic": "order.updated",
        "delivery_url": URL,
        "secret": SECRET,
        "status": "active",
    }


def test_a14_subscribing_again_renews_the_secret_and_makes_no_second_webhook(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/webhooks").respond(200, json=[webhook(5)])
    renewed = shop.put("/webhooks/5").respond(200, json=webhook(5))
    assert connector.subscribe("order.updated", URL).external_id == "5"
    body = json.loads(renewed.calls[0].request.content)
    assert body == {"status": "active", "secret": SECRET}


def test_a08_a_webhook_that_the_shop_disabled_is_replaced(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/webhooks").respond(200, json=[webhook(5, "disabled")])
    deleted = shop.delete("/webhooks/5").respond(200, json=webhook(5))
    shop.post("/webhooks").respond(201, json=webhook(6))
    assert connector.subscribe("order.updated", URL).external_id == "6"
    assert deleted.calls[0].request.url.params["force"] == "true"


def test_ending_a_subscription_that_is_gone_is_no_error(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    route = shop.delete("/webhooks/5").respond(404, json={"message": "gone"})
    connector.unsubscribe("5")
    assert route.called


def test_every_topic_is_one_that_a_delivery_can_be_read_of(
    connector: WooCommerceConnector,
) -> None:
    for topic in connector.topics:
        assert connector.read_webhook(*deliver(b'{"id":9}', topic)).stream is not None
