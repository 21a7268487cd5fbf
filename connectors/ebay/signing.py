"""Signs requests as eBay wants it of sellers in the EU and the UK.

HTTP message signatures (RFC 9421) with an Ed25519 key that eBay's Key Management API
hands out, over the body's digest, method, path and host. Only refunds and cancellations
need one; what eBay sends us is signed in another way, see ``keys``.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from ...canonical.errors import ReauthRequiredError
from .settings import EbaySettings

_COVERED = ("content-digest", "x-ebay-signature-key", "@method", "@path", "@authority")


def sign_write(
    settings: EbaySettings, path: str, body: bytes, now: datetime
) -> dict[str, str]:
    """Return the headers that sign a POST; none without a key.

    Raises:
        ReauthRequiredError: the private key cannot be used.
    """
    if settings.signing_key_jwe is None or settings.signing_private_key is None:
        return {}
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    jwe = settings.signing_key_jwe.get_secret_value()
    values = {
        "content-digest": f"sha-256=:{digest}:",
        "x-ebay-signature-key": jwe,
        "@method": "POST",
        "@path": path,
        "@authority": httpx.URL(settings.address).netloc.decode("ascii"),
    }
    names = " ".join(f'"{name}"' for name in _COVERED)
    parameters = f"({names});created={int(now.timestamp())}"
    lines = [f'"{name}": {values[name]}' for name in _COVERED]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    key = _read_key(settings.signing_private_key.get_secret_value())
    signature = base64.b64encode(key.sign(base.encode())).decode()
    return {
        "content-digest": values["content-digest"],
        "x-ebay-signature-key": jwe,
        "x-ebay-enforce-signature": "true",
        "signature-input": f"sig1={parameters}",
        "signature": f"sig1=:{signature}:",
    }


def _read_key(text: str) -> Ed25519PrivateKey:
    lines = [line for line in text.splitlines() if not line.startswith("-----")]
    try:
        key = load_der_private_key(base64.b64decode("".join(lines)), password=None)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ReauthRequiredError(
            "the private signing key is no Ed25519 key in Base64",
            next_step="Enter privateKey as eBay's Key Management API gave it.",
        )
    return key
