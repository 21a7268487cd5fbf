"""Two simulated shops on real sockets that survive the hub, and hubs to be killed."""

from __future__ import annotations

import multiprocessing
import runpy
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.remembered import ChannelState
from crossdock.simulators.base import Simulator
from crossdock.simulators.books import BasketLine
from crossdock.simulators.serve import Server
from crossdock.simulators.shopify import ShopifyShop
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.woocommerce import NewProduct, ShopSettings, WooCommerceShop
from crossdock.simulators.world import World
from crossdock.store import channels, figures, fsck, publications, schema, stock
from crossdock.store.engine import Connection, Store
from crossdock.store.tables import order_lines, orders
from crossdock.store.vault import Vault
from sqlalchemy import select

PROGRAM = Path(__file__).with_name("hub_process.py")
SPEED = 60.0
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
ANSWER_SECONDS_MAX = 90.0

PROCESSES = multiprocessing.get_context("forkserver")
# Loaded once, so that a hub, a real process all the same, is born in milliseconds.
PROCESSES.set_forkserver_preload(
    [
        "crossdock.sync.worker",
        "crossdock.sync.resolve",
        "crossdock.sync.replay",
        "crossdock.connectors.registry",
        "crossdock.connectors.shopify",
        "crossdock.connectors.woocommerce",
        "psycopg",
    ]
)


class HubDiedError(RuntimeError):
    """The hub's process ended in the middle of an errand."""


class HubError(RuntimeError):
    """The hub could not do an errand; the message says why."""


class FastClock:
    """Time for the shops, as ``hub_process.FastClock`` has it for the hub."""

    def __init__(self, started: float) -> None:
        self._started = started

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic_seconds())

    def monotonic_seconds(self) -> float:
        return (time.time() - self._started) * SPEED

    def pause(self, seconds: float) -> None:
        time.sleep(seconds / SPEED)


class SilentServer(Server):
    """Serves a shop and posts none of its webhooks: tests collect them."""

    def _pump(self) -> None:
        self._stopping.wait()


