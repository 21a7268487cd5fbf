"""One simulated Amazon store of one seller: its door, its shoppers and its staff.

The door (``answer``) checks the token and leads to the routes. Everything that people
do in the store and in Seller Central is a method here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..base import Simulator
from ..books import BasketLine, SoldOutError
from ..faults import NO_FAULTS, Faults
from ..wire import Request, Response, json_response
from ..world import World
from . import catalogue, feeds, orders, tokens
from .catalogue import NewProduct
from .errors import ApiError
from .orders import Cause, Purchase
from .routes import dispatch
from .state import Listing, MarketSettings, Order, State

_STAFF = Cause("MERCHANT")


class AmazonMarket(Simulator):
    """A store. Listings are named by the seller's SKU, as in the world's books."""

    def __init__(
        self,
        channel: str,
        *,
        world: World,
        settings: MarketSettings | None = None,
        seed: int = 0,
        faults: Faults = NO_FAULTS,
    ) -> None:
        super().__init__(channel, world=world, seed=seed, faults=faults)
        self.state = State(simulator=self, settings=settings or MarketSettings())
        world.open_shop(channel, self)

    # The API

    def answer(self, request: Request) -> Response:
        """Answer as Amazon does when nothing goes wrong."""
        self._catch_up()
        if request.path == tokens.PATH:
            return tokens.give_token(self.state, request)
        if request.path.startswith(feeds.STORAGE):
            return feeds.exchange_document(self.state, request)
        try:
            tokens.check_access(self.state, request)
            return dispatch(self.state, request)
        except ApiError as error:
            return error.response()

    def answer_throttled(self, retry_after_seconds: float | None) -> Response:
        """Refuse for too many requests; Amazon never says how long to wait."""
        del retry_after_seconds
        error = {"code": "QuotaExceeded", "message": "You exceeded your quota."}
        return json_response({"errors": [error]}, status=429)

    def answer_expired(self, request: Request) -> Response:
        """Let every token end, and answer."""
        self.state.tokens.clear()
        return self.answer(request)

    # The catalogue

    def add_product(self, new: NewProduct) -> str:
        """Put a product on sale and return its listing."""
        with self.lock:
            return catalogue.add_product(self.state, new).sku

    def shown(self, listing: str) -> int:
        """Return how many of a listing shoppers may buy now."""
        with self.lock:
            self._catch_up()
            return self.listing(listing).stock

    def listing(self, sku: str) -> Listing:
        """Return the row of a listing."""
        return self.state.listings[sku]

    def order(self, order_id: str) -> Order:
        """Return the row of an order."""
        return self.state.orders[order_id]

    # Shoppers

    def sell(self, basket: Sequence[BasketLine], buyer: str) -> str:
        """Place a paid order and return its id.

        Raises:
            SoldOutError: the store shows less than the basket wants. Nothing is sold.
        """
        return self.check_out(basket, buyer)

    def check_out(
        self,
        basket: Sequence[BasketLine],
        buyer: str,
        *,
        note: str = "",
        status: str = "UNSHIPPED",
        currency: str = "",
    ) -> str:
        """Place an order as ``sell`` does, in any status and with a note to it."""
        with self.lock:
            self._catch_up()
            wanted: Counter[str] = Counter()
            for line in basket:
                wanted[line.listing] += line.quantity
            for sku, quantity in wanted.items():
                if quantity > self.listing(sku).stock:
                    raise SoldOutError(f"{self.channel} has too little of {sku}")
            purchase = Purchase(
                basket=[(self.listing(line.listing), line.quantity) for line in basket],
                buyer=buyer,
                note=note,
                status=status,
                currency=currency,
            )
            return orders.place(self.state, purchase).order_id

    def pay_order(self, order_id: str) -> None:
        """Let the payment of a pending order be authorised."""
        with self.lock:
            orders.pay(self.state, self.order(order_id))

    def ask_to_cancel(self, order_id: str, reason: str) -> None:
        """Let the buyer ask for a cancellation: a wish, and no change of status."""
        with self.lock:
            order = self.order(order_id)
            for line in order.lines:
                line.request = reason
            self.state.touch(order)

    # Staff

    def cancel_order(self, order_id: str) -> None:
        """Cancel what of an order has not left; its units go back on sale."""
        with self.lock:
            self._catch_up()
            orders.cancel(self.state, self.order(order_id), Cause("BUYER"))

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Lower what is wanted of a line to ``quantity``; 0 takes all of it away.

        Raises:
            ValueError: it would be more than before: at Amazon nobody adds to an order.
        """
        with self.lock:
            self._catch_up()
            order = self.order(order_id)
            line = order.line(line_id)
            if line is None:
                raise KeyError(f"order {order_id} has no line {line_id}")
            wanted = line.ordered - line.cancelled
            if quantity > wanted:
                raise ValueError(f"the line has {wanted} units; none can be added")
            orders.cancel_units(self.state, order, line, wanted - quantity, _STAFF)

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Refund line quantities; None refunds all. What has not left is cancelled.

        What has left comes back to the merchant's own warehouse: Amazon's counter does
        not move, and the order says nothing of it.
        """
        with self.lock:
            self._catch_up()
            order = self.order(order_id)
            for line in order.lines:
                units = line.ordered - line.cancelled
                if quantities is not None:
                    units = quantities.get(line.line_id, 0)
                unsent = min(units, line.left)
                orders.cancel_units(self.state, order, line, unsent, _STAFF)
                if units > unsent and not order.fulfilled_by_amazon:
                    self.world.record_return(
                        self.channel,
                        order_id,
                        line.line_id,
                        units - unsent,
                        restocked=restock,
                    )

    def set_stock(self, listing: str, quantity: int) -> None:
        """Overwrite a counter by hand, as a merchant does in Seller Central."""
        with self.lock:
            self._catch_up()
            catalogue.show(self.state, self.listing(listing), quantity, written=False)

    def delete_listing(self, listing: str) -> None:
        """Delete a listing; order lines keep its SKU."""
        with self.lock:
            del self.state.listings[listing]

    def _catch_up(self) -> None:
        """Let everything take effect that was taken long enough ago."""
        feeds.work_through_due(self.state)
        catalogue.apply_due(self.state)
