"""eBay's own contracts: every request that is sent, every answer that is pretended.

Skipped where the vendors' files are absent. eBay publishes no sample payloads.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
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
from crossdock.connectors.conformance import NonconformityError
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.conformance.contract import Contract
from crossdock.connectors.ebay import OPERATIONS, plugin
from crossdock.connectors.ebay.auth import TOKEN_PATH
from crossdock.connectors.ebay.connector import EbayConnector
from crossdock.connectors.sdk import Context
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.ebay import EbayShop, NewItem, ShopSettings
from crossdock.simulators.ebay.notices import confirmation, sign
from crossdock.simulators.world import World

DOCUMENTS = {
    "/sell/fulfillment/v1": "ebay/oas3-2026/sell_fulfillment_v1_oas3.json",
    "/sell/inventory/v1": "ebay/oas3-2026/sell_inventory_v1_oas3.json",
    "/sell/account/v1": "ebay/oas3-2026/sell_account_v1_oas3.json",
    "/commerce/identity/v1": "ebay/oas3-2026/commerce_identity_v1_oas3.json",
    "/commerce/notification/v1": "ebay/oas3-2026/commerce_notification_v1_oas3.json",
    "/post-order/v2": "ebay/post-order-thirdparty/cancellation_oas3.json",
}
HOOK = "https://hub.example/webhooks/1"
FACES = "/post-order/v2"
"""Whose document, a third party's, has paths and nothing of bodies."""

Json = dict[str, Any]
Open = Callable[[str], Contract]


def converse() -> ListeningWire:
    """Do everything that the connector can do, and return what was heard."""
    clock = VirtualClock()
    world = World(clock, seed=1)
    shop = EbayShop("ebay", world=world, settings=ShopSettings())
    for sku in ("RETRO-CLOCK", "BRASS-LAMP", "WITH SPACE/AND SLASH"):
        shop.add_item(NewItem(sku=sku, title=sku, price=Decimal("20.50"), quantity=50))
    shop.add_item(
        NewItem(
            sku="ATTIC",
            title="Attic",
            price=Decimal(1),
            quantity=1,
            published=False,
            ean="2000000000015",
        )
    )
    wire = ListeningWire(shop.wire())
    connector = connect(clock, wire)
    connector.check()
    talk_about_orders(connector, shop, clock)
    talk_about_goods(connector)
    talk_about_notifications(connector, shop)
    return wire


def connect(clock: VirtualClock, wire: ListeningWire) -> EbayConnector:
    settings = plugin.settings.model_validate(
        {
            "client_id": ShopSettings().client_id,
            "client_secret": ShopSettings().client_secret,
            "refresh_token": ShopSettings().refresh_token,
            "verification_token": "v" * 40,
            "alert_email": "shop@example.com",
        }
    )
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(7),
        network=NetworkPolicy(),
        wire=lambda: wire,
    )
    connector = plugin.connect(
        settings, Context(clock, transports, MemoryCredentials())
    )
    assert isinstance(connector, EbayConnector)
    return connector


def talk_about_orders(
    connector: EbayConnector, shop: EbayShop, clock: VirtualClock
) -> None:
    def sell(*skus: str) -> str:
        return shop.sell([BasketLine(sku, 2) for sku in skus], "Ada", note="Ring twice")

    parcel, refunded, cancelled, wished, shipped, returned = (
        sell("RETRO-CLOCK", "BRASS-LAMP") for _ in range(6)
    )
    shop.ship_order(shipped)
    shop.refund_order(returned, None, restock=False)
    shop.ask_to_cancel(wished)
    clock.advance(60)
    push = CancellationPush(cancelled, "customer changed their mind", True, "c1")
    assert connector.push_cancellation(push).outcome is Outcome.ACCEPTED
    push = CancellationPush(wished, "", True, "c2")
    assert connector.push_cancellation(push).outcome is Outcome.ACCEPTED
    for number, order_id in (("", parcel), ("JD-0141 77", refunded)):
        order = shop.order(order_id)
        told = connector.push_fulfillment(
            describe_parcel(shop, order_id, number, clock)
        )
        assert told.outcome is Outcome.ACCEPTED
        line = RefundedLine(order.lines[0].line_id, 1, Money.of("3.10", "USD"))
        for lines, shipping in (((line,), "0"), ((), "1.50")):
            shipped_money = Money.of(shipping, "USD")
            refund = RefundPush("r1", order_id, lines, shipped_money, "returned", "r1")
            assert connector.push_refund(refund).outcome is Outcome.ACCEPTED
            assert connector.find_refund(refund)
    page = connector.pull_orders(None, since=clock.now() - timedelta(days=1))
    connector.fetch_orders([record.external_id for record in page.records])
    for record in page.records:
        assert plugin.translator.read_order(record.payload).unknown_values == ()


