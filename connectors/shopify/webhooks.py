"""Shopify's webhooks: which to ask for, whether one is genuine, what it points at.

Pure. A delivery names a record to look at again; its body is not believed beyond that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ...canonical.errors import WebhookRefusedError
from ...canonical.pages import Delivery, Stream
from ..signatures import require_signature

TOPICS = (
    "orders/create",
    "orders/updated",
    "products/create",
    "products/update",
    "products/delete",
    "app/uninstalled",
)
"""What the hub wants to hear of. ``orders/updated`` also tells of payments, edits,
refunds, cancellations and parcels."""

FIELDS = ("id", "admin_graphql_api_id", "updated_at")
"""All that a delivery is to carry: which record, and nothing personal.

``updated_at`` is there although nobody reads it: Shopify drops deliveries that equal
one sent just before, and with ids alone all changes of a record would look the same.
"""

_REVOKED = "app/uninstalled"
_OF_ORDERS = {"fulfillments", "order_transactions", "orders", "refunds"}
_MYSHOPIFY = ".myshopify.com"


def to_enum(topic: str) -> str:
    """Return a topic as GraphQL spells it."""
    return topic.replace("/", "_").upper()


_TOPIC_OF = {to_enum(topic): topic for topic in TOPICS}


def from_enum(word: str) -> str:
    """Return a topic as deliveries spell it; a stranger to the hub as it is."""
    return _TOPIC_OF.get(word, word)


def read_delivery(
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Sequence[bytes],
    domain: str,
) -> Delivery:
    """Verify a delivery on its raw bytes and say which record to look at.

    Args:
        headers: names in lower case.
        body: the bytes as they came.
        secrets: every client secret that may have signed it.
        domain: the shop's; one app's secret signs for every shop that it is in.

    Raises:
        WebhookRefusedError: forged, another shop's, or unreadable.
    """
    require_signature(body, headers.get("x-shopify-hmac-sha256"), secrets)
    sender = headers.get("x-shopify-shop-domain", "").lower()
    if domain.endswith(_MYSHOPIFY) and sender != domain:
        raise WebhookRefusedError("the delivery belongs to another shop")
    event_id = headers.get("x-shopify-webhook-id", "")
    topic = headers.get("x-shopify-topic", "")
    if not event_id or not topic:
        raise WebhookRefusedError("the delivery lacks its id or its topic")
    stream = _find_stream(topic)
    external_id = ""
    if stream is not None:
        external_id = _find_record(topic, stream, _parse(body))
    return Delivery(
        event_id=event_id,
        topic=topic,
        stream=stream,
        external_id=external_id,
        revoked=topic == _REVOKED,
    )


def _find_stream(topic: str) -> Stream | None:
    subject = topic.partition("/")[0]
    if subject in _OF_ORDERS:
        return Stream.ORDERS
    return Stream.LISTINGS if subject == "products" else None


def _find_record(topic: str, stream: Stream, payload: Mapping[str, Any]) -> str:
    """Return the id of the order or the product that a delivery is about.

    The global id is text; numeric ids do not fit into a float, in which some senders
    hold them, so they are only the second choice.
    """
    kind = "Order" if stream is Stream.ORDERS else "Product"
    prefix = f"gid://shopify/{kind}/"
    if topic == "orders/edited":
        payload = payload.get("order_edit") or {}
    elif str(payload.get("admin_graphql_api_id", "")).startswith(prefix):
        return str(payload["admin_graphql_api_id"])
    own = topic.startswith(("orders/", "products/")) and topic != "orders/edited"
    number = payload.get("id" if own else "order_id")
    if type(number) is not int:
        raise WebhookRefusedError("the delivery does not say which record it is about")
    return f"{prefix}{number}"


def _parse(body: bytes) -> Mapping[str, Any]:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        payload = None
    if not isinstance(payload, dict):
        raise WebhookRefusedError("the delivery's body is not a JSON object")
    return payload
