"""Conflicts: one open row per cause, counted, resolved once, and opened again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.conflicts import (
    Action,
    ConflictFacts,
    ConflictKind,
    Proposal,
)
from crossdock.canonical.errors import NotFoundError
from crossdock.store import conflicts
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = MOMENT + timedelta(hours=1)


def describe(subject: str = "shop/listing/1", **facts: object) -> ConflictFacts:
    return ConflictFacts(
        kind=ConflictKind.UNMAPPED_SKU,
        subject=subject,
        channel="shop",
        summary=f"{subject} is not known ✓",
        facts=facts,
        proposals=(Proposal(action=Action.MAP, sku="LAMP", reason="alike", score=91),),
    )


def report(
    store: Store, ids: IdSource, *found: ConflictFacts, now: datetime = MOMENT
) -> int:
    with store.transaction() as connection:
        return conflicts.report(connection, found, ids, now)


def load_open(store: Store) -> list[conflicts.ConflictRow]:
    with store.reading() as connection:
        return conflicts.load_many(connection)


def resolve(store: Store, id_: int) -> bool:
    with store.transaction() as connection:
        return conflicts.resolve(connection, id_, {"by": "anna"}, LATER)


def test_a_conflict_comes_back_with_both_sides_facts_and_its_proposals(
    store: Store, ids: IdSource
) -> None:
    facts = describe(sku="LAMP-01", seen=["a", {"b": None}])
    assert report(store, ids, facts) == 1
    (row,) = load_open(store)
    assert (row.kind, row.subject, row.channel) == (facts.kind, facts.subject, "shop")
    assert (row.summary, row.facts) == (facts.summary, facts.facts)
    assert row.proposals == facts.proposals
    assert (row.occurrences, row.opened_at, row.seen_at) == (1, MOMENT, MOMENT)
    assert (row.status, row.resolved_at, row.resolution) == ("open", None, None)
    with store.reading() as connection:
        assert conflicts.load(connection, row.id) == row
        assert conflicts.find_open(connection, row.kind, row.subject) == row


def test_a_cause_that_shows_again_is_counted_with_its_newest_facts(
    store: Store, ids: IdSource
) -> None:
    assert report(store, ids, describe(units=1), describe("b"), describe(units=2)) == 2
    assert report(store, ids, describe(units=3), now=LATER) == 0
    assert report(store, ids) == 0
    first, second = sorted(load_open(store), key=lambda row: -row.occurrences)
    assert (first.occurrences, first.facts, second.occurrences) == (2, {"units": 3}, 1)
    assert (first.opened_at, first.seen_at) == (MOMENT, LATER)


def test_kinds_do_not_share_a_subject(store: Store, ids: IdSource) -> None:
    other = describe().model_copy(update={"kind": ConflictKind.AMBIGUOUS_SKU})
    assert report(store, ids, describe(), other) == 2
    with store.reading() as connection:
        assert conflicts.count_open(connection) == 2
        kind = ConflictKind.AMBIGUOUS_SKU
        assert len(conflicts.load_many(connection, kind=kind)) == 1
        assert conflicts.find_open(connection, ConflictKind.DRIFT, "b") is None
        told = conflicts.list_open_about(connection, ["shop/listing/1", "x"])
        assert [line.partition(": ")[2] for line in told] == [describe().summary] * 2


def test_a_conflict_is_resolved_by_whoever_is_first(
    store: Store, ids: IdSource
) -> None:
    report(store, ids, describe())
    (row,) = load_open(store)
    assert resolve(store, row.id)
    assert not resolve(store, row.id)
    assert load_open(store) == []
    with store.reading() as connection:
        kept = conflicts.load(connection, row.id)
        assert conflicts.load_many(connection, status=None) == [kept]
    assert (kept.resolution, kept.resolved_at) == ({"by": "anna"}, LATER)


def test_a_cause_that_comes_back_after_its_resolution_is_a_new_conflict(
    store: Store, ids: IdSource
) -> None:
    report(store, ids, describe())
    (row,) = load_open(store)
    resolve(store, row.id)
    assert report(store, ids, describe()) == 1
    (again,) = load_open(store)
    assert again.id > row.id


def test_a_resolution_that_is_undone_opens_the_conflict_again(
    store: Store, ids: IdSource
) -> None:
    report(store, ids, describe())
    (row,) = load_open(store)
    resolve(store, row.id)
    with store.transaction() as connection:
        conflicts.reopen(connection, row.id, LATER)
    (again,) = load_open(store)
    assert (again.id, again.resolution, again.resolved_at) == (row.id, None, None)
    assert again.seen_at == LATER


def test_no_two_conflicts_about_one_cause_are_ever_open(
    store: Store, ids: IdSource
) -> None:
    report(store, ids, describe())
    (row,) = load_open(store)
    resolve(store, row.id)
    report(store, ids, describe())

    def reopen() -> None:
        with store.transaction() as connection:
            conflicts.reopen(connection, row.id, LATER)

    with pytest.raises(IntegrityError):
        reopen()


def test_a_cause_that_went_away_closes_its_conflicts(
    store: Store, ids: IdSource
) -> None:
    report(store, ids, describe("a"), describe("b"), describe("c"))
    by = {"by": conflicts.BY_FACTS}
    kind = ConflictKind.UNMAPPED_SKU
    with store.transaction() as connection:
        close = conflicts.close
        assert close(connection, kind, ["a", "b", "x"], by, LATER) == 2
        assert close(connection, kind, ["a"], by, LATER) == 0
        assert close(connection, kind, [], by, LATER) == 0
        assert close(connection, ConflictKind.DRIFT, ["c"], by, LATER) == 0
    assert [row.subject for row in load_open(store)] == ["c"]


def test_an_unknown_conflict_is_told_with_the_next_step(store: Store) -> None:
    refused = pytest.raises(NotFoundError, match="no conflict 7")
    with store.reading() as connection, refused as caught:
        conflicts.load(connection, 7)
    assert "crossdock conflicts list" in caught.value.next_step


def test_of_many_that_meet_one_cause_at_once_one_conflict_is_open(
    store: Store, ids: IdSource
) -> None:
    """Whoever loses the race repeats its page; the row is there by then."""
    start = threading.Barrier(4)

    def meet() -> None:
        start.wait()
        try:
            report(store, ids, describe())
        except IntegrityError:
            report(store, ids, describe())

    threads = [threading.Thread(target=meet) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.occurrences for row in load_open(store)] == [4]
