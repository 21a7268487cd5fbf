"""With every fault of the server switched on, orders, stock and parcels converge."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.connectors.medusa import plugin
from crossdock.simulators.faults import FAULTS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(
    open_scene: Any, open_tended_hub: Any, worsen: Any, seed: int
) -> None:
    scene = open_scene(faults=worsen(FAULTS["all"]), seed=seed)
    hub = open_tended_hub(plugin, lambda: scene.connector, scene.clock)
    placed = hub.watch(*[scene.buy] * 6)
    hub.cancel(placed[0])
    for one in placed[1:]:
        hub.ship(hub.describe_parcel(one))
    hub.keep_stock_at(scene.lamp_stock, 6)
    hub.recover(scene.shop.faults, settle_seconds=600)
    hub.expect(placed, cancelled=placed[:1], fulfilled=placed[1:])
    for one in placed[1:]:
        made = scene.shop.order(one).fulfillments
        assert sum(parcel.shipped_at is not None for parcel in made) == 1
    assert scene.shop.shown(scene.lamp) == 6
    assert sum(scene.shop.faults.struck.values()) > 10
