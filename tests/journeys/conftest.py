"""A whole hub over simulated channels, in one process, on a clock moved by hand."""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from crossdock.canonical.conflicts import ConflictKind
from crossdock.canonical.errors import WebhookRefusedError
from crossdock.canonical.remembered import KnownChannel, KnownOrder
from crossdock.canonical.stock import StockKey
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.transport import HttpTransports
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.shopify import ShopifyShop, ShopSettings
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.woocommerce import NewProduct, WooCommerceShop
from crossdock.simulators.world import World
from crossdock.store import (
    conflicts,
    figures,
    fsck,
    listings,
    orders,
    publications,
    schema,
    stock,
)
from crossdock.store.conflicts import ConflictRow
from crossdock.store.engine import Connection, Store
from crossdock.store.ids import IdSource
from crossdock.store.marks import MarkKind
from crossdock.store.tables import marks
from crossdock.store.tables import orders as order_rows
from crossdock.store.vault import Vault
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.hub import Hub, Tuning
from crossdock.sync.schedule import tick
from crossdock.sync.webhooks import receive_webhook
from crossdock.sync.worker import run_due
from sqlalchemy import create_engine, make_url, select, text

Shop = ShopifyShop | WooCommerceShop
FIND_PLUGIN = cache(find_plugin)  # as the composed hub does


class Switchboard(httpx.BaseTransport):
    """Leads requests to simulators by host name, in process."""

    def __init__(self) -> None:
        self.wires: dict[str, httpx.BaseTransport] = {}
        self.before: Callable[[httpx.Request], None] = lambda request: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.before(request)
        return self.wires[request.url.host].handle_request(request)


