"""The worker: takes what is due on a lane and lets the right journey handle it.

One holder of a lane at a time. What goes wrong is sorted here by what to do next: wait,
park the channel, or try later; no journey retries by itself and nothing else catches
every error.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..canonical.errors import (
    ChannelError,
    LeaseLostError,
    NotFoundError,
    ReauthRequiredError,
    RetryLaterError,
    StoreBusyError,
)
from ..canonical.remembered import ChannelState, KnownChannel
from ..store import channels, leases, marks
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind
from .closing import settle_quotas
from .hub import LEASE_LASTING, STOCK_LANE, Hub
from .measure import measure
from .pricing import push_prices
from .pull import backoff, fetch_listings, fetch_orders, pull_orders, scan_listings
from .push import push_stock
from .read_back import read_back
from .reconcile import reconcile
from .refund import tell_refund
from .remap import remap
from .tell import tell_cancellation, tell_fulfillment
from .webhooks import renew_subscriptions

log = logging.getLogger("crossdock.worker")

BATCHES_MAX = 200
"""Batches that a lane works off before it lets others have the thread."""

Handler = Callable[[Hub, KnownChannel, Sequence[Mark], Lease], None]


@dataclass(frozen=True, slots=True)
class LaneReport:
    """What a run of a lane did."""

    handled: int = 0
    failed: int = 0
    busy: bool = False
    """Another worker holds the lane."""
    next_due: datetime | None = None
    """When something on it is due next; None: nothing is, or the lane is busy."""


def run_lane(hub: Hub, lane: str, holder: str) -> LaneReport:
    """Work off what is due on a lane, unless somebody else is at it.

    Never raises for what a journey met: the marks stay and become due again.
    """
    with hub.store.transaction() as connection:
        # The time after the wait for other writers, not before it.
        now = hub.clock.now()
        lease = leases.acquire(connection, lane, holder, now, LEASE_LASTING)
        if lease is None:
            return LaneReport(busy=True)
        batch = _load_batch(hub, connection, lane)
    handled = failed = 0
    try:
        for _ in range(BATCHES_MAX):
            if not batch:
                break
            if _work(hub, lane, batch, lease):
                handled += len(batch)
            else:
                failed += len(batch)
            with hub.store.reading() as connection:
                batch = _load_batch(hub, connection, lane)
    except LeaseLostError:
        log.warning("%s was taken over by another worker", lane)
        return LaneReport(handled, failed, busy=True)
    with hub.store.transaction() as connection:
        leases.release(connection, lease, hub.clock.now())
        next_due = marks.find_next_due(connection, lane)
    return LaneReport(handled, failed, next_due=next_due)


def _load_batch(hub: Hub, connection: Connection, lane: str) -> list[Mark]:
    """Return the most urgent mark of a lane, and all others of its kind that are due.

    A channel answers about fifty orders as fast as about one. Of what is handled one by
    one only the first: what became urgent meanwhile need not wait for the rest, and
    where it fails the rest is not delayed with it.
    """
    due = marks.load_due(connection, lane, hub.clock.now(), hub.tuning.page_size)
    if not due:
        return []
    kind = due[0].kind
    if kind in _ONE_BY_ONE:
        return due[:1]
    return [mark for mark in due if mark.kind is kind]


def _work(hub: Hub, lane: str, batch: Sequence[Mark], lease: Lease) -> bool:
    try:
        if lane == STOCK_LANE:
            _work_on_stock(hub, batch, lease)
        else:
            _work_on_channel(hub, lane, batch, lease)
    except LeaseLostError:
        raise
    except ReauthRequiredError as error:
        _park(hub, lane, str(error))
        _delay(hub, batch, timedelta(seconds=hub.tuning.backoff_seconds_max))
        return False
    except RetryLaterError as error:
        log.info("%s: %s", lane, error)
        wish = timedelta(seconds=error.delay_seconds or 0)
        _delay(hub, batch, wish)
        return False
    except StoreBusyError as error:
        log.warning("%s: %s", lane, error)
        _delay(hub, batch, timedelta(0))
        return False
    except ChannelError as error:
        # Refused, unreadable, or a write without an answer that no journey read back.
        log.warning("%s: %s: %s", lane, batch[0].kind, error)
        _delay(hub, batch, timedelta(0))
        return False
    except Exception:
        log.exception("%s: %s failed", lane, batch[0].kind)
        _delay(hub, batch, timedelta(0))
        return False
    return True


def _work_on_stock(hub: Hub, batch: Sequence[Mark], lease: Lease) -> None:
    keys = [mark.key for mark in batch]
    if batch[0].kind is MarkKind.REMAP:
        remap(hub, keys, lease=lease, handled=batch)
    elif batch[0].kind is MarkKind.MEASURE:
        measure(hub, lease=lease, handled=batch)
    else:
        reconcile(hub, keys, lease=lease, handled=batch)


def _work_on_channel(hub: Hub, lane: str, batch: Sequence[Mark], lease: Lease) -> None:
    try:
        channel = hub.load_channel(lane)
    except NotFoundError:
        with hub.store.transaction() as connection:
            marks.clear(connection, batch)
        return
    if channel.state is not ChannelState.ENABLED:
        _delay(hub, batch, timedelta(seconds=hub.tuning.backoff_seconds_max))
        return
    if not channel.pushing and batch[0].kind not in _READING:
        _delay(hub, batch, timedelta(seconds=hub.tuning.backoff_seconds_max))
        return
    size = len(batch)
    if batch[0].kind in (MarkKind.FETCH, MarkKind.FETCH_LISTING):
        size = hub.find_plugin(channel.kind).traits.fetch_batch_max
    handler = _HANDLERS[batch[0].kind]
    for start in range(0, len(batch), size):
        handler(hub, channel, batch[start : start + size], lease)


def _pull(hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease) -> None:
    pull_orders(hub, channel, lease=lease, handled=batch)


def _fetch(
    hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease
) -> None:
    fetch_orders(hub, channel, batch, lease=lease)


def _fetch_listing(
    hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease
) -> None:
    fetch_listings(hub, channel, batch, lease=lease)


def _scan(hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease) -> None:
    scan_listings(hub, channel, lease=lease, handled=batch)


def _push(hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease) -> None:
    push_stock(hub, channel, lease=lease, handled=batch)


def _read_back(
    hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease
) -> None:
    everything = any(mark.key.endswith("/all") for mark in batch)
    read_back(hub, channel, everything=everything, lease=lease, handled=batch)


def _tell(hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease) -> None:
    tell_fulfillment(hub, channel, batch[0], lease=lease)


def _cancel(
    hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease
) -> None:
    tell_cancellation(hub, channel, batch[0], lease=lease)


def _refund(
    hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease
) -> None:
    tell_refund(hub, channel, batch[0], lease=lease)


def _price(
    hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease
) -> None:
    push_prices(hub, channel, lease=lease, handled=batch)


def _subscribe(
    hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease
) -> None:
    renew_subscriptions(hub, channel, lease=lease, handled=tuple(batch))


def _settle(
    hub: Hub, channel: KnownChannel, batch: Sequence[Mark], lease: Lease
) -> None:
    settle_quotas(hub, channel, lease=lease, handled=tuple(batch))


_HANDLERS: dict[MarkKind, Handler] = {
    MarkKind.PULL: _pull,
    MarkKind.FETCH: _fetch,
    MarkKind.FETCH_LISTING: _fetch_listing,
    MarkKind.SCAN: _scan,
    MarkKind.PUSH: _push,
    MarkKind.READ_BACK: _read_back,
    MarkKind.TELL: _tell,
    MarkKind.CANCEL: _cancel,
    MarkKind.REFUND: _refund,
    MarkKind.PRICE: _price,
    MarkKind.SUBSCRIBE: _subscribe,
    MarkKind.SETTLE: _settle,
}
"""The journey for each kind of mark of a channel."""
_READING = frozenset(
    {
        MarkKind.PULL,
        MarkKind.FETCH,
        MarkKind.FETCH_LISTING,
        MarkKind.SCAN,
        MarkKind.READ_BACK,
    }
)
"""What goes on where a channel is not written to; all else waits."""
_ONE_BY_ONE = frozenset({MarkKind.TELL, MarkKind.CANCEL, MarkKind.REFUND})


def _park(hub: Hub, lane: str, reason: str) -> None:
    with hub.store.transaction() as connection:
        news = channels.set_state(connection, lane, ChannelState.NEEDS_REAUTH, reason)
    if news:
        log.error("%s needs a person to sign in again: %s", lane, reason)


def _delay(hub: Hub, batch: Sequence[Mark], at_least: timedelta) -> None:
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        for mark in batch:
            pause = max(
                at_least, backoff(mark.attempts, hub.tuning.backoff_seconds_max)
            )
            marks.delay(connection, mark, now + pause)


def run_due(hub: Hub, holder: str, *, rounds_max: int = 1000) -> int:
    """Work off everything that is due, lane by lane, until nothing is.

    For commands, tests and simulations; a running hub has an engine instead.

    Returns:
        How many marks were handled.
    """
    total = 0
    for _ in range(rounds_max):
        with hub.store.reading() as connection:
            lanes = marks.load_due_lanes(connection, hub.clock.now())
        reports = [run_lane(hub, lane, holder) for lane in lanes]
        total += sum(report.handled for report in reports)
        if not any(report.handled or report.failed for report in reports):
            break
    return total
