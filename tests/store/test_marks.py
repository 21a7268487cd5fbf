"""Marks: however often something is asked for it is looked at once, and never lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from crossdock.canonical.clock import ManualClock
from crossdock.store import marks
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.marks import Mark, MarkKind, Priority

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = MOMENT + timedelta(minutes=5)


def sku(
    name: str, priority: int = Priority.LIVE, not_before: datetime = MOMENT
) -> Mark:
    return Mark(MarkKind.RECONCILE, name, "stock", priority, not_before)


def put(store: Store, ids: IdSource, *wanted: Mark) -> None:
    with store.transaction() as connection:
        marks.put(connection, wanted, ids.take(), MOMENT)


def load_due(store: Store, now: datetime = MOMENT, limit: int = 100) -> list[Mark]:
    with store.reading() as connection:
        return marks.load_due(connection, "stock", now, limit)


def test_what_is_marked_often_is_due_once(store: Store, ids: IdSource) -> None:
    for _ in range(3):
        put(store, ids, sku("A"), sku("A"), sku("B"))
    assert [mark.key for mark in load_due(store)] == ["A", "B"]
    with store.reading() as connection:
        assert marks.count(connection) == marks.count(connection, "stock") == 2
        assert marks.count(connection, "shop") == 0


def test_nothing_to_mark_is_no_statement(store: Store, ids: IdSource) -> None:
    put(store, ids)
    assert load_due(store) == []


def test_one_thing_may_have_marks_of_several_kinds(store: Store, ids: IdSource) -> None:
    put(store, ids, sku("A"), sku("A")._replace(kind=MarkKind.REMAP))
    assert {mark.kind for mark in load_due(store)} == {
        MarkKind.RECONCILE,
        MarkKind.REMAP,
    }


def test_a_mark_that_is_set_again_while_it_is_handled_survives(
    store: Store, ids: IdSource
) -> None:
    put(store, ids, sku("A"), sku("B"))
    seen = load_due(store)
    put(store, ids, sku("A"))
    with store.transaction() as connection:
        marks.clear(connection, seen)
    assert [mark.key for mark in load_due(store)] == ["A"]
    with store.transaction() as connection:
        marks.clear(connection, load_due(store))
    assert load_due(store) == []


def test_the_earlier_time_and_the_higher_urgency_win_in_every_order(
    store: Store, ids: IdSource
) -> None:
    urgent_later = sku("A", Priority.ZEROING, LATER)
    idle_now = sku("A", Priority.BACKFILL, MOMENT)
    put(store, ids, urgent_later)
    put(store, ids, idle_now)
    put(store, ids, urgent_later._replace(key="B"), idle_now._replace(key="B"))
    put(store, ids, idle_now._replace(key="C"))
    put(store, ids, urgent_later._replace(key="C"))
    due = {mark.key: (mark.priority, mark.not_before) for mark in load_due(store)}
    assert due == dict.fromkeys("ABC", (Priority.ZEROING, MOMENT))


def test_the_most_urgent_comes_first_then_the_longest_due(
    store: Store, ids: IdSource
) -> None:
    before = MOMENT - timedelta(seconds=1)
    put(
        store,
        ids,
        sku("backfill", Priority.BACKFILL, before),
        sku("live-2", Priority.LIVE),
        sku("live-1", Priority.LIVE, before),
        sku("zero", Priority.ZEROING),
        sku("asked", Priority.PERSON),
    )
    keys = ["asked", "zero", "live-1", "live-2", "backfill"]
    assert [mark.key for mark in load_due(store)] == keys
    assert [mark.key for mark in load_due(store, limit=2)] == keys[:2]


def test_a_mark_is_due_at_its_time_and_not_before(store: Store, ids: IdSource) -> None:
    put(store, ids, sku("A", not_before=LATER))
    assert load_due(store, LATER - timedelta(microseconds=1)) == []
    assert [mark.key for mark in load_due(store, LATER)] == ["A"]
    with store.reading() as connection:
        assert marks.load_due_lanes(connection, MOMENT) == []
        assert marks.load_due_lanes(connection, LATER) == ["stock"]
        assert marks.find_next_due(connection, "stock") == LATER
        assert marks.find_next_due(connection, "shop") is None


def test_a_delayed_mark_counts_its_attempts_and_comes_back(
    store: Store, ids: IdSource
) -> None:
    put(store, ids, sku("A"))
    for attempt in range(2):
        (mark,) = load_due(store, LATER)
        assert mark.attempts == attempt
        with store.transaction() as connection:
            marks.delay(connection, mark, LATER)
    assert load_due(store) == []
    assert [mark.attempts for mark in load_due(store, LATER)] == [2]


def test_a_dropped_mark_is_gone_whatever_its_generation(
    store: Store, ids: IdSource
) -> None:
    put(store, ids, sku("A"), sku("B"), sku("A")._replace(kind=MarkKind.PUSH))
    put(store, ids, sku("A"))
    with store.transaction() as connection:
        marks.drop(connection, MarkKind.RECONCILE, ["A"])
    left = {(mark.kind, mark.key) for mark in load_due(store)}
    assert left == {(MarkKind.RECONCILE, "B"), (MarkKind.PUSH, "A")}


def test_marks_that_are_set_and_cleared_at_once_never_deadlock_nor_get_lost(
    store: Store, fixed_clock: ManualClock, ids: IdSource
) -> None:
    """Pages mark the same SKUs in whatever order they met them."""
    names = [f"SKU-{number}" for number in range(20)]
    failed: list[BaseException] = []

    def work(seed: int) -> None:
        order = names[seed:] + names[:seed]
        try:
            for _ in range(10):
                put(store, ids, *(sku(name) for name in order))
                with store.transaction() as connection:
                    marks.clear(connection, load_due(store, limit=7)[::-1])
        except BaseException as error:  # what a thread raises, nobody sees
            failed.append(error)
            raise

    threads = [threading.Thread(target=work, args=(3 * n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    put(store, ids, *map(sku, names))
    assert len(load_due(store)) == len(names)


def test_f03_slots_that_a_clock_took_far_ahead_do_not_stop_a_job(store: Store) -> None:
    minute = timedelta(minutes=1)

    def tick(job: str, number: int) -> bool:
        slot = MOMENT + number * minute
        with store.transaction() as connection:
            marks.free_slots_ahead(connection, job, slot, minute)
            return marks.claim_slot(connection, job, slot)

    assert tick("scan", 12)
    assert [tick("pull", number) for number in (0, 10)] == [True, True]
    # The clock is set right; and another scheduler is a little ahead.
    assert [tick("pull", number) for number in (1, 2, 1, 2)] == [
        True,
        True,
        False,
        False,
    ]
    # It is wrong the other way round.
    assert [tick("pull", number) for number in (-9, -8, -9)] == [True, True, False]
    with store.transaction() as connection:
        assert not marks.claim_slot(connection, "scan", MOMENT + 12 * minute)


def test_f01_a_slot_of_the_clock_belongs_to_one_of_two_schedulers(store: Store) -> None:
    taken: list[bool] = []
    start = threading.Barrier(2)

    def schedule() -> None:
        start.wait()
        for number in range(20):
            slot = MOMENT + timedelta(minutes=number)
            with store.transaction() as connection:
                taken.append(marks.claim_slot(connection, "pull", slot))

    threads = [threading.Thread(target=schedule) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 20 + [True] * 20
    with store.transaction() as connection:
        assert marks.claim_slot(connection, "scan", MOMENT)
