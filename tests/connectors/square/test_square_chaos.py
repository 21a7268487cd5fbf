"""With every fault of the account switched on, orders, stock and parcels converge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import pytest
from crossdock.canonical.errors import (
    OutcomeUnknownError,
    ReauthRequiredError,
    RetryLaterError,
)
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine, FulfillmentState, Order
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    RefundPush,
    StockWrite,
)
from crossdock.connectors.square import plugin
from crossdock.simulators.faults import FAULTS, NO_FAULTS, Fault

ROUNDS = 40
RATES = {fault.value: FAULTS["all"].rate(fault) * 5 for fault in Fault}
HARSH = replace(FAULTS["all"], **{name: min(rate, 0.2) for name, rate in RATES.items()})
"""All faults at once, five times as often as in a demonstration of hours."""
PASSING = (RetryLaterError, OutcomeUnknownError, ReauthRequiredError)
"""A token of one's own that is refused for a moment is tried again by a person."""
Found = TypeVar("Found")


def try_again(stand: Any, act: Callable[[], Found]) -> Found:
    """Do what the hub does with a failure that passes: wait, and do it again."""
    for _ in range(50):
        try:
            return act()
        except PASSING as error:
            stand.clock.pause(getattr(error, "delay_seconds", None) or 30)
    raise AssertionError("it never got better")


def pull(stand: Any, cursor: str | None, seen: dict[str, Order]) -> str:
    """Pull to the end, keeping the newest version of each order."""
    connector, since = stand.connect(), stand.clock.now() - timedelta(days=1)
    complete = False
    while not complete:
        page = try_again(stand, partial(connector.pull_orders, cursor, since=since))
        for record in page.records:
            order = plugin.translator.read_order(record.payload)
            seen[order.external_id] = order
        cursor, complete = page.cursor, page.complete
    assert cursor
    return cursor


def tell_of_parcel(stand: Any, order: Order) -> None:
    connector = stand.connect()
    push = FulfillmentPush(
        f"parcel-{order.external_id}",
        order.external_id,
        tuple(
            FulfilledLine(line_external_id=line.external_id, quantity=line.quantity)
            for line in order.lines
        ),
        "DHL",
        "JD-0141",
        "",
        stand.clock.now(),
        True,
        order.external_id,
    )
    for _ in range(ROUNDS):
        if try_again(stand, lambda: connector.find_fulfillment(push)):
            return
        result = try_again(stand, lambda: connector.push_fulfillment(push))
        assert result.outcome is not Outcome.REFUSED, result
        stand.clock.pause(60)
    raise AssertionError("the parcel never arrived")


def keep_stock_at(stand: Any, id_: str, quantity: int) -> None:
    connector = stand.connect()
    for number in range(ROUNDS):
        (reading,) = try_again(stand, lambda: connector.read_stock([id_]))
        if reading.quantity == quantity:
            return
        write = StockWrite(id_, quantity, reading.quantity, f"{id_}-{number}")
        try_again(stand, partial(connector.push_stock, [write]))
        stand.clock.pause(plugin.traits.settle_seconds)
    raise AssertionError("the quantity never showed")


def pay_back(stand: Any, order_id: str) -> None:
    connector, amount = stand.connect(), Money.of("4.00", "EUR")
    push = RefundPush("r-1", order_id, (), amount, "late", "refund-1")
    for _ in range(ROUNDS):
        if try_again(stand, lambda: connector.find_refund(push)):
            return
        try_again(stand, lambda: connector.push_refund(push))
        stand.clock.pause(60)
    raise AssertionError("the money never went back")


def cancel(stand: Any, order_id: str) -> None:
    connector = stand.connect()
    push = CancellationPush(order_id, "out of stock", True, f"cancel-{order_id}")
    for _ in range(ROUNDS):
        result = try_again(stand, lambda: connector.push_cancellation(push))
        if result.outcome is Outcome.ACCEPTED:
            return
        stand.clock.pause(60)
    raise AssertionError("the order was never cancelled")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(open_account: Any, seed: int) -> None:
    stand = open_account(seed=seed)
    stand.shop.faults.use(HARSH)
    seen: dict[str, Order] = {}
    placed: list[str] = []
    cursor: str | None = None
    for _ in range(6):
        placed.append(stand.shop.sell(stand.basket("BRASS-LAMP", units=2), "Ada"))
        stand.clock.pause(200)
        cursor = pull(stand, cursor, seen)
    cancel(stand, placed[0])
    pay_back(stand, placed[1])
    stand.shop.refund_order(placed[2], None, restock=True)
    cursor = pull(stand, cursor, seen)
    for order_id in placed[3:]:
        tell_of_parcel(stand, seen[order_id])
    keep_stock_at(stand, stand.listings["BRASS-LAMP"], 6)
    stand.shop.faults.use(NO_FAULTS)
    stand.clock.pause(4000)
    pull(stand, cursor, seen)
    assert sorted(seen) == sorted(placed)
    assert seen[placed[0]].cancelled
    assert [refund.amount.minor for refund in seen[placed[1]].refunds] == [400]
    assert seen[placed[2]].lines[0].quantity_current == 0
    for order_id in placed[3:]:
        assert seen[order_id].fulfillment is FulfillmentState.FULFILLED
    assert stand.shop.shown(stand.listings["BRASS-LAMP"]) == 6
    assert sum(stand.shop.faults.struck.values()) > 20
