"""Stock policies per channel and SKU, quotas, measured rates and latencies."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of revision 0002 here."""
