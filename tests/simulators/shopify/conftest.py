"""A Shopify shop on a virtual clock, a client for it, and ears for its webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crossdock.simulators.shopify import API_VERSION, ShopifyShop, ShopSettings
from crossdock.simulators.shopify.goods import Variant
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.wire import Request, Response
from crossdock.simulators.world import World
from graphql import GraphQLSchema, build_schema

PATH = f"/admin/api/{API_VERSION}/graphql.json"

OpenShop = Callable[..., ShopifyShop]
Post = Callable[..., Response]
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def open_shop(world: World) -> OpenShop:
    """Open a shop called ``shopify``; keyword arguments are its settings."""

    def opened(**settings: Any) -> ShopifyShop:
        return ShopifyShop("shopify", world=world, settings=ShopSettings(**settings))

    return opened


@pytest.fixture
def shop(open_shop: OpenShop) -> ShopifyShop:
    """A shop in New York; staff have yet to fill it."""
    return open_shop()


@pytest.fixture
def retro_clock(shop: ShopifyShop, world: World) -> Variant:
    """RETRO-CLOCK at 20.00, of which ten exist and ten are shown."""
    world.receive("RETRO-CLOCK", 10)
    return shop.add_variant(
        shop.add_product("Retro clock"), "RETRO-CLOCK", barcode="4006381333931"
    )


@pytest.fixture
def post(shop: ShopifyShop) -> Post:
    """Post a GraphQL request and return the raw response."""

    def posted(
        document: str, /, *, token: str = "", path: str = PATH, **variables: Any
    ) -> Response:
        body = json.dumps({"query": document, "variables": variables}).encode()
        headers = {
            "x-shopify-access-token": token or shop.settings.access_token,
            "content-type": "application/json",
        }
        return shop.handle(Request("POST", path, headers=headers, body=body))

    return posted


@pytest.fixture
def ask(post: Post) -> Ask:
    """Post a GraphQL request that succeeds and return its data."""

    def asked(document: str, /, **variables: Any) -> dict[str, Any]:
        content = post(document, **variables).json()
        assert "errors" not in content, content["errors"]
        data: dict[str, Any] = content["data"]
        return data

    return asked


class Ears:
    """Hears every webhook that was delivered; ``status`` is what it answers."""

    def __init__(self, shop: ShopifyShop) -> None:
        self._shop = shop
        self.heard: list[Envelope] = []
        self.status = 200

    def listen(self, *topics: str) -> None:
        """Subscribe to topics, given as in the header."""
        for topic in topics:
            name = topic.replace("/", "_").upper()
            self._shop.announcer.subscribe(
                name, f"https://hub.example/{name}", data_format="JSON", name=None
            )

    def deliver(self) -> list[tuple[str, Any]]:
        """Deliver what is due; return what came this time as (topic, payload)."""
        before = len(self.heard)
        self._shop.deliverer.deliver_due(self._hear)
        return [
            (envelope.headers["x-shopify-topic"], json.loads(envelope.body))
            for envelope in self.heard[before:]
        ]

    def _hear(self, envelope: Envelope) -> int:
        self.heard.append(envelope)
        return self.status


@pytest.fixture
def ears(shop: ShopifyShop) -> Ears:
    """Ears that listen to nothing yet."""
    return Ears(shop)


@pytest.fixture(scope="session")
def vendor_schema(specs: Path) -> GraphQLSchema:
    """The vendor's own schema, 2026-07."""
    text = (specs / "shopify/admin-graphql/admin_2026-07.graphql").read_text("utf-8")
    return build_schema(text, assume_valid=True, no_location=True)
