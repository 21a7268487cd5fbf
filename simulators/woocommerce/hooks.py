"""Webhooks of the shop: when one is due, what it says, and when it is given up.

Bodies are made at delivery and show the state of that moment; several changes waiting
for one delivery become one; the delivery id repeats within a second; nothing is
retried; six failures in a row disable the webhook. All seen on a real server, or in its
source. Unlike the server's, deliveries may go to loopback addresses: tests live there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from ..webhooks import Envelope, Outcome
from .errors import ApiError, not_found
from .render import encode, encoded_order
from .render_products import product_json
from .state import State, Webhook

FAILURES_MAX = 6
_NEW_SECONDS = 10
"""For this long after its creation a record counts as new: no ``updated`` is sent."""
_PING = "ping:"

RESOURCES = ("order", "product", "customer", "coupon")
EVENTS = ("created", "updated", "deleted", "restored")


def notify(state: State, topic: str, record_id: int, created: datetime) -> None:
    """Queue a delivery to every active webhook of a topic."""
    age = state.simulator.clock.now() - created
    if topic.endswith(".updated") and age <= timedelta(seconds=_NEW_SECONDS):
        return
    for webhook in state.webhooks.values():
        if webhook.topic != topic or webhook.status != "active":
            continue
        state.simulator.deliverer.enqueue(
            str(webhook.webhook_id),
            _renderer(state, webhook, record_id),
            delay_seconds=state.settings.cron_seconds,
            coalesce_key=f"{webhook.webhook_id}:{record_id}",
        )


def ping(state: State, webhook: Webhook) -> None:
    """Queue the greeting that a new webhook sends: form-encoded, unsigned, no topic."""
    envelope = Envelope(
        url=webhook.delivery_url,
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": _user_agent(state),
        },
        body=f"webhook_id={webhook.webhook_id}".encode(),
    )
    state.simulator.deliverer.enqueue(f"{_PING}{webhook.webhook_id}", lambda: envelope)


def hear_outcome(state: State, outcome: Outcome) -> None:
    """Count failures in a row and disable a webhook that has too many."""
    if outcome.subscription.startswith(_PING):
        return
    webhook = state.webhooks.get(int(outcome.subscription))
    if webhook is None:
        return
    webhook.failures = 0 if outcome.accepted else webhook.failures + 1
    if webhook.failures >= FAILURES_MAX:
        webhook.status = "disabled"
        webhook.modified = state.now()


def _renderer(
    state: State, webhook: Webhook, record_id: int
) -> Callable[[], Envelope | None]:
    """Return what makes the envelope when the delivery is due."""

    def render() -> Envelope | None:
        if webhook.status != "active":
            return None
        body = _body(state, webhook.topic, record_id)
        resource, event = webhook.topic.split(".", 1)
        second = int(state.simulator.clock.now().timestamp())
        delivery_id = hashlib.sha256(f"{webhook.webhook_id}{second}".encode())
        return Envelope(
            url=webhook.delivery_url,
            headers={
                "content-type": "application/json",
                "user-agent": _user_agent(state),
                "x-wc-webhook-source": f"{state.site_url}/",
                "x-wc-webhook-topic": webhook.topic,
                "x-wc-webhook-resource": resource,
                "x-wc-webhook-event": event,
                "x-wc-webhook-signature": sign(webhook.secret, body),
                "x-wc-webhook-id": str(webhook.webhook_id),
                "x-wc-webhook-delivery-id": delivery_id.hexdigest()[:32],
            },
            body=body,
        )

    return render


def sign(secret: str, body: bytes) -> str:
    """Return the signature of a body: base64 of its HMAC-SHA256."""
    return base64.b64encode(
        hmac.new(secret.encode(), body, hashlib.sha256).digest()
    ).decode()


def _body(state: State, topic: str, record_id: int) -> bytes:
    resource, event = topic.split(".", 1)
    if event == "deleted":
        return encode({"id": record_id})
    try:
        if resource == "order":
            if record_id not in state.orders:
                raise not_found("shop_order")
            return encoded_order(state, state.orders[record_id])
        if record_id not in state.products:
            raise not_found("product")
        return encode(product_json(state, state.products[record_id]))
    except ApiError as error:
        # The server asks its own REST API and sends whatever that answers.
        return encode(error.content())


def _user_agent(state: State) -> str:
    return f"WooCommerce/{state.settings.version} Hookshot (WordPress/7.0.4)"
