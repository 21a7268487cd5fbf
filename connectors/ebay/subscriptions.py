"""Subscriptions to eBay's notifications, and the destinations that they lead to.

A destination is an address of the keyset; eBay challenges it when it is made, so the
hub must be reachable at that moment. A subscription of a seller's topic belongs to the
seller. Before the first destination of a keyset, eBay wants an address for alerts.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from ...canonical.errors import RejectedError
from ...canonical.pushes import Subscription
from ..calls import Call, Transport
from ..pagination import TokenTrail
from .doors import NOTIFICATION, Doors
from .settings import EbaySettings
from .wire import (
    Destination,
    Destinations,
    SubscriptionRow,
    SubscriptionRows,
    Topic,
    read_answer,
    read_created_id,
)

_ENABLED = "ENABLED"
_PAGE_SIZE = "100"
_PAGES_MAX = 20


def list_subscriptions(doors: Doors) -> tuple[Subscription, ...]:
    """Return the seller's subscriptions with the addresses that they lead to."""
    rows = _list_rows(doors.seller)
    if not rows:
        return ()
    places = {place.destination_id: place for place in _list_places(doors.application)}
    return tuple(_describe(row, places.get(row.destination_id or "")) for row in rows)


def subscribe(
    doors: Doors, settings: EbaySettings, topic: str, callback_url: str
) -> Subscription:
    """Make eBay call about ``topic``; safe to repeat.

    Raises:
        RejectedError: eBay does not offer the topic, or refuses the address.
    """
    place_id = _find_place(doors.application, settings, callback_url)
    for row in _list_rows(doors.seller):
        if (row.topic_id, row.destination_id) != (topic, place_id):
            continue
        if row.status != _ENABLED:
            path = f"{NOTIFICATION}/subscription/{row.subscription_id}/enable"
            doors.seller.send(Call("POST", path, safe=True))
        return Subscription(row.subscription_id, topic, callback_url, True)
    body = {
        "topicId": topic,
        "destinationId": place_id,
        "status": _ENABLED,
        "payload": {
            "format": "JSON",
            "schemaVersion": _choose_version(doors.application, topic),
            "deliveryProtocol": "HTTPS",
        },
    }
    answer = doors.seller.send(Call("POST", f"{NOTIFICATION}/subscription", json=body))
    return Subscription(read_created_id(answer), topic, callback_url, True)


def unsubscribe(doors: Doors, external_id: str) -> None:
    """End a subscription; one that is gone already is no error."""
    path = f"{NOTIFICATION}/subscription/{external_id}"
    doors.seller.send(Call("DELETE", path, safe=True, accept_statuses=(404,)))


def _describe(row: SubscriptionRow, place: Destination | None) -> Subscription:
    active = row.status == _ENABLED and place is not None and place.status == _ENABLED
    url = place.delivery_config.endpoint if place else ""
    return Subscription(row.subscription_id, row.topic_id, url, active)


def _find_place(
    application: Transport, settings: EbaySettings, callback_url: str
) -> str:
    """Return the destination that leads to an address, making it if need be."""
    for place in _list_places(application):
        standing = place.status == _ENABLED
        if standing and place.delivery_config.endpoint == callback_url:
            return place.destination_id
    _prepare_alerts(application, settings)
    body = {
        "name": "Crossdock",
        "status": _ENABLED,
        "deliveryConfig": {
            "endpoint": callback_url,
            "verificationToken": settings.verification_token.get_secret_value(),
        },
    }
    answer = application.send(Call("POST", f"{NOTIFICATION}/destination", json=body))
    return read_created_id(answer)


def _prepare_alerts(application: Transport, settings: EbaySettings) -> None:
    path = f"{NOTIFICATION}/config"
    call = Call("GET", path, safe=True, accept_statuses=(404,))
    if application.send(call).status != 404:
        return
    if not settings.alert_email:
        raise RejectedError(
            "eBay wants an e-mail address for alerts before it sends notifications",
            next_step="Set alert_email of this channel.",
        )
    body = {"alertEmail": settings.alert_email}
    application.send(Call("PUT", path, json=body, safe=True))


def _choose_version(application: Transport, topic: str) -> str:
    """Return the newest version of a topic's payload that is not about to end."""
    path = f"{NOTIFICATION}/topic/{topic}"
    answer = application.send(Call("GET", path, safe=True, accept_statuses=(404,)))
    if answer.status == 404:
        raise RejectedError(
            f"eBay does not offer this keyset the topic {topic}",
            next_step="Nothing: orders are pulled in any case.",
        )
    told = read_answer(Topic, answer).supported_payloads
    standing = [one.schema_version for one in told if not one.deprecated]
    return max(standing, default="1.0")


def _list_places(application: Transport) -> list[Destination]:
    found: list[Destination] = []
    trail, token = TokenTrail(pages_max=_PAGES_MAX), ""
    while True:
        page = read_answer(
            Destinations, application.send(_list_call("destination", token))
        )
        found += page.destinations
        token = _read_token(page.next)
        if not token:
            return found
        trail.follow(token)


def _list_rows(seller: Transport) -> list[SubscriptionRow]:
    found: list[SubscriptionRow] = []
    trail, token = TokenTrail(pages_max=_PAGES_MAX), ""
    while True:
        page = read_answer(
            SubscriptionRows, seller.send(_list_call("subscription", token))
        )
        found += page.subscriptions
        token = _read_token(page.next)
        if not token:
            return found
        trail.follow(token)


def _list_call(collection: str, token: str) -> Call:
    params = {"limit": _PAGE_SIZE}
    if token:
        params["continuation_token"] = token
    return Call("GET", f"{NOTIFICATION}/{collection}", params, safe=True)


def _read_token(following: str | None) -> str:
    """Return the token inside the URL of the next page."""
    query = parse_qs(urlsplit(following or "").query)
    return query.get("continuation_token", [""])[0]
