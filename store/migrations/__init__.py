"""Alembic's scripts: one file a change of the schema, in ``versions``."""
