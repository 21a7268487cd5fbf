"""Stock policies, quotas, and what was measured to set buffers by.

Rates and times are whole numbers of small units: millionths of a unit of stock,
milliseconds. They steer how much is shown and are never money.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from ..columns import Json, UtcMicroseconds
from .base import channel_column, metadata

stock_policies = Table(
    "stock_policies",
    metadata,
    Column("channel", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("threshold_units", BigInteger, nullable=True),
    Column("buffer_units", BigInteger, nullable=True),
    Column("dynamic_buffer", Boolean, nullable=True),
    Column("oversold_cost", BigInteger, nullable=True),
    Column("withheld_cost", BigInteger, nullable=True),
    Column("written_at", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("channel", "sku"),
    CheckConstraint("mode IN ('pool', 'funnel', 'escrow')", name="mode"),
    CheckConstraint("threshold_units >= 0 AND buffer_units >= 0", name="units"),
    CheckConstraint("oversold_cost > 0 AND withheld_cost > 0", name="costs"),
)
"""An empty channel or SKU stands for all; NULL is what the settings say."""

quotas = Table(
    "quotas",
    metadata,
    channel_column(),
    Column("stock_external_id", Text, nullable=False),
    Column("granted", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("closing_at", UtcMicroseconds, nullable=True),
    Column("zeroed_at", UtcMicroseconds, nullable=True),
    Column("opened_at", UtcMicroseconds, nullable=True),
    PrimaryKeyConstraint("channel", "stock_external_id"),
    CheckConstraint("granted >= 0", name="granted"),
    CheckConstraint("state IN ('open', 'closing')", name="state"),
    CheckConstraint("state = 'open' OR closing_at IS NOT NULL", name="closing"),
)

sales_rates = Table(
    "sales_rates",
    metadata,
    channel_column(),
    Column("sku", Text, ForeignKey("skus.sku"), nullable=False),
    Column("fast_micro", BigInteger, nullable=False),
    Column("slow_micro", BigInteger, nullable=False),
    Column("squares_micro", BigInteger, nullable=False),
    Column("since", UtcMicroseconds, nullable=False),
    Column("measured_at", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("channel", "sku"),
)

channel_lags = Table(
    "channel_lags",
    metadata,
    channel_column(),
    Column("kind", Text, nullable=False),
    Column("mean_milliseconds", BigInteger, nullable=False),
    Column("measured_at", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("channel", "kind"),
    CheckConstraint("kind IN ('ingest', 'push')", name="kind"),
)

dynamic_buffers = Table(
    "dynamic_buffers",
    metadata,
    channel_column(),
    Column("sku", Text, ForeignKey("skus.sku"), nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("inputs", Json, nullable=False),
    Column("computed_at", UtcMicroseconds, nullable=False),
    PrimaryKeyConstraint("channel", "sku"),
    CheckConstraint("units >= 0", name="units"),
)

measurements = Table(
    "measurements",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("up_to_id", BigInteger, nullable=False),
    Column("measured_at", UtcMicroseconds, nullable=False),
)
