"""How much may turn at once, and when orders are too old for a raise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.remembered import Direction, Publication
from crossdock.sync.decide.brake import (
    BrakeLimits,
    is_let_through,
    is_too_much,
    turn,
)
from crossdock.sync.decide.freshness import (
    FRESH,
    find_age_max,
    is_fresh,
    is_waited_for,
    may_pull,
)

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOLD = timedelta(minutes=15)
STALE = MOMENT - timedelta(hours=1)


@pytest.mark.parametrize(
    ("desired", "expected", "direction"),
    [
        (0, 5, Direction.ZERO),
        (0, None, Direction.ZERO),
        (6, 5, Direction.RAISE),
        (4, 5, Direction.LOWER),
        (4, None, Direction.LOWER),
        (None, 5, Direction.ZERO),
    ],
)
def test_a_write_takes_a_record_to_zero_up_or_down(
    desired: int | None, expected: int | None, direction: Direction
) -> None:
    assert turn(Publication("record", desired, expected)) is direction


@pytest.mark.parametrize(
    ("turning", "records", "held"),
    [
        (19, 20, False),
        (20, 40, False),
        (20, 39, True),
        (21, 40, True),
        (900, 2000, False),
    ],
)
def test_more_than_a_share_of_the_listings_and_not_a_handful_is_too_much(
    turning: int, records: int, held: bool
) -> None:
    limits = BrakeLimits(share=0.5, listings_min=20)
    assert is_too_much(turning, records, limits) is held


def test_a_person_lets_one_quantity_through_and_no_other() -> None:
    assert is_let_through(Publication("record", 0, 5, passed=0))
    assert not is_let_through(Publication("record", 4, 5, passed=0))
    assert not is_let_through(Publication("record", None, 5))


def is_held_up(
    caught_up_at: datetime | None,
    failing_since: datetime | None = None,
    failed_at: datetime | None = None,
) -> bool:
    return is_waited_for(
        caught_up_at=caught_up_at,
        failing_since=failing_since,
        failed_at=failed_at,
        now=MOMENT,
        hold=HOLD,
    )


def test_d20_orders_that_were_read_a_moment_ago_hold_nothing_up() -> None:
    assert not is_held_up(MOMENT - FRESH)
    assert not is_held_up(MOMENT + timedelta(minutes=10))
    assert is_fresh(MOMENT, MOMENT)
    assert not is_fresh(None, MOMENT)


def test_a_channel_that_bears_few_pulls_is_asked_no_more_often() -> None:
    pause = 180
    assert may_pull(None, MOMENT, pause)
    assert may_pull(MOMENT - timedelta(seconds=180), MOMENT, pause)
    assert not may_pull(MOMENT - timedelta(seconds=179), MOMENT, pause)
    # A clock that was wrong must not silence a channel.
    assert may_pull(MOMENT + timedelta(hours=1), MOMENT, pause)


def test_orders_of_a_channel_that_bears_few_pulls_may_be_older() -> None:
    age_max = find_age_max(180)
    assert age_max == timedelta(seconds=360)
    assert find_age_max(0) == FRESH
    assert is_fresh(MOMENT - age_max, MOMENT, age_max)
    assert not is_fresh(MOMENT - age_max - timedelta(seconds=1), MOMENT, age_max)


def test_d20_orders_that_nobody_tried_to_read_since_the_downtime_are_waited_for() -> (
    None
):
    assert is_held_up(None)
    assert is_held_up(STALE)
    # It failed before the hub went down; it may have come back since.
    assert is_held_up(STALE, failing_since=STALE, failed_at=STALE)


def test_d19_a_channel_that_goes_on_failing_is_waited_for_so_long_and_no_longer() -> (
    None
):
    for minutes, waited_for in ((1, True), (14, True), (15, False), (60, False)):
        since = MOMENT - timedelta(minutes=minutes)
        assert is_held_up(STALE, since, MOMENT) is waited_for
