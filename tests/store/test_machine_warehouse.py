"""The warehouse against a model, on both databases: goods come, move and are sold.

Staff's journeys as they are, over the real store; the model counts units by hand. Each
run has a SKU of its own, so that one database serves them all.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import RefusedError
from crossdock.canonical.stock import IN_TRANSIT, StockKey
from crossdock.store import fsck, stock
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.vault import Vault
from crossdock.sync.hub import Hub
from crossdock.sync.shortfalls import serve_waiting_lines
from crossdock.sync.stocktaking import count_stock, receive_stock
from crossdock.sync.transfer import lose_transfer, receive_transfer, send_transfer
from crossdock.sync.warehouse import add_location
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

PLACES = ("main", "annex")
MOMENT = datetime.fromisoformat("2026-03-02T09:00Z")

places = st.sampled_from(PLACES)
units = st.integers(1, 5)


class Shared:
    """What all runs share: the hub on its database, and names that are new."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        clock: ManualClock,
        sell: Callable[[str, dict[str, int]], Any],
    ) -> None:
        transports: Any = None  # nobody calls anybody
        self.clock = clock
        self.sell = sell
        self.hub = Hub(
            store,
            vault,
            clock,
            IdSource(clock, random.Random(7)),
            transports,
            lambda kind: transports,
            lambda: "unguessable",
        )
        self.numbers = itertools.count(1)


class Warehouse(RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    shared: ClassVar[Shared]

    def __init__(self) -> None:
        super().__init__()
        self.sku = f"TEA-{next(self.shared.numbers)}"
        self.there = dict.fromkeys((*PLACES, IN_TRANSIT), 0)
        self.moved: list[tuple[datetime, str, int]] = []
        self.last_count: dict[str, datetime] = {}
        self.transfers: dict[int, int] = {}
        self.wanted: dict[str, int] = {}

    @initialize(first=st.integers(0, 6))
    def open(self, first: int) -> None:
        with self.shared.hub.store.transaction() as connection:
            row = stock.SkuRow(self.sku, self.sku.casefold(), "", "", 0, MOMENT)
            stock.add_skus(connection, [row])
        if first:
            self.receive("main", first)

    def move(self, place: str, change: int, at: datetime | None = None) -> None:
        self.there[place] += change
        self.moved.append((at or self.shared.clock.now(), place, change))
        self.shared.clock.advance(1)

    def count(self) -> tuple[dict[str, int], int]:
        with self.shared.hub.store.reading() as connection:
            found = stock.load_positions(connection, [self.sku])
        on_hand = {key.location: row.on_hand for key, row in found.items()}
        return on_hand, sum(row.allocated for row in found.values())

    # What staff do

    @rule(place=places, some=units)
    def receive(self, place: str, some: int) -> None:
        receive_stock(self.shared.hub, self.sku, some, actor="ada", location=place)
        self.move(place, some)

    @rule(place=places, found=st.integers(0, 8))
    def count_now(self, place: str, found: int) -> None:
        count_stock(self.shared.hub, self.sku, found, actor="ada", location=place)
        self.last_count[place] = self.shared.clock.now()
        self.move(place, found - self.there[place])

    @rule(place=places, found=st.integers(0, 8), ago=st.integers(1, 20))
    def count_as_of(self, place: str, found: int, ago: int) -> None:
        """What moved since the moment of the count stays moved."""
        at = self.shared.clock.now() - timedelta(seconds=ago)
        since = [n for when, where, n in self.moved if where == place and when > at]
        then = self.there[place] - sum(since)
        try:
            count_stock(
                self.shared.hub, self.sku, found, actor="ada", location=place, at=at
            )
        except RefusedError:
            assert self.last_count[place] > at  # a later count stands
            return
        self.last_count[place] = max(at, self.last_count.get(place, at))
        self.move(place, found - then, at)

    @rule(start=places, some=units)
    def send(self, start: str, some: int) -> None:
        end = PLACES[start == "main"]
        with self.shared.hub.store.reading() as connection:
            key = StockKey(self.sku, start)
            found = stock.load_positions(connection, [self.sku]).get(key)
        free = 0 if found is None else found.on_hand - found.allocated
        try:
            row = send_transfer(
                self.shared.hub, self.sku, some, (start, end), actor="ada"
            )
        except RefusedError:
            assert some > max(0, free)
            return
        assert some <= free
        self.transfers[row.id] = some
        self.move(start, -some)
        self.move(IN_TRANSIT, some)

    @precondition(lambda self: self.transfers)
    @rule(pick=st.integers(0, 9), some=units, arrives=st.booleans(), end=places)
    def end_transfer(self, pick: int, some: int, end: str, *, arrives: bool) -> None:
        number = sorted(self.transfers)[pick % len(self.transfers)]
        some = min(some, self.transfers[number])
        if arrives:
            receive_transfer(self.shared.hub, number, some, actor="ada", location=end)
            self.move(end, some)
        else:
            lose_transfer(self.shared.hub, number, some, actor="ada")
        self.move(IN_TRANSIT, -some)
        self.transfers[number] -= some
        self.transfers = {key: n for key, n in self.transfers.items() if n}

    # What shoppers do

    @rule(some=units)
    def sell(self, some: int) -> None:
        name = f"{self.sku}-{len(self.wanted)}"
        self.wanted[name] = some
        self.shared.sell(name, {self.sku: some})
        self.serve()

    @precondition(lambda self: self.wanted)
    @rule(pick=st.integers(0, 9), some=st.integers(0, 5))
    def change(self, pick: int, some: int) -> None:
        name = sorted(self.wanted)[pick % len(self.wanted)]
        self.wanted[name] = some
        self.shared.sell(name, {self.sku: some})
        self.serve()

    def serve(self) -> None:
        with self.shared.hub.store.transaction() as connection:
            serve_waiting_lines(self.shared.hub, connection, [self.sku])
        self.shared.clock.advance(1)

    # What holds

    @invariant()
    def on_hand_is_what_the_model_counts(self) -> None:
        on_hand, allocated = self.count()
        assert {**dict.fromkeys(self.there, 0), **on_hand} == self.there
        free = sum(max(0, self.there[place]) for place in PLACES)
        assert allocated == min(sum(self.wanted.values()), free)

    @invariant()
    def the_books_are_sound(self) -> None:
        with self.shared.hub.store.reading() as connection:
            assert fsck.check(connection) == []


def test_the_warehouse_counts_as_the_model_does_whatever_happens(
    store: Store,
    vault: Vault,
    fixed_clock: ManualClock,
    add_channel: Callable[..., Any],
    take_in: Callable[..., Sequence[Any]],
    make_order: Callable[..., Any],
) -> None:
    add_channel("shop")

    def sell(name: str, quantities: dict[str, int]) -> None:
        take_in("shop", make_order(name, quantities))

    shared = Shared(store, vault, fixed_clock, sell)
    add_location(shared.hub, "annex", rank=1, sells=True, actor="ada")
    run_state_machine_as_test(
        type("Machine", (Warehouse,), {"shared": shared}),
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
