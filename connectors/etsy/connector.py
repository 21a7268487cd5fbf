"""One Etsy shop as the hub sees it: every capability, one method each.

Only joins the parts: each capability is a module beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ...canonical.pages import Delivery, Page, Record
from ...canonical.pushes import (
    Account,
    FulfillmentPush,
    PriceWrite,
    PushResult,
    StockWrite,
    Subscription,
)
from ...canonical.stock import StockReading
from ..sdk import Context
from . import check, orders, shipping
from .auth import EtsyAuth
from .kept import Kept
from .listings import Shelf
from .settings import EtsySettings
from .stock import StockRoom
from .traits import BURST, REQUESTS_PER_SECOND
from .webhooks import Webhooks


class EtsyConnector:
    """Talks to one shop; see the capabilities' Protocols for the promises."""

    def __init__(self, settings: EtsySettings, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        self._shop_id = settings.shop_id
        self._kept = Kept(context.credentials, settings)
        # Etsy's limits are the application's, over all the shops that it serves.
        self._shop = context.transports.open(
            base_url=settings.address,
            auth=EtsyAuth(settings, self._kept, context.clock),
            requests_per_second=REQUESTS_PER_SECOND,
            burst=BURST,
            account=settings.keystring,
        )
        self._shelf = Shelf(self._shop, self._clock, self._kept, self._shop_id)
        self._stock = StockRoom(self._shop, self._shelf, self._kept, settings)
        self._webhooks = Webhooks(settings, self._kept, self._clock)

    def __repr__(self) -> str:
        return f"EtsyConnector({self._shop_id})"

    def check(self) -> Account:
        """Prove key, token, scopes and shop. Changes nothing."""
        return check.check_account(self._shop, self._kept, self._settings)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of changed receipts, and of some read once more."""
        return orders.pull_orders(self._shop, self._clock, self._shop_id, cursor, since)

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named receipts as they are now."""
        return orders.fetch_orders(self._shop, self._shop_id, external_ids)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of a scan of listings with their inventories."""
        return self._shelf.pull(cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named listings with their inventories."""
        return self._shelf.fetch(external_ids)

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each id, in the same order."""
        return self._shelf.read_stock(stock_external_ids)

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write absolute quantities, all of one listing at once."""
        return self._stock.push_stock(writes)

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write prices, all of one listing at once."""
        return self._stock.push_prices(writes)

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell of a parcel; one that Etsy knows is not told again."""
        return shipping.push_fulfillment(self._shop, self._shop_id, push)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return Etsy's id of what an earlier push made, or None."""
        return shipping.find_fulfillment(self._shop, self._shop_id, push)

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that the hub wants to hear of."""
        return self._webhooks.topics

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a delivery and say which receipt to look at."""
        return self._webhooks.read(headers, body)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return where the hub expects deliveries."""
        return self._webhooks.list_subscriptions()

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Note where deliveries are expected; the endpoint is made in the portal."""
        return self._webhooks.subscribe(topic, callback_url)

    def unsubscribe(self, external_id: str) -> None:
        """Expect no more deliveries of a topic."""
        self._webhooks.unsubscribe(external_id)
