"""One simulated Vendure server: its API, its shoppers and its staff.

The door (``answer``) looks at the session or the API key and runs the document.
Everything that people do in the shop and not through the API is a method here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..base import Simulator
from ..books import BasketLine, SoldOutError
from ..faults import NO_FAULTS, Faults
from ..wire import Request, Response, json_response
from ..world import World
from . import mutations, orders, queries
from .schema import name_root_fields, run
from .settings import ShopSettings
from .state import NewVariant, Order, State, Variant

PATH = "/admin-api"
_FORBIDDEN = {
    "errors": [
        {
            "message": "You are not currently authorized to perform this action",
            "extensions": {"code": "FORBIDDEN"},
        }
    ],
    "data": None,
}
_NEEDS = {
    "orders": "ReadOrder",
    "order": "ReadOrder",
    "productVariants": "ReadProduct",
    "stockLocations": "ReadStockLocation",
    "updateProductVariants": "UpdateProduct",
    "addFulfillmentToOrder": "UpdateOrder",
    "transitionFulfillmentToState": "UpdateOrder",
    "cancelOrder": "UpdateOrder",
    "refundOrder": "UpdateOrder",
}
"""The permission without which a field is forbidden."""


class VendureShop(Simulator):
    """A server with one channel; a listing is a variant, named by its id."""

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
        """Answer as Vendure does when nothing goes wrong: nearly always with a 200."""
        if request.path != PATH or request.method != "POST":
            return json_response({"message": "Cannot find it"}, status=404)
        try:
            body = request.json()
            text, variables = str(body["query"]), dict(body.get("variables") or {})
        except (KeyError, TypeError, ValueError):
            return json_response({"errors": [{"message": "Bad body"}]}, status=400)
        fields = name_root_fields(text)
        if not self._is_allowed(request, fields):
            return json_response(_FORBIDDEN)
        roots = {**queries.roots(self.state), **mutations.roots(self.state)}
        known = set(self.state.sessions)
        status, answer = run(text, variables, roots)
        begun = self.state.sessions - known
        headers = {"vendure-auth-token": begun.pop()} if begun else {}
        return json_response(answer, status=status, headers=headers)

    def is_write(self, request: Request) -> bool:
        """Say whether a request changes anything; signing in does not."""
        return super().is_write(request) and b"mutation" in request.body.replace(
            b"mutation SignIn", b""
        )

    def answer_expired(self, request: Request) -> Response:
        """End every session, and answer what comes in with one that has ended."""
        self.state.sessions.clear()
        return self.answer(request)

    def _is_allowed(self, request: Request, fields: Sequence[str]) -> bool:
        wanted = request.headers.get("vendure-token", self.settings.channel_token)
        if wanted != self.settings.channel_token:
            return False
        if fields == ["login"] or not fields:
            return True
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("vendure-api-key")
        # A key is no administrator's: it may not even ask who it is.
        by_key = key == self.settings.api_key and "me" not in fields
        if token not in self.state.sessions and not by_key:
            return False
        held = {*self.settings.permissions, ""}
        return all(_NEEDS.get(field, "") in held for field in fields)

    # The catalogue

    def add_variant(
        self, new: NewVariant, components: Mapping[str, int] | None = None
    ) -> str:
        """Put a variant on sale and return its listing.

        ``components`` is what one unit really takes from the warehouse; without it, one
        unit of its own SKU.
        """
        with self.lock:
            variant = Variant(
                variant_id=self.state.number(),
                new=new,
                price=new.price,
                on_hand=new.stock,
                created=self.clock.now(),
                changed_at=self.clock.now(),
            )
            self.state.variants[variant.variant_id] = variant
            sells = components or {new.sku: 1}
            self.world.offer(self.channel, variant.variant_id, sells)
            self.state.show(variant, written=False)
            return variant.variant_id

    def delete_variant(self, listing: str) -> None:
        """Take a variant off sale for good."""
        with self.lock:
            del self.state.variants[listing]

    def shown(self, listing: str) -> int:
        """Return how many of a listing shoppers may buy now."""
        return self.state.variants[listing].free

    def order(self, order_id: str) -> Order:
        """Return the row of an order."""
        return self.state.orders[order_id]

    # Shoppers

    def sell(self, basket: Sequence[BasketLine], buyer: str) -> str:
        """Place a paid order and return its id.

        Raises:
            SoldOutError: a listing shows less than the basket wants. Nothing is sold.
        """
        with self.lock:
            wanted = []
            for line in basket:
                variant = self.state.variants[line.listing]
                tracked = orders.is_tracked(self.state, variant)
                if tracked and line.quantity > variant.free:
                    raise SoldOutError(f"{line.listing} shows {variant.free}")
                wanted.append((variant, line.quantity))
            return orders.place(self.state, wanted, buyer).order_id

    def fill_cart(self, buyer: str) -> str:
        """Leave a cart behind that is never paid; lists show it all the same."""
        with self.lock:
            return orders.fill(self.state, buyer).order_id

    # Staff

    def settle_payment(self, order_id: str) -> None:
        """Take the money that was promised."""
        with self.lock:
            order = self.order(order_id)
            for payment in order.payments:
                payment.state, payment.changed_at = "Settled", self.clock.now()
            order.state = "PaymentSettled"

    def cancel_order(self, order_id: str) -> None:
        """Cancel an order; its units are free again."""
        with self.lock:
            orders.cancel(self.state, self.order(order_id), shipping=True)

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

        Money and goods are two things in Vendure: units that are to be sold again are
        cancelled along with the refund, others only paid back.
        """
        with self.lock:
            order = self.order(order_id)
            back = 0
            parts = []
            for line in order.lines:
                wanted = (quantities or {}).get(line.line_id, 0)
                units = line.quantity if quantities is None else wanted
                units = min(units, line.quantity)
                back += self.state.with_tax(line.unit_price * units)
                parts.append((line, units))
            payment = order.payments[0]
            told = [(line.line_id, units) for line, units in parts if units]
            orders.pay_back(self.state, payment, min(back, payment.left), told)
            for line, units in parts:
                if units and restock:
                    orders.edit(self.state, order, line, line.quantity - units)
                elif units:
                    self.world.record_return(
                        self.channel, order_id, line.line_id, units, restocked=False
                    )

    def ship_order(
        self, order_id: str, tracking_code: str = "", *, delivered: bool = False
    ) -> None:
        """Pack and send all that is left, from the dashboard."""
        with self.lock:
            order = self.order(order_id)
            parts = [
                (line, line.quantity - order.sent(line))
                for line in order.lines
                if line.quantity > order.sent(line)
            ]
            parcel = orders.pack(self.state, order, parts, "DHL", tracking_code)
            orders.send(self.state, order, parcel, "Shipped")
            if delivered:
                orders.send(self.state, order, parcel, "Delivered")

    def set_stock(self, listing: str, quantity: int) -> None:
        """Type in what shoppers are to be able to buy, in the dashboard."""
        with self.lock:
            variant = self.state.variants[listing]
            variant.on_hand = quantity + variant.allocated
            self.state.show(variant, written=False)
