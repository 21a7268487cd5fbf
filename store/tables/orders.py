"""Orders, their lines, claims on stock, and parcels."""

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
    UniqueConstraint,
    text,
)

from ..columns import Id, UtcMicroseconds
from .base import channel_column, metadata

orders = Table(
    "orders",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    channel_column(),
    Column("external_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("placed_at", UtcMicroseconds, nullable=False),
    Column("updated_at", UtcMicroseconds, nullable=False),
    Column("inbox_id", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("residue_minor", BigInteger, nullable=False),
    Column("payment", Text, nullable=False),
    Column("fulfillment", Text, nullable=False),
    Column("cancelled_at", UtcMicroseconds, nullable=True),
    Column("ship_by", UtcMicroseconds, nullable=True),
    Column("held", Boolean, nullable=False),
    Column("moves_stock", Boolean, nullable=False),
    UniqueConstraint("channel", "external_id"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("order_id", BigInteger, ForeignKey("orders.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("listing_external_id", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("wanted", BigInteger, nullable=False),
    Column("shipped", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    UniqueConstraint("order_id", "external_id"),
    CheckConstraint(
        "quantity >= 0 AND wanted >= shipped AND shipped >= returned"
        " AND returned >= 0 AND taken >= 0",
        name="counts",
    ),
    CheckConstraint("state IN ('mapped', 'parked', 'untracked')", name="state"),
    Index(
        "ix_order_lines_parked",
        "listing_external_id",
        "sku",
        sqlite_where=text("state = 'parked'"),
        postgresql_where=text("state = 'parked'"),
    ),
)

allocations = Table(
    "allocations",
    metadata,
    Column("line_id", BigInteger, ForeignKey("order_lines.id"), nullable=False),
    Column("sku", Text, ForeignKey("skus.sku"), nullable=False),
    Column("location", Text, nullable=False),
    Column("units_per_line", BigInteger, nullable=False),
    Column("wanted", BigInteger, nullable=False),
    Column("allocated", BigInteger, nullable=False),
    Column("shipped", BigInteger, nullable=False),
    Column("routed", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("line_id", "sku", "location"),
    CheckConstraint(
        "units_per_line > 0 AND allocated >= 0 AND shipped >= 0"
        " AND allocated + shipped <= wanted",
        name="bound",
    ),
    Index(
        "ix_allocations_short",
        "sku",
        "location",
        sqlite_where=text("allocated + shipped < wanted"),
        postgresql_where=text("allocated + shipped < wanted"),
    ),
)

fulfillments = Table(
    "fulfillments",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("order_id", BigInteger, ForeignKey("orders.id"), nullable=False),
    Column("origin", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("tracking_number", Text, nullable=False),
    Column("tracking_url", Text, nullable=False),
    Column("shipped_at", UtcMicroseconds, nullable=False),
    Column("told_at", UtcMicroseconds, nullable=True),
    Column("cancelled", Boolean, nullable=False),
    Column("location", Text, nullable=False, server_default=""),
    CheckConstraint("origin IN ('hub', 'channel')", name="origin"),
    Index("ix_fulfillments_order", "order_id"),
    Index(
        "ix_fulfillments_external",
        "order_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    ),
)

fulfillment_lines = Table(
    "fulfillment_lines",
    metadata,
    Column("fulfillment_id", BigInteger, ForeignKey("fulfillments.id"), nullable=False),
    Column("line_id", BigInteger, ForeignKey("order_lines.id"), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    PrimaryKeyConstraint("fulfillment_id", "line_id"),
    CheckConstraint("quantity > 0", name="quantity"),
)
