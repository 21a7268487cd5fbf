"""The hub in a process of its own, doing errands, killed where it is told to die.

Run by ``conftest.py`` through ``multiprocessing``, which puts ``PIPE`` and ``LIFE``
into its globals. Nothing is mocked: a file or a server under it, sockets to the
channels, and a SIGKILL that it sends to itself in the middle of a step. Every errand
can be repeated after the hub died in it, as a person would repeat a command.
"""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from crossdock.canonical.conflicts import Action, ConflictKind
from crossdock.canonical.errors import MappingError, RefusedError
from crossdock.canonical.listings import Component
from crossdock.canonical.money import Money
from crossdock.canonical.orders import Order
from crossdock.canonical.policies import StockMode, StockPolicy
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.sdk import Plugin
from crossdock.connectors.transport import HttpTransports
from crossdock.mapping.words import WordRule
from crossdock.store import audit, conflicts, leases, locations, marks, transfers
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.marks import Mark, MarkKind, Priority
from crossdock.store.transfers import TransferRow
from crossdock.store.vault import Vault
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.decisions_mapping import Decision
from crossdock.sync.hub import LEASE_LASTING, Hub, Tuning
from crossdock.sync.incoming import expect_goods, receive_goods
from crossdock.sync.measure import mark_measuring
from crossdock.sync.policies import set_policy
from crossdock.sync.pricing import find_priced, set_price
from crossdock.sync.pull import pull_orders
from crossdock.sync.refund import request_refund
from crossdock.sync.replay import replay_quarantined
from crossdock.sync.resolve import resolve_conflict, undo_resolution
from crossdock.sync.ship import Tracking, cancel_order, find_order, ship_order
from crossdock.sync.stocktaking import count_stock
from crossdock.sync.transfer import receive_transfer, send_transfer
from crossdock.sync.vocabulary import set_word
from crossdock.sync.warehouse import add_location
from crossdock.sync.webhooks import receive_webhook
from crossdock.sync.worker import run_due

WORK_SECONDS_MAX = 60.0
"""Real time that settling down may take before something must be wrong."""


class FastClock:
    """The machine's time, ``speed`` times as fast, the same in every process."""

    def __init__(self, start: datetime, started: float, speed: float) -> None:
        self._start = start
        self._started = started
        self._speed = speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic_seconds())

    def monotonic_seconds(self) -> float:
        return (time.time() - self._started) * self._speed

    def pause(self, seconds: float) -> None:
        time.sleep(seconds / self._speed)


@dataclass(frozen=True)
class Life:
    """What a hub process is born with."""

    database_url: str
    key: str
    start: datetime
    started: float
    speed: float
    holder: str
    seed: int
    die_at: str = ""
    """The named point at which this life ends; empty lives on."""
    unreadable: frozenset[str] = field(default_factory=frozenset)
    """Orders that this version of the mapping cannot read."""
    page_size: int = 250


@dataclass
class BrokenTranslator:
    """A mapping with a mistake in it: some orders cannot be read."""

    real: Any
    unreadable: frozenset[str]

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        order: Order = self.real.read_order(payload)
        if order.external_id in self.unreadable:
            raise MappingError("not understood", path="lines")
        return order

    def read_listings(self, payload: Mapping[str, Any]) -> Any:
        return self.real.read_listings(payload)


def build_hub(life: Life, reached: Counter[str]) -> Hub:
    """Compose a hub as ``sync.compose`` does, with a fast clock and a way to die."""

    def reach(point: str) -> None:
        reached[point] += 1
        if point == life.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    @cache
    def find(kind: str) -> Plugin:
        plugin = find_plugin(kind)
        broken = BrokenTranslator(plugin.translator, life.unreadable)
        return dataclasses.replace(plugin, translator=broken)

    clock = FastClock(life.start, life.started, life.speed)
    chance = random.Random(life.seed)
    return Hub(
        Store(life.database_url),
        Vault(life.key),
        clock,
        IdSource(clock, chance),
        HttpTransports(
            clock=clock,
            randomness=chance,
            network=NetworkPolicy(allow_private_networks=True),
            deadline_seconds=1000 * life.speed,
        ),
        find,
        lambda: f"hook-{chance.getrandbits(64):016x}",
        Tuning(public_url="https://hub.example", page_size=life.page_size),
        reach=reach,
    )


