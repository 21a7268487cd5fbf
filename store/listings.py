"""Listings, what they are made of, and the rules that people wrote about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_, update

from ..canonical.listings import Component, Listing, ListingState
from .rows import select_rows
from .tables import components, listings, mapping_rules
from .upsert import upsert

MAPPED = "mapped"
WAITING = "waiting"
IGNORED = "ignored"

_COLUMNS = tuple(each.name for each in listings.columns if each.name != "seen_at")


@dataclass(slots=True)
class ListingRow:
    """A listing as the hub remembers it."""

    id: int
    channel: str
    external_id: str
    stock_external_id: str
    sku: str
    barcode: str
    title: str
    tracked: bool
    held_by_channel: bool
    state: ListingState
    mapping: str
    components: list[Component] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A person's word on what a listing or a SKU text sells. Empty fields match all."""

    id: int
    channel: str
    listing_external_id: str
    sku_text: str
    ignored: bool
    components: tuple[Component, ...]
    conflict_id: int | None
    written_at: datetime


def load_listings(
    connection: Connection, channel: str, external_ids: Iterable[str]
) -> dict[str, ListingRow]:
    """Return the known ones of a channel's listings, by the channel's id."""
    found = select_rows(
        connection,
        listings,
        _COLUMNS,
        where={"channel": channel},
        among=("external_id", list(external_ids)),
    )
    return {row.external_id: row for row in _read(connection, sorted(found))}


def load_channel_listings(connection: Connection, channel: str) -> list[ListingRow]:
    """Return all listings of a channel."""
    return _load(connection, listings.c.channel == channel)


def load_with_skus(
    connection: Connection, channel: str, sku_texts: Iterable[str]
) -> list[ListingRow]:
    """Return the listings of a channel that carry one of these SKU texts."""
    texts = list(sku_texts)
    return _load(
        connection, (listings.c.channel == channel) & listings.c.sku.in_(texts)
    )


def load_stock_records(
    connection: Connection, names: Iterable[str]
) -> dict[tuple[str, str], list[ListingRow]]:
    """Return every stock record that sells one of the SKUs, with all its listings.

    Keys are (channel, stock record of the channel). Listings that the channel
    deleted are left out.
    """
    selling = select(components.c.listing_id).where(components.c.sku.in_(list(names)))
    keys = connection.execute(
        select(listings.c.channel, listings.c.stock_external_id)
        .where(listings.c.id.in_(selling))
        .distinct()
    ).all()
    return load_records_by_key(connection, [(row[0], row[1]) for row in keys])


def load_records_by_key(
    connection: Connection, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[ListingRow]]:
    """Return the listings that share each stock record, by (channel, record)."""
    if not keys:
        return {}
    found = _load(
        connection,
        tuple_(listings.c.channel, listings.c.stock_external_id).in_(keys)
        & (listings.c.state != ListingState.DELETED),
    )
    records: dict[tuple[str, str], list[ListingRow]] = {}
    for row in found:
        records.setdefault((row.channel, row.stock_external_id), []).append(row)
    return records


