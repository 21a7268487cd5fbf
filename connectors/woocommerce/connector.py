"""One WooCommerce shop as the hub sees it: every capability, one method each.

What each does is in the module of its subject; this class holds what they share. It
neither loops over pages nor waits nor retries, and remembers nothing that it could not
ask for again.
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
from . import check, fulfillments, listings, orders, prices, refunds, stock, webhooks
from .auth import choose_auth
from .details import OrderDetails
from .settings import WooCommerceSettings
from .traits import TRAITS


class WooCommerceConnector:
    """Talks to one shop over REST v3; see the capabilities' Protocols for promises."""

    def __init__(self, settings: WooCommerceSettings, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        self._transport = context.transports.open(
            base_url=settings.api_url,
            auth=choose_auth(settings, context.clock),
            requests_per_second=TRAITS.requests_per_second,
            burst=TRAITS.burst,
        )
        self._details = OrderDetails(self._transport, context.clock)

    def check(self) -> Account:
        """Prove address, key, permissions, version and identity. Changes nothing."""
        return check.check_shop(self._transport, self._settings)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of changed orders; trashed ones come as cancelled."""
        return orders.pull_orders(
            self._transport, self._clock, self._details, cursor, since
        )

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now, whatever their status."""
        return orders.fetch_orders(self._transport, self._details, external_ids)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of products with their variations."""
        return listings.pull_listings(self._transport, cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named products with their variations."""
        return listings.fetch_listings(self._transport, external_ids)

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each product or variation, in the same order."""
        return stock.read_stock(self._transport, self._clock, stock_external_ids)

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write absolute quantities and compare the answers with them."""
        return stock.push_stock(self._transport, writes)

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell of a parcel: natively where the shop can, otherwise by a note."""
        return fulfillments.push_fulfillment(self._transport, self._settings, push)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return the shop's id of what an earlier push made, or None."""
        return fulfillments.find_fulfillment(self._transport, self._settings, push)

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        """Cancel an order; the shop gives its stock back by itself."""
        return fulfillments.push_cancellation(self._transport, push)

    def push_refund(self, push: RefundPush) -> PushResult:
        """Pay money back, through the shop's gateway or as a record."""
        return refunds.push_refund(self._transport, self._settings, push)

    def find_refund(self, push: RefundPush) -> str | None:
        """Return the shop's id of what an earlier push made, or None."""
        return refunds.find_refund(self._transport, push)

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write what shoppers see; a sale price ends with it."""
        return prices.push_prices(self._transport, writes)

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that the hub wants to hear of."""
        return webhooks.TOPICS

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a delivery and say which record to look at."""
        return webhooks.read_webhook(self._webhook_secret, headers, body)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return the webhooks that this hub made in the shop."""
        return webhooks.list_subscriptions(self._transport)

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Make the shop call back about ``topic``, or renew what is there."""
        return webhooks.subscribe(
            self._transport, self._webhook_secret, topic, callback_url
        )

    def unsubscribe(self, external_id: str) -> None:
        """Delete a webhook; one that is gone already is no error."""
        webhooks.unsubscribe(self._transport, external_id)

    @property
    def _webhook_secret(self) -> str:
        secret = self._settings.consumer_secret.get_secret_value()
        return webhooks.derive_webhook_secret(secret)
