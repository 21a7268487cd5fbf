"""The stage of the demonstration: two shops on real loopback HTTP, and a hub's home.

Builds what ``crossdock init`` and a merchant's set-up would leave behind, in a folder
of its own. Nobody acts here; ``people`` does.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...canonical.clock import Clock
from ...canonical.errors import RefusedError
from ...canonical.remembered import DriftPolicy
from ...config.keys import keep_secret_key
from ...config.load import FILE_NAME, load_settings
from ...config.settings import ENVIRONMENT_PREFIX, HubSettings
from ...simulators.books import BasketLine
from ...simulators.shopify import ShopifyShop
from ...simulators.shopify import ShopSettings as ShopifySettings
from ...simulators.woocommerce import ShopSettings as WooCommerceSettings
from ...simulators.woocommerce import WooCommerceShop
from ...simulators.world import World
from ...store import schema
from ...store.engine import Store
from ...store.vault import Vault
from ...sync.accounts import NewChannel
from ...sync.compose import SystemClock
from .goods import Good, Offers, fill_shopify, fill_woocommerce, stock_warehouse

SHOPIFY = "shopify"
WOOCOMMERCE = "woo"

_SETTINGS = """\
# Written by crossdock demo. Other commands look at the same hub with
#   crossdock --config {path} ...
home = "."

[database]
url = {database_url}

[server]
port = {port}
public_url = "http://127.0.0.1:{port}"

[schedule]
pull_seconds = 5
sweep_seconds = 1
read_back_seconds = 30

[network]
allow_private = true
"""


@dataclass(slots=True)
class Stage:
    """The two shops and what they sell, with the world's books over both."""

    clock: Clock
    world: World
    goods: tuple[Good, ...]
    shopify: ShopifyShop
    woocommerce: WooCommerceShop
    offers: dict[str, Offers]
    """By channel."""

    @property
    def shops(self) -> tuple[ShopifyShop, WooCommerceShop]:
        """Both shops."""
        return self.shopify, self.woocommerce

    def name_basket(self, channel: str, basket: Sequence[BasketLine]) -> str:
        """Return what a basket holds, in words."""
        words = []
        for line in basket:
            sells = self.offers[channel][line.listing]
            words.append(f"{line.quantity} x {' + '.join(sells)}")
        return ", ".join(words)

    def shop(self, channel: str) -> ShopifyShop | WooCommerceShop:
        """Return the shop behind a channel."""
        return self.shopify if channel == SHOPIFY else self.woocommerce


def open_stage(*, orders: int, seed: int) -> Stage:
    """Fill the warehouse and both shops."""
    clock = SystemClock()
    world = World(clock, seed=seed)
    goods = stock_warehouse(world, orders=orders)
    shopify = ShopifyShop(
        SHOPIFY,
        world=world,
        seed=seed,
        settings=ShopifySettings(
            name="Harbour Tea",
            domain="harbour.myshopify.com",
            # A shop that sells this fast is on the Plus plan, with its throttle.
            bucket_points=20_000,
            restore_points_per_second=1000,
        ),
    )
    woocommerce = WooCommerceShop(
        WOOCOMMERCE,
        world=world,
        seed=seed + 1,
        settings=WooCommerceSettings(native_fulfillments=True),
    )
    offers = {
        SHOPIFY: fill_shopify(shopify, goods),
        WOOCOMMERCE: fill_woocommerce(woocommerce, goods),
    }
    return Stage(clock, world, goods, shopify, woocommerce, offers)


def describe_channels(
    stage: Stage, *, shopify_url: str, woocommerce_url: str
) -> tuple[NewChannel, NewChannel]:
    """Return what a merchant would enter to connect the two shops."""
    grant = stage.shopify.tokens.issue()
    secrets = stage.shopify.settings
    keys = stage.woocommerce.state.settings
    return (
        NewChannel(
            SHOPIFY,
            "shopify",
            {
                "shop": shopify_url,
                "client_id": secrets.client_id,
                "client_secret": secrets.client_secret,
                "access_token": grant.access_token,
                "refresh_token": grant.refresh_token,
            },
            catalog_source=True,
        ),
        NewChannel(
            WOOCOMMERCE,
            "woocommerce",
            {
                "shop_url": woocommerce_url,
                "consumer_key": keys.consumer_key,
                "consumer_secret": keys.consumer_secret,
            },
            catalog_source=False,
            # There is no compare-and-set there: an order that is cancelled in the very
            # moment of a write leaves a difference that no order explains.
            drift_policy=DriftPolicy.OVERWRITE,
        ),
    )


@contextmanager
def forget_settings() -> Iterator[None]:
    """Leave out the hub settings of the environment while the block runs.

    They win over every file, and may name the database of a hub that earns money.
    """
    kept = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith(ENVIRONMENT_PREFIX)
    }
    try:
        yield
    finally:
        os.environ.update(kept)


def open_door() -> socket.socket:
    """Return a socket on a free loopback port."""
    return socket.create_server(("127.0.0.1", 0))


def furnish_home(home: Path, *, port: int, database_url: str = "") -> HubSettings:
    """Write settings, key and database into ``home``, as ``crossdock init`` does.

    Args:
        home: an empty folder.
        port: where the hub listens.
        database_url: an empty database; the empty text is a file in ``home``.

    Raises:
        RefusedError: the database holds a hub already; a demonstration must not touch
            it.
        StoreError: the database cannot be used.
    """
    path = home / FILE_NAME
    text = _SETTINGS.format(path=path, database_url=json.dumps(database_url), port=port)
    path.write_text(text, encoding="utf-8")
    settings = load_settings(path)
    keep_secret_key(settings, Vault.generate_key())
    store = Store(settings.database_url)
    try:
        if schema.read_version(store) is not None:
            raise RefusedError(
                "The database holds a hub already; the demonstration wants its own.",
                next_step="Make a database for it, or leave --database out.",
            )
        schema.upgrade(store)
    finally:
        store.close()
    return settings
