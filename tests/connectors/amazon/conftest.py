"""A connector to a simulated store, with a wire that remembers, and a clock by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from crossdock.canonical.orders import Order
from crossdock.canonical.pushes import StockWrite
from crossdock.connectors.amazon import plugin
from crossdock.connectors.amazon.connector import AmazonConnector
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.sdk import Context
from crossdock.simulators.amazon import AmazonMarket, MarketSettings, NewProduct
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import NO_FAULTS, Faults
from crossdock.simulators.world import World

STORAGE = "https://storage.example"

MakeContext = Callable[..., Context]


@dataclass
class Scene:
    """A store that sells a lamp and, from Amazon's warehouse, a stool."""

    clock: VirtualClock
    market: AmazonMarket
    wire: ListeningWire
    credentials: MemoryCredentials
    settings: dict[str, Any]
    make_context: MakeContext
    connector: AmazonConnector = field(init=False)

    def __post_init__(self) -> None:
        self.connector = self.connect()

    def connect(self, **changes: Any) -> AmazonConnector:
        """Return another instance of the connector, as after a restart."""
        settings = plugin.settings.model_validate({**self.settings, **changes})
        context = self.make_context(self.clock, self.wire, self.credentials, seed=3)
        connector = plugin.connect(settings, context)
        assert isinstance(connector, AmazonConnector)
        return connector

    def buy(self, quantity: int = 3, sku: str = "LAMP", **how: Any) -> str:
        """Let somebody buy, and return the order's id."""
        return self.market.check_out([BasketLine(sku, quantity)], "Ada Lovelace", **how)

    def fetch(self, order_id: str) -> Order:
        """Return an order as the connector reads it now."""
        (record,) = self.connector.fetch_orders([order_id])
        return plugin.translator.read_order(record.payload)

    def paths(self) -> list[str]:
        """Return method and path of every request so far, the login left out."""
        return [
            f"{request.method} {request.url.path}"
            for request in self.wire.requests
            if request.url.host != "api.amazon.com"
        ]


Open = Callable[..., Scene]


@pytest.fixture
def open_scene(make_context: MakeContext) -> Open:
    """Open a scene; arguments change the market's settings."""

    def build(faults: Faults = NO_FAULTS, seed: int = 3, **changes: Any) -> Scene:
        clock = VirtualClock()
        settings = MarketSettings(storage_url=STORAGE, **changes)
        world = World(clock, seed=seed)
        market = AmazonMarket(
            "amazon", world=world, settings=settings, seed=seed, faults=faults
        )
        for new in (
            NewProduct(name="Lamp", sku="LAMP", price=Decimal("20.00"), stock=10),
            NewProduct(
                name="Stool",
                sku="STOOL",
                price=Decimal("30.00"),
                stock=7,
                fulfilled_by_amazon=True,
            ),
        ):
            market.add_product(new)
            if not new.fulfilled_by_amazon:
                world.receive(new.sku, new.stock)
                world.offer("amazon", new.sku, {new.sku: 1})
        entered = {
            "marketplace": settings.marketplace,
            "seller_id": settings.seller_id,
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "refresh_token": settings.refresh_token,
        }
        wire = ListeningWire(market.wire())
        return Scene(clock, market, wire, MemoryCredentials(), entered, make_context)

    return build


@pytest.fixture
def scene(open_scene: Open) -> Scene:
    """The scene before anybody has bought anything."""
    return open_scene()


@pytest.fixture
def make_writes() -> Callable[..., list[StockWrite]]:
    """Describe writes of one quantity to each of some SKUs."""

    def make(*skus: str, quantity: int = 4) -> list[StockWrite]:
        return [StockWrite(sku, quantity, None, f"key-{sku}") for sku in skus]

    return make
