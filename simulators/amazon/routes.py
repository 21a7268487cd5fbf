"""Which path leads where, and by what name Amazon paces it."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..wire import Request, Response
from . import feeds, listing_routes, order_routes
from .errors import not_found
from .plans import take_turn
from .state import State

Route = Callable[..., Response]

_ORDERS = "/orders/2026-01-01/orders"
_LISTINGS = "/listings/2021-08-01/items"
_FEEDS = "/feeds/2021-06-30"
_ROUTES: tuple[tuple[str, str, str, Route], ...] = (
    ("GET", _ORDERS, "searchOrders", order_routes.search_orders),
    ("GET", f"{_ORDERS}/([^/]+)", "getOrder", order_routes.get_order),
    (
        "POST",
        "/orders/v0/orders/([^/]+)/shipmentConfirmation",
        "confirmShipment",
        order_routes.confirm_shipment,
    ),
    (
        "GET",
        f"{_LISTINGS}/([^/]+)",
        "searchListingsItems",
        listing_routes.search_listings,
    ),
    # Paths come decoded here: a SKU may hold slashes.
    ("GET", f"{_LISTINGS}/([^/]+)/(.+)", "getListingsItem", listing_routes.get_listing),
    (
        "PATCH",
        f"{_LISTINGS}/([^/]+)/(.+)",
        "patchListingsItem",
        listing_routes.patch_listing,
    ),
    ("POST", f"{_FEEDS}/documents", "createFeedDocument", feeds.create_document),
    ("GET", f"{_FEEDS}/documents/([^/]+)", "getFeedDocument", feeds.get_document),
    ("POST", f"{_FEEDS}/feeds", "createFeed", feeds.create_feed),
    (
        "GET",
        f"{_FEEDS}/feeds/([^/]+)",
        "getFeed",
        lambda state, request, feed_id: feeds.get_feed(state, feed_id),
    ),
    (
        "GET",
        "/sellers/v1/marketplaceParticipations",
        "getMarketplaceParticipations",
        lambda state, request: listing_routes.list_participations(state),
    ),
    (
        "GET",
        "/fba/inventory/v1/summaries",
        "getInventorySummaries",
        listing_routes.sum_up_fba_stock,
    ),
)


def dispatch(state: State, request: Request) -> Response:
    """Answer a request of somebody who may ask.

    Raises:
        ApiError: there is no such operation, or Amazon refuses the request.
    """
    for method, pattern, operation, route in _ROUTES:
        match = re.fullmatch(pattern, request.path)
        if match and method == request.method:
            take_turn(state, operation)
            return route(state, request, *match.groups())
    raise not_found(f"{request.method} {request.path}")
