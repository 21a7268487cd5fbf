"""Tokens are shared and renewed in time, and a check says what will not work."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from crossdock.canonical.errors import (
    ReauthRequiredError,
    RetryLaterError,
)
from crossdock.connectors.conformance.bench import always
from crossdock.connectors.ebay.auth import TOKEN_PATH, USER_SCOPES
from crossdock.connectors.ebay.settings import EbaySettings
from crossdock.simulators.ebay.settings import ALL_SCOPES
from pydantic import ValidationError


def tokens_asked(scene: Any) -> list[httpx.Request]:
    found: list[httpx.Request] = scene.asked("POST", TOKEN_PATH)
    return found


def test_one_token_serves_every_worker_for_two_hours(scene: Any) -> None:
    scene.connector.check()
    scene.connect().check()
    assert len(tokens_asked(scene)) == 1
    scene.clock.advance(7200 - 301)
    scene.connect().read_stock(["LAMP"])
    assert len(tokens_asked(scene)) == 1
    scene.clock.advance(2)
    scene.connector.read_stock(["LAMP"])
    scene.connect().read_stock(["LAMP"])
    assert len(tokens_asked(scene)) == 2


def test_a_token_that_ebay_stopped_believing_is_renewed_once(scene: Any) -> None:
    scene.connector.check()
    scene.clock.advance(1)
    scene.shop.tokens.expire(
        scene.asked("GET", "privilege")[-1].headers["authorization"]
    )
    scene.connector.read_stock(["LAMP"])
    assert len(tokens_asked(scene)) == 2


def test_the_scopes_are_proven_by_the_token_itself(open_scene: Any) -> None:
    scene = open_scene(scopes=ALL_SCOPES[:-1])
    with pytest.raises(ReauthRequiredError, match="invalid") as caught:
        scene.connector.check()
    assert "scopes" in caught.value.next_step
    form = parse_qs(tokens_asked(scene)[0].content.decode())
    assert form["scope"] == [" ".join(USER_SCOPES)]


def test_a_seller_who_took_the_agreement_back_must_sign_in_again(scene: Any) -> None:
    scene.connector.check()
    scene.shop.tokens.revoke()
    with pytest.raises(ReauthRequiredError, match="revoked"):
        scene.connector.read_stock(["LAMP"])


def test_what_stands_in_place_of_a_token_is_waited_out(scene: Any) -> None:
    scene.wire.stand_in = always(200, json={"access_token": ""})
    with pytest.raises(RetryLaterError, match="something else than a token"):
        scene.connector.push_fulfillment(scene.parcel(scene.buy()))


def test_a_worker_that_was_slower_takes_the_token_that_was_stored(scene: Any) -> None:
    def another_is_faster(request: httpx.Request) -> None:
        if request.url.path == TOKEN_PATH and len(tokens_asked(scene)) == 1:
            scene.connect().read_stock(["LAMP"])

    scene.wire.stand_in = another_is_faster
    scene.connector.read_stock(["LAMP"])
    shown = {one.headers["authorization"] for one in scene.asked("POST", "item")}
    assert len(tokens_asked(scene)) == 2
    assert len(shown) == 1


def test_a_token_of_the_other_kind_does_not_replace_ours(scene: Any) -> None:
    def keyset_is_faster(request: httpx.Request) -> None:
        if request.url.path == TOKEN_PATH and len(tokens_asked(scene)) == 1:
            scene.connect().list_subscriptions()

    scene.connector.subscribe("ORDER_CONFIRMATION", "https://hub.example/1")
    scene.clock.advance(7200)
    scene.wire.requests.clear()
    scene.wire.stand_in = keyset_is_faster
    assert scene.connector.read_stock(["LAMP"])[0].quantity == 10
    assert scene.connector.read_stock(["LAMP"])[0].quantity == 10


def test_other_credentials_forget_the_stored_tokens(scene: Any) -> None:
    scene.connector.check()
    scene.entered["refresh_token"] = "another"
    with pytest.raises(ReauthRequiredError):
        scene.connect().check()


def test_the_account_is_known_by_the_id_that_never_changes(scene: Any) -> None:
    account = scene.connector.check()
    assert (account.external_id, account.name) == ("simulatedUserId01", "harbour_tea")
    assert (account.currency, account.warnings) == ("USD", ())


def test_the_check_warns_of_what_will_keep_orders_away(open_scene: Any) -> None:
    scene = open_scene(registration_completed=False, marketplace="EBAY_DE")
    first, second = scene.connector.check().warnings
    assert "registration" in first
    assert "EBAY_DE" in second


def test_identity_is_asked_at_its_own_host(scene: Any) -> None:
    scene.connector.check()
    hosts = {request.url.host for request in scene.asked("GET", "/user/")}
    assert hosts == {"apiz.ebay.com"}


def test_at_another_address_everything_is_asked_there() -> None:
    settings = EbaySettings.model_validate(
        {
            "client_id": "a",
            "client_secret": "b",
            "refresh_token": "c",
            "verification_token": "d" * 32,
            "address": "http://127.0.0.1:8080/",
        }
    )
    assert settings.identity_address == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    "wrong",
    [
        {"verification_token": "short"},
        {"verification_token": "with spaces, and that for 32 letters"},
        {"marketplace": "Germany"},
        {"address": "https://api.ebay.com/sell"},
        {"signing_key_jwe": "half of a key"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_right_are_refused_when_they_are_entered(
    scene: Any, wrong: dict[str, str]
) -> None:
    with pytest.raises(ValidationError):
        EbaySettings.model_validate({**scene.entered, **wrong})


def test_a_marketplace_may_be_written_as_the_older_apis_do(scene: Any) -> None:
    entered = {**scene.entered, "marketplace": "ebay-gb"}
    assert EbaySettings.model_validate(entered).marketplace == "EBAY_GB"
