"""One GraphQL request from its body to its answer: cost, throttle, errors, extensions.

Everything is answered with HTTP 200 once the token is good, throttling included, as
Shopify does; only a body that is no GraphQL request at all is a 400.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute,
)

from ..wire import Request, Response, json_response
from .calls import Call
from .cost import QUERY_COST_MAX, Bucket, CostReckoner
from .engine import Prepared, load_schema, prepare

_DOCUMENTATION = "https://shopify.dev/api/usage/rate-limits"


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a request body asks for."""

    prepared: Prepared
    variables: dict[str, Any]
    operation: OperationDefinitionNode | None

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
    return GraphQLRequest(prepared, variables, prepared.operation(name))


def answer_unreadable() -> Response:
    """Answer a body that is no GraphQL request."""
    return json_response(
        {"errors": {"query": "Required parameter missing or invalid"}}, status=400
    )


def answer_query(asked: GraphQLRequest, call: Call, bucket: Bucket) -> Response:
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
    result = _execute(asked, call)
    actual = min(requested, reckoner.actual(asked.operation, result.data))
    bucket.spend(actual)
    content: dict[str, Any] = {}
    if result.errors:
        content["errors"] = [_formatted(one) for one in result.errors]
    content["data"] = result.data
    content["extensions"] = {"cost": _cost(requested, actual, bucket)}
    if call.warnings:
        content["extensions"]["search"] = call.warnings
    return _answer(content)


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


def _execute(asked: GraphQLRequest, call: Call) -> ExecutionResult:
    document, operation = asked.prepared.document, asked.operation
    if document is None or operation is None:
        raise ValueError("only a prepared request can be executed")
    result = execute(
        load_schema(),
        document,
        context_value=call,
        variable_values=asked.variables,
        operation_name=operation.name.value if operation.name else None,
    )
    if not isinstance(result, ExecutionResult):
        raise TypeError("a resolver of the simulator returned something to await")
    return result


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


def _answer(content: dict[str, Any]) -> Response:
    return Response(
        200,
        {"content-type": "application/json; charset=utf-8"},
        json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(),
    )
