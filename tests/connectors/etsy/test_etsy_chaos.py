"""With every fault of the shop switched on, orders, stock and parcels converge."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.connectors.etsy import plugin
from crossdock.simulators.faults import FAULTS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(
    open_scene: Any, open_hub: Any, seed: int
) -> None:
    scene = open_scene(faults=FAULTS["all"], seed=seed)
    hub = open_hub(plugin, lambda: scene.connector, scene.clock)
    placed = hub.watch(*[scene.buy] * 6)
    scene.shop.cancel_order(placed[0])
    for one in placed[1:]:
        hub.ship(scene.parcel(one, f"94{one}"))
    hub.keep_stock_at(scene.lamp, 0)
    hub.keep_stock_at(scene.lamp, 6)
    hub.keep_stock_at(scene.shirts[1], 1)
    hub.recover(scene.shop.faults)
    hub.expect(placed, cancelled=placed[:1], fulfilled=placed[1:])
    assert [scene.shop.receipt(one).mails for one in placed] == [0, 1, 1, 1, 1, 1]
    assert scene.shop.shown(scene.lamp) == 6
    assert [scene.shop.shown(key) for key in scene.shirts] == [5, 1, 5]
