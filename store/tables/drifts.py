"""What channels showed without being told, and how often their records were written."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from ..columns import Id, UtcMicroseconds
from .base import channel_column, metadata

drifts = Table(
    "drifts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    channel_column(),
    Column("stock_external_id", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("expected", BigInteger, nullable=False),
    Column("observed", BigInteger, nullable=False),
    Column("replaced", BigInteger, nullable=True),
    Column("cause", Text, nullable=True),
    Column("action", Text, nullable=False),
    Column("found_at", UtcMicroseconds, nullable=False),
    Column("settled_at", UtcMicroseconds, nullable=True),
    CheckConstraint("units <> 0", name="units"),
    CheckConstraint("settled_at IS NULL OR cause IS NOT NULL", name="cause"),
    Index("ix_drifts_record", "channel", "stock_external_id", "found_at"),
)

revisions = Table(
    "revisions",
    metadata,
    channel_column(),
    Column("stock_external_id", Text, nullable=False),
    Column("hour", UtcMicroseconds, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("channel", "stock_external_id", "hour"),
)
