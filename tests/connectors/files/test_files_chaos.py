"""With every fault of a folder switched on, orders, stock and parcels converge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from crossdock.canonical.orders import FulfillmentState
from crossdock.canonical.pushes import Outcome, StockWrite
from crossdock.connectors.files import plugin
from crossdock.simulators.books import BasketLine
from crossdock.simulators.faults import FAULTS, NO_FAULTS, Fault

HARSH = replace(
    FAULTS["all"],
    truncated=0.3,
    webhook_repeat=0.3,
    webhook_delay=0.3,
    webhook_delay_seconds_max=400.0,
)
"""Half-written, doubled and late files, more often than anybody has seen."""


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(
    open_folder: Callable[..., Any], open_hub: Any, seed: int, moves: bool
) -> None:
    stand = open_folder(seed=seed, faults=HARSH, move_read_files=moves)
    hub = open_hub(plugin, stand.connect, stand.clock, passing=())
    shop, placed = stand.shop, list[str]()
    for number in range(30):
        placed.append(shop.sell([BasketLine("BRASS-LAMP", 2)], "Ada"))
        stand.clock.advance(40)
        if number % 5 == 4:
            shop.cancel_order(placed[number - 2])
            shop.edit_line(placed[number - 1], "1", 1)
        shop.work()
        hub.pull()
    shop.faults.use(NO_FAULTS)
    for _ in range(3):
        stand.clock.advance(500)
        shop.work()
        hub.pull()
    assert sorted(hub.seen) == sorted(placed)
    for order_id in placed:
        truth = shop.order(order_id)
        assert hub.seen[order_id].cancelled == (truth.status == "cancelled")
        assert hub.seen[order_id].lines[0].quantity == truth.rows[0].quantity
    struck = shop.faults.struck
    assert struck[Fault.TRUNCATED] > 1
    assert struck[Fault.WEBHOOK_REPEAT] > 1
    assert struck[Fault.WEBHOOK_DELAY] > 1


def test_stock_and_parcels_arrive_whatever_is_told_late(
    open_folder: Callable[..., Any], open_hub: Any, make_parcel: Any
) -> None:
    stand = open_folder(faults=HARSH)
    order_id = stand.shop.sell([BasketLine("BRASS-LAMP", 2)], "Ada")
    write = StockWrite("BRASS-LAMP", 6, None, "key")
    push = make_parcel(order_id, [("1", 2)], stand.clock.now())
    for _ in range(2):
        (result,) = stand.connect().push_stock([write])
        assert result.outcome is Outcome.ACCEPTED
        assert stand.connect().push_fulfillment(push).outcome is Outcome.ACCEPTED
        stand.clock.advance(500)
        stand.shop.work()
    stand.clock.advance(500)
    stand.shop.work()
    hub = open_hub(plugin, stand.connect, stand.clock, passing=())
    hub.pull()
    assert hub.seen[order_id].fulfillment is FulfillmentState.FULFILLED
    assert stand.shop.shown("BRASS-LAMP") == 6
    assert len(stand.shop.order(order_id).parcels) == 1
