"""Opening the database, and transactions that say what went wrong in plain words.

SQLite runs in WAL mode and writers take their lock at the start (``BEGIN IMMEDIATE``):
a deferred transaction that turns into a writer fails at once however long it may wait.
The threads of one process queue for that lock in memory; readers never wait.
No statement of the domain stands here.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from ..canonical.errors import (
    CrossdockError,
    SettingsError,
    StoreBusyError,
    StoreError,
    StoreFullError,
)

__all__ = ["BUSY_SECONDS", "Connection", "Store"]

BUSY_SECONDS = 20
_READING = "crossdock_reading"


class Store:
    """A database of the hub. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.engine = _create_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._reading: dict[str, Any] = (
            {_READING: True}
            if self.is_sqlite
            # PostgreSQL shows every statement a newer state unless it is told not to.
            else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        self._write_lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection whose changes are committed together, or not at all.

        Raises:
            StoreBusyError: another writer holds the database for too long.
            StoreFullError: the disk is full.
            StoreError: anything else that keeps the database from working.
        """
        with (
            self._turn_to_write(),
            _plain_errors(self.engine),
            self.engine.begin() as connection,
        ):
            yield connection

    @contextmanager
    def rehearsal(self) -> Iterator[Connection]:
        """Yield a connection whose changes are taken back at the end, whatever happens.

        Raises the same as ``transaction``.
        """
        with (
            self._turn_to_write(),
            _plain_errors(self.engine),
            self.engine.connect() as connection,
            connection.begin() as transaction,
        ):
            yield connection
            transaction.rollback()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one consistent state and changes nothing."""
        with _plain_errors(self.engine), self.engine.connect() as connection:
            yield connection.execution_options(**self._reading)

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """Let the threads of this process write to SQLite one after the other.

        SQLite lets who finds the file locked sleep for a while, then look again: with
        a lane for each channel most of the time would be slept through. A lock in
        memory is handed on at once. Other processes are kept out by SQLite, as ever.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._write_lock.acquire(timeout=BUSY_SECONDS):
            raise _tell_busy(self.name)
        try:
            yield
        finally:
            self._write_lock.release()

    @property
    def name(self) -> str:
        """The database's address, without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give all connections back to the database."""
        self.engine.dispose()


def _create_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _wrong_url(url) from error
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            parsed,
            hide_parameters=True,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(
            parsed,
            hide_parameters=True,  # an error must not print a customer's address
            pool_size=10,
            max_overflow=20,
            pool_pre_ping=True,
        )
    except (NoSuchModuleError, ImportError) as error:
        raise _wrong_url(url) from error


def _wrong_url(url: str) -> SettingsError:
    scheme = url.split(":", 1)[0]
    return SettingsError(
        f"database = {scheme}:... is not a database that Crossdock knows",
        next_step="Use sqlite:///path/to/file or postgresql+psycopg://user@host/name.",
    )


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the "begin" hook says how a transaction starts
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "cache_size = -16384",  # KiB for each connection: enough for a page's indexes
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _plain_errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        plain = _translate(error, engine)
        if plain is None:
            raise
        raise plain from error


def _tell_busy(where: str) -> StoreBusyError:
    return StoreBusyError(
        f"The database {where} is held by another process or thread.",
        next_step="Wait for it to finish, or stop the other crossdock process.",
    )


def _translate(error: DBAPIError, engine: Engine) -> CrossdockError | None:
    text = str(error.orig)
    where = engine.url.render_as_string(hide_password=True)
    code: Any = getattr(error.orig, "sqlstate", None)
    if "database is locked" in text or code in {"55P03", "40001", "40P01"}:
        return _tell_busy(where)
    if "disk is full" in text or code == "53100":
        return StoreFullError(
            f"The disk under the database {where} is full; nothing was half-saved.",
            next_step="Make room and start again.",
        )
    if "readonly database" in text or "unable to open database" in text:
        return StoreError(
            f"The database {where} cannot be opened for writing.",
            next_step="Check that the folder exists and that you may write to it.",
        )
    if "not a database" in text or "malformed" in text:
        return StoreError(
            f"{where} is not a healthy SQLite database.",
            next_step="Restore the newest backup (crossdock backup writes them).",
        )
    if isinstance(error, OperationalError) and engine.dialect.name == "postgresql":
        return StoreError(
            f"PostgreSQL at {where} cannot be reached or refused the connection: "
            f"{text.splitlines()[0]}",
            next_step="Start the server, or correct database in crossdock.toml.",
        )
    return None
