"""With every fault of the store switched on, orders, stock and parcels converge."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from crossdock.connectors.amazon import plugin
from crossdock.simulators.faults import FAULTS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(
    open_scene: Any, open_hub: Any, worsen: Any, seed: int
) -> None:
    scene = open_scene(faults=worsen(FAULTS["all"]), seed=seed, usage_plans=True)
    hub = open_hub(plugin, lambda: scene.connector, scene.clock)
    buy = partial(scene.buy, 1)
    buy_unpaid = partial(scene.buy, 1, status="PENDING")
    placed = hub.watch(buy, buy, buy_unpaid, buy, buy, buy)
    scene.market.pay_order(placed[2])
    hub.cancel(placed[0], settle_seconds=600)
    scene.clock.advance(300)
    hub.pull()
    for one in placed[1:]:
        hub.ship(hub.describe_parcel(one))
    hub.keep_stock_at("LAMP", 6)
    hub.recover(scene.market.faults)
    hub.expect(placed, cancelled=placed[:1], fulfilled=placed[1:])
    for one in placed[1:]:
        assert len(scene.market.order(one).packages) == 1
    assert scene.market.shown("LAMP") == 6
    assert sum(scene.market.faults.struck.values()) > 20
