"""Stock policies and dynamic buffers: what is said, and what was computed, per channel.

Which policy applies is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, exists, select

from ..canonical.listings import ListingState
from ..canonical.policies import StockMode, StockPolicy
from .listings import MAPPED
from .rows import select_rows
from .tables import channels, components, dynamic_buffers, listings, stock_policies
from .upsert import upsert

_COLUMNS = (
    "channel",
    "sku",
    "mode",
    "threshold_units",
    "buffer_units",
    "dynamic_buffer",
    "oversold_cost",
    "withheld_cost",
)


class Seller(NamedTuple):
    """A channel, as far as it matters for how much it shows."""

    name: str
    kind: str
    rank: int
    buffer_units: int


class DynamicBuffer(NamedTuple):
    """A buffer as it was computed, with what it was computed from."""

    channel: str
    sku: str
    units: int
    inputs: dict[str, Any]
    computed_at: datetime


def load_policies(
    connection: Connection, names: Collection[str] | None = None
) -> list[StockPolicy]:
    """Return the policies about some SKUs and about all, or every policy."""
    if names is None:
        query = select(*(stock_policies.columns[name] for name in _COLUMNS)).order_by(
            stock_policies.c.sku, stock_policies.c.channel
        )
        found: Iterable[Sequence[Any]] = connection.execute(query)
    else:
        among = ("sku", ["", *names])
        found = select_rows(connection, stock_policies, _COLUMNS, where={}, among=among)
    return [StockPolicy(row[0], row[1], StockMode(row[2]), *row[3:]) for row in found]


def write_policy(
    connection: Connection, policy: StockPolicy, written_at: datetime
) -> None:
    """Write a policy, in place of an earlier one about the same."""
    row = {name: getattr(policy, name) for name in _COLUMNS}
    row |= {"mode": policy.mode.value, "written_at": written_at}
    change = (*_COLUMNS[2:], "written_at")
    upsert(connection, stock_policies, [row], key=("channel", "sku"), change=change)


def drop_policy(connection: Connection, channel: str, sku: str) -> bool:
    """Forget a policy; False where there was none."""
    done = connection.execute(
        delete(stock_policies).where(
            stock_policies.c.channel == channel, stock_policies.c.sku == sku
        )
    )
    return done.rowcount > 0


def load_sellers(connection: Connection) -> dict[str, Seller]:
    """Return every channel, without its secrets."""
    query = select(
        channels.c.name, channels.c.kind, channels.c.rank, channels.c.buffer_units
    ).order_by(channels.c.added_at)
    return {row[0]: Seller(*row) for row in connection.execute(query)}


def load_selling_channels(
    connection: Connection, names: Collection[str]
) -> dict[str, set[str]]:
    """Return which channels offer each SKU to shoppers, in a listing the hub writes."""
    query = (
        select(components.c.sku, listings.c.channel)
        .join(listings, listings.c.id == components.c.listing_id)
        .where(
            components.c.sku.in_(list(names)),
            listings.c.mapping == MAPPED,
            listings.c.state == ListingState.ACTIVE,
            listings.c.tracked.is_(True),
            listings.c.held_by_channel.is_(False),
        )
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for sku, channel in connection.execute(query):
        found.setdefault(sku, set()).add(channel)
    return found


def load_buffers(
    connection: Connection, names: Collection[str]
) -> dict[tuple[str, str], DynamicBuffer]:
    """Return the dynamic buffers of some SKUs, by (channel, SKU)."""
    columns = DynamicBuffer._fields
    among = ("sku", names)
    rows = select_rows(connection, dynamic_buffers, columns, where={}, among=among)
    return {(row[0], row[1]): DynamicBuffer(*row) for row in rows}


def save_buffers(connection: Connection, computed: Iterable[DynamicBuffer]) -> None:
    """Write dynamic buffers in place of earlier ones."""
    upsert(
        connection,
        dynamic_buffers,
        [one._asdict() for one in computed],
        key=("channel", "sku"),
        change=("units", "inputs", "computed_at"),
    )


def drop_buffers(connection: Connection, unwanted: Iterable[tuple[str, str]]) -> None:
    """Forget dynamic buffers, by (channel, SKU)."""
    for channel, sku in unwanted:
        connection.execute(
            delete(dynamic_buffers).where(
                dynamic_buffers.c.channel == channel, dynamic_buffers.c.sku == sku
            )
        )


def list_buffered_skus(connection: Connection) -> list[str]:
    """Return the SKUs that have a dynamic buffer somewhere."""
    query = select(dynamic_buffers.c.sku).distinct().order_by(dynamic_buffers.c.sku)
    return list(connection.scalars(query))


def list_skus_sold(
    connection: Connection, channel: str, after: str, limit: int
) -> list[str]:
    """Return SKUs that listings are made of, a page in order from behind ``after`` on.

    Args:
        connection: the transaction.
        channel: only those that this channel lists; empty for all.
        after: the last SKU of the page before.
        limit: the size of a page.
    """
    here = (listings.c.id == components.c.listing_id) & (
        listings.c.state != ListingState.DELETED
    )
    if channel:
        here &= listings.c.channel == channel
    query = (
        select(components.c.sku)
        .where(components.c.sku > after, exists().where(here))
        .distinct()
        .order_by(components.c.sku)
        .limit(limit)
    )
    return list(connection.scalars(query))
