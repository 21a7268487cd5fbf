"""One BigCommerce store as the hub sees it: every capability, one method each.

What each does is in the module of its subject; this class holds what they share. It
neither waits nor retries, and remembers nothing that it could not ask for again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ...canonical.pages import Delivery, Page, Record
from ...canonical.pushes import (
    Account,
    CancellationPush,
    FulfillmentPush,
    PriceWrite,
    PushResult,
    RefundPush,
    StockWrite,
    Subscription,
)
from ...canonical.stock import StockReading
from ..sdk import Context
from . import check, listings, orders, prices, refunds, shipping, stock, webhooks
from .auth import TokenAuth
from .settings import BigCommerceSettings
from .traits import TRAITS


class BigCommerceConnector:
    """Talks to one store; see the capabilities' Protocols for the promises."""

    def __init__(self, settings: BigCommerceSettings, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        self._transport = context.transports.open(
            base_url=settings.store_url,
            auth=TokenAuth(settings.access_token.get_secret_value()),
            requests_per_second=TRAITS.requests_per_second,
            burst=TRAITS.burst,
            account=settings.store_hash,
        )

    def check(self) -> Account:
        """Prove token, scopes, location and identity. Changes nothing."""
        return check.check_store(self._transport, self._settings)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of changed orders."""
        return orders.pull_orders(self._transport, self._settings, cursor, since)

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now, archived ones included."""
        return orders.fetch_orders(self._transport, self._settings, external_ids)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of products with their variants."""
        return listings.pull_listings(self._transport, cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named products with their variants."""
        return listings.fetch_listings(self._transport, external_ids)

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each product or variant, in the same order."""
        return stock.read_stock(
            self._transport, self._clock, self._settings.location_id, stock_external_ids
        )

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write absolute quantities at the location."""
        return stock.push_stock(
            self._transport, self._clock, self._settings.location_id, writes
        )

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write the prices of variants."""
        return prices.push_prices(self._transport, writes)

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell of a parcel; one that the store knows is not told again."""
        return shipping.push_fulfillment(self._transport, push)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return the store's id of what an earlier push made, or None."""
        return shipping.find_fulfillment(self._transport, push)

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        """Cancel an order of which nothing has left."""
        return shipping.push_cancellation(self._transport, push)

    def push_refund(self, push: RefundPush) -> PushResult:
        """Pay money back; units stay where they are."""
        return refunds.push_refund(self._transport, push)

    def find_refund(self, push: RefundPush) -> str | None:
        """Return the store's id of what an earlier push made, or None."""
        return refunds.find_refund(self._transport, push)

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that the hub wants to hear of."""
        return webhooks.TOPICS

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a delivery and say which record to look at."""
        secret = self._settings.client_secret.get_secret_value().encode()
        return webhooks.read_webhook(secret, self._clock.now(), headers, body)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return the webhooks of this API account."""
        return webhooks.list_subscriptions(self._transport)

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Make the store call back about ``topic``, or switch it on again."""
        return webhooks.subscribe(self._transport, topic, callback_url)

    def unsubscribe(self, external_id: str) -> None:
        """Delete a webhook; one that is gone already is no error."""
        webhooks.unsubscribe(self._transport, external_id)
