"""One Medusa server as the hub sees it: every capability, one method each.

What each does is in the module of its subject; this class holds what they share. It
neither waits nor retries, and remembers nothing that it could not ask for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import httpx

from ...canonical.pages import Page, Record
from ...canonical.pushes import (
    Account,
    CancellationPush,
    FulfillmentPush,
    PriceWrite,
    PushResult,
    RefundPush,
    StockWrite,
)
from ...canonical.stock import StockReading
from ..sdk import Context
from . import check, listings, orders, prices, refunds, shipping, stock
from .settings import MedusaSettings
from .traits import TRAITS


class MedusaConnector:
    """Talks to one server; see the capabilities' Protocols for the promises."""

    def __init__(self, settings: MedusaSettings, context: Context) -> None:
        self._location_id = settings.location_id
        self._clock = context.clock
        # A secret API key is the user name of Basic authentication, without password.
        auth = httpx.BasicAuth(settings.secret_key.get_secret_value(), "")
        self._transport = context.transports.open(
            base_url=settings.server_url,
            auth=auth,
            requests_per_second=TRAITS.requests_per_second,
            burst=TRAITS.burst,
        )

    def check(self) -> Account:
        """Prove key, store and location. Changes nothing."""
        return check.check_server(self._transport, self._location_id)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of orders that changed, or whose payments did."""
        return orders.pull_orders(self._transport, self._clock, cursor, since)

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now."""
        return orders.fetch_orders(self._transport, external_ids)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of products with their variants and stock."""
        return listings.pull_listings(self._transport, self._location_id, cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named products with their variants and stock."""
        return listings.fetch_listings(self._transport, self._location_id, external_ids)

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each inventory item, in the same order."""
        return stock.read_stock(
            self._transport, self._clock, self._location_id, stock_external_ids
        )

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write what can be bought at the location."""
        return stock.push_stock(self._transport, self._clock, self._location_id, writes)

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write the prices of variants."""
        return prices.push_prices(self._transport, writes)

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell of a parcel; one that the server knows is not told again."""
        return shipping.push_fulfillment(self._transport, self._location_id, push)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return the server's id of what an earlier push made, or None."""
        return shipping.find_fulfillment(self._transport, push)

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        """Cancel an order of which nothing is packed."""
        return shipping.push_cancellation(self._transport, push)

    def push_refund(self, push: RefundPush) -> PushResult:
        """Pay money back; units stay where they are."""
        return refunds.push_refund(self._transport, push)

    def find_refund(self, push: RefundPush) -> str | None:
        """Return the server's id of what an earlier push made, or None."""
        return refunds.find_refund(self._transport, push)
