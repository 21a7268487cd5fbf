"""Signs requests with the shop's access token, and gets a new one before it expires.

Tokens are shared by all workers through the credential store. Whoever finds a token
expired refreshes it; a worker that was slower drops its own new token and takes the one
that was stored. Nothing here decides whether a request is repeated beyond the one time
after a 401.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import httpx
from pydantic import ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ReauthRequiredError, RetryLaterError
from ..sdk import Credentials, CredentialStore
from ..statuses import read_reason, read_retry_after
from .settings import ShopifySettings
from .wire import TokenAnswer

TOKEN_PATH = "/admin/oauth/access_token"  # noqa: S105 - a path, not a token
_EARLY = timedelta(minutes=5)
"""How long before its end a token counts as expired: none expires on the way."""

_Flow = Generator[httpx.Request, httpx.Response, None]
_Refresh = Generator[httpx.Request, httpx.Response, Credentials]


class ShopifyAuth(httpx.Auth):
    """Puts ``X-Shopify-Access-Token`` on requests and keeps the token alive.

    A token from the settings is used until the store has one; the store's tokens are
    forgotten as soon as somebody enters other credentials.
    """

    def __init__(
        self, settings: ShopifySettings, credentials: CredentialStore, clock: Clock
    ) -> None:
        self._settings = settings
        self._store = credentials
        self._clock = clock
        self._refreshing = threading.Lock()
        self._seed = _fingerprint(settings)

    def auth_flow(self, request: httpx.Request) -> _Flow:
        """Yield the request, with a refresh before or after it where one is due.

        Raises:
            ReauthRequiredError: Shopify gives no new token for these credentials.
            RetryLaterError: the token endpoint cannot answer at present.
        """
        current = self._load()
        if self._can_renew and self._is_stale(current):
            current = yield from self._renew(current)
        request.headers["x-shopify-access-token"] = current.values["access_token"]
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED and self._can_renew:
            current = yield from self._renew(current)
            request.headers["x-shopify-access-token"] = current.values["access_token"]
            yield request

    @property
    def _can_renew(self) -> bool:
        return bool(self._settings.client_id) and (
            self._settings.refresh_token is not None
            or self._settings.access_token is None
        )

    def _load(self) -> Credentials:
        """Return the stored tokens, or those of the settings where they are newer."""
        stored = self._store.load()
        if stored.values.get("seed") == self._seed:
            return stored
        values = {"access_token": "", "refresh_token": "", "expires_at": ""}
        for name in ("access_token", "refresh_token"):
            secret = getattr(self._settings, name)
            values[name] = secret.get_secret_value() if secret else ""
        return Credentials(stored.version, values)

    def _is_stale(self, current: Credentials) -> bool:
        if not current.values["access_token"]:
            return True
        expires_at = current.values["expires_at"]
        if not expires_at:
            return False
        return self._clock.now() >= datetime.fromisoformat(expires_at) - _EARLY

    def _renew(self, worn: Credentials) -> _Refresh:
        """Return tokens newer than ``worn``; one thread at a time asks for them."""
        with self._refreshing:
            current = self._load()
            if current.values["access_token"] != worn.values["access_token"]:
                return current
            response = yield self._build_request(current)
            if response.status_code >= httpx.codes.BAD_REQUEST:
                return self._explain_refusal(response, worn)
            fresh = self._read_tokens(response)
            if self._store.replace(version=current.version, values=fresh):
                return Credentials(current.version + 1, fresh)
            return self._load()

    def _build_request(self, current: Credentials) -> httpx.Request:
        form = {
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
        }
        if self._settings.refresh_token:
            form["grant_type"] = "refresh_token"
            form["refresh_token"] = current.values["refresh_token"]
        else:
            form["grant_type"] = "client_credentials"
        return httpx.Request(
            "POST",
            self._settings.shop + TOKEN_PATH,
            data=form,
            # As Shopify's own libraries do: a refusal may come as a page otherwise.
            headers={"accept": "application/json"},
        )

    def _read_tokens(self, response: httpx.Response) -> dict[str, str]:
        response.read()
        try:
            answer = TokenAnswer.model_validate_json(response.content)
        except ValidationError:
            raise RetryLaterError(
                "Shopify's token endpoint answered with something else than a token"
            ) from None
        expires_at = ""
        if answer.expires_in is not None:
            moment = self._clock.now() + timedelta(seconds=answer.expires_in)
            expires_at = moment.astimezone(UTC).isoformat()
        return {
            "access_token": answer.access_token,
            "refresh_token": answer.refresh_token,
            "expires_at": expires_at,
            "seed": self._seed,
        }

    def _explain_refusal(
        self, response: httpx.Response, worn: Credentials
    ) -> Credentials:
        """Return the tokens of a faster worker, or raise why there are none."""
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
            raise RetryLaterError(
                f"Shopify's token endpoint answered {status}",
                delay_seconds=read_retry_after(response.headers, self._clock.now()),
            )
        current = self._load()
        if current.values["access_token"] != worn.values["access_token"]:
            return current
        secret = self._settings.client_secret.get_secret_value()
        secrets = frozenset({secret, *worn.values.values()})
        reason = read_reason(response.headers, response.read(), secrets)
        raise ReauthRequiredError(
            f"Shopify gives no new access token for these credentials ({status}): "
            f"{reason or 'it does not say why'}",
            next_step="See that the app is still installed in the shop, and enter its "
            "client ID, secret and tokens again.",
        )


def _fingerprint(settings: ShopifySettings) -> str:
    """Return what tells these credentials from others, and tells nothing else."""
    secrets = (settings.client_secret, settings.access_token, settings.refresh_token)
    parts = [settings.client_id]
    parts += [secret.get_secret_value() if secret else "" for secret in secrets]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
