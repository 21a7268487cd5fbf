"""A connector to a mocked shop: respx for the routes, a clock moved by hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx
from crossdock.canonical.clock import ManualClock
from crossdock.connectors.sdk import Context, Credentials
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.connectors.woocommerce import plugin
from crossdock.connectors.woocommerce.connector import WooCommerceConnector

API = "https://shop.example/wp-json/wc/v3"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
Connect = Callable[..., WooCommerceConnector]


class NoCredentials:
    """WooCommerce's keys do not rotate; nothing may ask for a store of them."""

    def load(self) -> Credentials:
        raise AssertionError("WooCommerce has no rotating credentials")

    def replace(self, *, version: int, values: Mapping[str, str]) -> bool:
        raise AssertionError("WooCommerce has no rotating credentials")


@pytest.fixture
def shop() -> respx.Router:
    """The shop's REST API; a request that no route expects fails."""
    return respx.Router(base_url=API, assert_all_mocked=True, assert_all_called=False)


@pytest.fixture
def connect(shop: respx.Router, fixed_clock: ManualClock) -> Connect:
    """Connect to the mocked shop, or another; arguments change the settings."""

    def build(
        other_shop: respx.Router | None = None, **changes: Any
    ) -> WooCommerceConnector:
        settings = plugin.settings.model_validate(
            {
                "shop_url": "https://shop.example",
                "consumer_key": "ck_0123456789abcdef",
                "consumer_secret": "cs_fedcba9876543210",
                **changes,
            }
        )
        transports = HttpTransports(
            clock=fixed_clock,
            randomness=random.Random(7),
            network=NetworkPolicy(allow_private_networks=True),
            wire=lambda: httpx.MockTransport((other_shop or shop).handler),
        )
        context = Context(
            clock=fixed_clock, transports=transports, credentials=NoCredentials()
        )
        connector = plugin.connect(settings, context)
        assert isinstance(connector, WooCommerceConnector)
        return connector

    return build


@pytest.fixture
def connector(connect: Connect) -> WooCommerceConnector:
    """A connector to the mocked shop with ordinary settings."""
    return connect()
