"""The shop that a benchmark reads: simulated WooCommerce on real loopback HTTP.

Its orders are written beforehand, so that as little as possible of what is measured is
the shop's own work. Runs in a process of its own; measures nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal

from ..simulators.clock import WallClock
from ..simulators.serve import Server
from ..simulators.woocommerce import NewProduct, WooCommerceShop
from ..simulators.woocommerce.archive import Archive
from ..simulators.world import World

LINES_PER_ORDER = 2
PRODUCTS = 300
AMPLE_UNITS = 10**7
"""Of each product: no order of a benchmark goes short."""
STARTED = datetime(2026, 1, 5, 8, tzinfo=UTC)
_CHANNEL = "bench"


@dataclass(frozen=True, slots=True)
class ShopAddress:
    """Where the shop is, and the key that opens it."""

    url: str
    consumer_key: str
    consumer_secret: str


@contextmanager
def open_shop(orders: int) -> Iterator[ShopAddress]:
    """Yield the address of a shop with ``orders`` paid orders of two lines each."""
    world = World(WallClock(), seed=1)
    shop = WooCommerceShop(_CHANNEL, world=world)
    for number in range(PRODUCTS):
        sku = f"TEA-{number:03}"
        world.receive(sku, AMPLE_UNITS)
        shop.add_product(
            NewProduct(
                name=f"Tea of the house, blend {number}",
                price=Decimal("12.50"),
                sku=sku,
                stock=AMPLE_UNITS,
            )
        )
    shop.seed_orders(orders, LINES_PER_ORDER, started=STARTED)
    shop.state.archive = _write_down(shop.state.archive)
    keys = shop.state.settings
    with Server(shop) as server:
        yield ShopAddress(server.url, keys.consumer_key, keys.consumer_secret)


@dataclass(frozen=True)
class _Written(Archive):
    """An archive that has written down every order."""

    orders: tuple[bytes, ...] = ()

    def encoded(self, index: int) -> bytes:
        """Return an order as JSON."""
        return self.orders[index]


def _write_down(archive: Archive) -> Archive:
    """Return the same archive with every order written."""
    same = {field.name: getattr(archive, field.name) for field in fields(archive)}
    orders = tuple(archive.encoded(index) for index in range(archive.count))
    return _Written(**same, orders=orders)
