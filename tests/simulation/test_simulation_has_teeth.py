"""Planted defects: the simulation finds each of them, and says which promise broke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from crossdock.canonical.drifts import DriftAction
from crossdock.canonical.pages import Stream
from crossdock.canonical.pushes import Outcome
from crossdock.canonical.stock import MovementKind
from crossdock.cli.simulation.customs import Sharing
from crossdock.cli.simulation.race import RaceTask, run_race
from crossdock.cli.simulation.seeds import Task, list_troubles, play_seed
from crossdock.connectors.shopify import cursor as shopify_cursor
from crossdock.connectors.shopify import stock as shopify_stock
from crossdock.connectors.woocommerce import fulfillments as woocommerce_fulfillments
from crossdock.connectors.woocommerce import orders as woocommerce_orders
from crossdock.connectors.woocommerce import paging as woocommerce_paging
from crossdock.store import conflicts, cursors, marks, quotas, stock
from crossdock.sync import (
    closing,
    escrow,
    hub,
    ingest,
    pull,
    push,
    reconcile,
    showing,
    tell,
    transfer,
    worker,
)
from crossdock.sync.decide import drift, intake, orders, parcels
from crossdock.sync.decide import escrow as quota_plan
from crossdock.sync.decide.intake import Verdict
from crossdock.sync.decide.ledger import Ledger

Plant = Callable[[pytest.MonkeyPatch], None]
RACES_MAX = 12
SEEDS_MAX = 60
"""So many seeds are tried where the one that is known does not find it any more."""


def set_blindly(patch: pytest.MonkeyPatch) -> None:
    """A quantity is set whatever the shop shows."""
    compare = shopify_stock.build_input

    def blind(*args: Any) -> dict[str, Any]:
        made = compare(*args)
        for quantity in made["quantities"]:
            quantity["changeFromQuantity"] = None
        return made

    patch.setattr(shopify_stock, "build_input", blind)


def save_the_cursor_before_its_page(patch: pytest.MonkeyPatch) -> None:
    """The place in the stream is saved before what was read up to there."""
    take_in = ingest.ingest_orders

    def early(hub: Any, channel: Any, records: Any, **said: Any) -> Any:
        if said["cursor"] is not None:
            with hub.store.transaction() as connection:
                now = hub.clock.now()
                cursors.save_cursor(
                    connection,
                    channel.name,
                    Stream.ORDERS,
                    said["cursor"],
                    now,
                    complete=True,
                )
        return take_in(hub, channel, records, **said)

    patch.setattr(pull, "ingest_orders", early)
    _read_without_overlap(patch)


def _read_without_overlap(patch: pytest.MonkeyPatch) -> None:
    """Each change is seen by one pull only, so that a mistake is not made good."""
    patch.setattr(shopify_cursor, "OVERLAP", timedelta(0))
    patch.setattr(shopify_cursor, "VISIBILITY_LAG", timedelta(0))
    patch.setattr(woocommerce_paging, "OVERLAP_SECONDS", 0)


def read_pages_that_are_not_sorted(patch: pytest.MonkeyPatch) -> None:
    """Pages come in any order, and the next one begins after the last row."""
    patch.setattr(woocommerce_orders, "PAGE_SIZE", 3)
    ask = woocommerce_orders._list_orders

    def unsorted(*args: Any, **said: Any) -> Any:
        call = ask(*args, **said)
        return replace(call, params={**call.params, "order": "desc"})

    def advance(lane: Any, records: Any, *, page_size: int, **said: Any) -> Any:
        if len(records) < page_size:
            return woocommerce_paging._begin_next_pull(lane), True
        last = max(record.updated_at for record in records)
        return woocommerce_paging.Lane(last + timedelta(seconds=1), last), False

    patch.setattr(woocommerce_orders, "_list_orders", unsorted)
    patch.setattr(woocommerce_paging.Lane, "advance", advance)


def allocate_by_an_old_look(patch: pytest.MonkeyPatch) -> None:
    """Positions are as the last transaction found them, not as they are."""
    lock = stock.lock_positions
    seen: dict[Any, Any] = {}

    def stale(connection: Any, names: Any) -> Any:
        now = lock(connection, names)
        before = {key: seen.get(key, counts) for key, counts in now.items()}
        seen.update(now)
        return before

    patch.setattr(stock, "lock_positions", stale)


def allocate_what_is_allocated(patch: pytest.MonkeyPatch) -> None:
    """What others were promised counts as free."""

    def allocate(self: Ledger, key: Any, units: int, cause: Any) -> int:
        account = self.account(key)
        granted = min(units, max(0, account.on_hand))
        if granted > 0:
            account.allocated += granted
            self._move(key, MovementKind.ALLOCATED, cause, 0, granted)
        return max(0, granted)

    patch.setattr(Ledger, "allocate", allocate)


def take_every_delivery_for_news(patch: pytest.MonkeyPatch) -> None:
    """A record is known by how it came, not by what it says."""
    patch.setattr(
        ingest, "sort_arrivals", lambda found, known: [Verdict.NEWS] * len(found)
    )


def know_an_order_by_its_id_alone(patch: pytest.MonkeyPatch) -> None:
    """What is known is never looked at again."""
    sort = intake.sort_arrivals

    def known_is_known(found: Any, known: Any) -> list[Verdict]:
        return [
            Verdict.DUPLICATE if arrival.external_id in known else verdict
            for arrival, verdict in zip(found, sort(found, known), strict=True)
        ]

    patch.setattr(ingest, "sort_arrivals", known_is_known)


def assume_failure_where_no_answer_came(patch: pytest.MonkeyPatch) -> None:
    """A parcel is told again without looking whether it is there."""
    patch.setattr(woocommerce_fulfillments, "_find_parcel", lambda *args: None)
    patch.setattr(woocommerce_fulfillments, "_find_note", lambda *args: None)


def assume_success_where_no_answer_came(patch: pytest.MonkeyPatch) -> None:
    """A parcel counts as told because it was sent."""
    call = tell._call

    def hope(send: Any) -> Any:
        result = call(send)
        lost = result.outcome is Outcome.UNKNOWN
        return replace(result, outcome=Outcome.ACCEPTED) if lost else result

    patch.setattr(tell, "_call", hope)


def tell_a_parcel_twice(patch: pytest.MonkeyPatch) -> None:
    """Every parcel is sent two times."""
    assume_failure_where_no_answer_came(patch)
    call = tell._call

    def twice(send: Any) -> Any:
        call(send)
        return call(send)

    patch.setattr(tell, "_call", twice)


def raise_before_reducing(patch: pytest.MonkeyPatch) -> None:
    """What a batch raises comes before what it lowers."""
    write = push._write
    patch.setattr(push, "_write", lambda errand, found: write(errand, found[::-1]))


def never_read_back(patch: pytest.MonkeyPatch) -> None:
    """An accepted write is believed for ever."""

    def skip(hub: Any, channel: Any, batch: Any, lease: Any) -> None:
        with hub.store.transaction() as connection:
            marks.clear(connection, batch)

    patch.setitem(worker._HANDLERS, marks.MarkKind.READ_BACK, skip)


def write_without_a_lease(patch: pytest.MonkeyPatch) -> None:
    """Who slept through his lease goes on writing."""
    patch.setattr(hub, "require", lambda *args: None)


def release_nothing(patch: pytest.MonkeyPatch) -> None:
    """What is cancelled stays allocated."""
    patch.setattr(Ledger, "release", lambda *args: None)


def release_twice(patch: pytest.MonkeyPatch) -> None:
    """What is cancelled is given back two times."""
    release = Ledger.release

    def twice(self: Ledger, key: Any, units: int, cause: Any) -> None:
        release(self, key, 2 * units, cause)

    patch.setattr(Ledger, "release", twice)


def take_our_own_parcel_for_news(patch: pytest.MonkeyPatch) -> None:
    """What the hub told a shop comes back and counts as another parcel."""
    recognise = parcels._recognise

    def echo(fulfillment: Any, known: Any) -> Any:
        parcel = recognise(fulfillment, known)
        return None if parcel is not None and parcel.origin == "hub" else parcel

    patch.setattr(parcels, "_recognise", echo)


def adopt_drift_silently(patch: pytest.MonkeyPatch) -> None:
    """What a shop shows is taken for a count, and nobody is asked."""
    patch.setattr(drift, "_choose", lambda *args, **said: DriftAction.ADOPTED)


def put_no_return_back(patch: pytest.MonkeyPatch) -> None:
    """What came back and was restocked is not on hand."""
    patch.setattr(orders, "_take_returns", lambda *args: None)


def lower_one_part_of_a_set(patch: pytest.MonkeyPatch) -> None:
    """A set takes its first component only."""
    map_line = orders.map_line

    def first_part(line: Any, state: Any, parts: Any, *rest: Any) -> None:
        map_line(line, state, parts[:1], *rest)

    patch.setattr(orders, "map_line", first_part)


def write_no_listing(patch: pytest.MonkeyPatch) -> None:
    """Nobody is sent to write what has changed."""
    patch.setattr(reconcile, "_list_pushes", lambda *args: [])


def tell_nobody_of_what_waits(patch: pytest.MonkeyPatch) -> None:
    """A listing that nobody can place waits in silence."""
    patch.setattr(conflicts, "report", lambda *args: 0)


def lose_a_leg_of_a_transfer(patch: pytest.MonkeyPatch) -> None:
    """Goods leave one place and are on their way nowhere."""
    move = transfer._move

    def one_leg(ledger: Any, units: int, start: Any, end: Any, cause: Any) -> None:
        move(ledger, units, start, end, cause)
        ledger.movements.pop()

    patch.setattr(transfer, "_move", one_leg)


def count_as_of_now(patch: pytest.MonkeyPatch) -> None:
    """A count of some minutes ago is set against what is there now."""
    patch.setattr(stock, "sum_moved_after", lambda *args: 0)


def hand_units_out_at_once(patch: pytest.MonkeyPatch) -> None:
    """Units of a record at zero are free before its last sale can be seen."""
    patch.setattr(closing, "find_bound", lambda *args: timedelta(0))
    patch.setattr(closing, "pull_orders", lambda *args, **said: None)
    patch.setattr(closing, "_is_read", lambda *args: True)


def keep_quotas_as_they_were(patch: pytest.MonkeyPatch) -> None:
    """An order takes nothing from the quota that it was sold from."""
    patch.setattr(quotas, "take_away", lambda *args: None)


def forget_what_quotas_hold(patch: pytest.MonkeyPatch) -> None:
    """Units are handed out again and again."""
    patch.setattr(quota_plan, "count_held", lambda stakes: {})
    patch.setattr(showing.Scene, "count_held", lambda self, keys=None: {})


CASES: dict[Plant, tuple[str, str, int]] = {
    set_blindly: ("none", "no_raise_covers_an_unseen_sale", 4),
    save_the_cursor_before_its_page: ("all", "no_order_is_lost", 11),
    read_pages_that_are_not_sorted: ("all", "no_order_is_lost", 2),
    allocate_by_an_old_look: ("none", "no_error_is_unexpected", 4),
    allocate_what_is_allocated: ("none", "no_error_is_unexpected", 0),
    take_every_delivery_for_news: ("none", "no_error_is_unexpected", 0),
    know_an_order_by_its_id_alone: ("none", "lines_agree_with_the_books", 0),
    assume_failure_where_no_answer_came: ("all", "every_parcel_is_told_once", 38),
    assume_success_where_no_answer_came: ("all", "every_parcel_is_told_once", 25),
    tell_a_parcel_twice: ("none", "every_parcel_is_told_once", 0),
    raise_before_reducing: ("none", "reductions_go_first", 1),
    never_read_back: ("all", "every_listing_shows_what_the_hub_computes", 1),
    write_without_a_lease: ("stall", "nothing_is_written_under_a_lost_lease", 1),
    release_nothing: ("none", "fsck.allocated_is_what_lines_hold", 1),
    release_twice: ("none", "fsck.allocated_is_what_lines_hold", 2),
    take_our_own_parcel_for_news: ("none", "no_error_is_unexpected", 1),
    adopt_drift_silently: ("none", "the_hub_counts_what_the_books_count", 1),
    put_no_return_back: ("none", "the_hub_counts_what_the_books_count", 0),
    lower_one_part_of_a_set: ("none", "the_hub_counts_what_the_books_count", 1),
    write_no_listing: ("none", "every_listing_shows_what_the_hub_computes", 0),
    tell_nobody_of_what_waits: ("none", "waiting_listings_have_a_conflict", 0),
    lose_a_leg_of_a_transfer: (
        "none",
        "fsck.goods_in_transit_are_those_of_transfers",
        6,
    ),
    count_as_of_now: ("none", "staff_move_what_they_say", 15),
}
"""By plant: the troubles, the promise that breaks, and a seed that shows it."""


@pytest.mark.parametrize(
    ("plant", "troubles", "rule", "seed"),
    [pytest.param(plant, *case, id=plant.__name__) for plant, case in CASES.items()],
)
def test_the_simulation_finds_a_planted_defect(
    plant: Plant,
    troubles: str,
    rule: str,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)
    known = list_troubles(troubles)
    rules = frozenset([rule])
    for tried in (seed, *range(SEEDS_MAX)):
        day = play_seed(Task(tried, known, enough=rules))
        if any(violation.rule == rule for violation in day.violations):
            return
    pytest.fail(f"{plant.__name__}: no seed breaks {rule}")


@pytest.mark.parametrize(
    ("plant", "seed"),
    [
        (forget_what_quotas_hold, 0),
        (hand_units_out_at_once, 0),
        (keep_quotas_as_they_were, 17),
    ],
)
def test_races_find_a_defect_of_escrow(
    plant: Plant, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escrow, "COOL_DOWN", timedelta(0))  # quotas move all the time
    plant(monkeypatch)
    for tried in (seed, *range(RACES_MAX)):
        if not run_race(RaceTask(Sharing.ESCROW, 12, tried)).is_as_predicted:
            return
    pytest.fail(f"{plant.__name__}: nothing was sold twice")
