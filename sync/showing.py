"""Showing: what each stock record of some SKUs should show, and what that follows from.

Loads stock, policies, quotas and buffers once for a set of SKUs and puts the questions
to ``decide.policies``. For reconciling and for explaining alike, so that both give the
same answer. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ..canonical.policies import Quota, StockMode, StockPolicy
from ..connectors.sdk import capabilities_of
from ..store import listings, policies, quotas
from ..store.engine import Connection
from ..store.listings import ListingRow
from ..store.policies import DynamicBuffer, Seller
from .decide.escrow import Goods
from .decide.policies import Part, PolicyBook, Terms, count_sellable
from .decide.supplies import Supply
from .hub import Hub
from .places import Places, load_places
from .supplies import load_supplies

Key = tuple[str, str]
"""A channel and a stock record of it."""


@dataclass(slots=True)
class Scene:
    """Everything that decides what the records of some SKUs show."""

    records: dict[Key, list[ListingRow]]
    """The listings of every record that sells one of the SKUs."""
    supplies: dict[str, Supply]
    book: PolicyBook
    sellers: dict[str, Seller]
    limits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The selling locations that channels are limited to, where they are."""
    quotas: dict[Key, Quota] = field(default_factory=dict)
    needs: dict[Key, dict[str, int]] = field(default_factory=dict)
    """Units of each SKU that one sale of a record in escrow takes."""
    buffers: Mapping[Key, DynamicBuffer] = field(default_factory=dict)
    """Dynamic buffers, by channel and SKU."""
    selling: Mapping[str, Collection[str]] | None = None
    """The channels that offer each SKU; None where all are equally important."""
    caps: Mapping[str, int] = field(default_factory=dict)
    """The most that a channel can show, where it has such a limit."""

    def find_mode(self, key: Key) -> StockMode:
        """Return how a record shares; escrow of one component is escrow of all."""
        modes = {
            self.book.find(key[0], part.sku).mode
            for row in self.records[key]
            for part in row.components
        }
        for mode in (StockMode.ESCROW, StockMode.FUNNEL):
            if mode in modes:
                return mode
        return StockMode.POOL

    def decide(self, key: Key) -> int | None:
        """Return what a record should show; None if the hub must not write it.

        Several listings may share one record: the scarcest decides.
        """
        rows = self.records[key]
        if not is_written(rows):
            return None
        if self.find_mode(key) is StockMode.ESCROW:
            quota = self.quotas.get(key)
            shown = quota.shown if quota else 0
        else:
            shown = min(count_sellable(self.list_parts(row)) for row in rows)
        return min(shown, self.caps.get(key[0], shown))

    def list_parts(self, row: ListingRow) -> list[Part]:
        """Return the components of a listing with what each has to offer."""
        return [
            self._make_part(row.channel, part.sku, part.units)
            for part in row.components
        ]

    def _make_part(self, channel: str, sku: str, units: int) -> Part:
        supply = self.find_supply(channel, sku)
        terms = self.book.find(channel, sku)
        buffer = self.buffers.get((channel, sku)) if terms.dynamic_buffer else None
        return Part(
            sku,
            units,
            supply,
            terms,
            self._count_held(channel, sku, supply),
            buffer.units if buffer else 0,
            self.is_first(channel, sku),
        )

    def find_supply(self, channel: str, sku: str) -> Supply:
        """Return what a SKU offers to a channel, at the locations that it may use."""
        supply = self.supplies[sku]
        return supply.at(self.limits[channel]) if channel in self.limits else supply

    def is_first(self, channel: str, sku: str) -> bool:
        """Say whether no channel that offers a SKU is more important than this one.

        Channels in escrow do not count: what is left is not theirs to show.
        """
        if self.selling is None:
            return True
        ranks = [
            self.sellers[name].rank
            for name in self.selling.get(sku, ())
            if self.book.find(name, sku).mode is not StockMode.ESCROW
        ]
        return self.sellers[channel].rank <= min(ranks, default=0) or not ranks

    def _count_held(self, channel: str, sku: str, supply: Supply) -> int:
        """Return the units that quotas keep from a channel outside escrow."""
        if not self.quotas:
            return 0
        held = self.count_held()
        whole: Goods = (sku, ())
        shared = self.supplies[sku].promisable - held.get(whole, 0)
        if channel in self.limits:
            here: Goods = (sku, self.limits[channel])
            shared = min(shared, supply.promisable - held.get(here, 0))
        return supply.promisable - max(0, shared)

    def count_held(self, keys: Collection[Key] | None = None) -> dict[Goods, int]:
        """Return the units of all goods that quotas hold, all or those of ``keys``."""
        held: dict[Goods, int] = {}
        for key in self.quotas if keys is None else keys:
            quota = self.quotas[key]
            for sku, units in self.needs.get(key, {}).items():
                for goods in self.list_goods(key[0], sku):
                    held[goods] = held.get(goods, 0) + quota.granted * units
        return held

    def list_goods(self, channel: str, sku: str) -> list[Goods]:
        """Return all goods that a sale of a SKU on a channel takes units from.

        A channel that is limited to some locations takes from what lies there, and so
        from what any channel with more locations may use.
        """
        if channel not in self.limits:
            return [(sku, ())]
        limit = set(self.limits[channel])
        wider = [names for names in set(self.limits.values()) if limit <= set(names)]
        return [(sku, ()), *((sku, names) for names in sorted(wider))]


