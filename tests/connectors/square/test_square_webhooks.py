"""Square's webhooks: one subscription, its key, and what a delivery points at."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from crossdock.canonical.errors import RejectedError, WebhookRefusedError
from crossdock.canonical.pages import Stream
from crossdock.connectors.square.webhooks import SIGNATURE_HEADER, TOPICS
from crossdock.simulators.square.hooks import sign

URL = "https://hub.example/webhooks/k3"


def deliver(stand: Any) -> list[Any]:
    """Return what the account sends at this moment."""
    sent: list[Any] = []

    def send(envelope: Any) -> int:
        sent.append(envelope)
        return 200

    stand.shop.deliverer.deliver_due(send)
    return sent


def subscribe(connector: Any) -> None:
    for topic in connector.topics:
        connector.subscribe(topic, URL)


def event(stand: Any, topic: str, told: Any, noun: str = "x") -> bytes:
    return orjson.dumps(
        {"type": topic, "event_id": "e1", "data": {"object": {noun: told}}}
    )


def sign_here(stand: Any, body: bytes) -> dict[str, str]:
    (hook,) = stand.shop.state.hooks.values()
    return {SIGNATURE_HEADER: sign(hook.key, URL, body)}


def test_all_topics_share_one_subscription(stand: Any) -> None:
    connector = stand.connect()
    subscribe(connector)
    subscribe(connector)
    (hook,) = stand.shop.state.hooks.values()
    assert sorted(hook.topics) == sorted(TOPICS)
    assert {each.topic for each in connector.list_subscriptions()} == set(TOPICS)


def test_the_last_topic_ends_the_subscription(stand: Any) -> None:
    connector = stand.connect()
    subscribe(connector)
    for number, known in enumerate(connector.list_subscriptions()):
        assert len(stand.shop.state.hooks) == 1, number
        connector.unsubscribe(known.external_id)
    assert stand.shop.state.hooks == {}
    assert connector.list_subscriptions() == ()


def test_a_subscription_that_was_switched_off_is_switched_on_again(stand: Any) -> None:
    connector = stand.connect()
    connector.subscribe("order.created", URL)
    (hook,) = stand.shop.state.hooks.values()
    hook.enabled = False
    assert [each.active for each in connector.list_subscriptions()] == [False]
    assert connector.subscribe("order.created", URL).active
    assert hook.enabled


def test_subscriptions_of_other_applications_parts_are_left_alone(stand: Any) -> None:
    connector = stand.connect()
    connector.subscribe("order.created", URL)
    (hook,) = stand.shop.state.hooks.values()
    hook.name = "Bookkeeping"
    assert connector.list_subscriptions() == ()
    connector.subscribe("order.created", URL)
    assert len(stand.shop.state.hooks) == 2


def test_the_key_is_kept_for_every_worker(stand: Any) -> None:
    subscribe(stand.connect())
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    before = len(stand.wire.requests)
    (envelope,) = deliver(stand)
    told = stand.connect().read_webhook(dict(envelope.headers), envelope.body)
    assert (told.stream, told.external_id) == (Stream.ORDERS, order_id)
    assert len(stand.wire.requests) == before


def test_a_key_that_was_lost_is_asked_for_once(stand: Any) -> None:
    subscribe(stand.connect())
    stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    (envelope,) = deliver(stand)
    stand.credentials = type(stand.credentials)()
    connector = stand.connect()
    connector.read_webhook(dict(envelope.headers), envelope.body)
    before = len(stand.wire.requests)
    with pytest.raises(WebhookRefusedError):
        connector.read_webhook(dict(envelope.headers), b"{}")
    assert len(stand.wire.requests) == before


def test_the_address_is_signed_too(stand: Any) -> None:
    connector = stand.connect()
    subscribe(connector)
    (hook,) = stand.shop.state.hooks.values()
    body = b'{"type": "order.updated"}'
    elsewhere = sign(hook.key, "https://elsewhere.example/hook", body)
    with pytest.raises(WebhookRefusedError):
        connector.read_webhook({SIGNATURE_HEADER: elsewhere}, body)


def test_a_completed_order_may_be_a_return_and_leads_to_a_pull(stand: Any) -> None:
    connector = stand.connect()
    subscribe(connector)
    stand.shop.sell_at_counter(stand.basket("BRASS-LAMP"))
    (envelope,) = deliver(stand)
    told = connector.read_webhook(dict(envelope.headers), envelope.body)
    assert (told.stream, told.external_id) == (Stream.ORDERS, "")


def test_a_refund_leads_to_a_pull(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    subscribe(connector)
    stand.shop.refund_order(order_id, None, restock=True)
    told = [
        connector.read_webhook(dict(each.headers), each.body) for each in deliver(stand)
    ]
    assert {(one.stream, one.external_id) for one in told} == {(Stream.ORDERS, "")}
    assert len({one.event_id for one in told}) == 2


@pytest.mark.parametrize(
    ("topic", "stream"),
    [
        ("catalog.version.updated", Stream.LISTINGS),
        # Whose it was, the pull finds out: an application serves many merchants.
        ("oauth.authorization.revoked", Stream.ORDERS),
        ("payment.created", None),
    ],
)
def test_events_that_name_no_order_say_where_to_look(
    stand: Any, topic: str, stream: Stream | None
) -> None:
    connector = stand.connect()
    connector.subscribe("order.created", URL)
    body = event(stand, topic, {"updated_at": "2026-03-02T09:00:00Z"})
    told = connector.read_webhook(sign_here(stand, body), body)
    assert (told.stream, told.external_id, told.revoked) == (stream, "", False)


def test_an_order_of_another_location_is_noted_and_no_more(stand: Any) -> None:
    connector = stand.connect()
    connector.subscribe("order.created", URL)
    order = {"order_id": "OR9", "location_id": "LELSEWHERE", "state": "OPEN"}
    body = event(stand, "order.created", order)
    told = connector.read_webhook(sign_here(stand, body), body)
    assert (told.stream, told.external_id) == (None, "")


@pytest.mark.parametrize(
    "data", [{}, {"object": {}}, {"object": {"a": 1}}, {"object": {"a": {}, "b": {}}}]
)
def test_a_signed_delivery_about_nothing_is_refused(stand: Any, data: Any) -> None:
    connector = stand.connect()
    connector.subscribe("order.created", URL)
    body = orjson.dumps({"type": "order.created", "event_id": "e", "data": data})
    with pytest.raises(WebhookRefusedError):
        connector.read_webhook(sign_here(stand, body), body)


def test_a_grant_alone_may_not_subscribe(stand: Any) -> None:
    settings = stand.shop.settings
    connector = stand.connect(
        application_id=settings.application_id,
        application_secret=settings.application_secret,
        refresh_token=settings.refresh_token,
    )
    assert connector.topics == ()
    with pytest.raises(RejectedError, match="belong to the application"):
        connector.subscribe("order.created", URL)
    assert "no webhooks" in connector.check().warnings[0]
