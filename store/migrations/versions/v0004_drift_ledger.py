"""The drift ledger, the brake, revision counts, channels that are not written to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of revision 0003 here."""
    _make_ledgers()
    for name, default in (("pushing", "on"), ("pushing_reason", "")):
        op.add_column(
            "channels",
            sa.Column(name, sa.Text(), nullable=False, server_default=default),
        )
    for name in ("held_at", "failing_since", "failed_at", "opening_since"):
        op.add_column("channels", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("cursors", sa.Column("caught_up_at", sa.BigInteger(), nullable=True))
    for name in ("believed", "passed"):
        op.add_column("publications", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column(
        "publications",
        sa.Column("direction", sa.Text(), nullable=False, server_default=""),
    )
    op.execute("UPDATE publications SET believed = expected")
    op.execute("UPDATE cursors SET caught_up_at = saved_at")


def _make_ledgers() -> None:
    op.create_table(
        "drifts",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("stock_external_id", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("observed", sa.BigInteger(), nullable=False),
        sa.Column("replaced", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("units <> 0", name=op.f("ck_drifts_units")),
        sa.CheckConstraint(
            "settled_at IS NULL OR cause IS NOT NULL", name=op.f("ck_drifts_cause")
        ),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.name"], name=op.f("fk_drifts_channel")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drifts")),
    )
    op.create_index(
        "ix_drifts_record", "drifts", ["channel", "stock_external_id", "found_at"]
    )
    op.create_table(
        "revisions",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("stock_external_id", sa.Text(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.name"], name=op.f("fk_revisions_channel")
        ),
        sa.PrimaryKeyConstraint(
            "channel", "stock_external_id", "hour", name=op.f("pk_revisions")
        ),
    )
