"""The settings as a list: key, environment variable, what is allowed, default, meaning.

Read off the model, so that error messages, documentation and the example file cannot
say anything else than the code does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from .settings import ENVIRONMENT_PREFIX, SECTION_SEPARATOR, HubSettings

_TYPE_WORDS = {int: "whole number", float: "number", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class SettingEntry:
    """One setting, described for people."""

    key: str
    environment: str
    allowed: str
    default: str
    meaning: str
    secret: bool


def list_settings() -> tuple[SettingEntry, ...]:
    """Return every setting in the order of the model."""
    return tuple(_describe("", HubSettings))


def _describe(section: str, model: type[BaseModel]) -> Iterator[SettingEntry]:
    for name, field in model.model_fields.items():
        key = f"{section}{name}"
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _describe(f"{key}.", annotation)
            continue
        yield SettingEntry(
            key=key,
            environment=ENVIRONMENT_PREFIX
            + key.upper().replace(".", SECTION_SEPARATOR),
            allowed=_describe_allowed(field),
            default=_describe_default(field),
            meaning=field.description or "",
            secret=annotation is SecretStr,
        )


def _describe_allowed(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(map(str, get_args(annotation)))
    words = _TYPE_WORDS.get(annotation, "text")
    bounds = {
        name: getattr(bound, name)
        for bound in field.metadata
        for name in ("ge", "gt", "le")
        if hasattr(bound, name)
    }
    if "ge" in bounds and "le" in bounds:
        return f"{words}, {bounds['ge']} to {bounds['le']}"
    if "gt" in bounds and "le" in bounds:
        return f"{words}, above {bounds['gt']}, at most {bounds['le']}"
    return words


def _describe_default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "the user's data folder"
    default = field.default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if isinstance(default, bool):
        return str(default).lower()
    return str(default)
