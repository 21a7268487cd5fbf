"""The channels that a merchant connected, their sealed settings and rotating tokens.

What a channel kind can do is not known here; the connector's plugin says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, text, update

from ..canonical.errors import NotFoundError
from ..canonical.remembered import ChannelState, DriftPolicy, KnownChannel
from .engine import Store
from .tables import channels, metadata
from .vault import Vault


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
