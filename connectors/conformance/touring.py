"""One round through everything that a connector can do, for checks of its whole."""

from __future__ import annotations

from ...canonical.pushes import StockWrite
from ..sdk import (
    PullsOrders,
    PushesStock,
    ReadsListings,
    ReadsStock,
    ReceivesWebhooks,
)
from .bench import Bench
from .case import SampleLine, SampleOrder


def sample(bench: Bench, quantity: int = 1, **changes: str) -> SampleOrder:
    """Return an order of one line that the channel can hold."""
    sku = bench.channel.skus[0]
    return SampleOrder((SampleLine(sku, quantity),), **changes)


def place(bench: Bench, order: SampleOrder | None = None) -> str:
    """Place an order, let it become visible, and return its external id.

    Raises:
        RuntimeError: the simulated channel cannot hold even the plainest order.
    """
    external_id = bench.channel.place_order(order or sample(bench))
    if external_id is None:
        raise RuntimeError("the simulated channel refused a plain order")
    bench.settle()
    return external_id


def stock_write(bench: Bench, sku: str, quantity: int, key: str) -> StockWrite:
    """Return a write that expects what the channel shows at this moment."""
    channel = bench.channel
    return StockWrite(channel.stock_id_of(sku), quantity, channel.quantity_of(sku), key)


def tour(bench: Bench) -> None:
    """Check, pull, fetch, read, write and subscribe, as far as the connector can."""
    connector = bench.connector
    connector.check()
    external_id = place(bench)
    stock_ids = [bench.channel.stock_id_of(sku) for sku in bench.channel.skus]
    if isinstance(connector, PullsOrders):
        bench.walk()
        connector.fetch_orders([external_id])
    if isinstance(connector, ReadsListings):
        connector.pull_listings(None)
    if isinstance(connector, ReadsStock):
        connector.read_stock(stock_ids)
    if isinstance(connector, PushesStock):
        connector.push_stock([stock_write(bench, bench.channel.skus[0], 5, "tour-1")])
    if isinstance(connector, ReceivesWebhooks):
        connector.list_subscriptions()
