"""A desk at which orders are decided without a database: positions stay in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crossdock.canonical.listings import Component
from crossdock.canonical.money import Money
from crossdock.canonical.orders import (
    FulfilledLine,
    Fulfillment,
    FulfillmentState,
    Order,
    OrderLine,
    PaymentState,
    Refund,
    RefundLine,
)
from crossdock.canonical.remembered import KnownLine, KnownOrder, LineState
from crossdock.canonical.stock import StockKey
from crossdock.sync.decide.facts import PARKED, Sells, Surroundings
from crossdock.sync.decide.ledger import Ledger
from crossdock.sync.decide.orders import Effects, take_in_order

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLOCK = StockKey("CLOCK", "main")
HAND = StockKey("HAND", "main")


@dataclass
class Desk:
    """What the hub remembers of one channel's orders, and the positions behind them."""

    ledger: Ledger
    sells: dict[str, Sells]
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    effects: Effects = field(default_factory=Effects)
    known: dict[str, KnownOrder] = field(default_factory=dict)

    def take_in(self, order: Order) -> KnownOrder:
        surroundings = Surroundings(
            "shop",
            "main",
            ("main",),
            MOMENT,
            lambda listing, _: self.sells.get(listing, PARKED),
            lambda: next(self.ids),
        )
        self.known[order.external_id] = take_in_order(
            order,
            self.known.get(order.external_id),
            inbox_id=next(self.ids),
            surroundings=surroundings,
            ledger=self.ledger,
            effects=self.effects,
        )
        return self.known[order.external_id]

    def counts(self, key: StockKey = CLOCK) -> tuple[int, int]:
        """Return what is on hand and what of it is allocated."""
        account = self.ledger.account(key)
        return account.on_hand, account.allocated

    def line(self, external_id: str = "line", order: str = "1001") -> KnownLine:
        return self.known[order].lines[external_id]

    def sold_elsewhere(self) -> dict[str, int]:
        return self.effects.taken


def mapped(*parts: tuple[str, int], record: str = "record") -> Sells:
    made_of = tuple(Component(sku=sku, units=units) for sku, units in parts)
    return Sells(LineState.MAPPED, made_of, record)


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    """Open a desk with so many clocks and hands; ``clock``, ``pair`` and ``set`` sell
    one clock, two clocks, and a clock with three hands.
    """

    def make(clocks: int = 100, hands: int = 100) -> Desk:
        ledger = Ledger({CLOCK: (clocks, 0, 0), HAND: (hands, 0, 0)})
        return Desk(
            ledger,
            {
                "clock": mapped(("CLOCK", 1)),
                "pair": mapped(("CLOCK", 2)),
                "set": mapped(("CLOCK", 1), ("HAND", 3)),
                "waiting": Sells(LineState.PARKED, (), "record-waiting"),
                "ignored": Sells(LineState.UNTRACKED, (), "record-ignored"),
            },
        )

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A desk with ten clocks and a hundred hands."""
    return make_desk(clocks=10)


@pytest.fixture
def make_line() -> Callable[..., OrderLine]:
    """Make a line of so many ``clock``s; keyword arguments override."""

    def make(quantity: int = 1, external_id: str = "line", **changes: Any) -> OrderLine:
        facts: dict[str, Any] = {
            "external_id": external_id,
            "listing_external_id": "clock",
            "sku": "CLOCK",
            "title": "A clock",
            "quantity": quantity,
            "quantity_current": quantity,
            "quantity_taken": quantity,
            "unit_price": Money(1000, "EUR"),
            "total": Money(1000 * quantity, "EUR"),
            "tax": Money(0, "EUR"),
        }
        return OrderLine(**facts | changes)

    return make


@pytest.fixture
def make_order() -> Callable[..., Order]:
    """Make a paid order of these lines; ``minutes`` is the age of this version."""

    def make(*lines: OrderLine, minutes: int = 0, **changes: Any) -> Order:
        facts: dict[str, Any] = {
            "external_id": "1001",
            "placed_at": MOMENT,
            "updated_at": MOMENT + timedelta(minutes=minutes),
            "currency": "EUR",
            "prices_include_tax": True,
            "payment": PaymentState.PAID,
            "fulfillment": FulfillmentState.UNFULFILLED,
            "lines": lines,
            "total": Money(sum(line.total.minor for line in lines), "EUR"),
        }
        return Order(**facts | changes)

    return make


@pytest.fixture
def make_parcel() -> Callable[..., Fulfillment]:
    """Make a parcel as a channel reports it, by units of each line."""

    def make(quantities: dict[str, int], **changes: Any) -> Fulfillment:
        facts: dict[str, Any] = {
            "external_id": "parcel-1",
            "lines": tuple(
                FulfilledLine(line_external_id=line, quantity=quantity)
                for line, quantity in quantities.items()
            ),
            "shipped_at": MOMENT + timedelta(hours=1),
        }
        return Fulfillment(**facts | changes)

    return make


@pytest.fixture
def make_refund() -> Callable[..., Refund]:
    """Make a refund of so many units of ``line``."""

    def make(
        quantity: int, *, restocked: bool, external_id: str = "refund-1"
    ) -> Refund:
        part = RefundLine(
            line_external_id="line", quantity=quantity, restocked=restocked
        )
        amount = Money(1000 * quantity, "EUR")
        return Refund(external_id=external_id, amount=amount, lines=(part,))

    return make
