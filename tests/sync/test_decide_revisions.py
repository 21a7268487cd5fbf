"""A day's writes are spent where they matter, and zero always gets through."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.remembered import Publication
from crossdock.sync.decide.revisions import (
    NEAR_ZERO,
    RESERVE_MIN,
    Budget,
    find_spacing,
    plan_revision,
)
from hypothesis import given
from hypothesis import strategies as st

MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NEXT_HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)
LONG_AGO = MOMENT - timedelta(hours=20)


def plan(
    desired: int,
    shown: int | None,
    spent: int,
    last_at: datetime | None = LONG_AGO,
    per_day_max: int = 250,
) -> datetime | None:
    record = Publication("record", desired, shown)
    return plan_revision(record, Budget(per_day_max, spent, last_at), MOMENT)


def test_a_fresh_budget_lets_everything_through_at_once() -> None:
    assert plan(40, 60, 0, None) is None
    assert plan(60, 0, 0, None) is None


@given(st.integers(1, 300), st.data())
def test_zero_may_be_written_to_the_last_revision(
    per_day_max: int, data: st.DataObject
) -> None:
    spent = data.draw(st.integers(0, per_day_max - 1))
    shown = data.draw(st.none() | st.integers(1, 99))
    last_at = data.draw(st.sampled_from([None, LONG_AGO, MOMENT]))
    assert plan(0, shown, spent, last_at, per_day_max) is None


def test_the_last_revision_is_for_zero_alone() -> None:
    assert plan(NEAR_ZERO, 5, 248) is None
    assert plan(NEAR_ZERO, 5, 249) == NEXT_HOUR
    assert plan(0, 5, 250) == NEXT_HOUR


def test_a_raise_and_a_change_far_from_zero_leave_the_reserve_alone() -> None:
    reserve = Budget(250, 0, None).reserve
    assert reserve == 25
    assert plan(9, 0, 250 - reserve) == NEXT_HOUR
    assert plan(80, 90, 250 - reserve) == NEXT_HOUR
    assert plan(9, 0, 250 - reserve - 1, MOMENT - timedelta(days=1)) is None


@pytest.mark.parametrize("per_day_max", [1, RESERVE_MIN])
def test_a_budget_that_is_all_reserve_is_for_zero(per_day_max: int) -> None:
    assert plan(9, 0, 0, None, per_day_max) == NEXT_HOUR
    assert plan(0, 9, 0, None, per_day_max) is None


@given(st.integers(1, 223))
def test_the_more_was_spent_the_longer_changes_are_gathered(spent: int) -> None:
    assert find_spacing(Budget(250, spent, None)) < find_spacing(
        Budget(250, spent + 1, None)
    )


def test_a_small_change_far_from_zero_waits_longest() -> None:
    spacing = find_spacing(Budget(250, 100, None))
    just_now = MOMENT - timedelta(seconds=1)
    assert plan(490, 500, 100, just_now) == just_now + 4 * spacing
    assert plan(300, 500, 100, just_now) == just_now + spacing
    assert plan(9, 12, 100, just_now) == just_now + spacing
    assert plan(9, None, 100, just_now) == just_now + spacing


class Shop:
    """A listing whose writes are counted, and that refuses one too many."""

    def __init__(self, per_day_max: int, units: int) -> None:
        self.per_day_max = per_day_max
        self.shown = units
        self.sent: deque[datetime] = deque()
        self.by_day: dict[tuple[int, datetime], int] = {}
        self.zero_waited = 0

    def follow(self, desired: int, now: datetime) -> None:
        """Write what is wanted, if it may be written now."""
        if desired == self.shown:
            return
        while self.sent and self.sent[0] < now - timedelta(hours=25):
            self.sent.popleft()
        last_at = self.sent[-1] if self.sent else None
        budget = Budget(self.per_day_max, len(self.sent), last_at)
        record = Publication("record", desired, self.shown)
        if plan_revision(record, budget, now) is None:
            self.shown = desired
            self.sent.append(now)
            for zone in (-8, 0, 9):
                day = (now + timedelta(hours=zone)).replace(hour=0, minute=0, second=0)
                self.by_day[zone, day] = self.by_day.get((zone, day), 0) + 1
        elif desired == 0:
            self.zero_waited += 1


def _sell(units: int, chance: random.Random) -> int:
    return units - 1 if units else chance.choice((0, 0, 0, 3, 40, 600))


def _swing(units: int, chance: random.Random) -> int:
    return chance.choice((0, 1, 2, 3, 5, 8)) if units else chance.randint(1, 9)


@pytest.mark.parametrize("trade", [_sell, _swing])
@pytest.mark.parametrize("per_day_max", [20, 250])
def test_d10_ten_thousand_sales_a_day_stay_within_the_budget_and_zero_gets_through(
    trade: Callable[[int, random.Random], int], per_day_max: int
) -> None:
    chance = random.Random(per_day_max)
    shop, wanted, now = Shop(per_day_max, 600), 600, MOMENT
    for _ in range(20_000):
        now += timedelta(seconds=chance.expovariate(10_000 / 86_400))
        wanted = trade(wanted, chance)
        shop.follow(wanted, now)
    assert max(shop.by_day.values()) <= per_day_max
    assert shop.zero_waited == 0
    assert sum(shop.by_day.values()) > per_day_max
