"""eBay's notifications: which to ask for, what one points at, and the challenge.

A delivery names an order to look at again; its body is not believed beyond that. Which
topics a keyset may have is for eBay to say; orders are pulled in any case.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from ...canonical.errors import WebhookRefusedError
from ...canonical.pages import Delivery, Stream
from .keys import KeyRing

ORDER_CONFIRMATION = "ORDER_CONFIRMATION"
TOPICS = (ORDER_CONFIRMATION,)
"""Told once for each line when a buyer has paid. Of edits, cancellations, refunds and
parcels eBay has no topic for sellers: the pull finds them."""

OF_ORDERS = frozenset({ORDER_CONFIRMATION, "ITEM_MARKED_SHIPPED"})
CHALLENGE = "challenge_code"


def read_delivery(keys: KeyRing, headers: Mapping[str, str], body: bytes) -> Delivery:
    """Verify a delivery on its raw bytes and say which order to look at.

    One of another topic (the deletion of a buyer's account) is genuine and points at
    nothing that the hub could look at.

    Raises:
        WebhookRefusedError: forged, or unreadable.
        RetryLaterError: the key to verify it cannot be fetched at present.
    """
    keys.require_signature(headers.get("x-ebay-signature", ""), body)
    told = _parse(body)
    metadata, notification = told.get("metadata"), told.get("notification")
    if not isinstance(metadata, dict) or not isinstance(notification, dict):
        raise WebhookRefusedError("the notification lacks its metadata or its content")
    event_id, topic = notification.get("notificationId"), metadata.get("topic")
    if not isinstance(event_id, str) or not isinstance(topic, str) or not event_id:
        raise WebhookRefusedError("the notification lacks its id or its topic")
    if topic not in OF_ORDERS:
        return Delivery(event_id, topic, None, "")
    return Delivery(event_id, topic, Stream.ORDERS, _find_order(notification))


def answer_challenge(
    params: Mapping[str, str], verification_token: str, callback_url: str
) -> Mapping[str, str]:
    """Return the proof that this address expects eBay's notifications.

    The digest of code, token and address, in this order.

    Raises:
        WebhookRefusedError: the request carries no challenge.
    """
    code = params.get(CHALLENGE, "")
    if not code:
        raise WebhookRefusedError("the request carries no challenge of eBay")
    text = f"{code}{verification_token}{callback_url}"
    return {"challengeResponse": hashlib.sha256(text.encode()).hexdigest()}


def _parse(body: bytes) -> Mapping[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise WebhookRefusedError("the notification is not a JSON object")
    return told


def _find_order(notification: Mapping[str, Any]) -> str:
    """Return the order that a delivery is about; empty where it does not say.

    The hub then looks for all changes, as it does where a delivery was lost.
    """
    found = notification.get("data")
    if isinstance(found, dict) and isinstance(found.get("order"), dict):
        found = found["order"]
    order_id = found.get("orderId") if isinstance(found, dict) else None
    return order_id if isinstance(order_id, str) else ""
