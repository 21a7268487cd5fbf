"""Receives Square's webhooks and keeps their subscription alive.

Square has subscriptions of an application, each to many topics at one address; the hub
has one per topic, so each topic of ours is one entry of the list. Deliveries are signed
over address and body with a key that the subscription carries (source: Square's guide
to validating webhooks). A delivery names a record; what it says of it is not believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from ...canonical.errors import RejectedError, WebhookRefusedError
from ...canonical.pages import Delivery, Stream
from ...canonical.pushes import Subscription
from ..calls import Call, Transport
from ..pagination import TokenTrail
from ..signatures import require_signature
from .kept import Kept
from .operations import API_VERSION
from .wire import Json, Webhook, is_id, read_cursor, read_one, read_rows, read_shape

TOPICS = (
    "order.created",
    "order.updated",
    "order.fulfillment.updated",
    "refund.created",
    "refund.updated",
    "catalog.version.updated",
    "oauth.authorization.revoked",
)
"""What the hub wants to hear of. Not of counts: every write of its own would come
back, and a sale is told by its order."""

NAME_PREFIX = "Crossdock"
SIGNATURE_HEADER = "x-square-hmacsha256-signature"
_PATH = "/v2/webhooks/subscriptions"
_CLOSED = "COMPLETED"


class Webhooks:
    """The webhooks of one channel, and the keys that sign them."""

    def __init__(
        self, transport: Transport | None, kept: Kept, location_id: str
    ) -> None:
        self._transport = transport
        self._kept = kept
        self._location_id = location_id

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that can be subscribed to; none without the right token."""
        return TOPICS if self._transport else ()

    def read(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a delivery on its raw bytes and say which record to look at.

        Raises:
            WebhookRefusedError: forged, or not what Square sends.
        """
        _require_signature(headers, body, self._load_keys())
        event = _parse(body)
        topic, event_id = event.get("type"), event.get("event_id")
        if not isinstance(topic, str) or not isinstance(event_id, str) or not event_id:
            raise WebhookRefusedError("a signed delivery lacks its id or its type")
        stream, external_id = self._find_record(topic, event)
        # Square's own samples give one id to two events of one refund.
        return Delivery(f"{event_id}:{topic}", topic, stream, external_id)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return our subscriptions, one for each topic, whatever their state."""
        return tuple(
            Subscription(
                external_id=f"{webhook.id}:{topic}",
                topic=topic,
                callback_url=webhook.notification_url,
                active=webhook.enabled is not False,
            )
            for webhook in self._list_ours()
            for topic in webhook.event_types
        )

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Make Square call ``callback_url`` about ``topic``. Safe to repeat."""
        ours = [
            each for each in self._list_ours() if each.notification_url == callback_url
        ]
        if ours:
            webhook = self._extend(ours[0], topic)
        else:
            webhook = self._create(topic, callback_url)
        self._learn_key(webhook)
        return Subscription(
            f"{webhook.id}:{topic}", topic, callback_url, webhook.enabled is not False
        )

    def unsubscribe(self, external_id: str) -> None:
        """End a subscription to one topic; the last one ends the whole."""
        id_, _, topic = external_id.partition(":")
        webhook = self._fetch(id_)
        if webhook is None or topic not in webhook.event_types:
            return
        left = [each for each in webhook.event_types if each != topic]
        if left:
            self._change(id_, left)
            return
        call = Call("DELETE", f"{_PATH}/{id_}", safe=True, accept_statuses=(404,))
        self._require_transport().send(call)
        self._kept.forget_key(id_)

    def _load_keys(self) -> dict[str, tuple[str, str]]:
        """Return the kept keys; where there are none, ask Square once for ours."""
        keys = self._kept.load_keys()
        if not keys and self._transport is not None:
            for webhook in self._list_ours():
                self._learn_key(webhook)
            keys = self._kept.load_keys()
        return keys

    def _learn_key(self, webhook: Webhook) -> None:
        """Keep the key that signs a subscription; lists leave it out."""
        known = webhook if webhook.signature_key else self._fetch(webhook.id)
        if known is not None and known.signature_key:
            self._kept.keep_key(known.id, known.notification_url, known.signature_key)

    def _find_record(self, topic: str, event: Json) -> tuple[Stream | None, str]:
        """Return what to look at: one order, all that changed, or nothing.

        A completed order may only bring back goods of another one, and a refund names
        such an order: then what changed is read. An application serves many merchants,
        so that a revocation is no proof either: the next pull meets it, if it is ours.
        """
        if topic == "catalog.version.updated":
            return Stream.LISTINGS, ""
        if topic == "oauth.authorization.revoked":
            return Stream.ORDERS, ""
        noun = topic.partition(".")[0]
        if noun not in {"order", "refund"}:
            return None, ""
        told = _find_object(event)
        if told.get("location_id") != self._location_id:
            return None, ""
        order_id = told.get("order_id")
        if noun == "refund" or told.get("state") == _CLOSED:
            return Stream.ORDERS, ""
        if not isinstance(order_id, str) or not is_id(order_id):
            raise WebhookRefusedError(
                "a signed delivery does not say which order it is about"
            )
        return Stream.ORDERS, order_id

    def _list_ours(self) -> list[Webhook]:
        return [each for each in self._walk() if each.name.startswith(NAME_PREFIX)]

    def _walk(self) -> Iterator[Webhook]:
        parameters = {"include_disabled": "true", "limit": "100"}
        trail, transport = TokenTrail(), self._require_transport()
        while True:
            answer = transport.send(Call("GET", _PATH, parameters, safe=True))
            for row in read_rows(answer, "subscriptions"):
                yield read_shape(Webhook, row)
            token = read_cursor(answer)
            if not token:
                return
            parameters = {**parameters, "cursor": trail.follow(token)}

    def _fetch(self, id_: str) -> Webhook | None:
        if not is_id(id_):
            return None
        call = Call("GET", f"{_PATH}/{id_}", safe=True, accept_statuses=(404,))
        answer = self._require_transport().send(call)
        if answer.status == 404:
            return None
        return read_one(Webhook, answer, "subscription")

    def _create(self, topic: str, callback_url: str) -> Webhook:
        body = {
            "subscription": {
                "name": f"{NAME_PREFIX} {self._location_id}",
                "event_types": [topic],
                "notification_url": callback_url,
                "api_version": API_VERSION,
                "enabled": True,
            }
        }
        answer = self._require_transport().send(Call("POST", _PATH, json=body))
        return read_one(Webhook, answer, "subscription")

    def _extend(self, webhook: Webhook, topic: str) -> Webhook:
        """Return a subscription that has the topic, too, and is switched on."""
        if topic in webhook.event_types and webhook.enabled is not False:
            return webhook
        others = [each for each in webhook.event_types if each != topic]
        return self._change(webhook.id, [*others, topic])

    def _change(self, id_: str, topics: list[str]) -> Webhook:
        body = {"subscription": {"event_types": topics, "enabled": True}}
        call = Call("PUT", f"{_PATH}/{id_}", json=body, safe=True)
        return read_one(Webhook, self._require_transport().send(call), "subscription")

    def _require_transport(self) -> Transport:
        if self._transport is None:
            raise RejectedError(
                "webhooks belong to the application, and its own token is not known",
                next_step="Enter the application's personal access token.",
            )
        return self._transport


def _require_signature(
    headers: Mapping[str, str], body: bytes, keys: Mapping[str, tuple[str, str]]
) -> None:
    """Return if one of our subscriptions signed these bytes for its address.

    Every one is tried, whichever fits: the time taken tells nothing.

    Raises:
        WebhookRefusedError: none did.
    """
    refusal: WebhookRefusedError | None = None
    genuine = False
    for url, key in keys.values() or (("", ""),):
        try:
            signature = headers.get(SIGNATURE_HEADER)
            require_signature(url.encode() + body, signature, (key.encode(),))
            genuine = True
        except WebhookRefusedError as error:
            refusal = error
    if not genuine and refusal is not None:
        raise refusal


def _parse(body: bytes) -> Json:
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError:
        event = None
    if not isinstance(event, dict):
        raise WebhookRefusedError("the delivery's body is not a JSON object")
    return event


def _find_object(event: Json) -> Json:
    """Return what an event is about: the one object in ``data.object``."""
    part: Any = event.get("data")
    part = part.get("object") if isinstance(part, dict) else None
    told = list(part.values()) if isinstance(part, dict) else []
    if len(told) != 1 or not isinstance(told[0], dict):
        raise WebhookRefusedError("a signed delivery does not say what it is about")
    found: Json = told[0]
    return found
