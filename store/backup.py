"""Backups: a consistent copy of a hub that keeps working, checked before it counts.

SQLite is copied with its own online backup into one self-contained file that knows that
it is a copy (``restore`` asks it). PostgreSQL is dumped by ``pg_dump`` in its custom
format, which ``pg_restore`` reads. The key that opens the secrets is in neither: keep
it apart.

Not a schedule and not a retention policy; those are the operating system's.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from ..canonical.errors import RefusedError, StoreError
from . import schema
from .engine import Store
from .fsck import Violation, check, find_damage

PAGES_PER_STEP = 1000
"""Pages (of 4 KiB) that are copied between two calls of ``on_progress``."""

COPY_MARK = 731
"""Says in a SQLite file that it is a backup; any number but 0, which is the default."""

OnProgress = Callable[[int, int], None]
"""Called with how much is done, and of how much; the unit is the database's."""

_SQLITE_FILE = b"SQLite format 3\x00"
_POSTGRES_DUMP = b"PGDMP"
_DUMPED_REVISION = re.compile(r"^COPY \S*alembic_version .*\n(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup that was checked. Violations are those of the hub that it copied."""

    path: Path
    size_bytes: int
    revision: str
    violations: tuple[Violation, ...] | None
    """None where the promises cannot be asked: a dump, or another version's schema."""


def write_backup(store: Store, target: Path, on_progress: OnProgress) -> BackupReport:
    """Copy the database to ``target`` while it is in use, and check the copy.

    The copy is made under another name; ``target`` appears when it is whole, or never.

    Args:
        store: the database.
        target: a file that does not exist yet, in a folder that does.
        on_progress: told how far the copy is.

    Raises:
        RefusedError: ``target`` exists already.
        StoreError: it cannot be written, ``pg_dump`` is missing or failed, or the
            copy is damaged.
    """
    if target.exists():
        raise RefusedError(
            f"{target} exists already.",
            next_step="Name another file; a backup never replaces one.",
        )
    copy = _copy_sqlite if store.is_sqlite else _dump_postgres
    try:
        with tempfile.TemporaryDirectory(
            prefix=".crossdock-backup-", dir=target.parent
        ) as folder:
            unchecked = Path(folder) / target.name
            report = copy(store, unchecked, on_progress)
            unchecked.chmod(0o600)  # customers' names and addresses are in it
            unchecked.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"The backup {target} cannot be written: {error}",
            next_step="Choose a folder that exists, has room and lets you write.",
        ) from error
    return replace(report, path=target)


def verify_backup(path: Path) -> BackupReport:
    """Prove that a backup can be read from end to end, and say what it holds.

    Raises:
        StoreError: it is no backup of a hub, or damaged, or ``pg_restore`` is missing.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(_SQLITE_FILE))
    except OSError as error:
        raise StoreError(
            f"The backup {path} cannot be read: {error.strerror}.",
            next_step="Check the name, and that you may read the file.",
        ) from error
    if head == _SQLITE_FILE:
        return _verify_sqlite(path)
    if head.startswith(_POSTGRES_DUMP):
        return _verify_dump(path)
    raise _not_a_backup(path)


def _not_a_backup(path: Path) -> StoreError:
    return StoreError(
        f"{path} is not a backup of a hub.",
        next_step="Name a file that crossdock backup wrote.",
    )


def _copy_sqlite(store: Store, target: Path, on_progress: OnProgress) -> BackupReport:
    def report_progress(_: int, remaining: int, total: int) -> None:
        on_progress(total - remaining, total)

    with store.reading() as connection, closing(sqlite3.connect(target)) as copy:
        # A reading transaction holds the state still; otherwise each write of the
        # running hub would start the copy anew.
        connection.execute(text("SELECT count(*) FROM sqlite_master"))
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError(f"{source!r} is not a connection of SQLite's own driver")
        source.backup(copy, pages=PAGES_PER_STEP, progress=report_progress)
        # One file without a log beside it, so that copying that file is enough.
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute(f"PRAGMA user_version = {COPY_MARK}")
    return _verify_sqlite(target)


def _verify_sqlite(path: Path) -> BackupReport:
    with _open_copy(path) as connection:
        damage = find_damage(connection)
        if damage:
            raise _damaged(path, damage[0].message)
        revision = schema.read_revision(connection)
        if revision is None:
            raise _not_a_backup(path)
        violations = None
        if revision == schema.head_revision():
            violations = tuple(check(connection))
    return BackupReport(path, path.stat().st_size, revision, violations)


@contextmanager
def _open_copy(path: Path) -> Iterator[Connection]:
    # Immutable: no lock and no log is written, so a read-only medium will do.
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=NullPool
    )
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise _damaged(path, str(error.orig)) from error


def _damaged(path: Path, what: str) -> StoreError:
    return StoreError(
        f"The backup {path} is damaged: {what}",
        next_step="Use an older backup; crossdock fsck tells whether the hub is sound.",
    )


def _dump_postgres(store: Store, target: Path, on_progress: OnProgress) -> BackupReport:
    address, password = hide_password(store)
    with store.reading() as connection:
        # The dump shows exactly the state that was checked.
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        revision = schema.read_revision(connection)
        violations = None
        if revision == schema.head_revision():
            violations = tuple(check(connection))
        run_program(
            "pg_dump",
            "--format=custom",
            "--no-password",
            f"--snapshot={snapshot}",
            f"--file={target}",
            f"--dbname={address}",
            environment=password,
        )
    report = _verify_dump(target)
    on_progress(report.size_bytes, report.size_bytes)
    return replace(report, violations=violations)


def hide_password(store: Store) -> tuple[str, dict[str, str]]:
    """Return PostgreSQL's address without the password, and a variable that holds it.

    On a command line it would show in the list of processes.
    """
    url = store.engine.url
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    plain = URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query=url.query,
    )
    return plain.render_as_string(hide_password=False), password


def _verify_dump(path: Path) -> BackupReport:
    run_program("pg_restore", f"--file={os.devnull}", str(path))
    shown = run_program(
        "pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(path)
    )
    revision = _DUMPED_REVISION.search(shown)
    if revision is None:
        raise _not_a_backup(path)
    return BackupReport(path, path.stat().st_size, revision[1], None)


def run_program(
    program: str, *arguments: str, environment: dict[str, str] | None = None
) -> str:
    """Run one of PostgreSQL's own programs and return what it wrote.

    Raises:
        StoreError: it is missing, or failed.
    """
    found = shutil.which(program)
    if found is None:
        raise StoreError(
            f"A backup of PostgreSQL needs {program}, which is not on the PATH.",
            next_step="Install PostgreSQL's client programs, as new as the server.",
        )
    done = subprocess.run(
        [found, *arguments],
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise StoreError(
            f"{program} failed: {said[0]}",
            next_step="It must be at least as new as the server; see its message.",
        )
    return done.stdout
