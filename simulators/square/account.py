"""Whose account it is, where it sells, and which tokens open it."""

from __future__ import annotations

from datetime import timedelta

from ..wire import Request, Response, json_response
from .errors import ApiError, not_found
from .paging import read_body
from .state import Json, State, format_time

EVERYTHING = (
    "MERCHANT_PROFILE_READ",
    "ORDERS_READ",
    "ORDERS_WRITE",
    "ITEMS_READ",
    "ITEMS_WRITE",
    "INVENTORY_READ",
    "INVENTORY_WRITE",
    "PAYMENTS_READ",
    "PAYMENTS_WRITE",
)


def require_token(state: State, request: Request) -> str:
    """Return the token that a request shows.

    Raises:
        ApiError: it shows none that is good at this moment.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or token not in state.tokens:
        raise ApiError(401, "UNAUTHORIZED", "This request could not be authorized.")
    until = state.tokens[token]
    if until is not None and state.simulator.clock.now() >= until:
        raise ApiError(401, "ACCESS_TOKEN_EXPIRED", "The access token has expired.")
    return token


def post_token(state: State, request: Request) -> Response:
    """Answer ``POST /oauth2/token`` with a new token of a grant."""
    body, settings = read_body(request), state.settings
    ours = body.get("client_id") == settings.application_id
    secret = body.get("client_secret")
    if not settings.rotates_refresh_token:
        ours = ours and secret == settings.application_secret
    good = body.get("refresh_token") == state.refresh_token
    if not ours or not good or body.get("grant_type") != "refresh_token":
        raise ApiError(401, "UNAUTHORIZED", "The grant is not valid.")
    if settings.rotates_refresh_token:
        state.refresh_token = state.take_id("EQ")
    token = state.take_id("EA")
    until = state.now() + timedelta(seconds=settings.token_seconds)
    state.tokens[token] = until
    return json_response(
        {
            "access_token": token,
            "token_type": "bearer",
            "expires_at": format_time(until),
            "merchant_id": settings.merchant_id,
            "refresh_token": state.refresh_token,
            "short_lived": settings.token_seconds <= 86400,
        }
    )


def post_token_status(state: State, request: Request) -> Response:
    """Answer ``POST /oauth2/token/status``."""
    token = require_token(state, request)
    until = state.tokens[token]
    told: Json = {
        "scopes": list(state.settings.scopes or EVERYTHING),
        "client_id": state.settings.application_id,
        "merchant_id": state.settings.merchant_id,
    }
    if until is not None:
        told["expires_at"] = format_time(until)
    return json_response(told)


def get_merchant(state: State, request: Request, merchant_id: str) -> Response:
    """Answer ``GET /v2/merchants/{id}``, where ``me`` is the one that asks."""
    del request
    settings = state.settings
    if merchant_id not in {"me", settings.merchant_id}:
        raise not_found("Merchant", merchant_id)
    return json_response(
        {
            "merchant": {
                "id": settings.merchant_id,
                "business_name": "Harbour Tea",
                "country": settings.country,
                "language_code": "en-US",
                "currency": settings.currency,
                "status": "ACTIVE",
                "main_location_id": settings.location_id,
            }
        }
    )


def list_locations(state: State, request: Request) -> Response:
    """Answer ``GET /v2/locations``."""
    del request
    return json_response({"locations": [_render_location(state)]})


def get_location(state: State, request: Request, location_id: str) -> Response:
    """Answer ``GET /v2/locations/{id}``."""
    del request
    if location_id not in {"main", state.settings.location_id}:
        raise not_found("Location", location_id)
    return json_response({"location": _render_location(state)})


def _render_location(state: State) -> Json:
    settings = state.settings
    return {
        "id": settings.location_id,
        "name": "Harbour Street",
        "status": "ACTIVE",
        "merchant_id": settings.merchant_id,
        "country": settings.country,
        "currency": settings.currency,
        "timezone": "Europe/Berlin",
    }
