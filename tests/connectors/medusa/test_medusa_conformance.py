"""Medusa keeps every promise of the SDK, against the simulated server."""

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
from crossdock.connectors.medusa import plugin
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.medusa import (
    MedusaShop,
    NewProduct,
    ShopSettings,
)
from crossdock.simulators.world import World

SECRET = "sk_canary0secret0key"


class PretendServer:
    """The simulated server as the suite wants to see it."""

    skus: Sequence[str] = ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")

    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._listings: dict[str, str] = {}
        self._store = self._open("EUR")

    def _open(self, currency: str) -> MedusaShop:
        settings = ShopSettings(secret_key=SECRET, currency=currency)
        store = MedusaShop(
            "medusa", world=World(self._clock, seed=7), settings=settings
        )
        self._listings = {
            sku: store.add_product(
                NewProduct(
                    name=sku.title(),
                    sku=sku,
                    price=Decimal(10),
                    stock=100_000,
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
            _, variant = self._store.state.find_listing(self._listings[line.sku])
            variant.prices[0]["amount"] = float(Decimal(line.unit_price))
        basket = [
            BasketLine(self._listings[line.sku], line.quantity) for line in order.lines
        ]
        return self._store.sell(basket, order.customer_name)

    def stock_id_of(self, sku: str) -> str:
        return self._store.state.find_listing(self._listings[sku])[1].item_id

    def listing_id_of(self, sku: str) -> str:
        return self._listings[sku]

    def quantity_of(self, sku: str) -> int:
        return self._store.shown(self._listings[sku])

    def price_of(self, sku: str) -> str:
        _, variant = self._store.state.find_listing(self._listings[sku])
        return str(variant.prices[-1]["amount"])

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self._store.order(order_external_id).lines
        return [(line.line_id, line.quantity) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        made = self._store.order(order_external_id).fulfillments
        return sum(one.shipped_at is not None for one in made)

    def count_refunds(self, order_external_id: str) -> int:
        return len(self._store.order(order_external_id).payment.refunds)

    def is_cancelled(self, order_external_id: str) -> bool:
        return self._store.order(order_external_id).canceled_at is not None

    def deliver(self, order_external_id: str) -> SignedDelivery:
        raise AssertionError("Medusa calls nobody back")

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        raise AssertionError("Medusa calls nobody back")


CASE = ConformanceCase(
    plugin=plugin,
    settings={
        "server_url": "https://medusa.example",
        "secret_key": SECRET,
        "location_id": ShopSettings().location_id,
    },
    start=PretendServer,
    hosts=frozenset({"medusa.example"}),
    orders_for_three_pages=130,
)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_medusa_keeps_its_promises(check: Check) -> None:
    verify(check, CASE)
