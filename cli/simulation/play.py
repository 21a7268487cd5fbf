"""Playing one seed: time goes from one thing that happens to the next.

Nothing runs beside anything else. What would be simultaneous in the world happens at
the points between two steps of the hub, while its requests are on their way: shoppers
buy there, staff ship, processes die.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random

from ...canonical.errors import WebhookRefusedError
from ...simulators.switchboard import Passage
from ...simulators.webhooks import UNREACHABLE, Envelope
from ...store import marks
from ...store.engine import Connection
from ...store.leases import Lease
from ...sync.webhooks import receive_webhook
from . import shoppers, staff, trouble
from .checks import check_step, check_write
from .customs import Sharing, draw_customs
from .events import SECONDS, Event
from .opening import connect_shops, open_town
from .operation import Clockwork, run_lanes, run_other
from .scene import LOGGER, Listener, Scene, Trace, Violation
from .town import Crash, Town
from .verdict import find_oversold, judge

CALM_SECONDS = 330.0
"""The least time for converging: one round of every job of the clock."""
PATIENCE_SECONDS = 3600.0
"""The most time for converging."""
_MOMENT_SECONDS = 0.001
"""Time goes on by this at least: differences of seconds are not exact."""
_NIGHT_SECONDS = 26 * 3600.0
"""Until shops that count how often they are written to begin to count anew."""
_STEP_SECONDS = 2.0
"""How long the hub waits for a lane that somebody else holds."""
_STALL_SECONDS = 100.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed."""

    seed: int
    events: int
    digest: str
    violations: tuple[Violation, ...]
    orders_lost: int
    orders_duplicated: int
    oversold_by_hub: int
    oversold_by_race: int
    """Units of SKUs that nobody but chance had a hand in."""
    sharing: Sharing
    lines: tuple[str, ...] = ()


