"""What the hub cannot decide alone holds up nothing else, and a person settles it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from crossdock.canonical.conflicts import Action, ConflictKind
from crossdock.canonical.errors import MappingError, NotFoundError, RefusedError
from crossdock.canonical.listings import Component
from crossdock.canonical.orders import Order
from crossdock.canonical.remembered import LineState
from crossdock.connectors.sdk import Plugin
from crossdock.store import audit
from crossdock.store.marks import MarkKind
from crossdock.sync.decisions_mapping import Decision
from crossdock.sync.replay import replay_quarantined
from crossdock.sync.resolve import (
    preview_resolution,
    resolve_conflict,
    undo_resolution,
)
from crossdock.sync.ship import Tracking, ship_order

CHANNELS = ("shopify", "woo")


def maps(sku: str, units: int = 1, *, create: bool = False) -> Decision:
    return Decision(Action.MAP, (Component(sku=sku, units=units),), create=create)


def states(town: Any, channel: str, order: str) -> list[LineState]:
    return [line.state for line in town.load_order(channel, order).lines.values()]


def offer_strange(town: Any, channel: str, sku: str = "KLOK-OLD") -> str:
    """Offer the clock under a SKU that the hub does not know, and let it be seen.

    Shopify is the catalogue's source here: only a missing SKU is unknown there.
    """
    sku = "" if channel == "shopify" else sku
    listing: str = town.offer(channel, sku, 9, title="Klok", sells={"CLOCK": 1})
    town.tick(MarkKind.SCAN)
    town.work()
    return listing


@pytest.mark.parametrize("channel", CHANNELS)
def test_c13_an_unmapped_listing_parks_its_line_and_no_other(
    any_market: Any, channel: str
) -> None:
    town = any_market
    strange = offer_strange(town, channel)
    (conflict,) = town.list_open()
    assert conflict.kind is ConflictKind.UNMAPPED_SKU
    order = town.sell(channel, (town.clocks[channel], 2), (strange, 3))
    town.work()
    assert states(town, channel, order) == [LineState.MAPPED, LineState.PARKED]
    assert town.count("CLOCK") == (10, 2)
    assert town.violations() == []
    # Its counter is not touched: the hub does not know what it shows.
    assert town.shown(channel, strange) == 6

    settled = resolve_conflict(
        town.hub, conflict.id, maps("CLOCK"), actor="ada", reason="the old name"
    )
    assert settled.lines_freed == 1
    town.work()
    assert states(town, channel, order) == [LineState.MAPPED, LineState.MAPPED]
    assert town.count("CLOCK") == (10, 5)
    assert town.list_open() == []
    town.check()


def test_a_settlement_frees_exactly_the_lines_that_waited_for_it(market: Any) -> None:
    first = offer_strange(market, "woo", "KLOK-1")
    second = offer_strange(market, "woo", "KLOK-2")
    order = market.sell("woo", (first, 1), (second, 2))
    market.work()
    conflicts = {one.subject: one.id for one in market.list_open()}
    resolve_conflict(
        market.hub, conflicts[f"woo/listing/{first}"], maps("CLOCK"), actor="ada"
    )
    market.work()
    assert states(market, "woo", order) == [LineState.MAPPED, LineState.PARKED]
    assert market.count("CLOCK") == (10, 1)
    assert [one.subject for one in market.list_open()] == [f"woo/listing/{second}"]
    assert market.violations() == []


def test_a_settlement_can_be_undone_and_made_again(any_market: Any) -> None:
    town = any_market
    strange = offer_strange(town, "woo")
    (conflict,) = town.list_open()
    order = town.sell("woo", (strange, 3))
    town.work()
    resolve_conflict(town.hub, conflict.id, maps("CLOCK", 2), actor="ada")
    town.work()
    assert town.count("CLOCK") == (10, 6)
    with pytest.raises(RefusedError):
        resolve_conflict(town.hub, conflict.id, maps("CLOCK"), actor="bob")

    undone = undo_resolution(town.hub, conflict.id, actor="ada", reason="a mistake")
    town.work()
    assert undone.lines_freed == 1
    assert states(town, "woo", order) == [LineState.PARKED]
    assert town.count("CLOCK") == (10, 0)
    assert [one.id for one in town.list_open()] == [conflict.id]
    assert town.violations() == []
    with pytest.raises(RefusedError):
        undo_resolution(town.hub, conflict.id, actor="ada")

    resolve_conflict(town.hub, conflict.id, maps("CLOCK"), actor="ada")
    town.work()
    town.check()
    with town.hub.store.reading() as connection:
        trail = audit.load(connection, f"conflict/{conflict.id}")
    assert [(row.actor, row.action) for row in trail] == [
        ("ada", "conflict.map"),
        ("ada", "conflict.undo"),
        ("ada", "conflict.map"),
    ]


def test_a_settlement_whose_goods_have_left_cannot_be_undone(market: Any) -> None:
    strange = offer_strange(market, "woo")
    (conflict,) = market.list_open()
    order = market.sell("woo", (strange, 3))
    market.work()
    resolve_conflict(market.hub, conflict.id, maps("CLOCK"), actor="ada")
    ship_order(market.hub, order, Tracking())
    with pytest.raises(RefusedError):
        undo_resolution(market.hub, conflict.id, actor="ada")
    market.work()
    assert market.count("CLOCK") == (7, 0)
    market.check()


def test_what_shipped_while_its_line_waited_is_taken_from_stock_once(
    market: Any,
) -> None:
    strange = offer_strange(market, "woo")
    (conflict,) = market.list_open()
    order = market.sell("woo", (strange, 3))
    market.work()
    market.shops["woo"].set_order_status(order, "completed")
    market.pull()
    assert market.count("CLOCK") == (10, 0)
    resolve_conflict(market.hub, conflict.id, maps("CLOCK"), actor="ada")
    market.work()
    market.pull()
    assert market.count("CLOCK") == (7, 0)
    market.check()


def test_a_preview_says_what_would_happen_and_changes_nothing(market: Any) -> None:
    strange = offer_strange(market, "woo")
    (conflict,) = market.list_open()
    market.sell("woo", (strange, 3))
    market.work()
    foreseen = preview_resolution(market.hub, conflict.id, maps("CLOCK"))
    assert foreseen.lines_freed == 1
    assert market.count("CLOCK") == (10, 0)
    assert [one.id for one in market.list_open()] == [conflict.id]
    done = resolve_conflict(market.hub, conflict.id, maps("CLOCK"), actor="ada")
    assert done == foreseen


def test_a_listing_can_be_declared_none_of_the_merchants_stock(market: Any) -> None:
    strange = offer_strange(market, "woo")
    (conflict,) = market.list_open()
    order = market.sell("woo", (strange, 3))
    market.work()
    decision = Decision(Action.IGNORE_LISTING)
    resolve_conflict(market.hub, conflict.id, decision, actor="ada")
    market.work()
    assert states(market, "woo", order) == [LineState.UNTRACKED]
    again = market.sell("woo", (strange, 1))
    market.work()
    assert states(market, "woo", again) == [LineState.UNTRACKED]
    assert market.count("CLOCK") == (10, 0)
    assert market.list_open() == []
    assert market.violations() == []


def test_a_new_sku_can_be_made_while_settling(market: Any) -> None:
    vase = market.offer("woo", "VASE-9", 4)
    market.tick(MarkKind.SCAN)
    market.work()
    (conflict,) = market.list_open()
    with pytest.raises(NotFoundError):
        resolve_conflict(market.hub, conflict.id, maps("VASE-9"), actor="ada")
    resolve_conflict(market.hub, conflict.id, maps("VASE-9", create=True), actor="ada")
    market.work()
    assert market.shown("woo", vase) == 0  # none has been received
    assert market.list_open() == []
    assert market.violations() == []


def test_two_listings_with_one_sku_wait_until_a_person_says_what_they_sell(
    market: Any,
) -> None:
    market.world.receive("LAMP", 8)
    market.offer("shopify", "LAMP", 8)
    market.tick(MarkKind.SCAN)
    market.work()
    twins = [market.offer("woo", "LAMP", 8) for _ in range(2)]
    market.tick(MarkKind.SCAN)
    market.work()
    found = market.list_open(ConflictKind.DUPLICATE_SKU)
    assert {one.subject for one in found} == {f"woo/listing/{twin}" for twin in twins}
    for one in found:
        resolve_conflict(market.hub, one.id, maps("LAMP"), actor="ada")
    market.work()
    market.sell("woo", (twins[0], 3))
    market.work()
    assert [market.shown("woo", twin) for twin in twins] == [5, 5]
    assert market.list_open() == []
    market.check()


def test_a_sku_that_fits_two_of_the_merchants_is_not_guessed(market: Any) -> None:
    for sku in ("LAMP-RED", "lamp red x"):
        market.world.receive(sku, 5)
        market.offer("shopify", sku, 5, barcode="4006381333931")
    market.tick(MarkKind.SCAN)
    market.work()
    listing = market.offer("woo", "", 5, barcode="4006381333931", sells={"LAMP-RED": 1})
    market.tick(MarkKind.SCAN)
    market.work()
    (conflict,) = market.list_open()
    assert conflict.kind is ConflictKind.AMBIGUOUS_SKU
    order = market.sell("woo", (listing, 1))
    market.work()
    assert states(market, "woo", order) == [LineState.PARKED]
    resolve_conflict(market.hub, conflict.id, maps("LAMP-RED"), actor="ada")
    market.work()
    assert market.count("LAMP-RED") == (5, 1)
    assert market.list_open() == []
    market.check()


def test_c14_a_renamed_sku_does_not_move_a_listing_that_is_mapped(market: Any) -> None:
    clock = market.clocks["woo"]
    market.shops["woo"].rename_sku(clock, "SOMETHING-ELSE")
    market.tick(MarkKind.SCAN)
    market.work()
    market.sell("woo", (clock, 2))
    market.work()
    assert market.count("CLOCK") == (10, 2)
    assert market.list_open() == []
    market.check()


def test_c13_a_line_of_a_deleted_listing_is_still_recognised_by_its_sku(
    market: Any,
) -> None:
    shop = market.shops["shopify"]
    clock = market.clocks["shopify"]
    order = market.sell("shopify", (clock, 2))
    market.lose_webhooks()
    shop.delete_variant(shop.books.find_as("ProductVariant", clock))
    market.pull()
    assert states(market, "shopify", order) == [LineState.MAPPED]
    assert market.count("CLOCK") == (10, 2)


# Records that cannot be read


class Broken:
    """A translator with a mistake in it: some orders cannot be read."""

    def __init__(self, real: Any, unreadable: set[str]) -> None:
        self.real = real
        self.unreadable = unreadable

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        order: Order = self.real.read_order(payload)
        if order.external_id in self.unreadable:
            raise MappingError("no such thing", path="lines.0.total")
        return order

    def read_listings(self, payload: Mapping[str, Any]) -> Any:
        return self.real.read_listings(payload)


def break_mapping(town: Any) -> set[str]:
    """Break the hub's mapping for the orders that are put into the returned set."""
    unreadable: set[str] = set()

    real = town.hub.find_plugin

    def find(kind: str) -> Plugin:
        plugin: Plugin = real(kind)
        broken = Broken(plugin.translator, unreadable)
        return dataclasses.replace(plugin, translator=broken)

    town.hub.find_plugin = find
    return unreadable


