"""With every fault of the shop switched on, orders, stock and parcels converge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import pytest
from crossdock.canonical.errors import OutcomeUnknownError, RetryLaterError
from crossdock.canonical.orders import FulfillmentState, Order
from crossdock.canonical.pushes import Outcome, StockWrite
from crossdock.connectors.etsy import plugin
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
        page = insist(scene, partial(scene.connector.pull_orders, cursor, since=since))
        for record in page.records:
            order = plugin.translator.read_order(record.payload)
            known = seen.get(order.external_id)
            if known is None or known.updated_at <= order.updated_at:
                seen[order.external_id] = order
        cursor = page.cursor
        if page.complete:
            return str(cursor)


def tell_of_parcel(scene: Any, order_id: str) -> None:
    push = scene.parcel(order_id, f"94{order_id}")
    for _ in range(ROUNDS):
        if insist(scene, lambda: scene.connector.find_fulfillment(push)):
            return
        result = insist(scene, lambda: scene.connector.push_fulfillment(push))
        assert result.outcome is not Outcome.REFUSED, result
        scene.clock.advance(60)
    raise AssertionError("the parcel never arrived")


def keep_stock_at(scene: Any, key: str, quantity: int) -> None:
    for _ in range(ROUNDS):
        (reading,) = insist(scene, lambda: scene.connector.read_stock([key]))
        if reading.quantity == quantity:
            return
        write = StockWrite(key, quantity, reading.quantity, "key")
        insist(scene, partial(scene.connector.push_stock, [write]))
        scene.clock.advance(plugin.traits.settle_seconds)
    raise AssertionError("the quantity never showed")


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
    scene.shop.cancel_order(placed[0])
    for order_id in placed[1:]:
        tell_of_parcel(scene, order_id)
    keep_stock_at(scene, scene.lamp, 0)
    keep_stock_at(scene, scene.lamp, 6)
    keep_stock_at(scene, scene.shirts[1], 1)
    scene.shop.faults.use(NO_FAULTS)
    scene.clock.advance(4000)
    pull(scene, cursor, seen)
    assert sorted(seen) == sorted(placed)
    assert [seen[one].cancelled for one in placed] == [True] + [False] * 5
    shipped = [seen[one].fulfillment for one in placed[1:]]
    assert shipped == [FulfillmentState.FULFILLED] * 5
    assert [scene.shop.receipt(one).mails for one in placed] == [0, 1, 1, 1, 1, 1]
    assert scene.shop.shown(scene.lamp) == 6
    assert [scene.shop.shown(key) for key in scene.shirts] == [5, 1, 5]
