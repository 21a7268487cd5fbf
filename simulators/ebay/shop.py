"""One simulated eBay account: its API, its shoppers and its seller.

The door (``answer``) looks at the token and leads to the routes. Everything that people
do at eBay and not through the API is a method here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from ..base import Simulator
from ..books import BasketLine, SoldOutError
from ..faults import NO_FAULTS, Faults
from ..wire import Request, Response, json_response
from ..world import World
from . import notices, orders, routes_inventory, routes_notices, routes_orders
from .errors import ApiError, access_error
from .settings import ShopSettings
from .state import Item, NewItem, Order, State
from .tokens import Tokens

TOKEN_PATH = "/identity/v1/oauth2/token"  # noqa: S105 - a path
_FULFILLMENT = "/sell/fulfillment/v1/order"
_INVENTORY = "/sell/inventory/v1"
_NOTIFICATION = "/commerce/notification/v1"
_POST_ORDER = "/post-order/v2/cancellation"
_ID = r"([^/]+)"

Answer = Callable[..., Response]

ROUTES: tuple[tuple[str, str, Answer], ...] = (
    ("GET", _FULFILLMENT, routes_orders.list_orders),
    ("GET", f"{_FULFILLMENT}/{_ID}", routes_orders.get_order),
    ("GET", f"{_FULFILLMENT}/{_ID}/shipping_fulfillment", routes_orders.list_parcels),
    ("POST", f"{_FULFILLMENT}/{_ID}/shipping_fulfillment", routes_orders.post_parcel),
    ("POST", f"{_FULFILLMENT}/{_ID}/issue_refund", routes_orders.post_refund),
    ("POST", _POST_ORDER, routes_orders.post_cancellation),
    ("POST", f"{_POST_ORDER}/{_ID}/approve", routes_orders.approve_cancellation),
    ("GET", f"{_INVENTORY}/inventory_item", routes_inventory.list_items),
    ("GET", f"{_INVENTORY}/offer", routes_inventory.list_offers),
    (
        "POST",
        f"{_INVENTORY}/bulk_get_inventory_item",
        routes_inventory.bulk_get_items,
    ),
    ("POST", f"{_INVENTORY}/bulk_update_price_quantity", routes_inventory.bulk_update),
    ("GET", f"{_NOTIFICATION}/public_key/{_ID}", routes_notices.get_key),
    ("GET", f"{_NOTIFICATION}/topic/{_ID}", routes_notices.get_topic),
    ("GET", f"{_NOTIFICATION}/config", routes_notices.get_config),
    ("PUT", f"{_NOTIFICATION}/config", routes_notices.put_config),
    ("GET", f"{_NOTIFICATION}/destination", routes_notices.list_destinations),
    ("GET", f"{_NOTIFICATION}/subscription", routes_notices.list_subscriptions),
    ("POST", f"{_NOTIFICATION}/subscription", routes_notices.post_subscription),
    (
        "DELETE",
        f"{_NOTIFICATION}/subscription/{_ID}",
        routes_notices.delete_subscription,
    ),
    (
        "POST",
        f"{_NOTIFICATION}/subscription/{_ID}/enable",
        routes_notices.enable_subscription,
    ),
)
_OF_THE_KEYSET = re.compile(rf"{_NOTIFICATION}/(public_key|topic|config|destination)")


class EbayShop(Simulator):
    """An account; listings are named as in the world's books, by their SKU."""

    def __init__(
        self,
        channel: str,
        *,
        world: World,
        settings: ShopSettings | None = None,
        seed: int = 0,
        faults: Faults = NO_FAULTS,
    ) -> None:
        super().__init__(
            channel,
            world=world,
            seed=seed,
            faults=faults,
            retry_delays_seconds=notices.RETRY_DELAYS_SECONDS,
        )
        self.settings = settings or ShopSettings()
        self.state = State(self, self.settings, alert_email=self.settings.alert_email)
        self.tokens = Tokens(self.state)
        self.challenger: routes_notices.Challenger | None = None
        """Asks new destinations the challenge; without it they are believed."""
        world.open_shop(channel, self)

    # The API

    def answer(self, request: Request) -> Response:
        """Answer as eBay does when nothing goes wrong."""
        try:
            if (request.method, request.path) == ("POST", TOKEN_PATH):
                return self.tokens.answer(request)
            self._check_access(request)
            return self._dispatch(request)
        except ApiError as error:
            return error.response()

    def is_write(self, request: Request) -> bool:
        """Say whether a request changes anything; tokens and bulk reads do not."""
        reads = request.path == TOKEN_PATH or request.path.endswith(
            "bulk_get_inventory_item"
        )
        return super().is_write(request) and not reads

    def answer_expired(self, request: Request) -> Response:
        """Let the request's token expire, and answer."""
        self.tokens.expire(request.headers.get("authorization", ""))
        return self.answer(request)

    def _check_access(self, request: Request) -> None:
        legacy = request.path.startswith(_POST_ORDER)
        kind = self.tokens.kind_of(
            request.headers.get("authorization", ""), "IAF" if legacy else "Bearer"
        )
        if not kind:
            raise access_error()
        if legacy and not request.headers.get("x-ebay-c-marketplace-id"):
            raise ApiError(400, 1002, "The marketplace is missing", "POSTORDER")
        wanted = "application" if _OF_THE_KEYSET.match(request.path) else "user"
        if kind != wanted:
            raise ApiError(403, 1100, "Insufficient permissions", "ACCESS")

    def _dispatch(self, request: Request) -> Response:
        if request.path == "/commerce/identity/v1/user/":
            return json_response(self._describe_seller())
        if request.path == "/sell/account/v1/privilege":
            completed = self.settings.registration_completed
            return json_response({"sellerRegistrationCompleted": completed})
        if (request.method, request.path) == ("POST", f"{_NOTIFICATION}/destination"):
            return routes_notices.post_destination(self.state, request, self.challenger)
        for method, pattern, route in ROUTES:
            match = re.fullmatch(pattern, request.path)
            if match is not None and method == request.method:
                return route(self.state, request, *match.groups())
        raise ApiError(404, 2002, "Resource not found", "ACCESS")

    def _describe_seller(self) -> dict[str, str]:
        return {
            "userId": self.settings.user_id,
            "username": self.settings.username,
            "accountType": "BUSINESS",
            "registrationMarketplaceId": self.settings.marketplace,
            "status": "CONFIRMED",
        }

    # The catalogue

    def add_item(
        self, new: NewItem, components: Mapping[str, int] | None = None
    ) -> str:
        """Put an item on sale and return its listing, which is its SKU."""
        with self.lock:
            number = self.state.number()
            item = Item(
                sku=new.sku,
                title=new.title,
                price=new.price,
                quantity=new.quantity,
                ean=new.ean,
                offer_id=str(8_000_000_000 + number),
                listing_id=str(110_000_000_000 + number),
                offer_quantity=new.offer_quantity,
                published=new.published,
                changed_at=self.clock.now(),
            )
            self.state.items[new.sku] = item
            self.world.offer(self.channel, new.sku, components or {new.sku: 1})
            orders.tell_shown(self.state, item, written=False)
            return new.sku

    def shown(self, listing: str) -> int:
        """Return how many of a listing shoppers may buy now."""
        with self.lock:
            return self.state.items[listing].shown

    def item(self, sku: str) -> Item:
        """Return the row of an item."""
        return self.state.items[sku]

    def order(self, order_id: str) -> Order:
        """Return the row of an order."""
        return self.state.orders[order_id]

    # Shoppers

    def sell(self, basket: Sequence[BasketLine], buyer: str, *, note: str = "") -> str:
        """Place a paid order and return its id.

        Raises:
            SoldOutError: a listing shows less than the basket wants. Nothing is sold.
        """
        with self.lock:
            for line in basket:
                shown = self.state.items[line.listing].shown
                if line.quantity > shown:
                    raise SoldOutError(f"{line.listing} shows {shown}")
            wanted = [(self.item(line.listing), line.quantity) for line in basket]
            order = orders.place(self.state, wanted, buyer, note)
            notices.announce_order(self.state, order)
            return order.order_id

    def ask_to_cancel(self, order_id: str) -> str:
        """Let the buyer ask for a cancellation; return the request's id."""
        with self.lock:
            order = self.order(order_id)
            return orders.ask_to_cancel(self.state, order, "BUYER", "ORDER_MISTAKE")

    # The seller

    def cancel_order(self, order_id: str) -> None:
        """Cancel an order at the buyer's wish; the buyer is paid back.

        Raises:
            ValueError: something of it has shipped, or it is cancelled already.
        """
        with self.lock:
            order = self.order(order_id)
            shipped = any(line.units_shipped for line in order.lines)
            if shipped or order.cancelled_at is not None:
                raise ValueError(f"order {order_id} cannot be cancelled any more")
            request = self.ask_to_cancel(order_id)
            orders.complete_cancellation(self.state, order, request)

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Refuse: an order of eBay cannot be edited.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"eBay edits no orders: {order_id}, {line_id}, {quantity}")

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Pay back what units cost; None pays back all that is left.

        Money only: eBay restocks nothing, whatever ``restock`` says.
        """
        del restock
        with self.lock:
            order = self.order(order_id)
            amounts: dict[str, Decimal] = {}
            for line in order.lines:
                units = line.quantity
                if quantities is not None:
                    units = quantities.get(line.line_id, 0)
                if units:
                    amounts[line.line_id] = line.price * units
            orders.pay_back(self.state, order, amounts)

    def ship_order(self, order_id: str, tracking_number: str = "") -> None:
        """Ship all that is left, from eBay's own pages."""
        with self.lock:
            order = self.order(order_id)
            parts = [
                (line.line_id, line.quantity - line.units_shipped)
                for line in order.lines
                if line.quantity > line.units_shipped
            ]
            orders.ship(
                self.state,
                order,
                parts,
                tracking_number=tracking_number,
                carrier="USPS" if tracking_number else "",
            )

    def set_quantity(self, sku: str, quantity: int) -> None:
        """Type in a quantity, in eBay's own pages."""
        with self.lock:
            item = self.item(sku)
            item.quantity = quantity
            item.offer_quantity = None
            orders.tell_shown(self.state, item, written=False)

    def withdraw(self, sku: str) -> None:
        """End the listing of an item; the item stays."""
        with self.lock:
            item = self.item(sku)
            item.published = False
            orders.tell_shown(self.state, item, written=False)
