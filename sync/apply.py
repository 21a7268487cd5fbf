"""Applying orders: what a page of them changes in the hub's memory and in stock.

Loads what is known with the positions locked, lets ``decide`` work, writes everything
in the caller's transaction. Says what to look at next; marks nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ..canonical.conflicts import ConflictFacts, ConflictKind
from ..canonical.orders import Order
from ..canonical.remembered import Claim, KnownChannel, KnownOrder
from ..canonical.stock import Cause, ShortfallPolicy, StockKey
from ..store import channels, orders, publications, quotas, stock, words
from ..store.engine import Connection
from ..store.marks import Mark, MarkKind, Priority
from .decide.facts import Surroundings
from .decide.ledger import Ledger
from .decide.orders import Effects, take_in_order
from .decide.routing import withdraw
from .decide.shortfalls import rank_claims
from .hub import STOCK_LANE, Hub
from .known import load_sells
from .places import load_places


def apply_orders(
    hub: Hub,
    connection: Connection,
    channel: KnownChannel,
    readable: Sequence[tuple[Order, int]],
    *,
    again: bool = False,
) -> tuple[list[Mark], list[ConflictFacts]]:
    """Bring the hub's orders and stock in step with what a channel says.

    Args:
        hub: what to work with.
        connection: the transaction; positions are locked in it.
        channel: whose orders they are.
        readable: each order, with the id of its inbox record.
        again: these records were applied before, and mean something else now; their
            movements name another cause.

    Returns:
        What to look at next, and the conflicts that arose.
    """
    page = _load(hub, connection, channel, [order for order, _ in readable])
    taken_in: list[tuple[Order, KnownOrder, int]] = []
    for order, inbox_id in sorted(readable, key=_by_time_placed):
        remembered = take_in_order(
            order,
            page.known.get(order.external_id),
            inbox_id=hub.ids.take() if again else inbox_id,
            surroundings=page.surroundings,
            ledger=page.ledger,
            effects=page.effects,
        )
        taken_in.append((order, remembered, inbox_id))
    remembered_now = [known_order for _, known_order, _ in taken_in]
    orders.save_orders(connection, taken_in, page.before.order_ids)
    orders.save_memory(connection, remembered_now, page.before)
    told = [order for order, _, _ in taken_in]
    words.note_unknown(connection, channel.name, told, again=bool(page.known))
    give_way(hub, connection, page.ledger)
    save_ledger(hub, connection, page.ledger, page.locked)
    publications.take_away(connection, channel.name, page.effects.taken)
    quotas.take_away(connection, channel.name, page.effects.taken, hub.clock.now())
    skus = {key.sku for key in page.ledger.changed_positions()}
    skus |= page.effects.touched | _short_skus(remembered_now)
    skus |= _find_restocked(told, page)
    wanted = _follow_up(channel.name, skus, page.effects, hub.clock.now())
    return wanted, _find_conflicts(channel.name, taken_in, page.effects)


@dataclass(slots=True)
class _Page:
    """What a page of orders is decided from; positions are locked."""

    known: dict[str, KnownOrder]
    before: orders.Remembered
    surroundings: Surroundings
    locked: dict[StockKey, stock.Counts]
    ledger: Ledger
    effects: Effects


def _load(
    hub: Hub, connection: Connection, channel: KnownChannel, page: Sequence[Order]
) -> _Page:
    external_ids = {order.external_id for order in page}
    known = orders.load_by_external_id(connection, channel.name, external_ids)
    before = orders.Remembered(known.values())
    lines = [line for order in page for line in order.lines]
    sells, skus = load_sells(connection, channel.name, lines)
    claimed = {
        holding.key.sku
        for order in known.values()
        for line in order.lines.values()
        for holding in line.holdings
    }
    locked = stock.lock_positions(connection, skus | claimed)
    places = load_places(hub, connection)
    surroundings = Surroundings(
        channel.name,
        places.home(channel.name),
        places.usable(channel.name),
        channel.orders_since,
        sells,
        partial(next, hub.ids.stream()),
        # After the lock: nobody can begin or stop to wait for these any more.
        frozenset(stock.sum_short(connection, skus | claimed)),
        opening_since=channel.opening_since,
    )
    return _Page(known, before, surroundings, locked, Ledger(locked), Effects())


def _follow_up(
    channel: str, skus: set[str], effects: Effects, now: datetime
) -> list[Mark]:
    wanted = [
        Mark(MarkKind.RECONCILE, sku, STOCK_LANE, Priority.LIVE, now)
        for sku in sorted(skus)
    ]
    unknown = {listing for listing, _ in effects.parked if listing}
    wanted += [
        Mark(
            MarkKind.FETCH_LISTING, f"{channel}/{listing}", channel, Priority.LIVE, now
        )
        for listing in sorted(unknown)
    ]
    return wanted


def give_way(hub: Hub, connection: Connection, ledger: Ledger) -> None:
    """Withdraw allocations from positions that hold less than was promised there.

    Who would be served last by the SKU's policy loses first; what a line loses becomes
    its shortfall.
    """
    overdrawn = ledger.overdrawn()
    if not overdrawn:
        return
    skus = {key.sku for key in overdrawn}
    queues = queue_claims(
        hub, connection, stock.load_claims(connection, skus, short_only=False)
    )
    cause = Cause("withdrawn", str(hub.ids.take()))
    for key, units in overdrawn.items():
        rivals = [claim.holdings for claim in reversed(queues[key.sku])]
        withdraw(key, units, rivals, ledger, cause)
    for queue in queues.values():
        stock.save_claims(connection, queue)


def queue_claims(
    hub: Hub, connection: Connection, claims: Sequence[Claim]
) -> dict[str, list[Claim]]:
    """Return claims by SKU, whoever its shortfall policy serves first in front."""
    by_sku: dict[str, list[Claim]] = {}
    for claim in claims:
        by_sku.setdefault(claim.holding.key.sku, []).append(claim)
    terms = stock.load_terms(connection, by_sku)
    ranks = channels.load_ranks(connection) if claims else {}
    return {
        sku: rank_claims(
            queue, choose_policy(terms[sku], hub.tuning.shortfall_policy), ranks
        )
        for sku, queue in by_sku.items()
    }


def choose_policy(terms: stock.SkuTerms, default: ShortfallPolicy) -> ShortfallPolicy:
    """Return the shortfall policy of a SKU: its own, or else the settings'."""
    return ShortfallPolicy(terms.shortfall_policy or default)


