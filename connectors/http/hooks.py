"""Webhooks of a described API: HMAC over the raw bytes, and the subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import orjson

from ...canonical.clock import Clock
from ...canonical.errors import WebhookRefusedError
from ...canonical.pages import Delivery, Stream
from ...canonical.pushes import Subscription
from ...mapping.http_paths import look_up
from ..calls import Call, Transport
from ..signatures import Encoding, require_recent, require_signature
from .description import WebhookPart
from .lists import read_rows


def read_webhook(
    part: WebhookPart,
    secret: str,
    clock: Clock,
    headers: Mapping[str, str],
    body: bytes,
) -> Delivery:
    """Verify a delivery and say which order to look at.

    With ``time_header`` the signature is over ``time.body``, and its age is bounded.

    Raises:
        WebhookRefusedError: forged, stale or unreadable.
    """
    stamp = headers.get(part.time_header.lower(), "") if part.time_header else ""
    signed = f"{stamp}.".encode() + body if part.time_header else body
    signature = headers.get(part.signature_header.lower())
    require_signature(signed, signature, [secret.encode()], Encoding(part.encoding))
    if part.time_header:
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
            raise WebhookRefusedError("a signed delivery does not say when it was sent")
        require_recent(datetime.fromtimestamp(int(stamp), UTC), clock.now())
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise WebhookRefusedError("the delivery is not readable") from None
    order = look_up(document, part.order)
    if not isinstance(order, str | int) or order == "":
        raise WebhookRefusedError("the delivery names no order")
    facts = [str(look_up(document, path)) for path in part.event] or [stamp]
    event = ":".join([str(order), *facts])
    return Delivery(event, part.topic, Stream.ORDERS, str(order))


def list_subscriptions(
    transport: Transport, part: WebhookPart
) -> tuple[Subscription, ...]:
    """Return the subscriptions that these credentials own."""
    answer = transport.send(Call("GET", part.subscriptions, safe=True)).json()
    return tuple(
        Subscription(
            str(look_up(row, part.id)),
            str(row.get(part.topic_field, part.topic)),
            str(row.get(part.url_field, "")),
            True,
        )
        for row in read_rows(answer, part.records)
    )


def subscribe(
    transport: Transport, part: WebhookPart, topic: str, callback_url: str
) -> Subscription:
    """Ask the channel to call back."""
    body = {part.topic_field: topic, part.url_field: callback_url}
    made = transport.send(Call("POST", part.subscriptions, json=body)).json()
    return Subscription(str(look_up(made, part.id)), topic, callback_url, True)


def unsubscribe(transport: Transport, part: WebhookPart, external_id: str) -> None:
    """End a subscription; one that is gone already is no error."""
    path = f"{part.subscriptions}/{quote(external_id, safe='')}"
    transport.send(Call("DELETE", path, safe=True, accept_statuses=(404,)))
