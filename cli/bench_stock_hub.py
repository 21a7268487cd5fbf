"""A hub with channels that answer at once and stock that stands still: where to begin.

Each SKU has one listing on every channel, and every listing shows what it should. Rows
go straight into the tables, a portion at a time: how stock comes in is not measured.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..canonical.listings import ListingState
from ..canonical.stock import MovementKind
from ..store.engine import Connection
from ..store.listings import MAPPED
from ..store.rows import insert_rows
from ..store.tables import metadata
from ..sync.accounts import NewChannel, add_channel
from ..sync.compose import spare_collector
from ..sync.decide.brake import OPENING
from ..sync.hub import Hub
from ..sync.worker import run_due
from .bench_channel import ABSOLUTE, COMPARING, Shops
from .bench_hub import open_bench_hub

HOLDER = "bench"
_SKUS_PER_PORTION = 1000
_OPENED_BEFORE = 2 * OPENING
"""Channels are no longer new: their brake is at work."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How large the hub of a measurement is."""

    channels: int
    skus: int
    units: int
    """On hand of each SKU, and what every listing shows."""
    lowered: frozenset[int] = frozenset()
    """Numbers of SKUs that have a unit less than their listings show."""
    only_comparing: bool = False
    """All channels compare before they set; else every second one does."""


@dataclass(frozen=True, slots=True)
class BenchHub:
    """A hub, its shops, and what they sell."""

    hub: Hub
    shops: Shops
    names: tuple[str, ...]
    skus: int

    def shop_for(self, turn: int) -> str:
        """Return whose turn it is to sell something."""
        return self.names[turn % len(self.names)]

    def sku_for(self, turn: int) -> str:
        """Return the SKU that is sold at a turn, each at its time."""
        return name_sku(turn % self.skus)


def name_sku(number: int) -> str:
    """Return a SKU; its listing on every channel has the same id."""
    return f"TEA-{number:06}"


@contextmanager
def open_stock_hub(home: Path, database_url: str, layout: Layout) -> Iterator[BenchHub]:
    """Yield a hub in an empty database, set up as laid out, with nothing to do."""
    names = tuple(f"bench-{number:02}" for number in range(layout.channels))
    shops = Shops(names, layout.units)
    with open_bench_hub(home, database_url) as hub:
        hub.find_plugin = shops.find_plugin
        for number, name in enumerate(names):
            compares = layout.only_comparing or number % 2 == 0
            kind = COMPARING if compares else ABSOLUTE
            add_channel(
                hub, NewChannel(name, kind, {"shop": name}, catalog_source=False)
            )
        run_due(hub, HOLDER)  # the first look at each channel, which finds nothing
        _age_channels(hub)
        for start in range(0, layout.skus, _SKUS_PER_PORTION):
            end = min(layout.skus, start + _SKUS_PER_PORTION)
            with hub.store.transaction() as connection:
                _write_portion(hub, connection, names, layout, range(start, end))
        _analyze(hub)
        spare_collector()  # as crossdock run does
        yield BenchHub(hub, shops, names, layout.skus)


def _age_channels(hub: Hub) -> None:
    with hub.store.transaction() as connection:
        table = metadata.tables["channels"]
        added_at = hub.clock.now() - _OPENED_BEFORE
        connection.execute(table.update().values(added_at=added_at))


def _analyze(hub: Hub) -> None:
    """Let the database look at its tables, as it does by itself on a longer day."""
    with hub.store.transaction() as connection:
        connection.exec_driver_sql("ANALYZE")


def _write_portion(
    hub: Hub,
    connection: Connection,
    names: Sequence[str],
    layout: Layout,
    numbers: Collection[int],
) -> None:
    now = hub.clock.now() - timedelta(days=1)
    tables, units = metadata.tables, layout.units
    skus = [name_sku(number) for number in numbers]
    held = {name_sku(n): units - (n in layout.lowered) for n in numbers}
    place = hub.tuning.location
    insert_rows(
        connection,
        tables["skus"],
        [(sku, sku, "Tea", "", 0, now, 0, 0, "") for sku in skus],
    )
    insert_rows(
        connection, tables["positions"], [(sku, place, held[sku], 0, 0) for sku in skus]
    )
    counted = MovementKind.COUNTED.value
    insert_rows(
        connection,
        tables["movements"],
        [
            (id_, sku, place, counted, "opening", sku, held[sku], 0, now)
            for id_, sku in zip(hub.ids.take_many(len(skus)), skus, strict=True)
        ],
    )
    offers = [(name, sku) for sku in skus for name in names]
    ids = hub.ids.take_many(len(offers))
    active = ListingState.ACTIVE.value
    insert_rows(
        connection,
        tables["listings"],
        [
            (id_, name, sku, sku, sku, "", "Tea", True, False, active, MAPPED, now)
            for id_, (name, sku) in zip(ids, offers, strict=True)
        ],
    )
    insert_rows(
        connection,
        tables["components"],
        [(id_, sku, 1) for id_, (_, sku) in zip(ids, offers, strict=True)],
    )
    insert_rows(
        connection,
        tables["publications"],
        [_in_step(name, sku, units, now) for name, sku in offers],
    )


def _in_step(channel: str, record: str, units: int, at: datetime) -> tuple[object, ...]:
    """Return the publication of a record that shows what it should, and was seen to."""
    written = (units, at, units, at, units, at)  # desired, sent, acknowledged
    believed = (units, units, None)  # expected, believed, replaced
    seen = (units, at + timedelta(seconds=1), None)  # observed, drifting since
    return (channel, record, *written, *believed, *seen, False, None, "", 1)