class Play:
    """One seed while it is played."""

    def __init__(
        self,
        seed: int,
        events: Sequence[Event],
        folder: Path,
        *,
        keep_trace: bool = False,
        enough: Collection[str] = (),
    ) -> None:
        customs = draw_customs(seed)
        self._lunch_seconds = customs.lunch_seconds
        self._agenda = deque(_close_at_noon(events, customs.lunch_seconds))
        self._count = len(events)
        self._enough = enough
        self._town = Town(
            folder,
            seed,
            customs,
            self._meet,
            self._pass_time,
            self._hear_write,
            self._hear_hold,
        )
        open_town(self._town)
        self._scene = Scene(
            seed,
            customs,
            self._town,
            Trace(keep=keep_trace),
            Listener(),
            Random(f"order {seed}"),  # noqa: S311 - to be repeatable
            self._town.start_worker(),
        )
        self._started_seconds = 0.0
        self._opening = True
        self._busy = True
        """Nothing happens in between: something that happens is under way."""
        self._clockwork = Clockwork(seed)
        self._died = False

    def run(self) -> Outcome:
        """Play to the end and return what came of it."""
        scene = self._scene
        with _listen(scene.listener):
            connect_shops(scene)
            self._started_seconds = scene.seconds
            self._busy = self._opening = False
            self._play_until(SECONDS + self._lunch_seconds, stop_when_quiet=False)
            trouble.calm(scene)
            self._converge()
            if not self._has_enough():
                judge(scene)
        scene.worker.close()
        return self._sum_up()

    def _has_enough(self) -> bool:
        """Say whether a promise broke that was looked for: the rest does not matter."""
        return any(one.rule in self._enough for one in self._scene.violations)

    def _converge(self) -> None:
        """Give the hub its time; staff settle what only they can."""
        for shop in self._scene.shops:
            shop.give_up_unpaid()
        for seconds in (0.0, CALM_SECONDS):
            self._play_until(self._seconds + seconds, stop_when_quiet=False)
            with self._undisturbed():
                staff.settle_everything(self._scene)
            if self._scene.customs.budgeted:
                self._town.clock.advance(_NIGHT_SECONDS)
        self._play_until(self._seconds + PATIENCE_SECONDS, stop_when_quiet=True)

    @property
    def _seconds(self) -> float:
        """Seconds since the shops opened to the public."""
        return self._scene.seconds - self._started_seconds

    def _play_until(self, end_seconds: float, *, stop_when_quiet: bool) -> None:
        while self._seconds < end_seconds and not self._has_enough():
            if stop_when_quiet and self._is_quiet():
                return
            moment = min(self._find_next_moment(), end_seconds)
            pause = moment - self._seconds
            self._town.clock.advance(max(pause, _MOMENT_SECONDS))
            begun = self._seconds
            self._live()
            if self._seconds == begun and self._find_next_moment() <= begun:
                self._town.clock.advance(_STEP_SECONDS)

    def _is_quiet(self) -> bool:
        with self._scene.hub.store.reading() as connection:
            return not marks.count(connection)

    def _find_next_moment(self) -> float:
        """Return when something happens next, in seconds since the opening."""
        moments = [self._seconds + 30.0]
        if self._agenda:
            moments.append(self._agenda[0].at_seconds)
        for shop in self._scene.shops:
            due = shop.simulator.deliverer.next_due()
            if due is not None:
                moments.append(self._read_moment(due, 0.0))
        up_again = self._scene.down_until_seconds - self._started_seconds
        hub_due = self._find_hub_due()
        if hub_due is not None:
            moments.append(max(hub_due, up_again))
        return min(moments)

    def _find_hub_due(self) -> float | None:
        scene = self._scene
        with scene.hub.store.reading() as connection:
            due = marks.find_next_due(connection)
        if due is None:
            return None
        return self._read_moment(due, scene.town.hub_clock.skew_seconds)

    def _read_moment(self, moment: datetime, skew_seconds: float) -> float:
        ahead = (moment - self._town.clock.now()).total_seconds() - skew_seconds
        return self._seconds + ahead

    def _live(self) -> None:
        """Let happen what is due, and the hub work."""
        scene = self._scene
        try:
            self._let_happen()
            if scene.seconds >= scene.down_until_seconds:
                self._take_turn()
        except Crash as crash:
            self._bury(str(crash))
        check_step(scene)

    def _let_happen(self) -> None:
        """Let every event and every delivery happen that is due."""
        trouble.end_storms(self._scene)
        while self._agenda and self._agenda[0].at_seconds <= self._seconds:
            self._act(self._agenda.popleft())
        self._deliver()

    def _act(self, event: Event) -> None:
        scene = self._scene
        scene.event = event.number
        with self._undisturbed():
            if event.kind in shoppers.ACTS:
                said = shoppers.act_in_shops(scene, event)
            elif event.kind in staff.ACTS:
                said = staff.act_in_hub(scene, event)
            else:
                said = trouble.act_of_trouble(scene, event)
        scene.trace.note(f"{self._seconds:.3f} #{event.number} {event.kind}: {said}")

    def _deliver(self) -> None:
        with self._undisturbed():
            for shop in self._scene.shops:
                shop.simulator.deliverer.deliver_due(self._receive)
        if self._died:
            self._died = False
            raise Crash("while a webhook was received")

    def _receive(self, envelope: Envelope) -> int:
        scene = self._scene
        down = scene.seconds < scene.down_until_seconds
        if down or not scene.worker.process.alive:
            return UNREACHABLE
        path = envelope.url.rpartition("/")[2]
        try:
            said = receive_webhook(scene.hub, path, envelope.headers, envelope.body)
        except WebhookRefusedError as error:
            scene.trace.note(f"{self._seconds:.3f} webhook refused: {error}")
            return 401
        except Crash:
            self._died = True
            return UNREACHABLE
        scene.trace.note(f"{self._seconds:.3f} webhook {said}")
        return 200

    def _take_turn(self) -> None:
        """Let the hub's clock tick and its lanes run, in any order."""
        scene = self._scene
        staff.sign_in_again(scene)
        staff.end_pauses(scene)
        self._clockwork.tick(scene.hub)
        run_lanes(scene, self._seconds)

    def _meet(self, point: str) -> None:
        """Let the world go on between two steps of the hub."""
        scene = self._scene
        if scene.meanwhile is not None:
            meanwhile, scene.meanwhile = scene.meanwhile, None
            meanwhile()
        if self._busy:
            return
        if scene.stall_in is not None:
            scene.stall_in -= 1
            if scene.stall_in <= 0:
                scene.stall_in = None
                self._stall(point)
        self._let_happen()

    def _stall(self, point: str) -> None:
        """Let the worker sleep for longer than its lease while another one works."""
        scene = self._scene
        scene.trace.note(f"{self._seconds:.3f} asleep at {point}")
        self._town.clock.advance(_STALL_SECONDS)
        other = self._town.start_worker()
        with self._undisturbed():
            run_other(scene, other, self._seconds)
        other.close()

    def _pass_time(self, passage: Passage) -> None:
        """Let a request or an answer take its time."""
        scene = self._scene
        self._town.clock.advance(round(scene.randomness.uniform(0.01, 0.15), 4))
        scene.trace.note(
            f"{self._seconds:.3f} {passage.host} {passage.method} {passage.path} "
            f"{passage.status} {passage.size}"
        )
        scene.watch.hear_passage(passage, scene.seconds)

    def _hear_write(self, channel: str, listing: str, before: int, after: int) -> None:
        if not self._opening:
            check_write(self._scene, channel, listing, before, after)

    def _hear_hold(self, connection: Connection, lease: Lease) -> None:
        self._scene.watch.hear_hold(connection, lease)

    def _bury(self, point: str) -> None:
        """Put a new process of the hub in the place of one that died."""
        scene = self._scene
        scene.trace.note(f"{self._seconds:.3f} the hub died at {point}")
        scene.worker.close()
        self._busy = False
        self._clockwork.start_again()
        scene.worker = self._town.start_worker()
        scene.down_until_seconds = scene.seconds + scene.randomness.uniform(0.5, 20)

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Let nothing else happen between the steps of what is done inside."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def _sum_up(self) -> Outcome:
        scene = self._scene
        for violation in scene.violations:
            scene.trace.note(f"{violation}")
        return Outcome(
            scene.seed,
            self._count,
            scene.trace.digest,
            tuple(scene.violations),
            scene.orders_lost,
            scene.orders_duplicated,
            scene.oversold_by_hub,
            sum(find_oversold(scene).values()),
            scene.customs.sharing,
            tuple(scene.trace.lines),
        )


def _close_at_noon(events: Sequence[Event], lunch_seconds: float) -> list[Event]:
    """Return the events with a pause in the middle of the day."""
    return [
        replace(event, at_seconds=event.at_seconds + lunch_seconds)
        if event.at_seconds > SECONDS / 2
        else event
        for event in events
    ]


@contextmanager
def _listen(listener: Listener) -> Iterator[None]:
    logger = logging.getLogger(LOGGER)
    level, propagates = logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
        logger.propagate = propagates
