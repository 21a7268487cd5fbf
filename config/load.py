"""Reading the settings: one TOML file, the environment over it, clear problems.

Not the place where defaults or meanings are written; those stand on the model.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rapidfuzz import fuzz, process

from .problems import SettingsProblem
from .reference import SettingEntry, list_settings
from .settings import ENVIRONMENT_PREFIX, HubSettings

FILE_NAME = "crossdock.toml"
FILE_VARIABLE = f"{ENVIRONMENT_PREFIX}CONFIG"
EXAMPLE_FILE = Path(__file__).with_name("crossdock.example.toml")
_TEST_PREFIX = f"{ENVIRONMENT_PREFIX}TEST_"
_SIMILAR_ENOUGH = 60


def find_settings_file(given: Path | None = None) -> Path | None:
    """Return the file to read: the one given, CROSSDOCK_CONFIG, or ./crossdock.toml.

    Raises:
        SettingsProblem: a file was named, and is not there.
    """
    variable = os.environ.get(FILE_VARIABLE)
    named = given or (Path(variable) if variable else None)
    if named is None:
        here = Path(FILE_NAME)
        return here if here.is_file() else None
    if not named.is_file():
        raise SettingsProblem(
            key="--config" if given else FILE_VARIABLE,
            value=str(named),
            allowed="has to be the path of a file that exists",
        )
    return named


def load_settings(given: Path | None = None) -> HubSettings:
    """Return the settings of the file and the environment.

    Args:
        given: the settings file, where a person named one.

    Raises:
        SettingsProblem: a key is unknown, a value is not allowed, or the file cannot
            be read; the message names all that is needed to mend it.
    """
    path = find_settings_file(given)
    values = _read_file(path) if path else {}
    _refuse_unknown_keys(values, str(path))
    _refuse_unknown_variables(os.environ)
    _place_relative_paths(values, path)
    try:
        return HubSettings(**values)
    except ValidationError as error:
        raise _explain(error, path) from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        problem = f"has to be TOML; {error}"
    except UnicodeDecodeError:
        problem = "has to be a text file in UTF-8"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    raise SettingsProblem(key=str(path), allowed=problem)


def _flatten(values: Mapping[str, Any], section: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{section}{name}.")
        else:
            yield f"{section}{name}"


def _suggest(key: str, known: list[str]) -> str:
    hit = process.extractOne(
        key, known, scorer=fuzz.WRatio, score_cutoff=_SIMILAR_ENOUGH
    )
    nearest = f"; did you mean {hit[0]}?" if hit else ""
    return f"no such setting{nearest}"


def _refuse_unknown_keys(values: Mapping[str, Any], source: str) -> None:
    known = [entry.key for entry in list_settings()]
    for key in _flatten(values):
        if key not in known:
            raise SettingsProblem(key=key, allowed=_suggest(key, known), source=source)


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = [entry.environment for entry in list_settings()]
    for name in environment:
        ours = name.startswith(ENVIRONMENT_PREFIX)
        if not ours or name.startswith(_TEST_PREFIX) or name == FILE_VARIABLE:
            continue
        if name not in known:
            raise SettingsProblem(
                key=name, allowed=_suggest(name, known), source="environment"
            )


def _place_relative_paths(values: dict[str, Any], path: Path | None) -> None:
    """Let a relative folder in a file start at that file, not where we stand."""
    if path is None:
        return
    for table, name in ((values, "home"), (values.get("connectors"), "folder")):
        given = table.get(name) if isinstance(table, dict) else None
        if isinstance(table, dict) and isinstance(given, str) and given:
            table[name] = str(path.resolve().parent / Path(given).expanduser())


def _explain(error: ValidationError, path: Path | None) -> SettingsProblem:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    entry = next(entry for entry in list_settings() if entry.key == key)
    from_environment = entry.environment in os.environ
    return SettingsProblem(
        key=key,
        value="(hidden)" if entry.secret else repr(first["input"]),
        allowed=_describe_remedy(entry, first),
        source=entry.environment if from_environment else str(path or ""),
    )


def _describe_remedy(entry: SettingEntry, detail: Mapping[str, Any]) -> str:
    """Return what would do; a validator of ours says it in its own words."""
    own_words = detail.get("ctx", {}).get("error")
    return f"allowed is: {own_words or entry.allowed}"
