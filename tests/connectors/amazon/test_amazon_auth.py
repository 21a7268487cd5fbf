"""Tokens of Amazon: renewed in time, for all workers, and told apart from roles."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import (
    ReauthRequiredError,
    RejectedError,
    RetryLaterError,
)
from crossdock.connectors.amazon.settings import AmazonSettings
from pydantic import ValidationError

LOGIN = "api.amazon.com"


def count_logins(scene: Any) -> int:
    return sum(request.url.host == LOGIN for request in scene.wire.requests)


def test_one_token_serves_every_worker_until_just_before_it_ends(scene: Any) -> None:
    scene.connector.read_stock(["LAMP"])
    scene.connect().read_stock(["LAMP"])
    assert count_logins(scene) == 1
    scene.clock.advance(3600 - 119)
    scene.connect().read_stock(["LAMP"])
    assert count_logins(scene) == 2


def test_a_token_that_amazon_takes_back_is_renewed_once(scene: Any) -> None:
    scene.connector.read_stock(["LAMP"])
    scene.market.state.tokens.clear()
    assert scene.connector.read_stock(["LAMP"])[0].quantity == 10
    assert count_logins(scene) == 2


def test_new_credentials_make_the_stored_token_worthless(scene: Any) -> None:
    scene.connector.read_stock(["LAMP"])
    with pytest.raises(ReauthRequiredError) as caught:
        scene.connect(refresh_token="Atzr|another").check()
    assert "invalid grant" in str(caught.value)
    assert "Authorise" in caught.value.next_step


def test_a_missing_role_is_no_reason_to_sign_in_again(open_scene: Any) -> None:
    scene = open_scene(restricted_role=False)
    with pytest.raises(RejectedError) as caught:
        scene.connect(buyer_details=True).check()
    assert "Direct-to-Consumer Shipping" in caught.value.next_step
    assert count_logins(scene) == 1
    assert scene.connector.check().external_id == "A2SIMULATED3/A1PA6795UKMFR9"


def test_a_login_that_answers_nonsense_is_asked_again_later(scene: Any) -> None:
    scene.wire.stand_in = lambda request: httpx.Response(200, json={"token": "?"})
    with pytest.raises(RetryLaterError):
        scene.connector.check()


def test_another_workers_token_is_taken_instead_of_ones_own(scene: Any) -> None:
    scene.credentials.replace = lambda **_: False
    with pytest.raises(RejectedError):
        # The store keeps nothing here, so the token that it gives back is none.
        scene.connector.check()


def test_the_check_tells_the_store_its_currency_and_what_will_be_missing(
    scene: Any,
) -> None:
    account = scene.connector.check()
    assert (account.name, account.currency) == ("Harbour Tea", "EUR")
    assert "without names and addresses" in account.warnings[0]
    assert scene.connect(buyer_details=True).check().warnings == ()


def test_a_foreign_seller_id_is_told_from_a_missing_role(scene: Any) -> None:
    with pytest.raises(RejectedError, match="listings cannot be read") as caught:
        scene.connect(seller_id="A2SOMEBODY").check()
    assert "Check the seller ID" in caught.value.next_step


def test_a_store_in_which_the_account_does_not_sell_is_refused(scene: Any) -> None:
    with pytest.raises(RejectedError, match=r"does not sell in FR.*Amazon\.de"):
        scene.connect(marketplace="FR").check()


def test_suspended_listings_are_a_warning(scene: Any) -> None:
    scene.connector.read_stock(["LAMP"])

    def suspend(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/sellers/"):
            return None
        store = {
            "id": "A1PA6795UKMFR9",
            "name": "Amazon.de",
            "defaultCurrencyCode": "EUR",
        }
        part = {"isParticipating": True, "hasSuspendedListings": True}
        row = {"marketplace": store, "participation": part, "storeName": ""}
        return httpx.Response(200, json={"payload": [row]})

    scene.wire.stand_in = suspend
    account = scene.connector.check()
    assert account.name == "Amazon.de"
    assert "suspended" in account.warnings[0]


def enter(**changes: Any) -> AmazonSettings:
    entered = {
        "marketplace": "DE",
        "seller_id": "A2EXAMPLE3",
        "client_id": "app",
        "client_secret": "secret",
        "refresh_token": "refresh",
    }
    return AmazonSettings.model_validate({**entered, **changes})


@pytest.mark.parametrize(
    ("marketplace", "url"),
    [
        ("us", "https://sellingpartnerapi-na.amazon.com"),
        ("A1PA6795UKMFR9", "https://sellingpartnerapi-eu.amazon.com"),
        ("JP", "https://sellingpartnerapi-fe.amazon.com"),
    ],
)
def test_the_store_decides_the_address(marketplace: str, url: str) -> None:
    settings = enter(marketplace=marketplace)
    assert (settings.api_url, settings.login_url) == (url, "https://api.amazon.com")


@pytest.mark.parametrize(
    ("endpoint", "login"),
    [
        ("https://sandbox.sellingpartnerapi-eu.amazon.com", "https://api.amazon.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
    ],
)
def test_a_simulation_answers_for_the_login_and_a_sandbox_does_not(
    endpoint: str, login: str
) -> None:
    settings = enter(endpoint=endpoint)
    assert settings.login_url == login
    assert settings.simulated == (login != "https://api.amazon.com")


@pytest.mark.parametrize(
    "changes",
    [
        {"marketplace": "Mars"},
        {"seller_id": "my shop"},
        {"endpoint": "https://amazon.com/path"},
        {"order_searches_per_hour": 0},
    ],
)
def test_what_cannot_be_right_is_not_accepted(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        enter(**changes)


@pytest.mark.parametrize("status", [429, 503])
def test_a_login_that_is_busy_is_waited_for(scene: Any, status: int) -> None:
    busy = [httpx.Response(status, headers={"retry-after": "3"})]
    scene.wire.stand_in = lambda request: busy.pop() if busy else None
    started = scene.clock.monotonic_seconds()
    assert scene.connector.check().currency == "EUR"
    assert scene.clock.monotonic_seconds() - started >= 3


def test_a_token_that_another_worker_renewed_meanwhile_is_taken_over(
    scene: Any,
) -> None:
    scene.connector.read_stock(["LAMP"])
    stored = scene.credentials.load()
    scene.market.state.tokens.clear()
    fresh = {**stored.values, "access_token": "Atza|of another"}
    scene.market.state.tokens["Atza|of another"] = scene.market.state.later(3600)

    def renew_elsewhere(request: httpx.Request) -> httpx.Response | None:
        scene.credentials.replace(version=stored.version, values=fresh)
        scene.wire.stand_in = lambda request: None
        return None

    scene.wire.stand_in = renew_elsewhere
    assert scene.connector.read_stock(["LAMP"])[0].quantity == 10
    assert count_logins(scene) == 1
