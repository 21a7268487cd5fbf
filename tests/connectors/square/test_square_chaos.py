"""With every fault of the account switched on, orders, stock and parcels converge."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.money import Money
from crossdock.canonical.pushes import RefundPush
from crossdock.connectors.square import plugin
from crossdock.simulators.faults import FAULTS


def pay_back(hub: Any, order_id: str) -> None:
    connector, amount = hub.connect(), Money.of("4.00", "EUR")
    push = RefundPush("r-1", order_id, (), amount, "late", "refund-1")
    for _ in range(40):
        if hub.insist(lambda: connector.find_refund(push)):
            return
        hub.insist(lambda: connector.push_refund(push))
        hub.clock.pause(60)
    raise AssertionError("the money never went back")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_every_fault_all_still_converges(
    open_account: Any, open_tended_hub: Any, worsen: Any, seed: int
) -> None:
    stand = open_account(seed=seed)
    shop, lamp = stand.shop, stand.listings["BRASS-LAMP"]
    shop.faults.use(worsen(FAULTS["all"]))
    hub = open_tended_hub(plugin, stand.connect, stand.clock)
    basket = stand.basket("BRASS-LAMP", units=2)
    placed = hub.watch(*[lambda: shop.sell(basket, "Ada")] * 6)
    hub.cancel(placed[0])
    pay_back(hub, placed[1])
    shop.refund_order(placed[2], None, restock=True)
    hub.pull()
    for one in placed[3:]:
        hub.ship(hub.describe_parcel(one))
    hub.keep_stock_at(lamp, 6)
    hub.recover(shop.faults)
    hub.expect(placed, cancelled=placed[:1], fulfilled=placed[3:])
    assert [refund.amount.minor for refund in hub.seen[placed[1]].refunds] == [400]
    assert hub.seen[placed[2]].lines[0].quantity_current == 0
    assert shop.shown(lamp) == 6
    assert sum(shop.faults.struck.values()) > 20
