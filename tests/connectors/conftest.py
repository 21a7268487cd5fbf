"""What the tests of several kinds share: transports, contexts, and a hub that waits.

Not a place for what one kind's channel does; that is in the conftest.py of its folder.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import httpx
import pytest
import respx
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import (
    ChannelError,
    OutcomeUnknownError,
    ReauthRequiredError,
    RetryLaterError,
)
from crossdock.canonical.orders import FulfilledLine, FulfillmentState, Order
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    StockWrite,
)
from crossdock.connectors.conformance.bench import MemoryCredentials
from crossdock.connectors.sdk import Context, CredentialStore, Plugin
from crossdock.connectors.transport import (
    HttpTransport,
    HttpTransports,
    NetworkPolicy,
)
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import NO_FAULTS, Fault, FaultInjector, Faults

ROUNDS = 40
"""So often a thing is tried before it is said that it never works."""
OpenTransport = Callable[..., HttpTransport]
MakeContext = Callable[..., Context]
MakeParcel = Callable[..., FulfillmentPush]
Found = TypeVar("Found")


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


@pytest.fixture
def make_context() -> MakeContext:
    """Make a connector's context, as another worker of the hub would have one."""

    def make(
        clock: VirtualClock,
        wire: httpx.BaseTransport,
        credentials: CredentialStore | None = None,
        *,
        seed: int = 7,
    ) -> Context:
        transports = HttpTransports(
            clock=clock,
            randomness=random.Random(seed),
            network=NetworkPolicy(),
            wire=lambda: wire,
        )
        return Context(clock, transports, credentials or MemoryCredentials())

    return make


def describe_parcel(
    order_id: str,
    lines: Sequence[tuple[str, int]],
    shipped_at: datetime,
    /,
    **facts: Any,
) -> FulfillmentPush:
    """Describe a parcel with these lines and quantities, the last of its order."""
    usual = FulfillmentPush(
        reference="parcel-1",
        order_external_id=order_id,
        lines=tuple(
            FulfilledLine(line_external_id=line, quantity=quantity)
            for line, quantity in lines
        ),
        carrier="DHL",
        tracking_number="JD0141",
        tracking_url="",
        shipped_at=shipped_at,
        completes_order=True,
        idempotency_key="parcel-1",
    )
    return replace(usual, **facts)


@pytest.fixture
def make_parcel() -> MakeParcel:
    """Describe a parcel; named arguments replace what is usual in one."""
    return describe_parcel