@pytest.mark.parametrize("channel", CHANNELS)
def test_a19_an_unreadable_order_is_kept_and_its_page_goes_on(
    any_market: Any, channel: str
) -> None:
    town = any_market
    unreadable = break_mapping(town)
    town.lose_webhooks()
    sold = [town.sell(channel, (town.clocks[channel], 1)) for _ in range(3)]
    town.lose_webhooks()
    unreadable.add(sold[1])
    town.pull()
    known = [town.load_order(channel, order) is not None for order in sold]
    assert known == [True, False, True]
    (conflict,) = town.list_open()
    assert conflict.kind is ConflictKind.UNREADABLE_RECORD
    assert conflict.facts["path"] == "lines.0.total"
    assert town.count("CLOCK") == (10, 2)
    assert town.violations() == []

    assert replay_quarantined(town.hub).still_unreadable == 1
    unreadable.clear()
    report = replay_quarantined(town.hub, channel=channel)
    assert (report.read, report.applied) == (1, 1)
    town.work()
    assert town.count("CLOCK") == (10, 3)
    assert town.list_open() == []
    town.check()


def test_a_newer_version_that_can_be_read_settles_the_unreadable_one(
    market: Any,
) -> None:
    unreadable = break_mapping(market)
    order = market.sell("woo", (market.clocks["woo"], 4))
    unreadable.add(order)
    market.work()
    assert [one.kind for one in market.list_open()] == [ConflictKind.UNREADABLE_RECORD]
    unreadable.clear()
    (line,) = market.find_lines("woo", order)
    market.clock.advance(60)
    market.world.edit("woo", order, line, 2)
    market.work()
    assert market.list_open() == []
    assert replay_quarantined(market.hub).read == 0
    assert market.count("CLOCK") == (10, 2)
    market.check()


