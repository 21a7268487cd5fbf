"""What a connector's author hands to the suite: the plugin, settings and a pretender.

The pretender (``SimulatedChannel``) answers as the channel would and keeps its own
books, so that the suite can ask it what really happened. The suite makes the faults of
the network itself; the pretender needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from ...canonical.clock import Clock
from ..sdk import Plugin


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One line of an order that the suite wants placed; the price is for one unit."""

    sku: str
    quantity: int = 1
    unit_price: str = "10.00"


@dataclass(frozen=True, slots=True)
class SampleOrder:
    """An order that a shopper places on the simulated channel."""

    lines: tuple[SampleLine, ...]
    currency: str = "EUR"
    customer_name: str = "Ada Lovelace"
    note: str = ""


@dataclass(frozen=True, slots=True)
class SignedDelivery:
    """A webhook as it arrives: header names in lower case, and the raw body."""

    headers: Mapping[str, str]
    body: bytes


class SimulatedChannel(Protocol):
    """One account of the channel, pretended. Fresh for each check.

    Methods about things that the connector cannot do are never called.
    """

    @property
    def clock(self) -> Clock:
        """The clock that channel and connector live by; ``pause`` must not wait."""
        ...

    @property
    def skus(self) -> Sequence[str]:
        """At least three SKUs, each of one listing that keeps a quantity above 10."""
        ...

    def wire(self) -> httpx.BaseTransport | None:
        """Return the way to the channel's API; None where it is no HTTP."""
        ...

    def place_order(self, order: SampleOrder) -> str | None:
        """Let a shopper buy and pay; return the order's external id.

        None where the channel cannot hold such an order (another currency, a
        quantity of zero).
        """
        ...

    def stock_id_of(self, sku: str) -> str:
        """Return the external id of the record that carries a SKU's quantity."""
        ...

    def quantity_of(self, sku: str) -> int:
        """Return the quantity that the channel shows for a SKU at this moment."""
        ...

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        """Return external id and ordered quantity of an order's lines."""
        ...

    def count_fulfillments(self, order_external_id: str) -> int:
        """Return how many fulfillments the channel has for an order."""
        ...

    def is_cancelled(self, order_external_id: str) -> bool:
        """Tell whether the channel regards an order as cancelled."""
        ...

    def count_refunds(self, order_external_id: str) -> int:
        """Return how many refunds the channel has paid for an order."""
        ...

    def listing_id_of(self, sku: str) -> str:
        """Return the external id of the listing that sells a SKU."""
        ...

    def price_of(self, sku: str) -> str:
        """Return what shoppers see as the price of one, in major units."""
        ...

    def deliver(self, order_external_id: str) -> SignedDelivery:
        """Return the webhook that tells of a change of an order, signed."""
        ...

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        """Return the headers of a genuine delivery of any bytes, signed some time ago.

        None where an age is asked for and the channel's scheme signs no time.
        """
        ...


def is_write(request: httpx.Request) -> bool:
    """Tell whether a request changes something; knows REST and GraphQL."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return False
    return not (b'"query"' in request.content and b"mutation" not in request.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformanceCase:
    """A connector under test.

    ``settings`` are given as a person would enter them, secrets as plain text.
    ``orders_for_three_pages`` is how many orders make the connector pull three pages
    (make the pretender's pages small to keep this small).
    """

    plugin: Plugin
    settings: Mapping[str, Any]
    start: Callable[[], SimulatedChannel]
    hosts: frozenset[str]
    """Every host that the connector may talk to; none where it speaks no HTTP, whose
    faults it then cannot have. The faults of its own way are for its own tests."""
    orders_for_three_pages: int = 25
    allow_private_networks: bool = False
    currency: str = "EUR"
    """What the simulated channel sells in."""
    is_write: Callable[[httpx.Request], bool] = is_write
