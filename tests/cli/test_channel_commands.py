"""Connecting channels from the terminal, looking after them, letting them go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from crossdock.cli.failures import ExitCode
from crossdock.connectors import registry
from crossdock.connectors.registry import Source


def test_a_channel_is_tried_saved_and_read_at_once(hub: Any, market: Any) -> None:
    market.offer("TEA")
    market.offer("MUG")
    said = hub.add_shop(market.url, "--json")
    assert said.code == 0, said.err
    one = said.document
    assert (one["name"], one["kind"], one["state"]) == (
        "shop",
        "woocommerce",
        "enabled",
    )
    assert (one["listings"], one["published"], one["in_step"]) == (2, 2, 2)
    assert "plain http" in said.err  # what will not work well is said


def test_settings_are_asked_for_and_mended_where_they_are_typed(
    hub: Any, market: Any
) -> None:
    answers = [
        "not an address",
        market.url,
        "ck_simulated",
        "",
        "cs_simulated",
        "loudly",
        "note",
        "n",
        "y",
    ]
    said = hub(
        "channels", "add", "woocommerce", "--no-read", answers="\n".join(answers)
    )
    assert said.code == 0, said.err
    assert "must start with https://" in said.err
    assert "It is needed." in said.err
    assert "'auto', 'native' or 'note'" in said.err
    assert hub("channels", "check", "woocommerce").code == 0


def test_questions_that_nobody_answers_end_without_a_channel(hub: Any) -> None:
    said = hub("channels", "add", "woocommerce")
    assert said.code == ExitCode.INTERRUPTED
    assert hub("channels", "list", "--json").document == []


def test_secrets_come_from_files_variables_and_standard_input(
    hub: Any, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("secret.txt").write_text("cs_simulated\n")
    monkeypatch.setenv("SHOP_KEY", "ck_simulated")
    given = ["--set", f"shop_url={market.url}", "--set", "consumer_key=env:SHOP_KEY"]
    from_file = [*given, "--set", "consumer_secret=@secret.txt", "--no-read"]
    assert hub("channels", "add", "woocommerce", *from_file).code == 0
    assert hub("channels", "remove", "woocommerce", "--yes").code == 0
    piped = [*given, "--set", "consumer_secret=-", "--no-read"]
    said = hub("channels", "add", "woocommerce", *piped, answers="cs_simulated\n")
    assert said.code == 0, said.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--set", "cs_forgotten_name"], "no name"),
        (["--set", "consumer_key=@nowhere.txt"], "nowhere.txt"),
        (["--set", "consumer_key=env:NOBODY"], "NOBODY"),
        (["--set", "colour=blue"], "colour"),
        (["--set", "consumer_key=a"], "shop_url"),
        (["--set", "a=b", "--since", "yesterday"], "yesterday"),
        (["--on-drift", "shrug"], "shrug"),
    ],
)
def test_what_cannot_be_used_is_named(
    hub: Any, words: list[str], expected: str
) -> None:
    said = hub("channels", "add", "woocommerce", *words)
    assert said.code == ExitCode.USAGE
    assert expected in said.err
    assert "cs_forgotten_name" not in said.err


def test_an_unknown_kind_says_which_there_are(hub: Any) -> None:
    said = hub("channels", "add", "wocommerce")
    assert said.code == ExitCode.USAGE
    assert "woocommerce" in said.err


def test_one_account_is_one_channel_and_one_name_too(
    connected: Any, market: Any
) -> None:
    again = connected.add_shop(market.url, name="second")
    assert again.code == ExitCode.REFUSED
    assert "connected already, as shop" in again.err
    same_name = connected.add_shop(market.url)
    assert same_name.code == ExitCode.REFUSED


def test_the_policy_of_a_channel_is_kept(hub: Any, market: Any) -> None:
    words = ["--buffer", "2", "--on-drift", "overwrite", "--no-catalog-source"]
    words += ["--since", "2026-01-31T08:00:00+01:00", "--no-read", "--json"]
    one = hub.add_shop(market.url, *words).document
    assert (one["buffer"], one["on_drift"]) == (2, "overwrite")
    assert one["catalog_source"] is False
    assert one["orders_since"] == "2026-01-31T07:00:00Z"


def test_the_list_shows_states_in_words_and_no_secret(connected: Any) -> None:
    said = connected("channels", "list")
    assert "enabled" in said.out
    assert "1 of 1" in said.out
    connected("channels", "pause", "shop")
    said = connected("channels", "list", "--json")
    assert said.document[0]["state"] == "paused"
    assert "cs_simulated" not in said.out
    assert "webhook" not in said.out


def test_a_paused_channel_is_not_pulled_and_catches_up_when_resumed(
    connected: Any, market: Any
) -> None:
    assert connected("channels", "pause", "shop", "--json").document["changed"]
    order = market.buy("101", 2)
    assert connected("pull", "--json").document["channels"] == []
    refused = connected("pull", "shop")
    assert refused.code == ExitCode.REFUSED
    assert "resume shop" in refused.err
    assert connected("channels", "resume", "shop").code == 0
    assert connected("explain", "order", order).code == 0


def test_a_check_enables_a_channel_that_waited_for_a_person(
    connected: Any, market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as revoked:
        revoked.setattr(market.shop, "answer", market.shop.answer_expired)
        said = connected("channels", "check", "shop")
        assert said.code == ExitCode.CHANNEL
        connected("channels", "resume", "shop")
        listed = connected("channels", "list", "--json").document
        assert listed[0]["state"] == "needs_reauth"
    assert connected("channels", "check", "shop").code == 0
    assert connected("channels", "list", "--json").document[0]["state"] == "enabled"


def test_a_check_names_the_address_that_a_channels_own_pages_may_want(
    connected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = connected("channels", "check", "shop", "--json").document
    assert silent["callback_url"] == ""
    monkeypatch.setenv("CROSSDOCK_SERVER__PUBLIC_URL", "https://hub.example")
    said = connected("channels", "check", "shop")
    told = connected("channels", "check", "shop", "--json").document
    assert told["callback_url"].startswith("https://hub.example/webhooks/")
    assert told["callback_url"] in said.out + said.err


def test_removing_asks_first_and_frees_what_was_claimed(
    connected: Any, market: Any
) -> None:
    market.buy("101", 2)
    connected("pull")
    kept = connected("channels", "remove", "shop", answers="n\n")
    assert kept.code == ExitCode.INTERRUPTED
    unasked = connected("channels", "remove", "shop", "--json")
    assert unasked.code == ExitCode.REFUSED
    said = connected("channels", "remove", "shop", "--yes", "--json")
    assert said.document == {"name": "shop", "removed": True, "subscriptions_ended": 0}
    assert connected("channels", "list", "--json").document == []
    explained = connected("explain", "sku", "TEA", "--json").document
    assert explained["positions"][0]["allocated"] == 0


def test_a_channel_that_is_gone_can_be_removed_all_the_same(
    connected: Any, market: Any
) -> None:
    market.shop.in_maintenance = True
    said = connected("channels", "remove", "shop", "--yes", "--json")
    assert said.code == 0
    assert said.document["subscriptions_ended"] is None
    assert "not asked to stop calling" in said.err


def test_h11_no_command_tells_a_secret(connected: Any, market: Any) -> None:
    order = market.buy("101")
    for words in (
        ["pull", "--all"],
        ["channels", "list"],
        ["channels", "check", "shop"],
        ["explain", "sku", "TEA"],
        ["explain", "order", order],
        ["ship", order],
        ["audit"],
        ["conflicts", "list", "--all"],
        ["--debug", "fsck"],
    ):
        for said in (connected(*words), connected(*words, "--json")):
            for secret in ("cs_simulated", "ck_simulated"):
                assert secret not in said.out + said.err, words


def test_the_kinds_are_listed_with_what_they_can_do(
    terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = registry.find_sources()
    broken = Source("ebuy", "crossdock-ebuy 1.0", lambda: "not a plugin")
    monkeypatch.setattr(
        registry, "find_sources", lambda folder=None: (*sources, broken)
    )
    said = terminal("connectors", "--json")
    kinds = {one["kind"]: one for one in said.document}
    assert kinds["woocommerce"]["distribution"] == "crossdock"
    assert "PullsOrders" in kinds["shopify"]["capabilities"]
    assert kinds["shopify"]["contract_operations"] > 20
    assert kinds["ebuy"]["tier"] == "unusable"
    assert kinds["ebuy"]["problem"]
    assert "crossdock-ebuy 1.0 cannot be used" in said.err


def test_a_kind_shows_its_settings_and_which_are_secret(terminal: Any) -> None:
    page = terminal("connectors", "woocommerce")
    assert "required, secret" in page.out
    document = terminal("connectors", "woocommerce", "--json").document
    settings = {one["name"]: one for one in document["settings"]}
    assert settings["consumer_secret"]["secret"] is True
    assert settings["tracking"]["default"] == "auto"
