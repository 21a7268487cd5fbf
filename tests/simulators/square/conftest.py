"""A simulated Square account, and a client that asks it as an application would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
import pytest
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.square import (
    NewItem,
    NewVariation,
    ShopSettings,
    SquareShop,
)
from crossdock.simulators.wire import Request
from crossdock.simulators.world import World

Json = dict[str, Any]


@dataclass
class Client:
    """An application with a token, and one product with ten in stock."""

    shop: SquareShop
    clock: VirtualClock
    world: World
    listing: str

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str = ""
    ) -> tuple[int, Json]:
        """Return status and body of an answer."""
        path, _, query = path.partition("?")
        pairs = tuple(
            (name, text)
            for name, _, text in (part.partition("=") for part in query.split("&"))
            if name
        )
        shown = token or self.shop.settings.access_token
        response = self.shop.handle(
            Request(
                method=method,
                path=path,
                query=pairs,
                headers={"authorization": f"Bearer {shown}"},
                body=b"" if body is None else orjson.dumps(body),
            )
        )
        return response.status, response.json()

    def basket(self, units: int = 1) -> list[BasketLine]:
        """Return so many of the product."""
        return [BasketLine(self.listing, units)]

    def get_order(self, order_id: str) -> Json:
        """Return an order as the API shows it."""
        body = {"order_ids": [order_id]}
        _, answer = self.ask("POST", "/v2/orders/batch-retrieve", body)
        (order,) = answer["orders"]
        return dict(order)

    def code(self, answer: tuple[int, Json]) -> tuple[int, str]:
        """Return how a refusal is told."""
        return answer[0], answer[1]["errors"][0]["code"]


def open_client(**options: Any) -> Client:
    """Return a client of a fresh account."""
    clock = VirtualClock()
    world = World(clock, seed=7)
    shop = SquareShop("square", world=world, settings=ShopSettings(**options))
    new = NewVariation(sku="RETRO-CLOCK", price=Decimal("19.99"), stock=10)
    (listing,) = shop.add_item(NewItem(name="Retro clock", variations=(new,)))
    world.receive("RETRO-CLOCK", 10)
    world.offer("square", listing, {"RETRO-CLOCK": 1})
    return Client(shop, clock, world, listing)


@pytest.fixture
def client() -> Client:
    """A client of a fresh account."""
    return open_client()


@pytest.fixture
def open_account() -> Callable[..., Client]:
    """Open an account that is set up in another way."""
    return open_client
