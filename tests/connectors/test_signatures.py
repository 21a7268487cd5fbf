"""Only who knows the secret can sign, only these very bytes, and only recently."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.errors import WebhookRefusedError
from crossdock.connectors.signatures import (
    Encoding,
    require_recent,
    require_signature,
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
