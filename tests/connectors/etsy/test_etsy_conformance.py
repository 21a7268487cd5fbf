"""Etsy keeps every promise of the SDK, against the simulated shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
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
from crossdock.connectors.etsy import plugin
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.etsy import EtsyShop, NewItem, ShopSettings
from crossdock.simulators.etsy.notices import body_of, sign
from crossdock.simulators.etsy.render import rounded
from crossdock.simulators.etsy.shop import SCOPES_PATH, TOKEN_PATH
from crossdock.simulators.world import World

SECRET, REFRESH = "canary-shared-0123456789", "31337.canary-refresh-token"
SIGNING = "whsec_Y2FuYXJ5LXNpZ25pbmcta2V5LTAxMjM0NTY3ODk="
DIVISORS = {"JPY": 1, "KWD": 1000}


class PretendEtsy:
    """The simulated shop as the suite wants to see it."""

    skus: Sequence[str] = ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")

    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._count = 0
        settings = ShopSettings(
            shared_secret=SECRET,
            refresh_token=REFRESH,
            webhook_secret=SIGNING,
            currency="EUR",
            tax_rate=Decimal(0),
            requests_per_day=1_000_000,
        )
        world = World(self._clock, seed=7)
        self._shop = EtsyShop("etsy", world=world, settings=settings)
        self._keys = {
            sku: self._shop.add_item(
                NewItem(sku=sku, title=sku.title(), price=Decimal(10), quantity=999)
            )
            for sku in self.skus
        }

    def _charge_in(self, currency: str) -> None:
        divisor = DIVISORS.get(currency, 100)
        changed = replace(self._shop.settings, currency=currency, divisor=divisor)
        self._shop.settings = self._shop.state.settings = changed

    @property
    def clock(self) -> Clock:
        return self._clock

    def wire(self) -> httpx.BaseTransport:
        return self._shop.wire()

    def place_order(self, order: SampleOrder) -> str | None:
        if any(not line.quantity for line in order.lines):
            return None  # a shopper at Etsy buys at least one
        self._charge_in(order.currency)
        for line in order.lines:
            self._shop.product(self._keys[line.sku]).price = Decimal(line.unit_price)
        basket = [
            BasketLine(self._keys[line.sku], line.quantity) for line in order.lines
        ]
        return self._shop.sell(basket, order.customer_name, note=order.note)

    def stock_id_of(self, sku: str) -> str:
        return self._keys[sku]

    def listing_id_of(self, sku: str) -> str:
        return self._keys[sku]

    def quantity_of(self, sku: str) -> int:
        return self._shop.shown(self._keys[sku])

    def price_of(self, sku: str) -> str:
        return str(rounded(self._shop.state, self._shop.product(self._keys[sku]).price))

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self._shop.receipt(order_external_id).lines
        return [(str(line.transaction_id), line.quantity) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        return len(self._shop.receipt(order_external_id).shipments)

    def count_refunds(self, order_external_id: str) -> int:
        return len(self._shop.receipt(order_external_id).refunds)

    def is_cancelled(self, order_external_id: str) -> bool:
        return self._shop.receipt(order_external_id).cancelled

    def deliver(self, order_external_id: str) -> SignedDelivery:
        receipt = self._shop.receipt(order_external_id)
        body = body_of(self._shop.settings, receipt, "order.paid")
        return SignedDelivery(self.sign(body), body)

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str]:
        self._count += 1
        moment = self._clock.now() - timedelta(seconds=age_seconds)
        return sign(self._shop.settings, f"msg_{self._count}", moment, body)


def changes_something(request: httpx.Request) -> bool:
    """Tell whether a request changes something; two POSTs of Etsy's only read."""
    return is_write(request) and request.url.path not in {TOKEN_PATH, SCOPES_PATH}


CASE = ConformanceCase(
    plugin=plugin,
    settings={
        "keystring": ShopSettings().keystring,
        "shared_secret": SECRET,
        "refresh_token": REFRESH,
        "shop_id": ShopSettings().shop_id,
        "webhook_secret": SIGNING,
    },
    start=PretendEtsy,
    hosts=frozenset({"openapi.etsy.com"}),
    orders_for_three_pages=120,
    is_write=changes_something,
)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_etsy_keeps_its_promises(check: Check) -> None:
    verify(check, CASE)
