"""Amazon's own models: every request that is sent, every answer that is pretended.

Skipped where the vendors' files are absent.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import ContractBrokenError, RejectedError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PendingWrite,
    PriceWrite,
    StockWrite,
)
from crossdock.connectors.amazon import OPERATIONS, plugin, wire
from crossdock.connectors.amazon.connector import AmazonConnector
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.conformance.contract import Contract
from crossdock.connectors.sdk import Context
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.simulators.amazon import AmazonMarket, MarketSettings, NewProduct
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.world import World
from pydantic import BaseModel

MODELS = {
    "/orders/2026-01-01/": "orders_2026-01-01.json",
    "/orders/v0/": "ordersV0.json",
    "/listings/": "listingsItems_2021-08-01.json",
    "/feeds/": "feeds_2021-06-30.json",
    "/sellers/": "sellers.json",
    "/fba/": "fbaInventory.json",
}
FEED_SCHEMA = "amazon/schemas-feeds/listings-feed-schema-v2.json"
REPORT_SCHEMA = "amazon/schemas-feeds/listings-feed-processing-report-schema-v2.json"
SKUS = [f"BULK-{number:03d}" for number in range(41)]

Json = dict[str, Any]
Open = Callable[[str], Contract]


def converse() -> ListeningWire:
    """Do everything that the connector can do, and return what was heard."""
    clock = VirtualClock()
    world = World(clock, seed=1)
    market = AmazonMarket(
        "amazon",
        world=world,
        settings=MarketSettings(storage_url="https://store.example"),
    )
    for sku in ("LAMP", "WITH, COMMA", *SKUS):
        price = Decimal("20.00")
        market.add_product(NewProduct(name=sku, sku=sku, price=price, stock=9))
    market.add_product(
        NewProduct(
            name="Stool",
            sku="STOOL",
            price=Decimal(30),
            stock=5,
            fulfilled_by_amazon=True,
        )
    )
    market.add_product(
        NewProduct(name="Mug", sku="MUG", price=Decimal(9), child_skus=("LAMP",))
    )
    line = ListeningWire(market.wire())
    connector = connect(clock, line)
    connector.check()
    talk_about_orders(connector, market, clock)
    talk_about_listings(connector, clock)
    return line


def connect(clock: VirtualClock, line: ListeningWire) -> AmazonConnector:
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(1),
        network=NetworkPolicy(),
        wire=lambda: line,
    )
    simulated = MarketSettings()
    settings = plugin.settings.model_validate(
        {
            "marketplace": simulated.marketplace,
            "seller_id": simulated.seller_id,
            "client_id": simulated.client_id,
            "client_secret": simulated.client_secret,
            "refresh_token": simulated.refresh_token,
            "buyer_details": True,
        }
    )
    connector = plugin.connect(
        settings, Context(clock, transports, MemoryCredentials())
    )
    assert isinstance(connector, AmazonConnector)
    return connector


def talk_about_orders(
    connector: AmazonConnector, market: AmazonMarket, clock: VirtualClock
) -> None:
    def buy(**how: Any) -> str:
        return market.check_out([BasketLine("LAMP", 2)], "Ada", **how)

    shipped, unwanted, pending = buy(note="Ring twice"), buy(), buy(status="PENDING")
    market.check_out([BasketLine("STOOL", 1)], "Grace")
    market.ask_to_cancel(unwanted, "too late")
    line = market.order(shipped).lines[0]
    for carrier in ("DHL", "Own van"):
        parcel = FulfillmentPush(
            f"parcel-{carrier}",
            shipped,
            (FulfilledLine(line_external_id=line.line_id, quantity=1),),
            carrier,
            "JD014",
            "",
            clock.now(),
            False,
            carrier,
        )
        assert connector.push_fulfillment(parcel).outcome is Outcome.ACCEPTED
        assert connector.find_fulfillment(parcel)
    push = CancellationPush(unwanted, "out of stock", True, "key")
    assert connector.push_cancellation(push).outcome is Outcome.ACCEPTED
    clock.advance(600)
    since = clock.now() - timedelta(hours=1)
    page = connector.pull_orders(None, since=since)
    assert len(page.records) == 4
    assert connector.fetch_orders([pending, "302-0000000-0000000"])


def talk_about_listings(connector: AmazonConnector, clock: VirtualClock) -> None:
    first = connector.pull_listings(None)
    connector.pull_listings(first.cursor)
    assert len(connector.fetch_listings(["LAMP", "WITH, COMMA", "NONE, OF OURS"])) == 2
    connector.read_stock(["LAMP", "STOOL"])
    few = [StockWrite("LAMP", 3, None, "few")]
    assert connector.push_stock(few)[0].outcome is Outcome.ACCEPTED
    price = PriceWrite("LAMP", Money.of("19.99", "EUR"), "price")
    assert connector.push_prices([price])[0].outcome is Outcome.ACCEPTED
    many = [StockWrite(sku, 4, None, sku) for sku in SKUS]
    results = connector.push_stock(many)
    pending = [
        PendingWrite(write, result.external_id)
        for write, result in zip(many, results, strict=True)
    ]
    clock.advance(300)
    outcomes = {each.outcome for each in connector.read_submissions(pending)}
    assert outcomes == {Outcome.ACCEPTED}


def find_model(path: str) -> str:
    return next(
        (f"amazon/models/{m}" for p, m in MODELS.items() if path.startswith(p)), ""
    )


def test_every_request_and_every_answer_is_as_amazons_models_say(
    contract: Open,
) -> None:
    sent: set[str] = set()
    for request, response in converse().answers:
        path = request.url.raw_path.decode().partition("?")[0]
        model = find_model(path)
        if not model:
            assert request.url.host in {"api.amazon.com", "store.example"}
            continue
        held = contract(model)
        body = json.loads(request.content) if request.content else None
        held.check_request(request.method, path, dict(request.url.params), body)
        answer = json.loads(response.content) if response.content else None
        held.check_response(request.method, path, response.status_code, answer)
        sent |= held.sent
    assert sent == set(OPERATIONS)


def test_feeds_and_their_reports_are_as_amazons_schemas_say(contract: Open) -> None:
    stored = [
        (request, response)
        for request, response in converse().answers
        if request.url.host == "store.example"
    ]
    feeds = [
        x.content for x, _ in stored if x.method == "PUT" and x.content[:1] == b"{"
    ]
    reports = [answer.content for x, answer in stored if x.method == "GET"]
    assert (len(feeds), len(reports)) == (1, 1)
    contract(FEED_SCHEMA).check_shape(json.loads(feeds[0]))
    contract(REPORT_SCHEMA).check_shape(json.loads(reports[0]))


def test_no_token_of_ours_travels_to_the_storage() -> None:
    for request, _ in converse().answers:
        if request.url.host == "store.example":
            assert not {"x-amz-access-token", "authorization"} & set(request.headers)


def list_examples(document: Json, operation_ids: set[str]) -> list[Json]:
    """Return every answer that Amazon's model gives as an example of operations."""
    found: list[Json] = []
    for operations in document["paths"].values():
        for operation in operations.values():
            if not isinstance(operation, dict):
                continue
            if operation.get("operationId") not in operation_ids:
                continue
            for answer in operation["responses"].values():
                found += (answer.get("examples") or {}).values()
                sandbox = answer.get("x-amzn-api-sandbox") or {}
                found += [each["response"] for each in sandbox.get("static", [])]
    return [each for each in found if each]


