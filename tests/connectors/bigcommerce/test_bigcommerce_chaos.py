"""With every fault of the store switched on, orders, stock and parcels converge."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.connectors.bigcommerce import plugin
from crossdock.simulators.faults import FAULTS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(
    open_scene: Any, open_tended_hub: Any, worsen: Any, seed: int
) -> None:
    harsh = worsen(FAULTS["all"])
    scene = open_scene(faults=harsh, seed=seed, requests_per_window=150)
    hub = open_tended_hub(plugin, lambda: scene.connector, scene.clock)
    placed = hub.watch(*[scene.buy] * 6)
    hub.cancel(placed[0])
    for one in placed[1:]:
        hub.ship(hub.describe_parcel(one))
    hub.keep_stock_at(scene.lamp_stock, 6)
    hub.recover(scene.store.faults, settle_seconds=600)
    hub.expect(placed, cancelled=placed[:1], fulfilled=placed[1:])
    for one in placed[1:]:
        assert len(scene.store.order(one).shipments) == 1
    assert scene.store.shown(scene.lamp) == 6
    assert sum(scene.store.faults.struck.values()) > 10
