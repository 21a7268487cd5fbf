"""Square keeps every promise of the SDK, against the simulated account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import httpx
import orjson
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
from crossdock.connectors.square import plugin
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.square import (
    NewItem,
    NewVariation,
    ShopSettings,
    SquareShop,
)
from crossdock.simulators.square.hooks import HEADER, add_hook, sign
from crossdock.simulators.square.routes import READS_BY_POST
from crossdock.simulators.world import World

TOKEN = "EAAA-canary-0123456789"
HUB_URL = "https://hub.example/hooks/before"
MAJOR = {"EUR": 100, "JPY": 1}


class PretendSquare:
    """The simulated account as the suite wants to see it."""

    def __init__(self, currency: str) -> None:
        self._clock = VirtualClock()
        self._currency = currency
        settings = ShopSettings(access_token=TOKEN, currency=currency)
        self._shop = SquareShop(
            "square", world=World(self._clock, seed=7), settings=settings
        )
        self._listings = {}
        for sku in ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL"):
            variation = NewVariation(sku=sku, price=Decimal(10), stock=2000)
            new = NewItem(name=sku.title(), variations=(variation,))
            (self._listings[sku],) = self._shop.add_item(new)
        self._hook = add_hook(
            self._shop.state,
            {
                "name": "Crossdock of another day",
                "notification_url": HUB_URL,
                "event_types": ["order.updated"],
            },
        )

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def skus(self) -> Sequence[str]:
        return tuple(self._listings)

    def wire(self) -> httpx.BaseTransport:
        return self._shop.wire()

    def place_order(self, order: SampleOrder) -> str | None:
        if order.currency != self._currency or any(
            not line.quantity for line in order.lines
        ):
            return None
        for line in order.lines:
            variation = self._shop.variation(self._listings[line.sku])
            price = Decimal(line.unit_price) * MAJOR[self._currency]
            variation.price_minor = int(price)
        basket = [
            BasketLine(self._listings[line.sku], line.quantity) for line in order.lines
        ]
        order_id = self._shop.sell(basket, order.customer_name)
        self._shop.order(order_id).note = order.note
        return order_id

    def stock_id_of(self, sku: str) -> str:
        return self._listings[sku]

    def quantity_of(self, sku: str) -> int:
        return self._shop.shown(self._listings[sku]) or 0

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self._shop.order(order_external_id).lines
        return [(line.uid, int(line.quantity)) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        parcels = self._shop.order(order_external_id).fulfillments
        return sum(parcel["state"] == "COMPLETED" for parcel in parcels)

    def is_cancelled(self, order_external_id: str) -> bool:
        order = self._shop.order(order_external_id)
        states = {parcel["state"] for parcel in order.fulfillments}
        return order.state == "CANCELED" or states == {"CANCELED"}

    def count_refunds(self, order_external_id: str) -> int:
        payment_id = self._shop.order(order_external_id).payment_id
        return len(self._shop.state.payments[payment_id].refunds)

    def listing_id_of(self, sku: str) -> str:
        return self._listings[sku]

    def price_of(self, sku: str) -> str:
        price = self._shop.variation(self._listings[sku]).price_here
        return str(Decimal(price) / MAJOR[self._currency])

    def deliver(self, order_external_id: str) -> SignedDelivery:
        order = self._shop.order(order_external_id)
        body = orjson.dumps(
            {
                "merchant_id": self._shop.settings.merchant_id,
                "type": "order.updated",
                "event_id": f"event-of-{order_external_id}",
                "data": {
                    "type": "order_updated",
                    "id": order_external_id,
                    "object": {
                        "order_updated": {
                            "order_id": order_external_id,
                            "location_id": self._shop.settings.location_id,
                            "state": order.state,
                            "version": order.version,
                        }
                    },
                },
            }
        )
        return SignedDelivery(self.sign(body) or {}, body)

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        if age_seconds:
            return None
        return {HEADER: sign(self._hook.key, HUB_URL, body)}


def is_write(request: httpx.Request) -> bool:
    return request.method != "GET" and request.url.path not in READS_BY_POST


def make_case(currency: str) -> ConformanceCase:
    return ConformanceCase(
        plugin=plugin,
        settings={"access_token": TOKEN, "location_id": ShopSettings().location_id},
        start=lambda: PretendSquare(currency),
        hosts=frozenset({"connect.squareup.com"}),
        orders_for_three_pages=250,
        is_write=is_write,
    )


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_square_keeps_its_promises(check: Check) -> None:
    verify(check, make_case("EUR"))


TRANSLATING = [check for check in CHECKS if "currencies" in str(check)]


@pytest.mark.parametrize("check", TRANSLATING, ids=str)
def test_a_location_that_sells_in_yen_has_no_decimals(check: Check) -> None:
    verify(check, make_case("JPY"))
