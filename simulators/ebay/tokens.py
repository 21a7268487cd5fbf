"""OAuth at eBay: two kinds of access token, both for two hours.

The refresh token stays the same. A scope that the seller did not agree to is refused
as ``invalid_scope``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from ..wire import Request, Response, json_response
from .state import Json, State

APPLICATION_SCOPE = "https://api.ebay.com/oauth/api_scope"


class Tokens:
    """All access tokens of one keyset and one seller."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ends: dict[str, tuple[str, datetime]] = {}
        self._revoked = False
        self.granted = 0
        """How many tokens were handed out."""

    def answer(self, request: Request) -> Response:
        """Answer a request of the token endpoint."""
        settings = self._state.settings
        pair = f"{settings.client_id}:{settings.client_secret}"
        basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if request.headers.get("authorization") != basic:
            return _refuse(401, "invalid_client", "client authentication failed")
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if form.get("grant_type") == "client_credentials":
            return json_response(self._hand_out("application"))
        if form.get("grant_type") != "refresh_token":
            return _refuse(400, "unsupported_grant_type", "grant type not supported")
        return self._refresh(form)

    def _refresh(self, form: Mapping[str, str]) -> Response:
        settings = self._state.settings
        if self._revoked or form.get("refresh_token") != settings.refresh_token:
            return _refuse(
                400, "invalid_grant", "the provided refresh token is invalid or revoked"
            )
        if not set(form.get("scope", "").split()) <= set(settings.scopes):
            return _refuse(
                400, "invalid_scope", "The requested scope is invalid or exceeds"
            )
        return json_response(self._hand_out("user"))

    def _hand_out(self, kind: str) -> Json:
        self.granted += 1
        token = f"v^1.1#{kind}-{self.granted}"
        seconds = self._state.settings.token_seconds
        self._ends[token] = (kind, self._state.now() + timedelta(seconds=seconds))
        names = {"user": "User Access Token", "application": "Application Access Token"}
        return {
            "access_token": token,
            "expires_in": seconds,
            "token_type": names[kind],
        }

    def kind_of(self, authorization: str, scheme: str) -> str:
        """Return whose token a header shows; empty for none that is good."""
        word, _, token = authorization.partition(" ")
        kind, ends = self._ends.get(token, ("", self._state.now()))
        if word != scheme or self._state.now() >= ends:
            return ""
        return "" if self._revoked and kind == "user" else kind

    def expire(self, authorization: str) -> None:
        """Let a token expire now; one that was handed out this second does not."""
        token, now = authorization.partition(" ")[2], self._state.now()
        kind, ends = self._ends.get(token, ("", now))
        left_at_least = timedelta(seconds=self._state.settings.token_seconds - 1)
        if kind and ends - now <= left_at_least:
            self._ends[token] = (kind, now)

    def revoke(self) -> None:
        """Take the seller's agreement back: refresh token and access tokens end."""
        self._revoked = True


def _refuse(status: int, error: str, description: str) -> Response:
    return json_response(
        {"error": error, "error_description": description}, status=status
    )
