"""What passes between the connector and a Vendure server is in the vendor's schema.

The schema is Vendure's own introspection of its Admin API. Held to it are the documents
with their variables, every answer of the simulated server, and the simulated types.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    PriceWrite,
    RefundedLine,
    RefundPush,
    StockWrite,
)
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.sdk import Context
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.connectors.vendure import OPERATIONS, plugin
from crossdock.connectors.vendure.documents import DOCUMENTS, name_operation
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.vendure import NewVariant, ShopSettings, VendureShop
from crossdock.simulators.vendure.schema import load_schema
from crossdock.simulators.world import World
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    build_client_schema,
    is_leaf_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values


@cache
def read_schema(path: Path) -> GraphQLSchema:
    return build_client_schema(json.loads(path.read_text(encoding="utf-8"))["data"])


@pytest.fixture
def schema(specs: Path) -> GraphQLSchema:
    return read_schema(specs / "vendure" / "schema-admin.json")


@dataclass
class Exchange:
    """One document, its variables, and what it was answered with."""

    document: str
    variables: dict[str, Any]
    answer: dict[str, Any]


def converse(**settings: Any) -> list[Exchange]:
    """Go through everything that the hub does with a server; return what was said."""
    clock = VirtualClock()
    shop = VendureShop(
        "vendure", world=World(clock, seed=7), settings=ShopSettings(**settings)
    )
    lamp = shop.add_variant(NewVariant(sku="LAMP", name="Lamp", price=2000, stock=9))
    orders = [shop.sell([BasketLine(lamp, 1)], "Ada Lovelace") for _ in range(4)]
    shop.ship_order(orders[3], "JD1", delivered=True)
    wire = ListeningWire(shop.wire())
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(7),
        network=NetworkPolicy(),
        wire=lambda: wire,
    )
    entered = {
        "server_url": "https://vendure.example",
        "username": shop.settings.username,
        "password": shop.settings.password,
    }
    connector: Any = plugin.connect(
        plugin.settings.model_validate(entered),
        Context(clock, transports, MemoryCredentials()),
    )
    tell_everything(connector, clock, shop, lamp, orders)
    return [
        Exchange(
            asked["query"], asked["variables"], json.loads(response.content or b"{}")
        )
        for request, response in wire.answers
        for asked in [json.loads(request.content)]
    ]


def tell_everything(
    connector: Any,
    clock: VirtualClock,
    shop: VendureShop,
    lamp: str,
    orders: list[str],
) -> None:
    connector.check()
    cursor, complete = None, False
    while not complete:
        page = connector.pull_orders(cursor, since=clock.now() - timedelta(days=1))
        cursor, complete = page.cursor, page.complete
    connector.fetch_orders([*orders, "424242"])
    connector.pull_listings(connector.pull_listings(None).cursor)
    connector.fetch_listings([lamp])
    connector.read_stock([lamp])
    connector.push_stock([StockWrite(lamp, 4, None, "a"), StockWrite("9", 4, 1, "b")])
    connector.push_prices([PriceWrite(lamp, Money.of("7.25", "EUR"), "a")])
    first, second, third, shipped = orders
    for order_id, number in ((first, "JD0141"), (first, "JD0142"), (shipped, "")):
        line = shop.order(order_id).lines[0].line_id
        connector.push_fulfillment(
            FulfillmentPush(
                reference="parcel-1",
                order_external_id=order_id,
                lines=(FulfilledLine(line_external_id=line, quantity=1),),
                carrier="DHL",
                tracking_number=number,
                tracking_url="",
                shipped_at=clock.now(),
                completes_order=True,
                idempotency_key="parcel-1",
            )
        )
    connector.push_cancellation(CancellationPush(second, "sold out", True, "c"))
    line = shop.order(third).lines[0].line_id
    money = Money.of("2.00", "EUR")
    connector.push_refund(
        RefundPush(
            reference="refund-1",
            order_external_id=third,
            lines=(RefundedLine(line, 1, money),),
            shipping=money,
            reason="broken",
            idempotency_key="refund-1",
        )
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_operation)
def test_a_document_is_valid_in_the_vendors_schema(
    schema: GraphQLSchema, document: str
) -> None:
    assert [error.message for error in validate(schema, parse(document))] == []


def test_every_operation_is_sent_with_variables_that_the_schema_takes(
    schema: GraphQLSchema,
) -> None:
    sent = set()
    for exchange in converse():
        sent.add(name_operation(exchange.document))
        definition = parse(exchange.document).definitions[0]
        assert isinstance(definition, OperationDefinitionNode)
        found = get_variable_values(
            schema, definition.variable_definitions or (), exchange.variables
        )
        assert not isinstance(found, list), found
    assert sent == set(OPERATIONS)
    assert len(OPERATIONS) == len(set(OPERATIONS)) == 14


@pytest.mark.parametrize("settings", [{}, {"promises_only": True}, {"handler": "own"}])
def test_every_answer_of_the_simulated_server_fits_the_vendors_schema(
    schema: GraphQLSchema, settings: dict[str, Any]
) -> None:
    checked = 0
    for exchange in converse(**settings):
        document = parse(exchange.document)
        fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        root = schema.get_root_type(operation.operation)
        data = exchange.answer.get("data")
        if data is None:
            assert exchange.answer["errors"]
            continue
        problems = list(
            differ(schema, fragments, root, operation.selection_set, data, "data")
        )
        assert problems == []
        checked += 1
    assert checked > 10


def differ(
    schema: GraphQLSchema,
    fragments: dict[str, FragmentDefinitionNode],
    kind: Any,
    selection: Any,
    value: Any,
    path: str,
) -> Iterator[str]:
    """Say where an answer is not what a selection on a type must be answered with."""
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            yield f"{path} is null"
            return
        kind = kind.of_type
    if value is None:
        return
    if isinstance(kind, GraphQLList):
        for number, entry in enumerate(value):
            where = f"{path}.{number}"
            yield from differ(schema, fragments, kind.of_type, selection, entry, where)
    elif is_leaf_type(kind):
        yield from differ_leaf(kind, value, path)
    else:
        if isinstance(kind, GraphQLUnionType):
            member = schema.get_type(value["__typename"])
            if member not in kind.types:
                yield f"{path} is a {value['__typename']}"
                return
            kind = member
        wanted = dict(collect(fragments, kind, selection))
        if wanted.keys() != value.keys():
            yield f"{path} has {sorted(value)}, not {sorted(wanted)}"
            return
        for name, node in wanted.items():
            if name != "__typename":
                field = kind.fields[name].type
                part, where = value[name], f"{path}.{name}"
                yield from differ(
                    schema, fragments, field, node.selection_set, part, where
                )


def differ_leaf(kind: Any, value: Any, path: str) -> Iterator[str]:
    types: dict[str, Any] = {
        "Int": int,
        "Float": (int, float),
        "Boolean": bool,
        "Money": int,
    }
    if isinstance(kind, GraphQLEnumType):
        if value not in kind.values:
            yield f"{path} is {value!r}, which {kind.name} has not"
    elif not isinstance(value, types.get(kind.name, str)):
        yield f"{path} is {value!r}, which is no {kind.name}"


def collect(
    fragments: dict[str, FragmentDefinitionNode], kind: Any, selection: Any
) -> Iterator[tuple[str, FieldNode]]:
    """Return the fields that a selection asks of a type."""
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield node.name.value, node
            continue
        if isinstance(node, InlineFragmentNode):
            assert node.type_condition is not None
            name, inner = node.type_condition.name.value, node.selection_set
        else:
            fragment = fragments[node.name.value]
            name, inner = fragment.type_condition.name.value, fragment.selection_set
        if name == kind.name or name in {one.name for one in kind.interfaces}:
            yield from collect(fragments, kind, inner)


def test_every_simulated_type_field_and_argument_is_the_vendors(
    schema: GraphQLSchema,
) -> None:
    ours = load_schema()
    for name, kind in ours.type_map.items():
        theirs = schema.get_type(name)
        assert type(theirs) is type(kind), name
        if isinstance(kind, GraphQLEnumType):
            assert isinstance(theirs, GraphQLEnumType)
            assert set(kind.values) <= set(theirs.values), name
        if isinstance(kind, GraphQLUnionType):
            assert isinstance(theirs, GraphQLUnionType)
            known = {one.name for one in theirs.types}
            assert {one.name for one in kind.types} <= known, name
        for field_name, field in getattr(kind, "fields", {}).items():
            other = getattr(theirs, "fields")[field_name]  # noqa: B009 - of any kind
            assert str(field.type) == str(other.type), f"{name}.{field_name}"
            for argument, given in getattr(field, "args", {}).items():
                assert str(given.type) == str(other.args[argument].type)
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            assert kind.fields, name


def test_a_vendor_schema_without_our_fields_would_be_noticed(
    schema: GraphQLSchema,
) -> None:
    broken = parse("query Me { me { id nickname } }")
    assert "nickname" in validate(schema, broken)[0].message
