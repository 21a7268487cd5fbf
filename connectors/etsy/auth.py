"""Signs requests with the application's key and the shop's token, and renews it.

An access token lives for an hour. Each renewal gives a new refresh token, good for 90
days; whether the old one still works afterwards is not promised (open-api issue 353).
So one thread at a time renews, the new pair is stored by version, and a worker that was
slower takes what was stored. Source: Etsy's contract and its page on authentication.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from datetime import datetime, timedelta

import httpx
from pydantic import BaseModel, Field, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ReauthRequiredError, RetryLaterError
from ..statuses import read_reason, read_retry_after
from .kept import Kept
from .settings import EtsySettings

TOKEN_PATH = "/v3/public/oauth/token"  # noqa: S105 - a path, not a token
_EARLY = timedelta(minutes=2)
"""How long before its end a token counts as expired: none expires on the way."""

Tokens = Mapping[str, str]
_Flow = Generator[httpx.Request, httpx.Response, None]
_Renewal = Generator[httpx.Request, httpx.Response, Tokens]


class TokenAnswer(BaseModel):
    """What the token endpoint answers."""

    access_token: str = Field(min_length=1)
    refresh_token: str = Field(min_length=1)
    expires_in: float


class EtsyAuth(httpx.Auth):
    """Puts key and token on requests and keeps the token alive."""

    def __init__(self, settings: EtsySettings, kept: Kept, clock: Clock) -> None:
        self._settings = settings
        self._kept = kept
        self._clock = clock
        self._renewing = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> _Flow:
        """Yield the request, with a renewal before or after it where one is due.

        Raises:
            ReauthRequiredError: Etsy gives no new token for this shop.
            RetryLaterError: the token endpoint cannot answer at present.
        """
        current = self._kept.load_tokens()
        if self._is_stale(current):
            current = yield from self._renew(current)
        self._show(request, current)
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            current = yield from self._renew(current)
            self._show(request, current)
            yield request

    def _show(self, request: httpx.Request, current: Tokens) -> None:
        secret = self._settings.shared_secret.get_secret_value()
        request.headers["x-api-key"] = f"{self._settings.keystring}:{secret}"
        request.headers["authorization"] = f"Bearer {current['access_token']}"

    def _is_stale(self, current: Tokens) -> bool:
        text = current["expires_at"]
        if not text:
            return True
        return self._clock.now() >= datetime.fromisoformat(text) - _EARLY

    def _renew(self, worn: Tokens) -> _Renewal:
        """Return tokens newer than ``worn``; one thread at a time asks for them."""
        with self._renewing:
            current = self._kept.load_tokens()
            if current["access_token"] != worn["access_token"]:
                return current
            response = yield self._build_request(current)
            if response.status_code >= httpx.codes.BAD_REQUEST:
                return self._explain_refusal(response, worn)
            self._kept.replace_tokens(current, self._read_tokens(response))
            return self._kept.load_tokens()

    def _build_request(self, current: Tokens) -> httpx.Request:
        return httpx.Request(
            "POST",
            self._settings.address + TOKEN_PATH,
            data={
                "grant_type": "refresh_token",
                "client_id": self._settings.keystring,
                "refresh_token": current["refresh_token"],
            },
            headers={"accept": "application/json"},
        )

    def _read_tokens(self, response: httpx.Response) -> dict[str, str]:
        try:
            answer = TokenAnswer.model_validate_json(response.read())
        except ValidationError:
            raise RetryLaterError(
                "Etsy's token endpoint answered with something else than a token"
            ) from None
        expires_at = self._clock.now() + timedelta(seconds=answer.expires_in)
        return {
            "access_token": answer.access_token,
            "refresh_token": answer.refresh_token,
            "expires_at": expires_at.isoformat(),
        }

    def _explain_refusal(self, response: httpx.Response, worn: Tokens) -> Tokens:
        """Return the tokens of a faster worker, or raise why there are none."""
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
            raise RetryLaterError(
                f"Etsy's token endpoint answered {status}",
                delay_seconds=read_retry_after(response.headers, self._clock.now()),
            )
        current = self._kept.load_tokens()
        if current["access_token"] != worn["access_token"]:
            return current
        secrets = {
            self._settings.shared_secret.get_secret_value(),
            self._settings.refresh_token.get_secret_value(),
            *current.values(),
        }
        reason = read_reason(
            response.headers, response.read(), frozenset(secrets - {""})
        )
        raise ReauthRequiredError(
            f"Etsy gives no access token for this shop ({status}): "
            f"{reason or 'it does not say why'}",
            next_step="Let the shop's owner agree to the application's access again, "
            "with all scopes that the connector's README names, and enter the new "
            "refresh token. A changed password ends all tokens, too.",
        )
