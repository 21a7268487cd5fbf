"""With every fault of the server switched on, orders, stock and parcels converge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import pytest
from crossdock.canonical.errors import OutcomeUnknownError, RetryLaterError
from crossdock.canonical.orders import FulfillmentState, Order
from crossdock.canonical.pushes import CancellationPush, Outcome, StockWrite
from crossdock.connectors.vendure import plugin
from crossdock.simulators.faults import FAULTS, NO_FAULTS

ROUNDS = 40
Found = TypeVar("Found")


def insist(scene: Any, act: Callable[[], Found]) -> Found:
    """Do what the hub does with a failure that passes: wait, and do it again."""
    for _ in range(ROUNDS):
        try:
            return act()
        except (RetryLaterError, OutcomeUnknownError) as error:
            scene.clock.advance(getattr(error, "delay_seconds", None) or 30)
    raise AssertionError("it never got better")


def pull(scene: Any, cursor: str | None, seen: dict[str, Order]) -> str:
    since = scene.clock.now() - timedelta(days=1)
    while True:

        def ask(at: str | None = cursor) -> Any:
            return scene.connector.pull_orders(at, since=since)

        page = insist(scene, ask)
        for record in page.records:
            order = plugin.translator.read_order(record.payload)
            known = seen.get(order.external_id)
            if known is None or known.updated_at <= order.updated_at:
                seen[order.external_id] = order
        cursor = page.cursor
        if page.complete:
            return str(cursor)


def tell_of_parcel(scene: Any, order_id: str) -> None:
    push = scene.parcel(order_id, f"JD{order_id}")
    for _ in range(ROUNDS):
        if insist(scene, lambda: scene.connector.find_fulfillment(push)):
            return
        result = insist(scene, lambda: scene.connector.push_fulfillment(push))
        assert result.outcome is not Outcome.REFUSED, result
        scene.clock.advance(60)
    raise AssertionError("the parcel never arrived")


def keep_stock_at(scene: Any, quantity: int) -> None:
    for _ in range(ROUNDS):
        (reading,) = insist(scene, lambda: scene.connector.read_stock([scene.lamp]))
        if reading.quantity == quantity:
            return
        write = StockWrite(scene.lamp, quantity, reading.quantity, "key")
        insist(scene, partial(scene.connector.push_stock, [write]))
        scene.clock.advance(10)
    raise AssertionError("the quantity never showed")


def cancel(scene: Any, order_id: str) -> None:
    push = CancellationPush(order_id, "out of stock", True, "key")
    for _ in range(ROUNDS):
        insist(scene, lambda: scene.connector.push_cancellation(push))
        scene.clock.advance(60)
        if insist(scene, lambda: scene.read(order_id)).cancelled:
            return
    raise AssertionError("the order was never cancelled")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(open_scene: Any, seed: int) -> None:
    scene = open_scene(faults=FAULTS["all"], seed=seed)
    seen: dict[str, Order] = {}
    cursor: str | None = None
    placed = []
    for _ in range(6):
        placed.append(scene.buy())
        scene.clock.advance(200)
        cursor = pull(scene, cursor, seen)
    cancel(scene, placed[0])
    for order_id in placed[1:]:
        tell_of_parcel(scene, order_id)
    keep_stock_at(scene, 6)
    scene.shop.faults.use(NO_FAULTS)
    scene.clock.advance(4000)
    pull(scene, cursor, seen)
    assert sorted(seen) == sorted(placed)
    assert [seen[one].cancelled for one in placed] == [True] + [False] * 5
    shipped = [seen[one].fulfillment for one in placed[1:]]
    assert shipped == [FulfillmentState.FULFILLED] * 5
    parcels = [len(scene.shop.order(one).fulfillments) for one in placed]
    assert parcels == [0, 1, 1, 1, 1, 1]
    assert scene.shop.shown(scene.lamp) == 6
