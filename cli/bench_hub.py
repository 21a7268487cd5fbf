"""The hub under measurement: pulls a shop's orders, twice, and says what it took.

Runs in a process of its own, so that its peak of memory is the hub's. The way of an
order is the one that it takes in ``crossdock run``; only the pace that spares a shop
is lifted, for it would be all that is measured.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ..canonical.errors import CrossdockError
from ..canonical.pages import Stream
from ..canonical.remembered import KnownChannel
from ..config.keys import keep_secret_key
from ..config.settings import (
    ENVIRONMENT_PREFIX,
    DatabaseSettings,
    HubSettings,
    NetworkSettings,
)
from ..connectors.calls import Transport, TransportFactory
from ..store import cursors, marks, schema
from ..store.engine import Store
from ..store.marks import MarkKind
from ..store.vault import Vault
from ..sync.accounts import NewChannel, add_channel
from ..sync.compose import open_hub, spare_collector
from ..sync.hub import Hub
from ..sync.ingest import IngestReport
from ..sync.pull import pull_orders, scan_listings
from .bench_shop import STARTED, ShopAddress
from .bench_usage import read_peak_memory_mb, read_processor_seconds

CHANNEL = "bench"
_REQUESTS_PER_SECOND = 1e6
_MARKS_MAX = 100


@dataclass(frozen=True, slots=True)
class HubFigures:
    """What one hub needed for all orders of the shop, and for all of them again."""

    orders: int
    seconds: float
    processor_seconds: float
    redelivered_seconds: float
    peak_memory_mb: float
    memory_growth_mb: float
    """How much the peak rose after the first quarter of the first delivery."""


def measure_hub(
    home: Path, database_url: str, shop: ShopAddress, orders: int
) -> HubFigures:
    """Set a hub up, let it take every order in, then every order again.

    Args:
        home: an empty folder for the key, and the database if it is a file.
        database_url: an empty database.
        shop: what to pull from.
        orders: how many the shop has.

    Raises:
        CrossdockError: what was taken in is not what the shop has.
    """
    with open_bench_hub(home, database_url) as hub:
        channel = _connect(hub, shop)
        spare_collector()  # as crossdock run does
        peaks_mb: list[float] = []
        hub.reach = lambda _: peaks_mb.append(read_peak_memory_mb())
        busy_before = read_processor_seconds()
        started_at = hub.clock.monotonic_seconds()
        first = _pull_all(hub, channel)
        seconds = hub.clock.monotonic_seconds() - started_at
        processor_seconds = read_processor_seconds() - busy_before
        hub.reach = lambda _: None
        with hub.store.transaction() as connection:
            cursors.drop_cursor(connection, channel.name, Stream.ORDERS)
        started_at = hub.clock.monotonic_seconds()
        again = _pull_all(hub, channel)
        redelivered_seconds = hub.clock.monotonic_seconds() - started_at
    require(first.applied == orders, f"{first.applied} of {orders} were applied")
    require(again.applied == 0, f"{again.applied} were applied again")
    return HubFigures(
        orders,
        seconds,
        processor_seconds,
        redelivered_seconds * orders / again.duplicate,
        read_peak_memory_mb(),
        peaks_mb[-1] - peaks_mb[len(peaks_mb) // 4],
    )


@contextmanager
def open_bench_hub(home: Path, database_url: str) -> Iterator[Hub]:
    """Yield a hub as ``crossdock init`` leaves it, that nothing outside influences."""
    for name in [name for name in os.environ if name.startswith(ENVIRONMENT_PREFIX)]:
        del os.environ[name]
    settings = HubSettings(
        home=home,
        database=DatabaseSettings(url=SecretStr(database_url)),
        network=NetworkSettings(allow_private=True),
    )
    keep_secret_key(settings, Vault.generate_key())
    store = Store(settings.database_url)
    try:
        schema.upgrade(store)
    finally:
        store.close()
    with open_hub(settings) as hub:
        hub.transports = _Unpaced(hub.transports)
        yield hub


@dataclass(frozen=True, slots=True)
class _Unpaced:
    """Opens transports that never wait for their turn."""

    transports: TransportFactory

    def open(self, **terms: Any) -> Transport:
        """Return a transport as asked for, but for the pace."""
        pace = {"requests_per_second": _REQUESTS_PER_SECOND, "burst": 1}
        return self.transports.open(**{**terms, **pace})


def _connect(hub: Hub, shop: ShopAddress) -> KnownChannel:
    settings = {
        "shop_url": shop.url,
        "consumer_key": shop.consumer_key,
        "consumer_secret": shop.consumer_secret,
    }
    new = NewChannel(
        CHANNEL,
        "woocommerce",
        settings,
        catalog_source=True,
        orders_since=STARTED,
    )
    channel, _ = add_channel(hub, new)
    scan_listings(hub, channel)
    return channel


def _pull_all(hub: Hub, channel: KnownChannel) -> IngestReport:
    """Pull as a worker does: again as long as the last pull marked another one."""
    total = IngestReport()
    hub.mark_now(MarkKind.PULL, channel.name, channel.name)
    while True:
        with hub.store.reading() as connection:
            due = marks.load_due(connection, channel.name, hub.clock.now(), _MARKS_MAX)
        handled = [mark for mark in due if mark.kind is MarkKind.PULL]
        if not handled:
            return total
        total.add(pull_orders(hub, channel, handled=handled))


def require(holds: bool, problem: str) -> None:
    """Make sure that a benchmark measures what it says.

    Raises:
        CrossdockError: it does not.
    """
    if not holds:
        raise CrossdockError(
            f"The benchmark does not measure what it says: {problem}.",
            next_step="Run it again; report it if it stays.",
        )
