"""A connector to a simulated Square account, on a clock that moves by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
import orjson
import pytest
from crossdock.connectors.conformance.bench import ListeningWire, MemoryCredentials
from crossdock.connectors.sdk import Context
from crossdock.connectors.square import plugin
from crossdock.connectors.square.connector import SquareConnector
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.square import (
    NewItem,
    NewVariation,
    ShopSettings,
    SquareShop,
)
from crossdock.simulators.world import World

SKUS = ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")
HUB_URL = "https://hub.example/webhooks/k3"

MakeContext = Callable[..., Context]


@dataclass
class Stand:
    """A simulated account, and a connector to it whose requests are written down."""

    shop: SquareShop
    clock: VirtualClock
    wire: ListeningWire
    listings: dict[str, str]
    settings: dict[str, Any]
    make_context: MakeContext
    credentials: MemoryCredentials = field(default_factory=MemoryCredentials)

    def connect(self, **changes: Any) -> SquareConnector:
        """Return a connector, as another worker of the hub would have one."""
        context = self.make_context(self.clock, self.wire, self.credentials)
        settings = plugin.settings.model_validate({**self.settings, **changes})
        connector = plugin.connect(settings, context)
        assert isinstance(connector, SquareConnector)
        return connector

    def basket(self, *skus: str, units: int = 1) -> Sequence[BasketLine]:
        """Return so many units of each SKU."""
        return [BasketLine(self.listings[sku], units) for sku in skus]

    def bodies_of(self, path: str) -> list[Any]:
        """Return the bodies of the requests to a path, oldest first."""
        return [
            orjson.loads(request.content)
            for request in self.wire.requests
            if request.url.path == path
        ]

    def settle(self) -> None:
        """Let a minute pass."""
        self.clock.pause(60)


def open_stand(make_context: MakeContext, *, seed: int = 7, **options: Any) -> Stand:
    """Return a fresh account with three products."""
    clock = VirtualClock()
    shop = SquareShop(
        "square",
        world=World(clock, seed=seed),
        seed=seed,
        settings=ShopSettings(**options),
    )
    listings = {}
    for sku in SKUS:
        variation = NewVariation(sku=sku, price=Decimal(10), stock=20)
        new = NewItem(name=sku.title(), variations=(variation,))
        (listings[sku],) = shop.add_item(new)
    settings = {
        "access_token": shop.settings.access_token,
        "location_id": shop.settings.location_id,
    }
    wire = ListeningWire(shop.wire())
    return Stand(shop, clock, wire, listings, settings, make_context)


@pytest.fixture
def stand(make_context: MakeContext) -> Stand:
    """A fresh account with three products."""
    return open_stand(make_context)


@pytest.fixture
def connector(stand: Stand) -> SquareConnector:
    """A connector to it."""
    return stand.connect()


@pytest.fixture
def open_account(make_context: MakeContext) -> Callable[..., Stand]:
    """Open an account that is set up in another way."""
    return partial(open_stand, make_context)


@pytest.fixture
def lose_answers() -> Callable[[Stand, str], None]:
    """Let no answer from a path arrive any more."""

    def lose(stand: Stand, path: str) -> None:
        def loses(request: httpx.Request) -> bool:
            return request.url.path == path

        stand.wire.loses = loses

    return lose
