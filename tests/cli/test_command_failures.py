"""What goes wrong is said in one line with the next step, and never as a traceback."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from crossdock.cli.failures import ExitCode, explain_failure
from crossdock.simulators.wire import Response
from crossdock.store import engine
from crossdock.sync import accounts


def require_failure(said: Any, code: ExitCode, *words: str) -> None:
    """Require one line, a next step, an exit code and no traceback."""
    assert said.code == code, said.err
    lines = said.err.strip().splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    assert len(errors) == 1, said.err
    assert lines[lines.index(errors[0]) + 1].startswith("next:  ")
    for word in words:
        assert word in errors[0]
    assert "Traceback" not in said.err


@contextmanager
def database(home: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(home / "crossdock.sqlite3")) as connection:
        yield connection


def test_a_hub_that_was_not_set_up_says_so(terminal: Any) -> None:
    said = terminal("channels", "list")
    require_failure(said, ExitCode.STORE, "There is no database at")
    assert "crossdock init" in said.err
    assert not (terminal.home / "crossdock.sqlite3").exists()


def test_an_error_is_one_json_object_where_json_was_asked_for(terminal: Any) -> None:
    said = terminal("channels", "list", "--json")
    assert said.code == ExitCode.STORE
    assert set(said.document) == {"error", "message", "next_step"}
    assert said.document["error"] == "SchemaMismatchError"
    assert all(said.document.values())


def test_wrong_usage_is_a_json_object_too(terminal: Any) -> None:
    said = terminal("ship", "--json")
    assert said.code == ExitCode.USAGE
    assert said.document["error"] == "UsageError"
    assert "ORDER" in said.document["message"]


def test_a_wrong_setting_is_named_with_what_is_allowed(
    terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSDOCK_SERVER__PORT", "99999")
    said = terminal("channels", "list")
    require_failure(said, ExitCode.USAGE, "server.port", "99999", "1 to 65535")


def test_a_missing_settings_file_is_named(terminal: Any) -> None:
    said = terminal("--config", "nowhere.toml", "channels", "list")
    require_failure(said, ExitCode.USAGE, "nowhere.toml")


def test_f19_a_newer_database_is_left_alone(hub: Any) -> None:
    with database(hub.home) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in (["channels", "list"], ["init"], ["run", "--no-webhooks"]):
        require_failure(hub(*command), ExitCode.STORE, "schema 9999")


def test_a_locked_database_says_that_another_process_holds_it(
    hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    with database(hub.home) as connection:
        connection.execute("BEGIN IMMEDIATE")
        said = hub("reconcile", "--all")
    require_failure(said, ExitCode.STORE, "held by another process")


def test_f10_a_full_disk_is_said_and_nothing_is_half_saved(
    hub: Any, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = engine._prepare_sqlite

    def fill_the_disk(connection: sqlite3.Connection, record: Any) -> None:
        prepare(connection, record)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    market.offer("TEA" * 2000)
    with monkeypatch.context() as full:
        full.setattr(engine, "_prepare_sqlite", fill_the_disk)
        said = hub.add_shop(market.url)
    require_failure(said, ExitCode.STORE, "is full")
    assert hub("fsck").code == 0


def test_wrong_credentials_say_what_the_channel_answered(hub: Any, market: Any) -> None:
    said = hub(
        *("channels", "add", "woocommerce", "--set", f"shop_url={market.url}"),
        *("--set", "consumer_key=ck_simulated", "--set", "consumer_secret=cs_wrong"),
    )
    require_failure(said, ExitCode.CHANNEL, "401", "signature")
    assert "cs_wrong" not in said.err + said.out
    assert hub("channels", "list", "--json").document == []


def answer_html(status: int) -> Callable[[Any], Response]:
    page = b"<html><body>Welcome to our shop!</body></html>"
    return lambda request: Response(status, {"content-type": "text/html"}, page)


@pytest.mark.parametrize("status", [200, 404, 503])
def test_e18_a_shop_that_answers_html_says_so(
    hub: Any, market: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market.shop, "answer", answer_html(status))
    said = hub.add_shop(market.url)
    require_failure(said, ExitCode.CHANNEL)
    assert hub("channels", "list", "--json").document == []


def test_a_shop_that_is_not_there_says_so(hub: Any, free_port: int) -> None:
    said = hub.add_shop(f"http://127.0.0.1:{free_port}")
    require_failure(said, ExitCode.CHANNEL, "cannot be reached")
    assert hub("channels", "list", "--json").document == []


def test_a_private_address_needs_leave(
    hub: Any, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSDOCK_NETWORK__ALLOW_PRIVATE", "false")
    said = hub.add_shop(market.url)
    assert said.code in (ExitCode.CHANNEL, ExitCode.USAGE)
    assert "allow_private" in said.err


def test_a_port_in_use_is_said_with_the_next_step(
    hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("CROSSDOCK_SERVER__PORT", str(port))
        said = hub("run")
    require_failure(said, ExitCode.USAGE, f"Port {port}", "in use")


def test_an_address_of_another_machine_cannot_be_listened_on(
    hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSDOCK_SERVER__HOST", "192.0.2.7")
    require_failure(hub("run"), ExitCode.USAGE, "192.0.2.7")


def test_an_unexpected_error_is_one_line_that_tells_no_secret(
    hub: Any, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError("the secret is cs_simulated")

    monkeypatch.setattr(accounts, "add_channel", break_down)
    said = hub.add_shop(market.url)
    require_failure(said, ExitCode.DEFECT, "ZeroDivisionError")
    assert "cs_simulated" not in said.err
    assert "--debug" in said.err


def test_debug_shows_the_details_of_an_unexpected_error(
    hub: Any, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError("one by nothing")

    monkeypatch.setattr(accounts, "add_channel", break_down)
    words = ["--set", f"shop_url={market.url}", "--set", "consumer_key=a"]
    words += ["--set", "consumer_secret=b"]
    said = hub("--debug", "channels", "add", "woocommerce", *words)
    assert said.code == ExitCode.DEFECT
    assert "one by nothing" in said.err


def test_a_lost_key_is_not_replaced_by_another_one(connected: Any) -> None:
    key = connected.home / "secret.key"
    key.unlink()
    said = connected("init")
    require_failure(said, ExitCode.USAGE, "secrets of shop")
    assert not key.exists()


def test_a_folder_that_cannot_be_written_is_named(
    home: Path, terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("in the way")
    monkeypatch.setenv("CROSSDOCK_HOME", str(home / "file" / "hub"))
    require_failure(terminal("init"), ExitCode.STORE, "file")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), ExitCode.DEFECT),
        (OSError(28, os.strerror(28), "/mnt/full"), ExitCode.STORE),
        (OSError("nothing is known"), ExitCode.DEFECT),
    ],
)
def test_errors_from_below_have_a_code_and_a_next_step(
    error: BaseException, code: ExitCode
) -> None:
    failure = explain_failure(error)
    assert failure.code == code
    assert failure.next_step
    json.dumps(failure.message)
