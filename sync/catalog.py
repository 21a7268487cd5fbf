"""Listings: what channels sell, matched to SKUs, and lines that waited for a match.

A listing keeps its mapping by the channel's id; its SKU text is only a clue. The
channel that is the catalogue's source brings new SKUs and their opening balance with
it. Order lines that waited for a listing are freed in ``remap``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.listings import Component, Listing, ListingState
from ..canonical.remembered import KnownChannel
from ..canonical.stock import Cause, MovementKind, StockKey
from ..mapping.identity import sku_key
from ..mapping.matching import (
    Catalogue,
    Match,
    find_duplicates,
    match_listing,
)
from ..store import conflicts, listings, marks, publications, stock
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from ..store.publications import Belief
from .apply import name_line_subject, save_ledger
from .decide.ledger import Ledger
from .hub import STOCK_LANE, Hub
from .known import load_catalogue, read_listing

_WAITING_KINDS = (
    ConflictKind.UNMAPPED_SKU,
    ConflictKind.AMBIGUOUS_SKU,
    ConflictKind.DUPLICATE_SKU,
)


@dataclass(slots=True)
class _Plan:
    """What to write about a page of listings."""

    rows: list[tuple[int, Listing, str]] = field(default_factory=list)
    made_of: dict[int, Sequence[Component]] = field(default_factory=dict)
    settled: list[str] = field(default_factory=list)
    found: list[ConflictFacts] = field(default_factory=list)
    newly_mapped: list[str] = field(default_factory=list)
    skus: set[str] = field(default_factory=set)


def take_in_listings(
    hub: Hub,
    channel: KnownChannel,
    seen: Sequence[Listing],
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> None:
    """Remember what a channel sells and match what is new; marks follow-up work."""
    now = hub.clock.now()
    unique = list({listing.external_id: listing for listing in seen}.values())
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        if channel.catalog_source:
            _adopt_skus(hub, connection, channel.name, unique)
        plan = _plan_listings(hub, connection, channel, unique)
        listings.save_listings(connection, channel.name, plan.rows, now)
        listings.replace_components(connection, plan.made_of)
        conflicts.report(connection, plan.found, hub.ids, now)
        _settle(connection, channel.name, plan.settled, now)
        _observe(connection, channel.name, unique, now)
        wanted = _follow_up(channel.name, plan, now)
        hub.mark(connection, wanted)
        marks.clear(connection, handled)
        hub.reach("catalog.before_commit")
    hub.wake({mark.lane for mark in wanted})


def _plan_listings(
    hub: Hub, connection: Connection, channel: KnownChannel, seen: Sequence[Listing]
) -> _Plan:
    catalogue = load_catalogue(connection)
    known = listings.load_listings(
        connection, channel.name, [listing.external_id for listing in seen]
    )
    doubtful = _find_doubtful(connection, channel.name, seen, catalogue)
    ids = iter(hub.ids.take_many(len(seen)))
    plan = _Plan()
    for listing in seen:
        row = known.get(listing.external_id)
        id_ = next(ids) if row is None else row.id
        if row is not None and row.mapping != listings.WAITING:
            plan.rows.append((id_, listing, row.mapping))
            plan.skus |= {part.sku for part in row.components}
            continue
        _plan_match(listing, channel.name, id_, catalogue, doubtful, plan)
    return plan


def _plan_match(
    listing: Listing,
    channel: str,
    id_: int,
    catalogue: Catalogue,
    doubtful: dict[str, tuple[str, ...]],
    plan: _Plan,
) -> None:
    subject = name_line_subject(channel, listing.external_id, listing.sku)
    result = match_listing(listing, channel, catalogue)
    if listing.external_id in doubtful and isinstance(result, Match):
        plan.rows.append((id_, listing, listings.WAITING))
        siblings = doubtful[listing.external_id]
        plan.found.append(_describe_duplicate(listing, channel, siblings, result))
        return
    if isinstance(result, Match):
        mapping = listings.IGNORED if result.ignored else listings.MAPPED
        plan.rows.append((id_, listing, mapping))
        plan.made_of[id_] = result.components
        plan.settled.append(subject)
        plan.newly_mapped.append(listing.external_id)
        plan.skus |= {part.sku for part in result.components}
        return
    plan.rows.append((id_, listing, listings.WAITING))
    if listing.state is not ListingState.DELETED:
        plan.found.append(
            ConflictFacts(
                kind=result.kind,
                subject=subject,
                channel=channel,
                summary=f"{listing.title or listing.external_id}: {result.summary}",
                facts=_describe_listing(listing),
                proposals=result.proposals,
            )
        )


def _find_doubtful(
    connection: Connection, channel: str, seen: Sequence[Listing], catalogue: Catalogue
) -> dict[str, tuple[str, ...]]:
    """Return listings whose SKU text other stock records of the channel carry too."""
    if not any(listing.sku for listing in seen):
        return {}
    fresh = {listing.external_id for listing in seen}
    others = [
        read_listing(row)
        for row in listings.load_with_skus(
            connection, channel, {listing.sku for listing in seen if listing.sku}
        )
        if row.external_id not in fresh
    ]
    return {
        external_id: duplicate.listing_external_ids
        for duplicate in find_duplicates([*seen, *others], channel, catalogue)
        for external_id in duplicate.listing_external_ids
    }


def _describe_listing(listing: Listing) -> dict[str, object]:
    return {
        "listing": listing.external_id,
        "sku": listing.sku,
        "barcode": listing.barcode,
        "title": listing.title,
        "quantity": listing.quantity,
    }


def _describe_duplicate(
    listing: Listing, channel: str, siblings: tuple[str, ...], match: Match
) -> ConflictFacts:
    return ConflictFacts(
        kind=ConflictKind.DUPLICATE_SKU,
        subject=name_line_subject(channel, listing.external_id, listing.sku),
        channel=channel,
        summary=f"{len(siblings)} listings of {channel} carry the SKU {listing.sku}.",
        facts={**_describe_listing(listing), "siblings": list(siblings)},
        proposals=tuple(
            Proposal(
                action=Action.MAP,
                sku=part.sku,
                units=part.units,
                reason="The SKU text says so; confirm that it sells the same goods.",
                score=100,
            )
            for part in match.components
        ),
    )


def _adopt_skus(
    hub: Hub, connection: Connection, channel: str, seen: Sequence[Listing]
) -> None:
    """Make SKUs of what the catalogue's source sells, with its quantity on hand.

    A listing that is mapped stays what it is, whatever its SKU text is changed to.
    """
    seen = _leave_out_mapped(connection, channel, seen)
    spelled: dict[str, Listing] = {}
    for listing in seen:
        if listing.sku and listing.state is not ListingState.DELETED:
            try:
                spelled.setdefault(sku_key(listing.sku), listing)
            except ValueError:
                continue
    known = stock.find_skus(connection, spelled)
    fresh = {key: one for key, one in spelled.items() if key not in known}
    now = hub.clock.now()
    stock.add_skus(
        connection,
        [
            stock.SkuRow(one.sku, key, one.title, one.barcode, 0, now)
            for key, one in fresh.items()
        ],
    )
    ledger = Ledger({})
    for one in fresh.values():
        key = StockKey(one.sku, hub.tuning.location)
        cause = Cause("opening", one.external_id)
        # What the channel holds itself is no stock of ours.
        units = 0 if one.held_by_channel else one.quantity or 0
        ledger.change_on_hand(key, units, MovementKind.COUNTED, cause)
    save_ledger(hub, connection, ledger, {})


def _leave_out_mapped(
    connection: Connection, channel: str, seen: Sequence[Listing]
) -> list[Listing]:
    ids = [listing.external_id for listing in seen]
    known = listings.load_listings(connection, channel, ids)
    mapped = {id_ for id_, row in known.items() if row.mapping != listings.WAITING}
    return [listing for listing in seen if listing.external_id not in mapped]


def _settle(
    connection: Connection, channel: str, subjects: Iterable[str], now: datetime
) -> None:
    if not conflicts.count_open(connection):
        return
    wanted = list(subjects)
    by = {"by": conflicts.BY_FACTS, "why": f"{channel} now names a SKU that is known"}
    for kind in _WAITING_KINDS:
        conflicts.close(connection, kind, wanted, by, now)


def _observe(
    connection: Connection, channel: str, seen: Sequence[Listing], now: datetime
) -> None:
    """Believe a quantity at first sight; later the read-back compares it.

    Stock that the channel holds is only ever shown: each sight of it is believed.
    """
    shown = {
        listing.stock_external_id: listing.quantity
        for listing in seen
        if listing.tracked and listing.quantity is not None
    }
    held = {listing.stock_external_id for listing in seen if listing.held_by_channel}
    known = publications.load(connection, channel, shown)
    first = [
        Belief(record, quantity, quantity, None)
        for record, quantity in shown.items()
        if record in held or record not in known or known[record].expected is None
    ]
    publications.observe(connection, channel, first, now)


def _follow_up(channel: str, plan: _Plan, now: datetime) -> list[Mark]:
    wanted = [
        Mark(MarkKind.RECONCILE, sku, STOCK_LANE, Priority.ROUTINE, now)
        for sku in sorted(plan.skus)
    ]
    wanted += [
        Mark(MarkKind.REMAP, f"{channel}/{listing}", STOCK_LANE, Priority.LIVE, now)
        for listing in plan.newly_mapped
    ]
    return wanted
