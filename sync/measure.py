"""Measuring: how fast SKUs sell, how late news of it is, and the buffers that follow.

A job of the clock. It reads what was written anyway (orders, and writes to channels)
since the last time, so that taking in an order costs nothing more. Where a dynamic
buffer changes, its SKU is marked to be reconciled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..canonical.policies import StockMode
from ..store import marks, measures, policies, quotas
from ..store.engine import Connection
from ..store.ids import first_id_at, moment_of
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from ..store.measures import LagRow, RateRow, Sale
from ..store.policies import DynamicBuffer
from .decide.buffers import (
    WINDOW_SECONDS,
    Pace,
    Source,
    find_buffer,
    find_exposure,
    find_latency,
    mix_dispersion,
)
from .decide.policies import PolicyBook
from .escrow import mark_settling
from .hub import STOCK_LANE, Hub
from .showing import load_book

ORDERS_MAX = 5000
"""Orders, and writes, that one look goes through; for more it is repeated."""
SKUS_MAX = 250
COMMITTED_AFTER = timedelta(seconds=10)
"""Rows younger than this may belong to a transaction that is not over."""
LAG_MAX = timedelta(minutes=15)
"""What took longer was an outage; its age counts while it lasts, not as a habit."""
LAG_WEIGHT = 0.1
"""How much the latest of each channel's times counts against those before."""
PUSH_SECONDS = 5.0
"""How long a channel's write takes as long as none was measured."""
UPTIME = timedelta(minutes=5)
"""After a longer pause of the hub itself, ages say nothing: all data is old."""
_ORDERS, _WRITES = "orders", "writes"


def measure(
    hub: Hub, *, lease: Lease | None = None, handled: Sequence[Mark] = ()
) -> int:
    """Take in what was sold since the last time; return how many buffers changed."""
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        before = measures.load_progress(connection, _ORDERS)
        more = _measure_sales(hub, connection)
        _measure_writes(hub, connection)
        marks.clear(connection, handled)
        hub.mark(connection, [mark_measuring(hub)] if more else [])
    hub.reach("measure.counted")
    awake = before is not None and hub.clock.now() - before[1] <= UPTIME
    changed = _renew_buffers(hub, lease, ages_count=awake)
    _look_after_quotas(hub)
    hub.wake([STOCK_LANE])
    return changed


def mark_measuring(hub: Hub) -> Mark:
    """Return the mark for a look at what was sold."""
    now = hub.clock.now()
    return Mark(MarkKind.MEASURE, "sales", STOCK_LANE, Priority.ROUTINE, now)


def _measure_sales(hub: Hub, connection: Connection) -> bool:
    """Add the latest orders to the rates; say whether there are more."""
    now = hub.clock.now()
    before = measures.load_progress(connection, _ORDERS)
    after_id = before[0] if before else 0
    limit_id = first_id_at(now - COMMITTED_AFTER)
    last = measures.find_last_order(connection, after_id, limit_id, ORDERS_MAX)
    measures.save_progress(connection, _ORDERS, last or after_id, now)
    if last is None:
        return False
    sales = measures.list_sales(connection, after_id, last)
    known = measures.load_rates(connection, {one.sku for one in sales})
    measures.save_rates(connection, add_sales(known, sales, now))
    times = [(one.channel, moment_of(one.order_id) - one.placed_at) for one in sales]
    _add_lags(connection, measures.INGEST, times, now)
    left = measures.find_last_order(connection, last, limit_id, 1)
    return left is not None


def add_sales(
    known: Mapping[tuple[str, str], RateRow], sales: Iterable[Sale], now: datetime
) -> list[RateRow]:
    """Return the rates of everything that was sold, with these sales in them."""
    windows: dict[tuple[str, str], dict[int, int]] = {}
    for one in sales:
        minute = int(one.placed_at.timestamp()) // WINDOW_SECONDS
        counts = windows.setdefault((one.channel, one.sku), {})
        counts[minute] = counts.get(minute, 0) + one.units
    rows = []
    for key, counts in windows.items():
        pace = read_pace(known.get(key), now)
        for minute, units in counts.items():
            pace = pace.add(units, now.timestamp() - minute * WINDOW_SECONDS)
        fast, slow, squares = (
            round(one * 1e6) for one in (pace.fast, pace.slow, pace.squares)
        )
        since = now - timedelta(seconds=pace.age_seconds)
        rows.append(RateRow(*key, fast, slow, squares, since, now))
    return rows


