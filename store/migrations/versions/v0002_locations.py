"""Locations, transfers, incoming stock, backorder caps, shortfall policies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of revision 0001 here."""
    op.add_column(
        "listings",
        sa.Column(
            "held_by_channel", sa.Boolean(), nullable=False, server_default=sa.false()
        ),
    )
