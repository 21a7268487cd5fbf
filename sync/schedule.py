"""The clock: sets marks at intervals, and does nothing else.

Two schedulers may run beside each other without harm: each job and slot is claimed in
the database once. The only module that knows APScheduler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from ..canonical.errors import SettingsError
from ..store import channels, marks
from ..store.engine import Connection
from ..store.marks import Mark, MarkKind, Priority
from .decide.freshness import may_pull
from .hub import Hub
from .measure import mark_measuring


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often each job runs."""

    pull_seconds: float
    listings_seconds: float
    read_back_seconds: float
    subscriptions_seconds: float
    measure_seconds: float
    sweep_seconds: float


def tick(hub: Hub, kind: MarkKind, interval_seconds: float) -> int:
    """Mark a job's work for every enabled channel; return how many marks were set.

    Measuring is one job for all of them. Nothing is marked where this slot of the clock
    was claimed before.
    """
    now = hub.clock.now()
    slot = _start_of_slot(now, interval_seconds)
    interval = timedelta(seconds=interval_seconds)
    with hub.store.transaction() as connection:
        marks.free_slots_ahead(connection, kind.value, slot, interval)
        if not marks.claim_slot(connection, kind.value, slot):
            return 0
        if kind is MarkKind.MEASURE:
            wanted = [mark_measuring(hub)]
        else:
            wanted = [
                Mark(kind, _name_key(kind, name), name, Priority.ROUTINE, now)
                for name in _list_due(hub, connection, kind, now)
            ]
        hub.mark(connection, wanted)
    hub.wake({mark.lane for mark in wanted})
    return len(wanted)


def _list_due(
    hub: Hub, connection: Connection, kind: MarkKind, now: datetime
) -> list[str]:
    """Return the enabled channels that a job is for, as often as they bear it."""
    enabled = channels.list_freshness(connection)
    if kind is not MarkKind.PULL:
        return [one.channel for one in enabled]
    return [
        one.channel
        for one in enabled
        if may_pull(one.caught_up_at, now, _find_pause(hub, one.kind))
    ]


def _find_pause(hub: Hub, kind: str) -> int:
    try:
        return hub.find_plugin(kind).traits.pull_pause_seconds
    except SettingsError:
        return 0  # its package is gone; the pull itself will say so


def _name_key(kind: MarkKind, channel: str) -> str:
    return f"{channel}/all" if kind is MarkKind.READ_BACK else channel


def _start_of_slot(now: datetime, interval_seconds: float) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    slots = (now - epoch) // timedelta(seconds=interval_seconds)
    return epoch + slots * timedelta(seconds=interval_seconds)


def start_clock(
    hub: Hub, intervals: Intervals, sweep: Callable[[], None]
) -> Callable[[], None]:
    """Start ticking in a thread of its own; return what stops it.

    Args:
        hub: what the jobs work with.
        intervals: how often each runs.
        sweep: wakes lanes with work that nobody announced.
    """
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for kind, seconds in (
        (MarkKind.PULL, intervals.pull_seconds),
        (MarkKind.SCAN, intervals.listings_seconds),
        (MarkKind.READ_BACK, intervals.read_back_seconds),
        (MarkKind.SUBSCRIBE, intervals.subscriptions_seconds),
        (MarkKind.MEASURE, intervals.measure_seconds),
    ):
        scheduler.add_job(
            tick,
            "interval",
            args=(hub, kind, seconds),
            seconds=seconds,
            id=kind.value,
            next_run_time=hub.clock.now(),
        )
    scheduler.add_job(sweep, "interval", seconds=intervals.sweep_seconds, id="sweep")
    scheduler.start()
    return lambda: scheduler.shutdown(wait=True)
