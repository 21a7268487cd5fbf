"""One simulated WooCommerce shop: its door, its shoppers and its staff.

The door (``answer``) checks the key and leads to the routes. Everything that people do
in the shop and not through the API is a method here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from ..base import Simulator
from ..books import BasketLine, SoldOutError
from ..faults import NO_FAULTS, Faults
from ..wire import Request, Response, json_response
from ..world import World
from . import catalogue, hooks, orders, refunds, stock, system
from .archive_orders import build_archive
from .auth import check_access
from .catalogue import NewProduct, NewVariation
from .errors import ApiError
from .orders import Purchase
from .routes import dispatch
from .state import Order, Product, ShopSettings, State


class WooCommerceShop(Simulator):
    """A shop; ``site_url`` is what it calls itself in links and webhooks.

    Listings are named as in the world's books: ``"12"`` for a product, ``"12/34"`` for
    variation 34 of product 12.
    """

    def __init__(
        self,
        channel: str,
        *,
        world: World,
        settings: ShopSettings | None = None,
        seed: int = 0,
        faults: Faults = NO_FAULTS,
    ) -> None:
        super().__init__(channel, world=world, seed=seed, faults=faults)
        chosen = settings or ShopSettings()
        site_url = f"http://{channel}.example{chosen.folder}"
        self.state = State(simulator=self, settings=chosen, site_url=site_url)
        self.in_maintenance = False
        """While true, the shop answers everything with a page for people."""
        self.deliverer.report = lambda outcome: hooks.hear_outcome(self.state, outcome)
        world.open_shop(channel, self)

    # The API

    def answer(self, request: Request) -> Response:
        """Answer as the shop does when nothing goes wrong."""
        if self.in_maintenance:
            return _page(503, "Briefly unavailable for scheduled maintenance.")
        settings = self.state.settings
        path = request.path.removeprefix(settings.folder).rstrip("/")
        below = request.path.startswith(f"{settings.folder}/wp-json")
        if not settings.pretty_permalinks or not below:
            return _page(404, "Page not found")
        try:
            if path == "/wp-json":
                return system.get_site(self.state, request)
            check_access(self.state, request)
            return dispatch(self.state, request, path)
        except ApiError as error:
            return error.response()

    def answer_expired(self, request: Request) -> Response:
        """Refuse a key as if it were revoked; such keys do not expire."""
        del request
        return json_response(
            {
                "code": "woocommerce_rest_authentication_error",
                "message": "Consumer key is invalid.",
                "data": {"status": 401},
            },
            status=401,
        )

    # The catalogue

    def add_product(self, new: NewProduct) -> str:
        """Put a simple product on sale and return its listing."""
        with self.lock:
            return catalogue.add_product(self.state, new).listing

    def add_variable_product(
        self,
        name: str,
        variations: Sequence[NewVariation],
        *,
        sku: str = "",
        parent_stock: int | None = None,
    ) -> tuple[str, ...]:
        """Put a product with variations on sale and return the variations' listings."""
        with self.lock:
            parent = catalogue.add_variable_product(
                self.state,
                name=name,
                sku=sku,
                variations=variations,
                parent_stock=parent_stock,
            )
            return tuple(
                one.listing for one in self.state.variations(parent.product_id)
            )

    def shown(self, listing: str) -> int | None:
        """Return how many of a listing shoppers may buy now; None is without limit."""
        with self.lock:
            return stock.sellable(self.state, self.product(listing))

    def product(self, listing: str) -> Product:
        """Return the row of a listing."""
        return self.state.products[int(listing.rpartition("/")[2])]

    def order(self, order_id: str) -> Order:
        """Return the row of an order."""
        return self.state.orders[int(order_id)]

    # Shoppers

    def sell(self, basket: Sequence[BasketLine], buyer: str) -> str:
        """Place a paid order and return its id.

        Raises:
            SoldOutError: the shop shows less than the basket wants. Nothing is sold.
        """
        return self.check_out(basket, buyer)

    def check_out(
        self,
        basket: Sequence[BasketLine],
        buyer: str,
        *,
        status: str = "processing",
        coupon: str = "",
        discount_percent: Decimal = Decimal(0),
    ) -> str:
        """Place an order as ``sell`` does, in any status and with a coupon."""
        with self.lock:
            self._refuse_what_is_sold_out(basket)
            purchase = Purchase(
                basket=[(self.product(line.listing), line.quantity) for line in basket],
                buyer=buyer,
                status=status,
                coupon=coupon,
                discount_percent=discount_percent,
            )
            return str(orders.place(self.state, purchase).order_id)

    # Staff

    def cancel_order(self, order_id: str) -> None:
        """Cancel an order; its units go back to the counters."""
        self.set_order_status(order_id, "cancelled")

    def set_order_status(self, order_id: str, status: str) -> None:
        """Move an order to another status."""
        with self.lock:
            order = self.order(order_id)
            orders.set_status(self.state, order, status)
            orders.record_change(self.state, order)

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Change a line's quantity and its amounts with it; 0 removes the line."""
        with self.lock:
            order = self.order(order_id)
            line = order.line(int(line_id))
            if line is None:
                raise KeyError(f"order {order_id} has no line {line_id}")
            old_quantity = line.quantity
            orders.set_line_quantity(self.state, order, line, quantity)
            orders.reprice(line, old_quantity)
            orders.record_change(self.state, order)

    def add_order_line(self, order_id: str, listing: str, quantity: int) -> str:
        """Add a line to an order and return the line's id."""
        with self.lock:
            order = self.order(order_id)
            line = orders.add_line(self.state, order, self.product(listing), quantity)
            orders.record_change(self.state, order)
            return str(line.line_id)

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Refund line quantities; None refunds all that is left."""
        with self.lock:
            refunds.refund_quantities(
                self.state, self.order(order_id), quantities, restock=restock
            )

    def trash_order(self, order_id: str) -> None:
        """Throw an order into the trash; its stock stays taken."""
        with self.lock:
            orders.trash(self.state, self.order(order_id))

    def set_stock(self, listing: str, quantity: int) -> None:
        """Overwrite a counter by hand, as a merchant does in the admin pages."""
        with self.lock:
            owner = self.state.stock_owner(self.product(listing))
            if owner is None:
                raise ValueError(f"listing {listing} keeps no stock")
            stock.show(self.state, owner, quantity, written=False)

    def rename_sku(self, listing: str, sku: str) -> None:
        """Change a SKU; order lines show the new one from now on, old orders too."""
        with self.lock:
            product = self.product(listing)
            product.sku = sku
            self.state.touch(product)
            for order in self.state.orders.values():
                order.encoded.clear()

    def delete_listing(self, listing: str) -> None:
        """Delete a product or variation; order lines keep its name and lose its SKU."""
        with self.lock:
            product = self.product(listing)
            del self.state.products[product.product_id]
            for order in self.state.orders.values():
                order.encoded.clear()

    def seed_orders(
        self, count: int, lines_per_order: int = 2, *, started: datetime | None = None
    ) -> None:
        """Fill the order list with ``count`` old orders, for benchmarks.

        They are written only when a client asks for them, cannot be changed, and are
        not in the world's books. Products must exist; live orders must not.
        """
        with self.lock:
            self.state.archive = build_archive(
                self.state,
                count=count,
                lines_per_order=lines_per_order,
                started=started,
            )

    def _refuse_what_is_sold_out(self, basket: Sequence[BasketLine]) -> None:
        wanted: Counter[int] = Counter()
        limits: dict[int, int] = {}
        for line in basket:
            product = self.product(line.listing)
            owner = self.state.stock_owner(product) or product
            limit = stock.sellable(self.state, product)
            wanted[owner.product_id] += line.quantity
            if limit is not None:
                limits[owner.product_id] = limit
        for product_id, limit in limits.items():
            if wanted[product_id] > limit:
                raise SoldOutError(
                    f"{self.channel} shows {limit} of product {product_id}, "
                    f"the basket wants {wanted[product_id]}"
                )


def _page(status: int, text: str) -> Response:
    """Return a page for people, where a client expected JSON."""
    return Response(
        status,
        {"content-type": "text/html; charset=UTF-8"},
        f"<!DOCTYPE html><html><body><h1>{text}</h1></body></html>".encode(),
    )
