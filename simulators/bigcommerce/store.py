"""One simulated BigCommerce store: its API, its shoppers and its staff.

The door (``answer``) looks at the token and the window of requests and leads to the
routes. Everything that people do in the store and not through the API is a method here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ..base import Simulator
from ..books import BasketLine, SoldOutError
from ..faults import NO_FAULTS, Faults
from ..webhooks import Outcome
from ..wire import Request, Response
from ..world import World
from . import hooks, orders, routes_goods, routes_orders
from .errors import ApiError, not_found
from .settings import StoreSettings
from .state import (
    CANCELLED,
    Counter,
    NewProduct,
    NewVariant,
    Order,
    Product,
    State,
    Variant,
)

_ID = r"([^/]+)"
_ACTIONS = f"/v3/orders/{_ID}/payment_actions"
WINDOW = timedelta(seconds=30)

Answer = Callable[..., Response]

ROUTES: tuple[tuple[str, str, Answer], ...] = (
    ("GET", "/v2/store", routes_goods.get_store),
    ("GET", "/v2/orders", routes_orders.list_orders),
    ("GET", f"/v2/orders/{_ID}", routes_orders.get_order),
    ("PUT", f"/v2/orders/{_ID}", routes_orders.put_order),
    ("GET", f"/v2/orders/{_ID}/shipments", routes_orders.list_shipments),
    ("POST", f"/v2/orders/{_ID}/shipments", routes_orders.post_shipment),
    ("GET", "/v3/orders/payment_actions/refunds", routes_orders.list_refunds),
    ("POST", f"{_ACTIONS}/refund_quotes", routes_orders.post_quote),
    ("POST", f"{_ACTIONS}/refunds", routes_orders.post_refund),
    ("GET", "/v3/catalog/products", routes_goods.list_products),
    ("PUT", "/v3/catalog/variants", routes_goods.put_variants),
    ("GET", "/v3/inventory/items", routes_goods.list_inventory),
    ("GET", "/v3/inventory/locations", routes_goods.list_locations),
    ("PUT", "/v3/inventory/adjustments/absolute", routes_goods.put_adjustments),
    ("GET", "/v3/hooks", routes_goods.list_hooks),
    ("POST", "/v3/hooks", routes_goods.post_hook),
    ("PUT", f"/v3/hooks/{_ID}", routes_goods.put_hook),
    ("DELETE", f"/v3/hooks/{_ID}", routes_goods.delete_hook),
)


class BigCommerceStore(Simulator):
    """A store; listings are named ``product/variant``, as in the world's books."""

    def __init__(
        self,
        channel: str,
        *,
        world: World,
        settings: StoreSettings | None = None,
        seed: int = 0,
        faults: Faults = NO_FAULTS,
    ) -> None:
        super().__init__(
            channel,
            world=world,
            seed=seed,
            faults=faults,
            retry_delays_seconds=hooks.RETRY_DELAYS_SECONDS,
        )
        self.settings = settings or StoreSettings()
        self.state = State(self, self.settings)
        self.deliverer.report = self._note_outcome
        self._window_began: datetime = self.clock.now()
        self._window_requests = 0
        world.open_shop(channel, self)

    # The API

    def answer(self, request: Request) -> Response:
        """Answer as BigCommerce does when nothing goes wrong."""
        path = request.path.partition(f"/stores/{self.settings.store_hash}")[2]
        try:
            self._check_access(request, path)
            turned_away = self._count_request()
            return turned_away or self._dispatch(replace(request, path=path))
        except ApiError as error:
            return error.response(request.path)

    def is_write(self, request: Request) -> bool:
        """Say whether a request changes anything; a quote does not."""
        return super().is_write(request) and not request.path.endswith("/refund_quotes")

    def _check_access(self, request: Request, path: str) -> None:
        if not path:
            raise not_found()
        if request.headers.get("x-auth-token") != self.settings.access_token:
            raise ApiError(401, "Unauthorized")
        if self.is_write(request) and not self.settings.may_write:
            raise ApiError(
                403, "You don't have a required scope to access the endpoint"
            )

    def _count_request(self) -> Response | None:
        """Count a request in its window; one too many is turned away."""
        most = self.settings.requests_per_window
        if most is None:
            return None
        now = self.clock.now()
        if now - self._window_began >= WINDOW:
            self._window_began, self._window_requests = now, 0
        self._window_requests += 1
        if self._window_requests <= most:
            return None
        left = WINDOW - (now - self._window_began)
        reset_ms = math.ceil(left.total_seconds() * 1000)
        headers = {
            "x-rate-limit-time-window-ms": "30000",
            "x-rate-limit-time-reset-ms": str(reset_ms),
            "x-rate-limit-requests-quota": str(most),
            "x-rate-limit-requests-left": "0",
        }
        return Response(429, headers)

    def _dispatch(self, request: Request) -> Response:
        for method, pattern, route in ROUTES:
            match = re.fullmatch(pattern, request.path)
            if match is not None and method == request.method:
                return route(self.state, request, *match.groups())
        raise not_found()

    def _note_outcome(self, outcome: Outcome) -> None:
        """Switch off a webhook whose last try has failed."""
        hook = self.state.hooks.get(int(outcome.subscription))
        if hook is not None and outcome.final and not outcome.accepted:
            hook.active = False

    # The catalogue

    def add_product(
        self, new: NewProduct, components: Mapping[str, int] | None = None
    ) -> str:
        """Put a product on sale and return the listing of its first variant.

        ``components`` is what one unit of any variant really takes from the warehouse;
        without it, one unit of its own SKU.
        """
        with self.lock:
            told = new.variants or (NewVariant(sku=new.sku, stock=new.stock),)
            product = Product(
                product_id=self.state.number(),
                name=new.name,
                price=new.price,
                sku=new.sku,
                upc=new.upc,
                tracking=new.tracking,
                visible=new.visible,
                variants=[],
                counter=Counter(quantity=new.stock),
                created=self.clock.now(),
                changed_at=self.clock.now(),
            )
            self.state.products[product.product_id] = product
            for one in told:
                self._add_variant(product, one, based=bool(new.variants))
            for variant in product.variants:
                listing = product.listing_of(variant)
                self.world.offer(self.channel, listing, components or {variant.sku: 1})
                self.world.record_shown(
                    self.channel, listing, self.shown(listing), written=False
                )
            hooks.tell_product(self.state, "store/product/created", product)
            return product.listing_of(product.variants[0])

    def _add_variant(self, product: Product, new: NewVariant, *, based: bool) -> None:
        product.variants.append(
            Variant(
                variant_id=self.state.number(),
                product_id=product.product_id,
                sku_id=self.state.number() if based else 0,
                sku=new.sku,
                label=new.label,
                price=new.price,
                counter=Counter(quantity=new.stock),
            )
        )

    def listings_of(self, listing: str) -> tuple[str, ...]:
        """Return the listings of all variants of a listing's product."""
        product, _ = self.state.find_listing(listing)
        return tuple(product.listing_of(variant) for variant in product.variants)

    def shown(self, listing: str) -> int:
        """Return how many of a listing shoppers may buy now."""
        product, variant = self.state.find_listing(listing)
        return product.counter_of(variant).quantity

    def order(self, order_id: str) -> Order:
        """Return the row of an order."""
        return self.state.orders[int(order_id)]

    # Shoppers

    def sell(
        self,
        basket: Sequence[BasketLine],
        buyer: str,
        *,
        note: str = "",
        status_id: int = 11,
    ) -> str:
        """Place an order, paid unless said otherwise, and return its id.

        Raises:
            SoldOutError: a listing shows less than the basket wants. Nothing is sold.
        """
        with self.lock:
            wanted = []
            for line in basket:
                product, variant = self.state.find_listing(line.listing)
                shown = product.counter_of(variant).quantity
                if product.tracking != "none" and line.quantity > shown:
                    raise SoldOutError(f"{line.listing} shows {shown}")
                wanted.append((product, variant, line.quantity))
            order = orders.place(self.state, wanted, buyer, note, status_id)
            return str(order.order_id)

    # Staff

    def cancel_order(self, order_id: str) -> None:
        """Cancel an order; stock goes back where the store is set so."""
        with self.lock:
            orders.set_status(self.state, self.order(order_id), CANCELLED)

    def set_status(self, order_id: str, status_id: int) -> None:
        """Set the status by hand."""
        with self.lock:
            orders.set_status(self.state, self.order(order_id), status_id)

    def archive_order(self, order_id: str) -> None:
        """Put an order away: no list shows it any more."""
        with self.lock:
            order = self.order(order_id)
            order.archived = True
            orders.touch(self.state, order, "store/order/archived")

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Change a line's quantity; 0 removes the line."""
        with self.lock:
            order = self.order(order_id)
            line = order.line(int(line_id))
            if line is None:
                raise ValueError(f"order {order_id} has no line {line_id}")
            orders.edit(self.state, order, line, quantity)

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Refund line quantities; None refunds all that is left.

        Whether units go back into stock is a setting of the store: ``restock`` is not.
        """
        del restock
        with self.lock:
            order = self.order(order_id)
            parts = [
                {"item_type": "PRODUCT", "item_id": line.line_id, "quantity": units}
                for line in order.lines
                if (units := self._refundable(quantities, str(line.line_id), order)) > 0
            ]
            amount = orders.price_of_items(self.state, order, parts)
            provider = self.settings.gateway
            payments = [{"provider_id": provider, "amount": float(amount)}]
            orders.pay_back(self.state, order, parts, payments)

    def _refundable(
        self, quantities: Mapping[str, int] | None, line_id: str, order: Order
    ) -> int:
        line = order.line(int(line_id))
        left = line.quantity - line.refunded if line else 0
        return left if quantities is None else min(left, quantities.get(line_id, 0))

    def ship_order(self, order_id: str, tracking_number: str = "") -> None:
        """Ship all that is left, from the store's own pages."""
        with self.lock:
            order = self.order(order_id)
            parts = {
                line.line_id: line.quantity - line.shipped - line.refunded
                for line in order.lines
                if line.quantity > line.shipped + line.refunded
            }
            told = {"tracking_number": tracking_number, "shipping_provider": "ups"}
            orders.ship(self.state, order, parts, told)

    def set_stock(self, listing: str, quantity: int) -> None:
        """Type in a quantity, in the store's own pages."""
        with self.lock:
            product, variant = self.state.find_listing(listing)
            counter = product.counter_of(variant)
            orders.show(self.state, product, counter, quantity, written=False)
            product.changed_at = self.clock.now()
