"""The shop's door: OAuth 1.0a on plain HTTP, Basic where it counts as https."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.woocommerce import WooCommerceShop

URL = "http://woo.example/wp-json/wc/v3/orders"


@pytest.fixture
def visitor(shop: WooCommerceShop) -> httpx.Client:
    """A client without keys."""
    return httpx.Client(transport=shop.wire())


def sign(
    clock: VirtualClock,
    *,
    method: str = "GET",
    url: str = URL,
    secret: str = "cs_simulated",
    **changes: str,
) -> dict[str, str]:
    """Return OAuth parameters, from RFC 5849 and not from the simulator."""
    parameters = {
        "oauth_consumer_key": "ck_simulated",
        "oauth_nonce": "n1",
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(clock.now().timestamp())),
        **changes,
    }
    pairs = sorted(
        (quote(name, safe="~"), quote(text, safe="~"))
        for name, text in parameters.items()
    )
    query = "&".join(f"{name}={text}" for name, text in pairs)
    message = "&".join(quote(part, safe="~") for part in (method, url, query))
    digest = hmac.new(f"{secret}&".encode(), message.encode(), hashlib.sha256).digest()
    return {**parameters, "oauth_signature": base64.b64encode(digest).decode()}


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_signed_request_passes_over_plain_http(
    visitor: httpx.Client, clock: VirtualClock
) -> None:
    assert visitor.get(URL, params=sign(clock)).status_code == 200


def test_the_query_is_part_of_what_is_signed(
    visitor: httpx.Client, clock: VirtualClock
) -> None:
    signed = sign(clock, modified_after="2026-11-02T09:00:00", status="any")
    assert visitor.get(URL, params=signed).status_code == 200
    tampered = {**sign(clock, oauth_nonce="n2", status="any"), "status": "trash"}
    assert visitor.get(URL, params=tampered).status_code == 401


def test_oauth_may_come_in_the_header(
    visitor: httpx.Client, clock: VirtualClock
) -> None:
    pairs = (f'{name}="{quote(text)}"' for name, text in sign(clock).items())
    header = {"Authorization": f"OAuth {', '.join(pairs)}"}
    assert visitor.get(URL, headers=header).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "wrong"}, "woocommerce_rest_authentication_error"),
        ({"method": "POST"}, "woocommerce_rest_authentication_error"),
        ({"url": "http://else.example/"}, "woocommerce_rest_authentication_error"),
        ({"oauth_consumer_key": "ck_x"}, "woocommerce_rest_authentication_error"),
        ({"oauth_timestamp": "soon"}, "woocommerce_rest_authentication_error"),
        ({"oauth_signature_method": "MD5"}, "woocommerce_rest_authentication_error"),
        ({"oauth_nonce": ""}, "woocommerce_rest_authentication_missing_parameter"),
    ],
)
def test_a_wrong_signature_is_refused(
    visitor: httpx.Client, clock: VirtualClock, changes: dict[str, Any], code: str
) -> None:
    answer = visitor.get(URL, params=sign(clock, **changes))
    assert code_of(answer) == (401, code)


def test_a_nonce_can_be_used_once_in_fifteen_minutes(
    visitor: httpx.Client, clock: VirtualClock
) -> None:
    signed = sign(clock)
    assert visitor.get(URL, params=signed).status_code == 200
    assert visitor.get(URL, params=signed).status_code == 401
    clock.advance(16 * 60)
    # Old nonces are forgotten at the next good request, not before.
    assert visitor.get(URL, params=sign(clock, oauth_nonce="n2")).status_code == 200
    assert visitor.get(URL, params=sign(clock)).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(899, 200), (901, 401)])
def test_a_timestamp_is_good_for_fifteen_minutes(
    visitor: httpx.Client, clock: VirtualClock, seconds: int, status: int
) -> None:
    signed = sign(clock)
    clock.advance(seconds)
    assert visitor.get(URL, params=signed).status_code == status


def test_basic_passes_on_https_only(shop: WooCommerceShop) -> None:
    client = httpx.Client(transport=shop.wire(), auth=("ck_simulated", "cs_simulated"))
    assert client.get(URL.replace("http:", "https:")).status_code == 200
    assert code_of(client.get(URL)) == (401, "woocommerce_rest_cannot_view")


def test_a_proxy_may_say_that_it_was_https(shop: WooCommerceShop) -> None:
    client = httpx.Client(transport=shop.wire(), auth=("ck_simulated", "cs_simulated"))
    answer = client.get(URL, headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == 200


def test_on_https_keys_may_stand_in_the_query(visitor: httpx.Client) -> None:
    keys = {"consumer_key": "ck_simulated", "consumer_secret": "cs_simulated"}
    https = URL.replace("http:", "https:")
    assert visitor.get(https, params=keys).status_code == 200
    assert visitor.get(URL, params=keys).status_code == 401


def test_wrong_basic_keys_are_told_apart(shop: WooCommerceShop) -> None:
    https = URL.replace("http:", "https:")
    client = httpx.Client(transport=shop.wire())
    wrong_secret = client.get(https, auth=("ck_simulated", "x"))
    assert code_of(wrong_secret) == (401, "woocommerce_rest_authentication_error")
    wrong_key = client.get(https, auth=("ck_x", "cs_simulated"))
    assert code_of(wrong_key) == (401, "woocommerce_rest_cannot_view")
    garbled = client.get(https, headers={"Authorization": "Basic %%%"})
    assert code_of(garbled) == (401, "woocommerce_rest_cannot_view")


@pytest.mark.parametrize(
    ("permissions", "reads", "writes"),
    [("read", 200, 401), ("write", 401, 200), ("read_write", 200, 200)],
)
def test_a_key_does_what_it_may_do(
    open_shop: Callable[..., WooCommerceShop],
    connect: Callable[[WooCommerceShop], httpx.Client],
    permissions: str,
    reads: int,
    writes: int,
) -> None:
    client = connect(open_shop(permissions=permissions))
    assert client.get("/orders").status_code == reads
    assert client.post("/products/batch", json={"update": []}).status_code == writes


def test_the_sites_own_description_is_open_to_everybody(visitor: httpx.Client) -> None:
    site = visitor.get("http://woo.example/wp-json/").json()
    assert "wc/v3" in site["namespaces"]
    assert site["timezone_string"] == "Europe/Berlin"


def test_without_pretty_permalinks_there_is_a_page_for_people(
    open_shop: Callable[..., WooCommerceShop],
) -> None:
    shop = open_shop(pretty_permalinks=False)
    answer = httpx.Client(transport=shop.wire()).get(URL)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_shop_in_maintenance_answers_with_a_page_for_people(
    shop: WooCommerceShop, client: httpx.Client
) -> None:
    shop.in_maintenance = True
    answer = client.get("/orders")
    assert answer.status_code == 503
    assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("path", ["/coupons-of-old", "/orders/x", "/orders/1/nothing"])
def test_a_route_that_does_not_exist_says_so(client: httpx.Client, path: str) -> None:
    assert code_of(client.get(path)) == (404, "rest_no_route")


def test_a_path_of_another_plugin_is_no_route_either(
    visitor: httpx.Client, clock: VirtualClock
) -> None:
    url = "http://woo.example/wp-json/wc/v9/orders"
    assert code_of(visitor.get(url, params=sign(clock, url=url))) == (
        404,
        "rest_no_route",
    )


def test_a_shop_in_a_folder_answers_below_it_only(
    open_shop: Callable[..., WooCommerceShop], clock: VirtualClock
) -> None:
    visitor = httpx.Client(transport=open_shop(folder="/shop").wire())
    url = "http://woo.example/shop/wp-json/wc/v3/orders"
    assert visitor.get(url, params=sign(clock, url=url)).status_code == 200
    assert visitor.get(URL, params=sign(clock)).status_code == 404


def test_repeated_and_bracketed_arguments_are_signed_as_php_sees_them(
    visitor: httpx.Client, clock: VirtualClock
) -> None:
    signed = sign(clock, **{"include[0]": "1", "include[1]": "2"})
    query = [(name, text) for name, text in signed.items() if "include" not in name]
    query += [("include[]", "1"), ("include[]", "2")]
    assert (
        visitor.get(URL, params=httpx.QueryParams(urlencode(query))).status_code == 200
    )


def test_a_key_that_is_taken_away_is_refused_as_an_unknown_one(
    shop: WooCommerceShop, client: httpx.Client
) -> None:
    shop.faults.arm_once("expired_token")
    answer = client.get("/orders")
    assert code_of(answer) == (401, "woocommerce_rest_authentication_error")
    assert client.get("/orders").status_code == 200
