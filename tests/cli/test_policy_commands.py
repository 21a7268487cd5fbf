"""``crossdock policy``: looked at first, then said, then seen in what is shown."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.cli.failures import ExitCode


def list_shown(terminal: Any) -> list[int]:
    explained = terminal("explain", "sku", "TEA", "--json").document
    return [one["computed"] for one in explained["shown"]]


def test_a_dry_run_shows_what_would_change_and_changes_nothing(connected: Any) -> None:
    said = connected("policy", "set", "pool", "--buffer", "3", "--dry-run", "--json")
    assert said.code == 0, said.err
    assert (said.document["written"], said.document["listings_changed"]) == (False, 1)
    (change,) = said.document["changes"]
    assert (change["channel"], change["before"], change["after"]) == ("shop", 10, 7)
    assert change["skus"] == ["TEA"]
    assert connected("policy", "show", "--json").document["policies"] == []
    assert list_shown(connected) == [10]
    page = connected("policy", "set", "pool", "--buffer", "3", "--dry-run").out
    assert "1 listing would show something else" in page
    assert "would apply to everything" in page


def test_a_policy_is_set_shown_and_cleared(connected: Any) -> None:
    words = ("--sku", "tea", "--channel", "shop", "--reason", "fragile")
    said = connected("policy", "set", "pool", "--buffer", "3", *words, "--json")
    assert said.code == 0, said.err
    assert said.document["policy"]["sku"] == "TEA"
    assert list_shown(connected) == [7]
    (kept,) = connected("policy", "show", "--json").document["policies"]
    assert (kept["channel"], kept["sku"], kept["buffer_units"]) == ("shop", "TEA", 3)
    page = connected("policy", "show").out
    assert "TEA on shop" in page
    assert "funnel" in page
    explained = connected("explain", "sku", "TEA").out
    assert "by the policy of TEA on shop" in explained
    assert "+ 10 available - 3 buffer = 7 TEA" in explained
    gone = connected("policy", "clear", "--channel", "shop", "--sku", "TEA", "--json")
    assert (gone.document["written"], gone.document["listings_changed"]) == (True, 1)
    assert list_shown(connected) == [10]
    again = connected("policy", "clear", "--channel", "shop", "--sku", "TEA")
    assert again.code == 0
    assert "There is no policy of TEA on shop" in again.out


def test_clearing_can_be_looked_at_too(connected: Any) -> None:
    connected("policy", "set", "pool", "--buffer", "3")
    said = connected("policy", "clear", "--dry-run")
    assert "The policy of everything would go" in said.out
    assert list_shown(connected) == [7]


def test_a_record_in_escrow_is_explained_by_its_quota(connected: Any) -> None:
    said = connected("policy", "set", "escrow", "--sku", "TEA")
    assert said.code == 0, said.err
    assert "after some time at zero" in said.out
    explained = connected("explain", "sku", "TEA", "--json").document
    (shown,) = explained["shown"]
    assert shown["quota"]["state"] == "closing"
    assert explained["granted"] == 10
    assert "its quota is being closed" in shown["why"]
    assert sum(term["units"] for term in shown["account"]) == shown["computed"] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("set", "pool", "--threshold", "2"), ExitCode.USAGE),
        (("set", "lottery"), ExitCode.USAGE),
        (("set", "pool", "--sku", "GHOST"), ExitCode.REFUSED),
        (("set", "pool", "--channel", "ghost"), ExitCode.REFUSED),
        (("clear", "--sku", "GHOST"), ExitCode.REFUSED),
    ],
)
def test_what_cannot_be_a_policy_is_said_in_a_sentence(
    connected: Any, words: tuple[str, ...], code: ExitCode
) -> None:
    said = connected("policy", *words)
    assert said.code == code
    assert "error" in said.err.lower()
