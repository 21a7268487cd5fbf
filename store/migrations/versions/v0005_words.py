"""The merchant's word on what channels' words mean."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of revision 0004 here."""
    op.create_table(
        "words",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.name"], name=op.f("fk_words_channel")
        ),
        sa.PrimaryKeyConstraint("channel", "path", "value", name=op.f("pk_words")),
    )
    op.create_table(
        "unknown_words",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("order_external_id", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel"], ["channels.name"], name=op.f("fk_unknown_words_channel")
        ),
        sa.PrimaryKeyConstraint(
            "channel", "order_external_id", "word", name=op.f("pk_unknown_words")
        ),
    )
