"""One Vendure channel as the hub sees it: every capability, one method each.

What each does is in the module of its subject; this class holds what they share. It
neither waits nor retries, and remembers nothing that it could not ask for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

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
from . import check, goods, orders, parcels, refunds
from .admin import Admin
from .settings import VendureSettings
from .traits import TRAITS


class VendureConnector:
    """Talks to one channel; see the capabilities' Protocols for the promises."""

    def __init__(self, settings: VendureSettings, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        transport = context.transports.open(
            base_url=settings.server_url,
            auth=None,
            requests_per_second=TRAITS.requests_per_second,
            burst=TRAITS.burst,
            account=settings.vendure_channel,
        )
        self._admin = Admin(transport, settings, context.credentials)
        self._location_found = ""

    def check(self) -> Account:
        """Prove access, permissions, location and identity. Changes nothing."""
        return check.check_server(self._admin, self._settings)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of orders that were placed or may have changed."""
        return orders.pull_orders(
            self._admin, self._clock, self._settings, cursor, since
        )

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now."""
        return orders.fetch_orders(self._admin, external_ids)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of variants."""
        return goods.pull_listings(self._admin, self._clock, self._mark(), cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named variants."""
        return goods.fetch_listings(
            self._admin, self._clock, self._mark(), external_ids
        )

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return what is free at the location, for each variant, in the same order."""
        location = self._location()
        return goods.read_stock(self._admin, self._clock, location, stock_external_ids)

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write what is free at the location."""
        return goods.push_stock(self._admin, self._location(), writes)

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write the prices of variants."""
        return goods.push_prices(self._admin, writes)

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell of a parcel; one that Vendure knows is not told again."""
        return parcels.push_fulfillment(self._admin, push)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return Vendure's id of what an earlier push made, or None."""
        return parcels.find_fulfillment(self._admin, push)

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        """Cancel an order of which nothing has left."""
        return parcels.push_cancellation(self._admin, push)

    def push_refund(self, push: RefundPush) -> PushResult:
        """Pay money back; units stay where they are."""
        return refunds.push_refund(self._admin, push)

    def find_refund(self, push: RefundPush) -> str | None:
        """Return Vendure's id of what an earlier push made, or None."""
        return refunds.find_refund(self._admin, push)

    def _location(self) -> str:
        if self._settings.stock_location_id:
            return self._settings.stock_location_id
        if not self._location_found:
            locations = check.list_locations(self._admin)
            found = check.choose_location(locations, self._settings)
            self._location_found = found.id
        return self._location_found

    def _mark(self) -> dict[str, object]:
        rules = check.read_rules(self._admin)
        return goods.mark_variants(
            self._location(), tracked_by_default=rules.track_inventory
        )
