"""eBay keeps every promise of the SDK, against the simulated account."""

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
from crossdock.connectors.ebay import plugin
from crossdock.connectors.ebay.auth import TOKEN_PATH
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.ebay import EbayShop, NewItem, ShopSettings
from crossdock.simulators.ebay.notices import confirmation, sign
from crossdock.simulators.ebay.render import rounded
from crossdock.simulators.world import World

SECRET, REFRESH = "PRD-canary-0123456789", "v^1.1#i^1#canary-refresh"
TOKEN = "canary_verification_token_0123456789"


class PretendEbay:
    """The simulated account as the suite wants to see it."""

    skus: Sequence[str] = ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")

    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._shop = self._open("EUR")

    def _open(self, currency: str) -> EbayShop:
        settings = ShopSettings(
            client_secret=SECRET,
            refresh_token=REFRESH,
            currency=currency,
            marketplace="EBAY_DE",
            alert_email="shop@example.com",
            tax_rate=Decimal(0),
        )
        shop = EbayShop("ebay", world=World(self._clock, seed=7), settings=settings)
        for sku in self.skus:
            new = NewItem(
                sku=sku, title=sku.title(), price=Decimal(10), quantity=100_000
            )
            shop.add_item(new)
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
            return None  # a shopper at eBay buys at least one
        if order.currency != self._shop.settings.currency:
            self._shop = self._open(order.currency)
        for line in order.lines:
            self._shop.item(line.sku).price = Decimal(line.unit_price)
        basket = [BasketLine(line.sku, line.quantity) for line in order.lines]
        return self._shop.sell(basket, order.customer_name, note=order.note)

    def stock_id_of(self, sku: str) -> str:
        return sku

    def listing_id_of(self, sku: str) -> str:
        return sku

    def quantity_of(self, sku: str) -> int:
        return self._shop.shown(sku)

    def price_of(self, sku: str) -> str:
        return str(rounded(self._shop.state, self._shop.item(sku).price))

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self._shop.order(order_external_id).lines
        return [(line.line_id, line.quantity) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        return len(self._shop.order(order_external_id).parcels)

    def count_refunds(self, order_external_id: str) -> int:
        return len(
            {one.refund_id for one in self._shop.order(order_external_id).refunds}
        )

    def is_cancelled(self, order_external_id: str) -> bool:
        return self._shop.order(order_external_id).cancelled_at is not None

    def deliver(self, order_external_id: str) -> SignedDelivery:
        order = self._shop.order(order_external_id)
        body = confirmation(self._shop.state, order, order.lines[0].line_id)
        return SignedDelivery(self.sign(body) or {}, body)

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        if age_seconds:
            return None  # eBay signs no time
        return {"x-ebay-signature": sign(body)}


def changes_something(request: httpx.Request) -> bool:
    """Tell whether a request changes something; two POSTs of eBay's only read."""
    path = request.url.path
    reads = path == TOKEN_PATH or path.endswith("/bulk_get_inventory_item")
    return is_write(request) and not reads


CASE = ConformanceCase(
    plugin=plugin,
    settings={
        "client_id": ShopSettings().client_id,
        "client_secret": SECRET,
        "refresh_token": REFRESH,
        "marketplace": "EBAY_DE",
        "verification_token": TOKEN,
    },
    start=PretendEbay,
    hosts=frozenset({"api.ebay.com", "apiz.ebay.com"}),
    orders_for_three_pages=120,
    is_write=changes_something,
)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_ebay_keeps_its_promises(check: Check) -> None:
    verify(check, CASE)
