"""Locations, and which of them a channel may sell from.

Rows only; what follows from rank and limits is said in ``sync/places``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from .tables import channel_locations, locations
from .upsert import upsert

OWN = "own"


class LocationRow(NamedTuple):
    """A place where goods lie. The lowest rank is used first."""

    name: str
    title: str
    kind: str
    rank: int
    sells: bool


def load_all(connection: Connection) -> list[LocationRow]:
    """Return every location that was written down, by rank and name."""
    found = connection.execute(
        select(locations).order_by(locations.c.rank, locations.c.name)
    )
    return [LocationRow(*row) for row in found]


def save(connection: Connection, row: LocationRow) -> None:
    """Write a location; one that exists changes."""
    upsert(
        connection,
        locations,
        [row._asdict()],
        key=("name",),
        change=("title", "rank", "sells"),
    )


def load_limits(connection: Connection) -> dict[str, set[str]]:
    """Return the locations that channels are limited to; others use all that sell."""
    limits: dict[str, set[str]] = {}
    for channel, location in connection.execute(select(channel_locations)):
        limits.setdefault(channel, set()).add(location)
    return limits


def limit_channel(connection: Connection, channel: str, names: Iterable[str]) -> None:
    """Limit a channel to the named locations; none lifts the limit."""
    connection.execute(
        delete(channel_locations).where(channel_locations.c.channel == channel)
    )
    rows = [{"channel": channel, "location": name} for name in sorted(set(names))]
    if rows:
        connection.execute(insert(channel_locations), rows)
