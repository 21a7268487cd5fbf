"""One eBay account as the hub sees it: every capability, one method each.

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
from . import (
    account,
    cancelling,
    listings,
    notifications,
    orders,
    refunding,
    revising,
    shipping,
    subscriptions,
)
from .doors import open_doors
from .keys import KeyRing
from .offers import OfferBook
from .settings import EbaySettings


class EbayConnector:
    """Talks to one account; see the capabilities' Protocols for the promises."""

    def __init__(self, settings: EbaySettings, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        self._doors = open_doors(settings, context)
        self._seller = self._doors.seller
        self._offers = OfferBook(self._seller, context.clock)
        self._keys = KeyRing(self._doors.application, context.clock)

    def check(self) -> Account:
        """Prove keyset, scopes and identity. Changes nothing."""
        return account.check_account(self._doors, self._settings)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of changed orders; those of two years at most."""
        return orders.pull_orders(self._seller, self._clock, cursor, since)

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now."""
        return orders.fetch_orders(self._seller, external_ids)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of inventory items with their offers."""
        return listings.pull_listings(self._seller, self._clock, self._offers, cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the inventory items of the named SKUs, with their offers."""
        return listings.fetch_listings(
            self._seller, self._clock, self._offers, external_ids
        )

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each SKU, in the same order."""
        return listings.read_stock(self._seller, self._clock, stock_external_ids)

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write absolute quantities, of items and of their live offers."""
        return revising.push_stock(self._seller, self._offers, writes)

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write the prices of live offers."""
        return revising.push_prices(self._seller, self._offers, writes)

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell of a parcel; one that eBay knows is not told again."""
        return shipping.push_fulfillment(self._seller, push)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return eBay's id of what an earlier push made, or None."""
        return shipping.find_fulfillment(self._seller, push)

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        """Cancel an order, or approve that the buyer cancels it."""
        now = self._clock.now()
        return cancelling.push_cancellation(self._doors, self._settings, now, push)

    def push_refund(self, push: RefundPush) -> PushResult:
        """Pay money back."""
        now = self._clock.now()
        return refunding.push_refund(self._seller, self._settings, now, push)

    def find_refund(self, push: RefundPush) -> str | None:
        """Return eBay's id of a refund like this one, or None."""
        return refunding.find_refund(self._seller, push)

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that the hub wants to hear of."""
        return notifications.TOPICS

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a notification with eBay's public key and say what to look at."""
        return notifications.read_delivery(self._keys, headers, body)

    def answer_challenge(
        self, params: Mapping[str, str], callback_url: str
    ) -> Mapping[str, str]:
        """Return the proof that ``callback_url`` expects eBay's notifications."""
        token = self._settings.verification_token.get_secret_value()
        return notifications.answer_challenge(params, token, callback_url)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return the seller's subscriptions."""
        return subscriptions.list_subscriptions(self._doors)

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Make eBay call ``callback_url`` about ``topic``; safe to repeat."""
        return subscriptions.subscribe(self._doors, self._settings, topic, callback_url)

    def unsubscribe(self, external_id: str) -> None:
        """End a subscription; one that is gone already is no error."""
        subscriptions.unsubscribe(self._doors, external_id)
