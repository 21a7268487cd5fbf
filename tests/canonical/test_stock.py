"""Positions tell what is free; readings tell what a channel showed, and when."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo

import pytest
from crossdock.canonical.stock import Position, StockKey, StockReading
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

COUNTS = st.integers(0, 10**6)


@given(st.integers(-(10**6), 10**6), COUNTS, COUNTS)
def test_available_is_what_nobody_claims_and_never_below_zero(
    on_hand: int, allocated: int, reserved: int
) -> None:
    position = Position(
        key=StockKey("MUG", "main"),
        on_hand=on_hand,
        allocated=allocated,
        reserved=reserved,
    )
    assert position.available >= 0
    if position.available:
        assert position.available + allocated + reserved == on_hand
    else:
        assert allocated + reserved >= on_hand
    assert Position.model_validate_json(position.model_dump_json()) == position


@pytest.mark.parametrize("field", ["allocated", "reserved"])
def test_a_claim_on_fewer_than_no_units_is_refused(field: str) -> None:
    counts = {"on_hand": 1, "allocated": 0, "reserved": 0} | {field: -1}
    with pytest.raises(ValidationError, match=field):
        Position(key=StockKey("MUG", "main"), **counts)


def test_keys_sort_by_sku_and_then_by_location() -> None:
    keys = [StockKey("B", "a"), StockKey("A", "z"), StockKey("A", "a")]
    assert sorted(keys) == [
        StockKey("A", "a"),
        StockKey("A", "z"),
        StockKey("B", "a"),
    ]


def test_a_reading_may_say_that_the_channel_keeps_no_quantity() -> None:
    read_at = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=1)))
    reading = StockReading(stock_external_id="1", quantity=None, read_at=read_at)
    assert reading.quantity is None
    assert reading.read_at.isoformat() == "2026-03-02T09:00:00+00:00"


class _SilentZone(tzinfo):
    """A zone that does not know its offset: Python would assume the machine's."""

    def utcoffset(self, moment: datetime | None, /) -> None:
        return None

    dst = utcoffset

    def tzname(self, moment: datetime | None, /) -> None:
        return None


def test_g02_a_zone_that_does_not_tell_its_offset_is_no_zone() -> None:
    read_at = datetime(2026, 3, 2, 9, tzinfo=_SilentZone())
    with pytest.raises(ValidationError, match="attach the zone"):
        StockReading(stock_external_id="1", quantity=1, read_at=read_at)
