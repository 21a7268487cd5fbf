"""Composing a hub from settings: where the system's clock and randomness come in.

The only place that does; everything below is handed what it needs.
"""

from __future__ import annotations

import gc
import random
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache

from ..canonical.stock import ShortfallPolicy
from ..config.keys import read_secret_key
from ..config.settings import HubSettings
from ..connectors.netguard import NetworkPolicy
from ..connectors.registry import find_plugin, find_sources
from ..connectors.transport import HttpTransports
from ..store import schema
from ..store.engine import Store
from ..store.ids import IdSource
from ..store.vault import Vault
from .decide.brake import BrakeLimits
from .holding import notice_restore
from .hub import Hub, Tuning

_OBJECTS_BETWEEN_COLLECTIONS = 10_000
"""About the objects of one page, and few enough for memory to stay where it is."""


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        """Return a reading that never goes back."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Return after ``seconds`` have passed."""
        time.sleep(seconds)


@contextmanager
def open_hub(settings: HubSettings) -> Iterator[Hub]:
    """Open the database and yield a hub that is ready to work.

    Raises:
        SchemaMismatchError: the database was not set up, or by another version.
        SettingsError: the secret key is missing or not one.
        StoreError: the database cannot be opened.
    """
    schema.require_file(settings.database_url)
    store = Store(settings.database_url)
    clock = SystemClock()
    randomness = random.Random()  # noqa: S311 - spreads retries, guards nothing
    folder = settings.connectors_folder
    transports = HttpTransports(
        clock=clock,
        randomness=randomness,
        network=NetworkPolicy(allow_private_networks=settings.network.allow_private),
        deadline_seconds=settings.limits.deadline_seconds,
        body_bytes_max=settings.limits.body_bytes_max,
        attempts_max=settings.limits.attempts_max,
    )
    try:
        schema.require_current(store)
        hub = Hub(
            store,
            Vault(read_secret_key(settings)),
            clock,
            IdSource(clock, randomness),
            transports,
            cache(lambda kind: find_plugin(kind, find_sources(folder))),
            tuning=read_tuning(settings),
            make_secret=lambda: secrets.token_urlsafe(24),
        )
        notice_restore(hub)
        yield hub
    finally:
        transports.close()
        store.close()


def spare_collector() -> None:
    """Keep Python's collector of cycles from going over everything for every page.

    For processes that work for long. What was loaded so far stays anyway, and orders
    form no cycles but come by the thousand: with Python's defaults a fifth of the time
    of an ingest goes into looking through them. Their memory is given back as always,
    when the last reference ends.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 50)


def read_tuning(settings: HubSettings) -> Tuning:
    """Return the figures that journeys need."""
    return Tuning(
        page_size=settings.limits.page_size,
        location=settings.stock.location,
        safety_stock=settings.stock.safety_stock,
        shortfall_policy=ShortfallPolicy(settings.stock.shortfall_policy),
        buffer_units=settings.stock.buffer,
        stock_mode=settings.stock.mode,
        funnel_threshold=settings.stock.funnel_threshold,
        dynamic_buffer=settings.stock.dynamic_buffer,
        oversold_cost=settings.stock.oversold_cost,
        withheld_cost=settings.stock.withheld_cost,
        pull_seconds=settings.schedule.pull_seconds,
        public_url=settings.server.public_url,
        brake=BrakeLimits(settings.brake.share, settings.brake.listings_min),
        outage_hold=timedelta(seconds=settings.stock.outage_hold_seconds),
    )
