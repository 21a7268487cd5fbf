"""Which webhook subscriptions to begin and which to end: a comparison, nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...canonical.pushes import Subscription


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """Topics to subscribe to, and subscriptions (by the channel's id) to end."""

    begin: tuple[str, ...]
    end: tuple[str, ...]


def plan_subscriptions(
    topics: Sequence[str],
    existing: Sequence[Subscription],
    callback_url: str,
    webhook_path: str,
) -> SubscriptionPlan:
    """Compare what the hub wants to hear of with what the channel will call about.

    Args:
        topics: what the hub wants to hear of.
        existing: the subscriptions that the channel has; others' are left alone.
        callback_url: where calls are to go now.
        webhook_path: what marks a subscription as this channel's, whatever host it
            names: one that names an old host, sleeps, or is a second one is ended.
    """
    ours = [one for one in existing if webhook_path in one.callback_url]
    alive: set[str] = set()
    end = []
    for one in ours:
        usable = one.active and one.callback_url == callback_url and one.topic in topics
        if usable and one.topic not in alive:
            alive.add(one.topic)
        else:
            end.append(one.external_id)
    begin = tuple(topic for topic in topics if topic not in alive)
    return SubscriptionPlan(begin, tuple(end))