def read_pace(row: RateRow | None, at: datetime) -> Pace:
    """Return how something sells at a moment, as far as it was measured."""
    if row is None:
        return Pace()
    counts = (row.fast_micro / 1e6, row.slow_micro / 1e6, row.squares_micro / 1e6)
    kept = Pace(*counts, (row.measured_at - row.since).total_seconds())
    return kept.after((at - row.measured_at).total_seconds())


def _measure_writes(hub: Hub, connection: Connection) -> None:
    """Add the latest writes to what is known of each channel's pushes."""
    now = hub.clock.now()
    before = measures.load_progress(connection, _WRITES)
    after_id = before[0] if before else 0
    limit_id = first_id_at(now - COMMITTED_AFTER)
    told, last = measures.list_told(connection, after_id, limit_id, ORDERS_MAX)
    measures.save_progress(connection, _WRITES, last or after_id, now)
    times = [(one.channel, one.finished_at - one.wanted_at) for one in told]
    _add_lags(connection, measures.PUSH, times, now)


def _add_lags(
    connection: Connection,
    kind: str,
    times: Iterable[tuple[str, timedelta]],
    now: datetime,
) -> None:
    known = {
        channel: row.mean_milliseconds
        for (channel, of), row in measures.load_lags(connection).items()
        if of == kind
    }
    seen: dict[str, float] = {}
    for channel, lasted in times:
        if lasted <= LAG_MAX:
            latest = max(0.0, lasted.total_seconds() * 1000)
            mean = seen.get(channel, known.get(channel, latest))
            seen[channel] = mean + (latest - mean) * LAG_WEIGHT
    measures.save_lags(
        connection,
        [LagRow(channel, kind, round(mean), now) for channel, mean in seen.items()],
    )


@dataclass(frozen=True, slots=True)
class _Times:
    """How old the news of each channel is, and how long each takes to be told."""

    lags: Mapping[tuple[str, str], LagRow]
    read_at: Mapping[str, datetime | None]
    now: datetime
    pull_seconds: float
    ages_count: bool

    def find_latency(self, seller: str, other: str) -> float:
        """Return how long a sale on ``seller`` stays unknown on ``other``."""
        ingest = self.lags.get((seller, measures.INGEST))
        push = self.lags.get((other, measures.PUSH))
        return find_latency(
            ingest_seconds=(
                ingest.mean_milliseconds / 1000 if ingest else self.pull_seconds
            ),
            push_seconds=push.mean_milliseconds / 1000 if push else PUSH_SECONDS,
            age_seconds=(self.now - self.known_at(seller)).total_seconds(),
            fresh_seconds=3 * self.pull_seconds,
        )

    def known_at(self, channel: str) -> datetime:
        """Return up to when all sales of a channel are known; a rate lasts till then.

        News that is missing is not the news that nothing was sold.
        """
        read_at = self.read_at.get(channel)
        return min(read_at, self.now) if read_at and self.ages_count else self.now


def _renew_buffers(hub: Hub, lease: Lease | None, *, ages_count: bool) -> int:
    """Compute every dynamic buffer anew, a page of SKUs in each transaction."""
    changed, after = 0, ""
    with hub.store.reading() as connection:
        book = load_book(hub, connection)
        if not book.has_dynamic_buffers:
            left = policies.list_buffered_skus(connection)
    if not book.has_dynamic_buffers:
        for start in range(0, len(left), SKUS_MAX):
            changed += _forget_buffers(hub, left[start : start + SKUS_MAX])
        return changed
    while True:
        with hub.store.transaction() as connection:
            hub.hold(connection, lease)
            skus = measures.list_measured_skus(connection, after, SKUS_MAX)
            if not skus:
                return changed
            times = _Times(
                measures.load_lags(connection),
                measures.load_data_times(connection),
                hub.clock.now(),
                hub.tuning.pull_seconds,
                ages_count,
            )
            changed += _renew_page(hub, connection, skus, times)
        after = skus[-1]


