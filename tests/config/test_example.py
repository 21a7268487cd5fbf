"""The example settings file: complete, valid, and changing nothing as it stands."""

from __future__ import annotations

import re
import tomllib

from crossdock.config.load import EXAMPLE_FILE
from crossdock.config.reference import list_settings
from crossdock.config.settings import HubSettings


def test_the_example_as_it_stands_sets_nothing() -> None:
    values = tomllib.loads(EXAMPLE_FILE.read_text(encoding="utf-8"))
    assert [section for section in values.values() if section] == []


def test_the_example_shows_every_setting_with_its_default() -> None:
    text = EXAMPLE_FILE.read_text(encoding="utf-8")
    values = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE))
    home = values.pop("home")
    assert home == "."
    shown = set(values) | {
        f"{section}.{key}"
        for section, keys in values.items()
        if isinstance(keys, dict)
        for key in keys
    }
    assert {entry.key for entry in list_settings()} - {"home"} <= shown
    assert HubSettings(**values) == HubSettings()
