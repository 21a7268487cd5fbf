"""Etsy's own contract: every request that is sent, every answer that is pretended.

Skipped where the vendors' files are absent. Etsy publishes no sample payloads.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson
import pytest
from crossdock.canonical.money import Money
from crossdock.canonical.pushes import (
    FulfillmentPush,
    Outcome,
    PriceWrite,
    StockWrite,
)
from crossdock.connectors.conformance import NonconformityError
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.conformance.contract import Contract
from crossdock.connectors.etsy import OPERATIONS, plugin
from crossdock.connectors.etsy.auth import TOKEN_PATH
from crossdock.connectors.etsy.connector import EtsyConnector
from crossdock.connectors.sdk import Context
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.etsy import EtsyShop, NewItem, ShopSettings
from crossdock.simulators.world import World

Open = Callable[[str], Contract]
SIZES = ((513, "Size", 7001, "S"), (513, "Size", 7002, "M"))


def converse() -> ListeningWire:
    """Do everything that the connector can do, and return what was heard."""
    clock = VirtualClock()
    shop = EtsyShop("etsy", world=World(clock, seed=1))
    wire = ListeningWire(shop.wire())
    connector = connect(clock, wire)
    lamp = shop.add_item(
        NewItem(sku="LAMP", title="Lamp", price=Decimal("20.50"), quantity=50)
    )
    shirts = shop.add_listing(
        [
            NewItem(
                sku="",
                title="Shirt",
                price=Decimal("9.99"),
                quantity=40,
                values=(size,),
            )
            for size in SIZES
        ],
        [{"SHIRT-S": 1}, {"SHIRT-M": 1}],
    )
    connector.check()
    talk_about_orders(connector, shop, clock, [lamp, *shirts])
    talk_about_goods(connector, [lamp, *shirts])
    return wire


def connect(clock: VirtualClock, wire: httpx.BaseTransport) -> EtsyConnector:
    chosen = ShopSettings()
    settings = plugin.settings.model_validate(
        {
            "keystring": chosen.keystring,
            "shared_secret": chosen.shared_secret,
            "refresh_token": chosen.refresh_token,
            "shop_id": chosen.shop_id,
        }
    )
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(7),
        network=NetworkPolicy(),
        wire=lambda: wire,
    )
    context = Context(clock, transports, MemoryCredentials())
    connector = plugin.connect(settings, context)
    assert isinstance(connector, EtsyConnector)
    return connector


def talk_about_orders(
    connector: EtsyConnector, shop: EtsyShop, clock: VirtualClock, keys: list[str]
) -> None:
    placed = [
        shop.sell(
            [BasketLine(key, 2) for key in keys],
            "Ada",
            note="Ring twice",
            discount=Decimal("1.01"),
        )
        for _ in range(5)
    ]
    shop.cancel_order(placed[0])
    shop.refund_order(placed[1], None, restock=False)
    line = shop.receipt(placed[2]).lines[0]
    shop.refund_order(placed[2], {str(line.transaction_id): 1}, restock=False)
    clock.advance(60)
    for order_id, number in ((placed[3], "9400 1000"), (placed[4], "")):
        push = FulfillmentPush(
            reference="parcel",
            order_external_id=order_id,
            lines=(),
            carrier="Royal Mail",
            tracking_number=number,
            tracking_url="",
            shipped_at=clock.now(),
            completes_order=True,
            idempotency_key="parcel",
        )
        assert connector.push_fulfillment(push).outcome is Outcome.ACCEPTED
        assert connector.find_fulfillment(push)
    since = clock.now() - timedelta(days=1)
    page = connector.pull_orders(None, since=since)
    clock.advance(7 * 3600)
    while not (page := connector.pull_orders(page.cursor, since=since)).complete:
        continue
    records = connector.fetch_orders(placed)
    for record in records:
        order = plugin.translator.read_order(record.payload)
        assert order.unknown_values == ()
        assert not order.residue
    assert len(records) == len(page.records) == 5


def talk_about_goods(connector: EtsyConnector, keys: list[str]) -> None:
    connector.pull_listings(None)
    connector.fetch_listings([*keys, "999"])
    connector.read_stock(keys)
    for quantity in (7, 0, 3):
        writes = [StockWrite(key, quantity, None, key) for key in [*keys, "999"]]
        outcomes = [result.outcome for result in connector.push_stock(writes)]
        assert outcomes == [Outcome.ACCEPTED] * 3 + [Outcome.REFUSED]
    price = Money.of("19.95", "USD")
    (result,) = connector.push_prices([PriceWrite(keys[1], price, "p")])
    assert result.outcome is Outcome.ACCEPTED


@pytest.fixture
def agreed(contract: Open) -> Contract:
    """Etsy's contract."""
    return contract("etsy/etsy-openapi.json")


def read_body(request: httpx.Request) -> Any:
    """Return a request's body with the types that its contract writes them in."""
    if not request.content:
        return None
    if "json" in request.headers["content-type"]:
        return orjson.loads(request.content)
    words = {"true": True, "false": False}
    form = dict(parse_qsl(request.content.decode()))
    return {name: words.get(text, text) for name, text in form.items()}


def test_every_request_is_one_of_the_contract_and_every_operation_is_tried(
    agreed: Contract,
) -> None:
    for request in converse().requests:
        if request.url.path == TOKEN_PATH:
            continue
        params = dict(request.url.params)
        agreed.check_request(
            request.method, request.url.path, params, read_body(request)
        )
    assert sorted(agreed.sent) == sorted(OPERATIONS)


def test_every_answer_of_the_simulated_shop_is_as_in_the_contract(
    agreed: Contract,
) -> None:
    checked = 0
    for request, response in converse().answers:
        if request.url.path == TOKEN_PATH:
            continue
        agreed.check_response(
            request.method,
            request.url.path,
            response.status_code,
            orjson.loads(response.content),
        )
        checked += 1
    assert checked >= 40


def test_a_body_is_a_form_or_json_as_the_contract_says(agreed: Contract) -> None:
    kinds = {}
    for operation in OPERATIONS:
        method, path = operation.split()
        body = agreed.document["paths"][path][method.lower()].get("requestBody")
        if body:
            pattern = re.sub(r"\{[^}]+\}", r"\\d+", path)
            kinds[method, pattern] = next(iter(body["content"]))
    told: set[tuple[str, str]] = set()
    for request in converse().requests:
        for (method, pattern), kind in kinds.items():
            if method == request.method and re.fullmatch(pattern, request.url.path):
                assert request.headers["content-type"] == kind
                told.add((method, pattern))
    assert told == set(kinds)


def test_a_field_that_etsy_does_not_take_back_would_be_found(agreed: Contract) -> None:
    path = "/v3/application/listings/1/inventory"
    product = {"product_id": 5, "offerings": []}
    with pytest.raises(NonconformityError, match="product_id is not in the contract"):
        agreed.check_request("PUT", path, {}, {"products": [product]})


def test_etsys_own_address_for_tokens_is_the_one_that_is_asked(
    agreed: Contract,
) -> None:
    schemes = agreed.document["components"]["securitySchemes"]
    flow = schemes["oauth2"]["flows"]["authorizationCode"]
    assert flow["tokenUrl"].endswith(TOKEN_PATH)
    assert schemes["api_key"]["name"] == "x-api-key"
