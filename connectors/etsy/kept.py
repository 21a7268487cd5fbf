"""What the connector keeps between calls, in the hub's one store for credentials.

Tokens, which belong to the settings that they came from; which listings the hub took
off sale, and where webhooks are expected, which belong to the shop and outlive them.
Replaced by version, so that two workers never undo one another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import orjson

from ...canonical.errors import RetryLaterError
from ..sdk import Credentials, CredentialStore
from .settings import EtsySettings

_SEED = "seed"
_PARKED = "parked"
_CALLBACKS = "callbacks"
_TOKENS = ("access_token", "refresh_token", "expires_at")
_TRIES_MAX = 5

Values = dict[str, str]


class Kept:
    """The credential store as this connector uses it."""

    def __init__(self, store: CredentialStore, settings: EtsySettings) -> None:
        self._store = store
        self._seed = _fingerprint(settings)
        self._initial = {
            "access_token": "",
            "refresh_token": settings.refresh_token.get_secret_value(),
            "expires_at": "",
        }

    def load_tokens(self) -> Mapping[str, str]:
        """Return the stored tokens, or those of the settings where they are newer."""
        return self._tokens_in(self._store.load())

    def replace_tokens(self, worn: Mapping[str, str], fresh: Mapping[str, str]) -> None:
        """Store new tokens in the place of ``worn``, unless a worker was faster.

        Only tokens count as faster: what else is kept may have changed meanwhile, and
        must not cost us a refresh token that is good for once.
        """

        def change(values: Values, stored: Credentials) -> Values:
            if self._tokens_in(stored)["refresh_token"] != worn["refresh_token"]:
                return values
            return {**values, **fresh, _SEED: self._seed}

        self._change(change)

    def list_parked(self) -> frozenset[int]:
        """Return the listings that the hub took off sale because nothing was left."""
        return frozenset(orjson.loads(self._store.load().values.get(_PARKED, "[]")))

    def park(self, listing_id: int) -> None:
        """Remember that the hub takes a listing off sale."""
        self._change_parked(lambda ids: ids | {listing_id})

    def unpark(self, listing_id: int) -> None:
        """Forget that the hub took a listing off sale."""
        if listing_id in self.list_parked():
            self._change_parked(lambda ids: ids - {listing_id})

    def list_callbacks(self) -> dict[str, str]:
        """Return where deliveries are expected, by topic."""
        text = self._store.load().values.get(_CALLBACKS, "{}")
        callbacks: dict[str, str] = orjson.loads(text)
        return callbacks

    def expect_callback(self, topic: str, url: str | None) -> None:
        """Remember where deliveries of a topic are expected; None for no more."""

        def change(values: Values, stored: Credentials) -> Values:
            del stored
            callbacks = orjson.loads(values.get(_CALLBACKS, "{}"))
            callbacks.pop(topic, None)
            if url is not None:
                callbacks[topic] = url
            return {**values, _CALLBACKS: orjson.dumps(callbacks).decode()}

        self._change(change)

    def _tokens_in(self, stored: Credentials) -> Mapping[str, str]:
        if stored.values.get(_SEED) != self._seed:
            return self._initial
        return {name: stored.values[name] for name in _TOKENS}

    def _change_parked(self, alter: Callable[[frozenset[int]], frozenset[int]]) -> None:
        def change(values: Values, stored: Credentials) -> Values:
            del stored
            before = frozenset(orjson.loads(values.get(_PARKED, "[]")))
            return {**values, _PARKED: orjson.dumps(sorted(alter(before))).decode()}

        self._change(change)

    def _change(self, change: Callable[[Values, Credentials], Values]) -> None:
        for _ in range(_TRIES_MAX):
            stored = self._store.load()
            before = dict(stored.values)
            after = change(before, stored)
            if after == before:
                return
            if self._store.replace(version=stored.version, values=after):
                return
        raise RetryLaterError("other workers keep changing the stored credentials")


def _fingerprint(settings: EtsySettings) -> str:
    """Return what tells these credentials from others, and tells nothing else."""
    parts = [
        settings.address,
        settings.keystring,
        str(settings.shop_id),
        settings.refresh_token.get_secret_value(),
    ]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
