"""Pages as Square gives them: a limit, an opaque token, and the same query again."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from ..wire import Request, Response, json_response
from .errors import ApiError, invalid
from .state import Json


def read_body(request: Request) -> Json:
    """Return the object that a request carries.

    Raises:
        ApiError: it carries something else.
    """
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(400, "EXPECTED_JSON_BODY", "The request's body is no object.")
    return body


def read_limit(body: Json, *, limit_max: int, default: int) -> int:
    """Return how many rows a page may have.

    Raises:
        ApiError: more than there can be, or none.
    """
    limit = body.get("limit", default)
    if not isinstance(limit, int) or not 1 <= limit <= limit_max:
        raise invalid("limit", f"`limit` must be from 1 to {limit_max}.")
    return limit


def encode_token(text: str) -> str:
    """Return a token that tells a client nothing."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def decode_token(token: object) -> str:
    """Return what a token stands for.

    Raises:
        ApiError: it is none of ours.
    """
    try:
        return base64.urlsafe_b64decode(str(token).encode()).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ApiError(400, "INVALID_CURSOR", "The cursor is not valid.") from None


def page_of(
    rows: Sequence[Json], body: Json, name: str, *, limit_max: int, default: int
) -> Response:
    """Return one page of rows under ``name``, with a token where more follow."""
    limit = read_limit(body, limit_max=limit_max, default=default)
    start = 0
    if body.get("cursor"):
        text = decode_token(body["cursor"])
        if not text.isdigit():
            raise ApiError(400, "INVALID_CURSOR", "The cursor is not valid.")
        start = int(text)
    answer: Json = {name: list(rows[start : start + limit])}
    if start + limit < len(rows):
        answer["cursor"] = encode_token(str(start + limit))
    return json_response(answer)