def test_an_unreadable_order_can_be_left_out_and_taken_back(market: Any) -> None:
    unreadable = break_mapping(market)
    order = market.sell("woo", (market.clocks["woo"], 4))
    unreadable.add(order)
    market.work()
    (conflict,) = market.list_open()
    resolve_conflict(market.hub, conflict.id, Decision(Action.DISCARD), actor="ada")
    assert market.list_open() == []
    assert replay_quarantined(market.hub).read == 0
    assert market.violations() == []
    undo_resolution(market.hub, conflict.id, actor="ada")
    unreadable.clear()
    assert replay_quarantined(market.hub).applied == 1
    market.work()
    assert market.list_open() == []
    market.check()


def test_b20_a_word_never_seen_before_is_told_once_and_the_order_taken_in(
    market: Any,
) -> None:
    woo = market.shops["woo"]
    order = market.sell("woo", (market.clocks["woo"], 2))
    woo.order(order).status = "wc-gift-wrapping"
    market.work()
    (conflict,) = market.list_open()
    assert conflict.kind is ConflictKind.UNKNOWN_VALUE
    assert market.count("CLOCK") == (10, 2)
    resolve_conflict(market.hub, conflict.id, Decision(Action.ACKNOWLEDGE), actor="ada")
    second = market.sell("woo", (market.clocks["woo"], 1))
    woo.order(second).status = "wc-gift-wrapping"
    market.work()
    assert market.list_open() == []
    assert market.count("CLOCK") == (10, 3)
    assert market.violations() == []
