"""A channel shows something else than it should: sales, lost writes, other hands."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, cast

import httpx
import pytest
from crossdock.canonical.conflicts import Action, ConflictKind
from crossdock.canonical.remembered import DriftPolicy
from crossdock.simulators.faults import Faults
from crossdock.simulators.wire import Request, Response, json_response
from crossdock.store.marks import MarkKind
from crossdock.store.tables import outbox
from crossdock.sync.decisions_mapping import Decision
from crossdock.sync.resolve import resolve_conflict, undo_resolution
from crossdock.sync.stocktaking import receive_stock
from sqlalchemy import select

CHANNELS = ("shopify", "woo")


def set_by_hand(town: Any, channel: str, units: int) -> None:
    """Let the shop's own staff type a quantity in, behind the hub's back."""
    shop, clock = town.shops[channel], town.clocks[channel]
    if channel == "woo":
        shop.set_stock(clock, units)
    else:
        shop.set_available(shop.books.find_as("ProductVariant", clock), units)


def look(town: Any, times: int = 2) -> None:
    """Let the hub look at what every channel shows, until its patience has ended."""
    for _ in range(times):
        town.tick(MarkKind.READ_BACK)
        town.work(120)


def other(channel: str) -> str:
    return "woo" if channel == "shopify" else "shopify"


@pytest.mark.parametrize("channel", CHANNELS)
def test_d11_units_that_vanish_from_a_channel_are_asked_about_and_not_written_over(
    market: Any, channel: str
) -> None:
    set_by_hand(market, channel, 6)
    look(market)
    (drift,) = market.list_open()
    assert drift.kind is ConflictKind.DRIFT
    assert (drift.facts["expected"], drift.facts["observed"]) == (10, 6)
    assert market.shown(channel, market.clocks[channel]) == 6
    assert market.violations() == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_d11_a_person_can_write_over_what_a_channel_shows(
    any_market: Any, channel: str
) -> None:
    town = any_market
    set_by_hand(town, channel, 6)
    look(town)
    (drift,) = town.list_open()
    resolve_conflict(town.hub, drift.id, Decision(Action.OVERWRITE), actor="ada")
    town.work()
    assert town.shown(channel, town.clocks[channel]) == 10
    assert town.list_open() == []
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_d11_a_person_can_take_the_difference_for_a_count(
    market: Any, channel: str
) -> None:
    set_by_hand(market, channel, 6)
    look(market)
    (drift,) = market.list_open()
    market.world.receive("CLOCK", -4)
    resolve_conflict(market.hub, drift.id, Decision(Action.ADOPT), actor="ada")
    market.work()
    assert market.count("CLOCK") == (6, 0)
    assert market.shown(other(channel), market.clocks[other(channel)]) == 6
    assert market.list_open() == []
    market.check()
    market.world.receive("CLOCK", 4)
    undo_resolution(market.hub, drift.id, actor="ada")
    market.work()
    assert market.count("CLOCK") == (10, 0)


@pytest.mark.parametrize("channel", CHANNELS)
def test_more_than_expected_is_corrected_without_asking(
    market: Any, channel: str
) -> None:
    set_by_hand(market, channel, 15)
    look(market)
    assert market.shown(channel, market.clocks[channel]) == 10
    assert market.list_open() == []
    market.check()


def test_a_channel_can_be_written_over_always(town: Any) -> None:
    town.open_shopify()
    town.open_woocommerce()
    town.clocks = town.stock("CLOCK", 10)
    town.connect_shopify()
    town.work(5)
    town.connect_woocommerce(drift_policy=DriftPolicy.OVERWRITE)
    town.work()
    set_by_hand(town, "woo", 6)
    look(town)
    assert town.shown("woo", town.clocks["woo"]) == 10
    assert town.list_open() == []
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_drift_that_the_channel_itself_mends_closes_its_conflict(
    market: Any, channel: str
) -> None:
    set_by_hand(market, channel, 6)
    look(market)
    assert len(market.list_open()) == 1
    set_by_hand(market, channel, 10)
    look(market)
    assert market.list_open() == []
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sale_that_was_not_read_yet_is_never_written_over(
    market: Any, channel: str
) -> None:
    market.shops[channel].faults.use(
        Faults(webhook_loss=1.0, visibility_lag=1.0, visibility_lag_seconds=8)
    )
    market.sell(channel, (market.clocks[channel], 4))
    receive_stock(market.hub, "CLOCK", 1, actor="ada")
    market.world.receive("CLOCK", 1)
    market.work(3)
    assert market.shown(channel, market.clocks[channel]) <= 7
    market.work(120)
    assert market.shown(channel, market.clocks[channel]) == 7
    assert market.list_open() == []
    market.shops[channel].faults.quiet()
    market.work()
    market.check()


# Writes that were lost, or whose answer was


@pytest.mark.parametrize("channel", CHANNELS)
def test_d08_a_write_that_was_accepted_and_changed_nothing_is_mended_by_reading_back(
    any_market: Any, channel: str
) -> None:
    town = any_market
    town.shops[channel].faults.arm_once("ignored_write")
    town.sell(other(channel), (town.clocks[other(channel)], 3))
    town.work()
    assert town.shops[channel].faults.struck["ignored_write"] == 1
    assert town.shown(channel, town.clocks[channel]) == 7
    assert town.list_open() == []
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    "fault", ["dropped", "error_after", "error_before", "throttled", "truncated"]
)
def test_e02_a_stock_write_whose_answer_was_lost_is_read_back(
    market: Any, channel: str, fault: str
) -> None:
    market.sell(other(channel), (market.clocks[other(channel)], 3))
    market.shops[channel].faults.arm_once(fault)
    market.work(300)
    assert market.shops[channel].faults.struck[fault] == 1
    assert market.shown(channel, market.clocks[channel]) == 7
    assert market.list_open() == []
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_e05_a_write_that_did_not_take_effect_is_made_anew_under_another_key(
    market: Any, channel: str
) -> None:
    market.sell(other(channel), (market.clocks[other(channel)], 3))
    lost: list[str] = []

    def lose_request(request: httpx.Request) -> None:
        writes = b"inventorySetQuantities" in request.read() or (
            b"stock_quantity" in request.read()
        )
        if writes and not lost:
            lost.append(request.url.host)
            raise httpx.ReadError("lost on the way", request=request)

    market.switchboard.before = lose_request
    market.work(300)
    assert len(lost) == 1
    with market.hub.store.reading() as connection:
        query = select(outbox.c.idempotency_key, outbox.c.outcome).where(
            outbox.c.channel == channel, outbox.c.payload.is_not(None)
        )
        made = connection.execute(query.order_by(outbox.c.id)).all()
    assert [row.outcome for row in made[-2:]] == ["refused", "accepted"]
    assert len({row.idempotency_key for row in made}) == len(made)
    assert market.shown(channel, market.clocks[channel]) == 7
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_lost_answer_and_a_sale_in_the_same_moment_end_in_step(
    market: Any, channel: str
) -> None:
    shop = market.shops[channel]
    market.sell(other(channel), (market.clocks[other(channel)], 3))
    shop.faults.arm_once("dropped")
    sold: list[str] = []

    def buy_after_write(request: httpx.Request) -> None:
        if shop.faults.struck["dropped"] and not sold:
            sold.append("once")
            market.sell(channel, (market.clocks[channel], 2))

    market.switchboard.before = buy_after_write
    market.work(300)
    assert sold == ["once"]
    assert market.count("CLOCK") == (10, 5)
    assert market.list_open() == []
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_d04_a_sale_between_reading_and_writing_is_not_erased(
    any_market: Any, channel: str
) -> None:
    town = any_market
    shop = town.shops[channel]
    town.sell(other(channel), (town.clocks[other(channel)], 3))
    sold: list[str] = []

    def buy_before_write(request: httpx.Request) -> None:
        writes = b"inventorySetQuantities" in request.read() or (
            request.url.path.endswith("/products/batch")
        )
        if writes and not sold and request.url.host.startswith(channel):
            sold.append(request.url.path)
            town.sell(channel, (town.clocks[channel], 2))

    town.switchboard.before = buy_before_write
    town.work(300)
    assert len(sold) == 1
    assert shop.shown(town.clocks[channel]) == 5
    with town.hub.store.reading() as connection:
        query = select(outbox.c.outcome).where(outbox.c.channel == channel)
        outcomes = set(connection.scalars(query))
    # Shopify compares and sets; WooCommerce cannot, and is read again afterwards.
    assert ("stale" in outcomes) == (channel == "shopify")
    assert town.count("CLOCK") == (10, 5)
    assert town.list_open() == []
    town.check()


def refuse_one(town: Any, listing: str) -> list[bool]:
    """Let the WooCommerce shop refuse one listing's quantity, in whatever batch it is.

    Returns:
        A list; the shop refuses while it is not empty.
    """
    woo, refusing = town.shops["woo"], [True]
    real = woo.answer

    def answer(request: Request) -> Response:
        if not refusing or not request.path.endswith("/products/batch"):
            return cast("Response", real(request))
        asked = json.loads(request.body)["update"]
        kept = [row for row in asked if str(row["id"]) != listing]
        body = json.dumps({"update": kept}).encode()
        done = json.loads(real(dataclasses.replace(request, body=body)).body)["update"]
        error = {"code": "invalid", "message": "No.", "data": {"status": 400}}
        rows = [
            {"id": row["id"], "error": error} if row not in kept else done.pop(0)
            for row in asked
        ]
        return json_response({"update": rows})

    woo.answer = answer
    return refusing


def test_e15_a_refused_write_stops_that_listing_alone_until_it_is_tried_again(
    market: Any,
) -> None:
    lamps = market.stock("LAMP", 5)
    market.tick(MarkKind.SCAN)
    market.work()
    refusing = refuse_one(market, market.clocks["woo"])
    market.sell("shopify", (market.clocks["shopify"], 2), (lamps["shopify"], 2))
    market.work(600)
    assert market.shown("woo", lamps["woo"]) == 3
    assert market.shown("woo", market.clocks["woo"]) == 10
    (refused,) = market.list_open()
    assert refused.kind is ConflictKind.REFUSED_PUSH
    assert refused.occurrences == 1
    refusing.clear()
    resolve_conflict(market.hub, refused.id, Decision(Action.RETRY), actor="ada")
    market.work()
    assert market.shown("woo", market.clocks["woo"]) == 8
    assert market.list_open() == []
    market.check()
