"""SKUs, positions, movements, and the listings that sell them."""

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
    false,
)

from ..columns import Id, Json, UtcMicroseconds
from .base import channel_column, metadata

skus = Table(
    "skus",
    metadata,
    Column("sku", Text, primary_key=True),
    Column("sku_key", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("safety_stock", BigInteger, nullable=False),
    Column("added_at", UtcMicroseconds, nullable=False),
    Column("backorder_units", BigInteger, nullable=False, server_default="0"),
    Column("preorder_units", BigInteger, nullable=False, server_default="0"),
    Column("shortfall_policy", Text, nullable=False, server_default=""),
)

positions = Table(
    "positions",
    metadata,
    Column("sku", Text, ForeignKey("skus.sku"), nullable=False),
    Column("location", Text, nullable=False),
    Column("on_hand", BigInteger, nullable=False),
    Column("allocated", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    PrimaryKeyConstraint("sku", "location"),
    CheckConstraint("allocated >= 0 AND reserved >= 0", name="claims"),
    CheckConstraint(
        "allocated + reserved = 0 OR allocated + reserved <= on_hand", name="bound"
    ),
)

movements = Table(
    "movements",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("sku", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause_kind", Text, nullable=False),
    Column("cause_id", Text, nullable=False),
    Column("on_hand_change", BigInteger, nullable=False),
    Column("allocated_change", BigInteger, nullable=False),
    Column("moved_at", UtcMicroseconds, nullable=False),
    UniqueConstraint("cause_id", "cause_kind", "sku", "location", "kind"),
    Index("ix_movements_position", "sku", "location"),
)

listings = Table(
    "listings",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    channel_column(),
    Column("external_id", Text, nullable=False),
    Column("stock_external_id", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("tracked", Boolean, nullable=False),
    Column("held_by_channel", Boolean, nullable=False, server_default=false()),
    Column("state", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("seen_at", UtcMicroseconds, nullable=False),
    UniqueConstraint("channel", "external_id"),
    CheckConstraint("mapping IN ('mapped', 'waiting', 'ignored')", name="mapping"),
    Index("ix_listings_stock", "channel", "stock_external_id"),
)

components = Table(
    "components",
    metadata,
    Column("listing_id", BigInteger, ForeignKey("listings.id"), nullable=False),
    Column("sku", Text, ForeignKey("skus.sku"), nullable=False),
    Column("units", BigInteger, nullable=False),
    PrimaryKeyConstraint("listing_id", "sku"),
    CheckConstraint("units > 0", name="units"),
    Index("ix_components_sku", "sku"),
)

mapping_rules = Table(
    "mapping_rules",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("channel", Text, nullable=False),
    Column("listing_external_id", Text, nullable=False),
    Column("sku_text", Text, nullable=False),
    Column("ignored", Boolean, nullable=False),
    Column("components", Json, nullable=False),
    Column("conflict_id", BigInteger, nullable=True),
    Column("written_at", UtcMicroseconds, nullable=False),
    UniqueConstraint("channel", "listing_external_id", "sku_text"),
)
