"""Cursors lose nothing at the edge of a page, and no walk goes on for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from crossdock.canonical.errors import ContractBrokenError
from crossdock.canonical.pages import Record
from crossdock.connectors.pagination import TokenTrail, Watermark, require_progress
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
moments = st.integers(0, 3).map(lambda seconds: START + timedelta(seconds=seconds))


def _record(number: int, moment: datetime) -> Record:
    return Record(str(number), moment, {"id": number})


@given(moment=st.datetimes(timezones=st.just(UTC)), seen=st.frozensets(st.text()))
def test_a_watermark_survives_being_saved(
    moment: datetime, seen: frozenset[str]
) -> None:
    mark = Watermark(moment, seen)
    assert Watermark.decode(mark.encode()) == mark


def test_equal_watermarks_are_saved_as_the_same_text() -> None:
    tokyo = timezone(timedelta(hours=9))
    one = Watermark(START, frozenset("abc"))
    two = Watermark(START.astimezone(tokyo), frozenset("cba"))
    assert one.encode() == two.encode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "[]",
        "{}",
        "null",
        '[2,"2026-03-02T09:00:00+00:00",[]]',
        '[1,"2026-03-02T09:00:00",[]]',
        '[1,"yesterday",[]]',
        '[1,"2026-03-02T09:00:00+00:00",7]',
    ],
)
def test_a_cursor_that_cannot_be_read_says_what_to_do(cursor: str) -> None:
    with pytest.raises(ContractBrokenError) as caught:
        Watermark.decode(cursor)
    assert "Reset" in caught.value.next_step


@given(stamps=st.lists(moments, max_size=12), page_size=st.integers(1, 5))
def test_b01_records_of_one_second_across_a_page_edge_come_exactly_once(
    stamps: list[datetime], page_size: int
) -> None:
    shop = [_record(number, stamp) for number, stamp in enumerate(sorted(stamps))]
    mark, pulled = Watermark(START), list[Record]()
    for _ in range(len(shop) + 2):
        # A channel filters by time alone; the page must outgrow what is already seen.
        answered = [record for record in shop if record.updated_at >= mark.moment]
        page = mark.leave_out_seen(answered)[:page_size]
        pulled += page
        mark = Watermark.decode(mark.advance(page).encode())
    assert pulled == shop


def test_b02_reaching_back_returns_what_became_visible_late() -> None:
    mark = Watermark(START, frozenset({"1"}))
    late = _record(2, START - timedelta(seconds=30))
    assert mark.leave_out_seen([late]) == ()
    assert mark.reach_back(timedelta(minutes=1)).leave_out_seen([late]) == (late,)


def test_b13_records_from_before_the_watermark_are_left_out() -> None:
    old = _record(1, START - timedelta(days=400))
    mark = Watermark(START)
    assert mark.leave_out_seen([old]) == ()
    assert mark.advance([old]) == mark


def test_b14_the_same_page_token_twice_is_an_endless_list() -> None:
    assert require_progress("a", "b") == "b"
    assert require_progress("a", "") is None
    assert require_progress(None, None) is None
    with pytest.raises(ContractBrokenError, match="never end"):
        require_progress("a", "a")


def test_b14_a_longer_circle_is_found_as_well() -> None:
    trail = TokenTrail()
    assert [trail.follow(token) for token in "abc"] == list("abc")
    with pytest.raises(ContractBrokenError, match="never end"):
        trail.follow("a")


def test_b14_a_list_of_ever_new_tokens_ends_somewhere() -> None:
    trail = TokenTrail(pages_max=3)
    for token in "abc":
        trail.follow(token)
    with pytest.raises(ContractBrokenError, match="after 3 pages"):
        trail.follow("d")
