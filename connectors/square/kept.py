"""What the connector keeps between calls: tokens, and the keys that sign webhooks.

Both live in the hub's one credential store and are replaced by version, so that two
workers never undo one another. What belongs to other settings is forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson

from ...canonical.errors import RetryLaterError
from ..sdk import Credentials, CredentialStore
from .settings import SquareSettings

_KEYS = "webhook_keys"
_SEED = "seed"
_TRIES_MAX = 5


class Kept:
    """The credential store as this connector uses it."""

    def __init__(self, store: CredentialStore, settings: SquareSettings) -> None:
        self._store = store
        self._seed = _fingerprint(settings)
        self._initial = {
            "access_token": settings.access_token.get_secret_value(),
            "refresh_token": (
                settings.refresh_token.get_secret_value()
                if settings.refresh_token
                else ""
            ),
            "expires_at": "",
        }

    def load_tokens(self) -> Credentials:
        """Return the stored tokens, or those of the settings where they are newer."""
        stored = self._store.load()
        if stored.values.get(_SEED) == self._seed and "access_token" in stored.values:
            return stored
        return Credentials(stored.version, {**self._initial, _SEED: self._seed})

    def replace_tokens(self, *, version: int, tokens: Mapping[str, str]) -> bool:
        """Store new tokens if nobody was faster, and leave the rest as it is."""
        stored = self._store.load()
        values = {**self._own(stored), **tokens, _SEED: self._seed}
        return self._store.replace(version=version, values=values)

    def load_keys(self) -> dict[str, tuple[str, str]]:
        """Return address and key of each subscription, by the subscription's id."""
        text = self._own(self._store.load()).get(_KEYS, "{}")
        return {id_: (url, key) for id_, (url, key) in orjson.loads(text).items()}

    def keep_key(self, subscription_id: str, url: str, key: str) -> None:
        """Remember what signs the deliveries of a subscription."""
        self._change_keys(subscription_id, (url, key))

    def forget_key(self, subscription_id: str) -> None:
        """Forget a subscription that has ended."""
        self._change_keys(subscription_id, None)

    def _change_keys(self, subscription_id: str, entry: tuple[str, str] | None) -> None:
        for _ in range(_TRIES_MAX):
            stored = self._store.load()
            values = self._own(stored)
            keys = orjson.loads(values.get(_KEYS, "{}"))
            if keys.get(subscription_id) == (list(entry) if entry else None):
                return
            if entry is None:
                del keys[subscription_id]
            else:
                keys[subscription_id] = entry
            changed = {**values, _KEYS: orjson.dumps(keys).decode(), _SEED: self._seed}
            if self._store.replace(version=stored.version, values=changed):
                return
        raise RetryLaterError("other workers keep changing the stored credentials")

    def _own(self, stored: Credentials) -> dict[str, str]:
        """Return what is stored, if it was stored under these very settings."""
        if stored.values.get(_SEED) != self._seed:
            return {}
        return dict(stored.values)


def _fingerprint(settings: SquareSettings) -> str:
    """Return what tells these credentials from others, and tells nothing else."""
    secrets = (
        settings.access_token,
        settings.application_secret,
        settings.refresh_token,
        settings.application_token,
    )
    parts = [settings.api_url, settings.application_id]
    parts += [secret.get_secret_value() if secret else "" for secret in secrets]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
