"""Reconcile: what every listing of some SKUs should show, and who waits for stock.

Gives units that became free to the lines that wait, opens and closes shortfalls, and
computes what each channel should show. Level-triggered: it looks at what is, not at
what happened. Calls no channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..store import marks, publications
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from .decide.publish import needs_write
from .escrow import balance_quotas, widen
from .hub import Hub
from .shortfalls import report_shortfalls, serve_waiting_lines
from .showing import Key, load_scene


def reconcile(
    hub: Hub,
    skus: Sequence[str],
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> int:
    """Bring claims and publications of ``skus`` in step; return how many changed.

    Args:
        hub: what to work with.
        skus: at most a few hundred.
        lease: proof that the stock lane is ours.
        handled: the marks that this answers; cleared with it.
    """
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        tied = widen(hub, connection, skus)
        waiting = serve_waiting_lines(hub, connection, skus)
        report_shortfalls(hub, connection, skus, waiting)
        scene = load_scene(hub, connection, tied)
        wanted = balance_quotas(hub, connection, scene)
        desired = {key: scene.decide(key) for key in scene.records}
        changed = _keep_changed(connection, desired)
        publications.set_desired(connection, changed, hub.clock.now())
        wanted += _list_pushes(hub, connection, desired)
        marks.clear(connection, handled)
        hub.mark(connection, wanted)
        hub.reach("reconcile.before_commit")
    hub.reach("reconcile.committed")
    hub.wake({mark.lane for mark in wanted})
    return len(changed)


def _keep_changed(
    connection: Connection, desired: Mapping[Key, int | None]
) -> dict[Key, int | None]:
    changed = {}
    for channel in {channel for channel, _ in desired}:
        records = [record for name, record in desired if name == channel]
        known = publications.load(connection, channel, records)
        for record in records:
            before = known.get(record)
            quantity = desired[channel, record]
            if before is None or before.desired != quantity:
                changed[channel, record] = quantity
    return changed


def _list_pushes(
    hub: Hub, connection: Connection, desired: Mapping[Key, int | None]
) -> list[Mark]:
    """Return a mark for every channel that shows something else than it should."""
    wanted = []
    for channel in sorted({channel for channel, _ in desired}):
        records = [record for name, record in desired if name == channel]
        known = publications.load(connection, channel, records)
        out_of_step = [one for one in known.values() if needs_write(one)]
        if out_of_step:
            zeroing = any(publication.desired == 0 for publication in out_of_step)
            urgency = Priority.ZEROING if zeroing else Priority.LIVE
            now = hub.clock.now()
            wanted.append(Mark(MarkKind.PUSH, channel, channel, urgency, now))
    return wanted
