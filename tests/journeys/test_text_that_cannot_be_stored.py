"""Text that a database cannot hold costs its own record, and no other."""

from __future__ import annotations

from typing import Any

from crossdock.canonical.conflicts import ConflictKind


def test_g11_an_order_with_a_nul_in_a_name_waits_and_the_others_go_on(
    any_market: Any,
) -> None:
    town = any_market
    listing = town.clocks["woo"]
    broken = town.world.buy("woo", listing, 1, "Nul\x00 Null")
    fine = town.world.buy("woo", listing, 1, "Ada")
    town.work()
    (conflict,) = town.list_open(ConflictKind.UNREADABLE_RECORD)
    assert conflict.facts["external_id"] == broken
    assert "NUL" in conflict.summary
    assert town.load_order("woo", fine) is not None
    assert town.violations() == []
