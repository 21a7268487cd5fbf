"""Quotas: what each stock record in escrow may still sell, and which are closing.

They change only while the positions of their goods are locked, or by sales of their
own. Who is granted what is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, exists, func, select, tuple_, update

from ..canonical.policies import Quota, QuotaState
from ..canonical.stock import QUANTITY_MAX
from .columns import to_microseconds
from .outbox import DONE, STOCK
from .rows import insert_rows, update_rows
from .tables import components, listings, outbox, publications, quotas

Key = tuple[str, str]


class Standing(NamedTuple):
    """What a stock record is known to show, and whether anything is under way."""

    expected: int | None
    exposure: int
    """The most that it may show at present, as far as the hub can know."""
    settled: bool
    """No write is open, nothing is unexplained and nobody has to decide anything."""
    in_flight: bool
    zero_at: datetime | None
    """When it last confirmed zero or was seen at it, if that was its last word."""


def any_quota(connection: Connection) -> bool:
    """Say whether any record is in escrow at all."""
    return connection.scalar(select(exists().select_from(quotas))) or False


def load_about(connection: Connection, names: Collection[str]) -> dict[Key, Quota]:
    """Return the quotas of all records that sell one of the SKUs."""
    concerned = (
        select(listings.c.channel, listings.c.stock_external_id)
        .join(components, components.c.listing_id == listings.c.id)
        .where(components.c.sku.in_(list(names)))
    )
    return _load(connection, _key_columns().in_(concerned))


def load_keys(connection: Connection, keys: Sequence[Key]) -> dict[Key, Quota]:
    """Return the quotas of some records."""
    return _load(connection, _key_columns().in_(list(keys))) if keys else {}


def list_records(connection: Connection, channel: str) -> list[str]:
    """Return the stock records of a channel that are in escrow."""
    query = select(quotas.c.stock_external_id).where(quotas.c.channel == channel)
    return sorted(connection.scalars(query))


def load_closing(connection: Connection, channel: str) -> dict[Key, Quota]:
    """Return the quotas of a channel that are being closed."""
    closing = quotas.c.state == QuotaState.CLOSING
    return _load(connection, (quotas.c.channel == channel) & closing)


def load_needs(
    connection: Connection, keys: Collection[Key]
) -> dict[Key, dict[str, int]]:
    """Return the units of each SKU that one sale of a record takes at most.

    Deleted listings count too: their last sales may not have been read yet.
    """
    if not keys:
        return {}
    record = tuple_(listings.c.channel, listings.c.stock_external_id)
    query = (
        select(
            listings.c.channel,
            listings.c.stock_external_id,
            components.c.sku,
            func.max(components.c.units),
        )
        .join(components, components.c.listing_id == listings.c.id)
        .where(record.in_(list(keys)))
        .group_by(listings.c.channel, listings.c.stock_external_id, components.c.sku)
    )
    needs: dict[Key, dict[str, int]] = {}
    for channel, record_id, sku, units in connection.execute(query):
        needs.setdefault((channel, record_id), {})[sku] = units
    return needs


def list_skus_held(connection: Connection, channel: str) -> set[str]:
    """Return the SKUs of which quotas of a channel hold units."""
    keys = [(channel, record) for record in list_records(connection, channel)]
    needs = load_needs(connection, keys)
    return {sku for parts in needs.values() for sku in parts}


def list_closing_channels(connection: Connection) -> list[str]:
    """Return the channels where a quota is being closed."""
    query = select(quotas.c.channel).where(quotas.c.state == QuotaState.CLOSING)
    return sorted(connection.scalars(query.distinct()))


def list_skus_of_empty(connection: Connection) -> list[str]:
    """Return the SKUs of open records that have no units left to sell."""
    query = (
        select(components.c.sku)
        .join(listings, listings.c.id == components.c.listing_id)
        .join(
            quotas,
            (quotas.c.channel == listings.c.channel)
            & (quotas.c.stock_external_id == listings.c.stock_external_id),
        )
        .where(quotas.c.state == QuotaState.OPEN, quotas.c.granted == 0)
    )
    return sorted(connection.scalars(query.distinct()))


def _key_columns() -> Any:
    return tuple_(quotas.c.channel, quotas.c.stock_external_id)


def _load(connection: Connection, condition: Any) -> dict[Key, Quota]:
    query = select(quotas).where(condition)
    found = [_read(row) for row in connection.execute(query)]
    return {one.key: one for one in found}


def _read(row: Row[Any]) -> Quota:
    return Quota(
        row.channel,
        row.stock_external_id,
        row.granted,
        QuotaState(row.state),
        row.closing_at,
        row.zeroed_at,
        row.opened_at,
    )


def load_standings(
    connection: Connection, keys: Collection[Key]
) -> dict[Key, Standing]:
    """Return what records are known to show; those never seen are left out."""
    if not keys:
        return {}
    wanted = tuple_(publications.c.channel, publications.c.stock_external_id)
    open_write = (
        exists()
        .where(
            outbox.c.channel == publications.c.channel,
            outbox.c.kind == STOCK,
            outbox.c.subject == publications.c.stock_external_id,
            outbox.c.status != DONE,
        )
        .label("in_flight")
    )
    found = connection.execute(
        select(publications, open_write).where(wanted.in_(list(keys)))
    )
    return {(row.channel, row.stock_external_id): _judge(row) for row in found}


def _judge(row: Row[Any]) -> Standing:
    figures = (row.desired, row.sent, row.expected, row.observed)
    told = [
        (at, figure)
        for at, figure in (
            (row.acknowledged_at, row.acknowledged),
            (row.observed_at, row.observed),
        )
        if at is not None
    ]
    last_at, last = max(told, default=(None, None))
    in_flight = bool(row.in_flight)
    return Standing(
        row.expected,
        max(0, *(figure or 0 for figure in figures)),
        not in_flight and row.drifting_since is None and not row.stopped,
        in_flight,
        last_at if last == 0 and not in_flight else None,
    )


def add(connection: Connection, fresh: Sequence[Quota]) -> None:
    """Remember records that entered escrow."""
    rows = [
        (
            one.channel,
            one.stock_external_id,
            one.granted,
            one.state.value,
            one.closing_at,
            one.zeroed_at,
            one.opened_at,
        )
        for one in fresh
    ]
    insert_rows(connection, quotas, rows)


def drop(connection: Connection, keys: Collection[Key]) -> None:
    """Forget records that left escrow."""
    if keys:
        connection.execute(delete(quotas).where(_key_columns().in_(list(keys))))


def grant(connection: Connection, grants: Mapping[Key, int], now: datetime) -> None:
    """Add sales to open quotas."""
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    rows = [
        (sales, to_microseconds(now), channel, record)
        for (channel, record), sales in sorted(grants.items())
    ]
    if rows:
        connection.exec_driver_sql(
            f"UPDATE quotas SET granted = granted + {sign}, opened_at = {sign}"
            f" WHERE channel = {sign} AND stock_external_id = {sign}"
            " AND state = 'open'",
            rows,
        )


def close(connection: Connection, keys: Iterable[Key], now: datetime) -> None:
    """Bring open records to zero: from now on that is what they should show."""
    wanted = sorted(keys)
    if not wanted:
        return
    connection.execute(
        update(quotas)
        .where(_key_columns().in_(wanted), quotas.c.state == QuotaState.OPEN)
        .values(state=QuotaState.CLOSING, closing_at=now, zeroed_at=None)
    )
    update_rows(
        connection,
        publications,
        change=("desired", "desired_at"),
        where=("channel", "stock_external_id"),
        rows=[(0, now, *key) for key in wanted],
    )


def close_unknown(connection: Connection, channel: str, now: datetime) -> list[str]:
    """Close all records of a channel of which nobody knows what they may sell.

    Until each is closed it counts as holding everything. Returns the records.
    """
    records = list_records(connection, channel)
    connection.execute(
        update(quotas)
        .where(quotas.c.channel == channel)
        .values(
            granted=QUANTITY_MAX,
            state=QuotaState.CLOSING,
            closing_at=now,
            zeroed_at=None,
        )
    )
    close(connection, [(channel, record) for record in records], now)
    return records


def close_deleted(connection: Connection, keys: Collection[Key], now: datetime) -> None:
    """Close records whose listings are gone: there is nothing to write to."""
    if keys:
        connection.execute(
            update(quotas)
            .where(_key_columns().in_(list(keys)))
            .values(state=QuotaState.CLOSING, closing_at=now, zeroed_at=now)
        )


def note_zero(connection: Connection, seen: Mapping[Key, datetime | None]) -> None:
    """Note since when closing records show zero; None where they do not."""
    update_rows(
        connection,
        quotas,
        change=("zeroed_at",),
        where=("channel", "stock_external_id", "state"),
        rows=[(at, *key, QuotaState.CLOSING.value) for key, at in seen.items()],
    )


def free(connection: Connection, closed: Collection[Quota], now: datetime) -> list[Key]:
    """Take what is left from records that sell nothing more; they are open again.

    Nothing is taken from a record that moved since ``closed`` was loaded.
    """
    freed = []
    for one in sorted(closed, key=lambda each: each.key):
        done = connection.execute(
            update(quotas)
            .where(
                quotas.c.channel == one.channel,
                quotas.c.stock_external_id == one.stock_external_id,
                quotas.c.state == QuotaState.CLOSING,
                quotas.c.zeroed_at == one.zeroed_at,
            )
            .values(
                granted=0,
                state=QuotaState.OPEN,
                closing_at=None,
                zeroed_at=None,
                opened_at=now,
            )
        )
        if done.rowcount:
            freed.append(one.key)
    return freed


def take_away(
    connection: Connection, channel: str, taken: Mapping[str, int], now: datetime
) -> None:
    """Lower quotas by what their own records sold; a record that gave units back (a
    cancellation that the channel restocks) may sell those again.

    A closing record that got units back is not at zero any more.
    """
    units = {record: sold for record, sold in sorted(taken.items()) if sold}
    if not units or not _any_of(connection, channel):
        return
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    less = f"granted - {sign}"
    connection.exec_driver_sql(
        f"UPDATE quotas SET granted = CASE WHEN {less} > 0 THEN {less} ELSE 0 END"
        f" WHERE channel = {sign} AND stock_external_id = {sign}",
        [(sold, sold, channel, record) for record, sold in units.items()],
    )
    back = [record for record, sold in units.items() if sold < 0]
    if back:
        connection.execute(
            update(quotas)
            .where(
                quotas.c.channel == channel,
                quotas.c.stock_external_id.in_(back),
                quotas.c.state == QuotaState.CLOSING,
            )
            .values(closing_at=now, zeroed_at=None)
        )


def _any_of(connection: Connection, channel: str) -> bool:
    found = select(quotas.c.channel).where(quotas.c.channel == channel).limit(1)
    return connection.scalar(found) is not None
