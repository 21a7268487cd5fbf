"""Signs requests with a bearer token, and gets a new one before it expires.

A personal access token lives for ever. A token of OAuth lives for 30 days; its refresh
token lives for ever (code flow) or is good for once (PKCE), so that one thread at a
time asks, and a worker that was slower takes what was stored. Source: the operation
``ObtainToken`` of Square's API description.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from datetime import datetime, timedelta

import httpx
import orjson
from pydantic import BaseModel, SecretStr, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ReauthRequiredError, RetryLaterError
from ...canonical.model import UtcTime
from ..sdk import Credentials
from ..statuses import read_reason, read_retry_after
from .kept import Kept
from .settings import SquareSettings

TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path, not a token
_EARLY = timedelta(days=7)
"""How long before its end a token is renewed: Square asks for it to be done weekly."""
_EARLY_SHORT = timedelta(minutes=10)
"""The same for tokens that live for a day, and less."""

_Flow = Generator[httpx.Request, httpx.Response, None]
_Renewal = Generator[httpx.Request, httpx.Response, Credentials]


class TokenAnswer(BaseModel):
    """What the token endpoint answers."""

    access_token: str
    refresh_token: str = ""
    expires_at: UtcTime | None = None


class BearerAuth(httpx.Auth):
    """Shows one token that does not expire."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> _Flow:
        """Yield the request with the token on it."""
        _show(request, self._token.get_secret_value())
        yield request


class OAuth(httpx.Auth):
    """Shows the token of a grant, and keeps it alive."""

    def __init__(self, settings: SquareSettings, kept: Kept, clock: Clock) -> None:
        self._settings = settings
        self._kept = kept
        self._clock = clock
        self._renewing = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> _Flow:
        """Yield the request, with a renewal before or after it where one is due.

        Raises:
            ReauthRequiredError: Square gives no new token for this grant.
            RetryLaterError: the token endpoint cannot answer at present.
        """
        current = self._kept.load_tokens()
        if self._is_stale(current):
            current = yield from self._renew(current)
        _show(request, current.values["access_token"])
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            current = yield from self._renew(current)
            _show(request, current.values["access_token"])
            yield request

    def _is_stale(self, current: Credentials) -> bool:
        text = current.values["expires_at"]
        if not text:
            return False
        left = datetime.fromisoformat(text) - self._clock.now()
        return left <= (_EARLY_SHORT if current.values.get("short_lived") else _EARLY)

    def _renew(self, worn: Credentials) -> _Renewal:
        """Return tokens newer than ``worn``; one thread at a time asks for them."""
        with self._renewing:
            current = self._kept.load_tokens()
            if current.values["access_token"] != worn.values["access_token"]:
                return current
            response = yield self._build_request(current)
            if response.status_code >= httpx.codes.BAD_REQUEST:
                return self._explain_refusal(response, worn)
            fresh = self._read_tokens(response, current)
            self._kept.replace_tokens(version=current.version, tokens=fresh)
            return self._kept.load_tokens()

    def _build_request(self, current: Credentials) -> httpx.Request:
        wanted = {
            "client_id": self._settings.application_id,
            "grant_type": "refresh_token",
            "refresh_token": current.values["refresh_token"],
        }
        if self._settings.application_secret is not None:
            secret = self._settings.application_secret.get_secret_value()
            wanted["client_secret"] = secret
        return httpx.Request(
            "POST",
            self._settings.api_url + TOKEN_PATH,
            content=orjson.dumps(wanted),
            headers={
                "accept": "application/json",
                "content-type": "application/json",
            },
        )

    def _read_tokens(
        self, response: httpx.Response, current: Credentials
    ) -> dict[str, str]:
        response.read()
        try:
            answer = TokenAnswer.model_validate_json(response.content)
        except ValidationError:
            raise RetryLaterError(
                "Square's token endpoint answered with something else than a token"
            ) from None
        expires_at = answer.expires_at
        lives = expires_at - self._clock.now() if expires_at else timedelta.max
        return {
            "access_token": answer.access_token,
            "refresh_token": answer.refresh_token or current.values["refresh_token"],
            "expires_at": expires_at.isoformat() if expires_at else "",
            "short_lived": "yes" if lives <= _EARLY else "",
        }

    def _explain_refusal(
        self, response: httpx.Response, worn: Credentials
    ) -> Credentials:
        """Return the tokens of a faster worker, or raise why there are none."""
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
            raise RetryLaterError(
                f"Square's token endpoint answered {status}",
                delay_seconds=read_retry_after(response.headers, self._clock.now()),
            )
        current = self._kept.load_tokens()
        if current.values["access_token"] != worn.values["access_token"]:
            return current
        secret = self._settings.application_secret
        secrets = {*worn.values.values(), secret.get_secret_value() if secret else ""}
        reason = read_reason(
            response.headers, response.read(), frozenset(secrets - {""})
        )
        raise ReauthRequiredError(
            f"Square gives no new access token for this grant ({status}): "
            f"{reason or 'it does not say why'}",
            next_step="Authorize the application again, and enter the new tokens.",
        )


def choose_auth(settings: SquareSettings, kept: Kept, clock: Clock) -> httpx.Auth:
    """Return how requests for this account are authenticated."""
    if settings.refresh_token is None:
        return BearerAuth(settings.access_token)
    return OAuth(settings, kept, clock)


def _show(request: httpx.Request, token: str) -> None:
    request.headers["authorization"] = f"Bearer {token}"
