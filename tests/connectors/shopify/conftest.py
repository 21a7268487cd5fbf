"""A simulated shop with a connector to it, mocked answers, and the vendor's schema."""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from crossdock.canonical.clock import Clock, ManualClock
from crossdock.connectors.sdk import Context, Credentials
from crossdock.connectors.shopify import plugin
from crossdock.connectors.shopify.connector import ShopifyConnector
from crossdock.connectors.shopify.settings import ShopifySettings
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.shopify import ShopifyShop, ShopSettings
from crossdock.simulators.world import World
from graphql import GraphQLSchema, build_schema

Json = dict[str, Any]
GRAPHQL_PATH = "/admin/api/2026-07/graphql.json"


class MemoryCredentials:
    """A credential store of one process, which lets tests be the faster worker."""

    def __init__(self) -> None:
        self.current = Credentials(0, {})
        self.before_replace: Callable[[], None] = lambda: None

    def load(self) -> Credentials:
        return self.current

    def replace(self, *, version: int, values: Mapping[str, str]) -> bool:
        self.before_replace()
        if version != self.current.version:
            return False
        self.current = Credentials(version + 1, dict(values))
        return True


def connect(
    wire: Callable[[], httpx.BaseTransport],
    clock: Clock,
    credentials: MemoryCredentials | None = None,
    **settings: Any,
) -> ShopifyConnector:
    """Return a connector whose requests go through ``wire``."""
    entered = {
        "shop": "simulated.myshopify.com",
        "client_id": "simulated-client",
        "client_secret": "simulated-client-secret",
        "access_token": "shpat_simulated",
    }
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(7),
        network=NetworkPolicy(),
        wire=wire,
    )
    context = Context(
        clock=clock,
        transports=transports,
        credentials=credentials or MemoryCredentials(),
    )
    made = plugin.connect(ShopifySettings.model_validate(entered | settings), context)
    assert isinstance(made, ShopifyConnector)
    return made


@dataclass(frozen=True)
class Pair:
    """A simulated shop and a connector to it, on one clock."""

    shop: ShopifyShop
    connector: ShopifyConnector
    clock: VirtualClock
    credentials: MemoryCredentials

    def reconnect(self, **settings: Any) -> ShopifyConnector:
        """Return another connector to the same shop, with other settings."""
        return connect(self.shop.wire, self.clock, self.credentials, **settings)


@pytest.fixture
def open_pair() -> Callable[..., Pair]:
    """Open a simulated shop; ``shop`` is its settings, the rest the connector's."""

    def build(shop: Json | None = None, **settings: Any) -> Pair:
        clock = VirtualClock()
        made = ShopifyShop(
            "shopify",
            world=World(clock),
            settings=ShopSettings(**{"currency": "EUR", **(shop or {})}),
        )
        credentials = MemoryCredentials()
        connector = connect(made.wire, clock, credentials, **settings)
        return Pair(made, connector, clock, credentials)

    return build


@pytest.fixture
def router() -> respx.Router:
    """Routes of a mocked shop; a request that none of them expects fails."""
    return respx.Router(
        base_url="https://simulated.myshopify.com", assert_all_mocked=True
    )


@dataclass(frozen=True)
class Mocked:
    """A connector to mocked answers of the GraphQL route."""

    connector: ShopifyConnector
    route: respx.Route
    clock: ManualClock

    def answer(self, *bodies: Json, **headers: str) -> None:
        """Give these answers, one after the other."""
        self.route.side_effect = [
            httpx.Response(200, json=body, headers=headers) for body in bodies
        ]

    @property
    def asked(self) -> list[Json]:
        """The variables of every request so far."""
        return [
            json.loads(call.request.content)["variables"] for call in self.route.calls
        ]


@pytest.fixture
def credentials() -> MemoryCredentials:
    """Where the tokens of mocked connectors are kept."""
    return MemoryCredentials()


@pytest.fixture
def open_mocked(
    router: respx.Router, fixed_clock: ManualClock, credentials: MemoryCredentials
) -> Callable[..., ShopifyConnector]:
    """Connect to mocked routes, with other settings than usual."""

    def build(**settings: Any) -> ShopifyConnector:
        wire = httpx.MockTransport(router.handler)
        return connect(lambda: wire, fixed_clock, credentials, **settings)

    return build


@pytest.fixture
def mocked(router: respx.Router, fixed_clock: ManualClock) -> Mocked:
    """Connect to mocked answers, with the location set."""
    connector = connect(
        lambda: httpx.MockTransport(router.handler), fixed_clock, location_id="1"
    )
    return Mocked(connector, router.post(GRAPHQL_PATH), fixed_clock)


@pytest.fixture(scope="session")
def admin_folder(specs: Path) -> Path:
    """Where the vendor's Admin API is described."""
    return specs / "shopify" / "admin-graphql"


@pytest.fixture(scope="session")
def vendor_schema(admin_folder: Path) -> GraphQLSchema:
    """The vendor's schema of the version that the connector talks to."""
    text = (admin_folder / "admin_2026-07.graphql").read_text()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    try:
        return build_schema(text, assume_valid=True)
    finally:
        sys.setrecursionlimit(limit)


@pytest.fixture(scope="session")
def scope_table(admin_folder: Path) -> dict[tuple[str, str], frozenset[str]]:
    """The access scopes of which any one opens a type (field "") or a field."""
    with gzip.open(admin_folder / "admin_2026-07.json.gz") as file:
        rows = json.load(file)["offline_scopes"]["items"]
    return {
        (row["typeName"], row.get("fieldName", "")): frozenset(row["offlineScopes"])
        for row in rows
    }
