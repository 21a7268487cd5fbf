"""The figures of the demonstration: when they hold, and that each can break."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from crossdock.cli.demo.figures import Figures, count_told
from crossdock.cli.demo.measures import pick_percentile
from crossdock.cli.demo.people import Street
from crossdock.cli.demo.stage import SHOPIFY, Stage, open_stage

GOOD = Figures(
    seed=7,
    faults="none",
    orders_placed=300,
    orders_ingested=300,
    orders_lost=0,
    orders_duplicated=0,
    lines_parked=9,
    allocated_over_on_hand=0,
    oversold_units=4,
    skus_differing=0,
    listings=114,
    listings_in_step=114,
    listings_waiting=2,
    fulfillments_shipped=60,
    fulfillments_told=60,
    conflicts_open=3,
    conflicts={"unmapped_sku": 2, "shortfall": 1},
    fsck_violations=0,
    sale_to_update_ms={"p50": 900.0, "p99": 4000.0},
    seconds=45.0,
)


@pytest.fixture
def stage() -> Stage:
    return open_stage(orders=10, seed=3)


def test_open_conflicts_and_oversold_units_break_no_promise() -> None:
    assert GOOD.list_broken() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"orders_lost": 2}, "2 of 300 orders are missing"),
        ({"orders_duplicated": 1}, "1 orders that nobody placed"),
        ({"allocated_over_on_hand": 3}, "3 units too many"),
        ({"skus_differing": 1}, "1 SKUs other than"),
        ({"listings_in_step": 113}, "1 of 114 listings"),
        ({"fulfillments_told": 59}, "59 of them once"),
        ({"fsck_violations": 5}, "5 violations"),
    ],
)
def test_each_promise_that_is_broken_is_named_in_a_sentence(
    change: dict[str, Any], words: str
) -> None:
    (sentence,) = replace(GOOD, **change).list_broken()
    assert words in sentence


def test_a_parcel_that_its_shop_holds_twice_does_not_count_as_told(
    stage: Stage,
) -> None:
    shop = stage.shopify
    listing = stage.world.listings(SHOPIFY)[0]
    orders = [stage.world.buy(SHOPIFY, listing, 1, "Ada Ahlers") for _ in range(3)]
    for order, number in zip(orders, ("ONCE", "TWICE", "TWICE"), strict=True):
        shop.fulfill_order(order or "", tracking_number=number)
    street = Street(parcels={"ONCE": SHOPIFY, "TWICE": SHOPIFY, "NEVER": SHOPIFY})
    assert count_told(stage, street) == 1


@pytest.mark.parametrize(
    ("values", "percent", "picked"),
    [([], 50, 0.0), ([5.0], 99, 5.0), ([1.0, 2.0, 3.0], 50, 2.0), ([1, 2], 99, 2)],
)
def test_a_percentile_is_one_of_the_values_that_were_measured(
    values: list[float], percent: int, picked: float
) -> None:
    assert pick_percentile(values, percent) == picked
