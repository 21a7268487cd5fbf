"""The routes of the Notification API: keys, topics, destinations, subscriptions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from ..wire import Request, Response, json_response
from . import notices
from .errors import notification_error
from .render import stamp
from .state import Destination, Json, State, Subscription

_URL = "https://api.ebay.com/commerce/notification/v1"
CHALLENGE_CODE = "a8628072-3d33-45ee-9004-bee86830a22d"

Challenger = Callable[[str], str]
"""Asks an address the challenge and returns the answer's ``challengeResponse``."""


def get_key(_state: State, _request: Request, key_id: str) -> Response:
    """Answer ``GET /public_key/{id}``."""
    if key_id != notices.KEY_ID:
        raise notification_error(195001, "The specified key id is invalid.", 404)
    return json_response(notices.public_key_json())


def get_topic(state: State, _request: Request, topic_id: str) -> Response:
    """Answer ``GET /topic/{id}``."""
    if topic_id not in state.settings.topics:
        raise notification_error(195009, "The topic does not exist.", 404)
    payload = {
        "format": ["JSON"],
        "schemaVersion": "1.0",
        "deliveryProtocol": "HTTPS",
        "deprecated": False,
    }
    return json_response(
        {
            "topicId": topic_id,
            "description": topic_id.replace("_", " ").title(),
            "status": "ENABLED",
            "context": "SELL",
            "scope": "USER",
            "filterable": False,
            "supportedPayloads": [payload],
        }
    )


def get_config(state: State, _request: Request) -> Response:
    """Answer ``GET /config``."""
    if not state.alert_email:
        raise notification_error(195026, "Configuration Not Found.", 404)
    return json_response({"alertEmail": state.alert_email})


def put_config(state: State, request: Request) -> Response:
    """Answer ``PUT /config``."""
    email = str(_read_body(request).get("alertEmail") or "")
    if "@" not in email:
        raise notification_error(195025, "Invalid or missing email.")
    state.alert_email = email
    return Response(204)


def list_destinations(state: State, _request: Request) -> Response:
    """Answer ``GET /destination``."""
    rows = [_destination(one) for one in state.destinations.values()]
    return json_response(
        {
            "href": f"{_URL}/destination",
            "limit": 100,
            "total": len(rows),
            "destinations": rows,
        }
    )


def post_destination(
    state: State, request: Request, challenger: Challenger | None
) -> Response:
    """Answer ``POST /destination``; the address is challenged, where that can be."""
    if not state.alert_email:
        message = "Please provide configurations required for notifications."
        raise notification_error(195003, message, 409)
    body = _read_body(request)
    config = body.get("deliveryConfig") or {}
    place = Destination(
        destination_id=f"destination-{state.number()}",
        name=str(body.get("name") or ""),
        endpoint=str(config.get("endpoint") or ""),
        token=str(config.get("verificationToken") or ""),
        status=str(body.get("status") or "ENABLED"),
    )
    if not 32 <= len(place.token) <= 80:
        raise notification_error(195019, "Invalid or missing verification token")
    if challenger is not None:
        text = f"{CHALLENGE_CODE}{place.token}{place.endpoint}"
        wanted = hashlib.sha256(text.encode()).hexdigest()
        told = challenger(f"{place.endpoint}?challenge_code={CHALLENGE_CODE}")
        if told != wanted:
            message = "Challenge verification failed for requested endpoint"
            raise notification_error(195020, message, 409)
    state.destinations[place.destination_id] = place
    return _created("destination", place.destination_id)


def list_subscriptions(state: State, _request: Request) -> Response:
    """Answer ``GET /subscription``."""
    rows = [_subscription(one) for one in state.subscriptions.values()]
    return json_response(
        {
            "href": f"{_URL}/subscription",
            "limit": 100,
            "total": len(rows),
            "subscriptions": rows,
        }
    )


def post_subscription(state: State, request: Request) -> Response:
    """Answer ``POST /subscription``; one for each topic and destination."""
    body = _read_body(request)
    topic, place = str(body.get("topicId")), str(body.get("destinationId"))
    if topic not in state.settings.topics:
        raise notification_error(195011, "Not authorized for this topic.", 403)
    if place not in state.destinations:
        raise notification_error(195022, "Invalid or missing destination id.")
    known = {(one.topic, one.destination_id) for one in state.subscriptions.values()}
    if (topic, place) in known:
        raise notification_error(195012, "The subscription exists already.", 409)
    subscription = Subscription(
        subscription_id=f"subscription-{state.number()}",
        topic=topic,
        destination_id=place,
        status=str(body.get("status") or "ENABLED"),
        schema_version=str((body.get("payload") or {}).get("schemaVersion") or ""),
        created=state.now(),
    )
    state.subscriptions[subscription.subscription_id] = subscription
    return _created("subscription", subscription.subscription_id)


def delete_subscription(
    state: State, _request: Request, subscription_id: str
) -> Response:
    """Answer ``DELETE /subscription/{id}``."""
    _find_subscription(state, subscription_id)
    del state.subscriptions[subscription_id]
    state.simulator.deliverer.forget(subscription_id)
    return Response(204)


def enable_subscription(
    state: State, _request: Request, subscription_id: str
) -> Response:
    """Answer ``POST /subscription/{id}/enable``."""
    _find_subscription(state, subscription_id).status = "ENABLED"
    return Response(204)


def _find_subscription(state: State, subscription_id: str) -> Subscription:
    subscription = state.subscriptions.get(subscription_id)
    if subscription is None:
        raise notification_error(195013, "The subscription id does not exist.", 404)
    return subscription


def _destination(place: Destination) -> Json:
    return {
        "destinationId": place.destination_id,
        "name": place.name,
        "status": place.status,
        "deliveryConfig": {
            "endpoint": place.endpoint,
            "verificationToken": place.token,
        },
    }


def _subscription(subscription: Subscription) -> Json:
    return {
        "subscriptionId": subscription.subscription_id,
        "topicId": subscription.topic,
        "destinationId": subscription.destination_id,
        "status": subscription.status,
        "creationDate": stamp(subscription.created),
        "payload": {
            "format": "JSON",
            "schemaVersion": subscription.schema_version,
            "deliveryProtocol": "HTTPS",
        },
    }


def _created(collection: str, external_id: str) -> Response:
    location = f"{_URL}/{collection}/{external_id}"
    return json_response({}, status=201, headers={"location": location})


def _read_body(request: Request) -> Mapping[str, Any]:
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise notification_error(195002, "The body is not a JSON object")
    return body
