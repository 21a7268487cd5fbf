"""Where goods lie: locations, who may sell from them, and goods on their way there."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from ..columns import Id, UtcMicroseconds
from .base import channel_column, metadata

locations = Table(
    "locations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("rank", BigInteger, nullable=False),
    Column("sells", Boolean, nullable=False),
    CheckConstraint("kind IN ('own', 'in_transit')", name="kind"),
    CheckConstraint("kind = 'own' OR NOT sells", name="sells"),
)

channel_locations = Table(
    "channel_locations",
    metadata,
    channel_column(),
    Column("location", Text, nullable=False),
    PrimaryKeyConstraint("channel", "location"),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("sku", Text, ForeignKey("skus.sku"), nullable=False),
    Column("from_location", Text, nullable=False),
    Column("to_location", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("sent_at", UtcMicroseconds, nullable=False),
    CheckConstraint(
        "units > 0 AND received >= 0 AND lost >= 0 AND received + lost <= units",
        name="units",
    ),
    CheckConstraint("from_location <> to_location", name="ends"),
    Index(
        "ix_transfers_open",
        "sku",
        sqlite_where=text("received + lost < units"),
        postgresql_where=text("received + lost < units"),
    ),
)

incoming = Table(
    "incoming",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("sku", Text, ForeignKey("skus.sku"), nullable=False),
    Column("location", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("due_at", UtcMicroseconds, nullable=True),
    Column("note", Text, nullable=False),
    Column("added_at", UtcMicroseconds, nullable=False),
    Column("closed_at", UtcMicroseconds, nullable=True),
    CheckConstraint("units > 0 AND received >= 0", name="units"),
    Index(
        "ix_incoming_open",
        "sku",
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)
