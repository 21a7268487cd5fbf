"""A connector to a simulated Etsy shop, and everything said between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.canonical.orders import Order
from crossdock.canonical.pages import Page, Record
from crossdock.canonical.pushes import FulfillmentPush, PushResult, StockWrite
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.etsy import plugin
from crossdock.connectors.etsy.connector import EtsyConnector
from crossdock.connectors.sdk import Context
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.etsy import EtsyShop, NewItem, ShopSettings
from crossdock.simulators.faults import NO_FAULTS, Faults
from crossdock.simulators.world import World

SIZES = ((513, "Size", 7001, "S"), (513, "Size", 7002, "M"), (513, "Size", 7003, "L"))

MakeContext = Callable[..., Context]
MakeParcel = Callable[..., FulfillmentPush]


@dataclass
class Scene:
    """A shop, a connector to it, and the clock that they share."""

    clock: VirtualClock
    world: World
    shop: EtsyShop
    wire: ListeningWire
    entered: dict[str, Any]
    make_context: MakeContext
    make_parcel: MakeParcel
    credentials: MemoryCredentials = field(default_factory=MemoryCredentials)
    lamp: str = ""
    shirts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connector = self.connect()

    def connect(self) -> EtsyConnector:
        """Return another connector, as after a restart or in another worker."""
        context = self.make_context(self.clock, self.wire, self.credentials)
        connector = plugin.connect(plugin.settings(**self.entered), context)
        assert isinstance(connector, EtsyConnector)
        return connector

    def stock(self) -> None:
        """Put a lamp on sale, and a shirt in three sizes."""
        lamp = NewItem(sku="LAMP", title="Lamp", price=Decimal("20.00"), quantity=10)
        self.lamp = self.shop.add_item(lamp)
        self.shirts = self.offer_shirts()

    def offer_shirts(self, *shared: str) -> list[str]:
        variations = [
            NewItem(
                sku=f"SHIRT-{size[3]}" if "sku" not in shared else "SHIRT",
                title="Shirt",
                price=Decimal("30.00"),
                quantity=5,
                values=(size,),
            )
            for size in SIZES
        ]
        components = [{one.sku: 1} for one in variations]
        return self.shop.add_listing(variations, components, shared=frozenset(shared))

    def buy(self, key: str = "", quantity: int = 1, **facts: Any) -> str:
        basket = [BasketLine(key or self.lamp, quantity)]
        return self.shop.sell(basket, "Ada Lovelace", **facts)

    def write(self, key: str, quantity: int) -> PushResult:
        write = StockWrite(key, quantity, None, f"{key}-{quantity}")
        (result,) = self.connector.push_stock([write])
        return result

    def read(self, order_id: str) -> Order:
        """Return an order as the hub would understand it now."""
        (record,) = self.connector.fetch_orders([order_id])
        return plugin.translator.read_order(record.payload)

    def pull_pages(self, cursor: str | None = None) -> list[Page]:
        """Pull to the end, once."""
        pages: list[Page] = []
        since = self.clock.now() - timedelta(days=1)
        while not pages or not pages[-1].complete:
            pages.append(self.connector.pull_orders(cursor, since=since))
            cursor = pages[-1].cursor
        return pages

    def pull(self, cursor: str | None = None) -> tuple[list[Record], str]:
        """Pull to the end; return the records and the cursor that follows."""
        pages = self.pull_pages(cursor)
        return [one for page in pages for one in page.records], pages[-1].cursor

    def parcel(
        self, order_id: str, number: str = "9400 1000", **facts: Any
    ) -> FulfillmentPush:
        sold = self.shop.receipt(order_id).lines
        lines = [(str(line.transaction_id), line.quantity) for line in sold]
        facts = {"carrier": "USPS", "tracking_number": number, **facts}
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
    """Open a shop with a lamp and a shirt; arguments change the shop."""

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
        shop = EtsyShop("etsy", world=world, settings=chosen, seed=seed, faults=faults)
        basics = {
            "keystring": chosen.keystring,
            "shared_secret": chosen.shared_secret,
            "refresh_token": chosen.refresh_token,
            "shop_id": chosen.shop_id,
            "webhook_secret": chosen.webhook_secret,
        }
        wire = ListeningWire(shop.wire())
        scene = Scene(
            clock,
            world,
            shop,
            wire,
            {**basics, **(entered or {})},
            make_context,
            make_parcel,
        )
        scene.stock()
        return scene

    return build


@pytest.fixture
def scene(open_scene: Callable[..., Scene]) -> Scene:
    """An ordinary shop."""
    return open_scene()
