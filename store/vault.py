"""Secrets at rest: encrypted with a key that is not in the database.

AES-SIV with the owner as associated data, so a ciphertext moved to another channel's
row does not open, and no nonce can be repeated. Not a key store: the key comes from
the settings.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ..canonical.errors import SettingsError

KEY_BYTES = 64


class Vault:
    """Seals and opens documents under one key."""

    def __init__(self, key: str) -> None:
        """Take the key as base64 text of 64 bytes.

        Raises:
            SettingsError: the text is not such a key.
        """
        try:
            raw = base64.b64decode(key, validate=True)
        except (binascii.Error, ValueError) as error:
            raise _wrong_key() from error
        if len(raw) != KEY_BYTES:
            raise _wrong_key()
        self._cipher = AESSIV(raw)

    @staticmethod
    def generate_key() -> str:
        """Return a new key as text."""
        return base64.b64encode(AESSIV.generate_key(KEY_BYTES * 8)).decode()

    def seal(self, document: Mapping[str, Any], owner: str) -> bytes:
        """Return ``document`` encrypted for ``owner``."""
        return self._cipher.encrypt(orjson.dumps(dict(document)), [owner.encode()])

    def open(self, sealed: bytes, owner: str) -> dict[str, Any]:
        """Return the document that was sealed for ``owner``.

        Raises:
            SettingsError: the key is not the one that the document was sealed with.
        """
        try:
            plain = self._cipher.decrypt(sealed, [owner.encode()])
        except InvalidTag as error:
            raise SettingsError(
                f"The secrets of {owner} cannot be opened with this secret key.",
                next_step="Put the key back that the hub was set up with, or remove "
                "the channel and add it again.",
            ) from error
        opened: dict[str, Any] = orjson.loads(plain)
        return opened


def _wrong_key() -> SettingsError:
    return SettingsError(
        f"secret_key is not {KEY_BYTES} bytes in base64",
        next_step="Run crossdock init to make one, or copy the whole key.",
    )
