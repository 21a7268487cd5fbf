"""Pricing: telling channels what a listing costs.

A person sets a price; each channel concerned gets a write that is stored first. Setting
a price twice is harmless, so an unanswered write is sent again. A newer price replaces
one that still waits. The hub computes no prices and keeps none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.errors import OutcomeUnknownError, RefusedError
from ..canonical.money import Money
from ..canonical.pushes import Outcome, PriceWrite, PushResult
from ..canonical.remembered import KnownChannel
from ..connectors.sdk import PushesPrice, capabilities_of
from ..store import audit, channels, conflicts, listings, marks, outbox
from ..store.audit import AuditRow
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.listings import ListingRow
from ..store.marks import Mark, MarkKind, Priority
from ..store.outbox import OutboxRow
from .hub import Hub
from .pull import backoff
from .stocktaking import require_sku

BACKOFF_SECONDS_MAX = 300


@dataclass(frozen=True, slots=True)
class Priced:
    """A listing that gets a price."""

    channel: str
    listing_external_id: str
    title: str


def find_priced(
    hub: Hub, name: str, *, channel: str | None = None
) -> tuple[tuple[Priced, ...], tuple[str, ...]]:
    """Return the listings that a person means, and the channels that take no prices.

    Args:
        hub: what to work with.
        name: a listing's id (with ``channel``), or a SKU: then every listing that
            sells one unit of it and nothing else.
        channel: only this channel's.

    Raises:
        NotFoundError: nothing is called so.
    """
    with hub.store.reading() as connection:
        known = {one.name: one for one in channels.load_all(connection, hub.vault)}
        rows = _find_rows(connection, name, channel)
    takes = {
        one.name: PushesPrice.__name__ in capabilities_of(hub.find_plugin(one.kind))
        for one in known.values()
    }
    found = tuple(
        Priced(row.channel, row.external_id, row.title)
        for row in rows
        if takes[row.channel]
    )
    unable = sorted({row.channel for row in rows if not takes[row.channel]})
    return found, tuple(unable)


def _find_rows(
    connection: Connection, name: str, channel: str | None
) -> list[ListingRow]:
    if channel is not None:
        listing = listings.load_listings(connection, channel, [name]).get(name)
        if listing is not None:
            return [listing]
    sku = require_sku(connection, name)
    return [
        row
        for rows in listings.load_stock_records(connection, [sku]).values()
        for row in rows
        if [(part.sku, part.units) for part in row.components] == [(sku, 1)]
        and channel in (None, row.channel)
    ]


def set_price(hub: Hub, priced: Sequence[Priced], price: Money, *, actor: str) -> None:
    """Store a price for listings and mark their channels to be told.

    Raises:
        RefusedError: the price is negative, or there is no listing to give it to.
    """
    if price.minor < 0:
        raise RefusedError("A price cannot be negative.")
    if not priced:
        raise RefusedError("No listing takes this price.")
    lanes = sorted({one.channel for one in priced})
    with hub.store.transaction() as connection:
        now = hub.clock.now()
        for lane in lanes:
            mine = [one for one in priced if one.channel == lane]
            _replace_waiting(hub, connection, lane, mine)
        rows = [
            OutboxRow(
                id_,
                one.channel,
                outbox.PRICE,
                one.listing_external_id,
                f"price-{id_}",
                {"minor": price.minor, "currency": price.currency},
                attempts=0,
            )
            for id_, one in zip(hub.ids.take_many(len(priced)), priced, strict=True)
        ]
        outbox.add(connection, rows, now)
        marks_wanted = [
            Mark(MarkKind.PRICE, lane, lane, Priority.PERSON, now) for lane in lanes
        ]
        hub.mark(connection, marks_wanted)
        for row in rows:
            subject = f"{row.channel}/listing/{row.subject}"
            entry = AuditRow(
                row.id, now, actor, "price", subject, "", {}, dict(row.payload)
            )
            audit.write(connection, entry)
    hub.wake(lanes)


def _replace_waiting(
    hub: Hub, connection: Connection, channel: str, priced: Sequence[Priced]
) -> None:
    subjects = [one.listing_external_id for one in priced]
    waiting = outbox.load_open(connection, channel, outbox.PRICE, subjects)
    reason = "a newer price replaced it"
    replaced = [(row.id, Outcome.REFUSED, reason, "") for row in waiting.values()]
    outbox.finish(connection, replaced, hub.clock.now())


def push_prices(
    hub: Hub,
    channel: KnownChannel,
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> int:
    """Write every price that waits for a channel; return how many were accepted.

    Raises:
        ChannelError: the channel cannot answer at present; the worker tries again.
    """
    connector = hub.connector(channel)
    name = channel.name
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        waiting = list(outbox.load_open(connection, name, outbox.PRICE).values())
        if not waiting or not isinstance(connector, PushesPrice):
            marks.clear(connection, handled)
            return 0
        for row in waiting:
            outbox.count_attempt(connection, row.id)
    hub.reach("price.stored")
    accepted = unknown = 0
    size = hub.find_plugin(channel.kind).traits.stock_batch_max
    for start in range(0, len(waiting), size):
        batch = waiting[start : start + size]
        results = _send(connector, batch)
        hub.reach("price.sent")
        _record(hub, name, batch, results, lease)
        accepted += sum(one.outcome is Outcome.ACCEPTED for one in results)
        unknown += sum(one.outcome is Outcome.UNKNOWN for one in results)
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        now = hub.clock.now()
        for mark in handled:
            if unknown:
                pause = backoff(mark.attempts, BACKOFF_SECONDS_MAX)
                marks.delay(connection, mark, now + pause)
        if not unknown:
            marks.clear(connection, handled)
    return accepted


def _send(connector: PushesPrice, batch: Sequence[OutboxRow]) -> tuple[PushResult, ...]:
    writes = [
        PriceWrite(
            row.subject,
            Money(row.payload["minor"], row.payload["currency"]),
            row.idempotency_key,
        )
        for row in batch
    ]
    try:
        return connector.push_prices(writes)
    except OutcomeUnknownError as error:
        return (PushResult(Outcome.UNKNOWN, str(error)),) * len(batch)


def _record(
    hub: Hub,
    channel: str,
    batch: Sequence[OutboxRow],
    results: Sequence[PushResult],
    lease: Lease | None,
) -> None:
    answered = list(zip(batch, results, strict=True))
    finished = [
        (row.id, result.outcome, result.reason, result.external_id)
        for row, result in answered
    ]
    refused = [
        _describe_refusal(channel, row, result)
        for row, result in answered
        if result.outcome in (Outcome.REFUSED, Outcome.STALE)
    ]
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        outbox.finish(connection, finished, now)
        conflicts.report(connection, refused, hub.ids, now)
    hub.reach("price.recorded")


def _describe_refusal(
    channel: str, row: OutboxRow, result: PushResult
) -> ConflictFacts:
    price = Money(row.payload["minor"], row.payload["currency"])
    return ConflictFacts(
        kind=ConflictKind.REFUSED_PUSH,
        subject=f"{channel}/price/{row.subject}",
        channel=channel,
        summary=f"{channel} refused the price {price} for {row.subject}: "
        f"{result.reason}",
        facts={"listing": row.subject, "price": str(price), "reason": result.reason},
        proposals=(
            Proposal(
                action=Action.DISCARD,
                reason="The old price stays. Set another with crossdock price.",
            ),
        ),
    )
