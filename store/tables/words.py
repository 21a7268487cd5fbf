"""What the merchant says that channels' words mean, and the words nobody knows."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, Table, Text

from ..columns import UtcMicroseconds
from .base import channel_column, metadata

words = Table(
    "words",
    metadata,
    channel_column(),
    Column("path", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("written_at", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("channel", "path", "value"),
)

unknown_words = Table(
    "unknown_words",
    metadata,
    channel_column(),
    Column("order_external_id", Text, nullable=False),
    Column("word", Text, nullable=False),
    PrimaryKeyConstraint("channel", "order_external_id", "word"),
)
