"""A town: the world, its shops, and the hub's process, which may die and come back.

Builds everything that a simulation needs and puts one virtual clock under it. What
happens there is for ``play``; nothing here draws.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from ...connectors.netguard import NetworkPolicy
from ...connectors.sdk import Plugin
from ...connectors.transport import HttpTransports
from ...simulators.clock import VirtualClock
from ...simulators.switchboard import Passage, Switchboard
from ...simulators.world import World
from ...store import schema
from ...store.engine import Connection, Store
from ...store.ids import IdSource
from ...store.leases import Lease
from ...store.vault import Vault
from ...sync.hub import Hub
from .customs import Customs
from .shops import Shop, ShopifyStand, WooCommerceStand


class Crash(BaseException):
    """The hub's process is dead. Nothing in the hub may catch it."""


@dataclass(slots=True)
class SkewedClock:
    """The hub's clock: the town's, wrong by some seconds at times."""

    true: VirtualClock
    skew_seconds: float = 0.0

    def now(self) -> datetime:
        """Return what the hub takes for the present moment."""
        return self.true.now() + timedelta(seconds=self.skew_seconds)

    def monotonic_seconds(self) -> float:
        """Return a reading that no correction of the clock moves."""
        return self.true.monotonic_seconds()

    def pause(self, seconds: float) -> None:
        """Let time pass in the whole town."""
        self.true.pause(seconds)


class WatchedWorld(World):
    """The world's books, with somebody who hears of every quantity that is written.

    ``hear`` is called with channel, listing, what it showed before and what it shows.
    """

    def __init__(
        self, clock: VirtualClock, seed: int, hear: Callable[[str, str, int, int], None]
    ) -> None:
        super().__init__(clock, seed)
        self._hear = hear
        self._before: dict[tuple[str, str], int] = {}

    def record_shown(
        self, channel: str, listing: str, quantity: int, *, written: bool
    ) -> None:
        """Note the quantity that a listing shows from now on."""
        super().record_shown(channel, listing, quantity, written=written)
        before = self._before.get((channel, listing), 0)
        self._before[channel, listing] = quantity
        if written:
            self._hear(channel, listing, before, quantity)

    def oversold_by_sku(self) -> dict[str, int]:
        """Return the most units ever sold beyond what existed, of each SKU."""
        return {sku: units for sku, units in self._oversold_peak.items() if units}


@dataclass(slots=True)
class Process:
    """The life of one process of the hub.

    ``meet`` is called at every point between two steps where no transaction is open.
    """

    meet: Callable[[str], None]
    alive: bool = True
    steps_left: int | None = None
    """Steps until it dies; None: it does not."""
    transactions_open: int = 0
    commits: int = 0
    """Transactions that were committed so far."""

    def step(self, point: str) -> None:
        """Go past a point between two steps.

        Raises:
            Crash: the process died here, or before.
        """
        self.require_life()
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left <= 0:
                self.alive = False
                raise Crash(point)
        if not self.transactions_open:
            self.meet(point)
            self.require_life()

    def require_life(self) -> None:
        """Let nothing happen any more in a dead process, not even its clean-up.

        Raises:
            Crash: it is dead.
        """
        if not self.alive:
            raise Crash("dead")


