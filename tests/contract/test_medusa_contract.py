"""Medusa's own contract: every request that is sent, every answer pretended.

And the vendor's own examples: it has some of refusals, and none of orders. Skipped
where the vendor's file is absent. It is of October 2024; what a server of today tells
beside it is named here.
"""

from __future__ import annotations

import json
import random
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PriceWrite,
    RefundedLine,
    RefundPush,
    StockWrite,
)
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.conformance.contract import Contract
from crossdock.connectors.medusa import OPERATIONS, plugin
from crossdock.connectors.medusa.connector import MedusaConnector
from crossdock.connectors.medusa.listings import FIELDS as PRODUCT_FIELDS
from crossdock.connectors.medusa.orders import FIELDS as ORDER_FIELDS
from crossdock.connectors.sdk import Context
from crossdock.connectors.statuses import read_reason
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.medusa import MedusaShop, NewProduct, NewVariant
from crossdock.simulators.world import World

FILE = "medusa/openapi.full.yaml"
NEWER: dict[str, tuple[str, ...]] = {
    "AdminOrder": ("credit_line_total", "returns", "status", "canceled_at"),
    "AdminOrderLineItem": ("is_giftcard",),
    "AdminOrderFulfillment": ("items", "labels"),
    "AdminProductVariant": ("inventory_items",),
}
"""Fields that a server of version 2.21 was seen to tell, and the contract does not."""

Json = dict[str, Any]


def connect(clock: VirtualClock, shop: MedusaShop, wire: ListeningWire) -> Any:
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(1),
        network=NetworkPolicy(),
        wire=lambda: wire,
    )
    settings = plugin.settings.model_validate(
        {
            "server_url": "https://medusa.example",
            "secret_key": shop.settings.secret_key,
            "location_id": shop.settings.location_id,
        }
    )
    connector = plugin.connect(
        settings, Context(clock, transports, MemoryCredentials())
    )
    assert isinstance(connector, MedusaConnector)
    return connector


def converse() -> ListeningWire:
    """Do everything that the connector can do, and return what was heard."""
    clock = VirtualClock()
    shop = MedusaShop("medusa", world=World(clock, seed=1))
    variants = (NewVariant(sku="S", title="S", stock=9), NewVariant(sku="L", stock=4))
    mug = shop.add_product(NewProduct(name="Mug", variants=variants))
    _, variant = shop.state.find_listing(mug)
    variant.prices.append(
        {"currency_code": "eur", "amount": 8.5, "min_quantity": 10, "rules": {}}
    )
    wire = ListeningWire(shop.wire())
    connector = connect(clock, shop, wire)
    assert connector.check().name == "Harbour Tea"
    assert len(connector.pull_listings(None).records) == 1
    assert len(connector.fetch_listings([mug]))
    connector.read_stock([variant.item_id])
    written = connector.push_stock([StockWrite(variant.item_id, 7, None, "key")])
    priced = connector.push_prices([PriceWrite(mug, Money.of("9.95", "EUR"), "key")])
    assert {one.outcome for one in (*written, *priced)} == {Outcome.ACCEPTED}
    talk_about_orders(connector, shop, clock, mug)
    return wire


def talk_about_orders(
    connector: Any, shop: MedusaShop, clock: VirtualClock, mug: str
) -> None:
    kept, unwanted = (shop.sell([BasketLine(mug, 2)], "Ada L") for _ in range(2))
    line_id = shop.order(kept).lines[0].line_id
    parcel = FulfillmentPush(
        reference="parcel-1",
        order_external_id=kept,
        lines=(FulfilledLine(line_external_id=line_id, quantity=2),),
        carrier="DHL",
        tracking_number="JD014",
        tracking_url="https://track.example/JD014",
        shipped_at=clock.now(),
        completes_order=True,
        idempotency_key="parcel-1",
    )
    assert connector.push_fulfillment(parcel).outcome is Outcome.ACCEPTED
    shop.refund_order(kept, {line_id: 1}, restock=True)
    refund = RefundPush(
        reference="refund-1",
        order_external_id=kept,
        lines=(RefundedLine(line_id, 1, Money.of("2.50", "EUR")),),
        shipping=Money.zero("EUR"),
        reason="scratched",
        idempotency_key="refund-1",
    )
    assert connector.push_refund(refund).outcome is Outcome.ACCEPTED
    cancel = CancellationPush(unwanted, "out of stock", True, "key")
    assert connector.push_cancellation(cancel).outcome is Outcome.ACCEPTED
    page = connector.pull_orders(None, since=clock.now() - timedelta(hours=1))
    assert len(page.records) == 2
    assert connector.pull_orders(page.cursor, since=clock.now()).complete
    assert len(connector.fetch_orders([kept, "order_nope"])) == 1


