"""Asking for a channel's settings: what the connector's model says, one by one.

Values come from ``--set`` or from a person; each is checked where it is typed. Secrets
are never shown and need not stand on the command line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from rich.text import Text

from ..canonical.errors import SettingsError
from ..connectors.sdk import ConnectorSettings, Plugin
from .output import Output

_FROM_STDIN = "-"
_FROM_FILE = "@"
_FROM_VARIABLE = "env:"


def read_given(texts: Sequence[str]) -> dict[str, str]:
    """Return the values of ``--set key=value``.

    A value may be ``@FILE``, ``env:NAME`` or ``-`` (standard input), so that a secret
    stays out of the shell's history and the list of processes.

    Raises:
        SettingsError: there is no ``=``, or nothing to read the value from.
    """
    given: dict[str, str] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise SettingsError(
                # Not the text: somebody may have forgotten the name of a secret.
                "A --set has no name: it is written --set NAME=VALUE",
                next_step="crossdock connectors KIND lists the names.",
            )
        given[key.strip()] = _fetch_value(key, value)
    return given


def _fetch_value(key: str, value: str) -> str:
    if value == _FROM_STDIN:
        return sys.stdin.readline().rstrip("\r\n")
    if value.startswith(_FROM_FILE):
        path = Path(value.removeprefix(_FROM_FILE)).expanduser()
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"{key}: the file {path} cannot be read: {error}",
                next_step="Name a text file that holds the value and nothing else.",
            ) from error
    if value.startswith(_FROM_VARIABLE):
        name = value.removeprefix(_FROM_VARIABLE)
        found = os.environ.get(name)
        if found is None:
            raise SettingsError(
                f"{key}: the environment variable {name} is not set",
                next_step=f"Set it, or give {key} another way.",
            )
        return found
    return value


def ask_settings(plugin: Plugin, output: Output) -> dict[str, Any]:
    """Ask a person for every setting of a channel kind; empty answers take the default.

    Raises:
        typer.Abort: nobody answers.
    """
    output.note(f"{plugin.title} needs to know a few things. Ctrl-C stops; nothing is")
    output.note("saved before the channel has accepted it.")
    answers: dict[str, Any] = {}
    for name, field in plugin.settings.model_fields.items():
        answer = _ask(field, name, output)
        if answer is not None:
            answers[name] = answer
    return answers


def _ask(field: FieldInfo, name: str, output: Output) -> Any:
    title = field.title or name
    examples = ", ".join(str(one) for one in field.examples or ())
    hint = field.description or ""
    if examples:
        hint += f" Example: {examples}"
    output.err.print()
    output.err.print(Text(hint, style="dim"))
    if field.annotation is bool:
        return typer.confirm(title, default=bool(field.default), err=True)
    check = _make_check(field)
    while True:
        text = _prompt(field, title)
        if not text and not field.is_required():
            return None
        problem = check(text) if text else "It is needed."
        if not problem:
            return text
        output.err.print(Text.assemble(("  ", ""), (problem, "yellow")))


def _prompt(field: FieldInfo, title: str) -> str:
    choices = ""
    if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
        choices = f" ({', '.join(str(one.value) for one in field.annotation)})"
    optional = "" if field.is_required() else " [empty: none]"
    if isinstance(field.default, Enum):
        optional = f" [empty: {field.default.value}]"
    text: str = typer.prompt(
        f"{title}{choices}{optional}",
        default="",
        show_default=False,
        hide_input=is_secret(field),
        err=True,
    )
    return text.strip()


def _make_check(field: FieldInfo) -> Callable[[str], str]:
    """Return what says why a text cannot be the value of a field; empty if it can."""
    kind: Any = (
        Annotated[(field.annotation, *field.metadata)]
        if field.metadata
        else field.annotation
    )
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def check(text: str) -> str:
        try:
            adapter.validate_python(text)
        except ValidationError as error:
            # Without the input: it may be a secret.
            first = error.errors(include_url=False, include_input=False)[0]
            return first["msg"].removeprefix("Value error, ")
        return ""

    return check


def is_secret(field: FieldInfo) -> bool:
    """Return whether a setting must never be shown."""
    return SecretStr in {field.annotation, *get_args(field.annotation)}


def describe_settings(settings: type[ConnectorSettings]) -> list[Mapping[str, Any]]:
    """Return what a kind's settings are, for tables and programs."""
    described: list[Mapping[str, Any]] = []
    for name, field in settings.model_fields.items():
        default = field.default
        known = not field.is_required() and default not in (None, "")
        described.append(
            {
                "name": name,
                "title": field.title or name,
                "required": field.is_required(),
                "secret": is_secret(field),
                "default": default if known else None,
                "description": field.description or "",
                "examples": list(field.examples or ()),
            }
        )
    return described
