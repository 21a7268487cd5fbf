"""Amazon keeps every promise of the SDK, against the simulated store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import httpx
import pytest
from crossdock.canonical.clock import Clock
from crossdock.connectors.amazon import plugin
from crossdock.connectors.conformance import (
    CHECKS,
    Check,
    ConformanceCase,
    SampleOrder,
    SignedDelivery,
    verify,
)
from crossdock.simulators.amazon import AmazonMarket, MarketSettings, NewProduct
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.world import World

SECRET, REFRESH = "amzn1.oa2-cs.canary-0123", "Atzr|canary-9876"


class PretendStore:
    """The simulated store as the suite wants to see it."""

    def __init__(self) -> None:
        self._clock = VirtualClock()
        settings = MarketSettings(
            client_secret=SECRET,
            refresh_token=REFRESH,
            processing_seconds=0,
            feed_seconds=60,
            storage_url="https://storage.example",
            usage_plans=True,
        )
        world = World(self._clock, seed=7)
        self._market = AmazonMarket("amazon", world=world, settings=settings)
        self._skus = [
            self._market.add_product(
                NewProduct(name=sku.title(), price=Decimal(10), sku=sku, stock=2000)
            )
            for sku in ("RETRO-CLOCK", "BRASS LAMP/2+1", "OAK-STOOL")
        ]

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def skus(self) -> Sequence[str]:
        return self._skus

    def wire(self) -> httpx.BaseTransport:
        return self._market.wire()

    def place_order(self, order: SampleOrder) -> str | None:
        for line in order.lines:
            self._market.listing(line.sku).price = Decimal(line.unit_price)
        return self._market.check_out(
            [BasketLine(line.sku, line.quantity) for line in order.lines],
            order.customer_name,
            note=order.note,
            currency=order.currency,
        )

    def stock_id_of(self, sku: str) -> str:
        return sku

    def quantity_of(self, sku: str) -> int:
        return self._market.shown(sku)

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self._market.order(order_external_id).lines
        return [(line.line_id, line.ordered) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        return len(self._market.order(order_external_id).packages)

    def is_cancelled(self, order_external_id: str) -> bool:
        self._market.shown(self._skus[0])
        return self._market.order(order_external_id).status == "CANCELLED"

    def count_refunds(self, order_external_id: str) -> int:
        raise AssertionError(f"the connector refunds nothing: {order_external_id}")

    def listing_id_of(self, sku: str) -> str:
        return sku

    def price_of(self, sku: str) -> str:
        return str(self._market.listing(sku).price)

    def deliver(self, order_external_id: str) -> SignedDelivery:
        raise AssertionError(f"Amazon delivers no webhook of {order_external_id}")

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        raise AssertionError(f"Amazon signs no webhook: {body!r}, {age_seconds}")


def is_write(request: httpx.Request) -> bool:
    """Say whether a request changes something; the login does not."""
    return request.method != "GET" and request.url.host != "api.amazon.com"


CASE = ConformanceCase(
    plugin=plugin,
    settings={
        "marketplace": "DE",
        "seller_id": "A2SIMULATED3",
        "client_id": "amzn1.application-oa2-client.simulated",
        "client_secret": SECRET,
        "refresh_token": REFRESH,
        "buyer_details": True,
    },
    start=PretendStore,
    hosts=frozenset(
        {"sellingpartnerapi-eu.amazon.com", "api.amazon.com", "storage.example"}
    ),
    orders_for_three_pages=250,
    is_write=is_write,
)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_amazon_keeps_its_promises(check: Check) -> None:
    verify(check, CASE)