class Errands:
    """What the hub can be asked to do; each returns plain values."""

    def __init__(self, hub: Hub, life: Life, reached: Counter[str]) -> None:
        self.hub = hub
        self.holder = life.holder
        self.reached = reached

    def connect_shops(self, entered: list[tuple[str, str, dict[str, str]]]) -> None:
        """Connect what is not connected yet; the first brings the catalogue along."""
        for name, kind, settings in entered:
            known = {channel.name for channel in self.hub.load_channels()}
            if name not in known:
                add_channel(self.hub, NewChannel(name, kind, settings))
            self.work()

    def tick(self, *kinds: str) -> None:
        """Mark work for every channel, as the clock does."""
        now = self.hub.clock.now()
        with self.hub.store.transaction() as connection:
            for channel in self.hub.load_channels():
                name = channel.name
                for kind in map(MarkKind, kinds):
                    key = f"{name}/all" if kind is MarkKind.READ_BACK else name
                    mark = Mark(kind, key, name, Priority.ROUTINE, now)
                    self.hub.mark(connection, [mark])

    def work(self) -> None:
        """Work until nothing is marked any more, due now or later."""
        deadline = time.monotonic() + WORK_SECONDS_MAX
        while time.monotonic() < deadline:
            run_due(self.hub, self.holder)
            with self.hub.store.reading() as connection:
                if not marks.count(connection):
                    return
            time.sleep(0.005)
        raise TimeoutError("the hub does not come to rest")

    def receive(self, path: str, headers: dict[str, str], body: bytes) -> str:
        return receive_webhook(self.hub, path, headers, body).value

    def ship(self, order: str, number: str) -> None:
        with self.hub.store.reading() as connection:
            known = find_order(connection, order, None)
        if not any(parcel.tracking_number == number for parcel in known.parcels):
            ship_order(self.hub, order, Tracking("DHL", number))

    def cancel(self, order: str) -> None:
        cancel_order(self.hub, order)

    def refund_shipping(self, order: str, minor: int) -> None:
        """Ask for a refund, unless that was done already."""
        with self.hub.store.reading() as connection:
            known = find_order(connection, order, None)
            asked = audit.load(connection, f"order/{known.id}")
        if not asked:
            back = Money(minor, "EUR")
            request_refund(self.hub, order, [], back, reason="late", actor="staff")

    def set_word(self, path: str, value: str, meaning: str) -> None:
        set_word(self.hub, WordRule("woo", path, value, meaning), actor="staff")

    def set_price(self, listing: str, minor: int) -> None:
        found, _ = find_priced(self.hub, listing, channel="woo")
        set_price(self.hub, found, Money(minor, "EUR"), actor="staff")

    def set_policy(self, sku: str, mode: str) -> None:
        policy = StockPolicy(sku=sku, mode=StockMode(mode))
        set_policy(self.hub, policy, actor="staff")

    def measure(self) -> None:
        """Mark what the clock marks once for all channels."""
        with self.hub.store.transaction() as connection:
            self.hub.mark(connection, [mark_measuring(self.hub)])

    def open_place(self, name: str) -> None:
        """Open a second location, unless that was done already."""
        with self.hub.store.reading() as connection:
            known = {row.name for row in locations.load_all(connection)}
        if name not in known:
            add_location(self.hub, name, rank=5, sells=True, actor="staff")

    def send(self, sku: str, units: int, place: str) -> None:
        """Let units leave for another location, unless they did already."""
        if not self._list_transfers(sku):
            ends = (self.hub.tuning.location, place)
            send_transfer(self.hub, sku, units, ends, actor="staff")

    def take_in(self, sku: str) -> None:
        """Take in what is on its way, unless it has arrived already."""
        for row in self._list_transfers(sku):
            if row.under_way:
                receive_transfer(self.hub, row.id, actor="staff")

    def _list_transfers(self, sku: str) -> list[TransferRow]:
        with self.hub.store.reading() as connection:
            return transfers.load_transfers(connection, sku, open_only=False)

    def deliver(self, sku: str, units: int, place: str) -> None:
        """Expect goods and take them in, unless that was done already."""
        with self.hub.store.reading() as connection:
            rows = transfers.load_incoming(connection, sku, open_only=False)
        row = rows[0] if rows else expect_goods(self.hub, sku, units, location=place)
        if row.expected:
            receive_goods(self.hub, row.id, actor="staff")

    def count_many(self, sku: str, counts: list[int], place: str) -> None:
        """Count a SKU at a place again and again, as somebody in a hurry does."""
        for units in counts:
            count_stock(self.hub, sku, units, actor="staff", location=place)

    def move_about(self, sku: str, rounds: int, ends: tuple[str, str]) -> int:
        """Send units to and fro as long as there are any; return how many went."""
        moved = 0
        for number in range(rounds):
            start, end = ends if number % 2 == 0 else ends[::-1]
            try:
                sent = send_transfer(self.hub, sku, 1, (start, end), actor="staff")
            except RefusedError:
                continue
            receive_transfer(self.hub, sent.id, actor="staff")
            moved += 1
        return moved

    def map_listing(self, subject: str, sku: str) -> None:
        conflict = self._find_open(subject)
        if conflict is not None:
            decision = Decision(Action.MAP, (Component(sku=sku, units=1),))
            resolve_conflict(self.hub, conflict, decision, actor="staff")

    def undo(self, subject: str) -> None:
        """Take the resolution back, unless that was done already."""
        with self.hub.store.reading() as connection:
            (conflict,) = [
                one.id
                for one in conflicts.load_many(connection, status=None)
                if one.subject == subject and one.kind is ConflictKind.UNMAPPED_SKU
            ]
            done = [
                row.action for row in audit.load(connection, f"conflict/{conflict}")
            ]
        if "conflict.undo" not in done:
            undo_resolution(self.hub, conflict, actor="staff")

    def replay(self) -> None:
        replay_quarantined(self.hub)

    def pull(self, name: str) -> int:
        """Pull one channel as a worker would, holding its lane; return the orders."""
        with self.hub.store.transaction() as connection:
            now = self.hub.clock.now()
            lease = leases.acquire(connection, name, self.holder, now, LEASE_LASTING)
        channel = self.hub.load_channel(name)
        return pull_orders(self.hub, channel, lease=lease).applied

    def list_reached(self) -> dict[str, int]:
        return dict(self.reached)

    def _find_open(self, subject: str) -> int | None:
        with self.hub.store.reading() as connection:
            kind = ConflictKind.UNMAPPED_SKU
            found = conflicts.find_open(connection, kind, subject)
        return None if found is None else found.id


def serve(pipe: Connection, life: Life) -> None:
    """Do errands until the other side hangs up; what goes wrong is told."""
    reached: Counter[str] = Counter()
    hub = build_hub(life, reached)
    errands = Errands(hub, life, reached)
    while True:
        try:
            name, arguments = pipe.recv()
        except EOFError:
            break
        errand: Callable[..., Any] = getattr(errands, name)
        try:
            pipe.send((True, errand(*arguments)))
        except Exception as error:  # noqa: BLE001 - the test shows it
            pipe.send((False, f"{type(error).__name__}: {error}"))
    hub.store.close()


if __name__ == "__main__":
    serve(globals()["PIPE"], Life(**globals()["LIFE"]))
