"""Writes that wait: for orders, for a person, for a budget, for a channel's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crossdock.canonical.conflicts import Action, ConflictKind
from crossdock.canonical.errors import RetryLaterError
from crossdock.canonical.pushes import Outcome, PendingWrite, PushResult, StockWrite
from crossdock.connectors.woocommerce.connector import WooCommerceConnector
from crossdock.store import outbox
from crossdock.store.marks import MarkKind
from crossdock.sync.decide.brake import BrakeLimits
from crossdock.sync.decisions_mapping import Decision
from crossdock.sync.resolve import resolve_conflict, undo_resolution
from crossdock.sync.stocktaking import count_stock, receive_stock

CHANNELS = ("shopify", "woo")


def other(channel: str) -> str:
    return "woo" if channel == "shopify" else "shopify"


def shown(town: Any, channel: str) -> int:
    units: int = town.shown(channel, town.clocks[channel])
    return units


def fail(town: Any, channel: str) -> list[str]:
    """Let no request reach a channel while the list that is returned is not empty."""
    failing = [channel]

    def before(request: Any) -> None:
        if failing and request.url.host.startswith(channel):
            raise RetryLaterError(f"{channel} is down.")

    town.switchboard.before = before
    return failing


# Raises wait for orders


@pytest.mark.parametrize("channel", CHANNELS)
def test_d20_after_a_downtime_nothing_is_raised_before_every_channel_was_read(
    any_market: Any, channel: str
) -> None:
    town = any_market
    town.clock.pause(3600)
    town.sell(other(channel), (town.clocks[other(channel)], 4))
    town.lose_webhooks()
    failing = fail(town, other(channel))
    receive_stock(town.hub, "CLOCK", 3, actor="ada")
    town.world.receive("CLOCK", 3)
    town.work(300)
    # The sale is not read: with it there are nine, and thirteen would be shown.
    assert shown(town, channel) == 10
    failing.clear()
    town.work(600)
    assert shown(town, channel) == 9
    town.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_d20_a_reduction_waits_for_nobody(market: Any, channel: str) -> None:
    market.clock.pause(3600)
    failing = fail(market, other(channel))
    count_stock(market.hub, "CLOCK", 6, actor="ada")
    market.world.receive("CLOCK", -4)
    market.work(60)
    assert shown(market, channel) == 6
    failing.clear()
    market.work(900)
    market.check()


@pytest.mark.parametrize("channel", CHANNELS)
def test_d19_a_channel_that_stays_away_is_not_waited_for_for_ever(
    market: Any, channel: str
) -> None:
    market.hub.tuning = replace(market.hub.tuning, outage_hold=timedelta(minutes=10))
    failing = fail(market, other(channel))
    market.tick(MarkKind.PULL)
    market.work(180)
    receive_stock(market.hub, "CLOCK", 3, actor="ada")
    market.world.receive("CLOCK", 3)
    for _ in range(5):
        market.pull()
    assert shown(market, channel) == 10
    for _ in range(10):
        market.pull()
    assert shown(market, channel) == 13
    failing.clear()
    market.work(1200)
    market.check()


# The brake


@pytest.fixture
def wide_market(market: Any) -> Any:
    """Two shops that sell twelve things, a day after they were connected."""
    for number in range(11):
        sku = f"VASE-{number}"
        market.world.receive(sku, 5)
        for channel in CHANNELS:
            market.offer(channel, sku, 5)
    limits = BrakeLimits(share=0.5, listings_min=5)
    market.hub.tuning = replace(market.hub.tuning, brake=limits)
    market.tick(MarkKind.SCAN)
    market.work()
    market.clock.pause(86_400)
    market.pull()
    return market


def count_all(town: Any, units: int) -> None:
    for number in range(11):
        count_stock(town.hub, f"VASE-{number}", units, actor="ada")


def list_vases(town: Any, channel: str) -> list[int]:
    shop = town.shops[channel]
    listings = town.world.listings(channel)
    return sorted(shop.shown(one) for one in listings if one != town.clocks[channel])


def test_a_count_that_would_empty_the_shops_waits_for_a_person(
    wide_market: Any,
) -> None:
    town = wide_market
    count_all(town, 0)
    count_stock(town.hub, "CLOCK", 7, actor="ada")
    town.world.receive("CLOCK", -3)
    town.work()
    assert list_vases(town, "woo") == list_vases(town, "shopify") == [5] * 11
    assert shown(town, "woo") == shown(town, "shopify") == 7
    found = town.list_open()
    assert [one.kind for one in found] == [ConflictKind.BRAKE] * 2
    about = next(one for one in found if one.channel == "woo")
    assert (about.facts["changing"], about.facts["records"]) == (11, 12)
    first = about.facts["preview"][0]
    assert (first["from"], first["to"]) == (5, 0)
    assert first["sku"].startswith("VASE")

    held = resolve_conflict(
        town.hub, about.id, Decision(Action.KEEP_HOLDING), actor="ada"
    )
    assert "Nothing of it is written" in held.summary
    town.work()
    assert len(town.list_open()) == 2

    resolve_conflict(town.hub, about.id, Decision(Action.LET_THROUGH), actor="ada")
    town.work()
    assert list_vases(town, "woo") == [0] * 11
    assert list_vases(town, "shopify") == [5] * 11
    assert [one.channel for one in town.list_open()] == ["shopify"]
    assert town.violations() == []


def test_a_brake_that_is_mended_by_the_right_count_lets_go_by_itself(
    wide_market: Any,
) -> None:
    town = wide_market
    count_all(town, 0)
    town.work()
    assert len(town.list_open(ConflictKind.BRAKE)) == 2
    count_all(town, 5)
    town.work()
    town.tick(MarkKind.READ_BACK)
    town.work()
    assert town.list_open() == []
    town.check()


def test_what_was_let_through_can_be_held_again_before_it_is_written(
    wide_market: Any,
) -> None:
    town = wide_market
    count_all(town, 0)
    town.work()
    about = town.list_open()[0]
    resolve_conflict(town.hub, about.id, Decision(Action.LET_THROUGH), actor="ada")
    undo_resolution(town.hub, about.id, actor="ada")
    town.work()
    assert list_vases(town, about.channel) == [5] * 11


def test_a_large_change_that_comes_in_pieces_is_one_change(wide_market: Any) -> None:
    town = wide_market
    for number in range(11):
        count_stock(town.hub, f"VASE-{number}", 50, actor="ada")
        town.work(10)
    assert list_vases(town, "woo").count(50) == 6
    assert {one.facts["direction"] for one in town.list_open()} == {"raise"}


def test_a_new_channel_opens_without_being_held(town: Any) -> None:
    limits = BrakeLimits(share=0.1, listings_min=1)
    town.hub.tuning = replace(town.hub.tuning, brake=limits)
    town.open_shopify()
    town.open_woocommerce()
    for number in range(6):
        town.world.receive(f"VASE-{number}", 5)
        town.offer("shopify", f"VASE-{number}", 5)
        town.offer("woo", f"VASE-{number}", 99)
    town.connect_shopify()
    town.work(5)
    town.connect_woocommerce()
    town.work()
    assert town.list_open() == []
    town.check()


# Budgets of revisions, caps, and answers that come later


def use_plugin(town: Any, kind: str, **changes: Any) -> None:
    """Let the hub think otherwise of a channel kind: of its traits, or its class."""
    find = town.hub.find_plugin
    plugin = find(kind)
    traits = replace(plugin.traits, **changes.pop("traits", {}))
    changed = replace(plugin, traits=traits, **changes)
    town.hub.find_plugin = lambda name: changed if name == kind else find(name)
    town.hub._connectors.clear()


def test_d10_a_budget_of_revisions_is_kept_and_zero_gets_through(market: Any) -> None:
    use_plugin(market, "woocommerce", traits={"revisions_per_day_max": 20})
    receive_stock(market.hub, "CLOCK", 90, actor="ada")
    market.world.receive("CLOCK", 90)
    market.work()
    for _ in range(40):
        market.sell("shopify", (market.clocks["shopify"], 1))
        market.work(30)
    with market.hub.store.reading() as connection:
        record = market.clocks["woo"]
        spent = outbox.list_reasons(connection, "woo", outbox.STOCK, record, 99)
    assert len(spent) < 15
    assert shown(market, "woo") > shown(market, "shopify") == 60
    market.sell("shopify", (market.clocks["shopify"], 60))
    market.work(60)
    assert shown(market, "woo") == 0
    market.clock.pause(90_000)
    for _ in range(3):
        market.pull(3600)
    market.check()


def test_d09_what_is_sent_and_compared_is_what_the_channel_can_show(
    market: Any,
) -> None:
    use_plugin(market, "woocommerce", traits={"quantity_max": 12})
    receive_stock(market.hub, "CLOCK", 5, actor="ada")
    market.work()
    market.tick(MarkKind.READ_BACK)
    market.work()
    assert (shown(market, "shopify"), shown(market, "woo")) == (15, 12)
    assert market.list_open() == []


class SlowShop(WooCommerceConnector):
    """Takes stock writes for later, and says what became of them when asked."""

    verdict: Outcome = Outcome.UNKNOWN
    pending: list[StockWrite] = []  # noqa: RUF012 - one shop, one list
    asked: list[PendingWrite] = []  # noqa: RUF012 - one shop, one list

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        type(self).pending += writes
        taken = [f"submission-{write.idempotency_key}" for write in writes]
        return tuple(PushResult(Outcome.UNKNOWN, "taken", name) for name in taken)

    def read_submissions(
        self, pending: Sequence[PendingWrite]
    ) -> tuple[PushResult, ...]:
        type(self).asked += pending
        if self.verdict is Outcome.ACCEPTED:
            super().push_stock([one.write for one in pending])
        return tuple(PushResult(self.verdict, "says the shop") for _ in pending)


@pytest.fixture
def slow_market(any_market: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A market whose WooCommerce shop takes stock writes for later."""
    use_plugin(any_market, "woocommerce", connector=SlowShop, connect=SlowShop)
    monkeypatch.setattr(SlowShop, "verdict", Outcome.UNKNOWN)
    monkeypatch.setattr(SlowShop, "pending", [])
    monkeypatch.setattr(SlowShop, "asked", [])
    any_market.sell("shopify", (any_market.clocks["shopify"], 3))
    any_market.work(60)
    return any_market


