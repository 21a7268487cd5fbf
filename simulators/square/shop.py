"""One simulated Square account: its door, its shoppers and its staff.

The door (``answer``) leads to the routes. What people do at the counter, in the online
shop and in the dashboard, and not through the API, is a method here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from ..base import Simulator
from ..books import BasketLine, SoldOutError
from ..faults import NO_FAULTS, Faults
from ..wire import Request, Response
from ..world import World
from . import catalog, hooks, inventory, orders, payments
from .errors import ApiError
from .routes import READS_BY_POST, dispatch
from .state import NewItem, Order, ShopSettings, State, Variation


class SquareShop(Simulator):
    """An account with one location. Listings are ids of catalogue variations."""

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
            retry_delays_seconds=hooks.RETRY_DELAYS_SECONDS,
        )
        chosen = settings or ShopSettings()
        self.state = State(simulator=self, settings=chosen)
        self.state.tokens[chosen.access_token] = None
        self.state.refresh_token = chosen.refresh_token
        self._sales = 0
        world.open_shop(channel, self)

    # The API

    def answer(self, request: Request) -> Response:
        """Answer as Square does when nothing goes wrong."""
        try:
            return dispatch(self.state, request)
        except ApiError as error:
            return error.response()

    def is_write(self, request: Request) -> bool:
        """Say whether a request can change anything: many reads are POSTs."""
        return super().is_write(request) and request.path not in READS_BY_POST

    def answer_throttled(self, retry_after_seconds: float | None) -> Response:
        """Refuse for too many requests, in Square's own words."""
        plain = super().answer_throttled(retry_after_seconds)
        told = ApiError(429, "RATE_LIMITED", "Too many requests.").response()
        wish = plain.headers.get("retry-after")
        kept = {"retry-after": wish} if wish else {}
        return Response(429, {**told.headers, **kept}, told.body)

    def answer_expired(self, request: Request) -> Response:
        """Refuse a token as if it had expired."""
        del request
        detail = "The access token has expired."
        return ApiError(401, "ACCESS_TOKEN_EXPIRED", detail).response()

    # The catalogue

    @property
    def settings(self) -> ShopSettings:
        """The account, as it was set up."""
        return self.state.settings

    def add_item(self, new: NewItem) -> tuple[str, ...]:
        """Put an item on sale and return its variations' listings."""
        with self.lock:
            return catalog.add_item(self.state, new)

    def variation(self, listing: str) -> Variation:
        """Return the row of a listing."""
        return self.state.variations[listing]

    def order(self, order_id: str) -> Order:
        """Return the row of an order."""
        return self.state.orders[order_id]

    def shown(self, listing: str) -> int | None:
        """Return how many of a listing are in stock; None where none are counted."""
        with self.lock:
            variation = self.variation(listing)
            return inventory.count(variation) if variation.tracked else None

    def set_stock(self, listing: str, quantity: int) -> None:
        """Count a shelf by hand."""
        with self.lock:
            now = self.state.now()
            variation = self.variation(listing)
            inventory.recount(self.state, variation, quantity, now, written=False)

    def rename_sku(self, listing: str, sku: str) -> None:
        """Change a SKU; orders never showed one."""
        with self.lock:
            variation = self.variation(listing)
            variation.sku = sku
            catalog.touch(self.state, variation)
            hooks.announce_catalog(self.state)

    # Shoppers

    def sell(self, basket: Sequence[BasketLine], buyer: str) -> str:
        """Place a paid order and return its id.

        Raises:
            SoldOutError: less is in stock than the basket wants. Nothing is sold.
        """
        with self.lock:
            self._refuse_what_is_sold_out(basket)
            self._sales += 1
            every = self.settings.counter_every
            counter = bool(every) and self._sales % every == 0
            rows = self._open(basket)
            return orders.place(self.state, rows, buyer, counter=counter).order_id

    def order_unpaid(self, basket: Sequence[BasketLine], buyer: str) -> str:
        """Place an order that is to be paid later."""
        with self.lock:
            rows = self._open(basket)
            return orders.place(self.state, rows, buyer, paid=False).order_id

    def sell_at_counter(
        self, basket: Sequence[BasketLine], *, offline_seconds: float = 0
    ) -> str:
        """Sell over the counter, whatever the count says.

        Args:
            basket: what is on the counter.
            offline_seconds: how long ago that was; Square learns of it only now.
        """
        with self.lock:
            taken_at = self.state.now() - timedelta(seconds=offline_seconds)
            rows = self._open(basket)
            placed = orders.place(self.state, rows, "", counter=True, taken_at=taken_at)
            return placed.order_id

    # Staff

    def cancel_order(self, order_id: str) -> None:
        """Cancel an order; what was paid goes back, and the units to the shelf."""
        with self.lock:
            order = self.order(order_id)
            orders.cancel_fulfillments(self.state, order)
            if order.paid:
                self._refund(order, None, restock=True)
                orders.settle(self.state, order)
            else:
                orders.cancel_units(self.state, order)
                order.state, order.closed_at = "CANCELED", self.state.now()
            orders.change(self.state, order)

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Ring a line up anew with another quantity; 0 removes the line."""
        with self.lock:
            order = self.order(order_id)
            (line,) = [each for each in order.lines if each.uid == line_id]
            orders.set_quantity(self.state, order, line, quantity)
            orders.change(self.state, order)

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Refund line quantities; None refunds all that is left."""
        with self.lock:
            self._refund(self.order(order_id), quantities, restock=restock)

    def _refund(
        self, order: Order, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        goods = []
        for line in order.lines:
            left = int(line.quantity) - line.units_returned
            units = left if quantities is None else quantities.get(line.uid, 0)
            if 0 < units <= left:
                goods.append((line, units))
        worth = sum(line.price_minor * units for line, units in goods)
        left_over = payments.left_of(self.state.payments[order.payment_id])
        minor = left_over if quantities is None else min(worth, left_over)
        payments.pay_back(
            self.state, order, goods, minor, "Returned goods", restock=restock
        )

    def _open(self, basket: Sequence[BasketLine]) -> list[tuple[Variation, int]]:
        return [(self.variation(line.listing), line.quantity) for line in basket]

    def _refuse_what_is_sold_out(self, basket: Sequence[BasketLine]) -> None:
        wanted: Counter[str] = Counter()
        for line in basket:
            wanted[line.listing] += line.quantity
        for listing, units in wanted.items():
            limit = self.shown(listing)
            if limit is not None and units > limit:
                raise SoldOutError(
                    f"{self.channel} has {limit} of {listing}, the basket wants {units}"
                )
