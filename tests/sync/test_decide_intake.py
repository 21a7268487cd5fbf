"""Which records of a page are news, whatever their order, repetition or paging."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from crossdock.canonical.remembered import KnownRecord
from crossdock.sync.decide.intake import Arrival, Verdict, sort_arrivals
from hypothesis import given
from hypothesis import strategies as st

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def arrive(external_id: str, minutes: int, digest: str = "content") -> Arrival:
    moment = MOMENT + timedelta(minutes=minutes)
    return Arrival(external_id, moment, f"{moment}-{digest}")


class Memory:
    """What the hub keeps of records between pages: the inbox in a few lines."""

    def __init__(self) -> None:
        self.versions: dict[str, set[str]] = {}
        self.applied: dict[str, Arrival] = {}
        self.counts = dict.fromkeys(Verdict, 0)

    def take_in(self, page: Sequence[Arrival]) -> list[Verdict]:
        known = {
            name: KnownRecord(frozenset(kept), self.applied[name].updated_at)
            for name, kept in self.versions.items()
        }
        verdicts = sort_arrivals(page, known)
        for arrival, verdict in zip(page, verdicts, strict=True):
            self.counts[verdict] += 1
            if verdict is Verdict.NEWS:
                self.applied[arrival.external_id] = arrival
            if verdict is not Verdict.DUPLICATE:
                kept = self.versions.setdefault(arrival.external_id, set())
                kept.add(arrival.version)
        return verdicts


arrivals = st.lists(
    st.builds(arrive, st.sampled_from("abc"), st.integers(0, 4), st.sampled_from("xy")),
    max_size=12,
)
# One content for each moment: what came last is then the same whatever the order.
distinct_moments = st.lists(
    st.builds(arrive, st.sampled_from("abc"), st.integers(0, 6)), min_size=1
)


def cut(stream: Sequence[Arrival], sizes: Sequence[int]) -> list[Sequence[Arrival]]:
    pages, start = [], 0
    for size in sizes:
        pages.append(stream[start : start + size])
        start += size
    return [*pages, stream[start:]]


@given(arrivals, st.lists(st.integers(0, 5), max_size=4))
def test_received_is_news_duplicate_and_superseded_on_every_paging(
    stream: list[Arrival], sizes: list[int]
) -> None:
    memory = Memory()
    for page in cut(stream, sizes):
        assert len(memory.take_in(page)) == len(page)
    distinct = {(one.external_id, one.version) for one in stream}
    assert sum(memory.counts.values()) == len(stream)
    assert memory.counts[Verdict.DUPLICATE] == len(stream) - len(distinct)


@given(distinct_moments, st.lists(st.integers(0, 5), max_size=4), st.randoms())
def test_the_newest_version_wins_in_any_order_repetition_and_paging(
    stream: list[Arrival], sizes: list[int], chance: random.Random
) -> None:
    straight, shuffled = Memory(), Memory()
    straight.take_in(sorted(stream, key=lambda one: one.updated_at))
    again = stream + chance.choices(stream, k=3)
    chance.shuffle(again)
    for page in cut(again, sizes):
        shuffled.take_in(page)
    assert shuffled.applied == straight.applied


@given(arrivals)
def test_a_page_that_comes_again_holds_duplicates_only(page: list[Arrival]) -> None:
    memory = Memory()
    memory.take_in(page)
    assert set(memory.take_in(page)) <= {Verdict.DUPLICATE}


@given(arrivals)
def test_at_most_one_version_of_a_record_is_news_in_a_page(page: list[Arrival]) -> None:
    verdicts = sort_arrivals(page, {})
    news = [
        one.external_id
        for one, verdict in zip(page, verdicts, strict=True)
        if verdict is Verdict.NEWS
    ]
    assert sorted(news) == sorted({one.external_id for one in page})


def test_other_content_with_the_same_time_is_news_because_clocks_tick_in_seconds() -> (
    None
):
    memory = Memory()
    memory.take_in([arrive("a", 1, "x")])
    assert memory.take_in([arrive("a", 1, "y")]) == [Verdict.NEWS]


def test_of_two_contents_with_one_time_the_later_in_the_page_is_news() -> None:
    page = [arrive("a", 1, "x"), arrive("a", 1, "y")]
    assert sort_arrivals(page, {}) == [Verdict.SUPERSEDED, Verdict.NEWS]


def test_an_older_version_is_superseded_by_one_that_was_applied_before() -> None:
    memory = Memory()
    memory.take_in([arrive("a", 5)])
    assert memory.take_in([arrive("a", 4)]) == [Verdict.SUPERSEDED]


def test_an_older_version_is_superseded_by_a_newer_one_later_in_its_page() -> None:
    page = [arrive("a", 1), arrive("a", 3), arrive("a", 2)]
    assert sort_arrivals(page, {}) == [
        Verdict.SUPERSEDED,
        Verdict.NEWS,
        Verdict.SUPERSEDED,
    ]


def test_a_version_that_was_kept_and_never_applied_does_not_supersede_others() -> None:
    unread = KnownRecord(frozenset({arrive("a", 9).version}), None)
    assert sort_arrivals([arrive("a", 1)], {"a": unread}) == [Verdict.NEWS]