def save_ledger(
    hub: Hub,
    connection: Connection,
    ledger: Ledger,
    locked: dict[StockKey, stock.Counts],
) -> None:
    """Write the positions and movements that a decision left in its ledger."""
    changed = {
        key: stock.Counts(account.on_hand, account.allocated, account.reserved)
        for key, account in ledger.changed_positions().items()
    }
    stock.save_positions(connection, changed, locked)
    stock.add_movements(connection, ledger.movements, hub.ids, hub.clock.now())


def _by_time_placed(entry: tuple[Order, int]) -> tuple[datetime, str]:
    return entry[0].placed_at, entry[0].external_id


def _find_restocked(page_orders: Iterable[Order], page: _Page) -> set[str]:
    """Return the SKUs of records that took units back by themselves.

    Nothing need have moved in the hub (the goods had left): then the record shows more
    than it should.
    """
    restocked = {record for record, units in page.effects.taken.items() if units < 0}
    if not restocked:
        return set()
    sold = [
        page.surroundings.sells(line.listing_external_id, line.sku)
        for order in page_orders
        for line in order.lines
    ]
    return {
        part.sku
        for sells in sold
        if sells.stock_external_id in restocked
        for part in sells.components
    }


def _short_skus(remembered: Iterable[KnownOrder]) -> set[str]:
    return {
        holding.key.sku
        for order in remembered
        for line in order.lines.values()
        for holding in line.holdings
        if holding.short
    }


def _find_conflicts(
    channel: str, taken_in: list[tuple[Order, KnownOrder, int]], effects: Effects
) -> list[ConflictFacts]:
    found = [
        ConflictFacts(
            kind=ConflictKind.UNMAPPED_SKU,
            subject=name_line_subject(channel, listing, sku),
            channel=channel,
            summary=f"{line.title or 'A line'} (SKU {sku or 'missing'}) was sold on "
            f"{channel}, and the hub does not know what it takes from stock.",
            facts={"listing": listing, "sku": sku, "title": line.title},
        )
        for (listing, sku), line in effects.parked.items()
    ]
    for order, _, _ in taken_in:
        found += [
            ConflictFacts(
                kind=ConflictKind.UNKNOWN_VALUE,
                subject=f"{channel}/value/{value}",
                channel=channel,
                summary=f"{channel} sent {value}, which the hub has never seen.",
                facts={"value": value, "order": order.external_id},
            )
            for value in order.unknown_values
        ]
    return found


def name_line_subject(channel: str, listing: str, sku: str) -> str:
    """Return what a conflict about an unmapped line is about."""
    return f"{channel}/listing/{listing}" if listing else f"{channel}/sku/{sku}"
