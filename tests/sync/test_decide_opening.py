"""Which orders from before the cut-over come along, and what they bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crossdock.canonical.listings import Component
from crossdock.canonical.orders import FulfillmentState, PaymentState
from crossdock.canonical.remembered import Holding, KnownLine, LineState
from crossdock.canonical.stock import StockKey
from crossdock.sync.decide.facts import PARKED, Sells, Surroundings
from crossdock.sync.decide.ledger import Ledger
from crossdock.sync.decide.opening import comes_along, open_line
from crossdock.sync.decide.orders import Effects, take_in_order

Make = Callable[..., Any]
T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
BEFORE = T0 - timedelta(days=2)
SURROUNDINGS = Surroundings(
    "shop",
    "main",
    ("main",),
    T0,
    lambda listing, sku: PARKED,
    lambda: 1,
    opening_since=T0 - timedelta(days=30),
)


@pytest.mark.parametrize(
    ("changes", "along"),
    [
        ({}, True),
        ({"fulfillment": FulfillmentState.PARTIALLY_FULFILLED}, True),
        ({"placed_at": T0}, False),
        ({"placed_at": T0 - timedelta(days=31)}, False),
        ({"fulfillment": FulfillmentState.FULFILLED}, False),
        ({"fulfillment": FulfillmentState.UNKNOWN}, False),
        ({"payment": PaymentState.VOIDED}, False),
        ({"cancelled_at": BEFORE}, False),
        ({"test": True}, False),
        ({"fulfilled_by_channel": True}, False),
    ],
)
def test_b18_an_order_comes_along_that_was_open_at_the_cut_over(
    make_order: Make, make_line: Make, changes: dict[str, Any], along: bool
) -> None:
    order = make_order(make_line(3)).model_copy(update={"placed_at": BEFORE, **changes})
    assert comes_along(order, SURROUNDINGS) is along
    assert not comes_along(order, replace(SURROUNDINGS, opening_since=None))


def test_a_line_brings_what_its_counter_gave_up_for_every_part_of_it() -> None:
    hand, clock = StockKey("HAND", "main"), StockKey("CLOCK", "main")
    line = KnownLine(7, "line", "set", "", "", state=LineState.MAPPED)
    line.holdings = [Holding(hand, 3), Holding(clock, 1)]
    ledger = Ledger({})
    open_line(line, 2, ledger)
    assert (ledger.account(hand).on_hand, ledger.account(clock).on_hand) == (6, 2)
    assert line.taken == 2
    assert {one.cause.kind for one in ledger.movements} == {"opening"}


def test_an_order_that_comes_along_claims_what_it_brought(
    make_order: Make, make_line: Make
) -> None:
    sells = Sells(LineState.MAPPED, (Component(sku="CLOCK", units=1),), "record")
    surroundings = replace(SURROUNDINGS, sells=lambda listing, sku: sells)
    order = make_order(make_line(3)).model_copy(update={"placed_at": BEFORE})
    ledger, effects = Ledger({}), Effects()
    known = take_in_order(
        order,
        None,
        inbox_id=2,
        surroundings=surroundings,
        ledger=ledger,
        effects=effects,
    )
    account = ledger.account(StockKey("CLOCK", "main"))
    assert (account.on_hand, account.allocated) == (3, 3)
    assert known.moves_stock
    assert effects.taken == {}  # the counter had given them up before it was read
