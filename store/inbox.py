"""The inbox: every record as it came, once per content, and the count of all of them.

received = applied + duplicate + superseded + quarantined, kept by the database. What
a record means is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import zstandard
from sqlalchemy import Connection, select, update

from ..canonical.pages import Stream
from ..canonical.remembered import KnownRecord
from .rows import insert_rows, select_rows
from .tables import inbox, intake, orders
from .upsert import upsert

APPLIED = "applied"
SUPERSEDED = "superseded"
QUARANTINED = "quarantined"


class InboxRow(NamedTuple):
    """One record on its way into the inbox. ``payload`` is compressed JSON."""

    id: int
    external_id: str
    version: str
    outcome: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """One record as it lies in the inbox."""

    id: int
    channel: str
    stream: Stream
    external_id: str
    received_at: datetime
    payload: dict[str, Any]


def make_compressor() -> Callable[[bytes], bytes]:
    """Return what makes payloads small, as the inbox keeps them; for one thread."""
    return zstandard.ZstdCompressor(level=1).compress


def load_known(
    connection: Connection, channel: str, stream: Stream, external_ids: Iterable[str]
) -> dict[str, KnownRecord]:
    """Return what is remembered of the named records; unknown ones are left out."""
    found = select_rows(
        connection,
        inbox,
        ("external_id", "version"),
        where={"channel": channel, "stream": stream.value},
        among=("external_id", list(external_ids)),
    )
    versions: dict[str, set[str]] = {}
    for external_id, version in found:
        versions.setdefault(external_id, set()).add(version)
    applied: dict[str, datetime] = {}
    if versions and stream is Stream.ORDERS:
        times = select_rows(
            connection,
            orders,
            ("external_id", "updated_at"),
            where={"channel": channel},
            among=("external_id", versions),
        )
        applied = dict(times)
    return {
        external_id: KnownRecord(frozenset(kept), applied.get(external_id))
        for external_id, kept in versions.items()
    }


def add_records(
    connection: Connection,
    channel: str,
    stream: Stream,
    rows: Sequence[InboxRow],
    received_at: datetime,
) -> None:
    """Keep the records of a page."""
    name = stream.value
    insert_rows(
        connection,
        inbox,
        [
            (id_, channel, name, external_id, version, outcome, received_at, payload)
            for id_, external_id, version, outcome, payload in rows
        ],
    )


def count_intake(
    connection: Connection,
    channel: str,
    stream: Stream,
    *,
    applied: int = 0,
    duplicate: int = 0,
    superseded: int = 0,
    quarantined: int = 0,
) -> None:
    """Add a page to the running balance of a stream; negative counts correct it."""
    counts = {
        "received": applied + duplicate + superseded + quarantined,
        "applied": applied,
        "duplicate": duplicate,
        "superseded": superseded,
        "quarantined": quarantined,
    }
    upsert(
        connection,
        intake,
        [{"channel": channel, "stream": stream.value, **counts}],
        key=("channel", "stream"),
        change={name: f"intake.{name} + excluded.{name}" for name in counts},
    )


def load_records(connection: Connection, ids: Sequence[int]) -> list[KeptRecord]:
    """Return the named records with their payloads, oldest first."""
    found = connection.execute(
        select(inbox).where(inbox.c.id.in_(ids)).order_by(inbox.c.id)
    )
    return [
        KeptRecord(
            row.id,
            row.channel,
            Stream(row.stream),
            row.external_id,
            row.received_at,
            orjson.loads(zstandard.decompress(row.payload)),
        )
        for row in found
    ]


def find_quarantined(
    connection: Connection, channel: str | None = None, external_id: str | None = None
) -> list[int]:
    """Return the ids of quarantined records, oldest first."""
    query = select(inbox.c.id).where(inbox.c.outcome == QUARANTINED)
    if channel is not None:
        query = query.where(inbox.c.channel == channel)
    if external_id is not None:
        query = query.where(inbox.c.external_id == external_id)
    return list(connection.scalars(query.order_by(inbox.c.id)))


def set_outcome(connection: Connection, record: KeptRecord, outcome: str) -> None:
    """Move a quarantined record to another outcome, and the balance with it."""
    connection.execute(
        update(inbox).where(inbox.c.id == record.id).values(outcome=outcome)
    )
    count_intake(
        connection, record.channel, record.stream, quarantined=-1, **{outcome: 1}
    )


def quarantine_again(connection: Connection, id_: int) -> None:
    """Put a record that was left out back into quarantine."""
    for record in load_records(connection, [id_]):
        connection.execute(
            update(inbox).where(inbox.c.id == id_).values(outcome=QUARANTINED)
        )
        count_intake(
            connection, record.channel, record.stream, superseded=-1, quarantined=1
        )
