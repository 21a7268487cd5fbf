"""Webhook subscriptions that this app made through the Admin API.

Those of an app's own configuration file are not in Shopify's list and not touched.
"""

from __future__ import annotations

from ...canonical.errors import RejectedError
from ...canonical.pushes import Subscription
from ..pagination import TokenTrail
from .documents import SUBSCRIBE, SUBSCRIPTIONS, UNSUBSCRIBE
from .graphql import Admin, shorten
from .webhooks import FIELDS, from_enum, to_enum
from .wire import Changed, Subscribed, Subscriptions, WebhookSubscription


def list_subscriptions(admin: Admin) -> tuple[Subscription, ...]:
    """Return all of the app's subscriptions.

    Shopify deletes one after eight failed tries within four hours, so one that is
    listed is active.
    """
    found: list[Subscription] = []
    trail, after = TokenTrail(), None
    while True:
        reply = admin.ask(SUBSCRIPTIONS, after=after)
        page = reply.read(Subscriptions, "webhookSubscriptions")
        found += [_translate(node) for node in page.nodes]
        if not page.page_info.has_next_page:
            return tuple(found)
        after = trail.follow(str(page.page_info.end_cursor))


def subscribe(admin: Admin, topic: str, callback_url: str) -> Subscription:
    """Ask Shopify to call ``callback_url`` about ``topic``; safe to repeat.

    Deliveries carry ``webhooks.FIELDS`` and nothing else of the record.

    Raises:
        RejectedError: Shopify does not take the address or the topic.
    """
    answer = admin.change(
        SUBSCRIBE,
        Subscribed,
        "webhookSubscriptionCreate",
        topic=to_enum(topic),
        subscription={
            "uri": callback_url,
            "format": "JSON",
            "includeFields": list(FIELDS),
        },
    )
    if answer.webhook_subscription:
        return _translate(answer.webhook_subscription)
    # Shopify refuses a second subscription of a topic for one address.
    for found in list_subscriptions(admin):
        if (found.topic, found.callback_url) == (topic, callback_url):
            return found
    reasons = "; ".join(shorten(error.message) for error in answer.user_errors)
    raise RejectedError(f"Shopify made no subscription to {topic}: {reasons}")


def unsubscribe(admin: Admin, external_id: str) -> None:
    """End a subscription; one that is gone already is no error.

    Raises:
        RejectedError: Shopify keeps it.
    """
    name = "webhookSubscriptionDelete"
    answer = admin.change(UNSUBSCRIBE, Changed, name, id=external_id)
    if not answer.user_errors:
        return
    if any(found.external_id == external_id for found in list_subscriptions(admin)):
        reasons = "; ".join(shorten(error.message) for error in answer.user_errors)
        raise RejectedError(f"Shopify did not end the subscription: {reasons}")


def _translate(shape: WebhookSubscription) -> Subscription:
    return Subscription(
        external_id=shape.id,
        topic=from_enum(shape.topic),
        callback_url=shape.uri,
        active=True,
    )
