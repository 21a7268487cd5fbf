"""No order is lost between pages, however rows move while the list is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.errors import ContractBrokenError
from crossdock.canonical.pages import Record
from crossdock.connectors.woocommerce.paging import (
    OVERLAP_SECONDS,
    Lane,
    Walk,
    format_after,
    has_more,
)
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class FakeList:
    """A shop's list of orders: id to second of the last change, and the time."""

    page_size: int
    changed: dict[int, int] = field(default_factory=dict)
    now: int = 0
    tells_total: bool = True
    ignores_filter: bool = False

    def touch(self, order_id: int) -> None:
        self.changed[order_id] = self.now

    def ask(self, lane: Lane) -> tuple[list[Record], int | None]:
        """Answer as the server does: later than the second before, by offset."""
        rows = [
            (second, order_id)
            for order_id, second in self.changed.items()
            if at(second) >= lane.since or self.ignores_filter
        ]
        rows.sort(key=lambda row: row[1:] if lane.by_id else row)
        page = rows[lane.walk.offset : lane.walk.offset + self.page_size]
        total = len(rows) if self.tells_total else None
        return [Record(str(one), at(second), {}) for second, one in page], total

    def pull(
        self,
        lane: Lane,
        got: dict[str, datetime],
        interfere: Callable[[], None] = lambda: None,
    ) -> Lane:
        """Pull to the end, as the hub does; the newest version of a row wins."""
        for _ in range(2000):
            records, total = self.ask(lane)
            for record in records:
                known = got.get(record.external_id, record.updated_at)
                got[record.external_id] = max(known, record.updated_at)
            lane, complete = lane.advance(
                records, page_size=self.page_size, total=total, asked_at=at(self.now)
            )
            if complete:
                return lane
            interfere()
        raise AssertionError("the pull did not end")

    def expected(self) -> dict[str, datetime]:
        return {str(one): at(second) for one, second in self.changed.items()}


@given(
    first=st.lists(st.integers(0, 5), min_size=0, max_size=30),
    events=st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 45)), min_size=0, max_size=25
    ),
    page_size=st.integers(4, 7),
    by_id=st.booleans(),
    tells_total=st.booleans(),
)
def test_b01_b04_b05_rows_that_move_between_pages_are_never_lost(
    first: list[int],
    events: list[tuple[int, int]],
    page_size: int,
    by_id: bool,
    tells_total: bool,
) -> None:
    shop = FakeList(page_size, dict(enumerate(first)), 6, tells_total)
    waiting = list(events)

    def interfere() -> None:
        if waiting:
            seconds, order_id = waiting.pop()
            shop.now += seconds
            shop.touch(order_id)

    got: dict[str, datetime] = {}
    lane = shop.pull(Lane(START, by_id=by_id), got, interfere)
    while waiting:
        interfere()
    shop.pull(lane, got)
    assert got == shop.expected()


def test_b01_more_orders_in_one_second_than_a_page_holds_are_all_read() -> None:
    shop = FakeList(3, dict.fromkeys(range(20), 4))
    got: dict[str, datetime] = {}
    shop.pull(Lane(START), got)
    assert got == shop.expected()


def test_b05_a_walk_starts_again_when_rows_before_it_have_left() -> None:
    shop = FakeList(4, dict.fromkeys(range(12), 4), now=30)
    got: dict[str, datetime] = {}
    leaving = iter([0, 5])

    def interfere() -> None:
        order_id = next(leaving, None)
        if order_id is not None:
            shop.touch(order_id)

    lane = shop.pull(Lane(at(4)), got, interfere)
    assert got == shop.expected()
    assert lane == Lane(at(30 - OVERLAP_SECONDS))


def test_b02_an_order_that_shows_up_late_is_found_within_the_overlap() -> None:
    shop = FakeList(5, {1: 100})
    got: dict[str, datetime] = {}
    lane = shop.pull(Lane(START), got)
    shop.changed[2] = 100 - OVERLAP_SECONDS
    shop.pull(lane, got)
    assert "2" in got


def test_a_quiet_shop_is_asked_for_the_same_stretch_again_and_again() -> None:
    shop = FakeList(5, {1: 500})
    lane = shop.pull(Lane(START), {})
    assert lane == Lane(at(500 - OVERLAP_SECONDS))
    assert shop.pull(lane, {}) == lane


def test_an_empty_shop_keeps_its_place() -> None:
    assert FakeList(5).pull(Lane(START), {}) == Lane(START)


def test_b13_a_shop_that_ignores_the_filter_is_read_to_its_end_and_left() -> None:
    shop = FakeList(4, {one: one for one in range(30)})
    shop.ignores_filter = True
    got: dict[str, datetime] = {}
    shop.pull(Lane(at(1000)), got)
    assert got == shop.expected()


def test_b14_the_same_page_again_is_refused_and_not_followed_for_ever() -> None:
    rows = [Record(str(one), START, {}) for one in range(3)]
    lane, _ = Lane(START).advance(rows, page_size=3, total=None, asked_at=START)
    with pytest.raises(ContractBrokenError):
        lane.advance(rows, page_size=3, total=None, asked_at=START)


def test_a_page_of_rows_that_the_key_may_not_see_is_stepped_over() -> None:
    lane, complete = Lane(START).advance([], page_size=10, total=15, asked_at=START)
    assert not complete
    assert lane.walk == Walk(10)
    row = Record("7", at(3), {})
    lane, complete = lane.advance([row], page_size=10, total=15, asked_at=START)
    assert complete


def test_a_short_page_ends_a_list_whose_length_is_not_told() -> None:
    assert not has_more(Walk(), 9, 10, None)
    assert has_more(Walk(), 10, 10, None)
    assert not has_more(Walk(), 10, 10, 10)


def test_g02_the_shop_is_asked_in_naive_utc_for_the_second_before() -> None:
    tokyo = datetime.fromisoformat("2026-03-02T18:00:00.750+09:00")
    assert format_after(tokyo) == "2026-03-02T08:59:59"