def find_deleted_records(
    connection: Connection, keys: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return those records, by (channel, record), whose listings are all gone."""
    left = load_records_by_key(connection, keys)
    return [key for key in keys if key not in left]


def _load(connection: Connection, condition: Any) -> list[ListingRow]:
    columns = [listings.columns[name] for name in _COLUMNS]
    found = connection.execute(select(*columns).where(condition).order_by(*columns[:1]))
    return _read(connection, found)


def _read(connection: Connection, found: Iterable[Sequence[Any]]) -> list[ListingRow]:
    """Return the listings of these rows, in the same order, with their components."""
    by_id: dict[int, ListingRow] = {}
    for row in found:
        listing = by_id[row[0]] = ListingRow(*row)
        listing.state = ListingState(listing.state)
    parts = select_rows(
        connection,
        components,
        ("listing_id", "sku", "units"),
        where={},
        among=("listing_id", list(by_id)),
    )
    for listing_id, sku, units in sorted(parts):
        by_id[listing_id].components.append(Component(sku=sku, units=units))
    return list(by_id.values())


def save_listings(
    connection: Connection,
    channel: str,
    rows: Sequence[tuple[int, Listing, str]],
    seen_at: datetime,
) -> None:
    """Write listings as (id, listing, mapping); those already known change."""
    if not rows:
        return
    upsert(
        connection,
        listings,
        [
            {
                "id": id_,
                "channel": channel,
                **listing.model_dump(exclude={"quantity"}),
                "mapping": mapping,
                "seen_at": seen_at,
            }
            for id_, listing, mapping in rows
        ],
        key=("channel", "external_id"),
        change=(
            "stock_external_id",
            "sku",
            "barcode",
            "title",
            "tracked",
            "held_by_channel",
            "state",
            "mapping",
            "seen_at",
        ),
    )


def replace_components(
    connection: Connection, made_of: dict[int, Sequence[Component]]
) -> None:
    """Set what each listing (by id) is made of."""
    if not made_of:
        return
    connection.execute(delete(components).where(components.c.listing_id.in_(made_of)))
    rows = [
        {"listing_id": id_, "sku": part.sku, "units": part.units}
        for id_, parts in made_of.items()
        for part in parts
    ]
    if rows:
        connection.execute(components.insert(), rows)


def set_mapping(connection: Connection, ids: Iterable[int], mapping: str) -> None:
    """Note whether listings are mapped, waiting or ignored."""
    connection.execute(
        update(listings).where(listings.c.id.in_(list(ids))).values(mapping=mapping)
    )


def mark_deleted(
    connection: Connection, channel: str, seen_before: datetime
) -> list[str]:
    """Mark listings that a complete scan did not show; return their ids."""
    condition = (
        (listings.c.channel == channel)
        & (listings.c.seen_at < seen_before)
        & (listings.c.state != ListingState.DELETED)
    )
    gone = list(connection.scalars(select(listings.c.external_id).where(condition)))
    connection.execute(
        update(listings).where(condition).values(state=ListingState.DELETED)
    )
    return gone


def count_unseen(connection: Connection, channel: str, seen_before: datetime) -> int:
    """Return how many listings a scan that started at ``seen_before`` did not show."""
    return len(
        connection.execute(
            select(listings.c.id).where(
                listings.c.channel == channel,
                listings.c.seen_at < seen_before,
                listings.c.state != ListingState.DELETED,
            )
        ).all()
    )


def load_rules(connection: Connection) -> list[RuleRow]:
    """Return every mapping rule, oldest first."""
    found = connection.execute(select(mapping_rules).order_by(mapping_rules.c.id))
    return [
        RuleRow(
            row.id,
            row.channel,
            row.listing_external_id,
            row.sku_text,
            row.ignored,
            tuple(Component(**part) for part in row.components),
            row.conflict_id,
            row.written_at,
        )
        for row in found
    ]


def write_rule(connection: Connection, rule: RuleRow) -> None:
    """Write a rule, in place of an earlier one about the same thing."""
    upsert(
        connection,
        mapping_rules,
        [
            {
                "id": rule.id,
                "channel": rule.channel,
                "listing_external_id": rule.listing_external_id,
                "sku_text": rule.sku_text,
                "ignored": rule.ignored,
                "components": [part.model_dump() for part in rule.components],
                "conflict_id": rule.conflict_id,
                "written_at": rule.written_at,
            }
        ],
        key=("channel", "listing_external_id", "sku_text"),
        change=("id", "ignored", "components", "conflict_id", "written_at"),
    )


def drop_rule(connection: Connection, conflict_id: int) -> None:
    """Take back the rule that resolving this conflict wrote."""
    connection.execute(
        delete(mapping_rules).where(mapping_rules.c.conflict_id == conflict_id)
    )
