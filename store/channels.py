"""The channels that a merchant connected, their sealed settings and rotating tokens.

What a channel kind can do is not known here; the connector's plugin says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from ..canonical.errors import NotFoundError
from ..canonical.pages import Stream
from ..canonical.remembered import ChannelState, DriftPolicy, KnownChannel
from .engine import Store
from .tables import channels, cursors, metadata
from .vault import Vault

_ON = "on"
_OFF = "off"


class Freshness(NamedTuple):
    """When the orders of a channel were last read to their end, or could not be."""

    channel: str
    kind: str
    caught_up_at: datetime | None
    failing_since: datetime | None
    failed_at: datetime | None


def add(
    connection: Connection,
    vault: Vault,
    channel: KnownChannel,
    tokens: tuple[int, Mapping[str, str]] = (0, {}),
) -> None:
    """Remember a channel with its tokens so far; both are sealed."""
    version, values = tokens
    connection.execute(
        insert(channels).values(
            name=channel.name,
            kind=channel.kind,
            settings=vault.seal(channel.settings, channel.name),
            credentials=vault.seal(values, channel.name) if values else None,
            credentials_version=version,
            state=channel.state,
            state_reason=channel.state_reason,
            account_external_id=channel.account_external_id,
            account_name=channel.account_name,
            webhook_path=channel.webhook_path,
            buffer_units=channel.buffer_units,
            drift_policy=channel.drift_policy,
            catalog_source=channel.catalog_source,
            orders_since=channel.orders_since,
            added_at=channel.added_at,
            rank=channel.rank,
            pushing=_ON if channel.pushing else _OFF,
            pushing_reason=channel.pushing_reason,
            held_at=channel.held_at,
            opening_since=channel.opening_since,
        )
    )


def load(connection: Connection, vault: Vault, name: str) -> KnownChannel:
    """Return one channel.

    Raises:
        NotFoundError: no channel has this name.
    """
    row = connection.execute(select(channels).where(channels.c.name == name)).first()
    if row is None:
        names = ", ".join(connection.scalars(select(channels.c.name))) or "none"
        raise NotFoundError(
            f"There is no channel {name!r}.", next_step=f"Known channels: {names}."
        )
    return _read(row, vault)


def load_all(connection: Connection, vault: Vault) -> list[KnownChannel]:
    """Return every channel in the order in which they were added."""
    found = connection.execute(select(channels).order_by(channels.c.added_at))
    return [_read(row, vault) for row in found]


def find_by_account(
    connection: Connection, kind: str, account_external_id: str
) -> str | None:
    """Return the name of the channel that already stands for this account."""
    return connection.scalar(
        select(channels.c.name).where(
            channels.c.kind == kind,
            channels.c.account_external_id == account_external_id,
        )
    )


def find_by_webhook_path(connection: Connection, path: str) -> str | None:
    """Return the name of the channel that deliveries to ``path`` belong to."""
    return connection.scalar(
        select(channels.c.name).where(channels.c.webhook_path == path)
    )


def set_state(
    connection: Connection, name: str, state: ChannelState, reason: str
) -> bool:
    """Change whether the hub talks to a channel; True where that is news."""
    changed = connection.execute(
        update(channels)
        .where(channels.c.name == name, channels.c.state != state)
        .values(state=state, state_reason=reason)
    )
    return changed.rowcount > 0


def hold(connection: Connection, name: str, reason: str, held_at: datetime) -> bool:
    """Write nothing to a channel from now on; False where that was so before."""
    changed = connection.execute(
        update(channels)
        .where(channels.c.name == name, channels.c.pushing == _ON)
        .values(pushing=_OFF, pushing_reason=reason, held_at=held_at)
    )
    return changed.rowcount > 0


def release(connection: Connection, name: str) -> bool:
    """Write to a channel again; False where nothing held it."""
    changed = connection.execute(
        update(channels)
        .where(channels.c.name == name, channels.c.pushing == _OFF)
        .values(pushing=_ON, pushing_reason="", held_at=None)
    )
    return changed.rowcount > 0


def note_failure(connection: Connection, name: str, failed_at: datetime) -> None:
    """Note that a channel's orders could not be read."""
    since = literal(failed_at, channels.c.failing_since.type)
    connection.execute(
        update(channels)
        .where(channels.c.name == name)
        .values(
            failed_at=failed_at,
            failing_since=func.coalesce(channels.c.failing_since, since),
        )
    )


