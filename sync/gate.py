"""The gate: which of the writes that a channel needs may leave now.

Three things hold a write back: the brake (so much changes that a person should look),
the channel's budget of revisions, and, for raises, orders that were not read yet.
Reductions to more than zero pass the brake, near zero they pass the budget, and they
never wait for orders. Decisions are in ``decide``; here is what they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.errors import SettingsError
from ..canonical.remembered import Direction, KnownChannel, Publication
from ..connectors.sdk import PullsOrders
from ..store import brake, channels, conflicts, listings, revisions
from ..store.brake import Turning
from ..store.engine import Connection
from .decide.brake import OPENING, WINDOW, is_let_through, is_too_much, turn
from .decide.freshness import find_age_max, is_waited_for
from .decide.revisions import Budget, plan_revision
from .hub import Hub

PREVIEW_MAX = 50
"""Records that a conflict shows one by one."""
_BRAKED = (Direction.ZERO, Direction.RAISE)


@dataclass(frozen=True, slots=True)
class Admission:
    """What may be written now, and when to ask again for the rest."""

    writes: tuple[Publication, ...]
    again_at: datetime | None = None


def admit(hub: Hub, channel: KnownChannel, ready: Sequence[Publication]) -> Admission:
    """Choose what may be written to a channel now; ask a person about the rest."""
    held = _brake(hub, channel, ready)
    passing = [one for one in ready if turn(one) not in held or is_let_through(one)]
    return _keep_to_budget(hub, channel, passing)


def weigh_write(hub: Hub, channel: KnownChannel, publication: Publication) -> str:
    """Return the direction in which the brake counts a write; empty if it does not."""
    if _is_opening(hub, channel) or is_let_through(publication):
        return ""
    return turn(publication)


def _is_opening(hub: Hub, channel: KnownChannel) -> bool:
    """Say whether a channel is so new that its brake is off."""
    return hub.clock.now() - channel.added_at < OPENING


def _brake(
    hub: Hub, channel: KnownChannel, ready: Sequence[Publication]
) -> frozenset[Direction]:
    """Return the directions in which nothing may be written before a person looks.

    Every record of the channel is counted for that, so not where it changes nothing:
    nothing that the brake could hold is about to be written, and nobody is asked.
    """
    if _is_opening(hub, channel):
        return frozenset()
    name, now = channel.name, hub.clock.now()
    turns = any(turn(one) in _BRAKED and not is_let_through(one) for one in ready)
    with hub.store.reading() as connection:
        opened = _find_open(connection, name)
        if not turns and not opened:
            return frozenset()
        turning = brake.count_turning(connection, name, now - WINDOW)
        counts = _by_direction(turning)
        held = frozenset(
            direction
            for direction in _BRAKED
            if is_too_much(counts[direction], turning.records, hub.tuning.brake)
        )
        found = [_preview(connection, name, turning, one) for one in sorted(held)]
    over = opened - held
    if found or over:
        with hub.store.transaction() as connection:
            conflicts.report(connection, found, hub.ids, now)
            why = {"by": conflicts.BY_FACTS, "why": "no more changes than usual"}
            subjects = [name_subject(name, direction) for direction in over]
            conflicts.close(connection, ConflictKind.BRAKE, subjects, why, now)
    return held


def is_braked(connection: Connection, channel: str) -> bool:
    """Say whether a person is asked about a channel's changes."""
    return bool(_find_open(connection, channel))


def _find_open(connection: Connection, channel: str) -> frozenset[Direction]:
    asked = conflicts.load_many(connection, kind=ConflictKind.BRAKE)
    subjects = {conflict.subject for conflict in asked}
    return frozenset(
        direction
        for direction in _BRAKED
        if name_subject(channel, direction) in subjects
    )


def name_subject(channel: str, direction: Direction) -> str:
    """Return what a conflict about the brake is about."""
    return f"{channel}/brake/{direction}"


def _by_direction(turning: Turning) -> dict[Direction, int]:
    return {Direction.ZERO: turning.zeroed, Direction.RAISE: turning.raised}


def _preview(
    connection: Connection, channel: str, turning: Turning, direction: Direction
) -> ConflictFacts:
    shown = brake.load_turning(connection, channel, direction, PREVIEW_MAX)
    keys = [(channel, record) for record in shown]
    names = listings.load_records_by_key(connection, keys)
    count = _by_direction(turning)[direction]
    what = "set to zero" if direction is Direction.ZERO else "raised"
    return ConflictFacts(
        kind=ConflictKind.BRAKE,
        subject=name_subject(channel, direction),
        channel=channel,
        summary=f"{count} of {turning.records} quantities of {channel} would be {what} "
        "within minutes.",
        facts={
            "direction": direction,
            "changing": count,
            "records": turning.records,
            "preview": [
                {
                    "stock_record": record,
                    "sku": ", ".join(
                        sorted({row.sku for row in names.get((channel, record), ())})
                    ),
                    "from": one.expected,
                    "to": one.desired,
                }
                for record, one in shown.items()
            ],
        },
        proposals=(
            Proposal(action=Action.LET_THROUGH, reason="Write it; it is meant."),
            Proposal(action=Action.KEEP_HOLDING, reason="It is being looked into."),
        ),
    )


def _keep_to_budget(
    hub: Hub, channel: KnownChannel, passing: Sequence[Publication]
) -> Admission:
    per_day_max = hub.find_plugin(channel.kind).traits.revisions_per_day_max
    if per_day_max is None or not passing:
        return Admission(tuple(passing))
    now = hub.clock.now()
    records = [one.stock_external_id for one in passing]
    with hub.store.reading() as connection:
        spent = revisions.load_spent(connection, channel.name, records, now)
    due = {
        one.stock_external_id: _plan(one, per_day_max, spent, now) for one in passing
    }
    later = [moment for moment in due.values() if moment is not None]
    return Admission(
        tuple(one for one in passing if due[one.stock_external_id] is None),
        min(later) if later else None,
    )


def _plan(
    publication: Publication, per_day_max: int, spent: Mapping[str, int], now: datetime
) -> datetime | None:
    count = spent.get(publication.stock_external_id, 0)
    last_at = publication.sent_at if count else None
    return plan_revision(publication, Budget(per_day_max, count, last_at), now)


def note_revisions(
    hub: Hub, connection: Connection, channel: KnownChannel, records: Iterable[str]
) -> None:
    """Count writes that are about to leave, where the channel limits them."""
    if hub.find_plugin(channel.kind).traits.revisions_per_day_max is not None:
        revisions.count_up(connection, channel.name, records, hub.clock.now())


def find_unread(hub: Hub) -> list[str]:
    """Return the channels whose orders have to be read before anything is raised."""
    now = hub.clock.now()
    with hub.store.reading() as connection:
        fresh = channels.list_freshness(connection)
    return [
        one.channel
        for one in fresh
        if _pulls_orders(hub, one.kind)
        and is_waited_for(
            caught_up_at=one.caught_up_at,
            failing_since=one.failing_since,
            failed_at=one.failed_at,
            now=now,
            hold=hub.tuning.outage_hold,
            age_max=find_age_max(hub.find_plugin(one.kind).traits.pull_pause_seconds),
        )
    ]


def _pulls_orders(hub: Hub, kind: str) -> bool:
    try:
        connector = hub.find_plugin(kind).connector
    except SettingsError:
        return False  # its package is gone; nothing of it can be read any more
    return issubclass(connector, PullsOrders)
