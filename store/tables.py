"""The tables, and the constraints that carry the hub's promises.

Definitions only; ``migrations`` builds them and the modules beside this one use them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from .columns import Id, Json, UtcMicroseconds

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _channel() -> Column[str]:
    return Column("channel", Text, ForeignKey("channels.name"), nullable=False)


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
    UniqueConstraint("kind", "account_external_id"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    _channel(),
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
    _channel(),
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
    _channel(),
    Column("event_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("received_at", UtcMicroseconds, nullable=False),
    UniqueConstraint("channel", "event_id"),
)

cursors = Table(
    "cursors",
    metadata,
    _channel(),
    Column("stream", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("saved_at", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("channel", "stream"),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    _channel(),
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
    Column("held", Boolean, nullable=False),
    Column("moves_stock", Boolean, nullable=False),
    Column("document", Text, nullable=False),
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

skus = Table(
    "skus",
    metadata,
    Column("sku", Text, primary_key=True),
    Column("sku_key", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("safety_stock", BigInteger, nullable=False),
    Column("added_at", UtcMicroseconds, nullable=False),
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
    _channel(),
    Column("external_id", Text, nullable=False),
    Column("stock_external_id", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("tracked", Boolean, nullable=False),
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

publications = Table(
    "publications",
    metadata,
    _channel(),
    Column("stock_external_id", Text, nullable=False),
    Column("desired", BigInteger, nullable=True),
    Column("desired_at", UtcMicroseconds, nullable=True),
    Column("sent", BigInteger, nullable=True),
    Column("sent_at", UtcMicroseconds, nullable=True),
    Column("acknowledged", BigInteger, nullable=True),
    Column("acknowledged_at", UtcMicroseconds, nullable=True),
    Column("expected", BigInteger, nullable=True),
    Column("replaced", BigInteger, nullable=True),
    Column("observed", BigInteger, nullable=True),
    Column("observed_at", UtcMicroseconds, nullable=True),
    Column("drifting_since", UtcMicroseconds, nullable=True),
    Column("stopped", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("channel", "stock_external_id"),
    CheckConstraint("desired IS NULL OR desired >= 0", name="desired"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    _channel(),
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

slots = Table(
    "slots",
    metadata,
    Column("job", Text, nullable=False),
    Column("slot", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("job", "slot"),
)
