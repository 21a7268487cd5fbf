"""Holding: channels that are read and not written to, and how they are let go.

After a restore the hub's memory is older than the channels: it holds all of them,
forgets what it expected them to show, reads everything again, and writes nothing before
a person has seen what it would write. The same for one channel, whenever somebody wants
it so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..canonical.drifts import DriftAction, DriftCause
from ..canonical.errors import RefusedError
from ..canonical.pages import Stream
from ..canonical.remembered import ChannelState, Direction, KnownChannel
from ..store import (
    audit,
    brake,
    channels,
    cursors,
    drifts,
    figures,
    leases,
    marks,
    outbox,
    publications,
    restore,
    review,
)
from ..store.audit import AuditRow
from ..store.engine import Connection
from ..store.marks import Mark, MarkKind, Priority
from ..store.review import Difference
from .accounts import mark_first_reading
from .closing import close_unknown
from .hub import Hub

log = logging.getLogger("crossdock.holding")

RESTORED = "restored from a backup"


def hold_channel(hub: Hub, name: str, reason: str, *, actor: str) -> bool:
    """Write nothing to a channel from now on; False where that was so before."""
    hub.load_channel(name)
    with hub.store.transaction() as connection:
        news = channels.hold(connection, name, reason, hub.clock.now())
        if news:
            _note(hub, connection, "hold", name, actor, reason)
    return news


def notice_restore(hub: Hub) -> bool:
    """Begin after a restore if the database says that it is a backup; say whether."""
    with hub.store.reading() as connection:
        restored = restore.is_restored(connection)
    if restored:
        begin_after_restore(hub, actor="crossdock")
        log.warning("This database is a backup: nothing is written to any channel.")
    return restored


def begin_after_restore(hub: Hub, *, actor: str) -> list[str]:
    """Hold every channel, forget what it was expected to show, read it all again.

    Returns:
        The channels, by name.
    """
    now = hub.clock.now()
    names = [channel.name for channel in hub.load_channels()]
    with hub.store.transaction() as connection:
        leases.free_all(connection, now)
        for channel in channels.load_all(connection, hub.vault):
            channels.release(connection, channel.name)
            channels.hold(connection, channel.name, RESTORED, now)
            _forget(hub, connection, channel)
            mark_first_reading(hub, connection, channel)
            key = f"{channel.name}/all"
            everything = Mark(
                MarkKind.READ_BACK, key, channel.name, Priority.ROUTINE, now
            )
            hub.mark(connection, [everything])
        restore.take_over(connection)
        _note(hub, connection, "restore", "hub", actor, RESTORED)
    hub.wake(names)
    return names


def _forget(hub: Hub, connection: Connection, channel: KnownChannel) -> None:
    """Drop what the hub believed of a channel; what the channel says now counts.

    Quotas may have moved since: each record in escrow goes through zero before anybody
    is granted anything.
    """
    name, now = channel.name, hub.clock.now()
    publications.forget_beliefs(connection, name)
    outbox.give_up_open(connection, name, outbox.STOCK, RESTORED, now)
    cursors.forget_freshness(connection, name, Stream.ORDERS)
    channels.note_success(connection, name)
    close_unknown(hub, connection, channel)
    drifts.settle_open(
        connection,
        name,
        None,
        cause=DriftCause.RESTORED,
        action=DriftAction.NONE,
        settled_at=now,
    )


@dataclass(frozen=True, slots=True)
class Review:
    """What a held channel waits for, and what would be written to it."""

    channel: str
    reason: str
    held_at: datetime | None
    unread: tuple[str, ...]
    """What has not been read since it is held; nothing is let go before."""
    listings: int
    differences: tuple[Difference, ...]
    zeroed: int
    raised: int
    parcels_untold: int


def review_channels(hub: Hub, name: str | None = None) -> list[Review]:
    """Say of every held channel, or of one, what would be written to it."""
    known = hub.load_channels() if name is None else [hub.load_channel(name)]
    with hub.store.reading() as connection:
        untold = figures.list_untold(connection)
        return [
            _review(
                connection,
                channel,
                sum(parcel["channel"] == channel.name for parcel in untold),
            )
            for channel in known
            if not channel.pushing
        ]


def _review(
    connection: Connection, channel: KnownChannel, parcels_untold: int
) -> Review:
    found = review.list_differences(connection, channel.name)
    turned = [(one.shows, one.would_show) for one in found]
    return Review(
        channel.name,
        channel.pushing_reason,
        channel.held_at,
        tuple(_list_unread(connection, channel)),
        publications.count_in_step(connection, channel.name)[1],
        tuple(found),
        sum(to == 0 for _, to in turned),
        sum(shows is not None and to > shows for shows, to in turned),
        parcels_untold,
    )


def _list_unread(connection: Connection, channel: KnownChannel) -> list[str]:
    if channel.held_at is None:
        return []
    unread = []
    pulled_at = cursors.find_last_pull(connection, channel.name, Stream.ORDERS)
    if pulled_at is None or pulled_at < channel.held_at:
        unread.append("orders")
    if marks.is_set(connection, MarkKind.SCAN, channel.name):
        unread.append("listings")
    unseen = review.count_unseen(connection, channel.name, channel.held_at)
    if unseen:
        unread.append(f"{unseen} quantities")
    return unread


def release_channel(hub: Hub, name: str, *, actor: str, reason: str = "") -> bool:
    """Write to a channel again; False where nothing held it.

    What differs now was reviewed, so the brake lets it through, once.

    Raises:
        RefusedError: it was not read since it is held, or cannot be.
    """
    channel = hub.load_channel(name)
    if channel.pushing:
        return False
    _require_read(hub, channel)
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        for direction in (Direction.ZERO, Direction.RAISE):
            brake.let_through(connection, name, direction)
        channels.release(connection, name)
        marks.hasten(connection, name, now)
        hub.mark(connection, [Mark(MarkKind.PUSH, name, name, Priority.PERSON, now)])
        _note(hub, connection, "release", name, actor, reason)
    hub.wake([name])
    return True


def _require_read(hub: Hub, channel: KnownChannel) -> None:
    if channel.state is not ChannelState.ENABLED:
        raise RefusedError(
            f"{channel.name} is {channel.state} and cannot be read.",
            next_step=f"crossdock channels check {channel.name}, or resume it, first.",
        )
    with hub.store.reading() as connection:
        unread: Sequence[str] = _list_unread(connection, channel)
    if unread:
        raise RefusedError(
            f"{channel.name} was not read since it is held: {', '.join(unread)}.",
            next_step=f"crossdock pull {channel.name} --all reads it now.",
        )


def _note(
    hub: Hub, connection: Connection, action: str, subject: str, actor: str, reason: str
) -> None:
    row = AuditRow(
        hub.ids.take(),
        hub.clock.now(),
        actor,
        f"channel.{action}",
        subject,
        reason,
        {},
        {},
    )
    audit.write(connection, row)
