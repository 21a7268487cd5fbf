"""What check() proves before a shop is connected, and what a person may enter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from crossdock.canonical.errors import ReauthRequiredError, RejectedError
from crossdock.connectors.quality import Tier, find_false_claims, read_scorecard
from crossdock.connectors.sdk import capabilities_of
from crossdock.connectors.shopify import plugin
from crossdock.connectors.shopify.account import SCOPES_NEEDED, list_missing
from crossdock.connectors.shopify.settings import ShopifySettings
from crossdock.simulators.shopify import ALL_SCOPES
from pydantic import ValidationError

ENTERED: dict[str, Any] = {
    "shop": "example.myshopify.com",
    "client_id": "id",
    "client_secret": "shpss_secret",
}


def test_check_tells_whose_shop_it_is(open_pair: Callable[..., Any]) -> None:
    account = open_pair().connector.check()
    assert account.external_id == "gid://shopify/Shop/548380009"
    assert (account.name, account.currency) == ("Simulated Shop", "EUR")
    assert account.warnings == ()


def test_every_missing_scope_is_named(open_pair: Callable[..., Any]) -> None:
    scopes = tuple(
        scope
        for scope in ALL_SCOPES
        if scope not in {"write_inventory", "read_inventory", "write_orders"}
    )
    pair = open_pair(shop={"scopes": scopes})
    with pytest.raises(RejectedError) as caught:
        pair.connector.check()
    assert "write_orders, read_inventory, write_inventory" in caught.value.message
    assert "Dev Dashboard" in caught.value.next_step


def test_scopes_that_are_only_useful_are_warnings(
    open_pair: Callable[..., Any],
) -> None:
    scopes = tuple(set(ALL_SCOPES) - {"read_all_orders", "read_customers"})
    account = open_pair(shop={"scopes": scopes}).connector.check()
    assert [warning.split(" Shopify")[0] for warning in account.warnings] == [
        "Without the scope read_all_orders",
        account.warnings[1],
    ]
    assert "60 days" in account.warnings[0]
    assert "read_customers" in account.warnings[1]


def test_who_may_write_may_also_read() -> None:
    assert list_missing(["read_orders"], {"write_orders"}) == []
    assert list_missing(["write_orders"], {"read_orders"}) == ["write_orders"]
    assert list_missing(SCOPES_NEEDED, set()) == list(SCOPES_NEEDED)


def test_several_locations_want_a_choice_and_then_a_warning(
    open_pair: Callable[..., Any],
) -> None:
    pair = open_pair(shop={"locations": ("Berlin", "Hamburg")})
    with pytest.raises(RejectedError, match="none was chosen") as caught:
        pair.connector.check()
    chosen = caught.value.next_step.partition("Hamburg (")[2].partition(")")[0]
    account = pair.reconnect(location_id=chosen).check()
    assert "2 active locations" in account.warnings[0]
    assert "Hamburg" in account.warnings[0]


def test_a_location_that_the_shop_does_not_have_is_refused(
    open_pair: Callable[..., Any],
) -> None:
    with pytest.raises(RejectedError, match="Location/1 is not an active one"):
        open_pair(location_id="1").connector.check()


def test_credentials_that_the_shop_does_not_accept_ask_for_new_ones(
    open_pair: Callable[..., Any],
) -> None:
    pair = open_pair()
    pair.shop.uninstall_app()
    with pytest.raises(ReauthRequiredError):
        pair.connector.check()


@pytest.mark.parametrize(
    ("entered", "url"),
    [
        ("example.myshopify.com", "https://example.myshopify.com"),
        (" Example ", "https://example.myshopify.com"),
        ("https://example.myshopify.com/", "https://example.myshopify.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("https://shop.internal", "https://shop.internal"),
    ],
)
def test_a_shop_is_named_by_its_domain_or_a_url(entered: str, url: str) -> None:
    assert ShopifySettings(**{**ENTERED, "shop": entered}).shop == url


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "https://",
        "example.myshopify.com/admin",
        "ftp://example.myshopify.com",
        "user@example.myshopify.com",
        "example.myshopify.com?x",
        "exämple.myshopify.com",
    ],
)
def test_what_cannot_be_a_shop_is_refused_with_an_example(entered: str) -> None:
    with pytest.raises(ValidationError, match=r"example\.myshopify\.com"):
        ShopifySettings(**{**ENTERED, "shop": entered})


@pytest.mark.parametrize(
    ("entered", "gid"),
    [
        ("", ""),
        ("123", "gid://shopify/Location/123"),
        ("gid://shopify/Location/123", "gid://shopify/Location/123"),
    ],
)
def test_a_location_is_a_number_or_a_global_id(entered: str, gid: str) -> None:
    assert ShopifySettings(**ENTERED, location_id=entered).location_id == gid


def test_another_records_id_is_no_location() -> None:
    with pytest.raises(ValidationError, match="a location is a number"):
        ShopifySettings(**ENTERED, location_id="gid://shopify/Order/1")


@pytest.mark.parametrize("tokens", [{}, {"refresh_token": "r", "access_token": "a"}])
def test_without_a_client_id_only_a_lasting_token_will_do(
    tokens: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError, match="client_id is needed"):
        ShopifySettings(**{**ENTERED, "client_id": "", **tokens})
    lasting = ShopifySettings(**{**ENTERED, "client_id": "", "access_token": "a"})
    assert lasting.domain == "example.myshopify.com"


def test_the_plugin_can_all_that_shopify_allows() -> None:
    assert capabilities_of(plugin) == (
        "PullsOrders",
        "ReadsListings",
        "ReadsStock",
        "PushesStock",
        "PushesFulfillment",
        "PushesCancellation",
        "PushesRefund",
        "PushesPrice",
        "ReceivesWebhooks",
    )


def test_the_scorecard_claims_nothing_that_is_not_so() -> None:
    scorecard = read_scorecard(plugin)
    assert find_false_claims(plugin, scorecard) == []
    assert scorecard.tier >= Tier.BRONZE
