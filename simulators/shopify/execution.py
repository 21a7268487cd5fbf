"""One GraphQL request from its body to its answer: cost, throttle, errors, extensions.

Everything is answered with HTTP 200 once the token is good, throttling included, as
Shopify does; only a body that is no GraphQL request at all is a 400.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
)

from ..wire import Request, Response, json_response
from .calls import Call
from .cost import QUERY_COST_MAX, Bucket, CostReckoner
from .engine import Prepared, load_schema, prepare
from .seeding import PageCache

_JSON = "application/json; charset=utf-8"

_DOCUMENTATION = "https://shopify.dev/api/usage/rate-limits"


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a request body asks for."""

    prepared: Prepared
    variables: dict[str, Any]
    operation: OperationDefinitionNode | None
    body: bytes
    """What came over the wire; equal bodies ask for the same."""

    @property
    def is_mutation(self) -> bool:
        """Whether executing it may change anything."""
        return (
            self.operation is not None
            and self.operation.operation is OperationType.MUTATION
        )


def read_request(request: Request) -> GraphQLRequest | None:
    """Return what a request asks for, or None where its body is no GraphQL request."""
    try:
        body = request.json()
        text = body["query"]
        variables = body.get("variables") or {}
        name = body.get("operationName")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(text, str) or not isinstance(variables, dict):
        return None
    prepared = prepare(text)
    return GraphQLRequest(prepared, variables, prepared.operation(name), request.body)


def answer_unreadable() -> Response:
    """Answer a body that is no GraphQL request."""
    return json_response(
        {"errors": {"query": "Required parameter missing or invalid"}}, status=400
    )


def answer_query(
    asked: GraphQLRequest, call: Call, bucket: Bucket, pages: PageCache
) -> Response:
    """Execute a request and account for it."""
    prepared = asked.prepared
    if prepared.errors or prepared.document is None:
        return _answer({"errors": [one.formatted for one in prepared.errors]})
    if asked.operation is None:
        return _answer({"errors": [{"message": "An operation name is required"}]})
    reckoner = CostReckoner(load_schema(), prepared.document, asked.variables)
    requested = reckoner.requested(asked.operation)
    refusal = _refuse(requested, bucket)
    if refusal is not None:
        return refusal
    found = None if asked.is_mutation else pages.find(asked.body)
    if found is not None:
        data, actual = found
        bucket.spend(actual)
        return _join({}, data, _cost(requested, actual, bucket), ())
    result = _execute(asked, call, prepared.document, asked.operation)
    actual = min(requested, reckoner.actual(asked.operation, result.data))
    bucket.spend(actual)
    data = _encode(result.data)
    problems = [_formatted(one) for one in result.errors or ()]
    if not (asked.is_mutation or problems or call.warnings):
        pages.keep(asked.body, data, actual)
    content = {"errors": problems} if problems else {}
    return _join(content, data, _cost(requested, actual, bucket), call.warnings)


def answer_throttled(requested: int, bucket: Bucket) -> Response:
    """Answer a query that the bucket does not hold."""
    return _answer(
        {
            "errors": [
                {
                    "message": "Throttled",
                    "extensions": {
                        "code": "THROTTLED",
                        "documentation": _DOCUMENTATION,
                    },
                }
            ],
            "extensions": {"cost": _cost(requested, None, bucket)},
        }
    )


def _refuse(requested: int, bucket: Bucket) -> Response | None:
    if requested > QUERY_COST_MAX:
        return _answer(
            {
                "errors": [
                    {
                        "message": (
                            f"Query cost is {requested}, which exceeds the single "
                            f"query max cost limit ({QUERY_COST_MAX})."
                        ),
                        "extensions": {
                            "code": "MAX_COST_EXCEEDED",
                            "cost": requested,
                            "maxCost": QUERY_COST_MAX,
                            "documentation": _DOCUMENTATION,
                        },
                    }
                ]
            }
        )
    return None if bucket.holds(requested) else answer_throttled(requested, bucket)


def _execute(
    asked: GraphQLRequest,
    call: Call,
    document: DocumentNode,
    operation: OperationDefinitionNode,
) -> ExecutionResult:
    return execute_sync(
        load_schema(),
        document,
        context_value=call,
        variable_values=asked.variables,
        operation_name=operation.name.value if operation.name else None,
    )


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """Return an error as Shopify shows it.

    Raises:
        Exception: the simulator itself is broken; a client must not mistake that for an
            answer of Shopify's.
    """
    if error.original_error is not None and not isinstance(
        error.original_error, GraphQLError
    ):
        raise error.original_error
    return dict(error.formatted)


def _cost(requested: int, actual: int | None, bucket: Bucket) -> dict[str, Any]:
    return {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": bucket.status(),
    }


def _encode(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _join(
    head: dict[str, Any], data: bytes, cost: dict[str, Any], warnings: Sequence[Any]
) -> Response:
    """Put an answer together around data that is encoded already."""
    extensions: dict[str, Any] = {"cost": cost}
    if warnings:
        extensions["search"] = list(warnings)
    start = _encode(head)[:-1] + (b"," if head else b"")
    body = start + b'"data":' + data + b',"extensions":' + _encode(extensions) + b"}"
    return Response(200, {"content-type": _JSON}, body)


def _answer(content: dict[str, Any]) -> Response:
    return Response(200, {"content-type": _JSON}, _encode(content))
