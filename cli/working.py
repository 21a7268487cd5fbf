"""Doing now what a running hub would do soon: reading a channel, working off marks.

So that a person sees the effect of a command at once. Lanes are taken like a worker
takes them; where a running hub holds one it is left to it. No rule of the domain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from ..canonical.errors import RefusedError
from ..canonical.remembered import KnownChannel
from ..store import leases, marks
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind
from ..sync.hub import LEASE_LASTING, Hub
from ..sync.ingest import IngestReport
from ..sync.pull import import_history, pull_orders, scan_listings
from ..sync.read_back import read_back
from ..sync.worker import run_lane
from .output import Note, Output, count
from .session import name_holder

ROUNDS_MAX = 1000
_MARKS_MAX = 250

_STEPS = {
    "pull.page_read": ("page of orders", "pages of orders"),
    "fetch.read": ("look at single orders", "looks at single orders"),
    "catalog.before_commit": ("page of listings", "pages of listings"),
    "reconcile.committed": ("round of SKUs", "rounds of SKUs"),
    "push.sent": ("write of stock", "writes of stock"),
    "tell.sent": ("parcel told", "parcels told"),
}
"""Named points of journeys that are worth counting in front of a person."""


@dataclass(slots=True)
class Worked:
    """What working off the due marks did."""

    handled: int = 0
    failed: int = 0
    busy: set[str] = field(default_factory=set)
    """Lanes that another process holds."""

    def describe(self, output: Output) -> None:
        """Tell a person what is left to others or to later."""
        if self.busy:
            names = ", ".join(sorted(self.busy))
            output.note(f"Another process is at work on {names}; the rest is up to it.")
        if self.failed:
            output.warn(
                f"{count(self.failed, 'task')} did not succeed and will be tried "
                "again by crossdock run, or by the next command."
            )


@dataclass(slots=True)
class ChannelReading:
    """What reading a channel brought."""

    channel: str
    orders: IngestReport = field(default_factory=IngestReport)
    listings: int | None = None
    """None where they were not asked for."""
    left_to_other: bool = False
    """A running hub holds the channel's lane; it was asked to read instead."""


@contextmanager
def hold_lane(hub: Hub, lane: str) -> Iterator[Lease | None]:
    """Yield the right to work on a lane; None where another process has it."""
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        lease = leases.acquire(connection, lane, name_holder(), now, LEASE_LASTING)
    try:
        yield lease
    finally:
        if lease is not None:
            with hub.store.transaction() as connection:
                leases.release(connection, lease, hub.clock.now())


@contextmanager
def follow_steps(hub: Hub, note: Note) -> Iterator[None]:
    """Tell ``note`` how far journeys are, while they run."""
    seen: dict[str, int] = {}
    before = hub.reach

    def reach(point: str) -> None:
        before(point)
        if point in _STEPS:
            seen[point] = seen.get(point, 0) + 1
            note(" · ".join(count(n, *_STEPS[point]) for point, n in seen.items()))

    hub.reach = reach
    try:
        yield
    finally:
        hub.reach = before


def read_channel(
    hub: Hub, channel: KnownChannel, *, everything: bool
) -> ChannelReading:
    """Read a channel's news now, or ask the running hub to.

    Args:
        hub: what to work with.
        channel: which one; it has to be enabled.
        everything: its listings and the quantities that it shows too.

    Raises:
        ChannelError: the channel cannot be read; pages before are kept.
    """
    reading = ChannelReading(channel.name)
    with hold_lane(hub, channel.name) as lease:
        if lease is None:
            reading.left_to_other = True
            hub.mark_now(MarkKind.PULL, channel.name, channel.name)
            if everything:
                hub.mark_now(MarkKind.SCAN, channel.name, channel.name)
            return reading
        if everything:
            due = _find_due(hub, channel.name, MarkKind.SCAN)
            reading.listings = scan_listings(hub, channel, lease=lease, handled=due)
        _pull(hub, channel, lease, reading)
        if everything:
            due = _find_due(hub, channel.name, MarkKind.READ_BACK)
            read_back(hub, channel, everything=True, lease=lease, handled=due)
    return reading


def read_history(hub: Hub, channel: KnownChannel, since: datetime) -> IngestReport:
    """Take in a channel's orders changed since a moment in the past.

    Raises:
        RefusedError: a running hub holds the channel's lane.
        ChannelError: the channel cannot be read; pages before are kept.
    """
    with hold_lane(hub, channel.name) as lease:
        if lease is None:
            raise RefusedError(
                f"Another process is reading {channel.name} now.",
                next_step="Try again when it is done.",
            )
        return import_history(hub, channel, since, lease=lease)


def _pull(
    hub: Hub, channel: KnownChannel, lease: Lease, reading: ChannelReading
) -> None:
    """Pull until nothing is left; a pull that stopped half-way marks another."""
    due = _find_due(hub, channel.name, MarkKind.PULL)
    while True:
        reading.orders.add(pull_orders(hub, channel, lease=lease, handled=due))
        due = _find_due(hub, channel.name, MarkKind.PULL)
        if not due:
            return


def _find_due(hub: Hub, lane: str, kind: MarkKind) -> list[Mark]:
    with hub.store.reading() as connection:
        due = marks.load_due(connection, lane, hub.clock.now(), _MARKS_MAX)
    return [mark for mark in due if mark.kind is kind]


def work_off(hub: Hub) -> Worked:
    """Work off everything that is due, except what another process is at."""
    worked = Worked()
    for _ in range(ROUNDS_MAX):
        with hub.store.reading() as connection:
            lanes = marks.load_due_lanes(connection, hub.clock.now())
        free = [lane for lane in lanes if lane not in worked.busy]
        before = worked.handled + worked.failed
        for lane in free:
            report = run_lane(hub, lane, name_holder())
            worked.handled += report.handled
            worked.failed += report.failed
            if report.busy:
                worked.busy.add(lane)
        if worked.handled + worked.failed == before:
            break
    return worked


def show_effect(hub: Hub, output: Output, label: str) -> Worked:
    """Work off what a command marked, in front of a person, and say what is left."""
    with output.watch(label) as note, follow_steps(hub, note):
        worked = work_off(hub)
    worked.describe(output)
    return worked
