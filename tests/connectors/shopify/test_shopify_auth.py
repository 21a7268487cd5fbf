"""Access tokens: used, renewed once by whoever is first, and given up when refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import ReauthRequiredError, RetryLaterError
from crossdock.connectors.shopify.connector import ShopifyConnector

TOKEN_PATH = "/admin/oauth/access_token"
GRAPHQL_PATH = "/admin/api/2026-07/graphql.json"
NOTHING = {
    "data": {"webhookSubscriptions": {"nodes": [], "pageInfo": {"hasNextPage": False}}}
}

Connect = Callable[..., ShopifyConnector]


def form_of(route: respx.Route) -> dict[str, str]:
    return {
        name: values[0]
        for name, values in parse_qs(route.calls.last.request.content.decode()).items()
    }


class Gate:
    """Answers only requests with one of these tokens, and remembers all it saw."""

    def __init__(self, *tokens: str, turned_away_together: int = 1) -> None:
        self.tokens = tokens
        self.seen: list[str] = []
        self.crowd = Barrier(turned_away_together)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request.headers["x-shopify-access-token"])
        if self.seen[-1] in self.tokens:
            return httpx.Response(200, json=NOTHING)
        self.crowd.wait(timeout=10)
        return httpx.Response(401, json={"errors": "[API] Invalid access token"})


def open_gate(
    router: respx.Router, *tokens: str, turned_away_together: int = 1
) -> list[str]:
    """Let these tokens in, and return the tokens seen so far, a list that grows."""
    gate = Gate(*tokens, turned_away_together=turned_away_together)
    router.post(GRAPHQL_PATH).mock(side_effect=gate)
    return gate.seen


def grant(access: str, refresh: str = "", **more: Any) -> dict[str, Any]:
    return {
        "access_token": access,
        "refresh_token": refresh,
        "expires_in": 3600,
        **more,
    }


def test_a_token_that_does_not_expire_is_sent_as_it_is(
    router: respx.Router, open_mocked: Connect
) -> None:
    seen = open_gate(router, "shpat_simulated")
    open_mocked(client_id="").list_subscriptions()
    assert seen == ["shpat_simulated"]


def test_a_token_that_cannot_be_renewed_asks_for_new_credentials(
    router: respx.Router, open_mocked: Connect
) -> None:
    seen = open_gate(router)
    with pytest.raises(ReauthRequiredError):
        open_mocked().list_subscriptions()
    assert seen == ["shpat_simulated"]


def test_an_app_of_ones_own_gets_its_token_with_client_id_and_secret(
    router: respx.Router, open_mocked: Connect
) -> None:
    token = router.post(TOKEN_PATH).respond(200, json=grant("shpat_day"))
    seen = open_gate(router, "shpat_day")
    connector = open_mocked(access_token=None)
    connector.list_subscriptions()
    connector.list_subscriptions()
    assert form_of(token) == {
        "client_id": "simulated-client",
        "client_secret": "simulated-client-secret",
        "grant_type": "client_credentials",
    }
    assert len(token.calls) == 1
    assert seen == ["shpat_day", "shpat_day"]


def test_a_token_is_renewed_before_it_expires(
    router: respx.Router,
    open_mocked: Connect,
    fixed_clock: ManualClock,
    credentials: Any,
) -> None:
    token = router.post(TOKEN_PATH)
    token.side_effect = [
        httpx.Response(200, json=grant("second", "refresh-2")),
        httpx.Response(200, json=grant("third", "refresh-3")),
    ]
    seen = open_gate(router, "second", "third")
    connector = open_mocked(access_token=None, refresh_token="refresh-1")
    connector.list_subscriptions()
    assert form_of(token)["refresh_token"] == "refresh-1"
    fixed_clock.advance(3600 - 301)
    connector.list_subscriptions()
    fixed_clock.advance(2)
    connector.list_subscriptions()
    assert form_of(token)["refresh_token"] == "refresh-2"
    assert seen == ["second", "second", "third"]
    assert credentials.current.version == 2
    assert credentials.current.values["refresh_token"] == "refresh-3"


def test_a_token_without_an_end_is_used_until_it_is_turned_away(
    router: respx.Router, open_mocked: Connect, fixed_clock: ManualClock
) -> None:
    token = router.post(TOKEN_PATH).respond(200, json={"access_token": "lasting"})
    open_gate(router, "lasting")
    connector = open_mocked(access_token=None)
    connector.list_subscriptions()
    fixed_clock.advance(1_000_000)
    connector.list_subscriptions()
    assert len(token.calls) == 1


def test_b07_a_401_leads_to_one_refresh_and_one_repetition(
    router: respx.Router, open_mocked: Connect
) -> None:
    token = router.post(TOKEN_PATH).respond(200, json=grant("second", "refresh-2"))
    seen = open_gate(router, "second")
    open_mocked(refresh_token="refresh-1").list_subscriptions()
    assert seen == ["shpat_simulated", "second"]
    assert len(token.calls) == 1


def test_a_new_token_that_is_not_admitted_either_asks_for_new_credentials(
    router: respx.Router, open_mocked: Connect
) -> None:
    token = router.post(TOKEN_PATH).respond(200, json=grant("second", "refresh-2"))
    open_gate(router)
    with pytest.raises(ReauthRequiredError):
        open_mocked(refresh_token="refresh-1").list_subscriptions()
    assert len(token.calls) == 1


def test_b08_the_slower_worker_drops_its_token_and_takes_the_stored_one(
    router: respx.Router, open_mocked: Connect, credentials: Any
) -> None:
    token = router.post(TOKEN_PATH)
    token.side_effect = [
        httpx.Response(200, json=grant("loser", "refresh-loser")),
        httpx.Response(200, json=grant("winner", "refresh-winner")),
    ]
    seen = open_gate(router, "winner")
    faster = open_mocked(refresh_token="refresh-1")

    def be_faster() -> None:
        credentials.before_replace = lambda: None
        faster.list_subscriptions()

    credentials.before_replace = be_faster
    open_mocked(refresh_token="refresh-1").list_subscriptions()
    assert seen == ["shpat_simulated", "shpat_simulated", "winner", "winner"]
    assert credentials.current.values["refresh_token"] == "refresh-winner"


def test_b08_a_spent_refresh_token_is_no_loss_if_another_worker_spent_it(
    router: respx.Router, open_mocked: Connect, credentials: Any
) -> None:
    token = router.post(TOKEN_PATH)
    seen = open_gate(router, "winner")
    faster = open_mocked(refresh_token="refresh-1")

    def refuse_the_slower(request: httpx.Request) -> httpx.Response:
        token.mock(return_value=httpx.Response(200, json=grant("winner", "refresh-2")))
        faster.list_subscriptions()
        return httpx.Response(400, json={"error": "invalid_grant"})

    token.mock(side_effect=refuse_the_slower)
    open_mocked(refresh_token="refresh-1").list_subscriptions()
    assert seen == ["shpat_simulated", "shpat_simulated", "winner", "winner"]
    assert credentials.current.version == 1


def test_b07_threads_of_one_worker_refresh_once(
    router: respx.Router, open_mocked: Connect
) -> None:
    token = router.post(TOKEN_PATH).respond(200, json=grant("second", "refresh-2"))
    seen = open_gate(router, "second", turned_away_together=8)
    connector = open_mocked(refresh_token="refresh-1")
    threads = [Thread(target=connector.list_subscriptions) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(token.calls) == 1
    assert seen.count("second") == 8


def test_b09_a_refused_refresh_asks_for_new_credentials_without_telling_secrets(
    router: respx.Router, open_mocked: Connect
) -> None:
    body = {"error": "invalid_grant", "error_description": "refresh-1 was revoked"}
    router.post(TOKEN_PATH).respond(400, json=body)
    open_gate(router)
    with pytest.raises(ReauthRequiredError) as caught:
        open_mocked(refresh_token="refresh-1").list_subscriptions()
    assert "400" in caught.value.message
    assert "refresh-1" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(429),
        httpx.Response(200, html="<html>maintenance</html>"),
        httpx.Response(200, json={"scope": "read_orders"}),
    ],
)
def test_a_token_endpoint_that_cannot_answer_is_asked_again_later(
    router: respx.Router, open_mocked: Connect, answer: httpx.Response
) -> None:
    router.post(TOKEN_PATH).mock(return_value=answer)
    open_gate(router)
    with pytest.raises(RetryLaterError):
        open_mocked(access_token=None).list_subscriptions()


def test_new_credentials_in_the_settings_replace_the_stored_tokens(
    router: respx.Router, open_mocked: Connect, credentials: Any
) -> None:
    token = router.post(TOKEN_PATH).respond(200, json=grant("second", "refresh-2"))
    seen = open_gate(router, "second", "entered")
    open_mocked(refresh_token="refresh-1").list_subscriptions()
    assert credentials.current.values["access_token"] == "second"
    open_mocked(access_token="entered", refresh_token="refresh-9").list_subscriptions()
    assert seen[-1] == "entered"
    assert len(token.calls) == 1


def test_the_simulated_shop_lets_an_expiring_token_be_renewed(open_pair: Any) -> None:
    pair = open_pair()
    first = pair.shop.tokens.issue()
    entered = {
        "access_token": first.access_token,
        "refresh_token": first.refresh_token,
    }
    connector = pair.reconnect(**entered)
    assert connector.check().name == "Simulated Shop"
    pair.clock.advance(4000)
    assert connector.check().name == "Simulated Shop"
    pair.clock.advance(4000)
    assert connector.check().name == "Simulated Shop"
    assert pair.credentials.current.version == 2
    assert json.loads(json.dumps(dict(pair.credentials.current.values)))["seed"]


def test_an_own_app_talks_to_the_shop_day_after_day(
    open_pair: Callable[..., Any],
) -> None:
    pair = open_pair(access_token=None)
    tokens = set()
    for _ in range(3):
        assert pair.connector.check().name == "Simulated Shop"
        tokens.add(pair.credentials.load().values["access_token"])
        pair.clock.advance(23 * 3600)
        pair.connector.check()
        pair.clock.advance(3600)
    assert len(tokens) == 3


@pytest.mark.parametrize("own", [True, False])
def test_an_app_that_gets_no_token_for_a_day_is_told_why(
    open_pair: Callable[..., Any], own: bool
) -> None:
    pair = open_pair(shop={"own_organisation": own}, access_token=None)
    if own:
        pair.shop.uninstall_app()
    with pytest.raises(ReauthRequiredError) as caught:
        pair.connector.check()
    reason = "app_not_installed" if own else "shop_not_permitted"
    assert caught.value.message.endswith(reason)


def test_a_token_endpoint_that_wants_to_be_left_alone_is(
    router: respx.Router, open_mocked: Connect
) -> None:
    wish = {"retry-after": "900"}
    token = router.post(TOKEN_PATH).respond(429, headers=wish)
    with pytest.raises(RetryLaterError) as caught:
        open_mocked(access_token=None).list_subscriptions()
    assert caught.value.delay_seconds == 900
    assert len(token.calls) == 1
