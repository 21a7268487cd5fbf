"""Notifications: the key that signs them, what one says, and to whom it goes.

Signed over the raw body with ECDSA and SHA-1, as eBay does; the header is JSON in
Base64 and names the key. One delivery for each line of an order.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..webhooks import Envelope
from .render import stamp
from .state import Json, Order, State, Subscription

KEY_ID = "9936261a-7d7b-4621-a0f1-96ccb428af49"
RETRY_DELAYS_SECONDS = (60.0, 600.0, 3600.0)
ORDER_CONFIRMATION = "ORDER_CONFIRMATION"

_PRIVATE_KEY = ec.derive_private_key(0x0DDBA11CAFE, ec.SECP256R1())
# Repeatable, unlike a signature with a random number in it.
_ALGORITHM = ec.ECDSA(hashes.SHA1(), deterministic_signing=True)  # noqa: S303 - eBay's


def public_key_json() -> Json:
    """Return the public key as eBay hands it out: PEM on a single line."""
    der = _PRIVATE_KEY.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    text = base64.b64encode(der).decode()
    return {
        "key": f"-----BEGIN PUBLIC KEY-----{text}-----END PUBLIC KEY-----",
        "algorithm": "ECDSA",
        "digest": "SHA1",
    }


def sign(body: bytes) -> str:
    """Return the value of ``X-EBAY-SIGNATURE`` for a body."""
    signature = base64.b64encode(_PRIVATE_KEY.sign(body, _ALGORITHM)).decode()
    told = {"alg": "ecdsa", "kid": KEY_ID, "signature": signature, "digest": "SHA1"}
    return base64.b64encode(json.dumps(told).encode()).decode()


def announce_order(state: State, order: Order) -> None:
    """Queue a confirmation of each line to whoever subscribed."""
    for subscription in state.subscriptions.values():
        active = subscription.status == "ENABLED"
        if subscription.topic != ORDER_CONFIRMATION or not active:
            continue
        for line in order.lines:
            body = confirmation(state, order, line.line_id)
            state.simulator.deliverer.enqueue(
                subscription.subscription_id, _renderer(state, subscription, body)
            )


def confirmation(state: State, order: Order, line_id: str) -> bytes:
    """Return the body of a notification that tells of a line that was bought."""
    now = stamp(state.now())
    return json.dumps(
        {
            "metadata": {
                "topic": ORDER_CONFIRMATION,
                "schemaVersion": "1.0",
                "deprecated": False,
            },
            "notification": {
                "notificationId": f"{order.order_id}_{line_id}",
                "eventDate": now,
                "publishDate": now,
                "publishAttemptCount": 1,
                "data": {
                    "orderId": order.order_id,
                    "lineItemId": line_id,
                    "sellerId": state.settings.user_id,
                },
            },
        }
    ).encode()


def _renderer(
    state: State, subscription: Subscription, body: bytes
) -> Callable[[], Envelope | None]:
    def render() -> Envelope | None:
        place = state.destinations.get(subscription.destination_id)
        if place is None or place.status != "ENABLED":
            return None
        headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "x-ebay-signature": sign(body),
        }
        return Envelope(place.endpoint, headers, body)

    return render
