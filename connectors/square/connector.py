"""One location of a Square account, as the hub talks to it.

Only joins the parts: each capability is a module beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx

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
from ..transport import Transport
from . import check, listings, orders, prices, refunds, stock, updates
from .auth import BearerAuth, choose_auth
from .kept import Kept
from .operations import API_VERSION
from .returns import OrderReturns
from .settings import SquareSettings
from .traits import BURST, REQUESTS_PER_SECOND
from .webhooks import Webhooks


class SquareConnector:
    """A location, reached with the token that the settings name."""

    def __init__(self, settings: SquareSettings, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        self._location_id = settings.location_id
        kept = Kept(context.credentials, settings)

        def open_door(auth: httpx.Auth) -> Transport:
            return context.transports.open(
                base_url=settings.api_url,
                auth=auth,
                requests_per_second=REQUESTS_PER_SECOND,
                burst=BURST,
                headers={"square-version": API_VERSION},
                account=settings.location_id,
            )

        self._transport = open_door(choose_auth(settings, kept, context.clock))
        self._returns = OrderReturns(self._transport, settings.location_id)
        token = settings.webhook_token
        door = None if token is None else open_door(BearerAuth(token))
        self._webhooks = Webhooks(door, kept, settings.location_id)

    def __repr__(self) -> str:
        return f"SquareConnector({self._location_id!r})"

    def check(self) -> Account:
        """Prove token, permissions and location; tell whose it is."""
        return check.check_account(self._transport, self._settings)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of orders changed since the cursor."""
        return orders.pull_orders(
            self._transport,
            self._clock,
            self._returns,
            location_id=self._location_id,
            cursor=cursor,
            since=since,
        )

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now, with what came back of them."""
        return orders.fetch_orders(self._transport, self._returns, external_ids)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of a scan of the catalogue."""
        return listings.pull_listings(self._transport, self._location_id, cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named items with their variations and counts."""
        return listings.fetch_listings(self._transport, self._location_id, external_ids)

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each variation, in the same order."""
        return stock.read_stock(
            self._transport, self._clock, self._location_id, stock_external_ids
        )

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Count variations anew and compare what Square then has."""
        return stock.push_stock(self._transport, self._clock, self._location_id, writes)

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell of a parcel; the last one completes the order's fulfillment."""
        return updates.push_fulfillment(self._transport, push)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return Square's id of what an earlier push made, or None."""
        return updates.find_fulfillment(self._transport, push)

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        """Cancel an order's fulfillments, and the order where it is not paid."""
        return updates.push_cancellation(self._transport, push)

    def push_refund(self, push: RefundPush) -> PushResult:
        """Pay back out of one payment of the order."""
        return refunds.push_refund(self._transport, push)

    def find_refund(self, push: RefundPush) -> str | None:
        """Return Square's id of what an earlier push paid, or None."""
        return refunds.find_refund(self._transport, push)

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write prices at this location."""
        return prices.push_prices(self._transport, self._location_id, writes)

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that the hub wants to hear of."""
        return self._webhooks.topics

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a delivery and say which record to look at."""
        return self._webhooks.read(headers, body)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return the subscriptions that this hub made."""
        return self._webhooks.list_subscriptions()

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Make Square call back about ``topic``."""
        return self._webhooks.subscribe(topic, callback_url)

    def unsubscribe(self, external_id: str) -> None:
        """End a subscription; one that is gone already is no error."""
        self._webhooks.unsubscribe(external_id)
