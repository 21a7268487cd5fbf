"""BigCommerce keeps every promise of the SDK, against the simulated store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from crossdock.canonical.clock import Clock
from crossdock.connectors.bigcommerce import plugin
from crossdock.connectors.conformance import (
    CHECKS,
    Check,
    ConformanceCase,
    SampleOrder,
    SignedDelivery,
    verify,
)
from crossdock.connectors.conformance.case import is_write
from crossdock.simulators.bigcommerce import (
    BigCommerceStore,
    NewProduct,
    StoreSettings,
)
from crossdock.simulators.bigcommerce.hooks import payload, sign
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.world import World

TOKEN, SECRET = "canary0access0token" * 2, "canary0client0secret" * 3
"""As long as BigCommerce's own; the secret never travels, and its shape tells it."""
DECIMALS = {"JPY": 0, "KWD": 3, "EUR": 2}


class PretendStore:
    """The simulated store as the suite wants to see it."""

    skus: Sequence[str] = ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")

    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._listings: dict[str, str] = {}
        self._store = self._open("EUR")

    def _open(self, currency: str) -> BigCommerceStore:
        settings = StoreSettings(
            access_token=TOKEN,
            client_secret=SECRET,
            currency=currency,
            decimals=DECIMALS[currency],
        )
        store = BigCommerceStore(
            "bigcommerce", world=World(self._clock, seed=7), settings=settings
        )
        self._listings = {
            sku: store.add_product(
                NewProduct(
                    name=sku.title(),
                    sku=sku,
                    price=Decimal(10),
                    stock=100_000,
                    tracking="variant" if sku == "OAK-STOOL" else "product",
                )
            )
            for sku in self.skus
        }
        return store

    @property
    def clock(self) -> Clock:
        return self._clock

    def wire(self) -> httpx.BaseTransport:
        outer = self

        class Wire(httpx.BaseTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                return outer._store.wire().handle_request(request)

        return Wire()

    def place_order(self, order: SampleOrder) -> str | None:
        if any(not line.quantity for line in order.lines):
            return None  # a line of nothing is a line removed
        if order.currency != self._store.settings.currency:
            self._store = self._open(order.currency)
        for line in order.lines:
            product, _ = self._store.state.find_listing(self._listings[line.sku])
            product.price = Decimal(line.unit_price)
        basket = [
            BasketLine(self._listings[line.sku], line.quantity) for line in order.lines
        ]
        return self._store.sell(basket, order.customer_name, note=order.note)

    def stock_id_of(self, sku: str) -> str:
        product, slash, variant = self._listings[sku].partition("/")
        return f"{product}{slash}{variant}" if sku == "OAK-STOOL" else product

    def listing_id_of(self, sku: str) -> str:
        return self._listings[sku]

    def quantity_of(self, sku: str) -> int:
        return self._store.shown(self._listings[sku])

    def price_of(self, sku: str) -> str:
        product, variant = self._store.state.find_listing(self._listings[sku])
        return str(variant.price if variant.price is not None else product.price)

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self._store.order(order_external_id).lines
        return [(str(line.line_id), line.quantity) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        return len(self._store.order(order_external_id).shipments)

    def count_refunds(self, order_external_id: str) -> int:
        return len(self._store.order(order_external_id).refunds)

    def is_cancelled(self, order_external_id: str) -> bool:
        return self._store.order(order_external_id).status_id == 5

    def deliver(self, order_external_id: str) -> SignedDelivery:
        data = {"type": "order", "id": int(order_external_id)}
        body = payload(self._store.state, "store/order/updated", data)
        return SignedDelivery(self.sign(body) or {}, body)

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        return sign(SECRET, body, self._clock.now() - timedelta(seconds=age_seconds))


def changes_something(request: httpx.Request) -> bool:
    """Tell whether a request changes something; a quote of a refund does not."""
    return is_write(request) and not request.url.path.endswith("/refund_quotes")


CASE = ConformanceCase(
    plugin=plugin,
    settings={
        "store_hash": StoreSettings().store_hash,
        "access_token": TOKEN,
        "client_secret": SECRET,
    },
    start=PretendStore,
    hosts=frozenset({"api.bigcommerce.com"}),
    orders_for_three_pages=250,
    is_write=changes_something,
)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_bigcommerce_keeps_its_promises(check: Check) -> None:
    verify(check, CASE)
