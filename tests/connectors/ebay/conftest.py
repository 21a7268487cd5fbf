"""A connector to a simulated eBay account, and everything said between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.canonical.orders import Order
from crossdock.canonical.pages import Record
from crossdock.canonical.pushes import FulfillmentPush
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.ebay import plugin
from crossdock.connectors.ebay.connector import EbayConnector
from crossdock.connectors.sdk import Context
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.ebay import EbayShop, NewItem, ShopSettings
from crossdock.simulators.faults import NO_FAULTS, Faults
from crossdock.simulators.world import World

VERIFICATION_TOKEN = "a-verification-token-of-our-own-123"

MakeContext = Callable[..., Context]
MakeParcel = Callable[..., FulfillmentPush]


@dataclass
class Scene:
    """An account, a connector to it, and the clock that they share."""

    clock: VirtualClock
    world: World
    shop: EbayShop
    wire: ListeningWire
    entered: dict[str, Any]
    make_context: MakeContext
    make_parcel: MakeParcel
    credentials: MemoryCredentials = field(default_factory=MemoryCredentials)

    def __post_init__(self) -> None:
        self.connector = self.connect()

    def connect(self) -> EbayConnector:
        """Return another connector, as after a restart or in another worker."""
        context = self.make_context(self.clock, self.wire, self.credentials)
        connector = plugin.connect(plugin.settings(**self.entered), context)
        assert isinstance(connector, EbayConnector)
        return connector

    def offer(self, *skus: str, quantity: int = 10, **facts: Any) -> None:
        for sku in skus:
            self.world.receive(sku, quantity)
            new = NewItem(
                sku=sku,
                title=facts.pop("title", sku.title()),
                price=Decimal(facts.pop("price", "20.00")),
                quantity=quantity,
                **facts,
            )
            self.shop.add_item(new)

    def buy(self, sku: str = "LAMP", quantity: int = 1) -> str:
        return self.shop.sell([BasketLine(sku, quantity)], "Ada Lovelace")

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

    def asked(self, method: str = "", path: str = "") -> list[httpx.Request]:
        """Return the requests of a method whose path ends so."""
        return [
            request
            for request in self.wire.requests
            if request.method.startswith(method) and request.url.path.endswith(path)
        ]


@pytest.fixture
def open_scene(
    make_context: MakeContext, make_parcel: MakeParcel
) -> Callable[..., Scene]:
    """Open an account that sells a lamp; arguments change the account."""

    def build(
        *,
        entered: dict[str, Any] | None = None,
        faults: Faults = NO_FAULTS,
        seed: int = 7,
        **settings: Any,
    ) -> Scene:
        clock = VirtualClock()
        world = World(clock, seed=seed)
        settings.setdefault("tax_rate", Decimal(0))
        chosen = ShopSettings(**settings)
        shop = EbayShop("ebay", world=world, settings=chosen, seed=seed, faults=faults)
        basics = {
            "client_id": chosen.client_id,
            "client_secret": chosen.client_secret,
            "refresh_token": chosen.refresh_token,
            "verification_token": VERIFICATION_TOKEN,
            "alert_email": "shop@example.com",
        }
        scene = Scene(
            clock,
            world,
            shop,
            ListeningWire(shop.wire()),
            {**basics, **(entered or {})},
            make_context,
            make_parcel,
        )
        scene.offer("LAMP")
        return scene

    return build


@pytest.fixture
def scene(open_scene: Callable[..., Scene]) -> Scene:
    """An ordinary account."""
    return open_scene()