def test_d06_a_submission_is_asked_about_and_nothing_overtakes_it(
    slow_market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = slow_market
    town.sell("shopify", (town.clocks["shopify"], 2))
    town.work(120)
    (write,) = SlowShop.pending
    assert write.quantity == 7
    names = {one.submission_external_id for one in SlowShop.asked}
    assert names == {f"submission-{write.idempotency_key}"}
    monkeypatch.setattr(SlowShop, "verdict", Outcome.ACCEPTED)
    town.work(120)
    assert [one.quantity for one in SlowShop.pending] == [7, 5]
    assert shown(town, "woo") == 5
    town.check()


def test_d06_a_submission_that_fails_is_a_refusal_that_a_person_hears_of(
    slow_market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SlowShop, "verdict", Outcome.REFUSED)
    slow_market.work(60)
    (refused,) = slow_market.list_open()
    assert refused.kind is ConflictKind.REFUSED_PUSH
    assert "says the shop" in refused.summary


def test_d06_a_submission_that_found_another_quantity_is_decided_again(
    slow_market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SlowShop, "verdict", Outcome.STALE)
    slow_market.work(20)
    monkeypatch.setattr(SlowShop, "verdict", Outcome.ACCEPTED)
    slow_market.work(120)
    assert shown(slow_market, "woo") == 7
    slow_market.check()


def test_e20_a_submission_that_nobody_answers_for_a_day_is_judged_by_its_effect(
    slow_market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_market.clock.pause(90_000)
    monkeypatch.setattr(
        SlowShop,
        "push_stock",
        lambda self, writes: super(SlowShop, self).push_stock(writes),
    )
    slow_market.pull(300)
    assert shown(slow_market, "woo") == 7
    slow_market.check()
