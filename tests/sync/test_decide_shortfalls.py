"""Who is served first where lines want more than there is, and what it costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.remembered import Claim, Holding
from crossdock.canonical.stock import ShortfallPolicy, StockKey
from crossdock.sync.decide.shortfalls import Demand, Outcome, play_policy, rank_claims
from hypothesis import given
from hypothesis import strategies as st

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RANKS = {"flagship": 1, "bazaar": 2}
MAIN = StockKey("CLOCK", "main")


def claim(
    line: int, channel: str = "bazaar", ship_in_hours: int | None = None, **counts: int
) -> Claim:
    ship_by = None if ship_in_hours is None else MOMENT + timedelta(hours=ship_in_hours)
    holding = Holding(
        MAIN,
        1,
        counts.get("wanted", 3),
        counts.get("allocated", 0),
        counts.get("shipped", 0),
    )
    return Claim(line, line * 10, channel, ship_by, [holding])


QUEUE = [
    claim(1, ship_in_hours=48),
    claim(2, "flagship"),
    claim(3, ship_in_hours=6),
    claim(4, "flagship", 24),
]


@pytest.mark.parametrize(
    ("policy", "order"),
    [
        (ShortfallPolicy.FIRST_COME, [1, 2, 3, 4]),
        (ShortfallPolicy.PRIORITY_CHANNEL, [2, 4, 1, 3]),
        (ShortfallPolicy.SHIP_BY, [3, 4, 1, 2]),
    ],
)
def test_a_policy_says_who_is_served_first(
    policy: ShortfallPolicy, order: list[int]
) -> None:
    ranked = rank_claims(list(reversed(QUEUE)), policy, RANKS)
    assert [one.line_id for one in ranked] == order


def play(
    policy: ShortfallPolicy,
    claims: list[Claim],
    free: dict[str, int],
    next_arrival: datetime | None = None,
) -> Outcome:
    demands = [Demand(one, 100 * one.line_id, "EUR") for one in claims]
    return play_policy(
        policy,
        demands,
        free,
        usable={"flagship": ("main", "east"), "bazaar": ("main",)},
        ranks=RANKS,
        next_arrival=next_arrival,
    )


def test_every_policy_is_played_with_what_lines_hold_dealt_out_anew() -> None:
    claims = [claim(1, allocated=3), claim(2, "flagship")]
    first = play(ShortfallPolicy.FIRST_COME, claims, {"main": 1})
    assert (first.granted, first.units_unserved) == ({1: 3, 2: 1}, 2)
    other = play(ShortfallPolicy.PRIORITY_CHANNEL, claims, {"main": 1})
    assert other.granted == {2: 3, 1: 1}
    # A hundred for three units of the first line, two of which are not served.
    assert other.minor_unserved == {"EUR": 66}
    assert (other.orders_unserved, other.orders_late) == (1, 0)


def test_a_line_tells_what_it_holds_and_what_has_not_left() -> None:
    demand = Demand(claim(1, wanted=5, allocated=2, shipped=1), 400, "EUR")
    assert (demand.units, demand.held) == (4, 2)


def test_units_that_a_channel_may_not_use_serve_others_only() -> None:
    claims = [claim(1), claim(2, "flagship")]
    played = play(ShortfallPolicy.FIRST_COME, claims, {"east": 9})
    assert played.granted == {1: 0, 2: 3}


def test_an_order_is_late_if_it_has_to_leave_before_more_arrives() -> None:
    claims = [claim(1, ship_in_hours=6), claim(2, ship_in_hours=48), claim(3)]

    def count_late(next_arrival: datetime | None) -> int:
        first = ShortfallPolicy.FIRST_COME
        return play(first, claims, {}, next_arrival).orders_late

    assert count_late(MOMENT + timedelta(hours=12)) == 1
    assert count_late(MOMENT) == 0
    assert count_late(None) == 2


def test_units_that_have_left_are_no_demand_any_more() -> None:
    played = play(ShortfallPolicy.FIRST_COME, [claim(1, wanted=5, shipped=4)], {})
    assert played.units_unserved == 1
    done = play(ShortfallPolicy.FIRST_COME, [claim(1, wanted=2, shipped=2)], {})
    assert (done.units_unserved, done.orders_unserved) == (0, 0)


@given(
    wanted=st.lists(
        st.tuples(
            st.integers(0, 9),
            st.sampled_from(sorted(RANKS)),
            st.none() | st.integers(0, 90),
        ),
        max_size=6,
    ),
    free=st.integers(0, 30),
)
def test_no_policy_gives_more_than_there_is_or_less_than_another(
    wanted: list[tuple[int, str, int | None]], free: int
) -> None:
    claims = [
        claim(number, channel, hours, wanted=units)
        for number, (units, channel, hours) in enumerate(wanted)
    ]
    asked = sum(units for units, _, _ in wanted)
    for policy in ShortfallPolicy:
        played = play(policy, claims, {"main": free})
        assert sum(played.granted.values()) == min(free, asked)
        assert played.units_unserved == asked - min(free, asked)