def _forget_buffers(hub: Hub, skus: Sequence[str]) -> int:
    with hub.store.transaction() as connection:
        known = policies.load_buffers(connection, skus)
        policies.drop_buffers(connection, known)
        _mark_skus(hub, connection, skus)
    return len(known)


def _renew_page(
    hub: Hub, connection: Connection, skus: Collection[str], times: _Times
) -> int:
    book = load_book(hub, connection, skus)
    known = policies.load_buffers(connection, skus)
    selling = policies.load_selling_channels(connection, skus)
    rates = measures.load_rates(connection, skus)
    computed = {}
    for sku in skus:
        for channel in sorted(selling.get(sku, ())):
            terms = book.find(channel, sku)
            if terms.dynamic_buffer and terms.mode is not StockMode.ESCROW:
                sold = _list_sources(book, channel, sku, rates, times)
                computed[channel, sku] = _compute(channel, sku, book, sold, times.now)
    changed = {
        key
        for key in computed.keys() | known.keys()
        if _units(computed.get(key)) != _units(known.get(key))
    }
    policies.save_buffers(connection, computed.values())
    policies.drop_buffers(connection, known.keys() - computed.keys())
    _mark_skus(hub, connection, {sku for _, sku in changed})
    return len(changed)


def _units(buffer: DynamicBuffer | None) -> int:
    return buffer.units if buffer else 0


def _list_sources(
    book: PolicyBook,
    channel: str,
    sku: str,
    rates: Mapping[tuple[str, str], RateRow],
    times: _Times,
) -> list[tuple[Source, float]]:
    """Return the other channels that share the SKU, each with its dispersion.

    Channels in escrow sell units of their own.
    """
    sources = []
    for (name, of), row in sorted(rates.items()):
        if of != sku or name == channel:
            continue
        if book.find(name, sku).mode is not StockMode.ESCROW:
            pace = read_pace(row, times.known_at(name))
            latency = times.find_latency(name, channel)
            source = Source(name, pace.units_per_second, latency)
            sources.append((source, pace.dispersion))
    return sources


def _compute(
    channel: str,
    sku: str,
    book: PolicyBook,
    sold: Sequence[tuple[Source, float]],
    now: datetime,
) -> DynamicBuffer:
    terms = book.find(channel, sku)
    exposure = find_exposure(source for source, _ in sold)
    dispersion = mix_dispersion(sold)
    units = find_buffer(exposure, dispersion, terms.service_level)
    inputs = {
        "exposure_units": round(exposure, 4),
        "dispersion": round(dispersion, 3),
        "service_level": round(terms.service_level, 4),
        "sources": [
            {
                "channel": source.channel,
                "units_per_day": round(source.units_per_second * 86_400, 3),
                "latency_seconds": round(source.latency_seconds, 1),
            }
            for source, _ in sold
        ],
    }
    return DynamicBuffer(channel, sku, units, inputs, now)


def _look_after_quotas(hub: Hub) -> None:
    """Mark what escrow waits for and nothing else may announce.

    A record without units may have a claim to others' by now, and a closing one may
    show zero since somebody settled what stopped it.
    """
    with hub.store.transaction() as connection:
        now = hub.clock.now()
        _mark_skus(hub, connection, quotas.list_skus_of_empty(connection))
        names = quotas.list_closing_channels(connection)
        hub.mark(connection, [mark_settling(name, now) for name in names])
    hub.wake(names)


def _mark_skus(hub: Hub, connection: Connection, skus: Iterable[str]) -> None:
    now = hub.clock.now()
    hub.mark(
        connection,
        [
            Mark(MarkKind.RECONCILE, sku, STOCK_LANE, Priority.LIVE, now)
            for sku in sorted(set(skus))
        ],
    )
