"""Every difference that a channel shows gets a cause, and the ledger adds up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.conflicts import ConflictKind
from crossdock.canonical.drifts import Drift, DriftAction, DriftCause
from crossdock.canonical.remembered import DriftPolicy, Publication
from crossdock.sync.decide.drift import Sight, Verdict, account_for, judge_drift
from crossdock.sync.decide.publish import Step, StockPlan
from hypothesis import given
from hypothesis import strategies as st

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PATIENCE = timedelta(seconds=20)
LATE = MOMENT - PATIENCE
quantities = st.integers(0, 20)


def count_ids() -> Callable[[], int]:
    return itertools.count(1000).__next__


def drift(units: int, id_: int = 1, **changes: object) -> Drift:
    base = Drift(id_, "record", units, 10, 10 + units, None, LATE)
    return replace(base, **changes)  # type: ignore[arg-type]  # fields by name


def look(
    record: Publication, observed: int | None, history: Sequence[Drift] = ()
) -> Sight:
    return Sight(record, observed, history, MOMENT, PATIENCE)


def judge(
    sight: Sight, policy: DriftPolicy = DriftPolicy.ASK, *, adoptable: bool = True
) -> Verdict:
    return judge_drift(sight, policy, adoptable=adoptable, take_id=count_ids())


def show(desired: int | None, expected: int | None, **changes: object) -> Publication:
    base = Publication("record", desired, expected, believed=expected)
    return replace(base, **changes)  # type: ignore[arg-type]  # fields by name


def open_units(rows: Sequence[Drift]) -> int:
    return sum(row.units for row in rows if row.settled_at is None)


# The ledger adds up


@given(
    st.lists(st.integers(1, 9), max_size=3),
    st.booleans(),
    st.none() | quantities,
    st.none() | quantities,
    st.none() | quantities,
)
def test_open_drifts_always_add_up_to_what_the_record_shows_beyond_expectation(
    sizes: list[int],
    short: bool,
    expected: int | None,
    believed: int | None,
    observed: int | None,
) -> None:
    sign = -1 if short else 1
    history = [drift(sign * size, number) for number, size in enumerate(sizes)]
    record = show(5, expected, believed=believed, drifting_since=LATE)
    sight = look(record, observed, history)
    changed, left = account_for(sight, count_ids())
    after = {row.id: row for row in (*history, *changed)}
    surprise = 0 if observed is None or expected is None else observed - expected
    assert open_units(list(after.values())) == surprise == sum(r.units for r in left)
    assert all(row.units * surprise > 0 for row in left)
    assert all(row.cause for row in after.values() if row.settled_at is not None)
    fresh = sum(row.units for row in changed if row.found_at == MOMENT)
    assert sum(row.units for row in after.values()) == sum(sizes) * sign + fresh


@given(quantities, quantities, st.integers(-5, 5))
def test_what_orders_explain_is_never_more_than_what_they_moved(
    expected: int, observed: int, moved: int
) -> None:
    before = drift(observed - expected + moved or 1)
    record = show(5, expected, believed=expected - moved, drifting_since=LATE)
    changed, _ = account_for(look(record, observed, [before]), count_ids())
    causes = {DriftCause.UNSEEN_SALE, DriftCause.UNSEEN_CANCELLATION}
    explained = sum(abs(row.units) for row in changed if row.cause in causes)
    assert explained <= min(abs(moved), abs(before.units))


# Causes


def test_a_record_that_shows_what_it_should_has_no_drift() -> None:
    assert judge(look(show(5, 5), 5)).rows == []


def test_d03_an_order_that_was_read_meanwhile_was_an_unseen_sale() -> None:
    found = judge(look(show(10, 10), 7))
    assert [(row.units, row.cause) for row in found.rows] == [(-3, None)]
    record = show(10, 7, believed=10, drifting_since=MOMENT)
    (row,) = judge(look(record, 7, found.rows)).rows
    assert (row.id, row.units, row.cause) == (1000, -3, DriftCause.UNSEEN_SALE)
    assert (row.action, row.settled_at) == (DriftAction.NONE, MOMENT)


def test_a_cancellation_that_was_read_late_explains_a_surplus() -> None:
    record = show(10, 10, believed=8, drifting_since=LATE)
    (row,) = judge(look(record, 10, [drift(2)])).rows
    assert row.cause is DriftCause.UNSEEN_CANCELLATION


def test_a_sale_explains_its_own_part_and_no_more() -> None:
    record = show(10, 8, believed=10, drifting_since=LATE)
    sold, left = judge(look(record, 5, [drift(-5)])).rows
    assert (sold.id, sold.units, sold.cause) == (1000, -2, DriftCause.UNSEEN_SALE)
    assert (left.id, left.units, left.cause) == (1, -3, DriftCause.HAND_EDIT)
    assert left.settled_at is None


def test_the_oldest_difference_is_explained_first() -> None:
    record = show(10, 6, believed=10, drifting_since=MOMENT)
    history = [drift(-3, 1), drift(-2, 2, found_at=MOMENT)]
    rows = judge(look(record, 5, history)).rows
    assert [(row.id, row.units, row.cause) for row in rows] == [
        (1, -3, DriftCause.UNSEEN_SALE),
        (1000, -1, DriftCause.UNSEEN_SALE),
        (2, -1, None),
    ]


def test_patience_is_had_with_the_oldest_units_that_no_order_explained() -> None:
    newer = drift(-1, 2, found_at=MOMENT)
    record = show(10, 9, believed=10, drifting_since=LATE)
    assert judge(look(record, 8, [drift(-1, 1), newer])).plan == StockPlan(
        Step.LOOK_FOR_SALE, 9, MOMENT, -1
    )
    unread = show(10, 10, drifting_since=LATE)
    assert judge(look(unread, 8, [drift(-1, 1), newer])).plan.step is Step.ASK


def test_a_difference_that_goes_away_by_itself_was_a_late_write_or_a_hand() -> None:
    late = drift(-5, 1, observed=5, replaced=5)
    record = show(10, 10, drifting_since=LATE)
    (row,) = judge(look(record, 10, [late])).rows
    assert row.cause is DriftCause.LATE_WRITE
    (row,) = judge(look(record, 10, [drift(-5)])).rows
    assert (row.cause, row.action) == (DriftCause.HAND_EDIT, DriftAction.NONE)


def test_a_record_that_is_not_counted_any_more_ends_its_drift() -> None:
    verdict = judge(look(show(10, 10, drifting_since=LATE), None, [drift(-5)]))
    assert verdict.rows[0].settled_at == MOMENT
    assert verdict.plan.step is Step.NOTHING


def test_d08_a_record_that_goes_on_to_show_what_a_write_replaced_lost_it() -> None:
    record = show(9, 9, replaced=4, drifting_since=LATE)
    verdict = judge(look(record, 4, [drift(-5)]))
    assert verdict.rows[0].cause is DriftCause.LOST_WRITE
    assert verdict.rows[0].action is DriftAction.OVERWRITTEN
    assert verdict.plan == StockPlan(Step.WRITE, 4, None, -5)


def test_a_lost_reduction_is_written_over_at_once_and_known_for_what_it_was() -> None:
    lost = drift(3, 1, observed=10, replaced=10)
    record = show(7, 4, replaced=7, drifting_since=LATE)
    (row,) = judge(look(record, 7, [lost])).rows
    assert row.cause is DriftCause.LOST_WRITE


# Policies


def wait_out(
    policy: DriftPolicy, observed: int, *, adoptable: bool = True, desired: int = 10
) -> Verdict:
    record = show(desired, 10, drifting_since=LATE)
    return judge(
        look(record, observed, [drift(observed - 10)]), policy, adoptable=adoptable
    )


def test_d11_the_hub_is_master_where_it_overwrites() -> None:
    verdict = wait_out(DriftPolicy.OVERWRITE, 6)
    assert verdict.plan == StockPlan(Step.WRITE, 6, None, -4)
    assert verdict.rows[0].action is DriftAction.OVERWRITTEN
    assert verdict.conflict is None


def test_d11_a_person_is_asked_and_reductions_do_not_wait_for_the_answer() -> None:
    verdict = wait_out(DriftPolicy.ASK, 6)
    assert verdict.plan == StockPlan(Step.ASK, 10, LATE, -4)
    assert verdict.conflict is ConflictKind.DRIFT
    assert (verdict.rows[0].action, verdict.rows[0].settled_at) == (
        DriftAction.ASKED,
        None,
    )
    record = show(2, 10, drifting_since=LATE)
    again = judge(look(record, 6, verdict.rows))
    assert again.plan == StockPlan(Step.WRITE, 10, LATE, -4)
    assert again.conflict is ConflictKind.DRIFT


@pytest.mark.parametrize("observed", [6, 14])
def test_d11_a_difference_is_adopted_as_a_count(observed: int) -> None:
    verdict = wait_out(DriftPolicy.ADOPT, observed)
    assert verdict.adopted is not None
    assert verdict.adopted.units == observed - 10
    assert verdict.plan == StockPlan(Step.NOTHING, observed, None, observed - 10)
    assert verdict.rows[0].action is DriftAction.ADOPTED


def test_a_difference_that_cannot_be_told_in_one_sku_is_asked_about() -> None:
    verdict = wait_out(DriftPolicy.ADOPT, 6, adoptable=False)
    assert verdict.adopted is None
    assert verdict.conflict is ConflictKind.DRIFT


def test_a_surplus_that_nothing_explains_is_written_over_without_asking() -> None:
    verdict = wait_out(DriftPolicy.ASK, 14)
    assert verdict.rows[0].action is DriftAction.OVERWRITTEN
    assert verdict.plan.step is Step.WRITE
    assert wait_out(DriftPolicy.ASK, 14, desired=14).plan.step is Step.NOTHING


def test_a_sale_that_comes_after_a_person_was_asked_settles_the_drift() -> None:
    asked = drift(-3, 1, cause=DriftCause.HAND_EDIT, action=DriftAction.ASKED)
    record = show(10, 7, believed=10, drifting_since=LATE)
    verdict = judge(look(record, 7, [asked]))
    assert verdict.rows[0].cause is DriftCause.UNSEEN_SALE
    assert verdict.conflict is None
    assert verdict.plan.drifting_since is None


# Caps and fights


def overwritten(observed: int, expected: int, minutes: int, id_: int) -> Drift:
    return drift(
        observed - expected,
        id_,
        expected=expected,
        observed=observed,
        found_at=MOMENT - timedelta(minutes=minutes),
        cause=DriftCause.HAND_EDIT,
        action=DriftAction.OVERWRITTEN,
        settled_at=MOMENT - timedelta(minutes=minutes - 1),
    )


def test_d09_two_quantities_that_became_the_same_lower_one_met_a_cap() -> None:
    before = overwritten(6, 12, 30, 1)
    record = show(10, 10, drifting_since=LATE)
    verdict = judge(look(record, 6, [before, drift(-4, 2)]), DriftPolicy.OVERWRITE)
    assert verdict.rows[0].cause is DriftCause.CAP
    assert verdict.conflict is ConflictKind.DRIFT
    assert verdict.plan.step is Step.ASK


def test_d09_a_write_that_raises_part_of_the_way_and_then_nothing_met_a_cap() -> None:
    before = replace(overwritten(6, 10, 30, 1), replaced=4)
    record = show(10, 10, replaced=6, drifting_since=LATE)
    verdict = judge(look(record, 6, [before, drift(-4, 2, replaced=6)]))
    assert verdict.rows[0].cause is DriftCause.CAP
    assert verdict.plan.step is Step.ASK
    # A reduction below the cap is written all the same.
    lower = replace(record, desired=3)
    assert judge(look(lower, 6, [before, *verdict.rows])).plan.step is Step.WRITE


def test_a_write_that_is_lost_again_and_again_is_undone_by_something() -> None:
    before = [
        replace(overwritten(6, 10, 10 * number, number), cause=DriftCause.LOST_WRITE)
        for number in range(5, 0, -1)
    ]
    record = show(10, 10, replaced=6, drifting_since=LATE)
    latest = drift(-4, 9, replaced=6)
    five = judge(look(record, 6, [*before[1:], latest]))
    assert five.rows[0].cause is DriftCause.LOST_WRITE
    six = judge(look(record, 6, [*before, latest]))
    assert six.rows[0].cause is DriftCause.FIGHT
    soon = [replace(row, found_at=MOMENT - timedelta(seconds=row.id)) for row in before]
    outage = judge(look(record, 6, [*soon, latest]))
    assert outage.rows[0].cause is DriftCause.LOST_WRITE


@pytest.mark.parametrize("policy", DriftPolicy)
@pytest.mark.parametrize("observed", [6, 14])
def test_d12_the_third_round_within_hours_is_a_fight_and_is_stopped(
    policy: DriftPolicy, observed: int
) -> None:
    before = [overwritten(observed, 10, 40, 1), overwritten(observed, 10, 20, 2)]
    record = show(10, 10, drifting_since=LATE)
    sight = look(record, observed, [*before, drift(observed - 10, 3)])
    verdict = judge(sight, policy)
    assert verdict.rows[0].cause is DriftCause.FIGHT
    assert verdict.conflict is ConflictKind.FIGHT
    assert verdict.plan == StockPlan(Step.ASK, 10, LATE, observed - 10)
    assert verdict.adopted is None
    # Looked at again it is still one, and nothing is written, whatever is wanted.
    wanting = replace(record, desired=0)
    again = judge(look(wanting, observed, [*before, *verdict.rows]), policy)
    assert again.conflict is ConflictKind.FIGHT
    assert again.plan.step is Step.ASK


def test_a_fight_that_a_person_ended_does_not_count_against_the_next_edit() -> None:
    before = [
        overwritten(6, 10, 60, 1),
        overwritten(6, 10, 40, 2),
        replace(overwritten(6, 10, 20, 3), cause=DriftCause.FIGHT),
    ]
    record = show(10, 10, drifting_since=LATE)
    sight = look(record, 6, [*before, drift(-4, 4)])
    assert judge(sight).rows[0].cause is DriftCause.HAND_EDIT


def test_an_edit_that_was_not_written_over_is_no_round_of_a_fight() -> None:
    asked = replace(overwritten(6, 10, 40, 1), action=DriftAction.ADOPTED)
    record = show(10, 10, drifting_since=LATE)
    sight = look(record, 6, [asked, asked, asked, drift(-4, 4)])
    assert judge(sight).rows[0].cause is DriftCause.HAND_EDIT


def test_a_surplus_that_shrinks_is_looked_at_anew() -> None:
    record = show(9, 4, drifting_since=LATE)
    verdict = judge(look(record, 6, [drift(4)]))
    assert verdict.plan == StockPlan(Step.LOOK_FOR_SALE, 4, MOMENT, 2)
