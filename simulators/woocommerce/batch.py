"""Batch routes: create, update and delete in one request, with one result for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..wire import Request, Response, json_response
from .errors import ApiError, invalid_parameter
from .state import Json

BATCH_MAX = 100


def read_body(request: Request) -> Json:
    """Return the body as an object.

    Raises:
        ApiError: it is no JSON object.
    """
    try:
        content = request.json()
    except ValueError as error:
        raise ApiError(400, "rest_invalid_json", "Invalid JSON body passed.") from error
    if not isinstance(content, dict):
        raise ApiError(400, "rest_invalid_json", "Invalid JSON body passed.")
    return content


def run_batch(
    request: Request,
    *,
    create: Callable[[Json], Json],
    update: Callable[[int, Json], Json],
    delete: Callable[[int], Json],
) -> Response:
    """Run a batch; one object's refusal stands in its place and stops nothing.

    Raises:
        ApiError: 413 for more than 100 objects; 400 for a malformed body.
    """
    body = read_body(request)
    parts: dict[str, list[Any]] = {}
    for name in ("create", "update", "delete"):
        parts[name] = body.get(name) or []
        if not isinstance(parts[name], list):
            raise invalid_parameter(name, f"{name} is not of type array.")
    if sum(map(len, parts.values())) > BATCH_MAX:
        raise ApiError(
            413,
            "woocommerce_rest_request_entity_too_large",
            f"Unable to accept more than {BATCH_MAX} items for this request.",
        )
    work: dict[str, Callable[[Any], Json]] = {
        "create": create,
        "update": lambda row: update(_id_of(row), row),
        "delete": lambda row: delete(_id_of(row)),
    }
    results = {
        name: [_one_result(work[name], row) for row in rows]
        for name, rows in parts.items()
        if rows
    }
    return json_response(results)


def _one_result(act: Callable[[Any], Json], row: Any) -> Json:
    try:
        return act(row)
    except ApiError as error:
        return {"id": _id_of(row), "error": error.content()}


def _id_of(row: Any) -> int:
    """Return the id that a batch object names; 0 where it names none."""
    named = row.get("id", 0) if isinstance(row, dict) else row
    return int(named) if str(named).isdigit() else 0
