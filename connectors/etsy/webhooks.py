"""Receives Etsy's webhooks: verified, and read for the receipt that they are about.

Commercial applications alone have them, and set them up in a portal: there is no API to
subscribe. ``subscribe`` therefore notes where deliveries are expected, and asks Etsy
nothing; whether any come, only the portal knows. Orders are pulled in any case. Source:
Etsy's page on webhooks, discussions 1509 and 1564 of its open-api repository.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from ...canonical.clock import Clock
from ...canonical.errors import WebhookRefusedError
from ...canonical.pages import Delivery, Stream
from ...canonical.pushes import Subscription
from ..signatures import require_standard_webhook
from .kept import Kept
from .settings import EtsySettings
from .signing import read_webhook_secrets

TOPICS = ("order.paid", "order.canceled", "order.shipped", "order.delivered")
_RECEIPT = re.compile(r"/shops/(\d{1,18})/receipts/(\d{1,18})/?(?:\?.*)?", re.ASCII)


class Webhooks:
    """The webhooks of one shop."""

    def __init__(self, settings: EtsySettings, kept: Kept, clock: Clock) -> None:
        secret = settings.webhook_secret
        self._keys = read_webhook_secrets(secret.get_secret_value()) if secret else ()
        self._shop_id = settings.shop_id
        self._kept = kept
        self._clock = clock

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that the hub wants to hear of; none without a secret."""
        return TOPICS if self._keys else ()

    def read(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a delivery on its raw bytes and say which receipt to look at.

        One about another shop of the application is genuine and points at nothing.

        Raises:
            WebhookRefusedError: forged, too old, or unreadable.
        """
        require_standard_webhook(headers, body, self._keys, self._clock.now())
        told = _parse(body)
        event_id, topic = headers.get("webhook-id", ""), told.get("event_type")
        if not event_id or not isinstance(topic, str):
            raise WebhookRefusedError("a signed delivery lacks its id or its type")
        url = told.get("resource_url")
        found = _RECEIPT.search(url) if isinstance(url, str) else None
        if found is None:
            return Delivery(event_id, topic, Stream.ORDERS, "")
        if int(found[1]) != self._shop_id:
            return Delivery(event_id, topic, None, "")
        return Delivery(event_id, topic, Stream.ORDERS, found[2])

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return where deliveries are expected."""
        return tuple(
            Subscription(topic, topic, url, active=True)
            for topic, url in self._kept.list_callbacks().items()
        )

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Note where deliveries of a topic are expected. Safe to repeat."""
        self._kept.expect_callback(topic, callback_url)
        return Subscription(topic, topic, callback_url, active=True)

    def unsubscribe(self, external_id: str) -> None:
        """Expect no more deliveries of a topic."""
        self._kept.expect_callback(external_id, None)


def _parse(body: bytes) -> Mapping[str, Any]:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise WebhookRefusedError("the delivery is not a JSON object")
    return told
