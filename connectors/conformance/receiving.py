"""Checks of webhooks: only genuine ones pass, and each names one record."""

from __future__ import annotations

from ...canonical.errors import WebhookRefusedError
from ...canonical.pages import Delivery, Stream
from ..sdk import ReceivesWebhooks
from .bench import Bench, demand, expect_error
from .case import SignedDelivery
from .touring import place

_CALLBACK = "https://hub.example/hooks/conformance"


def a_genuine_delivery_names_its_order(bench: Bench) -> None:
    """A delivery says which order to look at, and the same when it comes again."""
    order_id = place(bench)
    signed = bench.channel.deliver(order_id)
    one, two = _read(bench, signed), _read(bench, signed)
    demand(
        (one.stream, one.external_id) == (Stream.ORDERS, order_id),
        f"a delivery about order {order_id} names it, and not {one}",
    )
    demand(bool(one.event_id), "a delivery has an event id")
    demand(one == two, "the same delivery twice is the same event")


def two_facts_are_two_events(bench: Bench) -> None:
    """Deliveries about different orders have different event ids."""
    ids = [_read(bench, bench.channel.deliver(place(bench))).event_id for _ in range(2)]
    demand(ids[0] != ids[1], f"two facts are two events, and not both {ids[0]}")


def a_forged_delivery_is_refused(bench: Bench) -> None:
    """One changed byte, a foreign signature or none at all: refused."""
    signed = bench.channel.deliver(place(bench))
    other = bench.channel.sign(b'{"id": 1}') or {}
    bare = {
        name: value
        for name, value in signed.headers.items()
        if not any(word in name for word in ("sign", "hmac"))
    }
    body = signed.body
    forgeries = {
        "a changed byte": SignedDelivery(signed.headers, _change_a_byte(body)),
        "a byte too many": SignedDelivery(signed.headers, body + b" "),
        "no body": SignedDelivery(signed.headers, b""),
        "no signature": SignedDelivery(bare, body),
        "no header at all": SignedDelivery({}, body),
        "the signature of another body": SignedDelivery(
            {**signed.headers, **other}, body
        ),
    }
    for name, forgery in forgeries.items():
        _expect_refusal(bench, f"a delivery with {name} is refused", forgery)


def a_stale_delivery_is_refused(bench: Bench) -> None:
    """Where the scheme signs a time: five minutes are the most."""
    body = bench.channel.deliver(place(bench)).body
    headers = bench.channel.sign(body, age_seconds=301)
    if headers is not None:
        _expect_refusal(
            bench,
            "a delivery signed 301 s ago is refused",
            SignedDelivery(headers, body),
        )


def an_unreadable_delivery_is_refused(bench: Bench) -> None:
    """Genuine and yet nonsense: refused as a webhook, and not with another error."""
    for body in (b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"id": {}}'):
        headers = bench.channel.sign(body) or {}
        try:
            delivery = bench.connector.read_webhook(headers, body)
        except WebhookRefusedError:
            continue
        demand(
            delivery.external_id == "",
            f"a delivery with the body {body!r} names no record, and not {delivery}",
        )


def subscriptions_come_and_go(bench: Bench) -> None:
    """Subscribing shows in the list; ending it twice is no error."""
    connector: ReceivesWebhooks = bench.connector
    topic = connector.topics[0]
    made = connector.subscribe(topic, _CALLBACK)
    listed = {known.external_id: known for known in connector.list_subscriptions()}
    demand(made.external_id in listed, "a new subscription is in the list")
    shown = listed[made.external_id]
    demand(
        (shown.topic, shown.callback_url, shown.active) == (topic, _CALLBACK, True),
        f"a subscription is listed as it was made, and not as {shown}",
    )
    for _ in range(2):
        connector.unsubscribe(made.external_id)
    left = {known.external_id for known in connector.list_subscriptions()}
    demand(made.external_id not in left, "a subscription that was ended is gone")


def _read(bench: Bench, signed: SignedDelivery) -> Delivery:
    delivery: Delivery = bench.connector.read_webhook(signed.headers, signed.body)
    return delivery


def _change_a_byte(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def _expect_refusal(bench: Bench, promise: str, signed: SignedDelivery) -> None:
    expect_error(promise, (WebhookRefusedError,), lambda: _read(bench, signed))
