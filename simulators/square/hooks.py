"""Webhooks: subscriptions of the application, events, and how they are signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid

from ..webhooks import Envelope
from ..wire import Request, Response, json_response
from .errors import invalid, not_found
from .paging import page_of, read_body
from .state import Hook, Json, Order, Refund, State, format_time

RETRY_DELAYS_SECONDS = (60.0, 120.0, 240.0, 480.0, 900.0, 1800.0, 3600.0)
"""Square goes on for a day; the first hours are enough here."""
HEADER = "x-square-hmacsha256-signature"


def sign(key: str, url: str, body: bytes) -> str:
    """Return the signature of a delivery: over the address, and then the body."""
    digest = hmac.new(key.encode(), url.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def announce_order(state: State, order: Order, topic: str) -> None:
    """Tell that an order was made or changed."""
    noun = topic.replace(".", "_")
    told: Json = {
        "order_id": order.order_id,
        "location_id": state.settings.location_id,
        "state": order.state,
        "created_at": format_time(order.created_at),
    }
    if order.version is not None:
        told["version"] = order.version
    if topic != "order.created":
        told["updated_at"] = format_time(order.updated_at)
    _announce(state, topic, order.order_id, noun, noun, told)


def announce_refund(state: State, refund: Refund, topic: str) -> None:
    """Tell that money goes back; ``order_id`` is the return order."""
    told = {
        "id": refund.refund_id,
        "status": "PENDING",
        "amount_money": state.money(refund.amount_minor),
        "location_id": state.settings.location_id,
        "payment_id": refund.payment_id,
        "order_id": refund.order_id,
        "created_at": format_time(refund.created_at),
        "updated_at": format_time(refund.created_at),
    }
    _announce(state, topic, refund.refund_id, "refund", "refund", told)


def announce_catalog(state: State) -> None:
    """Tell that something of the catalogue is another one; not what."""
    told = {"updated_at": format_time(state.now())}
    _announce(
        state, "catalog.version.updated", "", "catalog_version", "catalog_version", told
    )


def list_hooks(state: State, request: Request) -> Response:
    """Answer ``GET /v2/webhooks/subscriptions``, without the keys."""
    everything = request.argument("include_disabled") == "true"
    rows = [
        _render(hook, with_key=False)
        for hook in state.hooks.values()
        if hook.enabled or everything
    ]
    asked: Json = {"cursor": request.argument("cursor")}
    return page_of(rows, asked, "subscriptions", limit_max=100, default=100)


def post_hook(state: State, request: Request) -> Response:
    """Answer ``POST /v2/webhooks/subscriptions``."""
    hook = add_hook(state, read_body(request).get("subscription") or {})
    return json_response({"subscription": _render(hook, with_key=True)})


def get_hook(state: State, request: Request, hook_id: str) -> Response:
    """Answer ``GET /v2/webhooks/subscriptions/{id}``, with its key."""
    del request
    return json_response(
        {"subscription": _render(_find(state, hook_id), with_key=True)}
    )


def put_hook(state: State, request: Request, hook_id: str) -> Response:
    """Answer ``PUT /v2/webhooks/subscriptions/{id}``: what is named is replaced."""
    hook = _find(state, hook_id)
    wanted = read_body(request).get("subscription") or {}
    hook.topics = [str(each) for each in wanted.get("event_types", hook.topics)]
    hook.enabled = bool(wanted.get("enabled", hook.enabled))
    hook.url = str(wanted.get("notification_url", hook.url))
    hook.updated_at = state.now()
    return json_response({"subscription": _render(hook, with_key=False)})


def delete_hook(state: State, request: Request, hook_id: str) -> Response:
    """Answer ``DELETE /v2/webhooks/subscriptions/{id}``."""
    del request
    _find(state, hook_id)
    del state.hooks[hook_id]
    state.simulator.deliverer.forget(hook_id)
    return json_response({})


def add_hook(state: State, wanted: Json) -> Hook:
    """Make a subscription.

    Raises:
        ApiError: it names no address or no topic.
    """
    url = str(wanted.get("notification_url") or "")
    if not url:
        raise invalid("subscription.notification_url", "No URL.", "VALUE_EMPTY")
    topics = wanted.get("event_types") or []
    if not topics:
        raise invalid("subscription.event_types", "No events.", "ARRAY_EMPTY")
    hook_id = f"wbhk_{state.take_id('').lower()}"
    hook = Hook(
        hook_id=hook_id,
        name=str(wanted.get("name") or "Webhook"),
        url=url,
        topics=[str(each) for each in topics],
        key=state.take_id("sk"),
        enabled=bool(wanted.get("enabled", True)),
        created_at=state.now(),
        updated_at=state.now(),
    )
    state.hooks[hook_id] = hook
    return hook


def render_event(
    state: State, topic: str, id_: str, kind: str, noun: str, told: Json
) -> bytes:
    """Return the body of an event."""
    event_id = uuid.uuid5(uuid.NAMESPACE_URL, state.take_id("EV"))
    event: Json = {
        "merchant_id": state.settings.merchant_id,
        "type": topic,
        "event_id": str(event_id),
        "created_at": format_time(state.now()),
        "data": {"type": kind, "object": {noun: told}},
    }
    if id_:
        event["data"]["id"] = id_
    return json.dumps(event, separators=(",", ":")).encode()


def _announce(
    state: State, topic: str, id_: str, kind: str, noun: str, told: Json
) -> None:
    body = render_event(state, topic, id_, kind, noun, told)
    for hook in list(state.hooks.values()):
        if hook.enabled and topic in hook.topics:
            _enqueue(state, hook, body)


def _enqueue(state: State, hook: Hook, body: bytes) -> None:
    def render() -> Envelope:
        headers = {
            "content-type": "application/json",
            HEADER: sign(hook.key, hook.url, body),
        }
        return Envelope(hook.url, headers, body)

    state.simulator.deliverer.enqueue(
        hook.hook_id, render, delay_seconds=state.settings.webhook_seconds
    )


def _find(state: State, hook_id: str) -> Hook:
    if hook_id not in state.hooks:
        raise not_found("Webhook subscription", hook_id)
    return state.hooks[hook_id]


def _render(hook: Hook, *, with_key: bool) -> Json:
    rendered: Json = {
        "id": hook.hook_id,
        "name": hook.name,
        "enabled": hook.enabled,
        "event_types": hook.topics,
        "notification_url": hook.url,
        "api_version": "2025-08-20",
        "created_at": format_time(hook.created_at),
        "updated_at": format_time(hook.updated_at),
    }
    if with_key:
        rendered["signature_key"] = hook.key
    return rendered
