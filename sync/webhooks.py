"""Webhooks: a delivery is verified, kept in one insert, answered, looked into later.

It means "look at this record again" and never "this is the truth". Also keeps the
subscriptions alive that make channels call at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ..canonical.errors import WebhookRefusedError
from ..canonical.pages import Delivery, Stream
from ..canonical.remembered import ChannelState, KnownChannel
from ..connectors.sdk import AnswersChallenges, ReceivesWebhooks
from ..store import channels, cursors, marks
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from .decide.subscriptions import plan_subscriptions
from .hub import Hub


class Reception(StrEnum):
    """What became of a delivery."""

    KEPT = "kept"
    KNOWN = "known"
    NOTED = "noted"


def receive_webhook(
    hub: Hub, path: str, headers: Mapping[str, str], body: bytes
) -> Reception:
    """Verify a delivery and keep it; the caller answers 2xx after this returns.

    Args:
        hub: what to work with.
        path: the channel's own, unguessable part of the callback URL.
        headers: header names in lower case.
        body: the bytes as they came.

    Raises:
        WebhookRefusedError: nobody's path, forged, stale or unreadable.
    """
    channel = _find_listener(hub, path)
    name, connector = channel.name, hub.connector(channel)
    if not isinstance(connector, ReceivesWebhooks):
        raise WebhookRefusedError("No channel listens here.")
    delivery = connector.read_webhook(headers, body)
    hub.reach("webhook.verified")
    with hub.store.transaction() as connection:
        fresh = cursors.add_delivery(
            connection, name, delivery, hub.ids.take(), hub.clock.now()
        )
        marked = _mark(hub, connection, channel, delivery) if fresh else False
        hub.reach("webhook.before_commit")
    if not fresh:
        return Reception.KNOWN
    hub.wake([name])
    return Reception.KEPT if marked else Reception.NOTED


def answer_challenge(
    hub: Hub, path: str, params: Mapping[str, str]
) -> Mapping[str, str]:
    """Prove to a channel that its callback URL is ours, where it asks for that.

    Raises:
        WebhookRefusedError: nobody's path, or not a challenge of its channel.
    """
    channel = _find_listener(hub, path)
    connector = hub.connector(channel)
    if not isinstance(connector, AnswersChallenges):
        raise WebhookRefusedError("No channel asks for proof here.")
    return connector.answer_challenge(
        params, name_callback(hub.tuning.public_url, channel)
    )


def _find_listener(hub: Hub, path: str) -> KnownChannel:
    with hub.store.reading() as connection:
        name = channels.find_by_webhook_path(connection, path)
    if name is None:
        raise WebhookRefusedError("No channel listens here.")
    return hub.load_channel(name)


def _mark(
    hub: Hub, connection: Connection, channel: KnownChannel, delivery: Delivery
) -> bool:
    name, now = channel.name, hub.clock.now()
    if delivery.revoked:
        reason = f"{name} took the hub's access away ({delivery.topic})."
        channels.set_state(connection, name, ChannelState.NEEDS_REAUTH, reason)
        return True
    if delivery.stream is None:
        return False
    orders = delivery.stream is Stream.ORDERS
    if delivery.external_id:
        kind = MarkKind.FETCH if orders else MarkKind.FETCH_LISTING
        key = f"{name}/{delivery.external_id}"
    else:
        kind, key = (MarkKind.PULL if orders else MarkKind.SCAN), name
    hub.mark(connection, [Mark(kind, key, name, Priority.LIVE, now)])
    return True


def name_callback(public_url: str, channel: KnownChannel) -> str:
    """Return the URL that a channel is to call."""
    return f"{public_url.rstrip('/')}/webhooks/{channel.webhook_path}"


def find_callback(hub: Hub, channel: KnownChannel) -> str:
    """Return the URL that a channel is to call; empty where it calls nobody.

    Some channels want it entered in pages of their own.
    """
    calls = isinstance(hub.connector(channel), ReceivesWebhooks)
    url = hub.tuning.public_url
    return name_callback(url, channel) if calls and url else ""


def renew_subscriptions(
    hub: Hub,
    channel: KnownChannel,
    *,
    lease: Lease | None = None,
    handled: tuple[Mark, ...] = (),
) -> int:
    """Make the channel call for every topic; return how many were missing or dead.

    What was not announced while a subscription was gone is found by a pull.
    """
    connector = hub.connector(channel)
    mended = 0
    if isinstance(connector, ReceivesWebhooks) and hub.tuning.public_url:
        url = name_callback(hub.tuning.public_url, channel)
        plan = plan_subscriptions(
            connector.topics, connector.list_subscriptions(), url, channel.webhook_path
        )
        for external_id in plan.end:
            connector.unsubscribe(external_id)
        for topic in plan.begin:
            connector.subscribe(topic, url)
        mended = len(plan.begin)
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        marks.clear(connection, handled)
        if mended:
            name, now = channel.name, hub.clock.now()
            hub.mark(connection, [Mark(MarkKind.PULL, name, name, Priority.LIVE, now)])
    return mended


def end_subscriptions(hub: Hub, channel: KnownChannel) -> int:
    """Stop the channel from calling this hub; return how many subscriptions ended."""
    connector = hub.connector(channel)
    if not isinstance(connector, ReceivesWebhooks):
        return 0
    ours = [
        one
        for one in connector.list_subscriptions()
        if channel.webhook_path in one.callback_url
    ]
    for one in ours:
        connector.unsubscribe(one.external_id)
    return len(ours)