class MortalStore(Store):
    """A store that dies with its process, between any two transactions or in one.

    Processes die here and machines do not: nothing waits for the disk.
    """

    def __init__(self, url: str, process: Process) -> None:
        super().__init__(url)
        self._process = process
        raw = self.engine.raw_connection()
        raw.cursor().execute("PRAGMA synchronous = OFF")
        raw.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a transaction; a process that dies in it leaves nothing behind."""
        self._process.step("store.begin")
        with super().transaction() as connection:
            self._process.transactions_open += 1
            try:
                yield connection
                self._process.step("store.commit")
            finally:
                self._process.transactions_open -= 1
        self._process.commits += 1
        self._process.step("store.committed")


class WatchedHub(Hub):
    """A hub that tells what it claims to hold, for a checker to look after it."""

    hear_hold: Callable[[Connection, Lease], None]

    def hold(self, connection: Connection, lease: Lease | None) -> None:
        """Prove that the lease still holds; the checker proves it once more."""
        super().hold(connection, lease)
        if lease is not None:
            self.hear_hold(connection, lease)


@dataclass(slots=True)
class Worker:
    """One process of the hub: its life, its clock and the hub in it."""

    name: str
    process: Process
    hub: Hub
    store: MortalStore
    transports: HttpTransports

    def close(self) -> None:
        """Give back what it holds of the machine."""
        self.transports.close()
        self.store.close()


@dataclass(slots=True)
class Town:
    """The clock, the world, the shops and the hub's database."""

    folder: Path
    seed: int
    customs: Customs
    meet: Callable[[str], None]
    """Called between any two steps of a hub, outside of transactions."""
    on_way: Callable[[Passage], None]
    """Called with every request and every answer."""
    hear_write: Callable[[str, str, int, int], None]
    """Called with every quantity that a hub writes: channel, listing, before, after."""
    hear_hold: Callable[[Connection, Lease], None]
    """Called with every lease that a hub's transaction goes by."""
    clock: VirtualClock = field(default_factory=VirtualClock)
    shops: dict[str, Shop] = field(default_factory=dict)
    key: str = field(default_factory=Vault.generate_key)
    world: WatchedWorld = field(init=False)
    hub_clock: SkewedClock = field(init=False)
    _find_plugin: Callable[[str], Plugin] = field(init=False)
    workers_begun: int = 0

    def __post_init__(self) -> None:
        self._find_plugin = self.customs.make_finder()
        self.world = WatchedWorld(self.clock, self.seed, self.hear_write)
        self.hub_clock = SkewedClock(self.clock)
        self._database.write_bytes(_make_empty_database())

    @property
    def _database(self) -> Path:
        return self.folder / f"seed-{self.seed}.sqlite3"

    def open_shop(self, kind: str, name: str, *, native: bool = False) -> Shop:
        """Open a shop."""
        number = len(self.shops)
        seed = self.seed * 100 + number
        shop: Shop
        if kind == "shopify":
            shop = ShopifyStand(name, self.world, number, seed)
        else:
            shop = WooCommerceStand(name, self.world, number, seed, native=native)
        self.shops[name] = shop
        return shop

    def start_worker(self) -> Worker:
        """Start a process of the hub on the town's database."""
        self.workers_begun += 1
        name = f"worker-{self.workers_begun}"
        process = Process(self.meet)
        randomness = random.Random(f"{self.seed} {name}")  # noqa: S311 - to be repeatable
        store = MortalStore(f"sqlite:///{self._database}", process)

        def pass_by(passage: Passage) -> None:
            process.require_life()
            if process.transactions_open:
                raise RuntimeError(f"{passage.host} is called inside a transaction")
            self.on_way(passage)
            process.step("wire.back" if passage.status is not None else "wire.there")

        switchboard = Switchboard(pass_by)
        for shop in self.shops.values():
            switchboard.plug_in(shop.host, shop.simulator)
        transports = HttpTransports(
            clock=self.hub_clock,
            randomness=randomness,
            network=NetworkPolicy(),
            wire=lambda: switchboard,
        )
        hub = WatchedHub(
            store,
            Vault(self.key),
            self.hub_clock,
            IdSource(self.hub_clock, randomness),
            transports,
            self._find_plugin,
            lambda: f"canary-hook-{randomness.getrandbits(64):016x}",
            self.customs.make_tuning(),
            reach=process.step,
        )
        hub.hear_hold = self.hear_hold
        return Worker(name, process, hub, store, transports)


@cache
def _make_empty_database() -> bytes:
    """Return an empty database of the present schema, made once for each process."""
    with tempfile.TemporaryDirectory(prefix="crossdock-schema-") as folder:
        path = Path(folder) / "empty.sqlite3"
        store = Store(f"sqlite:///{path}")
        schema.upgrade(store)
        store.close()
        return path.read_bytes()
