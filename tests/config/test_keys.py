"""The secret key: a setting, or a file that only its owner can read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from crossdock.config.keys import keep_secret_key, read_secret_key
from crossdock.config.problems import SettingsProblem
from crossdock.config.settings import HubSettings


def settings_in(home: Path, **values: str) -> HubSettings:
    return HubSettings.model_validate({"home": home, **values})


def test_a_key_that_was_kept_is_read_back(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "new" / "home")
    path = keep_secret_key(settings, "a-key")
    assert path == settings.secret_key_file
    assert read_secret_key(settings) == "a-key"


def test_only_its_owner_can_read_the_key(tmp_path: Path) -> None:
    path = keep_secret_key(settings_in(tmp_path), "a-key")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    keep_secret_key(settings, "the-first")
    with pytest.raises(FileExistsError):
        keep_secret_key(settings, "the-second")
    assert read_secret_key(settings) == "the-first"


def test_a_key_in_the_settings_wins_over_the_file(tmp_path: Path) -> None:
    keep_secret_key(settings_in(tmp_path), "in-the-file")
    settings = settings_in(tmp_path, secret_key="in-the-settings")
    assert read_secret_key(settings) == "in-the-settings"


def test_a_hub_without_a_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="run crossdock init"):
        read_secret_key(settings_in(tmp_path))


def test_a_key_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.secret_key_file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsProblem, match=r"secret\.key cannot be read"):
        read_secret_key(settings)
