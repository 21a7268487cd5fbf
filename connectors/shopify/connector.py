"""One Shopify shop, ready to talk: what the hub can ask of it.

Requests and answers only. What a document says is in ``documents``, what an error means
in ``graphql``, how records are read in ``mapping.shopify``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pages import Delivery, Page, Record
from ...canonical.pushes import (
    Account,
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PriceWrite,
    PushResult,
    RefundPush,
    StockWrite,
    Subscription,
)
from ...canonical.stock import StockReading
from ..sdk import Context, StockWriteMode, Traits
from . import documents, stock, subscriptions
from .account import find_location, read_account
from .auth import ShopifyAuth
from .cancelling import cancel_order
from .cost import RECORDS_MAX, PageSize
from .cursor import OVERLAP, VISIBILITY_LAG, OrderScan, ProductScan
from .fulfillment import find_parcel
from .graphql import Admin, LostPlaceError, Reply, ask_affordably, ask_in_parts
from .ids import to_gids, to_number
from .pricing import write_prices
from .records import (
    complete_order,
    complete_product,
    list_found,
    make_records,
    read_change,
    read_token,
)
from .refunding import find_paid, pay_back, read_money
from .settings import ShopifySettings
from .shipping import read_work, tell_parcel
from .webhooks import TOPICS, read_delivery
from .wire import Connection

TRAITS = Traits(
    stock_write=StockWriteMode.COMPARE_AND_SET,
    stock_batch_max=RECORDS_MAX,
    fetch_batch_max=50,
    requests_per_second=10.0,
    burst=40,
    overlap_seconds=int(OVERLAP.total_seconds()),
    visibility_lag_seconds=int(VISIBILITY_LAG.total_seconds()),
    settle_seconds=5,
)


class ShopifyConnector:
    """Talks to one shop through the Admin GraphQL API. Building it does no I/O."""

    def __init__(self, settings: ShopifySettings, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        transport = context.transports.open(
            base_url=settings.shop,
            auth=ShopifyAuth(settings, context.credentials, context.clock),
            requests_per_second=TRAITS.requests_per_second,
            burst=TRAITS.burst,
        )
        self._admin = Admin(transport)
        self._orders_at_once = PageSize(25)
        self._products_at_once = PageSize(20)
        self._stock_at_once = PageSize(RECORDS_MAX)
        self._location_found = ""

    def check(self) -> Account:
        """Prove credentials, scopes and the location with Shopify."""
        return read_account(self._admin, self._settings)

    # -- orders ------------------------------------------------------------------------

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of orders, in the order of their change."""
        scan = OrderScan.decode(cursor) if cursor else OrderScan(since)
        try:
            reply = self._ask_orders(scan)
        except LostPlaceError:
            scan = scan.ask_anew()
            reply = self._ask_orders(scan)
        page = reply.read(Connection, "orders")
        orders = [complete_order(self._admin, order) for order in page.nodes]
        records = make_records(orders, scan.since)
        changes = [change for order in orders if (change := read_change(order))]
        scan = scan.see(changes, reply.channel_time)
        if not page.page_info.has_next_page or scan.has_caught_up(changes):
            return Page(records, scan.finish().encode(), complete=True)
        self._orders_at_once.grow()
        scan = scan.follow(read_token(scan.after, page))
        return Page(records, scan.encode(), complete=False)

    def _ask_orders(self, scan: OrderScan) -> Reply:
        return ask_affordably(
            self._orders_at_once,
            lambda count: self._admin.ask(
                documents.ORDERS, first=count, after=scan.after, query=scan.query
            ),
        )

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now; global or bare numeric ids."""
        replies = ask_in_parts(
            self._orders_at_once,
            to_gids("Order", external_ids),
            lambda ids: self._admin.ask(documents.ORDERS_BY_ID, ids=ids),
        )
        orders = [complete_order(self._admin, order) for order in list_found(replies)]
        return make_records(orders, self._clock.now())

    # -- listings and stock ------------------------------------------------------------

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of products with their variants, oldest first."""
        location = self._location()
        scan = ProductScan.decode(cursor) if cursor else ProductScan()
        try:
            reply = self._ask_products(scan)
        except LostPlaceError:
            scan = scan.ask_anew()
            reply = self._ask_products(scan)
        page = reply.read(Connection, "products")
        products = [
            complete_product(self._admin, product, location) for product in page.nodes
        ]
        records = make_records(products, reply.channel_time or self._clock.now())
        if not page.page_info.has_next_page:
            return Page(records, scan.encode(), complete=True)
        last = to_number(records[-1].external_id) if records else 0
        self._products_at_once.grow()
        token = read_token(scan.after, page)
        scan = scan.follow(token, len(records), last)
        return Page(records, scan.encode(), complete=False)

    def _ask_products(self, scan: ProductScan) -> Reply:
        location = self._location()
        return ask_affordably(
            self._products_at_once,
            lambda count: self._admin.ask(
                documents.PRODUCTS,
                first=count,
                after=scan.after,
                query=scan.query,
                location=location,
            ),
        )

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named products as they are now; global or bare numeric ids."""
        location = self._location()
        replies = ask_in_parts(
            self._products_at_once,
            to_gids("Product", external_ids),
            lambda ids: self._admin.ask(
                documents.PRODUCTS_BY_ID, ids=ids, location=location
            ),
        )
        products = [
            complete_product(self._admin, product, location)
            for product in list_found(replies)
        ]
        return make_records(products, self._clock.now())

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return what Shopify calls ``available`` at the location, for each id."""
        return stock.read_stock(
            self._admin,
            stock_external_ids,
            location=self._location(),
            at_once=self._stock_at_once,
            now=self._clock.now(),
        )

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Set quantities, each only if Shopify still has the one that was expected."""
        return stock.write_stock(self._admin, writes, self._location())

    def _location(self) -> str:
        if not self._location_found:
            self._location_found = find_location(self._admin, self._settings)
        return self._location_found

    # -- parcels and cancellations -----------------------------------------------------

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell Shopify that goods left; a parcel that it knows is not told again."""
        location, notify = self._location(), self._settings.notify_buyer
        return _settle(
            lambda: tell_parcel(self._admin, push, location=location, notify=notify)
        )

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return Shopify's id of a parcel, by tracking number or else by its lines."""
        order = read_work(self._admin, push.order_external_id)
        return find_parcel(order, push) if order else None

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        """Ask Shopify to cancel an order; no money goes back, and nobody is mailed."""
        return _settle(lambda: cancel_order(self._admin, push))

    # -- money -------------------------------------------------------------------------

    def push_refund(self, push: RefundPush) -> PushResult:
        """Pay money back to where it came from; nobody is mailed, no stock moves."""
        return _settle(lambda: pay_back(self._admin, push))

    def find_refund(self, push: RefundPush) -> str | None:
        """Return Shopify's id of a refund, by the reference in its note."""
        order = read_money(self._admin, push.order_external_id)
        return find_paid(order, push) if order else None

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write prices of variants, product by product."""
        return write_prices(self._admin, writes)

    # -- webhooks ----------------------------------------------------------------------

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that the hub wants to hear of."""
        return TOPICS

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a delivery on its raw bytes and say which record to look at."""
        return read_delivery(
            headers,
            body,
            secrets=self._settings.webhook_secrets,
            domain=self._settings.domain,
        )

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return the subscriptions that the app made in this shop."""
        return subscriptions.list_subscriptions(self._admin)

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Ask Shopify to call ``callback_url`` about ``topic``; safe to repeat."""
        return subscriptions.subscribe(self._admin, topic, callback_url)

    def unsubscribe(self, external_id: str) -> None:
        """End a subscription; one that is gone already is no error."""
        subscriptions.unsubscribe(self._admin, external_id)


def _settle(write: Callable[[], PushResult]) -> PushResult:
    """Return what became of a write, where Shopify refused or went silent too."""
    try:
        return write()
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
