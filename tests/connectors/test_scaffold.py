"""What ``crossdock scaffold connector`` writes works at once, before it is changed."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from crossdock.canonical.errors import RefusedError, SettingsError
from crossdock.cli.scaffold import write_connector
from crossdock.connectors.quality import Tier, find_false_claims, read_scorecard
from crossdock.connectors.sdk import capabilities_of

REPOSITORY = Path(__file__).resolve().parents[2]


def run_tool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    types = REPOSITORY / ".build" / "types"
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "PYTHONPATH": str(folder), "MYPYPATH": str(types)},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_connector("corner_shop", tmp_path / "corner")
    return tmp_path / "corner"


@pytest.fixture
def importable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(folder)
    yield
    for name in [name for name in sys.modules if name.startswith("crossdock_corner")]:
        del sys.modules[name]


def test_its_own_tests_pass_in_a_process_of_their_own(folder: Path) -> None:
    done = run_tool(folder, "pytest", "-n", "0", "-p", "no:cacheprovider", "-rN")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout or "[100%]" in done.stdout


def test_it_is_tidy_and_strictly_typed(folder: Path) -> None:
    for words in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)):
        done = run_tool(folder, *words)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("importable")
def test_it_is_bronze_and_claims_nothing_that_is_not_so() -> None:
    plugin = importlib.import_module("crossdock_corner_shop").plugin
    scorecard = read_scorecard(plugin)
    assert scorecard.tier is Tier.BRONZE
    assert find_false_claims(plugin, scorecard) == []
    assert (plugin.kind, plugin.title) == ("corner_shop", "Corner Shop")
    assert {"PullsOrders", "PushesStock"} <= set(capabilities_of(plugin))


def test_no_word_of_a_template_is_left_to_be_filled_in(folder: Path) -> None:
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    words = ("@kind@", "@Kind@", "@Title@", "@version@")
    assert [name for name, text in texts.items() if any(w in text for w in words)] == []
    assert 'corner_shop = "crossdock_corner_shop:plugin"' in texts["pyproject.toml"]


@pytest.mark.parametrize("name", ["Bazaar", "7eleven", "my-shop", "a", "../up", "a__b"])
def test_a_name_that_no_kind_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be the name"):
        write_connector(name, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_kind_that_is_built_in_is_not_written_again(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="already, of crossdock"):
        write_connector("shopify", tmp_path / "new")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RefusedError, match="not empty"):
        write_connector("bazaar", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_command_says_what_it_wrote_and_what_comes_next(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("crossdock")
    words = ["scaffold", "connector", "bazaar", "--folder", str(tmp_path / "new")]
    done = subprocess.run(
        [command, *words, "--json"], capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    assert told["kind"] == "bazaar"
    assert all((tmp_path / "new" / name).is_file() for name in told["files"])
