"""Login with Amazon: access tokens for a refresh token, and who may ask what."""

from __future__ import annotations

from urllib.parse import parse_qs

from ..wire import Request, Response, json_response
from .errors import denied
from .state import State

PATH = "/auth/o2/token"


def give_token(state: State, request: Request) -> Response:
    """Answer the login; refused with the words of OAuth."""
    form = {
        name: values[-1] for name, values in parse_qs(request.body.decode()).items()
    }
    settings = state.settings
    if (form.get("client_id"), form.get("client_secret")) != (
        settings.client_id,
        settings.client_secret,
    ):
        return _refuse(401, "invalid_client", "Client authentication failed")
    if form.get("refresh_token") != settings.refresh_token:
        return _refuse(400, "invalid_grant", "The request has an invalid grant")
    token = f"Atza|{state.new_number()}"
    state.tokens[token] = state.later(settings.token_seconds)
    return json_response(
        {
            "access_token": token,
            "refresh_token": settings.refresh_token,
            "token_type": "bearer",
            "expires_in": int(settings.token_seconds),
        }
    )


def check_access(state: State, request: Request) -> None:
    """Let a request pass, or say why not: with 403, and not with 401.

    Raises:
        ApiError: there is no token, or it is not good (any more).
    """
    token = request.headers.get("x-amz-access-token", "")
    if token not in state.tokens:
        raise denied("The access token you provided is revoked, malformed or invalid.")
    if state.tokens[token] <= state.now():
        raise denied("The access token you provided has expired.")


def _refuse(status: int, code: str, text: str) -> Response:
    return json_response({"error": code, "error_description": text}, status=status)
