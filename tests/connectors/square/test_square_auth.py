"""Square's tokens: shown, renewed by one, and shared with every worker."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import ReauthRequiredError, RetryLaterError
from pydantic import ValidationError

TOKEN = "/oauth2/token"


def connect(stand: Any, **changes: Any) -> Any:
    """Connect with the tokens of a grant, the first of which has ended."""
    settings = stand.shop.settings
    return stand.connect(
        access_token="EAAA-of-yesterday",
        application_id=settings.application_id,
        application_secret=settings.application_secret,
        refresh_token=settings.refresh_token,
        **changes,
    )


def test_a_personal_token_is_shown_and_never_renewed(stand: Any) -> None:
    stand.connect().check()
    shown = {request.headers["authorization"] for request in stand.wire.requests}
    assert shown == {f"Bearer {stand.shop.settings.access_token}"}
    versions = {request.headers["square-version"] for request in stand.wire.requests}
    assert versions == {"2025-08-20"}


def test_a_token_that_has_ended_is_renewed_once_for_all_workers(stand: Any) -> None:
    one, two = connect(stand), connect(stand)
    one.check()
    two.check()
    assert len(stand.bodies_of(TOKEN)) == 1


def test_a_token_is_renewed_a_week_before_it_ends(stand: Any) -> None:
    connector = connect(stand)
    connector.check()
    stand.clock.pause(22 * 86400)
    connector.check()
    assert len(stand.bodies_of(TOKEN)) == 1
    stand.clock.pause(2 * 86400)
    connector.check()
    assert len(stand.bodies_of(TOKEN)) == 2


def test_a_token_of_one_day_is_not_renewed_at_every_call(open_account: Any) -> None:
    stand = open_account(token_seconds=86400)
    connector = connect(stand)
    for _ in range(3):
        connector.check()
        stand.clock.pause(3600)
    assert len(stand.bodies_of(TOKEN)) == 1


def test_a_refresh_token_that_is_good_for_once_is_replaced(open_account: Any) -> None:
    stand = open_account(rotates_refresh_token=True, token_seconds=86400)
    connector = connect(stand)
    for _ in range(3):
        connector.check()
        stand.clock.pause(2 * 86400)
    sent = [body["refresh_token"] for body in stand.bodies_of(TOKEN)]
    assert len(set(sent)) == 3


def test_a_grant_that_was_taken_away_asks_for_a_new_one(stand: Any) -> None:
    stand.shop.state.refresh_token = "another"
    with pytest.raises(ReauthRequiredError) as caught:
        connect(stand).check()
    assert stand.shop.settings.refresh_token not in str(caught.value)


def test_a_token_endpoint_that_is_down_is_waited_for(stand: Any) -> None:
    def stand_in(request: httpx.Request) -> httpx.Response | None:
        down = request.url.path == TOKEN
        return httpx.Response(503, headers={"retry-after": "90"}) if down else None

    stand.wire.stand_in = stand_in
    with pytest.raises(RetryLaterError) as caught:
        connect(stand).check()
    assert caught.value.delay_seconds == 90


@pytest.mark.parametrize("body", [b"{}", b'{"access_token": 5}'])
def test_an_answer_that_is_no_token_is_waited_out(stand: Any, body: bytes) -> None:
    def stand_in(request: httpx.Request) -> httpx.Response | None:
        asked = request.url.path == TOKEN
        return httpx.Response(200, content=body) if asked else None

    stand.wire.stand_in = stand_in
    with pytest.raises(RetryLaterError):
        connect(stand).check()


def test_new_settings_forget_what_was_kept_under_old_ones(stand: Any) -> None:
    connect(stand).check()
    kept = stand.credentials.load().values["access_token"]
    settings = stand.shop.settings
    connector = stand.connect(access_token=settings.access_token)
    connector.check()
    last = stand.wire.requests[-1].headers["authorization"]
    assert last == f"Bearer {settings.access_token}"
    assert kept not in last


def test_tokens_and_webhook_keys_do_not_undo_one_another(stand: Any) -> None:
    connector = connect(stand, application_token=stand.shop.settings.access_token)
    connector.check()
    connector.subscribe("order.created", "https://hub.example/hook")
    stand.clock.pause(25 * 86400)
    connector.check()
    values = stand.credentials.load().values
    assert values["access_token"]
    assert "hub.example" in values["webhook_keys"]


@pytest.mark.parametrize(
    "changes",
    [
        {"refresh_token": "EQAA"},
        {"api_url": "connect.squareup.com"},
        {"api_url": "https://user@connect.squareup.com"},
        {"location_id": "../main"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(stand: Any, changes: Any) -> None:
    with pytest.raises(ValidationError):
        stand.connect(**changes)


def test_an_address_loses_what_was_copied_along(stand: Any) -> None:
    stand.connect(api_url="https://connect.squareup.com/v2/").check()
    assert {request.url.host for request in stand.wire.requests} == {
        "connect.squareup.com"
    }
