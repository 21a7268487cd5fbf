"""A transport over mocked routes and a clock that is moved by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx
from crossdock.canonical.clock import ManualClock
from crossdock.connectors.transport import (
    HttpTransport,
    HttpTransports,
    NetworkPolicy,
)

OpenTransport = Callable[..., HttpTransport]


@pytest.fixture
def router() -> respx.Router:
    """Routes of a mocked channel; a request that none of them expects fails."""
    return respx.Router(base_url="https://shop.example/api", assert_all_mocked=True)


@pytest.fixture
def open_transport(router: respx.Router, fixed_clock: ManualClock) -> OpenTransport:
    """Open a transport to the mocked channel; arguments go to the factory."""

    def build(auth: httpx.Auth | None = None, **options: Any) -> HttpTransport:
        factory = HttpTransports(
            clock=fixed_clock,
            randomness=random.Random(7),
            network=NetworkPolicy(),
            wire=lambda: httpx.MockTransport(router.handler),
            **options,
        )
        return factory.open(
            base_url="https://shop.example/api",
            auth=auth,
            requests_per_second=1000,
            burst=1000,
        )

    return build
