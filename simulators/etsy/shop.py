"""One simulated Etsy shop: its API, its shoppers and its owner.

The door (``answer``) looks at key and token and leads to the routes. Everything that
people do at Etsy and not through the API is a method here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ..base import Simulator
from ..books import BasketLine, SoldOutError
from ..faults import NO_FAULTS, Faults
from ..wire import Request, Response, json_response
from ..world import World
from . import notices, receipts
from .errors import ApiError
from .render import total_of
from .routes import list_routes
from .settings import ShopSettings
from .state import Listing, NewItem, Product, Receipt, State
from .tokens import Tokens

TOKEN_PATH = "/v3/public/oauth/token"  # noqa: S105 - a path
SCOPES_PATH = "/v3/application/scopes"


class EtsyShop(Simulator):
    """A shop; variations are named as in the world's books, by ``Product.key``."""

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
        self.state = State(self, self.settings)
        self.tokens = Tokens(self.state)
        self._spent: Counter[date] = Counter()
        self._routes = list_routes(self.settings.shop_id)
        world.open_shop(channel, self)

    # The API

    def answer(self, request: Request) -> Response:
        """Answer as Etsy does when nothing goes wrong; all answers tell the limits."""
        today = self.clock.now().date()
        left = self.settings.requests_per_day - self._spent[today]
        if left <= 0:
            return self.answer_throttled(3600.0)
        self._spent[today] += 1
        try:
            response = self._dispatch(request)
        except ApiError as error:
            response = error.response()
        limits = {
            "x-limit-per-second": str(self.settings.requests_per_second),
            "x-remaining-this-second": str(self.settings.requests_per_second - 1),
            "x-limit-per-day": str(self.settings.requests_per_day),
            "x-remaining-today": str(left - 1),
        }
        return replace(response, headers={**response.headers, **limits})

    def is_write(self, request: Request) -> bool:
        """Say whether a request changes anything; asking about tokens does not."""
        return super().is_write(request) and request.path not in {
            TOKEN_PATH,
            SCOPES_PATH,
        }

    def answer_expired(self, request: Request) -> Response:
        """Let the request's token expire, and answer."""
        self.tokens.expire(request.headers.get("authorization", ""))
        return self.answer(request)

    def _dispatch(self, request: Request) -> Response:
        if (request.method, request.path) == ("POST", TOKEN_PATH):
            return self.tokens.answer(request)
        self._check_access(request)
        if (request.method, request.path) == ("POST", SCOPES_PATH):
            return json_response({"scopes": list(self.settings.scopes)})
        if request.path == "/v3/application/users/me":
            settings = self.settings
            return json_response(
                {"user_id": settings.user_id, "shop_id": settings.shop_id}
            )
        if request.path == f"/v3/application/shops/{self.settings.shop_id}":
            return json_response(self._describe())
        for method, pattern, route in self._routes:
            match = re.fullmatch(pattern, request.path)
            if match is not None and method == request.method:
                return route(self.state, request, *match.groups())
        raise ApiError(404, "Resource not found")

    def _check_access(self, request: Request) -> None:
        pair = f"{self.settings.keystring}:{self.settings.shared_secret}"
        if request.headers.get("x-api-key") != pair:
            raise ApiError(403, "API key not found or not active")
        if not self.tokens.is_good(request.headers.get("authorization", "")):
            raise ApiError(401, "invalid_token")

    def _describe(self) -> dict[str, object]:
        return {
            "shop_id": self.settings.shop_id,
            "user_id": self.settings.user_id,
            "shop_name": self.settings.shop_name,
            "currency_code": self.settings.currency,
            "is_vacation": self.settings.vacation,
        }

    # The catalogue

    def add_item(
        self, new: NewItem, components: Mapping[str, int] | None = None
    ) -> str:
        """Put a listing without variations on sale and return its key."""
        (key,) = self.add_listing([new], [components or {new.sku: 1}])
        return key

    def add_listing(
        self,
        variations: Sequence[NewItem],
        components: Sequence[Mapping[str, int]],
        *,
        shared: frozenset[str] = frozenset(),
    ) -> list[str]:
        """Put a listing on sale and return the keys of its variations.

        Args:
            variations: what it consists of; the first one's title is the listing's.
            components: what one unit of each really takes from the warehouse.
            shared: which of price, quantity and sku all variations have in common.
        """
        with self.lock:
            now = self.clock.now()
            properties = sorted(
                {value[0] for one in variations for value in one.values}
            )
            listing = Listing(
                listing_id=1_000_000_000 + self.state.number(),
                title=variations[0].title,
                created=now,
                changed_at=now,
                price_on=[] if "price" in shared else properties,
                quantity_on=[] if "quantity" in shared else properties,
                sku_on=[] if "sku" in shared else properties,
            )
            self.state.listings[listing.listing_id] = listing
            for new, takes in zip(variations, components, strict=True):
                product = Product(
                    listing_id=listing.listing_id,
                    product_id=6_000_000_000 + self.state.number(),
                    offering_id=7_000_000_000 + self.state.number(),
                    sku=new.sku,
                    values=new.values,
                    price=new.price,
                    quantity=new.quantity,
                )
                listing.products.append(product)
                self.world.offer(self.channel, product.key, takes)
            if not listing.left:
                listing.state = "sold_out"
            self.state.tell_shown(listing, written=False)
            return [one.key for one in listing.products]

    def shown(self, key: str) -> int:
        """Return how many of a variation shoppers may buy now."""
        with self.lock:
            listing, product = self.state.product(key)
            return listing.shown(product)

    def listing(self, key: str) -> Listing:
        """Return the row of the listing that a variation is of."""
        return self.state.listings[int(key.partition(":")[0])]

    def product(self, key: str) -> Product:
        """Return the row of a variation."""
        return self.state.product(key)[1]

    def receipt(self, order_id: str) -> Receipt:
        """Return the row of a receipt."""
        return self.state.receipts[int(order_id)]

    # Shoppers

    def sell(
        self,
        basket: Sequence[BasketLine],
        buyer: str,
        *,
        note: str = "",
        discount: Decimal = Decimal(0),
    ) -> str:
        """Place a paid order and return its id.

        Raises:
            SoldOutError: a variation shows less than the basket wants. Nothing is sold.
        """
        with self.lock:
            rows = [(*self.state.product(one.listing), one.quantity) for one in basket]
            for listing, product, quantity in rows:
                if quantity > listing.shown(product):
                    raise SoldOutError(f"{product.key} shows too few")
            receipt = receipts.place(
                self.state, rows, buyer, note=note, discount=discount
            )
            notices.announce(self.state, receipt, "order.paid")
            return str(receipt.receipt_id)

    # The owner

    def cancel_order(self, order_id: str) -> None:
        """Cancel an order; the buyer is paid back, nothing is restocked.

        Raises:
            ValueError: it has shipped, or is cancelled already.
        """
        with self.lock:
            receipt = self.receipt(order_id)
            if receipt.cancelled or receipt.shipped_at is not None:
                raise ValueError(f"receipt {order_id} cannot be cancelled any more")
            receipts.cancel(self.state, receipt)
            notices.announce(self.state, receipt, "order.canceled")

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Refuse: an order of Etsy cannot be edited.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"Etsy edits no orders: {order_id}, {line_id}, {quantity}")

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Pay back what units cost; None pays back all that is left.

        Money only: Etsy names no lines and restocks nothing, whatever is asked.
        """
        del restock
        with self.lock:
            receipt = self.receipt(order_id)
            paid = sum((one.amount for one in receipt.refunds), Decimal(0))
            amount = left = total_of(self.state, receipt) - paid
            if quantities is not None:
                costs = (
                    receipt.line(line_id).price * units
                    for line_id, units in quantities.items()
                )
                amount = min(left, sum(costs, Decimal(0)))
            receipts.pay_back(self.state, receipt, amount, "returned")

    def ship_order(self, order_id: str, tracking_number: str = "") -> None:
        """Ship an order, from Etsy's own pages."""
        with self.lock:
            carrier = "usps" if tracking_number else ""
            receipt = self.receipt(order_id)
            receipts.ship(self.state, receipt, tracking_number, carrier)
            notices.announce(self.state, receipt, "order.shipped")

    def set_quantity(self, key: str, quantity: int) -> None:
        """Type in a quantity, in Etsy's own pages."""
        with self.lock:
            listing, product = self.state.product(key)
            for one in receipts.siblings(listing, product):
                one.quantity = quantity
            self.state.tell_shown(listing, written=False)

    def set_state(self, key: str, state: str) -> None:
        """Take a listing off sale, or put it back, in Etsy's own pages."""
        with self.lock:
            listing = self.listing(key)
            listing.state = state
            self.state.tell_shown(listing, written=False)