@dataclass
class HubProcess:
    """One life of the hub."""

    process: ForkServerProcess
    pipe: Any

    def do(self, errand: str, *arguments: Any) -> Any:
        """Let the hub do an errand and return its result.

        Raises:
            HubDiedError: it was killed meanwhile.
            HubError: it failed.
        """
        try:
            self.pipe.send((errand, arguments))
            if not self.pipe.poll(ANSWER_SECONDS_MAX):
                raise HubError(f"{errand} never ended")
            worked, result = self.pipe.recv()
        except (EOFError, ConnectionError) as error:
            self.process.join()
            raise HubDiedError(errand) from error
        if not worked:
            raise HubError(f"{errand}: {result}")
        return result

    def start(self, errand: str, *arguments: Any) -> None:
        """Let the hub begin an errand; ``finish`` waits for it."""
        self.pipe.send((errand, arguments))

    def finish(self) -> Any:
        worked, result = self.pipe.recv()
        if not worked:
            raise HubError(result)
        return result

    @property
    def killed_by(self) -> int | None:
        """The signal that ended the process, if one did."""
        code = self.process.exitcode
        return -code if code is not None and code < 0 else None

    def end(self) -> None:
        self.pipe.close()
        self.process.join(10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


@dataclass
class Street:
    """The merchant's two shops, and the books over both."""

    clock: FastClock
    started: float
    world: World
    shopify: ShopifyShop
    woo: WooCommerceShop
    urls: dict[str, str]
    store: Store
    life: dict[str, Any]
    envelopes: list[Envelope] = field(default_factory=list)
    lives: list[HubProcess] = field(default_factory=list)

    def be_born(
        self, *, die_at: str = "", holder: str = "hub", **more: Any
    ) -> HubProcess:
        """Start a hub on the same database; earlier lives are over or go on."""
        ours, theirs = PROCESSES.Pipe()
        seed = len(self.lives) + 1
        life = {**self.life, "die_at": die_at, "holder": holder, "seed": seed, **more}
        process = PROCESSES.Process(
            target=runpy.run_path,
            args=(str(PROGRAM), {"PIPE": theirs, "LIFE": life}, "__main__"),
        )
        process.start()
        theirs.close()
        self.lives.append(HubProcess(process, ours))
        return self.lives[-1]

    def enter_shops(self) -> list[tuple[str, str, dict[str, str]]]:
        """Return what a merchant enters to connect both shops, as name, kind, settings.

        Shopify comes first: its quantities are the opening stock.
        """
        shopify, woo = self.shopify.settings, self.woo.state.settings
        first = {
            "shop": self.urls["shopify"],
            "client_id": shopify.client_id,
            "client_secret": shopify.client_secret,
            "access_token": shopify.access_token,
        }
        second = {
            "shop_url": self.urls["woo"],
            "consumer_key": woo.consumer_key,
            "consumer_secret": woo.consumer_secret,
        }
        return [("shopify", "shopify", first), ("woo", "woocommerce", second)]

    def stock(self, sku: str, units: int) -> tuple[str, str]:
        """Put units into the warehouse and offer them in both shops.

        Returns:
            The listing in Shopify and the one in WooCommerce.
        """
        self.world.receive(sku, units)
        variant = self.shopify.add_variant(
            self.shopify.add_product(sku.title()), sku, stock=(units,)
        )
        product = NewProduct(name=sku.title(), price=Decimal(20), sku=sku, stock=units)
        return variant.gid, self.woo.add_product(product)

    def sell(self, channel: str, *basket: tuple[str, int]) -> str:
        """Let somebody buy; return the order's id on its channel."""
        lines = [BasketLine(*line) for line in basket]
        order = self.world.buy_basket(channel, lines, "Ada Lovelace")
        assert order is not None
        return order

    def collect_webhooks(self) -> list[Envelope]:
        """Return what the shops would post now, in place of posting it."""
        gathered: list[Envelope] = []

        def keep(envelope: Envelope) -> int:
            gathered.append(envelope)
            return 200

        later = self.clock.now() + timedelta(hours=1)
        for shop in (self.shopify, self.woo):
            shop.deliverer.deliver_due(keep, later)
        return gathered

    def end(self) -> None:
        """End every hub that still lives."""
        for hub in self.lives:
            hub.end()

    # What is true in the end

    def check(self) -> None:
        """Assert that hub and shops agree about everything, by the shops' own books."""
        with self.store.reading() as connection:
            assert fsck.check(connection) == []
            assert self.count_orders(connection) == [
                (order.channel, order.order_id) for order in self._sold_orders()
            ]
            assert figures.list_untold(connection) == []
            self._check_positions(connection)
            self._check_listings(connection)
            self._check_parcels(connection)
            self._check_refunds()
            states = [
                channel.state
                for channel in channels.load_all(connection, Vault(self.life["key"]))
            ]
        assert states == [ChannelState.ENABLED] * 2

    def _check_refunds(self) -> None:
        """What staff had paid back was paid back once."""
        paid = [
            [str(refund.amount) for refund in self.woo.order(sold.order_id).refunds]
            for sold in self.world.orders("woo")
        ]
        assert all(amounts in ([], ["1.00"]) for amounts in paid)

    def count_orders(self, connection: Connection) -> list[tuple[str, str]]:
        """Return every order row of the hub, so that a double would show."""
        rows = connection.execute(select(orders.c.channel, orders.c.external_id))
        return sorted((row.channel, row.external_id) for row in rows)

    def _sold_orders(self) -> list[Any]:
        return sorted(
            self.world.orders(), key=lambda order: (order.channel, order.order_id)
        )

    def _check_positions(self, connection: Connection) -> None:
        """What is on hand is what was put there less what left; all else is sold."""
        shipped: dict[str, int] = {}
        for fact in self.world.facts():
            if fact.kind == "shipped":
                shipped[fact.sku] = shipped.get(fact.sku, 0) + fact.units
        there: dict[str, list[int]] = {}
        for key, counts in stock.load_positions(connection).items():
            sums = there.setdefault(key.sku, [0, 0])
            sums[0] += counts.on_hand
            sums[1] += counts.allocated
        for sku, (on_hand, allocated) in there.items():
            gone = shipped.get(sku, 0)
            sold = self.world.sold_units(sku)
            assert on_hand == self.world.physical_units(sku) - gone, sku
            assert allocated == min(sold - gone, on_hand), sku

    def _check_listings(self, connection: Connection) -> None:
        """Every listing shows what is left, by the shops' own counters."""
        in_step, expected = publications.count_in_step(connection)
        assert in_step == expected
        for shop in (self.shopify, self.woo):
            for listing in self.world.listings(shop.channel):
                sku = self._sku_of(shop, listing)
                left = self.world.physical_units(sku) - self.world.sold_units(sku)
                assert shop.shown(listing) == max(0, left), (shop.channel, listing)

    def _sku_of(self, shop: Simulator, listing: str) -> str:
        (sku,) = self.world._components[shop.channel, listing]
        return sku

    def _check_parcels(self, connection: Connection) -> None:
        """What the shops were told to have left is what the hub says left, once."""
        rows = connection.execute(
            select(
                orders.c.channel,
                orders.c.external_id,
                order_lines.c.external_id,
                order_lines.c.shipped,
            ).join(orders, orders.c.id == order_lines.c.order_id)
        ).all()
        hub = {(row[0], row[1], row[2]): row.shipped for row in rows}
        shops = {
            (order.channel, order.order_id, line.line_id): line.shipped
            for order in self.world.orders()
            for line in order.lines.values()
        }
        assert hub == shops


@pytest.fixture
def open_street() -> Iterator[Callable[[str], Street]]:
    """Open both shops on real sockets, and make an empty hub on a database."""
    with ExitStack() as stack:

        def make(database_url: str) -> Street:
            started = time.time()
            clock = FastClock(started)
            world = World(clock, seed=7)
            settings = ShopSettings(native_fulfillments=True)
            shopify = ShopifyShop("shopify", world=world)
            woo = WooCommerceShop("woo", world=world, settings=settings)
            urls = {}
            for shop in (shopify, woo):
                server = stack.enter_context(SilentServer(shop))
                urls[shop.channel] = server.url
            store = Store(database_url)
            stack.callback(store.close)
            schema.upgrade(store)
            life = {
                "database_url": database_url,
                "key": Vault.generate_key(),
                "start": START,
                "started": started,
                "speed": SPEED,
            }
            street = Street(clock, started, world, shopify, woo, urls, store, life)
            stack.callback(street.end)
            return street

        yield make


@pytest.fixture
def sqlite_url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="crossdock-kill-") as folder:
        yield f"sqlite:///{folder}/crossdock.sqlite3"
