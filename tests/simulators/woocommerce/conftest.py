"""WooCommerce shops, clients for them, and a receiver of their webhooks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.woocommerce import (
    NewProduct,
    ShopSettings,
    WooCommerceShop,
)
from crossdock.simulators.world import World

OpenShop = Callable[..., WooCommerceShop]


@pytest.fixture
def open_shop(world: World) -> OpenShop:
    """Open a shop called ``woo``; keyword arguments are its settings."""

    def opened(**settings: object) -> WooCommerceShop:
        return WooCommerceShop("woo", world=world, settings=ShopSettings(**settings))  # type: ignore[arg-type]  # checked by the dataclass

    return opened


@pytest.fixture
def shop(open_shop: OpenShop) -> WooCommerceShop:
    """A shop in Berlin with one product, RETRO-CLOCK, of which it shows 10."""
    shop = open_shop()
    new = NewProduct(
        name="Retro clock", price=Decimal("10.00"), sku="RETRO-CLOCK", stock=10
    )
    shop.add_product(new)
    return shop


@pytest.fixture
def clock_listing(shop: WooCommerceShop) -> str:
    """The listing of RETRO-CLOCK."""
    return next(iter(shop.state.products.values())).listing


Connect = Callable[[WooCommerceShop], httpx.Client]


@pytest.fixture
def connect() -> Connect:
    """Return a client of a shop's REST API over https, with the right key."""

    def connected(shop: WooCommerceShop) -> httpx.Client:
        return httpx.Client(
            transport=shop.wire(),
            base_url="https://woo.example/wp-json/wc/v3",
            auth=(
                shop.state.settings.consumer_key,
                shop.state.settings.consumer_secret,
            ),
        )

    return connected


@pytest.fixture
def client(shop: WooCommerceShop, connect: Connect) -> httpx.Client:
    """A client of ``shop``."""
    return connect(shop)


class Mailbox:
    """Receives envelopes and answers each with ``status``."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.status = 200

    def __call__(self, envelope: Envelope) -> int:
        self.envelopes.append(envelope)
        return self.status


@pytest.fixture
def mailbox() -> Mailbox:
    """The hub's end of the shop's webhooks."""
    return Mailbox()