@dataclass
class Town:
    """A hub, its channels' simulators and the clock that they share."""

    clock: VirtualClock
    world: World
    hub: Hub
    switchboard: Switchboard
    shops: dict[str, Shop] = field(default_factory=dict)
    clocks: dict[str, str] = field(default_factory=dict)
    """The listing of the clock in each shop, in a market."""
    posted: list[tuple[Envelope, int]] = field(default_factory=list)
    """Every webhook that was delivered, with the hub's answer."""

    # Setting up

    def open_woocommerce(self, name: str = "woo", **settings: Any) -> WooCommerceShop:
        shop = WooCommerceShop(name, world=self.world, **settings)
        self._open(name, f"{name}.example", shop)
        return shop

    def open_shopify(self, name: str = "shopify", **settings: Any) -> ShopifyShop:
        settings.setdefault("settings", ShopSettings(domain=f"{name}.myshopify.com"))
        shop = ShopifyShop(name, world=self.world, **settings)
        self._open(name, f"{name}.myshopify.com", shop)
        return shop

    def _open(self, name: str, host: str, shop: Shop) -> None:
        self.shops[name] = shop
        self.switchboard.wires[host] = shop.wire()

    def connect_woocommerce(self, name: str = "woo", **policy: Any) -> KnownChannel:
        settings = {
            "shop_url": f"https://{name}.example",
            "consumer_key": "ck_simulated",
            "consumer_secret": "cs_simulated",
        }
        new = NewChannel(name, "woocommerce", settings, **policy)
        return add_channel(self.hub, new)[0]

    def connect_shopify(
        self, name: str = "shopify", *, entered: Mapping[str, str] = {}, **policy: Any
    ) -> KnownChannel:
        shop = self.shops[name]
        assert isinstance(shop, ShopifyShop)
        settings = {
            "shop": f"{name}.myshopify.com",
            "client_id": shop.settings.client_id,
            "client_secret": shop.settings.client_secret,
            "access_token": shop.settings.access_token,
            **entered,
        }
        new = NewChannel(name, "shopify", settings, **policy)
        return add_channel(self.hub, new)[0]

    def offer(self, channel: str, sku: str, units: int, **facts: Any) -> str:
        """Put a product on sale in one shop and return its listing."""
        shop = self.shops[channel]
        if isinstance(shop, ShopifyShop):
            product = shop.add_product(facts.pop("title", sku.title()))
            if "sells" in facts:
                facts["components"] = facts.pop("sells")
            return shop.add_variant(product, sku, stock=(units,), **facts).gid
        name = facts.pop("title", sku.title())
        new = NewProduct(name=name, price=Decimal(20), sku=sku, stock=units, **facts)
        return shop.add_product(new)

    def stock(self, sku: str, units: int) -> dict[str, str]:
        """Put units into the warehouse and on sale everywhere; return the listings."""
        self.world.receive(sku, units)
        return {channel: self.offer(channel, sku, units) for channel in self.shops}

    # Time and work

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def work(self, seconds: float = 60) -> None:
        """Let the hub work and hear webhooks for so long; idle time is jumped over."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while True:
            self.post_webhooks()
            run_due(self.hub, "test")
            now = self.clock.now()
            upcoming = [due for due in self._list_dues() if due < end]
            if now >= end or not upcoming:
                break
            self.clock.advance(max(0.0, (min(upcoming) - now).total_seconds()))
        self.clock.advance(max(0.0, (end - self.clock.now()).total_seconds()))

    def _list_dues(self) -> list[datetime]:
        with self.hub.store.reading() as connection:
            waiting = select(marks.c.not_before).where(marks.c.not_before > self.now)
            found = list(connection.scalars(waiting))
        found += [shop.deliverer.next_due() for shop in self.shops.values()]
        return [due for due in found if due is not None]

    def tick(self, *kinds: MarkKind) -> None:
        """Do what the clock does, for a slot that nobody has had."""
        for kind in kinds:
            self.clock.advance(1)
            tick(self.hub, kind, 0.001)

    def pull(self, seconds: float = 60) -> None:
        """Let the clock ask for orders, and the hub work."""
        self.tick(MarkKind.PULL)
        self.work(seconds)

    def lose_webhooks(self) -> None:
        """Throw away every webhook that waits, and all that are due at once later."""
        for shop in self.shops.values():
            shop.deliverer.deliver_due(lambda _: 200, self.clock.now() + timedelta(1))

    def post_webhooks(self) -> None:
        for shop in self.shops.values():
            shop.deliverer.deliver_due(self.post)

    def post(self, envelope: Envelope) -> int:
        """Hand a webhook to the hub and return the status of its answer."""
        path = envelope.url.rpartition("/")[2]
        try:
            receive_webhook(self.hub, path, dict(envelope.headers), envelope.body)
        except WebhookRefusedError:
            self.posted.append((envelope, 401))
            return 401
        self.posted.append((envelope, 200))
        return 200

    # People

    def sell(self, channel: str, *basket: tuple[str, int]) -> str:
        """Let somebody buy; return the order's id on its channel."""
        lines = [BasketLine(*line) for line in basket]
        order = self.world.buy_basket(channel, lines, "Ada Lovelace")
        assert order is not None, f"{channel} shows too few"
        return order

    def find_lines(self, channel: str, order: str) -> list[str]:
        """Return the channel's ids of an order's lines."""
        for sold in self.world.orders(channel):
            if sold.order_id == order:
                return list(sold.lines)
        raise KeyError(order)

    # Looking

    def shown(self, channel: str, listing: str) -> int | None:
        return self.shops[channel].shown(listing)

    def count(self, sku: str) -> tuple[int, int]:
        """Return what of a SKU is on hand and allocated."""
        with self.hub.store.reading() as connection:
            found = stock.load_positions(connection, [sku])
        counts = found.get(StockKey(sku, "main"))
        return (counts.on_hand, counts.allocated) if counts else (0, 0)

    def load_order(self, channel: str, order: str) -> KnownOrder | None:
        with self.hub.store.reading() as connection:
            found = orders.load_by_external_id(connection, channel, [order])
        return found.get(order)

    def load_row(self, channel: str, order: str) -> dict[str, Any]:
        """Return an order's own row."""
        known = self.load_order(channel, order)
        assert known is not None
        with self.hub.store.reading() as connection:
            return figures.get_order(connection, known.id)

    def list_open(self, kind: ConflictKind | None = None) -> list[ConflictRow]:
        with self.hub.store.reading() as connection:
            return conflicts.load_many(connection, kind=kind)

    def list_untold(self) -> list[dict[str, Any]]:
        with self.hub.store.reading() as connection:
            return figures.list_untold(connection)

    def violations(self) -> list[fsck.Violation]:
        with self.hub.store.reading() as connection:
            return fsck.check(connection)

    def check(self) -> None:
        """Assert that the hub keeps its promises, by its own and the shops' books."""
        assert self.violations() == []
        with self.hub.store.reading() as connection:
            self._check_units(connection)
            self._check_listings(connection)
            self._check_orders(connection)

    def _check_units(self, connection: Connection) -> None:
        names = [row.sku for row in stock.load_skus(connection)]
        short = dict.fromkeys(names, 0)
        for claim in stock.load_claims(connection, names, short_only=True):
            short[claim.holding.key.sku] += claim.holding.short
        left = {name: -units for name, units in short.items()}
        for key, counts in stock.load_positions(connection).items():
            left[key.sku] += counts.on_hand - counts.allocated
        for name, units in left.items():
            physical = self.world.physical_units(name)
            assert units == physical - self.world.sold_units(name), name

    def _check_listings(self, connection: Connection) -> None:
        for channel, shop in self.shops.items():
            for row in listings.load_channel_listings(connection, channel):
                record = row.stock_external_id
                known = publications.load(connection, channel, [record]).get(record)
                if known is not None and known.desired is not None:
                    shown = shop.shown(row.external_id)
                    assert shown == known.desired, (channel, row.external_id)
        assert self.world.updates_outstanding() == 0

    def _check_orders(self, connection: Connection) -> None:
        query = select(order_rows.c.channel, order_rows.c.external_id)
        known = sorted((row[0], row[1]) for row in connection.execute(query))
        sold = sorted((one.channel, one.order_id) for one in self.world.orders())
        assert known == sold


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's empty database, to be copied: quicker than migrating one per test."""
    path = tmp_path_factory.mktemp("migrated") / "crossdock.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_name(postgres_url: str) -> str:
    """The name of an empty hub's database on the server, to be copied too."""
    name = f"migrated_{uuid.uuid4().hex}"
    _execute(postgres_url, f"CREATE DATABASE {name}")
    _migrate(make_url(postgres_url).set(database=name).render_as_string(False))
    return name


