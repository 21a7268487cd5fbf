"""Only who knows the secret can sign, only these very bytes, and only recently."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.errors import WebhookRefusedError
from crossdock.connectors.signatures import (
    Encoding,
    require_recent,
    require_signature,
    require_standard_webhook,
    sign,
)
from hypothesis import given
from hypothesis import strategies as st

BODY = b'{"id": 7, "note": "Gr\xc3\xbc\xc3\x9fe"}'
SECRET = b"open-sesame"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("encoding", "signature"),
    [
        # RFC 4231, test case 2
        (
            Encoding.HEX,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (Encoding.BASE64, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
    ],
)
def test_a_signature_is_the_one_of_the_standard(
    encoding: Encoding, signature: str
) -> None:
    body = b"what do ya want for nothing?"
    assert sign(body, b"Jefe", encoding) == signature
    require_signature(body, signature, [b"Jefe"], encoding)


def test_a_hex_signature_may_be_in_capitals() -> None:
    signature = sign(BODY, SECRET, Encoding.HEX).upper()
    require_signature(BODY, signature, [SECRET], Encoding.HEX)


@given(data=st.data(), encoding=st.sampled_from(Encoding))
def test_a12_one_changed_bit_anywhere_is_a_forgery(
    data: st.DataObject, encoding: Encoding
) -> None:
    bit = data.draw(st.integers(0, len(BODY) * 8 - 1))
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(WebhookRefusedError):
        require_signature(
            bytes(changed), sign(BODY, SECRET, encoding), [SECRET], encoding
        )


@pytest.mark.parametrize("signature", [None, "", " ", "x", "ü", sign(BODY, b"other")])
def test_a12_a_missing_or_foreign_signature_is_refused_in_the_same_words(
    signature: str | None,
) -> None:
    with pytest.raises(WebhookRefusedError, match="not signed with this channel's"):
        require_signature(BODY, signature, [SECRET])


def test_a12_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(WebhookRefusedError):
        require_signature(BODY, sign(BODY, b""), [b""])
    with pytest.raises(WebhookRefusedError):
        require_signature(BODY, sign(BODY, SECRET), [])


@pytest.mark.parametrize(
    "body", [b'{"id":7,"note":"Gr\xc3\xbc\xc3\x9fe"}', BODY + b"\n"]
)
def test_a13_the_bytes_as_they_came_are_signed_and_not_their_meaning(
    body: bytes,
) -> None:
    with pytest.raises(WebhookRefusedError):
        require_signature(body, sign(BODY, SECRET), [SECRET])


def test_a14_while_a_secret_is_rotated_both_are_valid() -> None:
    for secret in (b"old", b"new"):
        require_signature(BODY, sign(BODY, secret), [b"old", b"new"])


@pytest.mark.parametrize("age_seconds", [299, 300, -299, 0])
def test_a11_a_delivery_within_five_minutes_is_recent(age_seconds: int) -> None:
    require_recent(NOW - timedelta(seconds=age_seconds), NOW)


@pytest.mark.parametrize(
    ("age_seconds", "side"), [(301, "old"), (-301, "ahead of the hub's clock")]
)
def test_a11_an_older_or_a_future_delivery_is_refused(
    age_seconds: int, side: str
) -> None:
    with pytest.raises(WebhookRefusedError, match=side):
        require_recent(NOW - timedelta(seconds=age_seconds), NOW)


STANDARD_KEY = b"client-secret-of-a-store"


def sign_standard(
    body: bytes, at: datetime, prefix: str = "webhook-"
) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    signature = sign(f"msg_1.{stamp}.".encode() + body, STANDARD_KEY)
    return {
        f"{prefix}id": "msg_1",
        f"{prefix}timestamp": stamp,
        f"{prefix}signature": f"v1,{signature}",
    }


@pytest.mark.parametrize("prefix", ["webhook-", "svix-"])
def test_a_standard_webhook_is_genuine_with_any_one_of_its_signatures(
    prefix: str,
) -> None:
    headers = sign_standard(b"{}", NOW, prefix)
    name = f"{prefix}signature"
    for signatures in (
        headers[name],
        f"v1,AAAA {headers[name]}",
        f"{headers[name]} v1a,other",
    ):
        require_standard_webhook(
            {**headers, name: signatures},
            b"{}",
            (b"older", STANDARD_KEY),
            NOW,
            prefix=prefix,
        )


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "now"},
        {"webhook-signature": ""},
        {"webhook-signature": "v2,AAAA"},
    ],
)
def test_id_and_time_of_a_standard_webhook_are_signed_too(
    change: dict[str, str],
) -> None:
    headers = {**sign_standard(b"{}", NOW), **change}
    with pytest.raises(WebhookRefusedError, match="not signed"):
        require_standard_webhook(headers, b"{}", (STANDARD_KEY,), NOW)


def test_an_old_standard_webhook_is_refused() -> None:
    headers = sign_standard(b"{}", NOW - timedelta(seconds=301))
    with pytest.raises(WebhookRefusedError, match="301 s old"):
        require_standard_webhook(headers, b"{}", (STANDARD_KEY,), NOW)


def test_a_standard_webhook_whose_signed_time_is_none_is_refused() -> None:
    content = sign(b"msg_1.soon.{}", STANDARD_KEY)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "soon",
        "webhook-signature": f"v1,{content}",
    }
    with pytest.raises(WebhookRefusedError, match="does not say when"):
        require_standard_webhook(headers, b"{}", (STANDARD_KEY,), NOW)
