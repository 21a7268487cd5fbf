"""Webhook subscription mutations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .calls import Call

Payload = dict[str, Any]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def create_subscription(call: Call, args: Mapping[str, Any]) -> Payload:
    """Perform ``webhookSubscriptionCreate``."""
    given, topic = args["webhookSubscription"], args["topic"]
    uri = given.get("uri") or ""
    refusal = _refusal(call, topic, uri)
    if refusal:
        errors = [{"field": ["webhookSubscription", "callbackUrl"], "message": refusal}]
        return {"webhookSubscription": None, "userErrors": errors}
    subscription = call.announcer.subscribe(
        topic,
        uri,
        data_format=given.get("format") or "JSON",
        name=given.get("name"),
        include_fields=given.get("includeFields") or (),
    )
    return {"webhookSubscription": subscription, "userErrors": []}


def _refusal(call: Call, topic: str, uri: str) -> str:
    """Say what is wrong with an address.

    Shopify takes https alone; plain http is let through here for this machine only.
    """
    address = urlsplit(uri)
    if not address.hostname:
        return "Address is invalid"
    if address.scheme != "https" and not (
        address.scheme == "http" and address.hostname in _LOOPBACK
    ):
        return f"Address protocol {address.scheme}:// is not supported"
    taken = any(
        one.topic == topic and one.uri == uri
        for one in call.announcer.subscriptions.values()
    )
    return "Address for this topic has already been taken" if taken else ""


def delete_subscription(call: Call, args: Mapping[str, Any]) -> Payload:
    """Perform ``webhookSubscriptionDelete``."""
    subscription = call.books.find_as("WebhookSubscription", args["id"])
    if subscription is None:
        errors = [{"field": ["id"], "message": "Webhook subscription does not exist"}]
        return {"deletedWebhookSubscriptionId": None, "userErrors": errors}
    call.announcer.unsubscribe(subscription)
    return {"deletedWebhookSubscriptionId": args["id"], "userErrors": []}
