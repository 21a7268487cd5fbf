"""With every fault of the server switched on, orders, stock and parcels converge."""

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
from crossdock.canonical.orders import FulfilledLine, FulfillmentState, Order
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    StockWrite,
)
from crossdock.connectors.medusa import plugin
from crossdock.simulators.faults import FAULTS, NO_FAULTS, Fault

ROUNDS = 40
RATES = {fault.value: FAULTS["all"].rate(fault) * 5 for fault in Fault}
HARSH = replace(FAULTS["all"], **{name: min(rate, 0.2) for name, rate in RATES.items()})
"""All faults at once, five times as often as in a demonstration of hours."""
Found = TypeVar("Found")


def try_again(scene: Any, act: Callable[[], Found]) -> Found:
    """Do what the hub does with a failure that passes: wait, and do it again."""
    for _ in range(50):
        try:
            return act()
        except (RetryLaterError, OutcomeUnknownError, ReauthRequiredError) as error:
            wish = getattr(error, "delay_seconds", None)
            scene.clock.advance(wish or 30)
    raise AssertionError("it never got better")


def pull(scene: Any, cursor: str | None, seen: dict[str, Order]) -> str:
    """Pull to the end, keeping the newest version of each order."""
    since = scene.clock.now() - timedelta(days=1)
    while True:
        ask = partial(scene.connector.pull_orders, cursor, since=since)
        page = try_again(scene, ask)
        for record in page.records:
            order = plugin.translator.read_order(record.payload)
            seen[order.external_id] = order
        cursor = page.cursor
        if page.complete:
            return str(cursor)


def tell_of_parcel(scene: Any, order: Order) -> None:
    push = FulfillmentPush(
        reference=f"parcel-{order.external_id}",
        order_external_id=order.external_id,
        lines=tuple(
            FulfilledLine(line_external_id=line.external_id, quantity=line.quantity)
            for line in order.lines
        ),
        carrier="DHL",
        tracking_number=f"JD-{order.external_id}",
        tracking_url="",
        shipped_at=scene.clock.now(),
        completes_order=True,
        idempotency_key=order.external_id,
    )
    for _ in range(ROUNDS):
        if try_again(scene, lambda: scene.connector.find_fulfillment(push)):
            return
        result = try_again(scene, lambda: scene.connector.push_fulfillment(push))
        assert result.outcome is not Outcome.REFUSED, result
        scene.clock.advance(60)
    raise AssertionError("the parcel never arrived")


def keep_stock_at(scene: Any, stock_id: str, quantity: int) -> None:
    for _ in range(ROUNDS):
        (reading,) = try_again(scene, lambda: scene.connector.read_stock([stock_id]))
        if reading.quantity == quantity:
            return
        write = StockWrite(stock_id, quantity, reading.quantity, f"key-{quantity}")
        try_again(scene, partial(scene.connector.push_stock, [write]))
        scene.clock.advance(plugin.traits.settle_seconds)
    raise AssertionError("the quantity never showed")


def cancel(scene: Any, order_id: str) -> None:
    push = CancellationPush(order_id, "out of stock", True, order_id)
    for _ in range(ROUNDS):
        try_again(scene, lambda: scene.connector.push_cancellation(push))
        (record,) = try_again(scene, lambda: scene.connector.fetch_orders([order_id]))
        if plugin.translator.read_order(record.payload).cancelled:
            return
        scene.clock.advance(60)
    raise AssertionError("the order was never cancelled")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(open_scene: Any, seed: int) -> None:
    scene = open_scene(faults=HARSH, seed=seed)
    seen: dict[str, Order] = {}
    placed: list[str] = []
    cursor: str | None = None
    for _ in range(6):
        placed.append(scene.buy())
        scene.clock.advance(200)
        cursor = pull(scene, cursor, seen)
    cancel(scene, placed[0])
    cursor = pull(scene, cursor, seen)
    for order_id in placed[1:]:
        tell_of_parcel(scene, seen[order_id])
    keep_stock_at(scene, scene.lamp_stock, 6)
    scene.shop.faults.use(NO_FAULTS)
    scene.clock.advance(600)
    pull(scene, cursor, seen)
    assert sorted(seen) == sorted(placed)
    assert seen[placed[0]].cancelled
    for order_id in placed[1:]:
        assert seen[order_id].fulfillment is FulfillmentState.FULFILLED
        made = scene.shop.order(order_id).fulfillments
        assert sum(one.shipped_at is not None for one in made) == 1
    assert scene.shop.shown(scene.lamp) == 6
    assert sum(scene.shop.faults.struck.values()) > 10
