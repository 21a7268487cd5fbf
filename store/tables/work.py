"""What is under way: publications, foreign writes, marks, leases, conflicts, audit."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from ..columns import Id, Json, UtcMicroseconds
from .base import channel_column, metadata

publications = Table(
    "publications",
    metadata,
    channel_column(),
    Column("stock_external_id", Text, nullable=False),
    Column("desired", BigInteger, nullable=True),
    Column("desired_at", UtcMicroseconds, nullable=True),
    Column("sent", BigInteger, nullable=True),
    Column("sent_at", UtcMicroseconds, nullable=True),
    Column("acknowledged", BigInteger, nullable=True),
    Column("acknowledged_at", UtcMicroseconds, nullable=True),
    Column("expected", BigInteger, nullable=True),
    Column("believed", BigInteger, nullable=True),
    Column("replaced", BigInteger, nullable=True),
    Column("observed", BigInteger, nullable=True),
    Column("observed_at", UtcMicroseconds, nullable=True),
    Column("drifting_since", UtcMicroseconds, nullable=True),
    Column("stopped", Boolean, nullable=False),
    Column("passed", BigInteger, nullable=True),
    Column("direction", Text, nullable=False, server_default=""),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "stock_external_id"),
    CheckConstraint("desired IS NULL OR desired >= 0", name="desired"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    channel_column(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("payload", Json, nullable=False),
    Column("status", Text, nullable=False),
    Column("outcome", Text, nullable=True),
    Column("reason", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("written_at", UtcMicroseconds, nullable=False),
    Column("finished_at", UtcMicroseconds, nullable=True),
    CheckConstraint("status IN ('in_flight', 'unknown', 'done')", name="status"),
    Index(
        "ix_outbox_open",
        "channel",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("status <> 'done'"),
        postgresql_where=text("status <> 'done'"),
    ),
)

marks = Table(
    "marks",
    metadata,
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("not_before", UtcMicroseconds, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("marked_at", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("kind", "key"),
    Index("ix_marks_due", "lane", "not_before"),
)

leases = Table(
    "leases",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("expires_at", UtcMicroseconds, nullable=False),
)

conflicts = Table(
    "conflicts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("facts", Json, nullable=False),
    Column("proposals", Json, nullable=False),
    Column("occurrences", Integer, nullable=False),
    Column("opened_at", UtcMicroseconds, nullable=False),
    Column("seen_at", UtcMicroseconds, nullable=False),
    Column("resolved_at", UtcMicroseconds, nullable=True),
    Column("resolution", Json, nullable=True),
    CheckConstraint("status IN ('open', 'resolved')", name="status"),
    Index(
        "ix_conflicts_open",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("at", UtcMicroseconds, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
)

slots = Table(
    "slots",
    metadata,
    Column("job", Text, nullable=False),
    Column("slot", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("job", "slot"),
)
