"""Receives WooCommerce's webhooks and keeps their subscriptions alive.

A delivery only says which record to look at: its body may be older than the record,
several changes share one delivery, and the id of a delivery is not unique. The secret
is derived from the consumer secret, so that a merchant has nothing more to set.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

import orjson

from ...canonical.errors import WebhookRefusedError
from ...canonical.pages import Delivery, Stream
from ...canonical.pushes import Subscription
from ..calls import Call, Transport
from ..signatures import require_signature
from .wire import Json, Webhook, read_one, read_rows, read_shape

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "product.created",
    "product.updated",
    "product.deleted",
    "product.restored",
)
NAME_PREFIX = "Crossdock "
"""How we tell our webhooks from those of other applications in the same shop."""

_STREAMS = {"order": Stream.ORDERS, "product": Stream.LISTINGS}
_PING = re.compile(rb"webhook_id=\d{1,20}")
_SECRET_LABEL = b"crossdock webhook secret 1"
_PAGES_MAX = 20


def derive_webhook_secret(consumer_secret: str) -> str:
    """Return the secret that signs this shop's webhooks, in hexadecimal.

    The shop decodes HTML entities in a secret before it signs; there are none in this.
    """
    return hmac.new(consumer_secret.encode(), _SECRET_LABEL, hashlib.sha256).hexdigest()


def read_webhook(secret: str, headers: Mapping[str, str], body: bytes) -> Delivery:
    """Verify a delivery on its raw bytes and say which record to look at.

    The shop's ping is neither signed nor about anything; it is let through as such.

    Raises:
        WebhookRefusedError: forged, or not what the shop sends.
    """
    topic = headers.get("x-wc-webhook-topic", "")
    event_id = _identify(headers.get("x-wc-webhook-delivery-id", ""), topic, body)
    if not topic and _PING.fullmatch(body.strip()):
        return Delivery(event_id, "ping", None, "")
    signature = headers.get("x-wc-webhook-signature")
    require_signature(body, signature, (secret.encode(),))
    stream = _STREAMS.get(topic.partition(".")[0])
    if stream is None:
        return Delivery(event_id, topic, None, "")
    return Delivery(event_id, topic, stream, _read_record_id(body))


def list_subscriptions(transport: Transport) -> tuple[Subscription, ...]:
    """Return our webhooks at the shop, whatever their state."""
    webhooks = (read_shape(Webhook, row) for row in _list_webhooks(transport))
    return tuple(
        Subscription(
            external_id=str(each.id),
            topic=each.topic,
            callback_url=each.delivery_url,
            active=each.status == "active",
        )
        for each in webhooks
        if each.name.startswith(NAME_PREFIX)
    )


def subscribe(
    transport: Transport, secret: str, topic: str, callback_url: str
) -> Subscription:
    """Make the shop call ``callback_url`` about ``topic``. Safe to repeat.

    A webhook that is there already gets our present secret. One that the shop has
    disabled is replaced: it keeps its count of failures, and would be disabled again
    by the next one.
    """
    for known in list_subscriptions(transport):
        if (known.topic, known.callback_url) != (topic, callback_url):
            continue
        if known.active:
            path = f"/webhooks/{known.external_id}"
            changes = {"status": "active", "secret": secret}
            transport.send(Call("PUT", path, json=changes, safe=True))
            return known
        unsubscribe(transport, known.external_id)
    body = {
        "name": NAME_PREFIX + topic,
        "topic": topic,
        "delivery_url": callback_url,
        "secret": secret,
        "status": "active",
    }
    created = read_one(Webhook, transport.send(Call("POST", "/webhooks", json=body)))
    active = created.status == "active"
    return Subscription(str(created.id), created.topic, created.delivery_url, active)


def unsubscribe(transport: Transport, external_id: str) -> None:
    """Delete a webhook; one that is gone already is no error."""
    transport.send(
        Call(
            "DELETE",
            f"/webhooks/{external_id}",
            {"force": "true"},
            safe=True,
            accept_statuses=(404, 410),
        )
    )


def _list_webhooks(transport: Transport) -> list[Json]:
    rows: list[Json] = []
    for page in range(1, _PAGES_MAX + 1):
        parameters = {"status": "all", "per_page": "100", "page": str(page)}
        answer = transport.send(Call("GET", "/webhooks", parameters, safe=True))
        found = read_rows(answer)
        rows += found
        if len(found) < 100:
            break
    return rows


def _identify(delivery_id: str, topic: str, body: bytes) -> str:
    """Return an id for a delivery: two in one second may carry the shop's same id."""
    digest = hashlib.sha256(b"\n".join([delivery_id.encode(), topic.encode(), body]))
    return digest.hexdigest()


def _read_record_id(body: bytes) -> str:
    """Return the record that a delivery is about; for a variation, its product."""
    try:
        parsed = orjson.loads(body)
        record_id, parent_id = parsed["id"], parsed.get("parent_id")
        is_variation = parsed.get("type") == "variation"
        return str(int(parent_id if is_variation and parent_id else record_id))
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        raise WebhookRefusedError(
            "a signed delivery does not say which record it is about"
        ) from None
