"""Scorecards: every rule claimed, each claim true as far as a machine can tell."""

from __future__ import annotations

import dataclasses
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.errors import SettingsError
from crossdock.connectors.quality import (
    RULES,
    Claim,
    Scorecard,
    Status,
    Tier,
    find_false_claims,
    parse_scorecard,
    read_scorecard,
)
from crossdock.connectors.sdk import (
    ConnectorSettings,
    Plugin,
    StockWriteMode,
    Traits,
)
from pydantic import Field, SecretStr

ALL_DONE = dict.fromkeys(RULES, Claim(status=Status.DONE))
README = "# Bazaar\n\n## Set up\n\nAsk for a token.\n\n## Limits\n\nNo returns.\n"


class _Settings(ConnectorSettings):
    token: SecretStr = Field(title="Token", description="From Bazaar.")
    refresh_token: SecretStr | None = Field(
        default=None, title="Refresh token", description="From Bazaar."
    )


class _Connector:
    """Has the names of some capabilities; none of them is ever called."""

    check: Any = None
    pull_orders: Any = None
    fetch_orders: Any = None
    read_stock: Any = None


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    folder = tmp_path / "bazaar_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "README.md").write_text(README)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "bazaar_package", raising=False)
    connector = type(
        "Bazaar", (_Connector,), {"__module__": "bazaar_package.connector"}
    )
    return Plugin(
        kind="bazaar",
        title="Bazaar",
        api_version="3",
        settings=_Settings,
        traits=Traits(StockWriteMode.ABSOLUTE, 1, 1, 1.0, 1, 0, 0, 0),
        translator=types.SimpleNamespace(read_order=None, read_listings=None),
        connector=connector,
        connect=lambda settings, context: pytest.fail("not to be called"),
    )


def _card(**changes: Claim) -> Scorecard:
    named = {name.replace("_", "-"): claim for name, claim in changes.items()}
    return Scorecard(rules={**ALL_DONE, **named}, seen_on="Bazaar 3.1")


TODO = Claim(status=Status.TODO, comment="next month")
EXEMPT = Claim(status=Status.EXEMPT, comment="the channel cannot")


def test_rules_are_about_twenty_and_every_tier_has_some() -> None:
    assert 18 <= len(RULES) <= 24
    assert {rule.tier for rule in RULES.values()} == set(Tier) - {Tier.NONE}
    assert all(rule.meaning.endswith(".") for rule in RULES.values())


@pytest.mark.parametrize(
    ("card", "tier"),
    [
        (_card(), Tier.PLATINUM),
        (_card(returns=EXEMPT), Tier.PLATINUM),
        (_card(contract_validated=TODO), Tier.GOLD),
        (_card(returns=TODO), Tier.SILVER),
        (_card(reauth=TODO), Tier.BRONZE),
        (_card(docs_setup=TODO), Tier.NONE),
        (_card(docs_setup=TODO, returns=TODO), Tier.NONE),
    ],
)
def test_the_tier_is_the_highest_below_which_nothing_is_left_to_do(
    card: Scorecard, tier: Tier
) -> None:
    assert card.tier is tier


def test_a_scorecard_is_read_from_yaml_with_bare_and_explained_claims() -> None:
    lines = [f"  {name}: done" for name in RULES if name != "returns"]
    lines.append("  returns: {status: exempt, comment: no returns on this channel}")
    card = parse_scorecard("rules:\n" + "\n".join(lines) + "\nseen_on: Bazaar 3.1")
    assert card.rules["paced"].status is Status.DONE
    assert card.rules["returns"].comment == "no returns on this channel"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "valid"),
        ("rules: [", "quality.yaml"),
        ("rules: {}", "missing rules"),
        ("rules: {paced: perhaps}", "perhaps"),
        (
            "rules: {" + ", ".join(f"{name}: done" for name in RULES) + ", neat: done}",
            "unknown rules: .'neat'",
        ),
        (
            "rules: {" + ", ".join(f"{name}: todo" for name in RULES) + "}",
            "needs a comment",
        ),
        (
            "rules: {" + ", ".join(f"{name}: done" for name in RULES) + "}",
            "seen_on or not_seen",
        ),
        (
            "rules: {"
            + ", ".join(f"{name}: {{status: exempt, comment: ' '}}" for name in RULES)
            + "}",
            "needs a comment",
        ),
    ],
)
def test_a_scorecard_that_hides_something_is_refused(text: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        parse_scorecard(text)


def test_true_claims_are_not_contradicted(plugin: Plugin) -> None:
    card = _card(push_per_write=EXEMPT, webhook_verified=TODO)
    assert find_false_claims(plugin, card) == []


def test_a_claimed_capability_that_the_class_lacks_is_found(plugin: Plugin) -> None:
    assert find_false_claims(plugin, _card(webhook_verified=EXEMPT)) == [
        "push-per-write is done, but the class lacks PushesStock"
    ]


def test_an_exemption_from_what_the_class_can_do_is_found(plugin: Plugin) -> None:
    card = _card(stock_read_back=EXEMPT, push_per_write=EXEMPT, webhook_verified=EXEMPT)
    assert find_false_claims(plugin, card) == [
        "stock-read-back is exempt, but the class has ReadsStock"
    ]


class _Untitled(ConnectorSettings):
    address: str


class _Open(ConnectorSettings):
    api_token: str = Field(title="Token", description="In the open.")


class _Mute:
    pull_orders: Any = None
    fetch_orders: Any = None
    read_stock: Any = None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"settings": _Untitled}, "the setting address has no title"),
        ({"settings": _Open}, "the setting api_token is no SecretStr"),
        ({"settings": dict}, "dict is no ConnectorSettings"),
        ({"connector": _Mute}, "the class has no check"),
        (
            {"traits": Traits(StockWriteMode.ABSOLUTE, 1, 1, 0, 1, 0, 0, 0)},
            "its traits declare no pace",
        ),
    ],
)
def test_a_claim_that_the_code_contradicts_is_found(
    plugin: Plugin, changes: dict[str, Any], words: str
) -> None:
    card = _card(push_per_write=EXEMPT, webhook_verified=EXEMPT)
    found = find_false_claims(dataclasses.replace(plugin, **changes), card)
    assert any(words in claim for claim in found)


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("## Set up", "docs-setup is done, but its README.md has no heading"),
        ("## Limits", "known-limits-documented is done, but its README.md has no"),
    ],
)
def test_documentation_that_is_claimed_must_be_there(
    plugin: Plugin, tmp_path: Path, heading: str, words: str
) -> None:
    readme = README.replace(heading, "Something else")
    (tmp_path / "bazaar_package" / "README.md").write_text(readme)
    card = _card(push_per_write=EXEMPT, webhook_verified=EXEMPT)
    (claim,) = find_false_claims(plugin, card)
    assert words in claim


def test_a_connectors_scorecard_is_read_from_its_folder(
    plugin: Plugin, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=r"has no quality\.yaml"):
        read_scorecard(plugin)
    lines = "\n".join(f"  {name}: done" for name in RULES)
    (tmp_path / "bazaar_package" / "quality.yaml").write_text(
        "rules:\n" + lines + "\nnot_seen: no account"
    )
    assert read_scorecard(plugin).tier is Tier.PLATINUM


def test_a_connector_outside_any_package_has_no_scorecard(plugin: Plugin) -> None:
    loose = dataclasses.replace(plugin, connector=_Connector)
    with pytest.raises(SettingsError, match=r"has no quality\.yaml"):
        read_scorecard(loose)
