"""What a query costs, and the bucket that its cost is taken from.

The vendor's rules: leaves are free, an object is one point, a mutation ten, a
connection is sized by its page, an interface or union is its dearest branch. The exact
formula is not public. Ours fits what was seen on development stores: connections grow
with the logarithm of their page (product, ``variants(first: 250)``, ``inventoryItem``:
25 points), and money is free (``orderCreate`` with ``lineItems(first: 5)``,
``taxLines``, ``priceSet``: 18).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

QUERY_COST_MAX = 1000
"""The most that a single query may cost, on every plan."""

_MUTATION_COST = 10

_ENTRIES = frozenset({"edges", "nodes"})

_FREE_TYPES = frozenset({"MoneyBag", "MoneyV2"})


def page_cost(size: int) -> int:
    """Return what a page of ``size`` costs in units of one entry."""
    return size if size < 2 else math.ceil(1.5 * math.log2(size))


@dataclass(slots=True)
class CostReckoner:
    """Reckons one document's cost, as asked for or as answered."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]

    def requested(self, operation: OperationDefinitionNode) -> int:
        """Return the cost of the largest answer that the operation could have."""
        return self._operation(operation, _ASKED)

    def actual(self, operation: OperationDefinitionNode, data: Any) -> int:
        """Return the cost of the answer that the operation had."""
        return self._operation(operation, data or {})

    def _operation(self, operation: OperationDefinitionNode, data: Any) -> int:
        root = self.schema.get_root_type(operation.operation)
        if root is None:
            return 0
        if operation.operation is not OperationType.MUTATION:
            return self._selections(operation.selection_set, root, data)
        return sum(
            _MUTATION_COST + self._below_payload(field, root, data)
            for field in operation.selection_set.selections
            if isinstance(field, FieldNode)
        )

    def _below_payload(self, field: FieldNode, root: Any, data: Any) -> int:
        """Return what a mutation's selection costs beyond its payload's own objects."""
        payload = get_named_type(root.fields[field.name.value].type)
        answered = _child(data, field)
        cost = 0
        for inner in field.selection_set.selections if field.selection_set else ():
            if isinstance(inner, FieldNode):
                cost += max(0, self._field(inner, payload, answered) - 1)
        return cost

    def _selections(
        self, selections: SelectionSetNode | None, type_: Any, data: Any
    ) -> int:
        own = 0
        branches: dict[str, int] = {}
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                own += self._field(one, type_, data)
                continue
            condition, inner = self._fragment(one, type_)
            cost = self._selections(inner, condition, data)
            if is_abstract_type(type_) and condition is not type_:
                branches[condition.name] = branches.get(condition.name, 0) + cost
            else:
                own += cost
        return own + max(branches.values(), default=0)

    def _fragment(self, one: Any, type_: Any) -> tuple[Any, SelectionSetNode]:
        fragment: InlineFragmentNode | FragmentDefinitionNode = one
        if isinstance(one, FragmentSpreadNode):
            fragment = next(
                definition
                for definition in self.document.definitions
                if isinstance(definition, FragmentDefinitionNode)
                and definition.name.value == one.name.value
            )
        condition = fragment.type_condition
        named: GraphQLNamedType | None = (
            self.schema.get_type(condition.name.value) if condition else None
        )
        return named or type_, fragment.selection_set

    def _field(self, field: FieldNode, type_: Any, data: Any) -> int:
        if field.name.value.startswith("__"):
            return 0
        definition = type_.fields.get(field.name.value)
        if definition is None or is_leaf_type(get_named_type(definition.type)):
            return 0
        answered = _child(data, field)
        if answered is _ABSENT:
            return 0
        named = get_named_type(definition.type)
        if named.name in _FREE_TYPES:
            return 0
        if named.name.endswith("Connection"):
            return self._connection(field, named, answered)
        plain = definition.type
        if is_non_null_type(plain):
            plain = plain.of_type
        if is_list_type(plain) and field.name.value == "nodes":
            return self._rows(
                field.selection_set, named, answered, self._argument(field, "ids")
            )
        values = answered if isinstance(answered, list) else [answered]
        return 1 + max(
            (self._selections(field.selection_set, named, one) for one in values),
            default=0,
        )

    def _connection(self, field: FieldNode, named: Any, answered: Any) -> int:
        """Return the cost of a page: its size times its dearest entry."""
        size = self._argument(field, "first") or self._argument(field, "last")
        cost = 0
        for one in field.selection_set.selections if field.selection_set else ():
            if not isinstance(one, FieldNode) or one.name.value not in _ENTRIES:
                continue
            inner = get_named_type(named.fields[one.name.value].type)
            rows = _child(answered, one)
            if one.name.value == "nodes":
                cost += self._rows(one.selection_set, inner, rows, size)
            else:
                cost += self._edges(one, inner, rows, size)
        return max(1, cost)

    def _edges(self, field: FieldNode, edge: Any, rows: Any, size: int) -> int:
        cost = 0
        for one in field.selection_set.selections if field.selection_set else ():
            if isinstance(one, FieldNode) and one.name.value == "node":
                node = get_named_type(edge.fields["node"].type)
                nodes = (
                    [_child(row, one) for row in rows]
                    if isinstance(rows, list)
                    else rows
                )
                cost += self._rows(one.selection_set, node, nodes, size)
        return cost

    def _rows(
        self, selections: SelectionSetNode | None, type_: Any, rows: Any, size: int
    ) -> int:
        if rows is _ASKED:
            return page_cost(size) * (1 + self._selections(selections, type_, _ASKED))
        if not isinstance(rows, list) or not rows:
            return 1
        dearest = (
            max(
                self._selections(selections, type_, row)
                for row in rows
                if row is not None
            )
            if any(row is not None for row in rows)
            else 0
        )
        return page_cost(len(rows)) * (1 + dearest)

    def _argument(self, field: FieldNode, name: str) -> int:
        """Return the number that an argument gives: itself, or how many it lists."""
        for argument in field.arguments or ():
            if argument.name.value != name:
                continue
            value = argument.value
            if isinstance(value, IntValueNode):
                return int(value.value)
            if isinstance(value, ListValueNode):
                return len(value.values)
            if isinstance(value, VariableNode):
                given = self.variables.get(value.name.value)
                return len(given) if isinstance(given, list) else int(given or 0)
        return 0


