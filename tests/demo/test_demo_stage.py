"""The stage of the demonstration: its warehouse, its people's plans, its home."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from crossdock.canonical.errors import RefusedError
from crossdock.cli.demo.goods import SETS, UNKNOWN
from crossdock.cli.demo.people import Fate, Street, plan_visits
from crossdock.cli.demo.shoppers import go_shopping
from crossdock.cli.demo.stage import (
    SHOPIFY,
    WOOCOMMERCE,
    forget_settings,
    furnish_home,
    open_stage,
)
from crossdock.cli.demo.stalls import GOODS, hasten, name_kinds
from crossdock.connectors.registry import BUILT_IN_KINDS, find_plugin
from crossdock.mapping.identity import barcode_key


def test_the_same_seed_makes_the_same_plans_and_another_seed_others() -> None:
    def plan(seed: int) -> object:
        return plan_visits(open_stage(orders=50, seed=seed), orders=50, seconds=5)

    assert plan(4) == plan(4)
    assert plan(4) != plan(5)


def test_every_plan_is_made_in_time_and_on_a_shop_that_sells_it() -> None:
    stage = open_stage(orders=80, seed=1)
    visits = plan_visits(stage, orders=80, seconds=5)
    assert [visit.at_seconds for visit in visits] == sorted(
        visit.at_seconds for visit in visits
    )
    assert {visit.channel for visit in visits} == {SHOPIFY, WOOCOMMERCE}
    assert all(
        line.listing in stage.offers[visit.channel]
        for visit in visits
        for line in (*visit.basket, *visit.fallback)
    )


def test_nobody_begins_anything_once_the_street_is_closed() -> None:
    stage, street = open_stage(orders=20, seed=1), Street()
    visits = plan_visits(stage, orders=20, seconds=0)
    go_shopping(stage, street, [visits[0]], stage.clock.monotonic_seconds())
    street.closed.set()
    go_shopping(stage, street, visits[1:], stage.clock.monotonic_seconds())
    assert len(street.bought) == len(stage.world.orders()) == 1


def test_what_is_for_sale_exists_and_is_a_trade_article() -> None:
    stage = open_stage(orders=10, seed=2)
    sold = {
        sku
        for offers in stage.offers.values()
        for sells in offers.values()
        for sku in sells
    }
    assert all(stage.world.physical_units(sku) > 0 for sku in sold)
    assert sold == {good.sku for good in stage.goods} | UNKNOWN
    assert all(barcode_key(good.barcode) for good in stage.goods)
    parts = {part.sku for _, made_of in SETS.values() for part in made_of}
    assert parts <= {good.sku for good in stage.goods}


def test_every_built_in_kind_takes_part_and_sells_what_the_others_sell(
    tmp_path: Path,
) -> None:
    assert {*name_kinds(), "shopify", "woocommerce"} == set(BUILT_IN_KINDS)
    stage = open_stage(orders=10, seed=2, kinds=name_kinds(), folder=tmp_path)
    for channel in name_kinds():
        sold = {sku for sells in stage.offers[channel].values() for sku in sells}
        assert sold == GOODS
        shown = [stage.shop(channel).shown(one) for one in stage.offers[channel]]
        assert all(shown)


def test_what_a_shopper_plans_at_a_stall_every_kind_can_do(tmp_path: Path) -> None:
    stage = open_stage(orders=300, seed=2, kinds=name_kinds(), folder=tmp_path)
    visits = plan_visits(stage, orders=300, seconds=5)
    assert {visit.channel for visit in visits} == stage.shops.keys()
    fates = {visit.fate for visit in visits if visit.channel in stage.stalls}
    assert fates == {Fate.WAIT, Fate.SHIP, Fate.CANCEL}


@pytest.mark.parametrize("kind", name_kinds())
def test_a_stall_tells_the_tracking_numbers_that_its_shop_holds(
    kind: str, tmp_path: Path
) -> None:
    stage = open_stage(orders=10, seed=2, kinds=(kind,), folder=tmp_path)
    listing = next(iter(stage.offers[kind]))
    order = stage.world.buy(kind, listing, 1, "Ada Ahlers")
    assert order is not None
    assert "HT000001" not in stage.count_tracking(kind)
    ship = getattr(stage.shop(kind), "ship_order", None)
    if ship is None:
        pytest.skip("nobody but the hub ships there")
    ship(order, "HT000001")
    assert stage.count_tracking(kind)["HT000001"] == 1


def test_only_what_is_simulated_here_is_hurried() -> None:
    hurried = hasten(find_plugin)
    assert find_plugin("amazon").traits.pull_pause_seconds > 100
    assert hurried("amazon").traits.pull_pause_seconds == 0
    assert hurried("amazon").traits.settle_seconds <= 2
    assert hurried("shopify") == find_plugin("shopify")


def test_the_merchants_own_settings_are_out_of_sight_and_come_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = "sqlite:////somewhere/production.sqlite3"
    monkeypatch.setenv("CROSSDOCK_DATABASE__URL", url)
    with forget_settings():
        settings = furnish_home(tmp_path, port=8399)
        assert settings.database_url == f"sqlite:///{tmp_path / 'crossdock.sqlite3'}"
    assert os.environ["CROSSDOCK_DATABASE__URL"] == url


def test_a_database_that_holds_a_hub_is_left_alone(
    tmp_path: Path, database_url: str
) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    furnish_home(tmp_path / "first", port=8399, database_url=database_url)
    with pytest.raises(RefusedError, match="holds a hub already"):
        furnish_home(tmp_path / "second", port=8399, database_url=database_url)
