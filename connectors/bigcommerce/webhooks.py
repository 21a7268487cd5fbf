"""Receives BigCommerce's webhooks and keeps their subscriptions alive.

Signed as Standard Webhooks with the account's client secret. A delivery says which
record to look at and nothing else; when it is sent twice, both carry the same hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from ...canonical.errors import WebhookRefusedError
from ...canonical.pages import Delivery, Stream
from ...canonical.pushes import Subscription
from ..calls import Call, Transport
from ..signatures import require_standard_webhook
from .wire import Hook, Json, Listed, read_data, read_one, read_shape

_UNINSTALLED = "store/app/uninstalled"
_PAGES_MAX = 20
_PAGE_SIZE = "250"

Finder = Callable[[Mapping[str, Any]], Any]


def _own_id(data: Mapping[str, Any]) -> Any:
    return data["id"]


def _order_id(data: Mapping[str, Any]) -> Any:
    return data["orderId"]


def _product_of_stock(data: Mapping[str, Any]) -> Any:
    return data["inventory"]["product_id"]


_RECORDS: Mapping[str, tuple[Stream, Finder]] = {
    "store/order/created": (Stream.ORDERS, _own_id),
    "store/order/updated": (Stream.ORDERS, _own_id),
    "store/order/archived": (Stream.ORDERS, _own_id),
    "store/order/refund/created": (Stream.ORDERS, _own_id),
    "store/shipment/created": (Stream.ORDERS, _order_id),
    "store/shipment/updated": (Stream.ORDERS, _order_id),
    "store/shipment/deleted": (Stream.ORDERS, _order_id),
    "store/product/created": (Stream.LISTINGS, _own_id),
    "store/product/updated": (Stream.LISTINGS, _own_id),
    "store/product/deleted": (Stream.LISTINGS, _own_id),
    "store/product/inventory/updated": (Stream.LISTINGS, _product_of_stock),
    "store/sku/inventory/updated": (Stream.LISTINGS, _product_of_stock),
}
TOPICS = (*_RECORDS, _UNINSTALLED)


def read_webhook(
    secret: bytes, now: datetime, headers: Mapping[str, str], body: bytes
) -> Delivery:
    """Verify a delivery on its raw bytes and say which record to look at.

    Raises:
        WebhookRefusedError: forged, stale, or not what the store sends.
    """
    require_standard_webhook(headers, body, (secret,), now)
    try:
        told = orjson.loads(body)
        topic = str(told["scope"])
        event_id = str(told.get("hash") or headers["webhook-id"])
        stream, find = _RECORDS.get(topic, (None, None))
        record_id = str(int(find(told["data"]))) if find else ""
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        raise WebhookRefusedError(
            "a signed delivery does not say which record it is about"
        ) from None
    revoked = topic == _UNINSTALLED
    return Delivery(event_id, topic, stream, record_id, revoked=revoked)


def list_subscriptions(transport: Transport) -> tuple[Subscription, ...]:
    """Return the webhooks of this API account; others are not shown to it."""
    return tuple(_describe(read_shape(Hook, row)) for row in _list_hooks(transport))


def subscribe(transport: Transport, topic: str, callback_url: str) -> Subscription:
    """Make the store call ``callback_url`` about ``topic``. Safe to repeat.

    The store allows each address once for a topic; one that it has switched off after
    failures or ninety quiet days is switched on again.
    """
    for known in list_subscriptions(transport):
        if (known.topic, known.callback_url) != (topic, callback_url):
            continue
        if known.active:
            return known
        path = f"/v3/hooks/{known.external_id}"
        call = Call("PUT", path, json={"is_active": True}, safe=True)
        return _describe(read_data(Hook, transport.send(call)))
    body = {"scope": topic, "destination": callback_url, "is_active": True}
    answer = transport.send(Call("POST", "/v3/hooks", json=body))
    return _describe(read_data(Hook, answer))


def unsubscribe(transport: Transport, external_id: str) -> None:
    """Delete a webhook; one that is gone already is no error."""
    path = f"/v3/hooks/{external_id}"
    transport.send(Call("DELETE", path, safe=True, accept_statuses=(404,)))


def _describe(hook: Hook) -> Subscription:
    return Subscription(
        external_id=str(hook.id),
        topic=hook.scope,
        callback_url=hook.destination,
        active=hook.is_active,
    )


def _list_hooks(transport: Transport) -> list[Json]:
    rows: list[Json] = []
    for page in range(1, _PAGES_MAX + 1):
        params = {"limit": _PAGE_SIZE, "page": str(page)}
        call = Call("GET", "/v3/hooks", params, safe=True)
        listed = read_one(Listed, transport.send(call))
        rows += listed.data
        if page >= listed.meta.pagination.total_pages:
            break
    return rows
