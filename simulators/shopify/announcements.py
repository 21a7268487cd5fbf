"""Webhooks of the shop: who subscribed to what, and what is put on its way to them.

Bodies are fixed at the event; retries repeat them byte for byte. A subscription may ask
for some fields only (the vendor's page "Webhooks delivery structure"). Eight retries in
four hours, then the subscription is gone, as Shopify does with those made through the
API. Signing and headers follow the vendor's page "Verify webhook deliveries".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from ..fields import keep_fields
from ..webhooks import Deliverer, Envelope, Outcome
from .books import Books
from .goods import gid
from .settings import API_VERSION

RETRY_DELAYS_SECONDS = (60.0, 120.0, 300.0, 600.0, 1200.0, 2400.0, 3600.0, 6120.0)
"""Eight retries that together take four hours; the vendor does not say the steps."""

_IDS = UUID("6f7d4e0e-1c1b-4f0a-9a53-2b4f2f1d9c11")


def sign(secret: str, body: bytes) -> str:
    """Return Shopify's signature: base64 of HMAC-SHA256 of the raw body."""
    return base64.b64encode(
        hmac.new(secret.encode(), body, hashlib.sha256).digest()
    ).decode()


def _keep(envelope: Envelope) -> Envelope:
    """Render nothing: the envelope was closed at the event."""
    return envelope


@dataclass(slots=True, eq=False)
class Subscription:
    """One subscription of the app; ``topic`` is the enum value (ORDERS_CREATE)."""

    number: int
    topic: str
    uri: str
    format: str
    name: str | None
    created_at: datetime
    include_fields: tuple[str, ...] = ()
    """Paths into the payload, ``variants.price``; none: all of it."""

    @property
    def gid(self) -> str:
        """The subscription's global id."""
        return gid("WebhookSubscription", self.number)


class Announcer:
    """Keeps subscriptions and queues deliveries for them."""

    def __init__(self, books: Books, deliverer: Deliverer) -> None:
        self._books = books
        self._deliverer = deliverer
        self.subscriptions: dict[int, Subscription] = {}
        self._deliveries_count = 0
        self._events_count = 0
        deliverer.report = self._hear

    def subscribe(
        self,
        topic: str,
        uri: str,
        *,
        data_format: str,
        name: str | None,
        include_fields: Sequence[str] = (),
    ) -> Subscription:
        """Add a subscription; without ``include_fields`` whole payloads are sent."""
        number = self._books.number()
        one = Subscription(
            number,
            topic,
            uri,
            data_format,
            name,
            self._books.now(),
            tuple(include_fields),
        )
        self.subscriptions[number] = one
        self._books.file("WebhookSubscription", number, one)
        return one

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; what waits for it is dropped."""
        self.subscriptions.pop(subscription.number, None)
        self._books.forget("WebhookSubscription", subscription.number)
        self._deliverer.forget(subscription.gid)

    def end_all(self) -> None:
        """Forget every subscription; deliveries on their way are still made."""
        for subscription in self.subscriptions.values():
            self._books.forget("WebhookSubscription", subscription.number)
        self.subscriptions.clear()

    def begin_event(self) -> None:
        """Start an event; all announcements up to the next one share its id."""
        self._events_count += 1

    def announce(self, topic: str, build: Callable[[], dict[str, Any]]) -> None:
        """Send a topic to all who subscribed to it.

        Args:
            topic: as in the header, ``orders/create``.
            build: makes the payload; called only where somebody listens.
        """
        wanted = topic.replace("/", "_").upper()
        listeners = [one for one in self.subscriptions.values() if one.topic == wanted]
        if not listeners:
            return
        payload = build()
        for subscription in listeners:
            wanted_part = keep_fields(payload, subscription.include_fields)
            body = json.dumps(
                wanted_part, ensure_ascii=False, separators=(",", ":")
            ).encode()
            envelope = self._envelope(topic, subscription.uri, body)
            self._deliverer.enqueue(subscription.gid, partial(_keep, envelope))

    def _envelope(self, topic: str, uri: str, body: bytes) -> Envelope:
        self._deliveries_count += 1
        settings = self._books.settings
        return Envelope(
            uri,
            {
                "content-type": "application/json",
                "x-shopify-api-version": API_VERSION,
                "x-shopify-event-id": str(
                    uuid5(_IDS, f"{settings.domain} event {self._events_count}")
                ),
                "x-shopify-hmac-sha256": sign(settings.client_secret, body),
                "x-shopify-shop-domain": settings.domain,
                "x-shopify-topic": topic,
                "x-shopify-triggered-at": self._books.clock.now().isoformat(),
                "x-shopify-webhook-id": str(
                    uuid5(_IDS, f"{settings.domain} delivery {self._deliveries_count}")
                ),
            },
            body,
        )

    def _hear(self, outcome: Outcome) -> None:
        """Remove a subscription whose last retry failed."""
        if outcome.accepted or not outcome.final:
            return
        subscription = self._books.find_as("WebhookSubscription", outcome.subscription)
        if subscription is not None:
            self.unsubscribe(subscription)
