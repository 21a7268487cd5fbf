"""Who asks: the settings of a described kind, and how its requests prove it.

The settings follow from ``[auth]``: a token, a login, or a client that fetches tokens
of its own. Fetched tokens are kept where all workers find them.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import BaseModel, Field, SecretStr, ValidationError, create_model

from ...canonical.clock import Clock
from ...canonical.errors import ReauthRequiredError, RetryLaterError
from ..sdk import ConnectorSettings, Context, Credentials, CredentialStore
from .description import AuthPart, AuthType, Description

_EARLY = timedelta(seconds=60)
_FIELDS = {
    AuthType.HEADER: ("token",),
    AuthType.QUERY: ("token",),
    AuthType.BASIC: ("user", "password"),
    AuthType.OAUTH2: ("client_id", "client_secret"),
}
_TITLES = {
    "token": "Token",
    "user": "User",
    "password": "Password",
    "client_id": "Client id",
    "client_secret": "Client secret",
    "webhook_secret": "Webhook secret",
}


def make_settings(about: Description) -> type[ConnectorSettings]:
    """Return the settings that a merchant is asked for."""
    names = [*_FIELDS[about.auth.type]]
    if about.webhook:
        names.append("webhook_secret")
    fields: dict[str, Any] = {}
    if not about.address:
        fields["address"] = (
            str,
            Field(
                title="Address",
                description="The address of the API, as its documentation shows it.",
                examples=["https://api.example.com/v1"],
            ),
        )
    for name in names:
        plain = name in {"user", "client_id"}
        description = f"From {about.title}, where it gives access to its API."
        fields[name] = (
            str if plain else SecretStr,
            Field(title=_TITLES[name], description=description, min_length=1),
        )
    made: type[ConnectorSettings] = create_model(
        f"{about.kind.title().replace('_', '')}Settings",
        __base__=ConnectorSettings,
        **fields,
    )
    return made


def make_auth(about: Description, settings: Any, context: Context) -> httpx.Auth:
    """Return what signs requests."""
    kind = about.auth.type
    if kind is AuthType.BASIC:
        return httpx.BasicAuth(settings.user, settings.password.get_secret_value())
    if kind is AuthType.OAUTH2:
        return TokenAuth(about.auth, settings, context.clock, context.credentials)
    return FixedAuth(about.auth, settings.token)


class FixedAuth(httpx.Auth):
    """Puts a token into a header, or into the query."""

    def __init__(self, part: AuthPart, token: SecretStr) -> None:
        self._part = part
        self._token = token

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request."""
        token = self._token.get_secret_value()
        if self._part.type is AuthType.QUERY:
            request.url = request.url.copy_set_param(self._part.name, token)
        else:
            request.headers[self._part.name] = f"{self._part.prefix}{token}"
        yield request


class TokenAnswer(BaseModel):
    """What a token address answers, RFC 6749 section 5.1."""

    access_token: str = Field(min_length=1)
    expires_in: int = Field(default=3600, gt=0, le=31_536_000)


class TokenAuth(httpx.Auth):
    """OAuth 2 client credentials; one thread at a time asks for a new token."""

    requires_response_body = True

    def __init__(
        self, part: AuthPart, settings: Any, clock: Clock, store: CredentialStore
    ) -> None:
        self._part = part
        self._settings = settings
        self._clock = clock
        self._store = store
        self._renewing = threading.Lock()

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request, with a new token where the old one is refused or worn."""
        current = self._store.load()
        if self._is_worn(current):
            current = yield from self._renew(current)
        request.headers["authorization"] = f"Bearer {current.values['access_token']}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            current = yield from self._renew(current)
            token = current.values["access_token"]
            request.headers["authorization"] = f"Bearer {token}"
            yield request

    def _is_worn(self, current: Credentials) -> bool:
        if not current.values.get("access_token"):
            return True
        ends_at = datetime.fromisoformat(current.values["expires_at"])
        return self._clock.now() >= ends_at - _EARLY

    def _renew(
        self, worn: Credentials
    ) -> Generator[httpx.Request, httpx.Response, Credentials]:
        with self._renewing:
            current = self._store.load()
            if current.version != worn.version:
                return current
            response = yield self._ask()
            fresh = self._read(response)
            if self._store.replace(version=current.version, values=fresh):
                return Credentials(current.version + 1, fresh)
            return self._store.load()

    def _ask(self) -> httpx.Request:
        secret = self._settings.client_secret.get_secret_value()
        login = f"{self._settings.client_id}:{secret}".encode()
        form = {"grant_type": "client_credentials"}
        if self._part.scope:
            form["scope"] = self._part.scope
        headers = {"authorization": f"Basic {base64.b64encode(login).decode()}"}
        return httpx.Request("POST", self._part.token_url, data=form, headers=headers)

    def _read(self, response: httpx.Response) -> dict[str, str]:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
            raise RetryLaterError(f"the token address answered {status}")
        if status >= 400:
            raise ReauthRequiredError(
                f"the token address refused the client ({status})",
                next_step="Enter client id and client secret again.",
            )
        try:
            answer = TokenAnswer.model_validate_json(response.content)
        except ValidationError:
            raise RetryLaterError(
                "the token address answered with something else than a token"
            ) from None
        ends_at = self._clock.now() + timedelta(seconds=answer.expires_in)
        return {
            "access_token": answer.access_token,
            "expires_at": ends_at.astimezone(UTC).isoformat(),
        }
