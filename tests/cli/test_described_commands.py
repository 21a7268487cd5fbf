"""``crossdock connectors check``, and kinds of files in the list of connectors."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from crossdock.cli.failures import ExitCode

EXAMPLE = Path(__file__).parents[2] / "config" / "connectors" / "example.toml"


def test_a_right_file_shows_what_would_be_sent_and_sends_nothing(terminal: Any) -> None:
    said = terminal("connectors", "check", str(EXAMPLE))
    assert said.code == 0, said.err
    assert "PUT /stock" in said.out
    document = terminal("connectors", "check", str(EXAMPLE), "--json").document
    assert document["kind"] == "bazaar_file"
    assert [one["for"] for one in document["requests"]][:2] == ["check", "pull_orders"]
    assert {one["name"] for one in document["settings"]} == {
        "address",
        "token",
        "webhook_secret",
    }


def test_a_mistake_is_told_with_its_line(terminal: Any, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(EXAMPLE.read_text().replace('type = "header"', 'type = "magic"'))
    said = terminal("connectors", "check", str(path))
    assert said.code == ExitCode.USAGE
    assert "mine.toml, line 12" in said.err


def test_a_kind_of_the_folder_is_listed_beside_the_others(
    terminal: Any, tmp_path: Path
) -> None:
    (tmp_path / "kinds").mkdir()
    shutil.copy(EXAMPLE, tmp_path / "kinds")
    config = tmp_path / "crossdock.toml"
    config.write_text('[connectors]\nfolder = "kinds"\n')
    listed = terminal("--config", str(config), "connectors", "--json").document
    (one,) = [each for each in listed if each["kind"] == "bazaar_file"]
    assert (one["title"], one["distribution"]) == ("Bazaar, described", "example.toml")
