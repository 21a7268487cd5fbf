"""Several workers and clocks on one database: each lane has one holder at a time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import LeaseLostError
from crossdock.store import leases, marks
from crossdock.store.marks import Mark, MarkKind
from crossdock.sync.hub import LEASE_LASTING
from crossdock.sync.pull import pull_orders
from crossdock.sync.schedule import tick
from crossdock.sync.worker import run_due, run_lane


def acquire(town: Any, lane: str, holder: str) -> Any:
    with town.hub.store.transaction() as connection:
        return leases.acquire(
            connection, lane, holder, town.hub.clock.now(), LEASE_LASTING
        )


def count_marks(town: Any) -> int:
    with town.hub.store.reading() as connection:
        return marks.count(connection)


def test_f05_a_lane_that_another_worker_holds_is_left_to_it(any_market: Any) -> None:
    town = any_market
    town.sell("woo", (town.clocks["woo"], 2))
    town.lose_webhooks()
    town.tick(MarkKind.PULL)
    acquire(town, "woo", "first")
    assert run_lane(town.hub, "woo", "second").busy
    assert town.count("CLOCK") == (10, 0)
    run_due(town.hub, "second")
    assert run_lane(town.hub, "woo", "first").handled == 1
    assert town.count("CLOCK") == (10, 2)
    town.work()
    town.check()


def test_a_lane_says_when_it_has_something_due_again(any_market: Any) -> None:
    hub = any_market.hub
    any_market.work()
    later = hub.clock.now() + timedelta(hours=7)
    with hub.store.transaction() as connection:
        marks.drop(connection, MarkKind.READ_BACK, ["woo"])
        hub.mark(connection, [Mark(MarkKind.PULL, "woo", "woo", 50, later)])
    report = run_lane(hub, "woo", "worker")
    assert (report.handled, report.next_due) == (0, later)
    acquire(any_market, "woo", "another")
    assert run_lane(hub, "woo", "worker").next_due is None


def test_a_lane_whose_holder_went_silent_is_taken_over(market: Any) -> None:
    acquire(market, "woo", "first")
    market.sell("woo", (market.clocks["woo"], 2))
    market.tick(MarkKind.PULL)
    market.clock.advance(LEASE_LASTING.total_seconds() + 1)
    assert not run_lane(market.hub, "woo", "second").busy
    assert market.count("CLOCK") == (10, 2)
    market.work()
    market.check()


def test_f02_a_worker_that_slept_through_its_lease_commits_nothing(
    any_market: Any,
) -> None:
    town = any_market
    order = town.sell("woo", (town.clocks["woo"], 2))
    town.lose_webhooks()
    stale = acquire(town, "woo", "sleeper")
    town.clock.advance(LEASE_LASTING.total_seconds() + 1)
    assert acquire(town, "woo", "awake") is not None
    channel = town.hub.load_channel("woo")
    with pytest.raises(LeaseLostError):
        pull_orders(town.hub, channel, lease=stale)
    assert town.load_order("woo", order) is None
    assert town.violations() == []
    town.clock.advance(LEASE_LASTING.total_seconds() + 1)
    town.pull()
    town.check()


def test_f02_a_worker_that_is_overtaken_while_it_reads_drops_its_page(
    market: Any,
) -> None:
    market.sell("woo", (market.clocks["woo"], 2))
    market.lose_webhooks()
    market.tick(MarkKind.PULL)
    overtaken: list[str] = []

    def sleep_while_reading(request: httpx.Request) -> None:
        if request.url.path.endswith("/orders") and not overtaken:
            overtaken.append("once")
            now = market.hub.clock.now()
            with market.hub.store.transaction() as connection:
                leases.take_over(connection, "woo", "awake", now, LEASE_LASTING)

    market.switchboard.before = sleep_while_reading
    assert run_lane(market.hub, "woo", "sleeper").busy
    assert market.count("CLOCK") == (10, 0)
    assert run_lane(market.hub, "woo", "awake").handled >= 1
    assert market.count("CLOCK") == (10, 2)
    market.clock.advance(LEASE_LASTING.total_seconds() + 1)
    market.work()
    market.check()


def test_f03_a_worker_whose_clock_is_ahead_keeps_the_other_from_committing(
    market: Any,
) -> None:
    order = market.sell("woo", (market.clocks["woo"], 2))
    market.lose_webhooks()
    ours = acquire(market, "woo", "on time")
    ahead = market.hub.clock.now() + timedelta(hours=1)
    with market.hub.store.transaction() as connection:
        theirs = leases.acquire(connection, "woo", "ahead", ahead, LEASE_LASTING)
    channel = market.hub.load_channel("woo")
    with pytest.raises(LeaseLostError):
        pull_orders(market.hub, channel, lease=ours)
    assert market.load_order("woo", order) is None
    assert pull_orders(market.hub, channel, lease=theirs).applied == 1
    market.work()
    market.check()


@pytest.mark.postgres
def test_b12_a_mark_that_is_committed_late_is_not_overlooked(
    postgres_town: Any,
) -> None:
    town = postgres_town
    now = town.hub.clock.now()
    early, late = (Mark(MarkKind.RECONCILE, sku, "stock", 20, now) for sku in "AB")
    with town.hub.store.transaction() as connection:
        town.hub.mark(connection, [early])  # drawn first, committed last
        with town.hub.store.transaction() as other:
            town.hub.mark(other, [late])
        assert run_lane(town.hub, "stock", "worker").handled == 1
    assert run_lane(town.hub, "stock", "worker").handled == 1
    assert count_marks(town) == 0


def test_f01_two_clocks_mark_the_work_of_a_slot_once(any_market: Any) -> None:
    town = any_market
    slot = timedelta(minutes=1).total_seconds()
    town.clock.advance(slot)
    assert [tick(town.hub, MarkKind.PULL, slot) for _ in range(2)] == [2, 0]
    town.clock.advance(slot)
    assert tick(town.hub, MarkKind.PULL, slot) == 2
    assert count_marks(town) == 2


def test_f04_what_was_missed_while_the_hub_slept_is_caught_up_with_in_one_run(
    market: Any,
) -> None:
    market.clock.advance(500 * 60)
    assert tick(market.hub, MarkKind.PULL, 60) == 2
    assert count_marks(market) == 2
    market.work()
    assert count_marks(market) == 0


def test_workers_in_threads_share_the_lanes_and_take_every_order_in_once(
    any_market: Any,
) -> None:
    town = any_market
    for _ in range(3):
        for channel in ("shopify", "woo"):
            town.sell(channel, (town.clocks[channel], 1))
    town.lose_webhooks()
    town.tick(MarkKind.PULL)
    failures: list[Exception] = []

    def work(holder: str) -> None:
        try:
            run_due(town.hub, holder)
        except Exception as error:  # noqa: BLE001 - the test shows it
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    town.clock.advance(LEASE_LASTING.total_seconds() + 1)
    town.work(300)
    assert town.count("CLOCK") == (10, 6)
    town.check()
