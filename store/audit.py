"""The audit trail: who did what, why, and what it was before. Append-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from .tables import audit


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that somebody did."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    reason: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def write(connection: Connection, row: AuditRow) -> None:
    """Append one entry."""
    values = {name: getattr(row, name) for name in AuditRow.__slots__}
    values["before"], values["after"] = dict(row.before), dict(row.after)
    connection.execute(audit.insert().values(values))


def load(connection: Connection, subject: str | None = None) -> list[AuditRow]:
    """Return entries, oldest first, about one subject or about all."""
    query = select(audit).order_by(audit.c.id)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    return [AuditRow(*row) for row in connection.execute(query)]
