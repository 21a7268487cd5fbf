"""A connector to a simulated Vendure server, and everything said between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from crossdock.canonical.money import Money
from crossdock.canonical.orders import Order
from crossdock.canonical.pages import Record
from crossdock.canonical.pushes import FulfillmentPush, RefundedLine, RefundPush
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.sdk import Context
from crossdock.connectors.vendure import plugin
from crossdock.connectors.vendure.connector import VendureConnector
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import NO_FAULTS, Faults
from crossdock.simulators.vendure import NewVariant, ShopSettings, VendureShop
from crossdock.simulators.world import World

MakeContext = Callable[..., Context]
MakeParcel = Callable[..., FulfillmentPush]


@dataclass
class Scene:
    """A server, a connector to it, and the clock that they share."""

    clock: VirtualClock
    world: World
    shop: VendureShop
    wire: ListeningWire
    entered: dict[str, Any]
    make_context: MakeContext
    make_parcel: MakeParcel
    credentials: MemoryCredentials = field(default_factory=MemoryCredentials)
    lamp: str = ""

    def __post_init__(self) -> None:
        self.connector = self.connect()

    def connect(self) -> VendureConnector:
        """Return another connector, as after a restart or in another worker."""
        context = self.make_context(self.clock, self.wire, self.credentials)
        connector = plugin.connect(plugin.settings(**self.entered), context)
        assert isinstance(connector, VendureConnector)
        return connector

    def offer(self, sku: str, *, stock: int = 10, **facts: Any) -> str:
        self.world.receive(sku, stock)
        facts.setdefault("name", sku.title())
        facts.setdefault("price", 2000)
        return self.shop.add_variant(NewVariant(sku=sku, stock=stock, **facts))

    def buy(self, listing: str = "", quantity: int = 1) -> str:
        basket = [BasketLine(listing or self.lamp, quantity)]
        return self.shop.sell(basket, "Ada Lovelace")

    def pull(self, cursor: str | None = None) -> tuple[list[Record], str]:
        """Pull to the end; return the records and the cursor that follows."""
        records: list[Record] = []
        since = self.clock.now() - timedelta(days=1)
        while True:
            page = self.connector.pull_orders(cursor, since=since)
            records += page.records
            cursor = page.cursor
            if page.complete:
                return records, cursor

    def read(self, order_id: str) -> Order:
        """Return an order as the hub would understand it now."""
        (record,) = self.connector.fetch_orders([order_id])
        return plugin.translator.read_order(record.payload)

    def parcel(
        self, order_id: str, number: str = "JD0141", **facts: Any
    ) -> FulfillmentPush:
        sold = self.shop.order(order_id).lines
        lines = [(line.line_id, line.quantity) for line in sold]
        facts = {"tracking_number": number, **facts}
        return self.make_parcel(order_id, lines, self.clock.now(), **facts)

    def refund(self, order_id: str, amount: str = "5.00", **facts: Any) -> RefundPush:
        line = self.shop.order(order_id).lines[0]
        part = RefundedLine(line.line_id, 1, Money.of(amount, "EUR"))
        given = {
            "reference": "refund-1",
            "order_external_id": order_id,
            "lines": (part,),
            "shipping": Money.zero("EUR"),
            "reason": "broken",
            "idempotency_key": "refund-1",
            **facts,
        }
        return RefundPush(**given)

    def asked(self, operation: str = "") -> list[httpx.Request]:
        """Return the requests whose document begins with this operation."""
        return [
            request
            for request in self.wire.requests
            if operation in orjson.loads(request.content)["query"].partition("{")[0]
        ]


@pytest.fixture
def open_scene(
    make_context: MakeContext, make_parcel: MakeParcel
) -> Callable[..., Scene]:
    """Open a server that sells a lamp; arguments change the server."""

    def build(
        *,
        entered: dict[str, Any] | None = None,
        faults: Faults = NO_FAULTS,
        seed: int = 7,
        **settings: Any,
    ) -> Scene:
        clock = VirtualClock()
        world = World(clock, seed=seed)
        chosen = ShopSettings(**settings)
        shop = VendureShop(
            "vendure", world=world, settings=chosen, seed=seed, faults=faults
        )
        basics = {
            "server_url": "https://vendure.example",
            "username": chosen.username,
            "password": chosen.password,
        }
        scene = Scene(
            clock,
            world,
            shop,
            ListeningWire(shop.wire()),
            entered or basics,
            make_context,
            make_parcel,
        )
        scene.lamp = scene.offer("LAMP", price=2000)
        return scene

    return build


@pytest.fixture
def scene(open_scene: Callable[..., Scene]) -> Scene:
    """An ordinary server."""
    return open_scene()
