"""Webhooks of a simulated shop: signed by the Standard Webhooks scheme, flat bodies.

The endpoint is the one of the settings, as if it had been set up in the portal.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from ..webhooks import Envelope
from .settings import ShopSettings
from .state import Receipt, State

RETRY_DELAYS_SECONDS = (5.0, 300.0, 1800.0, 7200.0)
SUBSCRIPTION = "portal"


def announce(state: State, receipt: Receipt, event: str) -> None:
    """Queue a delivery, if there is an endpoint."""
    if not state.settings.webhook_url:
        return
    message = f"msg_{state.number():08d}"
    state.simulator.deliverer.enqueue(
        SUBSCRIPTION, _renderer(state, message, body_of(state.settings, receipt, event))
    )


def body_of(settings: ShopSettings, receipt: Receipt, event: str) -> bytes:
    """Return what a delivery says: where to look, and no more."""
    place = f"shops/{settings.shop_id}/receipts/{receipt.receipt_id}"
    return json.dumps(
        {
            "event_type": event,
            "resource_url": f"https://openapi.etsy.com/v3/application/{place}",
            "shop_id": settings.shop_id,
        }
    ).encode()


def sign(
    settings: ShopSettings, message: str, moment: datetime, body: bytes
) -> Mapping[str, str]:
    """Return the headers of a delivery."""
    key = base64.b64decode(settings.webhook_secret.removeprefix("whsec_"))
    stamp = str(int(moment.timestamp()))
    content = f"{message}.{stamp}.".encode() + body
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _renderer(state: State, message: str, body: bytes) -> Callable[[], Envelope | None]:
    def render() -> Envelope:
        headers = sign(state.settings, message, state.now(), body)
        return Envelope(state.settings.webhook_url, headers, body)

    return render
