"""Tokens, scopes and webhooks of Etsy."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from crossdock.canonical.errors import (
    ReauthRequiredError,
    RejectedError,
    WebhookRefusedError,
)
from crossdock.canonical.pages import Stream
from crossdock.connectors.etsy import plugin
from crossdock.simulators.etsy.notices import body_of, sign
from pydantic import ValidationError


def test_tokens_that_are_good_for_once_are_renewed_by_one_of_several_threads(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(rotates_strictly=True)
    scene.connector.check()
    scene.clock.advance(3600)
    errors: list[Exception] = []

    def ask() -> None:
        try:
            scene.connector.read_stock([scene.lamp])
        except ReauthRequiredError as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert scene.shop.tokens.granted == 2


def test_a_refresh_token_that_etsy_replaced_is_used_after_a_restart(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(rotates_strictly=True)
    scene.connector.check()
    for _ in range(3):
        scene.clock.advance(3700)
        scene.connector = scene.connect()
        scene.connector.check()
    assert scene.shop.tokens.granted == 4


def test_a_worker_that_was_slower_takes_what_the_faster_one_stored(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(rotates_strictly=True)
    scene.connector.check()
    other = scene.connect()
    scene.clock.advance(3700)
    scene.connector.check()
    other.check()
    assert scene.shop.tokens.granted == 2


def test_what_else_is_kept_changes_while_a_token_is_renewed_and_neither_is_lost(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(rotates_strictly=True)
    scene.write(scene.lamp, 0)
    scene.clock.advance(3700)
    scene.connector.subscribe("order.paid", "https://hub.example/1")
    scene.connector.check()
    assert scene.connector.list_subscriptions()[0].topic == "order.paid"
    assert scene.write(scene.lamp, 2).outcome == "accepted"
    assert scene.shop.shown(scene.lamp) == 2


def test_a_changed_password_ends_all_tokens_and_somebody_has_to_sign_in(
    scene: Any,
) -> None:
    scene.connector.check()
    scene.shop.tokens.revoke()
    with pytest.raises(ReauthRequiredError) as caught:
        scene.connector.check()
    assert "agree to the application's access again" in caught.value.next_step
    assert scene.entered["shared_secret"] not in str(caught.value)


def test_a_scope_that_was_not_agreed_to_is_named(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(scopes=("shops_r", "transactions_r", "listings_r"))
    with pytest.raises(RejectedError, match="listings_w, transactions_w"):
        scene.connector.check()


def test_the_check_tells_which_shop_the_token_is_for(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(entered={"shop_id": 5})
    with pytest.raises(RejectedError, match="is for shop 31337001"):
        scene.connector.check()


def test_the_check_warns_of_a_vacation_and_of_a_day_that_is_used_up(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(vacation=True, requests_per_day=4)
    account = scene.connector.check()
    assert (account.external_id, account.currency) == ("31337001", "USD")
    assert len(account.warnings) == 2


def deliver(scene: Any, body: bytes) -> Any:
    headers = sign(scene.shop.settings, "msg_1", scene.clock.now(), body)
    return scene.connector.read_webhook(headers, body)


def test_a_delivery_names_the_receipt_to_fetch(scene: Any) -> None:
    order_id = scene.buy()
    receipt = scene.shop.receipt(order_id)
    delivery = deliver(scene, body_of(scene.shop.settings, receipt, "order.paid"))
    assert (delivery.stream, delivery.external_id) == (Stream.ORDERS, order_id)
    assert (delivery.event_id, delivery.topic) == ("msg_1", "order.paid")


def test_a_delivery_about_another_shop_of_the_application_is_noted_and_no_more(
    scene: Any,
) -> None:
    url = "https://openapi.etsy.com/v3/application/shops/5/receipts/77"
    body = orjson.dumps({"event_type": "order.paid", "resource_url": url, "shop_id": 5})
    delivery = deliver(scene, body)
    assert (delivery.stream, delivery.external_id) == (None, "")


def test_both_secrets_are_good_while_one_replaces_the_other(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene()
    old = scene.entered["webhook_secret"]
    scene.entered["webhook_secret"] = f"whsec_bmV3LXNlY3JldC1rZXk= {old}"
    scene.connector = scene.connect()
    receipt = scene.shop.receipt(scene.buy())
    body = body_of(scene.shop.settings, receipt, "order.shipped")
    assert deliver(scene, body).topic == "order.shipped"


def test_without_a_signing_secret_nothing_is_expected_and_nothing_believed(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(entered={"webhook_secret": None})
    assert scene.connector.topics == ()
    receipt = scene.shop.receipt(scene.buy())
    with pytest.raises(WebhookRefusedError):
        deliver(scene, body_of(scene.shop.settings, receipt, "order.paid"))


@pytest.mark.parametrize("secret", ["whsec_no base64!", "whsec_"])
def test_a_signing_secret_that_is_none_is_refused_when_it_is_entered(
    scene: Any, secret: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        plugin.settings(**{**scene.entered, "webhook_secret": secret})
    assert "no base64" not in str(caught.value)