def is_written(rows: Sequence[ListingRow]) -> bool:
    """Say whether the hub writes a record: it counts, and all its listings are mapped.

    One of them that is not mapped yet, or that the channel does not count or keeps in
    its own warehouse, keeps the hub's hands off.
    """
    return bool(rows) and all(
        row.tracked and not row.held_by_channel and row.mapping == listings.MAPPED
        for row in rows
    )


def load_book(
    hub: Hub, connection: Connection, skus: Collection[str] | None = None
) -> PolicyBook:
    """Return the policies about some SKUs, or every policy."""
    sellers = policies.load_sellers(connection)
    return make_book(hub, policies.load_policies(connection, skus), sellers)


def make_book(
    hub: Hub, said: Sequence[StockPolicy], sellers: Mapping[str, Seller]
) -> PolicyBook:
    """Return a book of these policies."""
    tuning = hub.tuning
    default = Terms(
        mode=StockMode(tuning.stock_mode),
        threshold_units=tuning.funnel_threshold,
        buffer_units=tuning.buffer_units,
        dynamic_buffer=tuning.dynamic_buffer,
        oversold_cost=tuning.oversold_cost,
        withheld_cost=tuning.withheld_cost,
    )
    return PolicyBook(
        said,
        default,
        channel_buffers={one.name: one.buffer_units for one in sellers.values()},
        without_escrow=[
            one.name for one in sellers.values() if not can_hold_quotas(hub, one.kind)
        ],
    )


def can_hold_quotas(hub: Hub, kind: str) -> bool:
    """Say whether a quota binds channels of a kind.

    A listing at zero cannot be bought there, and its orders and stock can be read and
    written.
    """
    plugin = hub.find_plugin(kind)
    needed = {"PullsOrders", "ReadsStock", "PushesStock"}
    return plugin.traits.honours_zero and needed <= set(capabilities_of(plugin))


def load_scene(
    hub: Hub,
    connection: Connection,
    skus: Collection[str],
    *,
    book: PolicyBook | None = None,
) -> Scene:
    """Load what decides about every record that sells one of the SKUs.

    Args:
        hub: what to work with.
        connection: the transaction.
        skus: at most a few hundred.
        book: policies to go by instead of those that are written down.
    """
    records = listings.load_stock_records(connection, skus)
    needed = list_components(records) | set(skus)
    sellers = policies.load_sellers(connection)
    if book is None:
        book = make_book(hub, policies.load_policies(connection, needed), sellers)
    scene = Scene(
        records,
        load_supplies(hub, connection, needed),
        book,
        sellers,
        _list_limits(load_places(hub, connection)),
        caps=_list_caps(hub, sellers),
    )
    if len({one.rank for one in sellers.values()}) > 1:
        scene.selling = policies.load_selling_channels(connection, needed)
    if book.has_dynamic_buffers:
        scene.buffers = policies.load_buffers(connection, needed)
    if quotas.any_quota(connection):
        reload_quotas(connection, scene, needed)
    return scene


def _list_caps(hub: Hub, sellers: Mapping[str, Seller]) -> dict[str, int]:
    found = {
        one.name: hub.find_plugin(one.kind).traits.quantity_max
        for one in sellers.values()
    }
    return {name: cap for name, cap in found.items() if cap is not None}


def _list_limits(places: Places) -> dict[str, tuple[str, ...]]:
    """Return where limited channels may sell from; never empty: it is a limit."""
    usable = {name: places.usable(name) for name in places.limits}
    return {name: tuple(sorted(names)) or ("",) for name, names in usable.items()}


def reload_quotas(connection: Connection, scene: Scene, skus: Collection[str]) -> None:
    """Load all quotas that hold units of the SKUs."""
    scene.quotas = quotas.load_about(connection, skus)
    scene.needs = quotas.load_needs(connection, scene.quotas)


def list_components(records: Mapping[Key, Sequence[ListingRow]]) -> set[str]:
    """Return every SKU that one of the records is made of."""
    return {
        part.sku for rows in records.values() for row in rows for part in row.components
    }
