"""The stage of the demonstration: shops on real loopback HTTP, and a hub's home.

Builds what ``crossdock init`` and a merchant's set-up would leave behind, in a folder
of its own. Nobody acts here; ``people`` does.
"""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ...canonical.clock import Clock
from ...canonical.errors import RefusedError
from ...canonical.remembered import DriftPolicy
from ...config.keys import keep_secret_key
from ...config.load import FILE_NAME, load_settings
from ...config.settings import ENVIRONMENT_PREFIX, HubSettings
from ...simulators.base import Simulator
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
from .stalls import STALLS, Stall, StallShop, is_everywhere

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
    """The shops and what they sell, with the world's books over all of them."""

    clock: Clock
    world: World
    goods: tuple[Good, ...]
    shopify: ShopifyShop
    woocommerce: WooCommerceShop
    offers: dict[str, Offers]
    """By channel."""
    stalls: dict[str, Stall] = field(default_factory=dict)
    """The other kinds, by channel, which is named as its kind."""

    @property
    def shops(self) -> dict[str, StallShop]:
        """Every shop, by channel; the one that brings the SKUs is the first."""
        stalls = {name: stall.shop for name, stall in self.stalls.items()}
        return {SHOPIFY: self.shopify, WOOCOMMERCE: self.woocommerce, **stalls}

    @property
    def servers(self) -> list[Simulator]:
        """The shops that speak HTTP; the others exchange files."""
        return [shop for shop in self.shops.values() if isinstance(shop, Simulator)]

    def name_basket(self, channel: str, basket: Sequence[BasketLine]) -> str:
        """Return what a basket holds, in words."""
        words = []
        for line in basket:
            sells = self.offers[channel][line.listing]
            words.append(f"{line.quantity} x {' + '.join(sells)}")
        return ", ".join(words)

    def shop(self, channel: str) -> StallShop:
        """Return the shop behind a channel."""
        return self.shops[channel]

    def count_tracking(self, channel: str) -> Counter[str]:
        """Return how often a shop's books hold each tracking number."""
        with self.shop(channel).lock:
            if channel == SHOPIFY:
                return Counter(_list_tracking_of_shopify(self.shopify))
            if channel == WOOCOMMERCE:
                return Counter(_list_tracking_of_woocommerce(self.woocommerce))
            return Counter(self.stalls[channel].list_tracking())


def _list_tracking_of_shopify(shop: ShopifyShop) -> Iterable[str]:
    return (
        parcel.number or ""
        for order in shop.books.orders.values()
        for fulfillment in order.fulfillments
        for parcel in fulfillment.tracking
    )


def _list_tracking_of_woocommerce(shop: WooCommerceShop) -> Iterable[str]:
    return (
        str(entry["value"])
        for order in shop.state.orders.values()
        for fulfillment in order.fulfillments
        for entry in fulfillment.meta
        if entry["key"] == "_tracking_number"
    )


def open_stage(
    *, orders: int, seed: int, kinds: Sequence[str] = (), folder: Path | None = None
) -> Stage:
    """Fill the warehouse and the shops.

    Args:
        orders: about how many will be placed.
        seed: of the world, and of what goes wrong.
        kinds: which stalls are opened beside Shopify and WooCommerce.
        folder: where those exchange files who speak no HTTP.
    """
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
    stage = Stage(clock, world, goods, shopify, woocommerce, offers)
    for number, kind in enumerate(kinds, start=2):
        stall = STALLS[kind](world, seed + number, (folder or Path()) / kind)
        stage.stalls[kind] = stall
        offers[kind] = _fill_stall(stall, stage)
    return stage


def _fill_stall(stall: Stall, stage: Stage) -> Offers:
    """List what every stall sells, as much of it as there is."""
    offers: Offers = {}
    for good in filter(is_everywhere, stage.goods):
        listing = stall.sell(good, stage.world.physical_units(good.sku))
        offers[listing] = {good.sku: 1}
        stage.world.offer(stall.shop.channel, listing, offers[listing])
    return offers


def describe_channels(stage: Stage, urls: Mapping[str, str]) -> tuple[NewChannel, ...]:
    """Return what a merchant would enter to connect the shops at their addresses."""
    grant = stage.shopify.tokens.issue()
    secrets = stage.shopify.settings
    keys = stage.woocommerce.state.settings
    return (
        NewChannel(
            SHOPIFY,
            "shopify",
            {
                "shop": urls[SHOPIFY],
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
                "shop_url": urls[WOOCOMMERCE],
                "consumer_key": keys.consumer_key,
                "consumer_secret": keys.consumer_secret,
            },
            catalog_source=False,
            # There is no compare-and-set there: an order that is cancelled in the very
            # moment of a write leaves a difference that no order explains.
            drift_policy=DriftPolicy.OVERWRITE,
        ),
        *(
            NewChannel(
                channel,
                channel,
                stall.fill_in(urls[channel]),
                catalog_source=False,
                drift_policy=DriftPolicy.OVERWRITE,  # as above, at every one of them
            )
            for channel, stall in stage.stalls.items()
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
