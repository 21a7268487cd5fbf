"""One Amazon store of one selling account as the hub sees it.

What each capability does is in the module of its subject; this class holds what they
share. It neither waits nor retries, and remembers nothing that it could not ask for
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ...canonical.pages import Page, Record
from ...canonical.pushes import (
    Account,
    CancellationPush,
    FulfillmentPush,
    PendingWrite,
    PriceWrite,
    PushResult,
    StockWrite,
)
from ...canonical.stock import StockReading
from ..sdk import Context
from . import check, feeds, listings, orders, shipping, stock
from .auth import AmazonAuth
from .operations import SellingPartner
from .settings import AmazonSettings


class AmazonConnector:
    """Talks to SP-API; see the capabilities' Protocols for promises."""

    def __init__(self, settings: AmazonSettings, context: Context) -> None:
        self._clock = context.clock
        auth = AmazonAuth(settings, context.credentials, context.clock)
        self._seller = SellingPartner(settings, context.transports, auth)

    def check(self) -> Account:
        """Prove token, store, seller and roles. Changes nothing."""
        return check.check_account(self._seller, self._clock)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of changed orders."""
        return orders.pull_orders(self._seller, self._clock, cursor, since)

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now."""
        return orders.fetch_orders(self._seller, external_ids)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of listings items of this store."""
        return listings.pull_listings(self._seller, self._clock, cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the listings items of these SKUs."""
        return listings.fetch_listings(self._seller, self._clock, external_ids)

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each SKU, in the same order."""
        return stock.read_stock(self._seller, self._clock, stock_external_ids)

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write absolute quantities: few by patches, many by a feed."""
        return stock.push_stock(self._seller, writes)

    def read_submissions(
        self, pending: Sequence[PendingWrite]
    ) -> tuple[PushResult, ...]:
        """Return what became of writes that went out as feeds."""
        return feeds.read_submissions(self._seller, pending)

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write the prices that everybody pays in this store."""
        return stock.push_prices(self._seller, writes)

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Confirm the shipment of a parcel."""
        return shipping.push_fulfillment(self._seller, push)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return the number of what an earlier push made, or None."""
        return shipping.find_fulfillment(self._seller, push)

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        """Cancel an order, by a feed that Amazon works through later."""
        return shipping.push_cancellation(self._seller, push)
