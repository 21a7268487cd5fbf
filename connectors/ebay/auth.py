"""Gets access tokens from eBay and puts them on requests.

Two kinds of token: the *user's*, for a seller's own records, renewed with the refresh
token; and the *application's*, for what belongs to the keyset. Both live for two hours
and are shared by all workers through the credential store: whoever finds one expired
gets a new one, and a slower worker takes what was stored. The refresh token itself does
not change, as far as others' clients know; the answer's own lifetimes are believed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
from pydantic import ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ReauthRequiredError, RetryLaterError
from ..sdk import Credentials, CredentialStore
from ..statuses import read_reason, read_retry_after
from .settings import EbaySettings
from .wire import TokenAnswer

TOKEN_PATH = "/identity/v1/oauth2/token"  # noqa: S105 - a path, not a token
_SCOPE = "https://api.ebay.com/oauth/api_scope"
USER_SCOPES = (
    f"{_SCOPE}/sell.fulfillment",
    f"{_SCOPE}/sell.inventory",
    f"{_SCOPE}/sell.account.readonly",
    f"{_SCOPE}/sell.finances",
    f"{_SCOPE}/commerce.identity.readonly",
    f"{_SCOPE}/commerce.notification.subscription",
)
"""What the seller must have agreed to; the token endpoint refuses a scope that is not
among it, and so the first request proves them all."""
_EARLY = timedelta(minutes=5)
"""How long before its end a token counts as expired: none expires on the way."""

_Flow = Generator[httpx.Request, httpx.Response, None]
_Renewal = Generator[httpx.Request, httpx.Response, Credentials]


@dataclass(frozen=True, slots=True)
class Grant:
    """A kind of token: under which name it is stored, and how it is asked for."""

    name: str
    scopes: tuple[str, ...]
    by_refresh_token: bool


USER = Grant("user", USER_SCOPES, by_refresh_token=True)
APPLICATION = Grant("application", (_SCOPE,), by_refresh_token=False)


class EbayAuth(httpx.Auth):
    """Puts one kind of token on requests and keeps it alive.

    Args:
        settings: the keyset and the refresh token.
        credentials: where tokens are shared.
        clock: tells when one is about to expire.
        grant: which kind.
        scheme: what stands before the token; the Post-Order API wants another word.
    """

    def __init__(
        self,
        settings: EbaySettings,
        credentials: CredentialStore,
        clock: Clock,
        grant: Grant,
        scheme: str = "Bearer",
    ) -> None:
        self._settings = settings
        self._store = credentials
        self._clock = clock
        self._grant = grant
        self._scheme = scheme
        self._seed = fingerprint(settings)
        self._renewing = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> _Flow:
        """Yield the request, with a renewal before or after it where one is due.

        Raises:
            ReauthRequiredError: eBay gives no token for these credentials.
            RetryLaterError: the token endpoint cannot answer at present.
        """
        current = self._load()
        if self._is_stale(current):
            current = yield from self._renew(current)
        self._show(request, current)
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            current = yield from self._renew(current)
            self._show(request, current)
            yield request

    def _show(self, request: httpx.Request, current: Credentials) -> None:
        request.headers["authorization"] = f"{self._scheme} {self._token_of(current)}"

    def _token_of(self, current: Credentials) -> str:
        return current.values.get(f"{self._grant.name}_token", "")

    def _load(self) -> Credentials:
        """Return the stored tokens; none where somebody entered other credentials."""
        stored = self._store.load()
        if stored.values.get("seed") == self._seed:
            return stored
        return Credentials(stored.version, {"seed": self._seed})

    def _is_stale(self, current: Credentials) -> bool:
        expires_at = current.values.get(f"{self._grant.name}_expires_at", "")
        if not expires_at:
            return True
        return self._clock.now() >= datetime.fromisoformat(expires_at) - _EARLY

    def _renew(self, worn: Credentials) -> _Renewal:
        """Return tokens newer than ``worn``; one thread at a time asks for them."""
        with self._renewing:
            current = self._load()
            if self._token_of(current) != self._token_of(worn):
                return current
            response = yield self._build_request()
            if response.status_code >= httpx.codes.BAD_REQUEST:
                raise self._explain_refusal(response)
            fresh = {**current.values, **self._read_token(response)}
            if self._store.replace(version=current.version, values=fresh):
                return Credentials(current.version + 1, fresh)
            return self._keep(fresh)

    def _keep(self, fresh: dict[str, str]) -> Credentials:
        """Return the tokens of a faster worker, with ours where it got another kind."""
        stored = self._load()
        if self._token_of(stored) and not self._is_stale(stored):
            return stored
        return Credentials(stored.version, {**stored.values, **fresh})

    def _build_request(self) -> httpx.Request:
        form = {"scope": " ".join(self._grant.scopes)}
        if self._grant.by_refresh_token:
            form["grant_type"] = "refresh_token"
            form["refresh_token"] = self._settings.refresh_token.get_secret_value()
        else:
            form["grant_type"] = "client_credentials"
        request = httpx.Request(
            "POST",
            self._settings.address + TOKEN_PATH,
            data=form,
            headers={"accept": "application/json"},
        )
        secret = self._settings.client_secret.get_secret_value()
        basic = httpx.BasicAuth(self._settings.client_id, secret)
        return next(basic.auth_flow(request))

    def _read_token(self, response: httpx.Response) -> dict[str, str]:
        try:
            answer = TokenAnswer.model_validate_json(response.read())
        except ValidationError:
            raise RetryLaterError(
                "eBay's token endpoint answered with something else than a token"
            ) from None
        expires_at = self._clock.now() + timedelta(seconds=answer.expires_in)
        return {
            f"{self._grant.name}_token": answer.access_token,
            f"{self._grant.name}_expires_at": expires_at.astimezone(UTC).isoformat(),
            "seed": self._seed,
        }

    def _explain_refusal(
        self, response: httpx.Response
    ) -> ReauthRequiredError | RetryLaterError:
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
            return RetryLaterError(
                f"eBay's token endpoint answered {status}",
                delay_seconds=read_retry_after(response.headers, self._clock.now()),
            )
        secrets = frozenset(
            {
                self._settings.client_secret.get_secret_value(),
                self._settings.refresh_token.get_secret_value(),
            }
        )
        reason = read_reason(response.headers, response.read(), secrets)
        return ReauthRequiredError(
            f"eBay gives no access token for these credentials ({status}): "
            f"{reason or 'it does not say why'}",
            next_step="Let the seller agree to the app's access again, with all scopes "
            "that the connector's README names, and enter the new refresh token.",
        )


def fingerprint(settings: EbaySettings) -> str:
    """Return what tells these credentials from others, and tells nothing else."""
    parts = [
        settings.address,
        settings.client_id,
        settings.client_secret.get_secret_value(),
        settings.refresh_token.get_secret_value(),
    ]
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
