"""Reading orders: a channel's payload, with the merchant's own words in it.

The one way from a kept record to an order, for whoever needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..canonical.orders import Order
from ..canonical.remembered import KnownChannel
from ..mapping.words import Words, read_payload
from ..store import words
from ..store.engine import Connection
from .hub import Hub

ReadOrder = Callable[[Mapping[str, Any]], Order]


def load_reader(hub: Hub, connection: Connection, channel: KnownChannel) -> ReadOrder:
    """Return what reads a channel's orders, with the rules that are written now."""
    return make_reader(hub, channel, words.load_words(connection, channel.name))


def make_reader(hub: Hub, channel: KnownChannel, rules: Words) -> ReadOrder:
    """Return what reads a channel's orders under given rules."""
    read_order = hub.find_plugin(channel.kind).translator.read_order
    if not rules:
        return read_order
    return lambda payload: read_order(read_payload(payload, rules))
