"""When to write a quantity to a channel, and what an answer meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.remembered import Publication
from crossdock.sync.decide.publish import (
    OpenWrite,
    Settlement,
    Step,
    StockPlan,
    believe_write,
    needs_write,
    order_writes,
    plan_from_reading,
    settle_by_reading,
)
from hypothesis import given
from hypothesis import strategies as st

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PATIENCE = timedelta(seconds=20)
quantities = st.integers(0, 20)


def show(desired: int | None, expected: int | None, **changes: object) -> Publication:
    base = Publication("record", desired, expected)
    return replace(base, **changes)  # type: ignore[arg-type]  # fields by name


def plan(publication: Publication, observed: int | None) -> StockPlan:
    return plan_from_reading(publication, observed, now=MOMENT, patience=PATIENCE)


# Comparing with a reading


@given(quantities, st.none() | quantities, quantities, st.none() | quantities)
def test_a_listing_is_never_raised_over_a_sale_that_was_not_read_yet(
    desired: int, expected: int | None, observed: int, replaced: int | None
) -> None:
    publication = show(desired, expected, replaced=replaced)
    decided = plan(publication, observed)
    unseen_sale = expected is not None and observed < expected
    raises = decided.step is Step.WRITE and desired > observed
    assert not (unseen_sale and raises)


@given(quantities, st.integers(1, 9), st.none() | quantities)
def test_a_reduction_is_written_whatever_was_expected(
    desired: int, beyond: int, expected: int | None
) -> None:
    assert plan(show(desired, expected), desired + beyond).step is Step.WRITE


@given(quantities, st.none() | quantities)
def test_nothing_is_written_to_a_record_that_shows_what_it_should(
    desired: int, expected: int | None
) -> None:
    assert plan(show(desired, expected), desired).step is not Step.WRITE


def test_a_record_that_keeps_no_quantity_any_more_is_left_alone() -> None:
    assert plan(show(5, 7), None) == StockPlan(Step.NOTHING, None)


def test_more_than_expected_is_corrected_and_may_still_be_a_cancellation() -> None:
    decided = plan(show(5, 5), 8)
    assert decided == StockPlan(Step.WRITE, 5, MOMENT, 3)
    assert (decided.shown, decided.unexplained) == (8, 3)


def test_more_than_expected_is_believed_when_no_order_explains_it_in_time() -> None:
    waiting = show(5, 2, drifting_since=MOMENT - PATIENCE)
    assert plan(waiting, 5) == StockPlan(Step.NOTHING, 5, None, 3)


@given(quantities, quantities, st.integers(-3, 3))
def test_an_order_that_is_read_after_a_write_explains_what_was_written_over(
    desired: int, expected: int, unseen: int
) -> None:
    """The channel took (or gave back) units; the write came; then the order is read."""
    observed = expected - unseen
    decided = plan(show(desired, expected), observed)
    shows = desired if decided.step is Step.WRITE else observed
    believed = (decided.expected or 0) + (shows - observed)
    assert believed - unseen == shows


def test_at_first_sight_any_quantity_is_believed() -> None:
    assert plan(show(5, None), 5) == StockPlan(Step.NOTHING, 5)
    assert plan(show(5, None), 2) == StockPlan(Step.WRITE, 2)


def test_less_than_expected_looks_for_the_sale_behind_it_first() -> None:
    assert plan(show(9, 5), 3) == StockPlan(Step.LOOK_FOR_SALE, 5, MOMENT, -2)


def test_a_difference_that_no_sale_explains_in_time_is_for_a_person() -> None:
    since = MOMENT - PATIENCE
    waiting = show(9, 5, drifting_since=since + timedelta(seconds=1))
    assert plan(waiting, 3).step is Step.LOOK_FOR_SALE
    assert plan(show(9, 5, drifting_since=since), 3) == StockPlan(
        Step.ASK, 5, since, -2
    )


def test_b10_a_difference_noted_by_a_clock_that_ran_ahead_counts_from_now() -> None:
    ahead = show(9, 5, drifting_since=MOMENT + timedelta(minutes=10))
    assert plan(ahead, 3) == StockPlan(Step.LOOK_FOR_SALE, 5, MOMENT, -2)


def test_a_record_without_a_wish_is_watched_and_never_written_over_a_sale() -> None:
    assert plan(show(None, 5), 3).step is Step.LOOK_FOR_SALE


def test_a_reduction_does_not_wait_for_the_sale_and_does_not_forget_it() -> None:
    since = MOMENT - timedelta(seconds=3)
    decided = plan(show(1, 5, drifting_since=since), 3)
    assert decided == StockPlan(Step.WRITE, 5, since, -2)
    assert (decided.shown, decided.unexplained) == (3, -2)


def test_a_record_that_goes_on_to_show_what_a_write_replaced_lost_the_write() -> None:
    # Acknowledged 9 in place of 4, and it shows 4: lost, or five were sold just now.
    assert plan(show(9, 9, replaced=4), 4).step is Step.LOOK_FOR_SALE
    since = MOMENT - PATIENCE
    decided = plan(show(9, 9, replaced=4, drifting_since=since), 4)
    assert decided == StockPlan(Step.WRITE, 4, None, -5)


def test_a_lost_write_is_still_recognised_after_another_write() -> None:
    # A raise from 68 to 69 was lost; then one was sold elsewhere.
    since = MOMENT - PATIENCE + timedelta(seconds=1)
    record = show(67, 69, replaced=68, drifting_since=since)
    decided = plan(record, 68)
    expected, replaced = believe_write(record, decided, 67)
    after = show(67, expected, replaced=replaced, drifting_since=since)
    later = plan_from_reading(
        after, 67, now=MOMENT + timedelta(seconds=1), patience=PATIENCE
    )
    assert later == StockPlan(Step.NOTHING, 67, None, -1)


def test_a_write_replaces_what_was_expected_and_keeps_what_is_unexplained() -> None:
    record = show(1, 5)
    assert believe_write(record, plan(record, 3), 1) == (3, 5)
    settled = show(4, 5)
    assert believe_write(settled, plan(settled, 5), 4) == (4, 5)


# Answers that never came


def settle(
    record: Publication, quantity: int, before: int | None, observed: int
) -> Settlement:
    return settle_by_reading(record, OpenWrite(quantity, before), observed, MOMENT)


@given(quantities, quantities, st.integers(0, 5))
def test_a_lost_answer_is_judged_by_what_the_record_shows_less_sales_since(
    quantity: int, before: int, sold: int
) -> None:
    record = show(quantity, before - sold)
    shown = quantity - sold
    assert settle(record, quantity, before, shown) == Settlement(True, shown)


@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 5))
def test_a_reduction_that_does_not_show_did_not_take_effect(
    quantity: int, less: int, sold: int
) -> None:
    record = show(quantity, quantity + less - sold)
    shown = quantity + less - sold
    assert settle(record, quantity, quantity + less, shown) == Settlement(False, shown)


@pytest.mark.parametrize("observed", [5, 3, 6, 8])
def test_d03_a_raise_that_does_not_show_may_be_sold_already_and_is_not_sent_again(
    observed: int,
) -> None:
    settled = settle(show(9, 5), 9, 5, observed)
    assert settled == Settlement(True, 9, replaced=5, drifting_since=MOMENT)
    after = show(9, 9, replaced=5, drifting_since=MOMENT)
    assert plan(after, observed).step is Step.LOOK_FOR_SALE


def test_a_raise_that_still_does_not_show_when_orders_had_their_time_was_lost() -> None:
    since = MOMENT - PATIENCE
    assert plan(show(9, 9, replaced=5, drifting_since=since), 5).step is Step.WRITE


def test_a_reduction_over_an_unread_sale_that_does_not_show_was_lost() -> None:
    since = MOMENT - timedelta(seconds=1)
    record = show(1, 7, replaced=4, drifting_since=since)
    write = OpenWrite(1, shown=3, unexplained=-4)
    settled = settle_by_reading(record, write, 3, MOMENT)
    assert settled == Settlement(False, 7, 4, since)


def test_a_sale_read_since_a_reduction_may_be_one_before_it_or_one_after() -> None:
    # It showed 3 in place of 7, and should show 1; then an order of two was read.
    record = show(1, 5, drifting_since=MOMENT)
    write = OpenWrite(1, shown=3, unexplained=-4)
    lost = settle_by_reading(record, write, 3, MOMENT)
    assert lost == Settlement(True, 5, 3, MOMENT)
    done = settle_by_reading(record, write, 1, MOMENT)
    assert done == Settlement(True, 3, 5, MOMENT)
    # Two writes were lost before it, and this one was not.
    record = show(1, 5, replaced=1, drifting_since=MOMENT)
    assert settle_by_reading(record, write, 1, MOMENT).replaced == 1


def test_nothing_is_raised_over_a_surplus_that_may_hide_a_sale() -> None:
    # A reduction from 7 to 3 was lost and sent again; two were sold then.
    assert plan(show(3, -1, drifting_since=MOMENT), 1).step is Step.LOOK_FOR_SALE
    assert plan(show(0, -1, drifting_since=MOMENT), 1).step is Step.WRITE


def test_a_write_to_a_record_never_read_before_is_judged_by_its_quantity() -> None:
    assert settle(show(9, None), 9, None, 9) == Settlement(True, 9)
    assert settle(show(9, None), 9, None, 4) == Settlement(False, 4)


# What to write first


def test_a_record_needs_a_write_while_it_shows_something_else_than_desired() -> None:
    assert needs_write(show(5, 4))
    assert needs_write(show(5, None))
    assert not needs_write(show(5, 5))
    assert needs_write(show(5, 5, drifting_since=MOMENT))
    assert not needs_write(show(None, 5))


@given(
    st.lists(
        st.tuples(quantities, st.none() | quantities),
        max_size=8,
    )
)
def test_zeroes_are_written_first_then_reductions_then_raises(
    facts: list[tuple[int, int | None]],
) -> None:
    records = [
        Publication(f"record-{index}", desired, expected)
        for index, (desired, expected) in enumerate(facts)
    ]

    def rank(one: Publication) -> int:
        if one.desired == 0:
            return 0
        lowers = one.expected is None or (one.desired or 0) < one.expected
        return 1 if lowers else 2

    ordered = order_writes(records)
    assert sorted(ordered, key=lambda one: one.stock_external_id) == sorted(
        records, key=lambda one: one.stock_external_id
    )
    assert [rank(one) for one in ordered] == sorted(rank(one) for one in records)
