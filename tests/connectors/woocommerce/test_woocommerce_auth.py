"""Requests are signed so that WooCommerce accepts them; the secret never travels."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
import respx
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import ReauthRequiredError
from crossdock.connectors.woocommerce.auth import (
    OneLeggedOAuth,
    choose_auth,
    signature_base,
)
from crossdock.connectors.woocommerce.connector import WooCommerceConnector
from crossdock.connectors.woocommerce.settings import WooCommerceSettings

SECRET = "cs_secret&%"


def make_settings(shop_url: str) -> WooCommerceSettings:
    return WooCommerceSettings.model_validate(
        {"shop_url": shop_url, "consumer_key": "ck_key", "consumer_secret": SECRET}
    )


def recompute_signature(method: str, url: str) -> str:
    """Sign as the server does: its own steps, written again from RFC 5849."""
    parts = urlsplit(url)
    parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
    parameters.pop("oauth_signature")

    def encode(text: str) -> str:
        return quote(text, safe="~")

    pairs = [f"{encode(key)}={encode(parameters[key])}" for key in sorted(parameters)]
    root = f"{parts.scheme}://{parts.netloc}{parts.path}"
    text = f"{method}&{encode(root)}&{encode('&'.join(pairs))}"
    digest = hmac.new(f"{encode(SECRET)}&".encode(), text.encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


def sign(clock: ManualClock, method: str, url: str) -> httpx.Request:
    """Return the request as it leaves, after the auth flow."""
    auth = OneLeggedOAuth("ck_key", SECRET, clock, lambda: "nonce-1")
    request = httpx.Request(method, url)
    return next(auth.auth_flow(request))


def test_the_signature_base_is_that_of_the_example_in_the_rfc() -> None:
    parameters = [
        ("b5", "=%3D"),
        ("a3", "a"),
        ("c@", ""),
        ("a2", "r b"),
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
        ("c2", ""),
        ("a3", "2 q"),
    ]
    url = httpx.URL("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b")
    assert signature_base("post", url, parameters) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da"
        "%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48dj"
        "s9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_t"
        "imestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "http://shop.example/wp-json/wc/v3/orders"),
        ("POST", "http://shop.example:8080/folder/wp-json/wc/v3/products/batch"),
        (
            "GET",
            "http://shop.example/wp-json/wc/v3/orders?status=any&include=1%2C2"
            "&modified_after=2026-03-01T10%3A00%3A00&search=a%20b%2Bc~%26%C3%A9",
        ),
    ],
)
def test_the_server_computes_the_same_signature(
    fixed_clock: ManualClock, method: str, url: str
) -> None:
    request = sign(fixed_clock, method, url)
    given = request.url.params["oauth_signature"]
    assert given == recompute_signature(method, str(request.url))
    assert request.url.params["oauth_timestamp"] == str(
        int(fixed_clock.now().timestamp())
    )


def test_the_secret_is_in_no_part_of_a_signed_request(fixed_clock: ManualClock) -> None:
    request = sign(fixed_clock, "GET", "http://shop.example/wp-json/wc/v3/orders")
    assert SECRET not in str(request.url)
    assert quote(SECRET) not in str(request.url)
    assert "authorization" not in request.headers


def test_over_https_the_key_travels_as_basic_and_nothing_is_signed(
    fixed_clock: ManualClock,
) -> None:
    auth = choose_auth(make_settings("https://shop.example"), fixed_clock)
    request = next(auth.auth_flow(httpx.Request("GET", "https://shop.example/x")))
    assert request.headers["authorization"].startswith("Basic ")
    assert not request.url.query


def test_every_request_has_its_own_nonce(fixed_clock: ManualClock) -> None:
    auth = choose_auth(make_settings("http://shop.example"), fixed_clock)
    nonces = {
        next(auth.auth_flow(httpx.Request("GET", "http://shop.example/x"))).url.params[
            "oauth_nonce"
        ]
        for _ in range(20)
    }
    assert len(nonces) == 20


@respx.mock
def test_b10_a_clock_that_differs_from_the_shops_is_corrected_by_it(
    fixed_clock: ManualClock,
) -> None:
    shop_time = fixed_clock.now() + timedelta(hours=2)
    stamps = []

    def answer(request: httpx.Request) -> httpx.Response:
        stamps.append(int(request.url.params["oauth_timestamp"]))
        right = abs(stamps[-1] - shop_time.timestamp()) < 900
        headers = {"date": format_datetime(shop_time, usegmt=True)}
        return httpx.Response(200 if right else 401, headers=headers)

    respx.get("http://shop.example/x").mock(side_effect=answer)
    auth = choose_auth(make_settings("http://shop.example"), fixed_clock)
    with httpx.Client(auth=auth) as client:
        assert client.get("http://shop.example/x").status_code == 200
        assert client.get("http://shop.example/x").status_code == 200
    assert len(stamps) == 3


@respx.mock
@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 02 Mar 2026 09:00:00"])
def test_a_refused_key_is_not_tried_again_while_the_clocks_agree(
    fixed_clock: ManualClock, date: str
) -> None:
    route = respx.get("http://shop.example/x").respond(401, headers={"date": date})
    auth = choose_auth(make_settings("http://shop.example"), fixed_clock)
    with httpx.Client(auth=auth) as client:
        assert client.get("http://shop.example/x").status_code == 401
    assert route.call_count == 1


def test_a_refused_key_asks_for_a_new_one(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/orders").respond(401, json={"message": "Consumer key is invalid."})
    with pytest.raises(ReauthRequiredError, match="Consumer key is invalid"):
        connector.fetch_orders(["1"])
