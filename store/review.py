"""What would be written to a channel that is held: its differences, read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from .tables import listings, publications


@dataclass(frozen=True, slots=True)
class Difference:
    """One stock record that shows something else than the hub computes."""

    stock_record: str
    sku: str
    title: str
    shows: int | None
    would_show: int

    @property
    def change(self) -> int | None:
        """Units more (negative: fewer) than are shown; None where that is unknown."""
        return None if self.shows is None else self.would_show - self.shows


def list_differences(connection: Connection, channel: str) -> list[Difference]:
    """Return every record of a channel that a push would write, by its id."""
    row = publications.c
    query = (
        select(
            row.stock_external_id,
            func.min(listings.c.sku),
            func.min(listings.c.title),
            row.observed,
            row.desired,
        )
        .select_from(
            publications.outerjoin(
                listings,
                (listings.c.channel == row.channel)
                & (listings.c.stock_external_id == row.stock_external_id),
            )
        )
        .where(
            row.channel == channel,
            row.desired.is_not(None),
            or_(row.observed.is_(None), row.observed != row.desired),
        )
        .group_by(row.stock_external_id, row.observed, row.desired)
        .order_by(row.stock_external_id)
    )
    return [
        Difference(record, sku or "", title or "", shows, would_show)
        for record, sku, title, shows, would_show in connection.execute(query)
    ]


def count_unseen(connection: Connection, channel: str, since: datetime) -> int:
    """Return how many records to be written were not looked at since."""
    row = publications.c
    query = select(func.count()).where(
        row.channel == channel,
        row.desired.is_not(None),
        or_(row.observed_at.is_(None), row.observed_at < since),
    )
    return connection.scalar(query) or 0