def note_success(connection: Connection, name: str) -> None:
    """Note that a channel's orders could be read to their end."""
    connection.execute(
        update(channels)
        .where(channels.c.name == name)
        .values(failed_at=None, failing_since=None)
    )


def list_freshness(connection: Connection) -> list[Freshness]:
    """Return how fresh the orders of each enabled channel are, by name."""
    caught_up = (cursors.c.channel == channels.c.name) & (
        cursors.c.stream == Stream.ORDERS
    )
    query = (
        select(
            channels.c.name,
            channels.c.kind,
            cursors.c.caught_up_at,
            channels.c.failing_since,
            channels.c.failed_at,
        )
        .select_from(channels.outerjoin(cursors, caught_up))
        .where(channels.c.state == ChannelState.ENABLED)
        .order_by(channels.c.name)
    )
    return [Freshness(*row) for row in connection.execute(query)]


def remove(connection: Connection, name: str) -> None:
    """Forget a channel and all that came from it. Movements stay: stock is a fact."""
    bind = {"name": name}
    order_ids = "SELECT id FROM orders WHERE channel = :name"
    line_ids = f"SELECT id FROM order_lines WHERE order_id IN ({order_ids})"
    parcel_ids = f"SELECT id FROM fulfillments WHERE order_id IN ({order_ids})"
    listing_ids = "SELECT id FROM listings WHERE channel = :name"
    for table, condition in (
        ("allocations", f"line_id IN ({line_ids})"),
        ("fulfillment_lines", f"fulfillment_id IN ({parcel_ids})"),
        ("fulfillments", f"order_id IN ({order_ids})"),
        ("order_lines", f"order_id IN ({order_ids})"),
        ("components", f"listing_id IN ({listing_ids})"),
        ("marks", "lane = :name"),
        ("conflicts", "channel = :name"),
        ("mapping_rules", "channel = :name"),
    ):
        connection.execute(text(f"DELETE FROM {table} WHERE {condition}"), bind)
    for table in reversed(metadata.sorted_tables):
        if table is not channels and "channel" in table.c:
            connection.execute(delete(table).where(table.c.channel == name))
    connection.execute(delete(channels).where(channels.c.name == name))


def _read(row: Row[Any], vault: Vault) -> KnownChannel:
    return KnownChannel(
        row.name,
        row.kind,
        vault.open(row.settings, row.name),
        ChannelState(row.state),
        row.state_reason,
        row.account_external_id,
        row.account_name,
        row.webhook_path,
        row.buffer_units,
        DriftPolicy(row.drift_policy),
        row.catalog_source,
        row.orders_since,
        row.added_at,
        rank=row.rank,
        pushing=row.pushing == _ON,
        pushing_reason=row.pushing_reason,
        held_at=row.held_at,
        failing_since=row.failing_since,
        opening_since=row.opening_since,
    )


def load_ranks(connection: Connection) -> dict[str, int]:
    """Return how important each channel is; lower comes first."""
    found = connection.execute(select(channels.c.name, channels.c.rank))
    return {row.name: row.rank for row in found}


def set_rank(connection: Connection, name: str, rank: int) -> None:
    """Say how important a channel is where not all can be served; lower is more."""
    connection.execute(
        update(channels).where(channels.c.name == name).values(rank=rank)
    )


def load_tokens(store: Store, vault: Vault, name: str) -> tuple[int, dict[str, str]]:
    """Return version and values of a channel's rotating tokens; (0, {}) for none."""
    with store.reading() as connection:
        row = connection.execute(
            select(channels.c.credentials, channels.c.credentials_version).where(
                channels.c.name == name
            )
        ).first()
    if row is None or row.credentials is None:
        return 0, {}
    return row.credentials_version, vault.open(row.credentials, name)


def replace_tokens(
    store: Store, vault: Vault, name: str, version: int, values: Mapping[str, str]
) -> bool:
    """Store new tokens if the stored version is still ``version``; say whether so."""
    with store.transaction() as connection:
        changed = connection.execute(
            update(channels)
            .where(channels.c.name == name, channels.c.credentials_version == version)
            .values(
                credentials=vault.seal(dict(values), name),
                credentials_version=version + 1,
            )
        )
        return changed.rowcount == 1
