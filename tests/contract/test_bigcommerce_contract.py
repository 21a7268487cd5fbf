"""BigCommerce's own contracts: every request that is sent, every answer pretended.

And the vendor's own examples, each parsed or refused with a reason. Skipped where the
vendors' files are absent.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from crossdock.canonical.errors import MappingError
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
from crossdock.connectors.bigcommerce import OPERATIONS, plugin
from crossdock.connectors.bigcommerce.connector import BigCommerceConnector
from crossdock.connectors.bigcommerce.webhooks import TOPICS
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.conformance.contract import Contract
from crossdock.connectors.sdk import Context
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.simulators.bigcommerce import (
    BigCommerceStore,
    NewProduct,
    NewVariant,
    StoreSettings,
)
from crossdock.simulators.bigcommerce.hooks import sign
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.world import World

FILES = {
    "/v2/store": "store_information.v2.yml",
    "/v2/orders": "orders.v2.oas2.yml",
    "/v3/orders": "orders.v3.yml",
    "/v3/catalog/products": "products_catalog.v3.yml",
    "/v3/catalog/variants": "product-variants_catalog.v3.yml",
    "/v3/inventory/locations": "locations.v3.yml",
    "/v3/inventory/": "inventory.v3.yml",
    "/v3/hooks": "webhooks.v3.yml",
}
REFUSALS = {400, 404, 422}
"""The contracts name them for some operations only, and their bodies hardly."""

Json = dict[str, Any]
Open = Callable[[str], Contract]


def converse() -> ListeningWire:
    """Do everything that the connector can do, and return what was heard."""
    clock = VirtualClock()
    store = BigCommerceStore("bigcommerce", world=World(clock, seed=1))
    lamp = store.add_product(
        NewProduct(name="Lamp", sku="LAMP", price=Decimal(20), stock=9)
    )
    variants = (NewVariant(sku="MUG-S", label="S", stock=4), NewVariant(sku="MUG-L"))
    mug = store.add_product(
        NewProduct(name="Mug", price=Decimal(9), tracking="variant", variants=variants)
    )
    wire = ListeningWire(store.wire())
    connector = connect(clock, wire)
    connector.check()
    talk_about_goods(connector, lamp, mug)
    talk_about_orders(connector, store, clock, lamp)
    made = connector.subscribe(TOPICS[0], "https://hub.example/hooks/bc")
    store.state.hooks[int(made.external_id)].active = False
    assert connector.subscribe(TOPICS[0], "https://hub.example/hooks/bc").active
    assert len(connector.list_subscriptions()) == 1
    connector.unsubscribe(made.external_id)
    return wire


def connect(clock: VirtualClock, wire: ListeningWire) -> BigCommerceConnector:
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(1),
        network=NetworkPolicy(),
        wire=lambda: wire,
    )
    simulated = StoreSettings()
    settings = plugin.settings.model_validate(
        {
            "store_hash": simulated.store_hash,
            "access_token": simulated.access_token,
            "client_secret": simulated.client_secret,
        }
    )
    context = Context(clock, transports, MemoryCredentials())
    connector = plugin.connect(settings, context)
    assert isinstance(connector, BigCommerceConnector)
    return connector


def talk_about_goods(connector: BigCommerceConnector, lamp: str, mug: str) -> None:
    assert len(connector.pull_listings(None).records) == 2
    assert len(connector.fetch_listings([lamp, mug])) == 2
    stock_ids = [lamp.partition("/")[0], mug]
    connector.read_stock(stock_ids)
    writes = [StockWrite(each, 7, None, each) for each in stock_ids]
    outcomes = {each.outcome for each in connector.push_stock(writes)}
    assert outcomes == {Outcome.ACCEPTED}
    price = PriceWrite(lamp, Money.of("19.99", "EUR"), "price")
    assert connector.push_prices([price])[0].outcome is Outcome.ACCEPTED


def talk_about_orders(
    connector: BigCommerceConnector,
    store: BigCommerceStore,
    clock: VirtualClock,
    lamp: str,
) -> None:
    shipped, unwanted = (store.sell([BasketLine(lamp, 2)], "Ada") for _ in range(2))
    line_id = str(store.order(shipped).lines[0].line_id)
    line = FulfilledLine(line_external_id=line_id, quantity=1)
    for carrier in ("UPS", "GLS", "Own van"):
        parcel = FulfillmentPush(
            reference=f"parcel-{carrier}",
            order_external_id=shipped,
            lines=(line,),
            carrier=carrier,
            tracking_number="JD014",
            tracking_url="https://track.example/JD014",
            shipped_at=clock.now(),
            completes_order=False,
            idempotency_key=carrier,
        )
        result = connector.push_fulfillment(parcel)
        left = carrier == "Own van"  # both units are on their way by then
        assert result.outcome is (Outcome.REFUSED if left else Outcome.ACCEPTED)
    amount = Money.of("2.50", "EUR")
    refund = RefundPush(
        reference="refund-1",
        order_external_id=shipped,
        lines=(RefundedLine(line_id, 1, amount),),
        shipping=Money.zero("EUR"),
        reason="scratched",
        idempotency_key="refund-1",
    )
    assert connector.push_refund(refund).outcome is Outcome.ACCEPTED
    cancel = CancellationPush(unwanted, "out of stock", True, "key")
    assert connector.push_cancellation(cancel).outcome is Outcome.ACCEPTED
    store.refund_order(shipped, {line_id: 1}, restock=True)
    since = clock.now() - timedelta(hours=1)
    page = connector.pull_orders(None, since=since)
    assert len(page.records) == 2
    connector.pull_orders(None, since=clock.now() + timedelta(hours=1))
    assert len(connector.fetch_orders([shipped, "99887766"])) == 1


def open_file(contract: Open, path: str) -> tuple[str, Contract]:
    """Return a path below its version, and the file that tells of it."""
    name = next(name for start, name in FILES.items() if path.startswith(start))
    held = contract(f"bigcommerce/{name}")
    mend(held.document)
    return path[:3], held


def mend(document: Json) -> None:
    """Let the contract say in its schemas what it says in its own descriptions.

    And let a store have no webhooks yet, of which its list wants one at least.
    """
    if "/hooks" in document["paths"]:
        listed = document["components"]["responses"]["webhooks_Resp"]
        schema = listed["content"]["application/json"]["schema"]
        schema["properties"]["data"].pop("minItems", None)
    for path, operations in document["paths"].items():
        for told in operations.get("get", {}).get("parameters", []):
            parameter = told
            if "$ref" in told:
                known = document["components"]["parameters"]
                parameter = known[told["$ref"].rpartition("/")[2]]
            name = parameter["name"]
            if path == "/orders" and name == "sort":
                # Its text asks for a direction at the end of the name.
                parameter["schema"] = {"type": "string"}
            if path == "/inventory/items" and name.endswith("_id:in"):
                # Its text says: a list, separated by commas.
                parameter["schema"] = {"type": "string"}


def test_every_request_and_every_answer_is_as_bigcommerces_contracts_say(
    contract: Open,
) -> None:
    sent: set[str] = set()
    for request, response in converse().answers:
        whole = request.url.raw_path.decode().partition("?")[0]
        path = whole.removeprefix(f"/stores/{StoreSettings().store_hash}")
        version, held = open_file(contract, path)
        body = json.loads(request.content) if request.content else None
        before = set(held.sent)
        held.sent.clear()
        below = path.removeprefix(version)
        held.check_request(request.method, below, dict(request.url.params), body)
        for operation in held.sent:
            method, _, template = operation.partition(" ")
            sent.add(f"{method} {version}{template}")
        held.sent |= before
        status = response.status_code
        if status >= 400:
            assert status in REFUSALS
            continue
        answer = json.loads(response.content) if response.content else None
        if status == 204:
            assert answer is None  # "empty", by its page on v2; not in the contract
            continue
        held.check_response(request.method, below, status, answer)
    assert sent == set(OPERATIONS)


def load(specs: Path, name: str) -> Json:
    text = (specs / "bigcommerce" / name).read_text(encoding="utf-8")
    document: Json = yaml.safe_load(text)
    return document


def list_examples(document: Json, path: str) -> Iterator[Json]:
    """Yield the records in the examples of what a GET answers with 200."""
    answer = document["paths"][path]["get"]["responses"]["200"]
    if "$ref" in answer:
        answer = document["components"]["responses"][answer["$ref"].split("/")[-1]]
    for media in answer["content"].values():
        for example in media.get("examples", {}).values():
            value = example["value"]
            yield from value if isinstance(value, list) else [value]


def test_each_example_of_an_order_without_its_lines_is_refused_and_says_so(
    specs: Path,
) -> None:
    document = load(specs, "orders.v2.oas2.yml")
    orders = [
        *list_examples(document, "/orders"),
        *list_examples(document, "/orders/{order_id}"),
    ]
    assert len(orders) >= 3
    for order in orders:
        with pytest.raises(MappingError) as refusal:
            plugin.translator.read_order(order)
        assert refusal.value.path == "consignments"


def test_each_example_of_an_order_is_parsed_with_the_examples_of_its_parts(
    specs: Path,
) -> None:
    document = load(specs, "orders.v2.oas2.yml")
    lines = list(list_examples(document, "/orders/{order_id}/products"))
    shipments = list(list_examples(document, "/orders/{order_id}/shipments"))
    assert lines
    assert shipments
    for example in (
        *list_examples(document, "/orders"),
        *list_examples(document, "/orders/{order_id}"),
    ):
        consignments = {"shipping": [{"id": 1, "line_items": lines}]}
        payload = {**example, "consignments": consignments, "_shipments": shipments}
        order = plugin.translator.read_order(payload)
        assert order.external_id == str(example["id"])
        assert len(order.lines) == len(lines)
        assert len(order.fulfillments) == len(shipments)
        assert order.total == Money.rounded(example["total_inc_tax"], order.currency)
        assert order.unknown_values == ()


def test_each_sample_of_a_callback_names_its_record(specs: Path) -> None:
    clock = VirtualClock()
    connector = connect(
        clock, ListeningWire(BigCommerceStore("b", world=World(clock)).wire())
    )
    named = {}
    for path in sorted((specs / "bigcommerce/webhook-callbacks").glob("*.json")):
        body = path.read_bytes()
        if not body:
            continue  # the vendor's file of an uninstall is empty
        headers = sign(StoreSettings().client_secret, body, clock.now())
        delivery = connector.read_webhook(headers, body)
        told = json.loads(body)
        assert (delivery.topic, delivery.event_id) == (told["scope"], told["hash"])
        if delivery.stream is not None:
            named[delivery.topic] = delivery.external_id
    assert named["store/order/refund/created"] == "250"
    assert named["store/shipment/created"] == "251"
    assert named["store/sku/inventory/updated"] == "206"
    assert set(named) == set(TOPICS) - {"store/app/uninstalled"}