@dataclass
class PatientHub:
    """Does with a failing shop what the hub does, by the connector alone.

    It waits after a failure that passes, and does it again; it believes that something
    is done when it reads so.
    """

    plugin: Plugin
    connect: Callable[[], Any]
    """Returns a connector; Any, because each test knows what its kind can do."""
    clock: VirtualClock
    passing: tuple[type[ChannelError], ...] = (RetryLaterError, OutcomeUnknownError)
    """The failures after which it tries again; any other fails the test."""
    seen: dict[str, Order] = field(default_factory=dict)
    """The newest version of every order that was pulled, by its external id."""
    cursor: str | None = None

    def insist(self, act: Callable[[], Found]) -> Found:
        """Do something until it works, and return what comes of it."""
        for _ in range(ROUNDS):
            try:
                return act()
            except self.passing as error:
                self.clock.advance(getattr(error, "delay_seconds", None) or 30)
        raise AssertionError("it never got better")

    def pull(self) -> None:
        """Pull to the end, keeping the newest version of each order."""
        since, complete = self.clock.now() - timedelta(days=1), False
        while not complete:
            ask = partial(self.connect().pull_orders, self.cursor, since=since)
            page = self.insist(ask)
            for record in page.records:
                order = self.plugin.translator.read_order(record.payload)
                known = self.seen.get(order.external_id)
                if known is None or known.updated_at <= order.updated_at:
                    self.seen[order.external_id] = order
            self.cursor, complete = page.cursor, page.complete

    def watch(self, *purchases: Callable[[], str]) -> list[str]:
        """Pull after each purchase; return the ids of the orders."""
        placed = []
        for buy in purchases:
            placed.append(buy())
            self.clock.advance(200)
            self.pull()
        return placed

    def cancel(self, order_id: str, *, settle_seconds: float = 60) -> None:
        """Cancel an order until it reads as cancelled."""
        connector = self.connect()
        push = CancellationPush(order_id, "out of stock", True, f"cancel-{order_id}")
        for _ in range(ROUNDS):
            self.insist(lambda: connector.push_cancellation(push))
            self.clock.advance(settle_seconds)
            (record,) = self.insist(lambda: connector.fetch_orders([order_id]))
            if self.plugin.translator.read_order(record.payload).cancelled:
                return
        raise AssertionError("the order was never cancelled")

    def describe_parcel(self, order_id: str) -> FulfillmentPush:
        """Describe a parcel of its own with all of an order that was pulled."""
        lines = [(one.external_id, one.quantity) for one in self.seen[order_id].lines]
        return describe_parcel(
            order_id,
            lines,
            self.clock.now(),
            reference=f"parcel-{order_id}",
            tracking_number=f"JD-{order_id}",
            idempotency_key=order_id,
        )

    def ship(self, push: FulfillmentPush) -> None:
        """Tell of a parcel until it is found."""
        connector = self.connect()
        for _ in range(ROUNDS):
            if self.insist(lambda: connector.find_fulfillment(push)):
                return
            result = self.insist(lambda: connector.push_fulfillment(push))
            assert result.outcome is not Outcome.REFUSED, result
            self.clock.advance(60)
        raise AssertionError("the parcel never arrived")

    def keep_stock_at(self, stock_id: str, quantity: int) -> None:
        """Write a quantity until it shows."""
        connector = self.connect()
        for number in range(ROUNDS):
            (reading,) = self.insist(lambda: connector.read_stock([stock_id]))
            if reading.quantity == quantity:
                return
            key = f"{stock_id}-{number}"
            write = StockWrite(stock_id, quantity, reading.quantity, key)
            self.insist(partial(connector.push_stock, [write]))
            self.clock.advance(self.plugin.traits.settle_seconds)
        raise AssertionError("the quantity never showed")

    def recover(self, faults: FaultInjector, settle_seconds: float = 4000) -> None:
        """Let the faults end, everything settle, and pull what there is."""
        faults.use(NO_FAULTS)
        self.clock.advance(settle_seconds)
        self.pull()

    def expect(
        self, placed: list[str], *, cancelled: list[str], fulfilled: list[str]
    ) -> None:
        """Assert that it knows these orders, no other, and what became of them."""
        assert sorted(self.seen) == sorted(placed)
        assert [one for one in placed if self.seen[one].cancelled] == cancelled
        states = [self.seen[one].fulfillment for one in fulfilled]
        assert states == [FulfillmentState.FULFILLED] * len(fulfilled)


@pytest.fixture
def open_hub() -> Callable[..., PatientHub]:
    """Return a hub that knows nothing yet; arguments as of ``PatientHub``."""
    return PatientHub


@pytest.fixture
def open_tended_hub() -> Callable[..., PatientHub]:
    """Return a hub beside which a person enters a refused token once more."""
    passing = (RetryLaterError, OutcomeUnknownError, ReauthRequiredError)
    return partial(PatientHub, passing=passing)


@pytest.fixture
def worsen() -> Callable[[Faults], Faults]:
    """Let every fault strike five times as often, up to each fifth request.

    The usual rates are for a demonstration of hours.
    """

    def multiply(faults: Faults) -> Faults:
        rates = {fault.value: min(faults.rate(fault) * 5, 0.2) for fault in Fault}
        return replace(faults, **rates)

    return multiply
