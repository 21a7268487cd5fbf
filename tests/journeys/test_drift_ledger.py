"""Every drift ends in a row that says why: scenarios whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from crossdock.canonical.conflicts import Action, ConflictKind
from crossdock.canonical.remembered import DriftPolicy
from crossdock.simulators.faults import Faults
from crossdock.store import drifts, figures, outbox
from crossdock.store.marks import MarkKind
from crossdock.sync.decisions_mapping import Decision
from crossdock.sync.resolve import resolve_conflict
from crossdock.sync.stocktaking import receive_stock

CHANNELS = ("shopify", "woo")


def set_by_hand(town: Any, channel: str, units: int) -> None:
    """Let the shop's own staff type a quantity in, behind the hub's back."""
    shop, clock = town.shops[channel], town.clocks[channel]
    if channel == "woo":
        shop.set_stock(clock, units)
    else:
        shop.set_available(shop.books.find_as("ProductVariant", clock), units)


def look(town: Any, times: int = 2, seconds: float = 120) -> None:
    """Let the hub look at what every channel shows."""
    for _ in range(times):
        town.tick(MarkKind.READ_BACK)
        town.work(seconds)


def other(channel: str) -> str:
    return "woo" if channel == "shopify" else "shopify"


def list_drifts(town: Any, channel: str) -> list[tuple[int, str | None, str, bool]]:
    """Return units, cause, action and whether it is settled, oldest first."""
    with town.hub.store.reading() as connection:
        rows = drifts.list_latest(connection, channel, open_only=False, limit=100)
    return [
        (row["units"], row["cause"], row["action"], row["settled_at"] is not None)
        for row in reversed(rows)
    ]


def open_with(town: Any, policy: DriftPolicy) -> Any:
    """Open two shops that sell the same ten clocks, under one drift policy."""
    town.open_shopify()
    town.open_woocommerce()
    town.clocks = town.stock("CLOCK", 10)
    town.connect_shopify(drift_policy=policy)
    town.work(5)
    town.connect_woocommerce(drift_policy=policy)
    town.work()
    return town


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_quiet_day_leaves_the_ledger_empty(market: Any, channel: str) -> None:
    market.sell(channel, (market.clocks[channel], 3))
    market.work()
    look(market)
    assert list_drifts(market, "shopify") == list_drifts(market, "woo") == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sale_that_its_channel_shows_late_is_an_unseen_sale(
    any_market: Any, channel: str
) -> None:
    town = any_market
    town.shops[channel].faults.use(
        Faults(webhook_loss=1.0, visibility_lag=1.0, visibility_lag_seconds=8)
    )
    town.sell(channel, (town.clocks[channel], 4))
    look(town, times=1)
    town.work(120)
    assert list_drifts(town, channel) == [(-4, "unseen_sale", "none", True)]
    town.shops[channel].faults.quiet()
    town.work()
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_cancellation_that_its_channel_shows_late_is_an_unseen_cancellation(
    market: Any, channel: str
) -> None:
    order = market.sell(channel, (market.clocks[channel], 4))
    market.work()
    market.shops[channel].faults.use(
        Faults(webhook_loss=1.0, visibility_lag=1.0, visibility_lag_seconds=8)
    )
    market.shops[channel].cancel_order(order)
    look(market, times=1)
    market.work(120)
    assert list_drifts(market, channel) == [(4, "unseen_cancellation", "none", True)]
    market.shops[channel].faults.quiet()
    market.work()
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_d11_units_that_somebody_took_off_are_a_hand_edit_that_a_person_settles(
    any_market: Any, channel: str
) -> None:
    town = any_market
    set_by_hand(town, channel, 6)
    look(town)
    assert list_drifts(town, channel) == [(-4, "hand_edit", "asked", False)]
    (conflict,) = town.list_open()
    resolve_conflict(town.hub, conflict.id, Decision(Action.OVERWRITE), actor="ada")
    town.work()
    assert list_drifts(town, channel) == [(-4, "hand_edit", "overwritten", True)]
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_while_a_person_is_asked_what_is_sold_elsewhere_still_goes_down(
    market: Any, channel: str
) -> None:
    set_by_hand(market, channel, 6)
    look(market)
    market.sell(other(channel), (market.clocks[other(channel)], 9))
    market.work()
    assert market.shown(channel, market.clocks[channel]) == 1
    (conflict,) = market.list_open(ConflictKind.DRIFT)
    resolve_conflict(market.hub, conflict.id, Decision(Action.OVERWRITE), actor="ada")
    market.work()
    assert list_drifts(market, channel) == [(-4, "hand_edit", "overwritten", True)]
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_d11_a_hand_edit_is_written_over_where_the_hub_is_master(
    town: Any, channel: str
) -> None:
    open_with(town, DriftPolicy.OVERWRITE)
    set_by_hand(town, channel, 6)
    look(town)
    assert list_drifts(town, channel) == [(-4, "hand_edit", "overwritten", True)]
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("shown", [6, 13])
def test_d11_a_hand_edit_becomes_a_count_where_the_channel_is_believed(
    any_town: Any, channel: str, shown: int
) -> None:
    town = open_with(any_town, DriftPolicy.ADOPT)
    set_by_hand(town, channel, shown)
    town.world.receive("CLOCK", shown - 10)
    look(town)
    assert list_drifts(town, channel) == [(shown - 10, "hand_edit", "adopted", True)]
    assert town.count("CLOCK") == (shown, 0)
    assert town.shown(other(channel), town.clocks[other(channel)]) == shown
    with town.hub.store.reading() as connection:
        (latest, _) = figures.list_movements(connection, "CLOCK", 2)
    assert (latest["kind"], latest["cause_kind"]) == ("counted", "drift")
    assert town.list_open() == []
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_surplus_typed_in_by_hand_is_written_over_and_noted(
    market: Any, channel: str
) -> None:
    set_by_hand(market, channel, 15)
    look(market)
    assert list_drifts(market, channel) == [(5, "hand_edit", "overwritten", True)]
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sale_and_a_hand_edit_at_once_are_told_apart(
    market: Any, channel: str
) -> None:
    market.shops[channel].faults.use(
        Faults(webhook_loss=1.0, visibility_lag=1.0, visibility_lag_seconds=8)
    )
    market.sell(channel, (market.clocks[channel], 2))
    set_by_hand(market, channel, 5)
    look(market, times=1)
    market.work(120)
    look(market)
    assert list_drifts(market, channel) == [
        (-3, "hand_edit", "asked", False),
        (-2, "unseen_sale", "none", True),
    ]


@pytest.mark.parametrize("channel", CHANNELS)
def test_d08_a_write_that_was_accepted_and_changed_nothing_is_a_lost_write(
    market: Any, channel: str
) -> None:
    market.shops[channel].faults.arm_once("ignored_write")
    market.sell(other(channel), (market.clocks[other(channel)], 3))
    market.work(120)
    look(market)
    assert list_drifts(market, channel) == [(3, "lost_write", "overwritten", True)]
    assert market.list_open() == []
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_d08_a_raise_that_was_lost_is_written_again(market: Any, channel: str) -> None:
    market.shops[channel].faults.arm_once("ignored_write")
    receive_stock(market.hub, "CLOCK", 5, actor="ada")
    market.world.receive("CLOCK", 5)
    market.work(120)
    look(market)
    assert list_drifts(market, channel) == [(-5, "lost_write", "overwritten", True)]
    market.check()


def test_d12_another_program_that_writes_the_same_listing_is_not_fought_for_ever(
    town: Any,
) -> None:
    open_with(town, DriftPolicy.OVERWRITE)
    for _ in range(8):
        set_by_hand(town, "woo", 6)
        look(town, times=2, seconds=60)
    (fight,) = town.list_open()
    assert fight.kind is ConflictKind.FIGHT
    assert town.shown("woo", town.clocks["woo"]) == 6
    found = list_drifts(town, "woo")
    assert found == [
        (-4, "hand_edit", "overwritten", True),
        (-4, "hand_edit", "overwritten", True),
        (-4, "fight", "asked", False),
    ]
    resolve_conflict(town.hub, fight.id, Decision(Action.OVERWRITE), actor="ada")
    town.work()
    look(town)
    assert list_drifts(town, "woo")[-1] == (-4, "fight", "overwritten", True)
    assert town.list_open() == []
    town.check()


def test_d12_a_fight_over_a_surplus_stops_too(market: Any) -> None:
    for _ in range(8):
        set_by_hand(market, "woo", 15)
        look(market, times=2, seconds=60)
    assert [one.kind for one in market.list_open()] == [ConflictKind.FIGHT]
    assert market.shown("woo", market.clocks["woo"]) == 15


def bend_writes(
    town: Any, limit: int, *, tells: bool, bend: Callable[[int, int], int] = min
) -> None:
    """Let the WooCommerce shop make less of every larger quantity, or more of less."""
    woo = town.shops["woo"]
    real = woo.answer

    def answer(request: Any) -> Any:
        if not request.path.endswith("/products/batch"):
            return real(request)
        asked = json.loads(request.body)
        for row in asked["update"]:
            row["stock_quantity"] = bend(limit, row.get("stock_quantity", 0))
        answered = real(replace(request, body=json.dumps(asked).encode()))
        if tells:
            return answered
        for row in json.loads(request.body)["update"]:
            said, wanted = f'"stock_quantity":{limit}', row.get("stock_quantity")
            body = answered.body.replace(
                said.encode(), f'"stock_quantity":{wanted}'.encode()
            )
            answered = replace(answered, body=body)
        return answered

    woo.answer = answer


def test_d09_a_channel_that_caps_what_is_written_is_found_out(town: Any) -> None:
    open_with(town, DriftPolicy.OVERWRITE)
    bend_writes(town, 12, tells=False)
    for _ in range(2):
        receive_stock(town.hub, "CLOCK", 4, actor="ada")
        look(town, times=3, seconds=60)
    causes = [cause for _, cause, _, _ in list_drifts(town, "woo")]
    assert causes[-1] == "cap"
    (conflict,) = town.list_open()
    assert "whatever is written" in conflict.summary
    assert town.shown("woo", town.clocks["woo"]) == 12


def count_writes(town: Any) -> int:
    record = town.clocks["woo"]
    with town.hub.store.reading() as connection:
        return len(outbox.list_reasons(connection, "woo", outbox.STOCK, record, 50))


def test_d09_a_cap_that_the_channel_tells_of_is_found_out_too(town: Any) -> None:
    open_with(town, DriftPolicy.OVERWRITE)
    bend_writes(town, 12, tells=True)
    receive_stock(town.hub, "CLOCK", 8, actor="ada")
    town.work(1800)
    (conflict,) = town.list_open()
    assert "whatever is written: 18 was expected" in conflict.summary
    assert count_writes(town) < 12


def test_e20_a_reduction_that_never_takes_effect_is_given_up_and_told(
    town: Any,
) -> None:
    open_with(town, DriftPolicy.OVERWRITE)
    bend_writes(town, 10, tells=True, bend=max)
    town.sell("shopify", (town.clocks["shopify"], 3))
    town.work(1800)
    (refused,) = town.list_open()
    assert refused.kind is ConflictKind.REFUSED_PUSH
    assert "goes on to show 10, after 8 writes" in refused.summary
    assert count_writes(town) < 12


def test_d07_a_write_that_shows_late_is_no_drift_that_anybody_has_to_settle(
    market: Any,
) -> None:
    """The shop answers reads from a copy that lags behind its writes."""
    woo, clock = market.shops["woo"], market.clocks["woo"]
    real = woo.answer
    stale: list[int] = [3]

    def answer(request: Any) -> Any:
        answered = real(request)
        shows = request.method == "GET" and "/products" in request.path
        if not shows or not stale[0] or woo.shown(clock) != 7:
            return answered
        stale[0] -= 1
        body = answered.body.replace(b'"stock_quantity":7', b'"stock_quantity":10')
        return replace(answered, body=body)

    woo.answer = answer
    market.sell("shopify", (market.clocks["shopify"], 3))
    market.work(5)
    look(market, seconds=60)
    (found,) = list_drifts(market, "woo")
    assert found[0] == 3
    assert found[1] in ("late_write", "lost_write")
    assert market.list_open() == []


def test_a_request_that_never_arrived_is_no_drift(market: Any) -> None:
    market.sell("shopify", (market.clocks["shopify"], 3))
    lost: list[str] = []

    def lose_request(request: httpx.Request) -> None:
        if b"stock_quantity" in request.read() and not lost:
            lost.append(request.url.host)
            raise httpx.ReadError("lost on the way", request=request)

    market.switchboard.before = lose_request
    market.work(300)
    assert lost
    assert list_drifts(market, "woo") == []
    market.check()
