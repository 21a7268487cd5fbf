"""WooCommerce keeps every promise of the SDK, against the simulated shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import httpx
import pytest
from crossdock.canonical.clock import Clock
from crossdock.connectors.conformance import (
    CHECKS,
    Check,
    ConformanceCase,
    SampleOrder,
    SignedDelivery,
    verify,
)
from crossdock.connectors.woocommerce import plugin
from crossdock.connectors.woocommerce.webhooks import derive_webhook_secret
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.woocommerce import (
    NewProduct,
    ShopSettings,
    WooCommerceShop,
)
from crossdock.simulators.woocommerce.hooks import sign
from crossdock.simulators.world import World

KEY, SECRET = "ck_canary_0123456789", "cs_canary_9876543210"


class PretendShop:
    """The simulated shop as the suite wants to see it."""

    def __init__(self, *, native_fulfillments: bool) -> None:
        self._clock = VirtualClock()
        settings = ShopSettings(
            consumer_key=KEY,
            consumer_secret=SECRET,
            native_fulfillments=native_fulfillments,
        )
        self._shop = WooCommerceShop(
            "woo", world=World(self._clock, seed=7), settings=settings
        )
        self._listings = {
            sku: self._shop.add_product(
                NewProduct(name=sku.title(), price=Decimal(10), sku=sku, stock=2000)
            )
            for sku in ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")
        }

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def skus(self) -> Sequence[str]:
        return tuple(self._listings)

    def wire(self) -> httpx.BaseTransport:
        return self._shop.wire()

    def place_order(self, order: SampleOrder) -> str | None:
        if order.currency != "EUR" or any(not line.quantity for line in order.lines):
            return None
        for line in order.lines:
            product = self._shop.product(self._listings[line.sku])
            product.price = Decimal(line.unit_price)
        basket = [
            BasketLine(self._listings[line.sku], line.quantity) for line in order.lines
        ]
        return self._shop.sell(basket, order.customer_name)

    def stock_id_of(self, sku: str) -> str:
        return self._listings[sku]

    def quantity_of(self, sku: str) -> int:
        return self._shop.product(self._listings[sku]).stock

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self._shop.order(order_external_id).lines
        return [(str(line.line_id), line.quantity) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        order = self._shop.order(order_external_id)
        notes = [note for note in order.notes if "Shipped with" in note.text]
        return len(order.fulfillments) + len(notes)

    def is_cancelled(self, order_external_id: str) -> bool:
        return self._shop.order(order_external_id).status == "cancelled"

    def count_refunds(self, order_external_id: str) -> int:
        return len(self._shop.order(order_external_id).refunds)

    def listing_id_of(self, sku: str) -> str:
        return self._listings[sku]

    def price_of(self, sku: str) -> str:
        return str(self._shop.product(self._listings[sku]).price)

    def deliver(self, order_external_id: str) -> SignedDelivery:
        body = f'{{"id":{order_external_id},"status":"processing"}}'.encode()
        return SignedDelivery(self.sign(body) or {}, body)

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        if age_seconds:
            return None
        return {
            "x-wc-webhook-topic": "order.updated",
            "x-wc-webhook-delivery-id": "the same within a second",
            "x-wc-webhook-signature": sign(derive_webhook_secret(SECRET), body),
        }


def make_case(scheme: str, *, native_fulfillments: bool) -> ConformanceCase:
    return ConformanceCase(
        plugin=plugin,
        settings={
            "shop_url": f"{scheme}://woo.example",
            "consumer_key": KEY,
            "consumer_secret": SECRET,
        },
        start=lambda: PretendShop(native_fulfillments=native_fulfillments),
        hosts=frozenset({"woo.example"}),
        orders_for_three_pages=250,
        allow_private_networks=scheme == "http",
    )


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_woocommerce_keeps_its_promises(check: Check) -> None:
    verify(check, make_case("https", native_fulfillments=True))


FULFILLING = [check for check in CHECKS if "PushesFulfillment" in check.needs]


@pytest.mark.parametrize("check", FULFILLING, ids=str)
def test_notes_keep_the_promises_of_fulfillments(check: Check) -> None:
    verify(check, make_case("https", native_fulfillments=False))


@pytest.mark.parametrize("check", CHECKS[:12], ids=str)
def test_signed_requests_over_plain_http_keep_the_promises_too(check: Check) -> None:
    verify(check, make_case("http", native_fulfillments=True))
