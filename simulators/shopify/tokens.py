"""Access tokens: static, expiring with refresh tokens that rotate, and by the day.

An app of the merchant's own organisation asks with its client's id and secret
(``client_credentials``) for a token that lives for a day less a second and has no
refresh token; it asks anew whenever it wants. Any other expiring token lives for an
hour, its refresh token for 90 days. The refresh token that was used stays good until
its replacement is first used, so that a lost answer can be asked for again (the
vendor's change of 2026-08-28).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..clock import Clock
from .settings import ShopSettings

TOKEN_SECONDS = 3600
OWN_TOKEN_SECONDS = 86_399
REFRESH_TOKEN_SECONDS = 90 * 24 * 3600


class OAuthRefusedError(Exception):
    """The token endpoint refuses; ``status`` and ``code`` are what it answers."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code


@dataclass(slots=True, eq=False)
class Grant:
    """An access token and, unless it is empty, the refresh token beside it.

    ``follows`` is the grant whose refresh made this one.
    """

    access_token: str
    refresh_token: str
    expires_at: datetime
    refresh_expires_at: datetime
    follows: Grant | None = None
    refresh_spent: bool = False


class Tokens:
    """All tokens of one app on one shop."""

    def __init__(self, settings: ShopSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._grants: list[Grant] = []
        self._static = {settings.access_token}
        self._count = 0
        self._installed = True
        self.scopes = frozenset(settings.scopes)

    def issue(self) -> Grant:
        """Return a fresh pair, as the first authorization of the app would."""
        number = self._next_number()
        now = self._clock.now()
        grant = Grant(
            f"shpua_{number}",
            f"shprt_{number}",
            now + timedelta(seconds=TOKEN_SECONDS),
            now + timedelta(seconds=REFRESH_TOKEN_SECONDS),
        )
        self._grants.append(grant)
        return grant

    def _issue_own(self) -> Grant:
        """Return a token for the app of the merchant's own organisation."""
        ends = self._clock.now() + timedelta(seconds=OWN_TOKEN_SECONDS)
        grant = Grant(f"shpat_{self._next_number()}", "", ends, self._clock.now())
        self._grants.append(grant)
        return grant

    def _next_number(self) -> str:
        self._count += 1
        return f"{self._settings.number:x}_{self._count}"

    def admits(self, token: str) -> bool:
        """Say whether an access token is good; using one ends its predecessor."""
        if token in self._static:
            return True
        for grant in self._grants:
            if grant.access_token == token:
                self._settle(grant)
                return self._clock.now() < grant.expires_at
        return False

    def expire(self, token: str) -> None:
        """Let an expiring token expire now; static tokens do not."""
        for grant in self._grants:
            if grant.access_token == token:
                grant.expires_at = self._clock.now()

    def revoke_all(self) -> None:
        """Make every token worthless, and give no more: the app was uninstalled."""
        self._static.clear()
        self._grants.clear()
        self._installed = False

    def grant(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer a request of the token endpoint.

        Raises:
            OAuthRefusedError: wrong client, an app that is not installed or not of the
                shop's organisation, another grant type, or a refresh token that is
                unknown, expired or already replaced.
        """
        if (form.get("client_id"), form.get("client_secret")) != (
            self._settings.client_id,
            self._settings.client_secret,
        ):
            raise OAuthRefusedError(
                401, "invalid_client", "Client authentication failed"
            )
        if form.get("grant_type") == "client_credentials":
            return self._grant_own()
        if form.get("grant_type") != "refresh_token":
            raise OAuthRefusedError(
                400, "unsupported_grant_type", "The grant type is not supported"
            )
        return self._refresh(form)

    def _grant_own(self) -> dict[str, Any]:
        if not self._installed:
            raise OAuthRefusedError(
                400, "app_not_installed", "The app is not installed on this shop"
            )
        if not self._settings.own_organisation:
            raise OAuthRefusedError(
                400, "shop_not_permitted", "Not an app of this shop's organisation"
            )
        return {
            "access_token": self._issue_own().access_token,
            "scope": ",".join(sorted(self.scopes)),
            "expires_in": OWN_TOKEN_SECONDS,
        }

    def _refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        previous = self._find_refresh(form.get("refresh_token", ""))
        self._settle(previous)
        grant = self.issue()
        grant.follows = previous
        return {
            "access_token": grant.access_token,
            "scope": ",".join(sorted(self.scopes)),
            "expires_in": TOKEN_SECONDS,
            "refresh_token": grant.refresh_token,
            "refresh_token_expires_in": REFRESH_TOKEN_SECONDS,
        }

    def _find_refresh(self, token: str) -> Grant:
        now = self._clock.now()
        for grant in self._grants:
            good = not grant.refresh_spent and now < grant.refresh_expires_at
            if token and grant.refresh_token == token and good:
                return grant
        raise OAuthRefusedError(400, "invalid_grant", "The refresh token is not valid")

    def _settle(self, grant: Grant) -> None:
        """End the refresh token that was used to get ``grant``."""
        if grant.follows is not None:
            grant.follows.refresh_spent = True
