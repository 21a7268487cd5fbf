"""What every command has in common: --json, an example, documented exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from crossdock.cli.failures import EXIT_MEANINGS, ExitCode
from crossdock.cli.main import app

DOCS = Path(__file__).resolve().parents[2] / "docs"


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    children: dict[str, Any] = getattr(command, "commands", {})
    if not children:
        yield path, command
    for name, child in children.items():
        yield from walk(child, (*path, name))


COMMANDS = list(walk(typer.main.get_command(app), ()))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=lambda one: str(one)[:40])
def test_every_command_takes_json_and_shows_an_example(
    path: tuple[str, ...], command: Any, terminal: Any
) -> None:
    options = {name for one in command.params for name in one.opts}
    assert "--json" in options
    assert f"crossdock {' '.join(path)}" in (command.help or "").partition("Example")[2]
    said = terminal(*path, "--help")
    assert said.code == 0
    assert "Example" in said.out


def test_the_commands_that_were_promised_are_there() -> None:
    first_words = {path[0] for path, _ in COMMANDS}
    promised = (
        "init channels connectors run pull reconcile ship cancel receive count "
        "conflicts replay explain fsck backup audit"
    )
    assert first_words >= {*promised.split()}


def test_every_exit_code_is_explained_in_the_commands_page() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert set(EXIT_MEANINGS) == set(ExitCode)
    missing = [
        code
        for code, meaning in EXIT_MEANINGS.items()
        if f"| {code.value} | {meaning} |" not in page
    ]
    assert missing == []


def test_a_group_without_a_command_shows_its_help(terminal: Any) -> None:
    said = terminal("conflicts")
    assert said.code == ExitCode.USAGE
    assert "resolve" in said.out
    assert "error" not in said.err


def test_the_version_is_told(terminal: Any) -> None:
    said = terminal("--version")
    assert (said.code, said.out.split()[0]) == (0, "crossdock")
