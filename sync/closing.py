"""Closing: when a record in escrow sells nothing more, and its units are free.

On the channel's own lane, where nothing else writes to it meanwhile: see that it shows
zero, wait out the time in which a sale may stay unseen, read its orders once more. Also
the two cases in which a write to a record in escrow is not safe, and zero is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from ..canonical.pages import Stream
from ..canonical.policies import Quota
from ..canonical.remembered import KnownChannel, Publication
from ..connectors.sdk import StockWriteMode
from ..store import cursors, listings, marks, publications, quotas
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from ..store.quotas import Standing
from .decide.publish import Step, StockPlan
from .drifting import compare_records
from .escrow import find_bound, mark_settling
from .hub import STOCK_LANE, Hub
from .pull import pull_orders
from .showing import Key


def settle_quotas(
    hub: Hub,
    channel: KnownChannel,
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> int:
    """Free what records hold that sell nothing more; return how many records it was.

    Raises:
        ChannelError: the channel could not be read; nothing was freed.
    """
    bound = find_bound(hub, channel.kind)
    _look_at_silent(hub, channel, lease)
    waiting = _note_zeroes(hub, channel, lease)
    started_at = hub.clock.now()
    ready = [
        one
        for one in waiting
        if one.zeroed_at is not None and one.zeroed_at + bound <= started_at
    ]
    freed: list[Key] = []
    if ready:
        pull_orders(hub, channel, lease=lease)
        hub.reach("escrow.pulled")
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        marks.clear(connection, handled)
        if ready and _is_read(connection, channel.name, started_at):
            freed = quotas.free(connection, ready, hub.clock.now())
        _mark_next(hub, connection, channel, freed)
        hub.reach("escrow.before_commit")
    hub.wake([STOCK_LANE] if freed else [])
    hub.reach("escrow.settled")
    return len(freed)


def _is_read(connection: Connection, channel: str, since: datetime) -> bool:
    """Say whether all of a channel's orders were read since a moment."""
    read_at = cursors.find_last_pull(connection, channel, Stream.ORDERS)
    return read_at is not None and read_at >= since


def _look_at_silent(hub: Hub, channel: KnownChannel, lease: Lease | None) -> None:
    """Read closing records that should show zero already, and were not seen at it."""
    with hub.store.reading() as connection:
        closing = quotas.load_closing(connection, channel.name)
        standings = quotas.load_standings(connection, closing)
        silent = [
            key[1]
            for key, one in closing.items()
            if key in standings
            and not standings[key].in_flight
            and standings[key].expected == 0
            and _find_zero(one, standings[key]) is None
        ]
        known = publications.load(connection, channel.name, silent)
    if known:
        compare_records(hub, channel, list(known.values()), lease=lease)


def _note_zeroes(hub: Hub, channel: KnownChannel, lease: Lease | None) -> list[Quota]:
    """Note since when closing records show zero; return them with that."""
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        closing = quotas.load_closing(connection, channel.name)
        standings = quotas.load_standings(connection, closing)
        left = listings.load_records_by_key(connection, list(closing))
        now = hub.clock.now()
        seen = {
            key: _find_zero(one, standings.get(key))
            for key, one in closing.items()
            if key in left  # a deleted listing shows nothing, and sells nothing
        }
        # A clock that was set back does not shorten the wait.
        seen = {key: None if at is None else min(at, now) for key, at in seen.items()}
        quotas.note_zero(connection, seen)
        return list(quotas.load_closing(connection, channel.name).values())


def _find_zero(quota: Quota, standing: Standing | None) -> datetime | None:
    """Return since when a closing record has been known to show zero."""
    if standing is None or standing.zero_at is None or quota.closing_at is None:
        return None
    if standing.expected not in (0, None) and standing.settled:
        return None
    if standing.zero_at < quota.closing_at:
        return None
    return quota.zeroed_at or standing.zero_at


def _mark_next(
    hub: Hub, connection: Connection, channel: KnownChannel, freed: Sequence[Key]
) -> None:
    """Mark SKUs whose units are free now, and the moment to look at others again."""
    bound = find_bound(hub, channel.kind)
    due = [
        one.zeroed_at + bound
        for one in quotas.load_closing(connection, channel.name).values()
        if one.zeroed_at is not None
    ]
    now = hub.clock.now()
    wanted = [mark_settling(channel.name, max(now, min(due)))] if due else []
    needs = quotas.load_needs(connection, freed)
    wanted += [
        Mark(MarkKind.RECONCILE, sku, STOCK_LANE, Priority.LIVE, now)
        for sku in sorted({sku for parts in needs.values() for sku in parts})
    ]
    hub.mark(connection, wanted)


def make_safe(
    hub: Hub,
    channel: KnownChannel,
    planned: Sequence[tuple[Publication, StockPlan]],
    *,
    lease: Lease | None,
) -> list[tuple[Publication, StockPlan]]:
    """Return planned writes with those to zero that could sell a unit twice.

    Where the channel does not compare, the only safe writes to a record in escrow are
    zero, and any quantity over a zero that was just read and is fully explained. A
    record that is brought to zero for that is closed; zeroes come first.
    """
    traits = hub.find_plugin(channel.kind).traits
    if traits.stock_write is StockWriteMode.COMPARE_AND_SET:
        return list(planned)
    risky = [
        publication.stock_external_id
        for publication, plan in planned
        if plan.step is Step.WRITE
        and publication.desired
        and (plan.shown != 0 or plan.unexplained)
    ]
    closed = _close_risky(hub, channel, risky, lease)
    zeroes = [
        (replace(publication, desired=0), plan)
        for publication, plan in planned
        if publication.stock_external_id in closed
    ]
    others = [one for one in planned if one[0].stock_external_id not in closed]
    return [*zeroes, *others]


def _close_risky(
    hub: Hub, channel: KnownChannel, risky: Sequence[str], lease: Lease | None
) -> Collection[str]:
    with hub.store.reading() as connection:
        if not quotas.load_keys(connection, [(channel.name, one) for one in risky]):
            return ()
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        return close_doubtful(hub, connection, channel, risky)


def close_doubtful(
    hub: Hub, connection: Connection, channel: KnownChannel, records: Collection[str]
) -> Collection[str]:
    """Close those of some records that are in escrow: what they show is not certain.

    For a write whose answer was lost and that seems not to have taken effect: it may
    have, and all it put on offer may be sold already. Returns the records closed.
    """
    keys = [(channel.name, record) for record in records]
    known = quotas.load_keys(connection, keys)
    if known:
        now = hub.clock.now()
        quotas.close(connection, known, now)
        later = now + find_bound(hub, channel.kind)
        hub.mark(connection, [mark_settling(channel.name, later)])
    return {record for _, record in known}


def close_unknown(hub: Hub, connection: Connection, channel: KnownChannel) -> None:
    """Close all records of a channel in escrow, whatever they hold: nobody knows it.

    After a restore. Nobody is granted a unit of their SKUs before each has closed.
    """
    now = hub.clock.now()
    if quotas.close_unknown(connection, channel.name, now):
        later = now + find_bound(hub, channel.kind)
        hub.mark(connection, [mark_settling(channel.name, later)])
