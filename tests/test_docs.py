"""The documentation is complete and true where a machine can tell.

What exists in the code and is missing from the pages fails here: settings, commands,
errors, conflict kinds, actions, channel kinds. So does a link to nowhere.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical import errors
from crossdock.canonical.conflicts import Action, ConflictKind
from crossdock.config.reference import list_settings

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = REPOSITORY / "docs"
PAGES = sorted([*REPOSITORY.glob("*.md"), *DOCS.rglob("*.md")])
ADR_SECTIONS = ["Context", "Decision", "Alternatives", "Consequences"]


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def list_commands() -> Iterator[str]:
    """Yield every command a person can type, without the name of the program."""
    if importlib.util.find_spec("crossdock.cli.main") is None:
        pytest.skip("this checkout has no terminal")
    import typer

    app = importlib.import_module("crossdock.cli.main").app
    yield from _walk(typer.main.get_command(app), "")


def _walk(command: Any, path: str) -> Iterator[str]:
    children: dict[str, Any] = getattr(command, "commands", {})
    if not children and not command.hidden:
        yield path.strip()
    for name, child in children.items():
        if not child.hidden:
            yield from _walk(child, f"{path} {name}")


def test_the_generated_parts_of_the_pages_are_fresh() -> None:
    script = REPOSITORY / "scripts" / "generate_docs.py"
    answer = subprocess.run(
        [sys.executable, str(script), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_setting_stands_in_the_settings_page() -> None:
    page = read("settings.md")
    missing = [entry.key for entry in list_settings() if f"`{entry.key}`" not in page]
    assert missing == []


def test_every_error_stands_in_the_errors_page() -> None:
    page = read("errors.md")
    classes = inspect.getmembers(errors, inspect.isclass)
    names = [name for name, kind in classes if issubclass(kind, errors.CrossdockError)]
    assert len(names) > 10
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_kind_of_conflict_and_every_action_is_explained() -> None:
    page = read("conflicts.md")
    assert [kind for kind in ConflictKind if f"### `{kind}`" not in page] == []
    assert [action for action in Action if f"| `{action}` | " not in page] == []


def test_every_channel_kind_has_a_page() -> None:
    folders = [
        path.parent.name for path in REPOSITORY.glob("connectors/*/quality.yaml")
    ]
    missing = [
        kind for kind in folders if not (DOCS / f"connectors/{kind}.md").exists()
    ]
    assert missing == []


def test_every_command_stands_in_the_commands_page() -> None:
    commands = list(list_commands())
    page = read("commands.md")
    missing = [name for name in commands if f"### `crossdock {name}`" not in page]
    assert missing == []


def test_every_command_group_stands_in_the_readme() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    first_words = {name.split()[0] for name in list_commands()}
    missing = [word for word in first_words if not re.search(rf"\b{word}\b", readme)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_links_to_what_is_not_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    local = [target for target in targets if "://" not in target]
    missing = [target for target in local if not (page.parent / target).exists()]
    assert missing == []


def test_every_decision_has_the_same_four_parts_and_fits_a_page() -> None:
    decisions = sorted(DOCS.glob("adr/0*.md"))
    assert len(decisions) >= 9
    for number, path in enumerate(decisions, start=1):
        text = path.read_text(encoding="utf-8")
        assert path.name.startswith(f"{number:04}-")
        assert text.startswith(f"# {number:04}: ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ADR_SECTIONS, path.name
        assert text.count("\n") <= 60, path.name
        assert f"({path.name})" in read("adr/README.md")


def test_the_glossary_explains_each_word_once_and_in_order() -> None:
    words = re.findall(r"^\| ([\w -]+) \| [A-Z]", read("glossary.md"), re.MULTILINE)
    assert len(words) > 40
    assert words == sorted(set(words), key=str.lower)
