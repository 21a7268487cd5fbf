"""Runs a migration on the connection that ``store.schema`` hands over.

There is no offline mode: a hub always migrates the database that it is about to use.
"""

from __future__ import annotations

from alembic import context
from crossdock.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
