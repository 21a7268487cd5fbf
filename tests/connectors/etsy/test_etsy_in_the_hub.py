"""A hub that keeps an Etsy shop and a web shop in step."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.stock import StockKey
from crossdock.connectors.etsy.cursor import REREAD_EVERY_SECONDS
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.transport import HttpTransports
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.etsy import EtsyShop, NewItem, ShopSettings
from crossdock.simulators.switchboard import Switchboard
from crossdock.simulators.woocommerce import NewProduct, WooCommerceShop
from crossdock.simulators.world import World
from crossdock.store import figures, fsck, orders, schema, stock
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.marks import MarkKind
from crossdock.store.vault import Vault
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.hub import Hub, Tuning
from crossdock.sync.schedule import tick
from crossdock.sync.ship import Tracking, ship_order
from crossdock.sync.worker import run_due


@dataclass
class Street:
    """A hub, an Etsy shop and a web shop that sell the same ten bowls."""

    clock: VirtualClock
    hub: Hub
    etsy: EtsyShop
    woo: WooCommerceShop
    at_etsy: str
    at_woo: str

    def work(self, seconds: int = 90) -> None:
        """Let the hub pull and work for so long."""
        for _ in range(seconds // 15):
            tick(self.hub, MarkKind.PULL, 0.001)
            run_due(self.hub, "test")
            self.clock.advance(15)

    def sell(self, units: int = 1) -> str:
        """Sell bowls at Etsy."""
        return self.etsy.sell([BasketLine(self.at_etsy, units)], "Ada")

    def count(self) -> tuple[int, int]:
        """Return how many bowls are on hand and allocated."""
        with self.hub.store.reading() as connection:
            found = stock.load_positions(connection, ["BOWL"])
            assert fsck.check(connection) == []
        counts = found[StockKey("BOWL", "main")]
        return counts.on_hand, counts.allocated

    def shown(self) -> tuple[int | None, int | None]:
        """Return what shoppers see, at Etsy and in the web shop."""
        return self.etsy.shown(self.at_etsy), self.woo.shown(self.at_woo)

    def payment_of(self, order_id: str) -> str:
        """Return what the hub knows about the money of an order."""
        with self.hub.store.reading() as connection:
            known = orders.load_by_external_id(connection, "etsy", [order_id])
            row = figures.get_order(connection, known[order_id].id)
        return str(row["payment"])


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
        Tuning(public_url=""),
    )
    settings = ShopSettings(rotates_strictly=True)
    etsy = EtsyShop("etsy", world=world, settings=settings)
    woo = WooCommerceShop("woo", world=world)
    board.plug_in("openapi.etsy.com", etsy)
    board.plug_in("woo.example", woo)
    world.receive("BOWL", 10)
    new = NewItem(sku="BOWL", title="Bowl", price=Decimal(20), quantity=10)
    at_etsy = etsy.add_item(new)
    at_woo = woo.add_product(
        NewProduct(name="Bowl", price=Decimal(20), sku="BOWL", stock=10)
    )
    world.offer("woo", at_woo, {"BOWL": 1})
    return Street(clock, hub, etsy, woo, at_etsy, at_woo)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """Both are connected, and have been read."""
    made = open_street(tmp_path)
    etsy = made.etsy.settings
    settings: dict[str, Any] = {
        "keystring": etsy.keystring,
        "shared_secret": etsy.shared_secret,
        "refresh_token": etsy.refresh_token,
        "shop_id": etsy.shop_id,
        "renew_sold_out": True,
    }
    add_channel(made.hub, NewChannel("etsy", "etsy", settings))
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


def test_a_sale_at_etsy_lowers_the_web_shop_and_the_other_way_round(
    street: Street,
) -> None:
    street.sell(3)
    street.work()
    assert street.count() == (10, 3)
    assert street.shown() == (7, 7)
    street.woo.sell([BasketLine(street.at_woo, 2)], "Grace")
    street.work()
    assert street.shown() == (5, 5)


def test_the_last_one_sold_elsewhere_takes_the_listing_off_sale_until_it_is_back(
    street: Street,
) -> None:
    order_id = street.woo.sell([BasketLine(street.at_woo, 10)], "Grace")
    street.work()
    assert street.etsy.listing(street.at_etsy).state == "inactive"
    assert street.shown() == (0, 0)
    street.woo.cancel_order(order_id)
    street.work()
    assert street.etsy.listing(street.at_etsy).state == "active"
    assert street.shown() == (10, 10)


def test_a_listing_that_sold_out_at_etsy_is_renewed_with_what_there_is(
    street: Street,
) -> None:
    order_id = street.sell(10)
    street.work()
    assert street.shown() == (0, 0)
    street.etsy.cancel_order(order_id)
    street.work()
    assert street.count() == (10, 0)
    assert street.shown() == (10, 10)
    assert street.etsy.listing(street.at_etsy).renewals == 1


def test_a_parcel_of_the_hub_is_told_once(street: Street) -> None:
    order_id = street.sell(2)
    street.work()
    ship_order(street.hub, order_id, Tracking("USPS", "94001", ""), channel="etsy")
    street.work(300)
    assert street.count() == (8, 0)
    assert street.etsy.receipt(order_id).mails == 1
    assert street.shown() == (8, 8)


def test_a_refund_is_known_a_few_hours_later_and_tokens_live_on_meanwhile(
    street: Street,
) -> None:
    order_id = street.sell(1)
    street.clock.advance(600)
    street.sell(1)
    street.work()
    street.etsy.refund_order(order_id, None, restock=False)
    street.clock.advance(REREAD_EVERY_SECONDS)
    street.work()
    assert street.payment_of(order_id) == "refunded"
    assert street.etsy.tokens.granted > 1
