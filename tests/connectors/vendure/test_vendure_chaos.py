"""With every fault of the server switched on, orders, stock and parcels converge."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.connectors.vendure import plugin
from crossdock.simulators.faults import FAULTS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(
    open_scene: Any, open_hub: Any, seed: int
) -> None:
    scene = open_scene(faults=FAULTS["all"], seed=seed)
    hub = open_hub(plugin, lambda: scene.connector, scene.clock)
    placed = hub.watch(*[scene.buy] * 6)
    hub.cancel(placed[0])
    for one in placed[1:]:
        hub.ship(scene.parcel(one, f"JD{one}"))
    hub.keep_stock_at(scene.lamp, 6)
    hub.recover(scene.shop.faults)
    hub.expect(placed, cancelled=placed[:1], fulfilled=placed[1:])
    parcels = [len(scene.shop.order(one).fulfillments) for one in placed]
    assert parcels == [0, 1, 1, 1, 1, 1]
    assert scene.shop.shown(scene.lamp) == 6
