"""``crossdock files preview``, as a person types it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crossdock.cli.failures import ExitCode

ROWS = "Beleg;SKU;Menge;Preis\n1;LAMP;2;1,50\n1;CLOCK;1;x\n2;LAMP;1;2,50\n"


def test_a_preview_shows_columns_first_orders_and_what_is_wrong(
    terminal: Any, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(ROWS, encoding="utf-8")
    said = terminal("files", "preview", str(path), "--set", "columns=order=Beleg")
    assert said.code == 0, said.err
    assert "Beleg" in said.out
    assert "line 3, unit_price" in said.err
    document = terminal(
        "files", "preview", str(path), "--set", "columns=order=Beleg", "--json"
    ).document
    assert document["columns"]["order"] == "Beleg"
    assert document["format"]["decimal_mark"] == "comma"
    assert [one["external_id"] for one in document["orders"]] == ["2"]
    assert [one["place"] for one in document["problems"]] == ["line 3, unit_price"]


def test_a_file_that_is_not_understood_says_which_setting_would_help(
    terminal: Any, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(ROWS, encoding="utf-8")
    said = terminal("files", "preview", str(path))
    assert "columns" in said.err
    document = terminal("files", "preview", str(path), "--json").document
    assert (document["understood"], document["orders"]) == (False, [])


def test_a_missing_file_and_a_wrong_setting_are_named(
    terminal: Any, tmp_path: Path
) -> None:
    gone = terminal("files", "preview", str(tmp_path / "gone.csv"))
    assert gone.code == ExitCode.REFUSED
    wrong = terminal("files", "preview", "orders.csv", "--set", "dates=dd")
    assert wrong.code == ExitCode.USAGE
    assert "dates" in wrong.err
