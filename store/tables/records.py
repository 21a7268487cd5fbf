"""Channels, and what came from them: raw records, their count, deliveries, cursors."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from ..columns import Id, UtcMicroseconds
from .base import channel_column, metadata

channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("credentials", LargeBinary, nullable=True),
    Column("credentials_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_reason", Text, nullable=False),
    Column("account_external_id", Text, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("webhook_path", Text, nullable=False, unique=True),
    Column("buffer_units", Integer, nullable=False),
    Column("drift_policy", Text, nullable=False),
    Column("catalog_source", Boolean, nullable=False),
    Column("orders_since", UtcMicroseconds, nullable=False),
    Column("added_at", UtcMicroseconds, nullable=False),
    Column("rank", BigInteger, nullable=False, server_default="0"),
    Column("pushing", Text, nullable=False, server_default="on"),
    Column("pushing_reason", Text, nullable=False, server_default=""),
    Column("held_at", UtcMicroseconds, nullable=True),
    Column("failing_since", UtcMicroseconds, nullable=True),
    Column("failed_at", UtcMicroseconds, nullable=True),
    Column("opening_since", UtcMicroseconds, nullable=True),
    UniqueConstraint("kind", "account_external_id"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    channel_column(),
    Column("stream", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("received_at", UtcMicroseconds, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    UniqueConstraint("channel", "stream", "external_id", "version"),
    CheckConstraint(
        "outcome IN ('applied', 'superseded', 'quarantined')", name="outcome"
    ),
)

intake = Table(
    "intake",
    metadata,
    channel_column(),
    Column("stream", Text, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("applied", BigInteger, nullable=False),
    Column("duplicate", BigInteger, nullable=False),
    Column("superseded", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    PrimaryKeyConstraint("channel", "stream"),
    CheckConstraint(
        "received = applied + duplicate + superseded + quarantined", name="balance"
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    channel_column(),
    Column("event_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("received_at", UtcMicroseconds, nullable=False),
    UniqueConstraint("channel", "event_id"),
)

cursors = Table(
    "cursors",
    metadata,
    channel_column(),
    Column("stream", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("saved_at", UtcMicroseconds, nullable=False),
    Column("caught_up_at", UtcMicroseconds, nullable=True),
    PrimaryKeyConstraint("channel", "stream"),
)
