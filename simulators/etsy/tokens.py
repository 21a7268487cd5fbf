"""OAuth at Etsy: an access token for an hour, and a new refresh token each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from ..wire import Request, Response, json_response
from .state import State


class Tokens:
    """All tokens of one shop at one application."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ends: dict[str, datetime] = {}
        self._refresh = {state.settings.refresh_token}
        self.granted = 0
        """How many pairs were handed out."""

    def answer(self, request: Request) -> Response:
        """Answer a request of the token endpoint."""
        settings = self._state.settings
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if form.get("client_id") != settings.keystring:
            return _refuse("invalid_client")
        if form.get("grant_type") != "refresh_token":
            return _refuse("unsupported_grant_type")
        token = form.get("refresh_token", "")
        if token not in self._refresh:
            return _refuse("invalid_grant")
        if settings.rotates_strictly:
            self._refresh.discard(token)
        self.granted += 1
        fresh = f"{settings.user_id}.refresh-{self.granted:06d}"
        access = f"{settings.user_id}.access-{self.granted:06d}"
        self._refresh.add(fresh)
        ends = self._state.now() + timedelta(seconds=settings.token_seconds)
        self._ends[access] = ends
        return json_response(
            {
                "access_token": access,
                "token_type": "Bearer",
                "expires_in": settings.token_seconds,
                "refresh_token": fresh,
            }
        )

    def is_good(self, authorization: str) -> bool:
        """Say whether a header shows a token that is valid now."""
        word, _, token = authorization.partition(" ")
        ends = self._ends.get(token)
        return word == "Bearer" and ends is not None and self._state.now() < ends

    def expire(self, authorization: str) -> None:
        """Let a token expire now; one that was handed out this second does not."""
        token, now = authorization.partition(" ")[2], self._state.now()
        ends = self._ends.get(token, now)
        fresh = timedelta(seconds=self._state.settings.token_seconds - 1)
        if token in self._ends and ends - now <= fresh:
            self._ends[token] = now

    def revoke(self) -> None:
        """End all tokens, as a changed password does."""
        self._refresh.clear()
        self._ends.clear()


def _refuse(error: str) -> Response:
    return json_response({"error": error, "error_description": error}, status=400)
