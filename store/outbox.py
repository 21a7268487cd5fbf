"""The outbox: every foreign write, stored with its key before the first attempt.

Status and outcome are two columns: a write that was sent and never answered is
``unknown`` until it has been read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from ..canonical.pushes import Outcome
from .rows import insert_rows, update_rows
from .tables import outbox

IN_FLIGHT = "in_flight"
UNKNOWN = "unknown"
DONE = "done"
STOCK = "stock"
FULFILLMENT = "fulfillment"
CANCELLATION = "cancellation"
REFUND = "refund"
PRICE = "price"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One foreign write."""

    id: int
    channel: str
    kind: str
    subject: str
    idempotency_key: str
    payload: dict[str, Any]
    status: str = IN_FLIGHT
    attempts: int = 1
    external_id: str = ""
    """The channel's id of it: of what it made, or of a submission that it took."""
    written_at: datetime | None = field(default=None, compare=False)


def add(
    connection: Connection, rows: Sequence[OutboxRow], written_at: datetime
) -> None:
    """Store writes that are about to be sent."""
    insert_rows(
        connection,
        outbox,
        [
            (
                row.id,
                row.channel,
                row.kind,
                row.subject,
                row.idempotency_key,
                row.payload,
                row.status,
                None,
                "",
                "",
                row.attempts,
                written_at,
                None,
            )
            for row in rows
        ],
    )


_OPEN = select(outbox).where(
    outbox.c.channel == bindparam("channel"),
    outbox.c.kind == bindparam("kind"),
    outbox.c.status != DONE,
)


def load_open(
    connection: Connection,
    channel: str,
    kind: str,
    subjects: Iterable[str] | None = None,
) -> dict[str, OutboxRow]:
    """Return the writes of a kind that are not done, by subject."""
    query = _OPEN
    if subjects is not None:
        query = query.where(outbox.c.subject.in_(list(subjects)))
    return {
        row.subject: OutboxRow(
            row.id,
            row.channel,
            row.kind,
            row.subject,
            row.idempotency_key,
            row.payload,
            row.status,
            row.attempts,
            row.external_id,
            row.written_at,
        )
        for row in connection.execute(query, {"channel": channel, "kind": kind})
    }


def finish(
    connection: Connection,
    results: Sequence[tuple[int, Outcome, str, str]],
    finished_at: datetime,
) -> None:
    """Record what became of writes, as (id, outcome, reason, the channel's id)."""
    update_rows(
        connection,
        outbox,
        change=("status", "outcome", "reason", "external_id", "finished_at"),
        where=("id",),
        rows=[
            (
                UNKNOWN if outcome is Outcome.UNKNOWN else DONE,
                outcome.value,
                reason[:500],
                external_id,
                finished_at,
                id_,
            )
            for id_, outcome, reason, external_id in results
        ],
    )


def count_attempt(connection: Connection, id_: int) -> None:
    """Count another attempt with the same key."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == id_)
        .values(attempts=outbox.c.attempts + 1, status=IN_FLIGHT)
    )


def list_reasons(
    connection: Connection, channel: str, kind: str, subject: str, limit: int
) -> list[str]:
    """Return why the latest writes about a subject ended as they did, newest first."""
    query = (
        select(outbox.c.reason)
        .where(
            outbox.c.channel == channel,
            outbox.c.kind == kind,
            outbox.c.subject == subject,
        )
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    return list(connection.scalars(query))


def give_up_open(
    connection: Connection, channel: str, kind: str, reason: str, finished_at: datetime
) -> None:
    """End the open writes of a kind without an outcome that anybody believes."""
    connection.execute(
        update(outbox)
        .where(
            outbox.c.channel == channel, outbox.c.kind == kind, outbox.c.status != DONE
        )
        .values(
            status=DONE,
            outcome=Outcome.REFUSED.value,
            reason=reason,
            finished_at=finished_at,
        )
    )
