"""The end of the demonstration: everybody stops, and the hub gets the time to converge.

Bounded, and judged by the shops' books. What the hub is asked to do here is what its
clock asks of it all day: pull, and read every quantity back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from ...simulators.base import Simulator
from ...simulators.faults import NO_FAULTS
from ...store import marks
from ...store.marks import Mark, MarkKind, Priority
from ...sync.hub import Hub
from .figures import Figures
from .stage import Stage

_LOOK_SECONDS = 0.1
_NEXT_ROUND_SECONDS = 1.0
_SOON = timedelta(seconds=0.5)
_WEBHOOK_PATIENCE = timedelta(seconds=8)


def end_faults(stage: Stage) -> None:
    """Let nothing go wrong any more; what was delayed before still comes late."""
    for shop in stage.shops.values():
        shop.faults.use(NO_FAULTS)


def converge(
    hub: Hub,
    stage: Stage,
    judge: Callable[[], Figures],
    *,
    seconds_max: float,
    look: Callable[[], None],
) -> Figures:
    """Let the hub look at everything until the figures hold, or the time is over.

    Args:
        hub: at work in its own threads.
        stage: with shops that nobody touches any more.
        judge: takes the figures.
        seconds_max: when to give up.
        look: called while waiting; signs in again where a channel is parked.
    """
    deadline = hub.clock.monotonic_seconds() + seconds_max
    while True:
        mark_everything(hub)
        _wait_until_idle(hub, stage, deadline, look)
        figures = judge()
        if not figures.list_broken() or hub.clock.monotonic_seconds() >= deadline:
            return figures
        hub.clock.pause(_NEXT_ROUND_SECONDS)


def mark_everything(hub: Hub) -> None:
    """Ask for a pull of all orders and a comparison of all quantities, and that first.

    A difference that no order explains counts from its first sighting.
    """
    now = hub.clock.now()
    names = [channel.name for channel in hub.load_channels()]
    person = Priority.PERSON
    wanted = [Mark(MarkKind.PULL, name, name, person, now) for name in names]
    wanted += [
        Mark(MarkKind.READ_BACK, f"{name}/all", name, person, now) for name in names
    ]
    with hub.store.transaction() as connection:
        hub.mark(connection, wanted)
    hub.wake(names)


def _wait_until_idle(
    hub: Hub, stage: Stage, deadline: float, look: Callable[[], None]
) -> None:
    """Return when no webhook is under way and the hub has nothing to do at present."""
    while hub.clock.monotonic_seconds() < deadline:
        look()
        now = hub.clock.now()
        with hub.store.reading() as connection:
            busy = marks.load_due_lanes(connection, now + _SOON)
        if not busy and not any(is_calling(shop, now) for shop in stage.servers):
            return
        hub.clock.pause(_LOOK_SECONDS)


def is_calling(shop: Simulator, now: datetime) -> bool:
    """Say whether a webhook of a shop is about to be sent.

    A retry after minutes does not count: a pull brings what it is about.
    """
    due = shop.deliverer.next_due()
    return due is not None and due - now < _WEBHOOK_PATIENCE
