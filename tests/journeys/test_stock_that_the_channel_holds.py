"""Goods in the channel's own warehouse: shown to people, and never ours to give."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.listings import Listing
from crossdock.mapping.identity import sku_key
from crossdock.store import publications, stock
from crossdock.store.stock import SkuRow
from crossdock.sync.catalog import take_in_listings
from crossdock.sync.explain import explain_sku
from crossdock.sync.known import load_sells
from crossdock.sync.reconcile import reconcile
from crossdock.sync.stocktaking import receive_stock


def see(town: Any, quantity: int, *, held: bool = True, channel: str = "woo") -> None:
    """Let the hub see a listing of parasols whose goods lie with the channel."""
    seen = Listing(
        external_id="held",
        stock_external_id="held",
        sku="PARASOL",
        title="A parasol from their warehouse",
        quantity=quantity,
        held_by_channel=held,
    )
    take_in_listings(town.hub, town.hub.load_channel(channel), [seen])


def load(town: Any) -> Any:
    with town.hub.store.reading() as connection:
        return publications.load(connection, "woo", ["held"])["held"]


def explain(town: Any) -> Any:
    (shown,) = explain_sku(town.hub, "PARASOL").shown
    return shown


@pytest.fixture
def holding(market: Any) -> Any:
    """A market whose second shop holds parasols; three more are the merchant's."""
    with market.hub.store.transaction() as connection:
        row = SkuRow("PARASOL", sku_key("PARASOL"), "", "", 0, market.clock.now())
        stock.add_skus(connection, [row])
    receive_stock(market.hub, "PARASOL", 3, actor="ann")
    see(market, 7)
    reconcile(market.hub, ["PARASOL"])
    return market


def test_what_the_channel_holds_is_shown_as_it_was_last_seen(holding: Any) -> None:
    assert explain(holding).observed == 7
    see(holding, 5)
    assert explain(holding).observed == 5
    assert explain(holding).why == (
        "Nothing is written: the goods lie with the channel, which showed 5 of its own."
    )


def test_what_the_channel_holds_is_never_written(holding: Any) -> None:
    receive_stock(holding.hub, "PARASOL", 5, actor="ann")
    reconcile(holding.hub, ["PARASOL"])
    assert (load(holding).desired, load(holding).expected) == (None, 7)
    assert holding.violations() == []


def test_what_the_channel_holds_is_never_allocated(holding: Any) -> None:
    class Line:
        listing_external_id = "held"
        sku = "PARASOL"
        tracked = True

    with holding.hub.store.reading() as connection:
        line: Any = Line()
        sells, skus = load_sells(connection, "woo", [line])
    sold = sells("held", "PARASOL")
    assert (sold.state, sold.components) == ("untracked", ())
    assert skus == set()


def test_a_catalogue_brings_no_opening_balance_of_what_the_channel_holds(
    town: Any,
) -> None:
    town.open_shopify()
    town.stock("CLOCK", 10)
    town.connect_shopify()
    town.work(5)
    see(town, 30, channel="shopify")
    assert town.count("PARASOL") == (0, 0)
    assert town.count("CLOCK") == (10, 0)


def test_goods_that_are_ours_again_are_published_again(holding: Any) -> None:
    see(holding, 7, held=False)
    reconcile(holding.hub, ["PARASOL"])
    assert load(holding).desired == 3
