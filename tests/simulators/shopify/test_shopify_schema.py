"""The schema that the simulator serves is a true part of Shopify's own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crossdock.simulators.shopify import ShopifyShop
from crossdock.simulators.shopify.engine import (
    READERS,
    RESOLVERS,
    load_schema,
    prepare,
)
from crossdock.simulators.shopify.goods import Variant
from crossdock.simulators.shopify.scopes import FIELD_SCOPES, TYPE_SCOPES
from crossdock.simulators.world import World
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    print_ast,
    validate,
)

Ask = Callable[..., dict[str, Any]]


def _own_types() -> list[GraphQLNamedType]:
    return [
        one for one in load_schema().type_map.values() if not one.name.startswith("__")
    ]


def _default(argument: Any) -> str | None:
    default = getattr(argument.ast_node, "default_value", None)
    return print_ast(default) if default else None


def _differences(ours: Any, theirs: Any) -> Iterator[str]:
    """Say in what a type of ours is not a part of theirs."""
    if theirs is None or type(ours) is not type(theirs):
        yield f"{ours.name} is no {type(ours).__name__} of Shopify's"
        return
    if isinstance(ours, GraphQLEnumType):
        yield from (
            f"{ours.name}.{value}"
            for value in ours.values
            if value not in theirs.values
        )
    if isinstance(ours, GraphQLUnionType):
        known = {one.name for one in theirs.types}
        yield from (one.name for one in ours.types if one.name not in known)
    if isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
        known = {one.name for one in theirs.interfaces}
        yield from (one.name for one in ours.interfaces if one.name not in known)
    for name, field in getattr(ours, "fields", {}).items():
        yield from _field_differences(
            f"{ours.name}.{name}", field, theirs.fields.get(name)
        )


def _field_differences(path: str, field: Any, theirs: Any) -> Iterator[str]:
    if theirs is None:
        yield f"{path} does not exist"
        return
    if str(field.type) != str(theirs.type):
        yield f"{path} is {theirs.type}, not {field.type}"
    if _default(field) != _default(theirs):
        yield f"{path} has another default"
    for name, argument in getattr(field, "args", {}).items():
        other = theirs.args.get(name)
        if other is None or str(other.type) != str(argument.type):
            yield f"{path}({name})"
        elif _default(argument) != _default(other):
            yield f"{path}({name}) defaults to {_default(other)}"


def test_every_type_field_argument_and_value_is_shopifys(
    vendor_schema: GraphQLSchema,
) -> None:
    differences = [
        difference
        for ours in _own_types()
        for difference in _differences(ours, vendor_schema.type_map.get(ours.name))
    ]

    assert differences == []


def test_a_field_that_shopify_does_not_have_would_be_found(
    vendor_schema: GraphQLSchema,
) -> None:
    order = load_schema().type_map["Order"]

    found = list(_differences(order, vendor_schema.type_map["LineItem"]))

    assert "Order.updatedAt does not exist" in found


def test_no_required_argument_or_input_of_shopifys_is_left_out(
    vendor_schema: GraphQLSchema,
) -> None:
    left_out = []
    for ours in _own_types():
        theirs = vendor_schema.type_map[ours.name]
        if isinstance(ours, GraphQLInputObjectType):
            left_out += [
                f"{ours.name}.{name}"
                for name, field in getattr(theirs, "fields", {}).items()
                if str(field.type).endswith("!")
                and _default(field) is None
                and name not in ours.fields
            ]
        if not isinstance(ours, GraphQLObjectType):
            continue
        for name, field in ours.fields.items():
            other = getattr(theirs, "fields", {})[name]
            left_out += [
                f"{ours.name}.{name}({argument})"
                for argument, one in other.args.items()
                if str(one.type).endswith("!") and argument not in field.args
            ]

    assert left_out == []


def test_the_resolver_tables_name_only_fields_of_the_schema() -> None:
    schema = load_schema()
    stray = [
        f"{type_name}.{field}"
        for table in (READERS, RESOLVERS)
        for type_name, fields in table.items()
        for field in fields
        if field not in getattr(schema.type_map[type_name], "fields", {})
    ]

    assert stray == []


def test_every_field_of_a_row_has_a_resolver() -> None:
    schema = load_schema()
    missing = [
        f"{type_name}.{field}"
        for type_name in READERS
        for field in getattr(schema.type_map[type_name], "fields", {})
        if field not in READERS[type_name] and field not in RESOLVERS.get(type_name, {})
    ]

    assert missing == []


def test_the_scopes_of_types_are_those_that_the_vendor_publishes(specs: Path) -> None:
    with gzip.open(specs / "shopify/admin-graphql/admin_2026-07.json.gz") as packed:
        rows = json.load(packed)["offline_scopes"]["items"]
    published_types = {
        row["typeName"]: set(row["offlineScopes"])
        for row in rows
        if row["type"] == "type"
    }
    published_fields = {
        (row["typeName"], row["fieldName"]): set(row["offlineScopes"])
        for row in rows
        if row["type"] == "field"
    }

    for name, scopes in TYPE_SCOPES.items():
        assert set(scopes) == published_types[name], name
    for key, scopes in FIELD_SCOPES.items():
        # What a refund needs is told in the vendor's text alone.
        if key != ("Mutation", "refundCreate"):
            assert set(scopes) == published_fields[key], key


def test_no_field_that_needs_a_scope_is_served_without_one(specs: Path) -> None:
    with gzip.open(specs / "shopify/admin-graphql/admin_2026-07.json.gz") as packed:
        rows = json.load(packed)["offline_scopes"]["items"]
    served = {
        (one.name, field)
        for one in _own_types()
        for field in getattr(one, "fields", {})
    }

    unguarded = {
        (row["typeName"], row["fieldName"])
        for row in rows
        if row["type"] == "field"
        and row["offlineScopes"]
        and (row["typeName"], row["fieldName"]) in served
    } - set(FIELD_SCOPES)

    assert unguarded == set()


def test_no_type_that_needs_a_scope_is_served_without_one(specs: Path) -> None:
    with gzip.open(specs / "shopify/admin-graphql/admin_2026-07.json.gz") as packed:
        rows = json.load(packed)["offline_scopes"]["items"]
    served = {one.name for one in _own_types()}

    unguarded = {
        row["typeName"]
        for row in rows
        if row["type"] == "type" and row["offlineScopes"] and row["typeName"] in served
    } - set(TYPE_SCOPES)

    assert unguarded == set()


def select_all(named: Any, depth: int) -> str:
    """Return a selection of every field of a type, ``depth`` objects deep."""
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        schema = load_schema()
        parts = [
            f"... on {one.name} {select_all(one, depth)}"
            for one in schema.get_possible_types(named)
        ]
        return "{ __typename " + " ".join(parts) + " }"
    selected = ["__typename"]
    for name, field in named.fields.items():
        inner = get_named_type(field.type)
        arguments = _arguments(field)
        if is_leaf_type(inner):
            selected.append(f"{name}{arguments}")
        elif depth > 0 or inner.name in {"MoneyBag", "PageInfo"}:
            # A connection, its edges and their nodes count as one step.
            wrapping = named.name.endswith(("Connection", "Edge"))
            deeper = depth if wrapping else depth - 1
            selected.append(f"{name}{arguments} {select_all(inner, deeper)}")
    return "{ " + " ".join(selected) + " }"


def _arguments(field: Any) -> str:
    given = []
    for name, argument in field.args.items():
        if name == "first":
            given.append("first: 1")
        elif name == "names":
            given.append('names: ["available", "on_hand", "committed"]')
        elif str(argument.type) == "ID!":
            given.append(f"{name}: ${name}")
    return f"({', '.join(given)})" if given else ""


_ROOTS = {
    "shop": "{ shop %s }",
    "currentAppInstallation": "{ currentAppInstallation %s }",
    "orders": "{ orders(first: 1) { nodes %s } }",
    "products": "{ products(first: 1) { nodes %s } }",
    "webhookSubscriptions": "{ webhookSubscriptions(first: 1) { nodes %s } }",
    "inventoryItems": (
        "query All($locationId: ID!) { inventoryItems(first: 1) { nodes %s } }"
    ),
    "locations": (
        "query All($inventoryItemId: ID!) { locations(first: 1) { nodes %s } }"
    ),
}


def _document(root: str) -> str:
    queries: Any = load_schema().query_type
    name = get_named_type(queries.fields[root].type).name.removesuffix("Connection")
    row = load_schema().type_map[name]
    depth = 1
    if root in {"shop", "currentAppInstallation"}:
        return _ROOTS[root] % select_all(row, 3)
    return _ROOTS[root] % select_all(row, depth)


@pytest.mark.parametrize("root", sorted(_ROOTS))
def test_whatever_the_schema_offers_can_be_asked_for(
    root: str,
    shop: ShopifyShop,
    world: World,
    retro_clock: Variant,
    ask: Ask,
    vendor_schema: GraphQLSchema,
) -> None:
    """A document with every field is valid for Shopify, and executes here.

    The answer has the right shape by construction: graphql-core completes each value
    against the schema, or reports an error.
    """
    _let_things_happen(shop, world, retro_clock)
    document = _document(root)
    prepared = prepare(document)
    place = shop.books.active_locations[0]
    variables = {
        "locationId": f"gid://shopify/Location/{place.number}",
        "inventoryItemId": retro_clock.item_gid,
    }

    assert prepared.document is not None
    assert validate(vendor_schema, prepared.document) == []
    answered = ask(
        document,
        **{name: text for name, text in variables.items() if f"${name}:" in document},
    )
    assert answered[root]


_BELOW_ORDERS = {
    "Refund": "refunds(first: 1) %s",
    "Fulfillment": "fulfillments(first: 1) %s",
    "FulfillmentOrder": "fulfillmentOrders(first: 1) { nodes %s }",
    "LineItem": "lineItems(first: 1) { nodes %s }",
    "OrderTransaction": "transactions(first: 1) %s",
}


@pytest.mark.parametrize("kind", sorted(_BELOW_ORDERS))
def test_whatever_hangs_on_an_order_can_be_asked_for(
    kind: str,
    shop: ShopifyShop,
    world: World,
    retro_clock: Variant,
    ask: Ask,
    vendor_schema: GraphQLSchema,
) -> None:
    _let_things_happen(shop, world, retro_clock)
    row = load_schema().type_map[kind]
    document = (
        "{ orders(first: 1) { nodes { "
        + _BELOW_ORDERS[kind] % select_all(row, 1)
        + " } } }"
    )
    prepared = prepare(document)

    assert prepared.document is not None
    assert validate(vendor_schema, prepared.document) == []
    assert ask(document)["orders"]["nodes"][0]


def _let_things_happen(shop: ShopifyShop, world: World, variant: Variant) -> None:
    """Sell, ship one of three and refund one, so that every list has an entry."""
    order_id = world.buy("shopify", variant.gid, 3, "Grace Hopper")
    assert order_id is not None
    line = shop.order(order_id).lines[0]
    shop.fulfill_order(order_id, tracking_number="1Z999", quantities={line.gid: 1})
    shop.refund_order(order_id, {line.gid: 1}, restock=True)
    shop.announcer.subscribe(
        "ORDERS_CREATE", "https://hub.example/", data_format="JSON", name=None
    )


def test_every_scalar_of_the_schema_is_one_that_shopify_defines(
    vendor_schema: GraphQLSchema,
) -> None:
    scalars = {one.name for one in _own_types() if isinstance(one, GraphQLScalarType)}

    assert scalars <= set(vendor_schema.type_map)
    assert "DateTime" in scalars
