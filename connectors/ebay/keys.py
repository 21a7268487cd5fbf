"""eBay's public keys, and whether a notification was signed with one of them.

The header names the key; eBay hands the key out and asks that it be kept for about an
hour. The digest is what the key's own record says (SHA-1 today): a weak digest for a
new design, and the one that eBay signs with.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError, WebhookRefusedError
from ..calls import Call, Transport
from .doors import NOTIFICATION
from .wire import PublicKey, read_answer

KEPT = timedelta(hours=1)
KEYS_MAX = 20
"""eBay has a handful; a forger can name any number."""

_KEY_ID = re.compile(r"[\w-]{1,100}", re.ASCII)
_DIGESTS: Mapping[str, hashes.HashAlgorithm] = {
    "SHA1": hashes.SHA1(),  # noqa: S303 - eBay's choice, see above
    "SHA256": hashes.SHA256(),
}


@dataclass(frozen=True, slots=True)
class _Key:
    """A key, or None for an id that names none, and when it was asked for."""

    key: ec.EllipticCurvePublicKey | None
    digest: hashes.HashAlgorithm
    asked_at: datetime


class KeyRing:
    """The public keys of eBay's notifications, by id. Thread-safe."""

    def __init__(self, application: Transport, clock: Clock) -> None:
        self._application = application
        self._clock = clock
        self._keys: dict[str, _Key] = {}
        self._lock = threading.Lock()

    def require_signature(self, header: str, body: bytes) -> None:
        """Return if eBay signed exactly these bytes.

        Raises:
            WebhookRefusedError: it did not, or nobody can tell.
            RetryLaterError: the key cannot be fetched at present.
        """
        key_id, signature = _read_header(header)
        known = self._find(key_id)
        if known.key is None:
            raise _forged()
        try:
            known.key.verify(signature, body, ec.ECDSA(known.digest))
        except InvalidSignature:
            raise _forged() from None

    def _find(self, key_id: str) -> _Key:
        now = self._clock.now()
        with self._lock:
            known = self._keys.get(key_id)
        if known is not None and now < known.asked_at + KEPT:
            return known
        fresh = self._fetch(key_id, now)
        with self._lock:
            if len(self._keys) >= KEYS_MAX:
                self._keys.clear()
            self._keys[key_id] = fresh
        return fresh

    def _fetch(self, key_id: str, now: datetime) -> _Key:
        call = Call(
            "GET",
            f"{NOTIFICATION}/public_key/{key_id}",
            safe=True,
            accept_statuses=(400, 404),
        )
        answer = self._application.send(call)
        if answer.status in {400, 404}:
            return _Key(None, hashes.SHA256(), now)
        told = read_answer(PublicKey, answer)
        digest = _DIGESTS.get(told.digest.upper().replace("-", ""))
        if digest is None:
            raise ContractBrokenError(
                f"eBay signs notifications with a digest that the hub does not know: "
                f"{told.digest}"
            )
        return _Key(_read_key(told.key), digest, now)


def _read_key(text: str) -> ec.EllipticCurvePublicKey:
    """Return a key; eBay writes PEM on a single line."""
    bare = re.sub(r"-----[A-Z ]+-----|\s", "", text)
    try:
        key = load_der_public_key(base64.b64decode(bare))
    except ValueError:
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ContractBrokenError("eBay's public key is no elliptic-curve key")
    return key


def _read_header(header: str) -> tuple[str, bytes]:
    """Return key id and signature of an ``X-EBAY-SIGNATURE``: JSON in Base64."""
    try:
        told = orjson.loads(base64.b64decode(header, validate=True))
        key_id = str(told["kid"])
        signature = base64.b64decode(str(told["signature"]), validate=True)
    except (ValueError, LookupError, TypeError):
        raise _forged() from None
    if not _KEY_ID.fullmatch(key_id):
        raise _forged()
    return key_id, signature


def _forged() -> WebhookRefusedError:
    return WebhookRefusedError("the notification is not signed by eBay")
