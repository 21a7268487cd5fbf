"""The JSON around Shopify's records: answers, errors, costs, pages.

The records themselves stay as they came; ``mapping.shopify`` reads them. Unknown fields
are ignored here, so that a new one breaks nothing.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Shape(BaseModel):
    """Base of these shapes: Shopify's names, and room for more of them."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class ThrottleStatus(Shape):
    """The bucket of query cost that Shopify keeps for each app and shop, in points."""

    maximum_available: float
    currently_available: float
    restore_rate: float
    """Points that come back each second."""


class Cost(Shape):
    """What one query costs in points; all calls of an app to a shop share a bucket."""

    requested_query_cost: float | None = None
    """For the largest answer that the query could have."""
    throttle_status: ThrottleStatus | None = None


class Extensions(Shape):
    """What Shopify adds to an answer as a whole."""

    cost: Cost | None = None


class ErrorDetails(Shape):
    """What Shopify adds to an error."""

    code: str = ""
    required_access: str = ""
    """The access scopes that were missing, as a sentence."""


class GraphqlError(Shape):
    """One entry of ``errors``: the query as a whole, or one field of it, failed."""

    message: str
    path: tuple[str | int, ...] = ()
    extensions: ErrorDetails = ErrorDetails()


class Envelope(Shape):
    """A GraphQL answer before anybody looked at its data."""

    data: dict[str, Any] | None = None
    errors: tuple[GraphqlError, ...] = ()
    extensions: Extensions = Extensions()


class UserError(Shape):
    """Why a mutation changed nothing: HTTP and GraphQL both call this a success."""

    message: str
    field: tuple[str, ...] | None = None
    """The path into the input, indexes as digits."""
    code: str | None = None


class Changed(Shape):
    """What a mutation says besides what it made: nothing, or why it made nothing."""

    user_errors: tuple[UserError, ...] = ()


class PageInfo(Shape):
    """Where a connection goes on."""

    has_next_page: bool
    end_cursor: str | None = None


class WebhookSubscription(Shape):
    """One topic that Shopify calls somebody about."""

    id: str
    topic: str
    uri: str


class Subscriptions(Shape):
    """One page of webhook subscriptions."""

    nodes: tuple[WebhookSubscription, ...]
    page_info: PageInfo


class Connection(Shape):
    """One page of a list."""

    nodes: list[dict[str, Any]]
    page_info: PageInfo


class Nodes(Shape):
    """Named records in the order they were asked for; None for one not there."""

    nodes: list[dict[str, Any] | None]


class Quantity(Shape):
    """A number of units in one state, such as ``available``."""

    quantity: int


class Level(Shape):
    """The quantities of one stock record at one location."""

    quantities: tuple[Quantity, ...]


class StockLevel(Shape):
    """One stock record (an inventory item) at the location that was asked about."""

    id: str
    tracked: bool
    inventory_level: Level | None

    @property
    def available(self) -> int | None:
        """What a shopper could buy; None where Shopify keeps no quantity for it."""
        if not self.tracked or not self.inventory_level:
            return None
        quantities = self.inventory_level.quantities
        return quantities[0].quantity if quantities else None


class Shop(Shape):
    """Whose credentials these are."""

    id: str
    name: str
    currency_code: str
    myshopify_domain: str


class Location(Shape):
    """A place that Shopify keeps quantities for."""

    id: str
    name: str
    is_active: bool


class Locations(Shape):
    """The places that Shopify keeps quantities for."""

    nodes: tuple[Location, ...]


class Scope(Shape):
    """One thing that the app may do."""

    handle: str


class Scopes(Shape):
    """All that the app may do in the shop."""

    access_scopes: tuple[Scope, ...]


class Reference(Shape):
    """A record by its id."""

    id: str


class TrackingInfo(Shape):
    """Where a parcel is."""

    number: str | None = None


class ParcelLine(Shape):
    """Units of an order's line in a parcel."""

    quantity: int | None
    line_item: Reference


class ParcelLines(Shape):
    """All lines of a parcel."""

    nodes: tuple[ParcelLine, ...]


class Parcel(Shape):
    """A fulfillment: goods that left."""

    id: str
    status: str
    tracking_info: tuple[TrackingInfo, ...]
    fulfillment_line_items: ParcelLines


class WorkLine(Shape):
    """Units of an order's line that are still to be shipped."""

    id: str
    remaining_quantity: int
    line_item: Reference


class WorkLines(Shape):
    """All lines of a fulfillment order."""

    nodes: tuple[WorkLine, ...]


class AssignedLocation(Shape):
    """Who is to do the work; no location where it was deleted since."""

    location: Reference | None


class Work(Shape):
    """A fulfillment order: what one location has to ship of an order."""

    id: str
    status: str
    assigned_location: AssignedLocation
    line_items: WorkLines


class Works(Shape):
    """All fulfillment orders of an order."""

    nodes: tuple[Work, ...]


class OrderToShip(Shape):
    """What was shipped of an order, and what is still to be."""

    id: str
    fulfillments: tuple[Parcel, ...]
    fulfillment_orders: Works


class Fulfilled(Shape):
    """What ``fulfillmentCreate`` says."""

    fulfillment: Reference | None = None
    user_errors: tuple[UserError, ...] = ()


class Cancelled(Shape):
    """What ``orderCancel`` says: a job that will cancel, or why there is none."""

    job: Reference | None = None
    order_cancel_user_errors: tuple[UserError, ...] = ()


class PresentmentAmount(Shape):
    """An amount in the buyer's currency."""

    amount: str


class PresentmentBag(Shape):
    """The part of an amount that is in the buyer's currency."""

    presentment_money: PresentmentAmount


class PaidTransaction(Shape):
    """One movement of money of an order; a refund names the payment that it undoes."""

    id: str
    kind: str
    status: str
    gateway: str | None = None
    parent_transaction: Reference | None = None
    amount_set: PresentmentBag


class RefundNote(Shape):
    """A refund, as far as finding it again needs."""

    id: str
    note: str | None = None


class OrderToRefund(Shape):
    """What was paid for an order, and what went back."""

    id: str
    presentment_currency_code: str
    transactions: tuple[PaidTransaction, ...]
    refunds: tuple[RefundNote, ...]


class Refunded(Shape):
    """What ``refundCreate`` says."""

    refund: Reference | None = None
    user_errors: tuple[UserError, ...] = ()


class VariantHead(Shape):
    """A variant, as far as finding its product needs."""

    id: str
    product: Reference


class PricedVariant(Shape):
    """A variant as shoppers see it after a write."""

    id: str
    price: str


class Priced(Shape):
    """What ``productVariantsBulkUpdate`` says."""

    product_variants: tuple[PricedVariant, ...] | None = None
    user_errors: tuple[UserError, ...] = ()


class Subscribed(Shape):
    """What ``webhookSubscriptionCreate`` says."""

    webhook_subscription: WebhookSubscription | None = None
    user_errors: tuple[UserError, ...] = ()


class TokenAnswer(BaseModel):
    """What the token endpoint gives: a token, and how to get the next one."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    access_token: str
    expires_in: float | None = None
    """Seconds; None for a token that does not expire."""
    refresh_token: str = ""