def describe_parcel(
    shop: EbayShop, order_id: str, number: str, clock: VirtualClock
) -> FulfillmentPush:
    return FulfillmentPush(
        reference="parcel",
        order_external_id=order_id,
        lines=tuple(
            FulfilledLine(line_external_id=line.line_id, quantity=line.quantity)
            for line in shop.order(order_id).lines
        ),
        carrier="Royal Mail",
        tracking_number=number,
        tracking_url="",
        shipped_at=clock.now(),
        completes_order=True,
        idempotency_key="parcel",
    )


def talk_about_goods(connector: EbayConnector) -> None:
    page = connector.pull_listings(None)
    skus = [record.external_id for record in page.records]
    assert len(skus) == 4
    connector.fetch_listings([*skus, "NOBODY-HAS-THIS"])
    connector.read_stock([*skus, "NOBODY-HAS-THIS"])
    writes = [StockWrite(sku, 7, None, sku) for sku in [*skus, "NOBODY-HAS-THIS"]]
    outcomes = [result.outcome for result in connector.push_stock(writes)]
    assert outcomes == [Outcome.ACCEPTED] * 4 + [Outcome.REFUSED]
    price = Money.of("19.95", "USD")
    (result,) = connector.push_prices([PriceWrite(skus[0], price, "p")])
    assert result.outcome is Outcome.ACCEPTED


def talk_about_notifications(connector: EbayConnector, shop: EbayShop) -> None:
    made = connector.subscribe(connector.topics[0], HOOK)
    shop.state.subscriptions[made.external_id].status = "DISABLED"
    assert connector.subscribe(connector.topics[0], HOOK) == made
    assert connector.list_subscriptions() == (made,)
    order = shop.order(shop.sell([BasketLine("RETRO-CLOCK", 1)], "Ada"))
    body = confirmation(shop.state, order, order.lines[0].line_id)
    headers = {"x-ebay-signature": sign(body)}
    assert connector.read_webhook(headers, body).external_id == order.order_id
    connector.unsubscribe(made.external_id)


@pytest.fixture
def contracts(contract: Open) -> dict[str, Contract]:
    """eBay's contracts by the path that stands before theirs."""
    opened = {prefix: contract(path) for prefix, path in DOCUMENTS.items()}
    for each in opened.values():
        mend(each)
    return opened


def mend(contract: Contract) -> None:
    """Mend what cannot be meant: enumerations that are objects, items of no SKU."""
    schemas = contract.document.get("components", {}).get("schemas", {})
    for schema in schemas.values():
        if "enum" in schema and schema.get("type") == "object":
            schema["type"] = "string"
    if "GetInventoryItemResponse" in schemas:
        # An entry of a bulk read that was refused (its errors say why) has no item.
        schemas["GetInventoryItemResponse"]["required"] = ["sku", "statusCode"]


def find(contracts: dict[str, Contract], path: str) -> tuple[str, str]:
    prefix = next(each for each in contracts if path.startswith(f"{each}/"))
    return prefix, path.removeprefix(prefix)


def test_every_request_is_one_of_the_contract_and_every_operation_is_tried(
    contracts: dict[str, Contract],
) -> None:
    for request in converse().requests:
        path = request.url.raw_path.decode().partition("?")[0]
        if path == TOKEN_PATH:
            continue
        prefix, rest = find(contracts, path)
        body = orjson.loads(request.content) if request.content else None
        contracts[prefix].check_request(
            request.method,
            rest,
            dict(request.url.params),
            None if prefix == FACES else body,
        )
    sent = {
        f"{operation.partition(' ')[0]} {prefix}{operation.partition(' ')[2]}"
        for prefix, each in contracts.items()
        for operation in each.sent
    }
    assert sorted(sent) == sorted(OPERATIONS)


def test_every_answer_of_the_simulated_account_is_as_in_the_contract(
    contracts: dict[str, Contract],
) -> None:
    checked = 0
    for request, response in converse().answers:
        if request.url.path == TOKEN_PATH:
            continue
        path = request.url.raw_path.decode().partition("?")[0]
        prefix, rest = find(contracts, path)
        body = orjson.loads(response.content) if response.content else {}
        if response.status_code < 400:
            contracts[prefix].check_response(
                request.method, rest, response.status_code, body
            )
            checked += 1
    assert checked > 40


def test_a_field_that_ebay_does_not_know_would_be_found(
    contracts: dict[str, Contract],
) -> None:
    inventory = contracts["/sell/inventory/v1"]
    request = {"sku": "A", "quantity": 3}
    with pytest.raises(NonconformityError, match="quantity is not in the contract"):
        inventory.check_request(
            "POST", "/bulk_update_price_quantity", {}, {"requests": [request]}
        )
