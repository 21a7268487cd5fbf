"""A simulated Medusa server with a connector that is connected to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from crossdock.connectors.conformance.bench import ListeningWire
from crossdock.connectors.medusa import plugin
from crossdock.connectors.medusa.connector import MedusaConnector
from crossdock.connectors.sdk import Context
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import NO_FAULTS, Faults
from crossdock.simulators.medusa import MedusaShop, NewProduct, ShopSettings
from crossdock.simulators.world import World

MakeContext = Callable[..., Context]


@dataclass
class Scene:
    """A server that sells a lamp, and a connector that hears and is heard."""

    clock: VirtualClock
    shop: MedusaShop
    wire: ListeningWire
    connector: MedusaConnector
    lamp: str

    @property
    def lamp_stock(self) -> str:
        """The lamp's inventory item."""
        return self.shop.state.find_listing(self.lamp)[1].item_id

    def buy(self, quantity: int = 1, **how: Any) -> str:
        """Let somebody buy lamps."""
        return self.shop.sell([BasketLine(self.lamp, quantity)], "Ada L", **how)


@pytest.fixture
def open_scene(make_context: MakeContext) -> Callable[..., Scene]:
    """Open a server: its faults, its seed, its settings."""

    def build(
        *, faults: Faults = NO_FAULTS, seed: int = 0, own: Any = None, **settings: Any
    ) -> Scene:
        clock = VirtualClock()
        shop = MedusaShop(
            "medusa",
            world=World(clock, seed=seed),
            settings=ShopSettings(**settings),
            seed=seed,
        )
        new = NewProduct(name="Lamp", sku="LAMP", price=Decimal(20), stock=900)
        lamp = shop.add_product(new)
        shop.faults.use(faults)
        wire = ListeningWire(shop.wire())
        told = {
            "server_url": "https://medusa.example",
            "secret_key": shop.settings.secret_key,
            "location_id": shop.settings.location_id,
            **(own or {}),
        }
        context = make_context(clock, wire, seed=seed)
        connector = plugin.connect(plugin.settings.model_validate(told), context)
        assert isinstance(connector, MedusaConnector)
        return Scene(clock, shop, wire, connector, lamp)

    return build
