"""Retry-After, the reasons that channels give, and what must not be in them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import orjson
import pytest
from crossdock.connectors.redaction import redact, secrets_of, silence_wire_logs
from crossdock.connectors.statuses import (
    Meaning,
    meaning_of,
    read_reason,
    read_retry_after,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
JSON = {"content-type": "application/json"}


@given(status=st.integers(100, 999))
def test_every_status_has_a_meaning_and_only_2xx_is_an_answer(status: int) -> None:
    answered = meaning_of(status) is Meaning.ANSWERED
    assert answered == (200 <= status < 300)


@given(text=st.text() | st.from_regex(r"-?[0-9]{1,20}(\.[0-9]*)?", fullmatch=True))
def test_e11_whatever_retry_after_says_the_wait_is_a_second_to_an_hour(
    text: str,
) -> None:
    delay_seconds = read_retry_after({"retry-after": text}, NOW)
    assert delay_seconds is None or 1 <= delay_seconds <= 3600


@given(seconds=st.integers(1, 3600))
def test_retry_after_may_be_seconds_or_a_date(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert read_retry_after({"retry-after": str(seconds)}, NOW) == seconds
    assert read_retry_after({"retry-after": date}, NOW) == seconds


def test_b10_a_retry_after_date_is_read_on_the_channels_own_clock() -> None:
    channels_now = NOW + timedelta(minutes=10)
    headers = {
        "date": format_datetime(channels_now, usegmt=True),
        "retry-after": format_datetime(channels_now + timedelta(seconds=5), True),
    }
    assert read_retry_after(headers, NOW) == 5


@pytest.mark.parametrize(
    "text", ["", "soon", "\u0665", "1e3", "Mon, 99 Foo 2026", "5 s"]
)
def test_a_retry_after_that_cannot_be_read_is_no_wish_at_all(text: str) -> None:
    assert read_retry_after({"retry-after": text}, NOW) is None
    assert read_retry_after({}, NOW) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"code": "no_stock", "message": "Not enough"}, "Not enough; no_stock"),
        ({"errors": "Not Found"}, "Not Found"),
        ({"errors": {"title": ["is blank", "is rude"]}}, "title: is blank; title: is"),
        (
            {"errors": [{"message": "Throttled"}, {"message": "Late"}]},
            "Throttled; Late",
        ),
        (
            {"error": "invalid_grant", "error_description": "Token is old"},
            "Token is old; invalid_grant",
        ),
        ({"detail": "Nope"}, "Nope"),
        ({"error": {"message": "Deep", "code": "E1"}}, "Deep; E1"),
        (["first", "second"], "first; second"),
        ("just text", "just text"),
        ({"unrelated": {"x": 1}}, ""),
        (17, ""),
    ],
)
def test_the_reason_is_taken_from_where_channels_put_it(
    body: object, reason: str
) -> None:
    assert read_reason(JSON, orjson.dumps(body)).startswith(reason)


def test_a_plain_text_reason_is_kept_and_a_web_page_is_not() -> None:
    assert read_reason({"content-type": "text/plain"}, b"Bad\n key") == "Bad key"
    assert read_reason({"content-type": "text/html"}, b"<h1>No</h1>") == ""
    assert read_reason({}, b"  <html>") == ""
    assert read_reason({}, b"") == ""


def test_an_endless_reason_is_cut_and_deep_nesting_ignored() -> None:
    reason = read_reason(JSON, orjson.dumps({"message": "no " * 1000}))
    assert len(reason) == 300
    assert reason.endswith("…")
    assert read_reason(JSON, orjson.dumps({"errors": [[[[[["deep"]]]]]]})) == ""


@given(body=st.binary(max_size=200))
def test_no_body_whatsoever_breaks_the_search_for_a_reason(body: bytes) -> None:
    assert len(read_reason({}, body)) <= 300


@pytest.mark.parametrize(
    "text",
    [
        "mail ada.lovelace+shop@mail.example.com now",
        "https://user:CANARY9@shop.example/x",
        "Authorization: Bearer CANARY9.abc-def",
        "authorization=Basic Q0FOQVJZOQ==",
        "token shpat_CANARY9CANARY9",
        "use ck_CANARY9CANARY9",
        "GET /x?consumer_secret=CANARY9&page=2",
        '{"access_token": "CANARY9"}',
        "oauth_signature=CANARY9%3D",
        "api-key: CANARY9",
        "the key abcdefCANARY90123456789abcdef0123 is bad",
    ],
)
def test_h11_what_looks_like_a_secret_or_an_e_mail_address_is_masked(
    text: str,
) -> None:
    masked = redact(text)
    assert "CANARY9" not in masked
    assert "Q0FOQVJZOQ" not in masked
    assert "lovelace" not in masked
    assert "***" in masked


def test_ordinary_sentences_and_ids_stay_readable() -> None:
    text = "Order 4711 (gid://shop/Order/820982911946154508) has no SKU RETRO-CLOCK"
    assert redact(text) == text


def test_h11_the_very_secrets_of_a_request_are_known_in_all_their_forms() -> None:
    request = httpx.Request(
        "GET",
        "https://shop.example/x?oauth_signature=sigcanary&page=2",
        headers={
            "x-shopify-access-token": "tokencanary",
            "authorization": "Basic a2V5Y2FuYXJ5OnNlY3JldGNhbmFyeQ==",
            "accept": "application/json",
        },
    )
    secrets = secrets_of(request)
    assert {"sigcanary", "tokencanary", "keycanary", "secretcanary"} <= secrets
    assert "application/json" not in secrets
    text = redact("bad secretcanary, keycanary or tokencanary", secrets)
    assert text == "bad ***, *** or ***"


def test_the_parts_of_an_oauth_header_are_known_too() -> None:
    header = 'OAuth oauth_token="abccanary", oauth_signature="x%2Bcanary"'
    request = httpx.Request(
        "GET", "https://shop.example", headers={"authorization": header}
    )
    assert {"abccanary", "x%2Bcanary"} <= secrets_of(request)


def test_a_basic_header_that_is_no_base64_is_kept_secret_as_it_is() -> None:
    request = httpx.Request(
        "GET", "https://shop.example", headers={"authorization": "Basic n()t-base64"}
    )
    assert "n()t-base64" in secrets_of(request)


def test_h11_the_http_library_does_not_log_urls_or_headers() -> None:
    silence_wire_logs()
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
    assert not logging.getLogger("httpcore.http11").isEnabledFor(logging.DEBUG)
