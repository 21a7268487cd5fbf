"""Races: how often the same unit is sold twice, where all that matters is known.

A stationary experiment beside the seeded days. Nothing goes wrong; shoppers come at
known rates to every channel, and the real hub reads all channels every so many seconds.
What is sold twice is counted in the world's books and set beside what ``prediction``
says.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from ...simulators.faults import Faults
from ...store import marks, measures, policies
from ...store.marks import MarkKind
from ...store.measures import RateRow
from ...sync.accounts import NewChannel, add_channel
from ...sync.decide.buffers import FAST_SECONDS, SLOW_SECONDS, WINDOW_SECONDS
from ...sync.schedule import tick
from ...sync.warehouse import rank_channel
from ...sync.worker import run_due
from .customs import FUNNEL_THRESHOLD, Customs, Sharing
from .prediction import Prediction, Shows, predict
from .stockroom import ACTOR
from .town import Town, Worker

CHANNELS = 3
UNITS = 8
"""What there is of each SKU."""
RATE = 0.02
"""Shoppers in a second, for each SKU on each channel."""
PULL_SECONDS = 15.0
"""How often the hub reads all channels; the longest that a sale stays unknown."""
ROUNDS = 20
"""By then nearly everything is sold."""
ESCROW_ROUNDS = 40
"""Quotas move after some minutes, to where units are wanted."""
_LATE = Faults(visibility_lag=1.0, visibility_lag_seconds=10.0)
"""In escrow orders show late besides, within what is waited for: it must not matter."""
_SETTLING_ROUNDS = 6
"""Until quotas are handed out."""
_MEMORY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class RaceTask:
    """One race to be run."""

    sharing: Sharing
    skus: int
    seed: int = 0


@dataclass(frozen=True, slots=True)
class RaceOutcome:
    """What came of a race, beside what must come of it."""

    sharing: Sharing
    skus: int
    sold: int
    """Units, over all channels."""
    oversold: int
    predicted: Prediction

    @property
    def is_as_predicted(self) -> bool:
        """Whether no more and no fewer units were sold twice than chance explains."""
        low, high = self.predicted.interval
        return low - 1e-9 <= self.oversold <= high + 1e-9


def run_race(task: RaceTask) -> RaceOutcome:
    """Run one race in this process."""
    with tempfile.TemporaryDirectory(prefix="crossdock-race-") as folder:
        return _Race(task, Path(folder)).run()


class _Race:
    """One race while it runs."""

    def __init__(self, task: RaceTask, folder: Path) -> None:
        self._task = task
        self._customs = Customs(
            task.sharing,
            ranks=tuple(range(CHANNELS)),
            hooked=False,
            pull_seconds=PULL_SECONDS,
        )
        self._town = Town(
            folder,
            task.seed,
            self._customs,
            meet=lambda point: None,
            on_way=lambda passage: None,
            hear_write=lambda *said: None,
            hear_hold=lambda *said: None,
        )
        self._skus = [f"SKU-{number:03d}" for number in range(task.skus)]
        self._worker: Worker

    def run(self) -> RaceOutcome:
        """Open, let shoppers come, and count."""
        self._open()
        predicted = self._predict()
        self._let_shoppers_come()
        self._worker.close()
        world = self._town.world
        oversold = sum(world.oversold_by_sku().values())
        task = self._task
        return RaceOutcome(
            task.sharing, task.skus, world.sold_units(), oversold, predicted
        )

    def _open(self) -> None:
        """Put everything on sale everywhere and connect the hub."""
        town = self._town
        for sku in self._skus:
            town.world.receive(sku, UNITS)
        for number in range(CHANNELS):
            shop = town.open_shop("woocommerce", f"shop-{number}")
            for sku in self._skus:
                shop.put_up(sku, sku.title(), UNITS, {sku: 1})
        self._worker = town.start_worker()
        for number, shop in enumerate(town.shops.values()):
            new = NewChannel(shop.name, shop.kind, shop.connect_settings())
            add_channel(self._worker.hub, new)
            rank_channel(self._worker.hub, shop.name, number, actor=ACTOR)
            self._work()
        for _ in range(_SETTLING_ROUNDS):
            town.clock.advance(PULL_SECONDS)
            self._hear_of_everything()
        self._remember_rates()
        if self._in_escrow:
            for shop in town.shops.values():
                shop.simulator.faults.use(_LATE)

    @property
    def _in_escrow(self) -> bool:
        return self._task.sharing is Sharing.ESCROW

    def _remember_rates(self) -> None:
        """Let the hub know how fast everything sells, as if it had for long."""
        hub = self._worker.hub
        now = hub.clock.now()
        in_a_window = RATE * WINDOW_SECONDS
        rows = [
            RateRow(
                name,
                sku,
                round(RATE * FAST_SECONDS * 1e6),
                round(RATE * SLOW_SECONDS * 1e6),
                round(RATE * SLOW_SECONDS * (1 + in_a_window) * 1e6),
                now - _MEMORY,
                now,
            )
            for name in self._town.shops
            for sku in self._skus
        ]
        with hub.store.transaction() as connection:
            measures.save_rates(connection, rows)
        tick(hub, MarkKind.MEASURE, WINDOW_SECONDS)
        self._hear_of_everything()

    def _hear_of_everything(self) -> None:
        """Let the hub read all channels and write to them, in no time at all."""
        tick(self._worker.hub, MarkKind.PULL, PULL_SECONDS)
        if self._in_escrow:
            tick(self._worker.hub, MarkKind.MEASURE, WINDOW_SECONDS)
        self._work()

    def _work(self) -> None:
        """Let the hub work until nothing is due, pauses of a second included."""
        hub = self._worker.hub
        run_due(hub, self._worker.name)
        with hub.store.transaction() as connection:
            for lane in (*self._town.shops, "stock"):
                marks.hasten(connection, lane, hub.clock.now())
        run_due(hub, self._worker.name)

    def _let_shoppers_come(self) -> None:
        chance = Random(f"race {self._task.seed}")  # noqa: S311 - to be repeatable
        town = self._town
        for _ in range(ESCROW_ROUNDS if self._in_escrow else ROUNDS):
            begun = town.clock.monotonic_seconds()
            for at_seconds, name, sku in self._draw_visits(chance):
                passed = town.clock.monotonic_seconds() - begun
                town.clock.advance(max(0.0, at_seconds - passed))
                listing = town.world.listings(name)[self._skus.index(sku)]
                town.world.buy(name, listing, 1, "a shopper")
            passed = town.clock.monotonic_seconds() - begun
            town.clock.advance(PULL_SECONDS - passed)
            self._hear_of_everything()

    def _draw_visits(self, chance: Random) -> list[tuple[float, str, str]]:
        """Return when a shopper wants one of what, in one round."""
        visits = []
        for name in self._town.shops:
            for sku in self._skus:
                at_seconds = chance.expovariate(RATE)
                while at_seconds < PULL_SECONDS:
                    visits.append((at_seconds, name, sku))
                    at_seconds += chance.expovariate(RATE)
        return sorted(visits)

    def _predict(self) -> Prediction:
        """Return what must come of it, with the buffers that the hub has computed."""
        with self._worker.hub.store.reading() as connection:
            known = policies.load_buffers(connection, self._skus)
        predicted = Prediction(0.0, 0.0)
        if self._in_escrow:
            return predicted
        for sku in self._skus:
            held = [
                known[name, sku].units if (name, sku) in known else 0
                for name in self._town.shops
            ]
            exposures = [RATE * PULL_SECONDS] * CHANNELS
            shows = show(self._task.sharing, held)
            one = predict(UNITS, shows, exposures=exposures, rounds=ROUNDS)
            predicted = predicted.add(one)
        return predicted


def show(sharing: Sharing, buffers: list[int]) -> Shows:
    """Return what each channel shows under a policy, the most important one first.

    Args:
        sharing: the policy; quotas are no matter of chance, and not for here.
        buffers: what each channel holds back.
    """

    def shows(units: int) -> list[int]:
        scarce = sharing is Sharing.FUNNEL and units <= FUNNEL_THRESHOLD
        return [
            0 if scarce and number else max(0, units - buffer)
            for number, buffer in enumerate(buffers)
        ]

    return shows
