"""Proves who sent a webhook: HMAC-SHA256 over the bytes as they came.

Comparison takes the same time whatever differs; several secrets may be valid at once
while one is being rotated. A signature says who sent a delivery, not that it is new:
where a scheme signs a time, ``require_recent`` bounds its age, and a repeated delivery
is recognised by its id in the database. Schemes with public keys are not here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum

from ..canonical.errors import WebhookRefusedError

AGE_SECONDS_MAX = 300.0
_STAMP_DIGITS_MAX = 11


class Encoding(Enum):
    """How a channel writes the digest into its header."""

    BASE64 = "base64"
    HEX = "hex"


def sign(body: bytes, secret: bytes, encoding: Encoding = Encoding.BASE64) -> str:
    """Return the signature of ``body`` as a channel would send it."""
    digest = hmac.new(secret, body, hashlib.sha256).digest()
    if encoding is Encoding.HEX:
        return digest.hex()
    return base64.b64encode(digest).decode("ascii")


def require_signature(
    body: bytes,
    signature: str | None,
    secrets: Iterable[bytes],
    encoding: Encoding = Encoding.BASE64,
) -> None:
    """Return if one of the secrets signed exactly these bytes.

    Args:
        body: the bytes as they came, before any parsing.
        signature: the header's value; None where it is missing.
        secrets: all that are valid at present. Empty ones are never valid.

    Raises:
        WebhookRefusedError: none of them did, or there is no signature. The text is
            the same in both cases.
    """
    given = (signature or "").strip()
    if encoding is Encoding.HEX:
        given = given.lower()
    genuine = False
    # No early exit: the time taken tells nothing about which secret fits.
    for secret in secrets:
        expected = sign(body, secret, encoding)
        same = hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
        genuine |= same and bool(secret)
    if not genuine:
        raise WebhookRefusedError(
            "the delivery is not signed with this channel's secret",
            next_step="Compare the webhook secret here with the one at the channel.",
        )


def _is_signed(body: bytes, signature: str, secrets: Iterable[bytes]) -> bool:
    try:
        require_signature(body, signature, secrets)
    except WebhookRefusedError:
        return False
    return True


def require_recent(
    signed_at: datetime, now: datetime, age_seconds_max: float = AGE_SECONDS_MAX
) -> None:
    """Return if the signed time is within ``age_seconds_max`` of now, either way.

    Raises:
        WebhookRefusedError: it is older (a replay) or from the future (a wrong clock).
    """
    age_seconds = (now - signed_at).total_seconds()
    if abs(age_seconds) > age_seconds_max:
        side = "old" if age_seconds > 0 else "ahead of the hub's clock"
        raise WebhookRefusedError(
            f"the delivery is {abs(age_seconds):.0f} s {side}; "
            f"{age_seconds_max:.0f} s are allowed",
            next_step="Compare the clock of this machine with the channel's.",
        )


def require_standard_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Iterable[bytes],
    now: datetime,
    *,
    prefix: str = "webhook-",
) -> None:
    """Return if a delivery is genuine and recent by the Standard Webhooks scheme.

    The scheme (standardwebhooks.com, Svix before it) signs ``id.time.body`` with
    HMAC-SHA256 in Base64; its header carries several signatures, each with a version.

    Args:
        headers: header names in lower case.
        body: the bytes as they came, before any parsing.
        secrets: the keys themselves, decoded from however the channel writes them.
        now: the present moment.
        prefix: what the three headers begin with; Svix wrote ``svix-``.

    Raises:
        WebhookRefusedError: none of the secrets signed it, or not recently.
    """
    stamp = headers.get(f"{prefix}timestamp", "")
    content = f"{headers.get(f'{prefix}id', '')}.{stamp}.".encode() + body
    told = headers.get(f"{prefix}signature", "").split()
    parts = [each.partition(",") for each in told]
    given = [signature for version, _, signature in parts if version == "v1"]
    keys = tuple(secrets)
    genuine = [each for each in given if _is_signed(content, each, keys)]
    require_signature(content, genuine[0] if genuine else None, keys)
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _STAMP_DIGITS_MAX):
        raise WebhookRefusedError("a signed delivery does not say when it was signed")
    require_recent(datetime.fromtimestamp(int(stamp), UTC), now)
