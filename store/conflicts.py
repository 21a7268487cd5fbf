"""Conflicts: at most one open per cause, found again however often it happens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, tuple_, update

from ..canonical.conflicts import ConflictFacts, ConflictKind, Proposal
from ..canonical.errors import NotFoundError
from .ids import IdSource
from .tables import conflicts

OPEN = "open"
RESOLVED = "resolved"
BY_FACTS = "facts"
"""Who resolved a conflict whose cause went away by itself."""


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A conflict with its history."""

    id: int
    kind: ConflictKind
    subject: str
    channel: str
    status: str
    summary: str
    facts: dict[str, Any]
    proposals: tuple[Proposal, ...]
    occurrences: int
    opened_at: datetime
    seen_at: datetime
    resolved_at: datetime | None
    resolution: dict[str, Any] | None


def report(
    connection: Connection, found: Sequence[ConflictFacts], ids: IdSource, now: datetime
) -> int:
    """Open a conflict for each cause, or count it where it is open; return the new."""
    unique = {(facts.kind, facts.subject): facts for facts in found}
    _leave_out_acknowledged(connection, unique)
    if not unique:
        return 0
    known = connection.execute(
        select(conflicts.c.id, conflicts.c.kind, conflicts.c.subject).where(
            conflicts.c.status == OPEN,
            tuple_(conflicts.c.kind, conflicts.c.subject).in_(
                [(kind.value, subject) for kind, subject in unique]
            ),
        )
    ).all()
    for row in known:
        facts = unique.pop((ConflictKind(row.kind), row.subject))
        connection.execute(
            update(conflicts)
            .where(conflicts.c.id == row.id)
            .values(
                summary=facts.summary,
                facts=facts.facts,
                occurrences=conflicts.c.occurrences + 1,
                seen_at=now,
            )
        )
    if unique:
        fresh = zip(ids.take_many(len(unique)), unique.values(), strict=True)
        connection.execute(
            conflicts.insert(), [_new_row(id_, facts, now) for id_, facts in fresh]
        )
    return len(unique)


def _leave_out_acknowledged(
    connection: Connection, unique: dict[tuple[ConflictKind, str], ConflictFacts]
) -> None:
    """Drop values that a person has seen: once told is enough for those."""
    kind = ConflictKind.UNKNOWN_VALUE
    subjects = [subject for one, subject in unique if one is kind]
    if subjects:
        seen = connection.scalars(
            select(conflicts.c.subject).where(
                conflicts.c.kind == kind,
                conflicts.c.subject.in_(subjects),
                conflicts.c.status == RESOLVED,
            )
        )
        for subject in seen:
            unique.pop((kind, subject), None)


def _new_row(id_: int, facts: ConflictFacts, now: datetime) -> dict[str, Any]:
    return {
        "id": id_,
        "kind": facts.kind.value,
        "subject": facts.subject,
        "channel": facts.channel,
        "status": OPEN,
        "summary": facts.summary,
        "facts": facts.facts,
        "proposals": [proposal.model_dump(mode="json") for proposal in facts.proposals],
        "occurrences": 1,
        "opened_at": now,
        "seen_at": now,
    }


def close(
    connection: Connection,
    kind: ConflictKind,
    subjects: Iterable[str],
    resolution: dict[str, Any],
    now: datetime,
) -> int:
    """Resolve the open conflicts about these subjects; return how many there were."""
    wanted = list(subjects)
    if not wanted:
        return 0
    done = connection.execute(
        update(conflicts)
        .where(
            conflicts.c.kind == kind,
            conflicts.c.subject.in_(wanted),
            conflicts.c.status == OPEN,
        )
        .values(status=RESOLVED, resolved_at=now, resolution=resolution)
    )
    return done.rowcount


def resolve(
    connection: Connection, id_: int, resolution: dict[str, Any], now: datetime
) -> bool:
    """Resolve one open conflict; False where somebody else was faster."""
    done = connection.execute(
        update(conflicts)
        .where(conflicts.c.id == id_, conflicts.c.status == OPEN)
        .values(status=RESOLVED, resolved_at=now, resolution=resolution)
    )
    return done.rowcount == 1


def reopen(connection: Connection, id_: int, now: datetime) -> None:
    """Open a resolved conflict again, after its resolution was undone."""
    connection.execute(
        update(conflicts)
        .where(conflicts.c.id == id_)
        .values(status=OPEN, resolved_at=None, resolution=None, seen_at=now)
    )


def load(connection: Connection, id_: int) -> ConflictRow:
    """Return one conflict.

    Raises:
        NotFoundError: no conflict has this id.
    """
    row = connection.execute(select(conflicts).where(conflicts.c.id == id_)).first()
    if row is None:
        raise NotFoundError(
            f"There is no conflict {id_}.",
            next_step="crossdock conflicts list shows the open ones.",
        )
    return _read(row)


def load_many(
    connection: Connection, *, status: str | None = OPEN, kind: str | None = None
) -> list[ConflictRow]:
    """Return conflicts, oldest first; ``None`` means any."""
    query = select(conflicts).order_by(conflicts.c.id)
    if status is not None:
        query = query.where(conflicts.c.status == status)
    if kind is not None:
        query = query.where(conflicts.c.kind == kind)
    return [_read(row) for row in connection.execute(query)]


def find_open(
    connection: Connection, kind: ConflictKind, subject: str
) -> ConflictRow | None:
    """Return the open conflict about a subject, if there is one."""
    row = connection.execute(
        select(conflicts).where(
            conflicts.c.kind == kind,
            conflicts.c.subject == subject,
            conflicts.c.status == OPEN,
        )
    ).first()
    return None if row is None else _read(row)


def list_open_about(connection: Connection, subjects: Sequence[str]) -> list[str]:
    """Return the open conflicts about these subjects, as ``id: summary``."""
    query = (
        select(conflicts.c.id, conflicts.c.summary)
        .where(conflicts.c.subject.in_(subjects), conflicts.c.status == OPEN)
        .order_by(conflicts.c.id)
    )
    return [f"{row.id}: {row.summary}" for row in connection.execute(query)]


def count_open(connection: Connection) -> int:
    """Return how many conflicts wait for a person."""
    query = select(func.count()).where(conflicts.c.status == OPEN)
    return connection.scalar(query) or 0


def _read(row: Row[Any]) -> ConflictRow:
    return ConflictRow(
        row.id,
        ConflictKind(row.kind),
        row.subject,
        row.channel,
        row.status,
        row.summary,
        row.facts,
        tuple(Proposal(**proposal) for proposal in row.proposals),
        row.occurrences,
        row.opened_at,
        row.seen_at,
        row.resolved_at,
        row.resolution,
    )
