"""What ``@idempotent(key:)`` remembers.

A repeated key with other parameters is refused; with the same parameters the first
outcome is given again and nothing happens. Where the mutation compares quantities the
comparison comes first, so an exact repeat of a successful write is told that it is
stale (seen on a development store), and never written twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLResolveInfo
from graphql.execution import get_directive_values

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Attempt:
    parameters: str
    payload: Payload


class IdempotencyKeys:
    """The keys that one app has used on one shop."""

    def __init__(self) -> None:
        self._attempts: dict[tuple[str, str], _Attempt] = {}

    def run(
        self,
        info: GraphQLResolveInfo[Any],
        parameters: Any,
        *,
        perform: Callable[[], Payload],
        recheck: Callable[[], Payload | None],
        refuse: Callable[[str, str], Payload],
    ) -> Payload:
        """Perform a mutation once for each key.

        Args:
            perform: does the work and returns the payload.
            recheck: on a repeat, returns a refusal of the present state, or None.
            refuse: makes a payload from an error's code and message.

        Raises:
            GraphQLError: the directive is missing, or its key is empty.
        """
        identity = (info.field_name, _key_of(info))
        written = repr(parameters)
        before = self._attempts.get(identity)
        if before is None:
            payload = perform()
            self._attempts[identity] = _Attempt(written, payload)
            return payload
        if before.parameters != written:
            return refuse(
                "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
                "The request with this idempotency key has different parameters than "
                "the original request.",
            )
        if before.payload["userErrors"]:
            return refuse(
                "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
                "A previous request with this idempotency key failed. Retry with a new "
                "idempotency key.",
            )
        return recheck() or before.payload


def _key_of(info: GraphQLResolveInfo[Any]) -> str:
    directive = info.schema.get_directive("idempotent")
    node: FieldNode = info.field_nodes[0]
    values = (
        get_directive_values(directive, node, info.variable_values)
        if directive
        else None
    )
    if values is None:
        raise GraphQLError(
            "The @idempotent directive is required for this mutation but was not "
            "provided.",
            extensions={"code": "BAD_REQUEST"},
        )
    key = str(values["key"])
    if not key.strip():
        raise GraphQLError(
            "The idempotency key cannot be empty.", extensions={"code": "BAD_REQUEST"}
        )
    return key
