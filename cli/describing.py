"""A channel as a person may see it: no setting, no webhook address.

Shared by the commands that add and list channels; defines none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from ..canonical.remembered import ChannelState, KnownChannel
from ..store import conflicts, listings, publications
from ..sync.hub import Hub
from .output import list_facts, plain, say_time

_STATES = {
    ChannelState.ENABLED: ("enabled", "green"),
    ChannelState.PAUSED: ("paused", "yellow"),
    ChannelState.NEEDS_REAUTH: ("needs sign-in", "bold red"),
}


def say_state(state: ChannelState, *, pushing: bool = True) -> Text:
    """Return whether the hub talks to a channel, in words (and a colour)."""
    words, colour = _STATES[state]
    return Text(words, colour) if pushing else Text(f"{words}, held", "yellow")


def describe_channel(hub: Hub, channel: KnownChannel) -> dict[str, Any]:
    """Return what may be shown of a channel: no setting, no webhook address."""
    name = channel.name
    with hub.store.reading() as connection:
        in_step, published = publications.count_in_step(connection, name)
        listed = len(listings.load_channel_listings(connection, name))
        waiting = conflicts.load_many(connection)
    return {
        "name": name,
        "kind": channel.kind,
        "state": channel.state,
        "state_reason": channel.state_reason,
        "pushing": channel.pushing,
        "pushing_reason": channel.pushing_reason,
        "account": channel.account_name,
        "account_id": channel.account_external_id,
        "buffer": channel.buffer_units,
        "on_drift": channel.drift_policy,
        "catalog_source": channel.catalog_source,
        "orders_since": channel.orders_since,
        "added_at": channel.added_at,
        "listings": listed,
        "published": published,
        "in_step": in_step,
        "conflicts_open": sum(one.channel == name for one in waiting),
    }


def render_channel(one: Mapping[str, Any]) -> RenderableType:
    """Return the facts of a described channel below one another."""
    conflicts_open = one["conflicts_open"]
    hint = "  crossdock conflicts list" if conflicts_open else ""
    return list_facts(
        [
            ("channel", Text(one["name"], "bold")),
            ("account", plain(one["account"])),
            ("orders since", say_time(one["orders_since"])),
            ("listings", str(one["listings"])),
            ("in step", f"{one['in_step']} of {one['published']}"),
            ("open conflicts", f"{conflicts_open}{hint}"),
        ]
    )
