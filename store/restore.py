"""Restore: putting a backup in the database's place, beside what was there.

A SQLite backup carries a mark, so that a hub notices that it was restored however the
file got there. Nothing here knows about channels; what a restored hub must do first is
in ``sync/holding``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from ..canonical.errors import RefusedError, StoreError
from . import leases
from .backup import COPY_MARK, hide_password, run_program, verify_backup
from .engine import Store

_LOGS = ("-wal", "-shm")


def is_restored(connection: Connection) -> bool:
    """Say whether this database is a SQLite backup that nobody has taken over yet."""
    if connection.dialect.name != "sqlite":
        return False
    return connection.exec_driver_sql("PRAGMA user_version").scalar() == COPY_MARK


def take_over(connection: Connection) -> None:
    """Let a restored database be the hub's own from now on."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA user_version = 0")


def require_idle(store: Store, now: datetime) -> None:
    """Refuse to replace a database that a hub works on.

    Raises:
        RefusedError: somebody holds a lane of it.
    """
    try:
        with store.reading() as connection:
            holder = leases.find_live(connection, now)
    except StoreError:
        return  # damaged, or empty: that is what a restore is for
    if holder is not None:
        raise RefusedError(
            f"The hub is at work: {holder} holds a part of it.",
            next_step="Stop crossdock run everywhere; a hub that was killed lets go "
            "within two minutes.",
        )


def restore_backup(store: Store, backup: Path, now: datetime) -> Path | None:
    """Put a backup in the database's place.

    Args:
        store: the database; it is closed, and opens again as the restored one.
        backup: what ``crossdock backup`` wrote.
        now: the present moment; names what is set aside.

    Returns:
        Where the SQLite database that was there lies now; None if there was none. A
        PostgreSQL database is replaced in one transaction.

    Raises:
        StoreError: the backup is none, is damaged, or is of another database's kind.
    """
    verify_backup(backup)
    with backup.open("rb") as file:
        is_dump = file.read(5) == b"PGDMP"
    if is_dump == store.is_sqlite:
        raise StoreError(
            f"{backup} is a backup of {'PostgreSQL' if is_dump else 'SQLite'}, and the "
            "settings name the other database.",
            next_step="Name the other kind of database in the settings, or another "
            "backup.",
        )
    store.close()
    if store.is_sqlite:
        return _replace_file(Path(str(store.engine.url.database)), backup, now)
    address, password = hide_password(store)
    run_program(
        "pg_restore",
        "--clean",
        "--if-exists",
        "--no-owner",
        "--single-transaction",
        f"--dbname={address}",
        str(backup),
        environment=password,
    )
    return None


def _replace_file(database: Path, backup: Path, now: datetime) -> Path | None:
    """Copy beside, set aside, move in: there is a whole database at any moment."""
    aside = database.with_name(f"{database.name}.before-{now:%Y%m%d-%H%M%S}")
    kept = database.exists()
    try:
        handle, name = tempfile.mkstemp(prefix=".crossdock-", dir=database.parent)
        os.close(handle)
        fresh = Path(name)
        shutil.copyfile(backup, fresh)
        fresh.chmod(0o600)
        if kept:
            for ending in ("", *_LOGS):
                part = Path(f"{database}{ending}")
                if part.exists():
                    part.rename(f"{aside}{ending}")
        fresh.rename(database)
    except OSError as error:
        raise StoreError(
            f"The database {database} cannot be replaced: {error}",
            next_step="Make room, and check that you may write to its folder.",
        ) from error
    return aside if kept else None