class _Marker:
    """A value that is no answer."""


_ASKED = _Marker()
"""Stands for the answer while only the question is known."""

_ABSENT = _Marker()
"""Stands for a field that the answer does not have: another branch of a union."""


def _child(data: Any, field: FieldNode) -> Any:
    if data is _ASKED or data is _ABSENT:
        return data
    if not isinstance(data, Mapping):
        return _ABSENT
    key = field.alias.value if field.alias else field.name.value
    return data.get(key, _ABSENT)


class Bucket:
    """Points that one app may spend on one shop; they come back steadily."""

    def __init__(
        self, *, points: float, restore_points_per_second: float, now: datetime
    ) -> None:
        self._maximum = points
        self._restore = restore_points_per_second
        self._available = points
        self._updated_at = now

    def refill(self, now: datetime) -> None:
        """Let points come back up to ``now``."""
        elapsed = (now - self._updated_at).total_seconds()
        self._updated_at = now
        self._available = min(
            self._maximum, self._available + max(0.0, elapsed) * self._restore
        )

    def holds(self, points: int) -> bool:
        """Say whether a query of that cost may run."""
        return self._available >= points

    def spend(self, points: int) -> None:
        """Take points out."""
        self._available -= points

    def drain(self) -> None:
        """Take all points out, as other clients of the same app would."""
        self._available = 0.0

    def status(self) -> dict[str, float]:
        """Return ``throttleStatus``."""
        return {
            "maximumAvailable": self._maximum,
            "currentlyAvailable": int(self._available),
            "restoreRate": self._restore,
        }


def operations_of(document: DocumentNode) -> Iterable[OperationDefinitionNode]:
    """Return the operations of a document."""
    return (
        one for one in document.definitions if isinstance(one, OperationDefinitionNode)
    )
