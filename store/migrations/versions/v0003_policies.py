"""Stock policies per channel and SKU, quotas, measured rates and latencies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of revision 0002 here."""
    _make_policies()
    _make_quotas()
    _make_measures()


def _make_policies() -> None:
    op.create_table(
        "stock_policies",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("threshold_units", sa.BigInteger(), nullable=True),
        sa.Column("buffer_units", sa.BigInteger(), nullable=True),
        sa.Column("dynamic_buffer", sa.Boolean(), nullable=True),
        sa.Column("oversold_cost", sa.BigInteger(), nullable=True),
        sa.Column("withheld_cost", sa.BigInteger(), nullable=True),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "mode IN ('pool', 'funnel', 'escrow')", name=op.f("ck_stock_policies_mode")
        ),
        sa.CheckConstraint(
            "threshold_units >= 0 AND buffer_units >= 0",
            name=op.f("ck_stock_policies_units"),
        ),
        sa.CheckConstraint(
            "oversold_cost > 0 AND withheld_cost > 0",
            name=op.f("ck_stock_policies_costs"),
        ),
        sa.PrimaryKeyConstraint("channel", "sku", name=op.f("pk_stock_policies")),
    )


def _make_quotas() -> None:
    op.create_table(
        "quotas",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("stock_external_id", sa.Text(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closing_at", sa.BigInteger(), nullable=True),
        sa.Column("zeroed_at", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("granted >= 0", name=op.f("ck_quotas_granted")),
        sa.CheckConstraint(
            "state IN ('open', 'closing')", name=op.f("ck_quotas_state")
        ),
        sa.CheckConstraint(
            "state = 'open' OR closing_at IS NOT NULL", name=op.f("ck_quotas_closing")
        ),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.name"], name=op.f("fk_quotas_channel")
        ),
        sa.PrimaryKeyConstraint("channel", "stock_external_id", name=op.f("pk_quotas")),
    )


def _make_measures() -> None:
    op.create_table(
        "sales_rates",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("fast_micro", sa.BigInteger(), nullable=False),
        sa.Column("slow_micro", sa.BigInteger(), nullable=False),
        sa.Column("squares_micro", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("measured_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.name"], name=op.f("fk_sales_rates_channel")
        ),
        sa.ForeignKeyConstraint(["sku"], ["skus.sku"], name=op.f("fk_sales_rates_sku")),
        sa.PrimaryKeyConstraint("channel", "sku", name=op.f("pk_sales_rates")),
    )
    op.create_table(
        "channel_lags",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mean_milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("measured_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('ingest', 'push')", name=op.f("ck_channel_lags_kind")
        ),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.name"], name=op.f("fk_channel_lags_channel")
        ),
        sa.PrimaryKeyConstraint("channel", "kind", name=op.f("pk_channel_lags")),
    )
    op.create_table(
        "dynamic_buffers",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_dynamic_buffers_units")),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.name"], name=op.f("fk_dynamic_buffers_channel")
        ),
        sa.ForeignKeyConstraint(
            ["sku"], ["skus.sku"], name=op.f("fk_dynamic_buffers_sku")
        ),
        sa.PrimaryKeyConstraint("channel", "sku", name=op.f("pk_dynamic_buffers")),
    )
    op.create_table(
        "measurements",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("up_to_id", sa.BigInteger(), nullable=False),
        sa.Column("measured_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_measurements")),
    )
