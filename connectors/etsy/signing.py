"""Signing secrets as Etsy's webhook portal shows them, and the keys inside. Pure."""

from __future__ import annotations

import base64
import binascii

_PREFIX = "whsec_"


def read_webhook_secrets(text: str) -> tuple[bytes, ...]:
    """Return the keys of one secret, or of several with spaces between.

    Raises:
        ValueError: one of them is not what the portal shows; it is not repeated.
    """
    keys = []
    for part in text.split():
        try:
            key = base64.b64decode(part.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            key = b""
        if not key:
            raise ValueError("a signing secret is whsec_ and then Base64") from None
        keys.append(key)
    return tuple(keys)