def load_examples(specs: Path, model: str, operation_ids: set[str]) -> list[Json]:
    text = (specs / "amazon/models" / model).read_text(encoding="utf-8")
    return list_examples(json.loads(text), operation_ids)


SHAPES: dict[str, tuple[str, type[BaseModel]]] = {
    "patchListingsItem": ("listingsItems_2021-08-01.json", wire.Submission),
    "createFeedDocument": ("feeds_2021-06-30.json", wire.CreatedDocument),
    "createFeed": ("feeds_2021-06-30.json", wire.CreatedFeed),
    "getFeed": ("feeds_2021-06-30.json", wire.Feed),
    "getFeedDocument": ("feeds_2021-06-30.json", wire.StoredDocument),
    "getMarketplaceParticipations": ("sellers.json", wire.Participations),
    "getInventorySummaries": ("fbaInventory.json", wire.FbaAnswer),
}
"""What the connector reads each operation's answer as, beside orders and listings."""


def test_every_other_answer_that_amazon_gives_as_an_example_is_read(
    specs: Path,
) -> None:
    read, refused = Counter[str](), Counter[str]()
    for operation, (model, shape) in SHAPES.items():
        for answer in load_examples(specs, model, {operation}):
            if "errors" in answer or isinstance(answer, list):
                # Examples of refusals, which the transport tells; and an example of
                # stores that Amazon's own model does not allow: a list for an object.
                with pytest.raises(ContractBrokenError):
                    wire.read_shape(shape, answer)
                refused[operation] += 1
            else:
                wire.read_shape(shape, answer)
                read[operation] += 1
    assert (read.total(), refused.total()) == (9, 6)


def test_the_example_of_a_processing_report_refuses_the_rows_that_it_names(
    specs: Path,
) -> None:
    name = "listings-feed-processing-report-schema-v2.example.json"
    text = (specs / "amazon/schemas-feeds" / name).read_text(encoding="utf-8")
    report = wire.read_shape(wire.ProcessingReport, json.loads(text))
    faulty = {issue.sku for issue in report.issues if issue.severity == "ERROR"}
    assert faulty == {"My-SKU-B", "My-SKU-C"}
    assert "required but not supplied" in wire.join_issues(report.issues)


def refuse(refusal: Json, status: int, request: httpx.Request) -> httpx.Response:
    if request.url.path == "/auth/o2/token":
        return httpx.Response(200, json={"access_token": "Atza|1"})
    return httpx.Response(status, json=refusal)


@pytest.mark.parametrize("status", [400])
def test_every_refusal_that_amazon_gives_as_an_example_is_told_in_its_words(
    specs: Path, status: int
) -> None:
    refusals = [
        each
        for model, operations in (
            ("orders_2026-01-01.json", {"searchOrders", "getOrder"}),
            ("listingsItems_2021-08-01.json", {"searchListingsItems"}),
        )
        for each in load_examples(specs, model, operations)
        if "errors" in each
    ]
    assert len(refusals) == 3
    for refusal in refusals:
        line = ListeningWire(httpx.MockTransport(partial(refuse, refusal, status)))
        clock = VirtualClock()
        with pytest.raises(RejectedError, match=refusal["errors"][0]["message"]):
            connect(clock, line).pull_orders(None, since=clock.now())