def _migrate(url: str) -> None:
    store = Store(url)
    schema.upgrade(store)
    store.close()


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    path = tmp_path / "crossdock.sqlite3"
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_copy_url(postgres_url: str, migrated_name: str) -> Iterator[str]:
    name = f"town_{uuid.uuid4().hex}"
    _execute(
        postgres_url,
        f"CREATE DATABASE {name} TEMPLATE {migrated_name} STRATEGY FILE_COPY",
    )
    yield make_url(postgres_url).set(database=name).render_as_string(False)
    _execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def build_town(database_url: str) -> Town:
    clock = VirtualClock()
    chance = random.Random(7)
    switchboard = Switchboard()
    hub = Hub(
        Store(database_url),
        Vault(Vault.generate_key()),
        clock,
        IdSource(clock, chance),
        HttpTransports(
            clock=clock,
            randomness=chance,
            network=NetworkPolicy(),
            wire=lambda: switchboard,
        ),
        FIND_PLUGIN,
        lambda: f"hook-{chance.getrandbits(64):016x}",
        Tuning(public_url="https://hub.example"),
    )
    return Town(clock, World(clock, seed=7), hub, switchboard)


@pytest.fixture
def town(sqlite_url: str) -> Iterator[Town]:
    """An empty town on SQLite."""
    made = build_town(sqlite_url)
    yield made
    made.hub.store.close()


@pytest.fixture
def postgres_town(postgres_copy_url: str) -> Iterator[Town]:
    """An empty town on PostgreSQL."""
    made = build_town(postgres_copy_url)
    yield made
    made.hub.store.close()


@pytest.fixture(
    params=["sqlite_url", pytest.param("postgres_copy_url", marks=pytest.mark.postgres)]
)
def any_town(request: pytest.FixtureRequest) -> Iterator[Town]:
    """An empty town on either database."""
    made = build_town(request.getfixturevalue(request.param))
    yield made
    made.hub.store.close()


def open_market(town: Town) -> Town:
    """Open and connect two shops, Shopify and WooCommerce, each with ten clocks."""
    town.open_shopify()
    town.open_woocommerce()
    town.clocks = town.stock("CLOCK", 10)
    town.connect_shopify()
    town.work(5)
    town.connect_woocommerce()
    town.work()
    return town


@pytest.fixture
def market(town: Town) -> Town:
    """Two connected shops that sell the same ten clocks, on SQLite."""
    return open_market(town)


@pytest.fixture
def any_market(any_town: Town) -> Town:
    """Two connected shops that sell the same ten clocks, on either database."""
    return open_market(any_town)
