"""``crossdock init`` makes what is missing and leaves what is there."""

from __future__ import annotations

import stat
from typing import Any

import pytest
from crossdock.config.load import EXAMPLE_FILE


def test_the_first_init_makes_settings_key_and_database(terminal: Any) -> None:
    said = terminal("init", "--json")
    assert said.code == 0
    done = said.document
    assert (done["settings_file_made"], done["key_made"]) == (True, True)
    assert done["schema_before"] is None
    example = EXAMPLE_FILE.read_text(encoding="utf-8")
    assert (terminal.home / "crossdock.toml").read_text(encoding="utf-8") == example
    key = terminal.home / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert (terminal.home / "crossdock.sqlite3").exists()


def test_a_second_init_changes_nothing(hub: Any) -> None:
    before = {path: path.read_bytes() for path in hub.home.glob("*.[tk]*")}
    done = hub("init", "--json").document
    assert (done["settings_file_made"], done["key_made"]) == (False, False)
    assert done["schema_before"] == done["schema"]
    assert {path: path.read_bytes() for path in before} == before
    assert len(before) == 2


def test_init_never_shows_the_key(terminal: Any) -> None:
    said = terminal("init")
    key = (terminal.home / "secret.key").read_text().strip()
    assert key not in said.out + said.err


def test_the_settings_file_is_made_where_it_was_asked_for(terminal: Any) -> None:
    said = terminal("--config", "mine.toml", "init", "--json")
    assert said.code == 0
    assert (terminal.home / "mine.toml").exists()
    assert not (terminal.home / "crossdock.toml").exists()


def test_a_key_from_the_environment_needs_no_file(
    terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crossdock.store.vault import Vault

    monkeypatch.setenv("CROSSDOCK_SECRET_KEY", Vault.generate_key())
    done = terminal("init", "--json").document
    assert done["key_made"] is False
    assert not (terminal.home / "secret.key").exists()
    assert terminal("channels", "list").code == 0