@pytest.fixture(scope="module")
def document(specs: Path) -> Json:
    """The contract as it is; megabytes, and so read once."""
    return Contract(specs / FILE).document


@pytest.fixture(scope="module")
def mended(specs: Path) -> Contract:
    """The contract, with its parameters written as they are sent.

    It describes nested parameters (``updated_at[$gte]``, ``id[0]``) as objects and
    lists. Of an answer nothing is required, because ``fields`` chooses.
    """
    held = Contract(specs / FILE)
    for operations in held.document["paths"].values():
        for operation in operations.values():
            known = operation.get("parameters", [])
            operation["parameters"] = known + [
                nested for each in known for nested in spell_out(each)
            ]
            for answer in operation["responses"].values():
                make_optional(answer)
    schemas = held.document["components"]["schemas"]
    for name, schema in schemas.items():
        if not re.match("AdminCreate|AdminUpdate", name):
            make_optional(schema)
        for field in NEWER.get(name, ()):
            schema.setdefault("properties", {})[field] = {}
    return held


def spell_out(parameter: Json) -> list[Json]:
    name, schema = parameter["name"], parameter.get("schema", {})
    if schema.get("type") == "object":
        inner = schema.get("properties", {})
        return [
            {"name": f"{name}[{word}]", "in": "query", "schema": {"type": "string"}}
            for word in inner
        ]
    if name == "id" and parameter["in"] == "query" and "oneOf" in schema:
        return [
            {"name": f"id[{n}]", "in": "query", "schema": {"type": "string"}}
            for n in range(20)
        ]
    return []


def make_optional(schema: Any) -> None:
    """Take back, at every depth, that a field must be there, or not be null."""
    if isinstance(schema, dict):
        if isinstance(schema.get("required"), list):
            del schema["required"]
        if "type" in schema and isinstance(schema["type"], str):
            schema["nullable"] = True
        for part in schema.values():
            make_optional(part)
    elif isinstance(schema, list):
        for part in schema:
            make_optional(part)


def test_every_request_and_every_answer_is_as_medusas_contract_says(
    mended: Contract,
) -> None:
    mended.sent.clear()
    for request, response in converse().answers:
        path = request.url.raw_path.decode().partition("?")[0]
        body = json.loads(request.content) if request.content else None
        params = dict(request.url.params)
        mended.check_request(request.method, path, params, body)
        answer = json.loads(response.content)
        mended.check_response(request.method, path, response.status_code, answer)
    assert mended.sent == set(OPERATIONS)


@pytest.mark.parametrize(
    ("fields", "schema"),
    [(ORDER_FIELDS, "AdminOrder"), (PRODUCT_FIELDS, "AdminProduct")],
)
def test_the_fields_that_are_asked_for_are_in_the_contract(
    document: Json, fields: str, schema: str
) -> None:
    known = document["components"]["schemas"][schema]["properties"]
    asked = {each.strip("*").partition(".")[0] for each in fields.split(",")}
    strangers = asked - set(known) - set(NEWER.get(schema, ()))
    assert strangers == set()


def test_each_example_of_a_refusal_is_told_in_the_vendors_words(document: Json) -> None:
    parts = document["components"]
    told = [
        media["example"]
        for answer in parts["responses"].values()
        for media in answer["content"].values()
        if "example" in media
    ]
    told += [each["value"] for each in parts["examples"].values()]
    assert len(told) >= 8
    headers = {"content-type": "application/json"}
    for example in told:
        reason = read_reason(headers, json.dumps(example).encode())
        assert reason.startswith(" ".join(example["message"].split())[:40])


def test_the_price_of_a_write_is_a_number_of_major_units() -> None:
    wire = converse()
    (body,) = (
        json.loads(request.content)
        for request, _ in wire.answers
        if request.method == "POST" and "/variants/" in request.url.path
    )
    assert [Decimal(str(one["amount"])) for one in body["prices"]] == [
        Decimal("8.5"),
        Decimal("9.95"),
    ]
