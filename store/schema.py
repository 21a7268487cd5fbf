"""The schema's version: bringing a database up to it, refusing one that is newer.

Alembic does the work; its scripts are in ``migrations``.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from ..canonical.errors import SchemaMismatchError
from .engine import Store

_SCRIPTS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 7_331_001
"""Any number, as long as every process of a hub uses the same."""


def head_revision() -> str:
    """Return the revision that this version of Crossdock works with."""
    return ScriptDirectory(str(_SCRIPTS)).get_current_head() or ""


def read_revision(connection: Connection) -> str | None:
    """Return the revision that a database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def read_version(store: Store) -> str | None:
    """Return the revision that the hub's database is at; None for an empty one."""
    with store.reading() as connection:
        return read_revision(connection)


def upgrade(store: Store) -> str:
    """Bring the database to this version's schema and return its revision.

    Raises:
        SchemaMismatchError: the database belongs to a newer Crossdock.
    """
    scripts = ScriptDirectory(str(_SCRIPTS))
    head = scripts.get_current_head() or ""
    current = read_version(store)
    if current == head:
        return head
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise SchemaMismatchError(
            f"The database is at schema {current}, which this version of Crossdock "
            f"does not know (it knows up to {head}).",
            next_step="Install the newer Crossdock that made it, or restore a backup.",
        )
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    with store.transaction() as connection:
        if not store.is_sqlite:
            # Several processes may start at once; SQLite's transaction is a lock.
            connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return head


def require_file(url: str) -> None:
    """Refuse a SQLite database that does not exist, before opening would make it.

    Raises:
        SchemaMismatchError: there is no such file.
    """
    path = url.removeprefix("sqlite:///")
    if path != url and path != ":memory:" and not Path(path).exists():
        raise SchemaMismatchError(
            f"There is no database at {path} yet.",
            next_step="Run crossdock init, or name its settings file with --config.",
        )


def require_current(store: Store) -> None:
    """Refuse to work on a database of another schema.

    Raises:
        SchemaMismatchError: the database is empty, older or newer.
    """
    head = head_revision()
    current = read_version(store)
    if current == head:
        return
    if current is None:
        raise SchemaMismatchError(
            f"The database {store.name} has not been set up yet.",
            next_step="Run crossdock init, or name its settings file with --config.",
        )
    raise SchemaMismatchError(
        f"The database is at schema {current}; this Crossdock needs {head}.",
        next_step="Run crossdock init to bring an older database up to date; for a "
        "newer one install the newer Crossdock.",
    )
