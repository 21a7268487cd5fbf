"""Locations, transfers, incoming stock, backorder caps, shortfall policies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a database of revision 0001 here."""
    _add_columns()
    _create_locations()
    _create_transfers()
    _create_incoming()
    _name_known_locations()
    _rename_shortfalls()


def _add_columns() -> None:
    op.add_column(
        "listings",
        sa.Column(
            "held_by_channel", sa.Boolean(), nullable=False, server_default=sa.false()
        ),
    )
    op.add_column("orders", sa.Column("ship_by", sa.BigInteger(), nullable=True))
    for table, name in (
        ("channels", "rank"),
        ("skus", "backorder_units"),
        ("skus", "preorder_units"),
    ):
        number = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column(table, number)
    for table, name in (
        ("skus", "shortfall_policy"),
        ("allocations", "routed"),
        ("fulfillments", "location"),
    ):
        words = sa.Column(name, sa.Text(), nullable=False, server_default="")
        op.add_column(table, words)


def _create_locations() -> None:
    op.create_table(
        "locations",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("sells", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('own', 'in_transit')", name=op.f("ck_locations_kind")
        ),
        sa.CheckConstraint(
            "kind = 'own' OR NOT sells", name=op.f("ck_locations_sells")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_locations")),
    )
    op.create_table(
        "channel_locations",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel"],
            ["channels.name"],
            name=op.f("fk_channel_locations_channel_channels"),
        ),
        sa.PrimaryKeyConstraint(
            "channel", "location", name=op.f("pk_channel_locations")
        ),
    )


def _create_transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("from_location", sa.Text(), nullable=False),
        sa.Column("to_location", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "units > 0 AND received >= 0 AND lost >= 0 AND received + lost <= units",
            name=op.f("ck_transfers_units"),
        ),
        sa.CheckConstraint(
            "from_location <> to_location", name=op.f("ck_transfers_ends")
        ),
        sa.ForeignKeyConstraint(
            ["sku"], ["skus.sku"], name=op.f("fk_transfers_sku_skus")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    _create_open_index("transfers", "received + lost < units")


def _create_incoming() -> None:
    op.create_table(
        "incoming",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "units > 0 AND received >= 0", name=op.f("ck_incoming_units")
        ),
        sa.ForeignKeyConstraint(
            ["sku"], ["skus.sku"], name=op.f("fk_incoming_sku_skus")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming")),
    )
    _create_open_index("incoming", "closed_at IS NULL")


def _create_open_index(table: str, condition: str) -> None:
    op.create_index(
        f"ix_{table}_open",
        table,
        ["sku"],
        unique=False,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )


def _name_known_locations() -> None:
    """Goods on their way lie somewhere too; what has stock already goes on selling."""
    op.execute(
        "INSERT INTO locations (name, title, kind, rank, sells)"
        " VALUES ('in-transit', 'On the way', 'in_transit', 0, false)"
    )
    op.execute(
        "INSERT INTO locations (name, title, kind, rank, sells)"
        " SELECT DISTINCT location, '', 'own', 0, true FROM positions"
        " WHERE location <> 'in-transit'"
    )


def _rename_shortfalls() -> None:
    """A shortfall is of a SKU now, wherever its goods lie."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text("SELECT id, subject FROM conflicts WHERE kind = 'shortfall'")
    ).all()
    for id_, subject in found:
        renamed = {"id": id_, "subject": subject.rpartition("@")[0] or subject}
        connection.execute(
            sa.text("UPDATE conflicts SET subject = :subject WHERE id = :id"), renamed
        )
