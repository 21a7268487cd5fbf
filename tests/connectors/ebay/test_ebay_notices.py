"""Notifications: only eBay's own pass, and their keys are asked for rarely."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import (
    ContractBrokenError,
    RejectedError,
    RetryLaterError,
    WebhookRefusedError,
)
from crossdock.canonical.pages import Delivery, Stream
from crossdock.connectors.conformance.bench import always
from crossdock.connectors.ebay.keys import KEPT, KEYS_MAX
from crossdock.connectors.sdk import AnswersChallenges
from crossdock.simulators.ebay import notices
from crossdock.simulators.ebay.notices import KEY_ID, sign
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HOOK = "https://hub.example/webhooks/unguessable"
TOPIC = "ORDER_CONFIRMATION"
KEY = f"/public_key/{KEY_ID}"


def body_with(data: Any, topic: str = TOPIC, **notification: Any) -> bytes:
    content = {"notificationId": "n-1", "data": data, **notification}
    return json.dumps({"metadata": {"topic": topic}, "notification": content}).encode()


def read(scene: Any, body: bytes) -> Delivery:
    delivery = scene.connector.read_webhook({"x-ebay-signature": sign(body)}, body)
    assert isinstance(delivery, Delivery)
    return delivery


def header(**told: Any) -> str:
    return base64.b64encode(json.dumps(told).encode()).decode()


def answer_key(scene: Any, status: int, **told: Any) -> None:
    content = {**notices.public_key_json(), **told}
    scene.wire.stand_in = lambda request: (
        httpx.Response(status, json=content)
        if "/public_key/" in request.url.path
        else None
    )


def test_what_was_bought_is_announced_for_each_line_and_names_the_order(
    scene: Any,
) -> None:
    scene.connector.subscribe(TOPIC, HOOK)
    order_id = scene.buy()
    sent: list[Any] = []

    def post(envelope: Any) -> int:
        sent.append(envelope)
        return 200

    scene.shop.deliverer.deliver_due(post)
    (envelope,) = sent
    delivery = scene.connector.read_webhook(dict(envelope.headers), envelope.body)
    assert (delivery.stream, delivery.external_id) == (Stream.ORDERS, order_id)


@pytest.mark.parametrize(
    ("data", "external_id"),
    [
        ({"orderId": "1-2-3"}, "1-2-3"),
        ({"order": {"orderId": "1-2-3"}}, "1-2-3"),
        ({"order": {}}, ""),
        ({"orderId": 7}, ""),
        ("unheard of", ""),
    ],
    ids=str,
)
def test_a_confirmation_that_names_no_order_asks_for_all_changes(
    scene: Any, data: Any, external_id: str
) -> None:
    delivery = read(scene, body_with(data))
    assert delivery == Delivery("n-1", TOPIC, Stream.ORDERS, external_id)


def test_the_deletion_of_an_account_is_genuine_and_points_at_nothing(
    scene: Any,
) -> None:
    topic = "MARKETPLACE_ACCOUNT_DELETION"
    delivery = read(scene, body_with({"username": "somebody"}, topic))
    assert delivery == Delivery("n-1", topic, None, "")


@pytest.mark.parametrize(
    "body",
    [
        b'{"metadata":{"topic":"A"}}',
        b'{"metadata":{},"notification":{"notificationId":"1"}}',
        b'{"metadata":{"topic":"A"},"notification":{"notificationId":""}}',
    ],
)
def test_a_delivery_without_an_id_or_a_topic_is_refused(
    scene: Any, body: bytes
) -> None:
    with pytest.raises(WebhookRefusedError):
        read(scene, body)


def test_a17_the_key_is_asked_for_once_an_hour(scene: Any) -> None:
    for _ in range(5):
        read(scene, body_with({}))
    assert len(scene.asked("GET", KEY)) == 1
    scene.clock.advance(KEPT.total_seconds())
    read(scene, body_with({}))
    assert len(scene.asked("GET", KEY)) == 2


def test_a17_a_key_that_nobody_has_is_asked_for_once_and_refused(scene: Any) -> None:
    forged = header(kid="nobody", signature="AAAA")
    for _ in range(3):
        with pytest.raises(WebhookRefusedError, match="not signed by eBay"):
            scene.connector.read_webhook({"x-ebay-signature": forged}, b"{}")
    assert len(scene.asked("GET", "/public_key/nobody")) == 1


def test_forgers_cannot_fill_the_memory_with_keys(scene: Any) -> None:
    for number in range(KEYS_MAX + 5):
        forged = header(kid=f"key-{number}", signature="AAAA")
        with pytest.raises(WebhookRefusedError):
            scene.connector.read_webhook({"x-ebay-signature": forged}, b"{}")
    read(scene, body_with({}))


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "not base64!",
        base64.b64encode(b"[]").decode(),
        header(kid="a"),
        header(kid="../../token", signature="AAAA"),
        header(kid="a", signature="?"),
    ],
)
def test_a_header_that_says_nothing_is_refused_unasked(scene: Any, forged: str) -> None:
    with pytest.raises(WebhookRefusedError):
        scene.connector.read_webhook({"x-ebay-signature": forged}, b"{}")
    assert scene.wire.requests == []


def test_a_delivery_waits_where_the_key_cannot_be_had(scene: Any) -> None:
    scene.wire.stand_in = always(503)
    with pytest.raises(RetryLaterError):
        read(scene, body_with({}))


def test_a_digest_or_a_key_that_the_hub_does_not_know_is_told(scene: Any) -> None:
    answer_key(scene, 200, digest="MD5")
    with pytest.raises(ContractBrokenError, match="MD5"):
        read(scene, body_with({}))
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    der = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for key in ("AAAA", base64.b64encode(der).decode()):
        answer_key(scene, 200, key=key)
        with pytest.raises(ContractBrokenError, match="elliptic"):
            read(scene, body_with({}))


def test_the_challenge_is_the_digest_of_code_token_and_address(scene: Any) -> None:
    connector: AnswersChallenges = scene.connector
    assert isinstance(connector, AnswersChallenges)
    token = scene.entered["verification_token"]
    wanted = hashlib.sha256(f"code-1{token}{HOOK}".encode()).hexdigest()
    told = connector.answer_challenge({"challenge_code": "code-1"}, HOOK)
    assert told == {"challengeResponse": wanted}
    with pytest.raises(WebhookRefusedError):
        connector.answer_challenge({}, HOOK)


def test_ebay_believes_an_address_only_after_its_challenge(scene: Any) -> None:
    def ask(url: str) -> str:
        address, _, query = url.partition("?challenge_code=")
        told = scene.connector.answer_challenge({"challenge_code": query}, address)
        return str(told["challengeResponse"])

    scene.shop.challenger = ask
    assert scene.connector.subscribe(TOPIC, HOOK).active
    scene.shop.challenger = lambda url: "wrong"
    with pytest.raises(RejectedError, match="Challenge"):
        scene.connector.subscribe(TOPIC, HOOK + "/other")


def test_the_first_address_of_a_keyset_wants_a_mail_for_alerts(open_scene: Any) -> None:
    scene = open_scene()
    scene.connector.subscribe(TOPIC, HOOK)
    assert scene.shop.state.alert_email == "shop@example.com"
    silent = open_scene(entered={"alert_email": ""})
    with pytest.raises(RejectedError, match="alerts") as caught:
        silent.connector.subscribe(TOPIC, HOOK)
    assert "alert_email" in caught.value.next_step


def test_a_topic_that_the_keyset_is_not_offered_is_refused_with_a_way_out(
    open_scene: Any,
) -> None:
    scene = open_scene(topics=())
    with pytest.raises(RejectedError, match="does not offer") as caught:
        scene.connector.subscribe(TOPIC, HOOK)
    assert "pulled" in caught.value.next_step


def test_a_subscription_that_sleeps_is_woken_and_not_doubled(scene: Any) -> None:
    made = scene.connector.subscribe(TOPIC, HOOK)
    scene.shop.state.subscriptions[made.external_id].status = "DISABLED"
    (asleep,) = scene.connector.list_subscriptions()
    assert not asleep.active
    assert scene.connector.subscribe(TOPIC, HOOK) == made
    assert len(scene.shop.state.subscriptions) == 1


def test_a_subscription_whose_address_is_marked_down_is_not_active(scene: Any) -> None:
    scene.connector.subscribe(TOPIC, HOOK)
    for place in scene.shop.state.destinations.values():
        place.status = "MARKED_DOWN"
    (down,) = scene.connector.list_subscriptions()
    assert (down.active, down.callback_url) == (False, HOOK)


def test_pages_of_subscriptions_are_followed_and_circles_left(scene: Any) -> None:
    row = {"subscriptionId": "1", "topicId": TOPIC, "status": "ENABLED"}
    following = "https://api.ebay.com/commerce/notification/v1/subscription"
    pages: list[dict[str, Any]] = [
        {"subscriptions": [row], "next": f"{following}?continuation_token=two"},
        {"subscriptions": [{**row, "subscriptionId": "2"}], "next": None},
    ]
    seen: list[str] = []

    def tell(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/subscription"):
            return None
        seen.append(request.url.params.get("continuation_token", ""))
        return httpx.Response(200, json=pages[min(len(seen), 2) - 1])

    scene.wire.stand_in = tell
    found = scene.connector.list_subscriptions()
    assert [one.external_id for one in found] == ["1", "2"]
    assert seen == ["", "two"]
    pages[1] = {**pages[1], "next": f"{following}?continuation_token=two"}
    with pytest.raises(ContractBrokenError, match="twice"):
        scene.connector.list_subscriptions()
