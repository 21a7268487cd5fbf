"""Marks: what to look at next, each once however often it was asked for.

A mark names a thing, never a quantity. Clearing one takes the generation that was
seen, so a mark that was set again in the meantime stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    select,
)

from .columns import to_microseconds
from .tables import marks
from .upsert import upsert


class MarkKind(StrEnum):
    """What is to be done about the thing that a mark names."""

    PULL = "pull"
    FETCH = "fetch"
    FETCH_LISTING = "fetch_listing"
    SCAN = "scan"
    REMAP = "remap"
    RECONCILE = "reconcile"
    PUSH = "push"
    READ_BACK = "read_back"
    TELL = "tell"
    CANCEL = "cancel"
    REFUND = "refund"
    PRICE = "price"
    SUBSCRIBE = "subscribe"
    SETTLE = "settle"
    MEASURE = "measure"


class Priority:
    """Lower comes first."""

    PERSON = 0
    ZEROING = 10
    LIVE = 20
    ROUTINE = 50
    BACKFILL = 90


class Mark(NamedTuple):
    """Something to look at. ``key`` is unique per kind; ``lane`` says who may."""

    kind: MarkKind
    key: str
    lane: str
    priority: int
    not_before: datetime
    generation: int = 0
    attempts: int = 0


def put(
    connection: Connection, wanted: Sequence[Mark], generation: int, marked_at: datetime
) -> None:
    """Set marks; one set already becomes due at the earlier of the two times."""
    unique: dict[tuple[MarkKind, str], Mark] = {}
    for mark in wanted:
        other = unique.get((mark.kind, mark.key), mark)
        unique[mark.kind, mark.key] = mark._replace(
            priority=min(mark.priority, other.priority),
            not_before=min(mark.not_before, other.not_before),
        )
    rows = [
        {
            "kind": mark.kind.value,
            "key": mark.key,
            "lane": mark.lane,
            "priority": mark.priority,
            "not_before": mark.not_before,
            "generation": generation,
            "attempts": 0,
            "marked_at": marked_at,
        }
        for mark in unique.values()
    ]
    if not rows:
        return
    upsert(
        connection,
        marks,
        rows,
        key=("kind", "key"),
        change={
            "generation": "excluded.generation",
            "not_before": _take_less("not_before"),
            "priority": _take_less("priority"),
        },
    )


def _take_less(column: str) -> str:
    old, new = f"marks.{column}", f"excluded.{column}"
    return f"CASE WHEN {old} < {new} THEN {old} ELSE {new} END"


_DUE = (
    select(
        marks.c.kind,
        marks.c.key,
        marks.c.lane,
        marks.c.priority,
        marks.c.not_before,
        marks.c.generation,
        marks.c.attempts,
    )
    .where(
        marks.c.lane == bindparam("lane"),
        marks.c.not_before <= bindparam("now", type_=marks.c.not_before.type),
    )
    .order_by(marks.c.priority, marks.c.not_before, marks.c.key)
    .limit(bindparam("limit"))
)


def load_due(
    connection: Connection, lane: str, now: datetime, limit: int
) -> list[Mark]:
    """Return the marks of a lane that are due, the most urgent first."""
    parameters = {"lane": lane, "now": now, "limit": limit}
    found = connection.execute(_DUE, parameters)
    return [Mark(MarkKind(row[0]), *row[1:]) for row in found]


def load_due_lanes(connection: Connection, now: datetime) -> list[str]:
    """Return the lanes that have something due."""
    found = connection.scalars(
        select(marks.c.lane).where(marks.c.not_before <= now).distinct()
    )
    return sorted(found)


_NEXT_DUE = select(func.min(marks.c.not_before))
_NEXT_DUE_OF_LANE = _NEXT_DUE.where(marks.c.lane == bindparam("lane"))


def find_next_due(connection: Connection, lane: str | None = None) -> datetime | None:
    """Return when the next mark of a lane, or of any, becomes due; None: never."""
    query, parameters = _NEXT_DUE, {}
    if lane is not None:
        query, parameters = _NEXT_DUE_OF_LANE, {"lane": lane}
    first: datetime | None = connection.scalar(query, parameters)
    return first


def clear(connection: Connection, handled: Iterable[Mark]) -> None:
    """Remove marks as they were seen; those that were set again since then stay."""
    rows = sorted((mark.kind.value, mark.key, mark.generation) for mark in handled)
    if rows:
        sign = "?" if connection.dialect.name == "sqlite" else "%s"
        connection.exec_driver_sql(
            f"DELETE FROM marks WHERE kind = {sign} AND key = {sign}"
            f" AND generation = {sign}",
            rows,
        )


def delay(connection: Connection, mark: Mark, not_before: datetime) -> None:
    """Look at a mark again later, and count the attempt."""
    connection.execute(
        marks.update()
        .where(marks.c.kind == mark.kind, marks.c.key == mark.key)
        .values(not_before=not_before, attempts=mark.attempts + 1)
    )


def hasten(connection: Connection, lane: str, now: datetime) -> None:
    """Let everything on a lane be due; what it waited for is over."""
    connection.execute(
        marks.update()
        .where(marks.c.lane == lane, marks.c.not_before > now)
        .values(not_before=now, attempts=0)
    )


def drop(connection: Connection, kind: MarkKind, keys: Iterable[str]) -> None:
    """Remove marks whatever their generation: what they named is gone."""
    connection.execute(
        delete(marks).where(marks.c.kind == kind, marks.c.key.in_(list(keys)))
    )


def count(connection: Connection, lane: str | None = None) -> int:
    """Return how many marks are set, due or not."""
    query = select(func.count()).select_from(marks)
    if lane is not None:
        query = query.where(marks.c.lane == lane)
    return connection.scalar(query) or 0


def claim_slot(connection: Connection, job: str, slot: datetime) -> bool:
    """Take a slot of the clock for a job; False where another scheduler had it."""
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    done = connection.exec_driver_sql(
        f"INSERT INTO slots (job, slot) VALUES ({sign}, {sign}) ON CONFLICT DO NOTHING",
        (job, to_microseconds(slot)),
    )
    return done.rowcount == 1


def free_slots_ahead(
    connection: Connection, job: str, slot: datetime, interval: timedelta
) -> None:
    """Free a job's slots from one on, where some far ahead are taken.

    They were taken by a clock that ran ahead, or before this one was set back; the job
    would stand still until they are past. Another scheduler is one interval ahead at
    most.
    """
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    ahead = to_microseconds(slot + 2 * interval)
    connection.exec_driver_sql(
        f"DELETE FROM slots WHERE job = {sign} AND slot >= {sign} AND EXISTS ("
        f"SELECT 1 FROM slots AS taken WHERE taken.job = {sign}"
        f" AND taken.slot >= {sign})",
        (job, to_microseconds(slot), job, ahead),
    )


def is_set(connection: Connection, kind: MarkKind, key: str) -> bool:
    """Say whether something is to be done, due or not."""
    query = select(marks.c.key).where(marks.c.kind == kind, marks.c.key == key)
    return connection.scalar(query) is not None
