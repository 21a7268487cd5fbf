"""Webhooks of the store: what one says, who signs it, and to whom it goes.

Thin, signed as Standard Webhooks with the client secret; the hash is of the fact, so
that a fact told twice carries the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime

from ..webhooks import Envelope
from .state import Hook, Json, Order, Product, State

RETRY_DELAYS_SECONDS = (
    60.0,
    180.0,
    300.0,
    600.0,
    900.0,
    1800.0,
    3600.0,
    7200.0,
    21600.0,
    50400.0,
    86400.0,
)


def tell_order(state: State, scope: str, order: Order) -> None:
    """Queue what happened to an order; everything is an update as well."""
    data: Json = {"type": "order", "id": order.order_id}
    if scope == "store/order/refund/created":
        tell(
            state,
            scope,
            {**data, "refund": {"refund_id": order.refunds[-1].refund_id}},
        )
        scope = "store/order/updated"
    tell(state, scope, data)


def tell_product(state: State, scope: str, product: Product) -> None:
    """Queue what happened to a product."""
    tell(state, scope, {"type": "product", "id": product.product_id})


def tell(state: State, scope: str, data: Json) -> None:
    """Queue a fact to whoever subscribed to its scope."""
    body = payload(state, scope, data)
    for hook in state.hooks.values():
        if hook.scope == scope and hook.active:
            state.simulator.deliverer.enqueue(
                str(hook.hook_id), _renderer(state, hook, body)
            )


def payload(state: State, scope: str, data: Json) -> bytes:
    """Return the body of a delivery."""
    fact = json.dumps([scope, data, state.number()]).encode()
    content = {
        "scope": scope,
        "store_id": "1025646",
        "data": data,
        "hash": hashlib.sha1(fact, usedforsecurity=False).hexdigest(),
        "created_at": int(state.now().timestamp()),
        "producer": f"stores/{state.settings.store_hash}",
    }
    return json.dumps(content).encode()


def sign(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """Return the three headers that prove a delivery."""
    stamp = str(int(at.timestamp()))
    message_id = f"msg_{hashlib.sha256(body).hexdigest()[:24]}"
    content = f"{message_id}.{stamp}.".encode() + body
    digest = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _renderer(state: State, hook: Hook, body: bytes) -> Callable[[], Envelope | None]:
    def render() -> Envelope | None:
        if hook.hook_id not in state.hooks or not hook.active:
            return None
        signature = sign(state.settings.client_secret, body, state.now())
        headers = {"content-type": "application/json", **signature}
        return Envelope(hook.destination, headers, body)

    return render
