"""Signs requests with an access token from Login with Amazon, and renews it.

A token lives for an hour and is shared by all workers through the credential store. The
refresh token does not rotate. Nothing here decides whether a request is repeated beyond
the one time after a token was refused.
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
from .settings import AmazonSettings
from .wire import TokenAnswer

TOKEN_PATH = "/auth/o2/token"  # noqa: S105 - a path, not a token
_EARLY = timedelta(minutes=2)
"""How long before its end a token counts as expired: none expires on the way."""
_WORN = (b"expired", b"revoked", b"malformed")
"""Words by which Amazon says, with a 403, that it is the token that it refuses."""

_Flow = Generator[httpx.Request, httpx.Response, None]
_Renewal = Generator[httpx.Request, httpx.Response, Credentials]


class AmazonAuth(httpx.Auth):
    """Puts ``x-amz-access-token`` on requests and keeps the token alive.

    Stored tokens are forgotten as soon as somebody enters other credentials.
    """

    requires_response_body = True

    def __init__(
        self, settings: AmazonSettings, credentials: CredentialStore, clock: Clock
    ) -> None:
        self._settings = settings
        self._store = credentials
        self._clock = clock
        self._renewing = threading.Lock()
        self._seed = _fingerprint(settings)

    def auth_flow(self, request: httpx.Request) -> _Flow:
        """Yield the request, with a renewal before or after it where one is due.

        Raises:
            ReauthRequiredError: Amazon gives no new token for these credentials.
            RetryLaterError: the login cannot answer at present.
        """
        current = self._load()
        if self._is_stale(current):
            current = yield from self._renew(current)
        request.headers["x-amz-access-token"] = current.values["access_token"]
        response = yield request
        if _refuses_token(response):
            current = yield from self._renew(current)
            request.headers["x-amz-access-token"] = current.values["access_token"]
            yield request

    def _load(self) -> Credentials:
        stored = self._store.load()
        if stored.values.get("seed") == self._seed:
            return stored
        return Credentials(stored.version, {"access_token": "", "expires_at": ""})

    def _is_stale(self, current: Credentials) -> bool:
        if not current.values["access_token"]:
            return True
        ends_at = datetime.fromisoformat(current.values["expires_at"])
        return self._clock.now() >= ends_at - _EARLY

    def _renew(self, worn: Credentials) -> _Renewal:
        """Return a token newer than ``worn``; one thread at a time asks for it."""
        with self._renewing:
            current = self._load()
            if current.values["access_token"] != worn.values["access_token"]:
                return current
            response = yield self._build_request()
            if response.status_code >= httpx.codes.BAD_REQUEST:
                raise self._explain_refusal(response)
            fresh = self._read_token(response)
            if self._store.replace(version=current.version, values=fresh):
                return Credentials(current.version + 1, fresh)
            # Another worker was faster; both tokens are good, and its one is kept.
            return self._load()

    def _build_request(self) -> httpx.Request:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._settings.refresh_token.get_secret_value(),
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
        }
        url = self._settings.login_url + TOKEN_PATH
        headers = {"accept": "application/json"}
        return httpx.Request("POST", url, data=form, headers=headers)

    def _read_token(self, response: httpx.Response) -> dict[str, str]:
        try:
            answer = TokenAnswer.model_validate_json(response.content)
        except ValidationError:
            raise RetryLaterError(
                "Login with Amazon answered with something else than a token"
            ) from None
        ends_at = self._clock.now() + timedelta(seconds=answer.expires_in)
        return {
            "access_token": answer.access_token,
            "expires_at": ends_at.astimezone(UTC).isoformat(),
            "seed": self._seed,
        }

    def _explain_refusal(
        self, response: httpx.Response
    ) -> ReauthRequiredError | RetryLaterError:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
            return RetryLaterError(
                f"Login with Amazon answered {status}",
                delay_seconds=read_retry_after(response.headers, self._clock.now()),
            )
        secrets = frozenset(
            {
                self._settings.client_secret.get_secret_value(),
                self._settings.refresh_token.get_secret_value(),
            }
        )
        reason = read_reason(response.headers, response.content, secrets)
        return ReauthRequiredError(
            f"Login with Amazon gives no access token for these credentials "
            f"({status}): {reason or 'it does not say why'}",
            next_step="Authorise the application anew in Seller Central > Develop "
            "apps, and enter its client secret and refresh token again.",
        )


def _refuses_token(response: httpx.Response) -> bool:
    """Say whether it is the token that was refused.

    Amazon answers 401, or a 403 that says so; a 403 without it is a missing role.
    """
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return True
    if response.status_code != httpx.codes.FORBIDDEN:
        return False
    text = response.content.lower()
    return b"token" in text and any(word in text for word in _WORN)


def _fingerprint(settings: AmazonSettings) -> str:
    """Return what tells these credentials from others, and tells nothing else."""
    secrets = (settings.client_secret, settings.refresh_token)
    parts = [settings.client_id, *(secret.get_secret_value() for secret in secrets)]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
