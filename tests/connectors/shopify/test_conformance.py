"""Every promise of the SDK, tried on the connector with a simulated shop."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest
from crossdock.connectors.conformance import (
    CHECKS,
    Check,
    ConformanceCase,
    SampleOrder,
    SignedDelivery,
    verify,
)
from crossdock.connectors.shopify import plugin
from crossdock.connectors.shopify.auth import TOKEN_PATH
from crossdock.connectors.signatures import sign
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.shopify import Buyer, Checkout, ShopifyShop, ShopSettings
from crossdock.simulators.world import World

SECRET = "shpss_0123456789abcdef0123456789abcdef"
DECIMALS = {"JPY": 0, "KWD": 3}


class SimulatedShopify:
    """One simulated shop, as the suite wants to handle it."""

    skus = ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self._shops: dict[str, ShopifyShop] = {}
        self._deliveries = 0
        self._shop = self._open("EUR")

    def _open(self, currency: str) -> ShopifyShop:
        shop = ShopifyShop(
            "shopify",
            world=World(self.clock),
            settings=ShopSettings(
                currency=currency, tax=None, shipping_minor=0, client_secret=SECRET
            ),
        )
        product = shop.add_product("Things")
        self._variants = {
            sku: shop.add_variant(product, sku, stock=(100_000,), title=sku)
            for sku in self.skus
        }
        return shop

    def wire(self) -> httpx.BaseTransport:
        outer = self

        class Wire(httpx.BaseTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                return outer._shop.wire().handle_request(request)

        return Wire()

    def place_order(self, order: SampleOrder) -> str | None:
        if any(line.quantity == 0 for line in order.lines):
            return None  # a Shopify shopper buys at least one
        if order.currency != self._shop.settings.currency:
            self._shop = self._open(order.currency)
        basket = []
        for line in order.lines:
            variant = self._variants[line.sku]
            decimals = DECIMALS.get(order.currency, 2)
            variant.price_minor = int(Decimal(line.unit_price).scaleb(decimals))
            basket.append(BasketLine(variant.gid, line.quantity))
        checkout = Checkout(buyer=Buyer(), note=order.note or None)
        return self._shop.sell(basket, order.customer_name, checkout)

    def stock_id_of(self, sku: str) -> str:
        return self._variants[sku].item_gid

    def quantity_of(self, sku: str) -> int:
        return self._variants[sku].available

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self._shop.order(order_external_id).lines
        return [(line.gid, line.quantity) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        return len(self._shop.order(order_external_id).fulfillments)

    def is_cancelled(self, order_external_id: str) -> bool:
        self.clock.advance(2)  # the job behind a cancellation takes a second
        self._shop.jobs.run_due()
        return self._shop.order(order_external_id).cancelled_at is not None

    def count_refunds(self, order_external_id: str) -> int:
        return len(self._shop.order(order_external_id).refunds)

    def listing_id_of(self, sku: str) -> str:
        return self._variants[sku].gid

    def price_of(self, sku: str) -> str:
        return str(Decimal(self._variants[sku].price_minor).scaleb(-2))

    def deliver(self, order_external_id: str) -> SignedDelivery:
        body = json.dumps({"admin_graphql_api_id": order_external_id}).encode()
        return SignedDelivery(self._head(body, order_external_id), body)

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        if age_seconds:
            return None  # Shopify signs no time
        self._deliveries += 1
        return self._head(body, str(self._deliveries))

    def _head(self, body: bytes, event_id: str) -> dict[str, str]:
        return {
            "x-shopify-hmac-sha256": sign(body, SECRET.encode()),
            "x-shopify-shop-domain": "simulated.myshopify.com",
            "x-shopify-topic": "orders/updated",
            "x-shopify-webhook-id": event_id,
        }


CASE = ConformanceCase(
    plugin=plugin,
    settings={
        "shop": "simulated.myshopify.com",
        "client_id": "simulated-client",
        "client_secret": SECRET,
        "access_token": "shpat_simulated",
    },
    start=SimulatedShopify,
    hosts=frozenset({"simulated.myshopify.com"}),
    orders_for_three_pages=80,
)


def changes_the_shop(request: httpx.Request) -> bool:
    """Tell whether a request changes the shop; getting a token does not."""
    return request.url.path != TOKEN_PATH and CASE.is_write(request)


OWN_APP = replace(
    CASE,
    settings={
        name: text for name, text in CASE.settings.items() if name != "access_token"
    },
    is_write=changes_the_shop,
)
"""A merchant's present way in: a token for a day, got with client id and secret."""


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_connector_keeps_a_promise_of_the_sdk(check: Check) -> None:
    verify(check, CASE)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_a_merchants_own_app_keeps_it_too(check: Check) -> None:
    verify(check, OWN_APP)
