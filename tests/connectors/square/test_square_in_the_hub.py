"""A hub that keeps a Square location and a web shop in step."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.stock import StockKey
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.transport import HttpTransports
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.square import NewItem, NewVariation, SquareShop
from crossdock.simulators.switchboard import Switchboard
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.woocommerce import NewProduct, WooCommerceShop
from crossdock.simulators.world import World
from crossdock.store import fsck, schema, stock
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.marks import MarkKind
from crossdock.store.vault import Vault
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.hub import Hub, Tuning
from crossdock.sync.schedule import tick
from crossdock.sync.ship import Tracking, ship_order
from crossdock.sync.webhooks import receive_webhook
from crossdock.sync.worker import run_due

HOST = "connect.squareup.com"


@dataclass
class Street:
    """A hub, a Square location and a web shop that sell the same ten clocks."""

    clock: VirtualClock
    world: World
    hub: Hub
    square: SquareShop
    woo: WooCommerceShop
    at_square: str
    at_woo: str

    def work(self, seconds: int = 60) -> None:
        """Let the hub hear webhooks, pull and work for so long."""
        for _ in range(seconds // 15):
            for shop in (self.square, self.woo):
                shop.deliverer.deliver_due(self._post)
            tick(self.hub, MarkKind.PULL, 0.001)
            run_due(self.hub, "test")
            self.clock.advance(15)

    def _post(self, envelope: Envelope) -> int:
        path = envelope.url.rpartition("/")[2]
        receive_webhook(self.hub, path, dict(envelope.headers), envelope.body)
        return 200

    def sell(self, units: int = 1) -> str:
        """Sell clocks in Square's online shop."""
        return self.square.sell([BasketLine(self.at_square, units)], "Ada")

    def count(self) -> tuple[int, int]:
        """Return how many clocks are on hand and allocated."""
        with self.hub.store.reading() as connection:
            found = stock.load_positions(connection, ["CLOCK"])
            assert fsck.check(connection) == []
        counts = found[StockKey("CLOCK", "main")]
        return counts.on_hand, counts.allocated

    def shown(self) -> tuple[int | None, int | None]:
        """Return what shoppers see, at Square and in the web shop."""
        return self.square.shown(self.at_square), self.woo.shown(self.at_woo)


def open_street(folder: Path) -> Street:
    clock, chance = VirtualClock(), random.Random(7)
    world = World(clock, seed=7)
    board = Switchboard(lambda passage: None)
    store = Store(f"sqlite:///{folder / 'crossdock.sqlite3'}")
    schema.upgrade(store)
    hub = Hub(
        store,
        Vault(Vault.generate_key()),
        clock,
        IdSource(clock, chance),
        HttpTransports(
            clock=clock,
            randomness=chance,
            network=NetworkPolicy(),
            wire=lambda: board,
        ),
        find_plugin,
        lambda: f"hook-{chance.getrandbits(64):016x}",
        Tuning(public_url="https://hub.example"),
    )
    square = SquareShop("square", world=world)
    woo = WooCommerceShop("woo", world=world)
    board.plug_in(HOST, square)
    board.plug_in("woo.example", woo)
    world.receive("CLOCK", 10)
    new = NewVariation(sku="CLOCK", price=Decimal(20), stock=10)
    (at_square,) = square.add_item(NewItem(name="Clock", variations=(new,)))
    at_woo = woo.add_product(
        NewProduct(name="Clock", price=Decimal(20), sku="CLOCK", stock=10)
    )
    for channel, listing in (("square", at_square), ("woo", at_woo)):
        world.offer(channel, listing, {"CLOCK": 1})
    return Street(clock, world, hub, square, woo, at_square, at_woo)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """Both are connected, and have been read."""
    made = open_street(tmp_path)
    settings: dict[str, Any] = {
        "access_token": made.square.settings.access_token,
        "location_id": made.square.settings.location_id,
    }
    add_channel(made.hub, NewChannel("square", "square", settings))
    made.work(30)
    settings = {
        "shop_url": "https://woo.example",
        "consumer_key": "ck_simulated",
        "consumer_secret": "cs_simulated",
    }
    add_channel(made.hub, NewChannel("woo", "woocommerce", settings))
    made.work()
    yield made
    made.hub.store.close()


def test_a_paid_order_is_allocated_by_its_variation(street: Street) -> None:
    street.sell(3)
    street.work()
    assert street.count() == (10, 3)
    assert street.shown() == (7, 7)


def test_a_sale_over_the_counter_has_left_at_once(street: Street) -> None:
    street.square.sell_at_counter([BasketLine(street.at_square, 2)])
    street.work()
    assert street.count() == (8, 0)
    assert street.shown() == (8, 8)


def test_a_sale_in_the_web_shop_lowers_the_count_at_square(street: Street) -> None:
    street.woo.sell([BasketLine(street.at_woo, 4)], "Ada")
    street.work()
    assert street.shown() == (6, 6)


def test_a_parcel_of_the_hub_completes_the_order(street: Street) -> None:
    order_id = street.sell(2)
    street.work()
    ship_order(street.hub, order_id, Tracking("DHL", "JD-1", ""), channel="square")
    street.work()
    assert street.count() == (8, 0)
    assert street.square.order(order_id).state == "COMPLETED"
    assert street.shown() == (8, 8)


def test_goods_that_come_back_to_the_counter_are_on_sale_everywhere(
    street: Street,
) -> None:
    order_id = street.square.sell_at_counter([BasketLine(street.at_square, 2)])
    street.work()
    street.square.refund_order(order_id, None, restock=True)
    street.work()
    assert street.count() == (10, 0)
    assert street.shown() == (10, 10)


def test_an_order_that_is_cancelled_at_square_frees_its_units(street: Street) -> None:
    order_id = street.sell(3)
    street.work()
    street.square.cancel_order(order_id)
    street.work()
    assert street.count() == (10, 0)
    assert street.shown() == (10, 10)


def test_an_offline_sale_is_taken_off_when_it_comes_days_later(street: Street) -> None:
    street.clock.advance(timedelta(hours=40).total_seconds())
    street.work()
    street.square.sell_at_counter(
        [BasketLine(street.at_square, 1)], offline_seconds=30 * 3600
    )
    street.work()
    assert street.count() == (9, 0)
    assert street.shown()[1] == 9
