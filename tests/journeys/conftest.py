"""A whole hub over simulated channels, in one process, on a clock moved by hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from crossdock.canonical.remembered import KnownChannel
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.transport import HttpTransports
from crossdock.simulators.base import Simulator
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.shopify import ShopifyShop
from crossdock.simulators.woocommerce import WooCommerceShop
from crossdock.simulators.world import World
from crossdock.store import fsck, schema
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.vault import Vault
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.hub import Hub, Tuning
from crossdock.sync.worker import run_due


class Switchboard(httpx.BaseTransport):
    """Leads requests to simulators by host name, in process."""

    def __init__(self) -> None:
        self.wires: dict[str, httpx.BaseTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.wires[request.url.host].handle_request(request)


@dataclass
class Town:
    """A hub, its channels' simulators and the clock that they share."""

    clock: VirtualClock
    world: World
    hub: Hub
    switchboard: Switchboard
    simulators: dict[str, Simulator] = field(default_factory=dict)

    def open_woocommerce(self, name: str = "woo", **settings: object) -> WooCommerceShop:
        shop = WooCommerceShop(name, world=self.world, **settings)  # type: ignore[arg-type]  # passed on as given
        self._open(name, f"{name}.example", shop)
        return shop

    def open_shopify(self, name: str = "shopify", **settings: object) -> ShopifyShop:
        shop = ShopifyShop(name, world=self.world, **settings)  # type: ignore[arg-type]  # passed on as given
        self._open(name, f"{name}.myshopify.com", shop)
        return shop

    def _open(self, name: str, host: str, simulator: Simulator) -> None:
        self.simulators[name] = simulator
        self.switchboard.wires[host] = simulator.wire()

    def connect_woocommerce(self, name: str = "woo", **policy: object) -> KnownChannel:
        settings = {
            "shop_url": f"https://{name}.example",
            "consumer_key": "ck_simulated",
            "consumer_secret": "cs_simulated",
        }
        new = NewChannel(name, "woocommerce", settings, **policy)  # type: ignore[arg-type]  # passed on as given
        return add_channel(self.hub, new)[0]

    def connect_shopify(self, name: str = "shopify", **policy: object) -> KnownChannel:
        shop = self.simulators[name]
        assert isinstance(shop, ShopifyShop)
        settings = {
            "shop": f"{name}.myshopify.com",
            "client_id": shop.settings.client_id,
            "client_secret": shop.settings.client_secret,
            "access_token": shop.settings.access_token,
        }
        new = NewChannel(name, "shopify", settings, **policy)  # type: ignore[arg-type]  # passed on as given
        return add_channel(self.hub, new)[0]

    def work(self, seconds: float = 30) -> None:
        """Let the hub work off what is due, again and again, while time passes."""
        for _ in range(max(1, int(seconds))):
            run_due(self.hub, "test")
            self.clock.pause(1)

    def violations(self) -> list[fsck.Violation]:
        with self.hub.store.reading() as connection:
            return fsck.check(connection)


@pytest.fixture
def make_town(database_url: str) -> Iterator[Callable[[], Town]]:
    stores: list[Store] = []

    def make() -> Town:
        clock = VirtualClock()
        randomness = random.Random(7)
        store = Store(database_url)
        stores.append(store)
        schema.upgrade(store)
        switchboard = Switchboard()
        hub = Hub(
            store,
            Vault(Vault.generate_key()),
            clock,
            IdSource(clock, randomness),
            HttpTransports(
                clock=clock,
                randomness=randomness,
                network=NetworkPolicy(),
                wire=lambda: switchboard,
            ),
            find_plugin,
            lambda: f"hook-{randomness.getrandbits(64):016x}",
            Tuning(public_url="https://hub.example"),
        )
        return Town(clock, World(clock, seed=7), hub, switchboard)

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def town(make_town: Callable[[], Town]) -> Town:
    return make_town()
