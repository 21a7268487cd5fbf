"""Orders are read from the record that was kept; no second copy of them stays."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of revision 0005 here."""
    op.drop_column("orders", "document")
