"""A simulated store with a connector that is connected to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from crossdock.connectors.bigcommerce import plugin
from crossdock.connectors.bigcommerce.connector import BigCommerceConnector
from crossdock.connectors.conformance.bench import ListeningWire
from crossdock.connectors.sdk import Context
from crossdock.simulators.bigcommerce import (
    BigCommerceStore,
    NewProduct,
    StoreSettings,
)
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import NO_FAULTS, Faults
from crossdock.simulators.world import World

MakeContext = Callable[..., Context]


@dataclass
class Scene:
    """A store that sells a lamp, and a connector that hears and is heard."""

    clock: VirtualClock
    store: BigCommerceStore
    wire: ListeningWire
    connector: BigCommerceConnector
    lamp: str

    @property
    def lamp_stock(self) -> str:
        """The lamp's stock record: its product."""
        return self.lamp.partition("/")[0]

    def buy(self, quantity: int = 1, **how: Any) -> str:
        """Let somebody buy lamps."""
        return self.store.sell([BasketLine(self.lamp, quantity)], "Ada", **how)


@pytest.fixture
def open_scene(make_context: MakeContext) -> Callable[..., Scene]:
    """Open a store: its faults, its seed, its settings."""

    def build(
        *, faults: Faults = NO_FAULTS, seed: int = 0, own: Any = None, **settings: Any
    ) -> Scene:
        clock = VirtualClock()
        store = BigCommerceStore(
            "bigcommerce",
            world=World(clock, seed=seed),
            settings=StoreSettings(**settings),
            seed=seed,
        )
        new = NewProduct(name="Lamp", sku="LAMP", price=Decimal(20), stock=900)
        lamp = store.add_product(new)
        store.faults.use(faults)
        wire = ListeningWire(store.wire())
        told = {
            "store_hash": store.settings.store_hash,
            "access_token": store.settings.access_token,
            "client_secret": store.settings.client_secret,
            **(own or {}),
        }
        context = make_context(clock, wire, seed=seed)
        connector = plugin.connect(plugin.settings.model_validate(told), context)
        assert isinstance(connector, BigCommerceConnector)
        return Scene(clock, store, wire, connector, lamp)

    return build
