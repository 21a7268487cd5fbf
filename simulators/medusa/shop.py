"""One simulated Medusa server: its API, its shoppers and its staff.

The door (``answer``) looks at the key and leads to the routes. Everything that people
do in the shop and not through the API is a method here.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence

from ..base import Simulator
from ..books import BasketLine, SoldOutError
from ..faults import NO_FAULTS, Faults
from ..wire import Request, Response
from ..world import World
from . import orders, routes
from .errors import ApiError, not_found
from .settings import ShopSettings
from .state import NewProduct, NewVariant, Order, Product, State, Variant

_ID = r"([^/]+)"
Answer = Callable[..., Response]

ROUTES: tuple[tuple[str, str, Answer], ...] = (
    ("GET", "/admin/stores", routes.list_stores),
    ("GET", f"/admin/stock-locations/{_ID}", routes.get_location),
    ("GET", "/admin/orders", routes.list_orders),
    ("GET", f"/admin/orders/{_ID}", routes.get_order),
    ("POST", f"/admin/orders/{_ID}/cancel", routes.cancel_order),
    ("POST", f"/admin/orders/{_ID}/fulfillments", routes.post_fulfillment),
    (
        "POST",
        f"/admin/orders/{_ID}/fulfillments/{_ID}/shipments",
        routes.post_shipment,
    ),
    ("GET", "/admin/payments", routes.list_payments),
    ("POST", f"/admin/payments/{_ID}/refund", routes.post_refund),
    ("GET", "/admin/products", routes.list_products),
    ("GET", "/admin/product-variants", routes.list_variants),
    ("POST", f"/admin/products/{_ID}/variants/{_ID}", routes.post_variant),
    ("GET", "/admin/inventory-items", routes.list_items),
    (
        "POST",
        f"/admin/inventory-items/{_ID}/location-levels/{_ID}",
        routes.post_level,
    ),
)


class MedusaShop(Simulator):
    """A server; listings are named ``product/variant``, as in the world's books."""

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
        self.settings = settings or ShopSettings()
        self.state = State(self, self.settings)
        world.open_shop(channel, self)

    # The API

    def answer(self, request: Request) -> Response:
        """Answer as Medusa does when nothing goes wrong."""
        try:
            self._check_access(request)
            for method, pattern, route in ROUTES:
                match = re.fullmatch(pattern, request.path)
                if match is not None and method == request.method:
                    return route(self.state, request, *match.groups())
            raise not_found(f"Cannot {request.method} {request.path}")
        except ApiError as error:
            return error.response()

    def _check_access(self, request: Request) -> None:
        told = request.headers.get("authorization", "")
        pair = base64.b64encode(f"{self.settings.secret_key}:".encode()).decode()
        if told != f"Basic {pair}":
            raise ApiError(401, "unauthorized", "Unauthorized")

    # The catalogue

    def add_product(
        self, new: NewProduct, components: Mapping[str, int] | None = None
    ) -> str:
        """Put a product on sale and return the listing of its first variant.

        ``components`` is what one unit of any variant really takes from the warehouse;
        without it, one unit of its own SKU.
        """
        with self.lock:
            own = NewVariant(sku=new.sku, price=new.price, stock=new.stock)
            product = Product(
                product_id=self.state.name("prod"),
                name=new.name,
                published=new.published,
                managed=new.managed,
                created=self.state.now(),
                changed_at=self.state.now(),
            )
            self.state.products[product.product_id] = product
            for told in new.variants or (own,):
                variant = self._make_variant(told)
                product.variants.append(variant)
                listing = product.listing_of(variant)
                self.world.offer(self.channel, listing, components or {told.sku: 1})
                orders.show(self.state, product, variant, written=False)
            return product.listing_of(product.variants[0])

    def _make_variant(self, new: NewVariant) -> Variant:
        price = {
            "id": self.state.name("price"),
            "amount": float(new.price),
            "currency_code": self.settings.currency.lower(),
            "min_quantity": None,
            "max_quantity": None,
            "rules": {},
        }
        return Variant(
            variant_id=self.state.name("variant"),
            item_id=self.state.name("iitem"),
            sku=new.sku,
            title=new.title,
            barcode=new.barcode,
            prices=[price],
            stocked=new.stock,
        )

    def listings_of(self, listing: str) -> tuple[str, ...]:
        """Return the listings of all variants of a listing's product."""
        product, _ = self.state.find_listing(listing)
        return tuple(product.listing_of(variant) for variant in product.variants)

    def shown(self, listing: str) -> int:
        """Return how many of a listing shoppers may buy now."""
        return self.state.find_listing(listing)[1].available

    def order(self, order_id: str) -> Order:
        """Return the row of an order."""
        return self.state.orders[order_id]

    # Shoppers

    def sell(
        self, basket: Sequence[BasketLine], buyer: str, *, captured: bool = True
    ) -> str:
        """Place an order, its payment captured unless said otherwise; return its id.

        Raises:
            SoldOutError: a listing shows less than the basket wants. Nothing is sold.
        """
        with self.lock:
            wanted = []
            for line in basket:
                product, variant = self.state.find_listing(line.listing)
                if product.managed and line.quantity > variant.available:
                    raise SoldOutError(f"{line.listing} shows {variant.available}")
                wanted.append((product, variant, line.quantity))
            order = orders.place(self.state, wanted, buyer)
            if captured:
                orders.capture(self.state, order)
            return order.order_id

    # Staff

    def capture_order(self, order_id: str) -> None:
        """Take the money of an order."""
        with self.lock:
            orders.capture(self.state, self.order(order_id))

    def cancel_order(self, order_id: str) -> None:
        """Cancel an order; reserved units are free, and captured money goes back."""
        with self.lock:
            orders.cancel(self.state, self.order(order_id))

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Change a line's quantity; 0 removes the line."""
        with self.lock:
            order = self.order(order_id)
            line = order.line(line_id)
            if line is None:
                raise ValueError(f"order {order_id} has no line {line_id}")
            orders.edit(self.state, order, line, quantity)

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Refund line quantities; None refunds all that is left.

        Units that are not packed are edited out of the order; others come back by a
        return. An order of which nothing is packed is cancelled as a whole.
        """
        with self.lock:
            order = self.order(order_id)
            if quantities is None and not order.fulfillments:
                orders.cancel(self.state, order)
                return
            before = self.state.price_lines(order)
            returned: dict[str, int] = {}
            for line in list(order.lines):
                left = line.quantity - line.received - line.damaged
                wanted = left if quantities is None else quantities.get(line.line_id, 0)
                unpacked = min(wanted, line.quantity - line.fulfilled)
                back = min(wanted - unpacked, line.shipped - line.received)
                if back > 0:
                    returned[line.line_id] = back
                if unpacked > 0:
                    orders.edit(self.state, order, line, line.quantity - unpacked)
            if returned:
                orders.take_back(self.state, order, returned, restock=restock)
            amount = before - self.state.price_lines(order)
            if amount > 0:
                orders.pay_back(self.state, order, amount, "")

    def ship_order(self, order_id: str, tracking_number: str = "") -> None:
        """Pack and ship all that is left, from the shop's own pages."""
        with self.lock:
            order = self.order(order_id)
            parts = {
                line.line_id: line.quantity - line.fulfilled
                for line in order.lines
                if line.quantity > line.fulfilled
            }
            made = orders.pack(self.state, order, parts, {})
            label = {"tracking_number": tracking_number, "tracking_url": ""}
            orders.ship(self.state, order, made, [label])

    def set_stock(self, listing: str, quantity: int) -> None:
        """Type in what can be bought, in the shop's own pages."""
        with self.lock:
            product, variant = self.state.find_listing(listing)
            variant.stocked = quantity + variant.reserved
            orders.show(self.state, product, variant, written=False)
