"""What all tables share: the metadata, and the column that names a channel."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def channel_column() -> Column[str]:
    """Return a column that names the channel a row belongs to."""
    return Column("channel", Text, ForeignKey("channels.name"), nullable=False)
