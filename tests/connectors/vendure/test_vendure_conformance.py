"""Vendure keeps every promise of the SDK, against the simulated server."""

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
from crossdock.connectors.conformance.case import is_write
from crossdock.connectors.vendure import plugin
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.vendure import NewVariant, ShopSettings, VendureShop
from crossdock.simulators.world import World

DECIMALS = {"JPY": 0, "KWD": 3, "EUR": 2}
PASSWORD = "canary-vendure-password"
KEY = "canary-vendure-api-key"


class PretendShop:
    """The simulated server as the suite wants to see it."""

    skus: Sequence[str] = ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")

    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._listings: dict[str, str] = {}
        self._shop = self._open("EUR")

    def _open(self, currency: str) -> VendureShop:
        settings = ShopSettings(
            password=PASSWORD, api_key=KEY, currency=currency, tax_rate=Decimal(0)
        )
        shop = VendureShop(
            "vendure", world=World(self._clock, seed=7), settings=settings
        )
        self._listings = {
            sku: shop.add_variant(
                NewVariant(sku=sku, name=sku.title(), price=1000, stock=100_000)
            )
            for sku in self.skus
        }
        return shop

    @property
    def clock(self) -> Clock:
        return self._clock

    def wire(self) -> httpx.BaseTransport:
        outer = self

        class Wire(httpx.BaseTransport):
            def handle_request(self, request: httpx.Request) -> httpx.Response:
                return outer._shop.wire().handle_request(request)

        return Wire()

    def place_order(self, order: SampleOrder) -> str | None:
        if any(not line.quantity for line in order.lines):
            return None  # a line of nothing is a line removed
        if order.currency != self._shop.settings.currency:
            self._shop = self._open(order.currency)
        for line in order.lines:
            minor = Decimal(line.unit_price).scaleb(DECIMALS[order.currency])
            self._shop.state.variants[self._listings[line.sku]].price = int(minor)
        basket = [
            BasketLine(self._listings[line.sku], line.quantity) for line in order.lines
        ]
        return self._shop.sell(basket, order.customer_name)

    def stock_id_of(self, sku: str) -> str:
        return self._listings[sku]

    def listing_id_of(self, sku: str) -> str:
        return self._listings[sku]

    def quantity_of(self, sku: str) -> int:
        return self._shop.shown(self._listings[sku])

    def price_of(self, sku: str) -> str:
        price = self._shop.state.variants[self._listings[sku]].price
        return str(Decimal(price).scaleb(-DECIMALS[self._shop.settings.currency]))

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self._shop.order(order_external_id).lines
        return [(line.line_id, line.quantity) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        # One that waits to be sent is half of a push: the other half is still to do.
        parcels = self._shop.order(order_external_id).fulfillments
        return sum(parcel.state == "Shipped" for parcel in parcels)

    def count_refunds(self, order_external_id: str) -> int:
        payments = self._shop.order(order_external_id).payments
        return sum(len(payment.refunds) for payment in payments)

    def is_cancelled(self, order_external_id: str) -> bool:
        return self._shop.order(order_external_id).state == "Cancelled"

    def deliver(self, order_external_id: str) -> SignedDelivery:
        raise NotImplementedError

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        raise NotImplementedError


def changes_something(request: httpx.Request) -> bool:
    """Tell whether a request changes something; signing in does not."""
    return is_write(request) and b"mutation SignIn" not in request.content


BY_PASSWORD = {"username": ShopSettings().username, "password": PASSWORD}
BY_KEY = {"api_key": KEY}


def make_case(proof: dict[str, str]) -> ConformanceCase:
    return ConformanceCase(
        plugin=plugin,
        settings={"server_url": "https://vendure.example", **proof},
        start=PretendShop,
        hosts=frozenset({"vendure.example"}),
        orders_for_three_pages=250,
        is_write=changes_something,
    )


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_vendure_keeps_its_promises(check: Check) -> None:
    verify(check, make_case(BY_PASSWORD))


@pytest.mark.parametrize("check", CHECKS[:10], ids=str)
def test_vendure_keeps_its_promises_with_an_api_key(check: Check) -> None:
    verify(check, make_case(BY_KEY))
