"""Connector and simulated shop agree on what people do in the shop."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from crossdock.canonical.orders import FulfilledLine, FulfillmentState, Order
from crossdock.canonical.pages import Stream
from crossdock.canonical.pushes import FulfillmentPush, Outcome, StockWrite
from crossdock.connectors.conformance.bench import MemoryCredentials
from crossdock.connectors.sdk import Context
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.connectors.woocommerce import plugin
from crossdock.connectors.woocommerce.connector import WooCommerceConnector
from crossdock.connectors.woocommerce.settings import WooCommerceSettings
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.woocommerce import (
    NewProduct,
    NewVariation,
    ShopSettings,
    WooCommerceShop,
)
from crossdock.simulators.world import World

START = datetime(2026, 11, 2, tzinfo=UTC)


@dataclass
class Scene:
    """A shop in Tokyo that sells one lamp, and a connector to it."""

    clock: VirtualClock
    shop: WooCommerceShop
    connector: WooCommerceConnector
    lamp: str

    def buy(self, quantity: int = 3) -> str:
        return self.shop.sell([BasketLine(self.lamp, quantity)], "Ada Lovelace")

    def fetch(self, order_id: str) -> Order:
        self.clock.advance(20)
        (record,) = self.connector.fetch_orders([order_id])
        return plugin.translator.read_order(record.payload)


@pytest.fixture
def scene() -> Scene:
    """The scene before anybody has bought anything."""
    clock = VirtualClock()
    settings = ShopSettings(time_zone="Asia/Tokyo", native_fulfillments=True)
    shop = WooCommerceShop("woo", world=World(clock, seed=3), settings=settings)
    lamp = shop.add_product(
        NewProduct(name="Lamp", price=Decimal(20), sku="LAMP", stock=10)
    )
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(3),
        network=NetworkPolicy(allow_private_networks=True),
        wire=shop.wire,
    )
    connector = WooCommerceConnector(
        WooCommerceSettings.model_validate(
            {
                "shop_url": "http://woo.example",
                "consumer_key": settings.consumer_key,
                "consumer_secret": settings.consumer_secret,
            }
        ),
        Context(clock=clock, transports=transports, credentials=MemoryCredentials()),
    )
    return Scene(clock, shop, connector, lamp)


def test_a_sale_takes_units_and_a_cancellation_gives_them_back(scene: Scene) -> None:
    order_id = scene.buy(3)
    assert scene.fetch(order_id).lines[0].quantity_taken == 3
    scene.shop.cancel_order(order_id)
    order = scene.fetch(order_id)
    assert order.cancelled
    assert order.lines[0].quantity_taken == 0
    assert scene.connector.read_stock([scene.lamp])[0].quantity == 10


def test_a_trashed_order_comes_out_of_a_pull_as_cancelled(scene: Scene) -> None:
    order_id = scene.buy()
    cursor = scene.connector.pull_orders(None, since=START).cursor
    scene.clock.advance(120)
    scene.shop.trash_order(order_id)
    page = scene.connector.pull_orders(cursor, since=START)
    newest = plugin.translator.read_order(page.records[-1].payload)
    assert (newest.external_id, newest.cancelled) == (order_id, True)
    assert scene.fetch(order_id).cancelled


@pytest.mark.parametrize(("restock", "taken"), [(True, 2), (False, 3)])
def test_a_refund_tells_units_money_and_stock_apart(
    scene: Scene, restock: bool, taken: int
) -> None:
    order_id = scene.buy(3)
    line_id = scene.fetch(order_id).lines[0].external_id
    scene.shop.refund_order(order_id, {line_id: 1}, restock=restock)
    order = scene.fetch(order_id)
    (refund,) = order.refunds
    assert [(line.quantity, line.restocked) for line in refund.lines] == [(1, restock)]
    assert order.lines[0].quantity_current == 2
    assert order.lines[0].quantity_taken == taken
    assert order.residue.minor == 0


def test_an_order_edited_by_staff_shows_its_new_quantity(scene: Scene) -> None:
    order_id = scene.buy(3)
    line_id = scene.fetch(order_id).lines[0].external_id
    scene.shop.edit_line(order_id, line_id, 2)
    assert scene.fetch(order_id).lines[0].quantity_current == 2


def test_a_parcel_told_natively_is_read_back_with_the_order(scene: Scene) -> None:
    order_id = scene.buy(2)
    line_id = scene.fetch(order_id).lines[0].external_id
    push = FulfillmentPush(
        "ful-1",
        order_id,
        (FulfilledLine(line_external_id=line_id, quantity=2),),
        "DHL",
        "JD014",
        "",
        scene.clock.now(),
        True,
        "k",
    )
    assert scene.connector.push_fulfillment(push).outcome is Outcome.ACCEPTED
    order = scene.fetch(order_id)
    assert order.fulfillment is FulfillmentState.FULFILLED
    (parcel,) = order.fulfillments
    assert (parcel.carrier, parcel.tracking_number) == ("DHL", "JD014")
    assert parcel.lines == push.lines


def test_variations_that_share_a_stock_are_written_by_their_product(
    scene: Scene,
) -> None:
    colours = [
        NewVariation(options={"Colour": colour}, price=Decimal(5))
        for colour in ("Red", "Blue")
    ]
    scene.shop.add_variable_product("Mug", colours, sku="MUG", parent_stock=8)
    page = scene.connector.pull_listings(None)
    mugs = [
        listing
        for record in page.records
        for listing in plugin.translator.read_listings(record.payload)
        if listing.title.startswith("Mug")
    ]
    assert [mug.sku for mug in mugs] == ["", ""]
    (stock_id,) = {mug.stock_external_id for mug in mugs}
    own = StockWrite(mugs[0].external_id, 4, None, "k-1")
    shared = StockWrite(stock_id, 5, None, "k-2")
    outcomes = [one.outcome for one in scene.connector.push_stock([own, shared])]
    assert outcomes == [Outcome.REFUSED, Outcome.ACCEPTED]
    assert scene.connector.read_stock([stock_id])[0].quantity == 5


def test_what_the_shop_delivers_is_what_the_connector_believes(scene: Scene) -> None:
    scene.connector.subscribe("order.created", "http://127.0.0.1/hook")
    order_id = scene.buy()
    envelopes: list[Envelope] = []

    def receive(envelope: Envelope) -> int:
        envelopes.append(envelope)
        return 200

    scene.clock.advance(60)
    scene.shop.deliverer.deliver_due(receive)
    ping, created = [
        scene.connector.read_webhook(dict(one.headers), one.body) for one in envelopes
    ]
    assert ping.stream is None
    assert (created.stream, created.external_id) == (Stream.ORDERS, order_id)


def test_a_pull_by_a_shop_far_from_greenwich_finds_the_newest_order(
    scene: Scene,
) -> None:
    since = scene.clock.now() - timedelta(minutes=5)
    order_id = scene.buy()
    page = scene.connector.pull_orders(None, since=since)
    assert [record.external_id for record in page.records] == [order_id]
