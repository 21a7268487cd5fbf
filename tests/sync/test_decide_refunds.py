"""What can be paid back of an order: never more than was paid, to the last cent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from crossdock.canonical.errors import NotFoundError, RefusedError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import Payment, PaymentState, ShippingLine
from crossdock.sync.decide.refunds import (
    RefundWish,
    count_refundable,
    plan_refund,
    price_units,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Make = Callable[..., Any]


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def test_units_cost_what_was_paid_for_them(make_order: Make, make_line: Make) -> None:
    plan = plan_refund(make_order(make_line(3)), [RefundWish("line", 2)])
    assert [(line.quantity, line.amount) for line in plan.lines] == [(2, euros(2000))]
    assert (plan.total, plan.left_before) == (euros(2000), euros(3000))


def test_tax_that_came_on_top_is_paid_back_too(
    make_order: Make, make_line: Make
) -> None:
    line = make_line(1, tax=euros(190))
    order = make_order(line, prices_include_tax=False, total=euros(1190))
    assert plan_refund(order, [RefundWish("line", 1)]).total == euros(1190)


def test_an_amount_that_a_person_names_counts(
    make_order: Make, make_line: Make
) -> None:
    wish = RefundWish("line", 1, euros(250))
    assert plan_refund(make_order(make_line(1)), [wish]).total == euros(250)


def test_shipping_alone_can_be_paid_back(make_order: Make, make_line: Make) -> None:
    plan = plan_refund(make_order(make_line(1)), [], euros(490))
    assert (plan.lines, plan.total) == ((), euros(490))


def test_everything_means_lines_and_shipping_less_what_went_back(
    make_order: Make, make_line: Make, make_refund: Make
) -> None:
    shipping = ShippingLine(title="post", total=euros(490), tax=euros(0))
    order = make_order(
        make_line(2),
        make_line(1, "gone"),
        shipping=(shipping,),
        total=euros(3490),
        refunds=(make_refund(1, restocked=False),),
        payment=PaymentState.PARTIALLY_REFUNDED,
    )
    plan = plan_refund(order, [])
    assert {line.line_external_id: line.amount for line in plan.lines} == {
        "line": euros(1000),
        "gone": euros(1000),
    }
    assert (plan.shipping, plan.total) == (euros(490), euros(2490))


def test_a_line_that_went_back_whole_is_left_out_of_everything(
    make_order: Make, make_line: Make, make_refund: Make
) -> None:
    order = make_order(
        make_line(1),
        make_line(1, "other"),
        refunds=(make_refund(1, restocked=False),),
    )
    assert [line.line_external_id for line in plan_refund(order, []).lines] == ["other"]


def test_everything_is_never_more_than_was_paid(
    make_order: Make, make_line: Make
) -> None:
    order = make_order(make_line(2), total=euros(1500))
    plan = plan_refund(order, [])
    assert (plan.total, plan.shipping) == (euros(1500), euros(0))


def test_more_than_is_left_is_refused(make_order: Make, make_line: Make) -> None:
    order = make_order(make_line(1))
    with pytest.raises(RefusedError, match=r"10\.01 EUR is more than the 10\.00 EUR"):
        plan_refund(order, [RefundWish("line", 1, euros(1001))])


def test_what_is_under_way_cannot_be_paid_back_again(
    make_order: Make, make_line: Make
) -> None:
    order = make_order(make_line(1))
    with pytest.raises(RefusedError, match="more than"):
        plan_refund(order, [RefundWish("line", 1)], under_way=euros(1))


@pytest.mark.parametrize("units", [0, 2])
def test_no_more_units_than_were_bought(
    make_order: Make, make_line: Make, units: int
) -> None:
    with pytest.raises(RefusedError, match=f"has 1 units .* not {units}"):
        plan_refund(make_order(make_line(1)), [RefundWish("line", units)])


def test_a_line_that_the_order_has_not_is_not_found(
    make_order: Make, make_line: Make
) -> None:
    with pytest.raises(NotFoundError, match="no line other"):
        plan_refund(make_order(make_line(1)), [RefundWish("other", 1)])


def test_a_refund_of_nothing_is_none(make_order: Make, make_line: Make) -> None:
    with pytest.raises(RefusedError, match="of nothing"):
        plan_refund(make_order(make_line(1)), [RefundWish("line", 1, euros(0))])


def test_a_line_of_no_units_costs_nothing(make_order: Make, make_line: Make) -> None:
    line = make_line(0)
    assert price_units(make_order(line), line, 1) == euros(0)


@pytest.mark.parametrize("payment", [PaymentState.PENDING, PaymentState.AUTHORIZED])
def test_what_was_not_paid_cannot_be_paid_back(
    make_order: Make, make_line: Make, payment: PaymentState
) -> None:
    with pytest.raises(RefusedError, match=f"not paid .it is {payment}"):
        count_refundable(make_order(make_line(1), payment=payment))


def test_of_a_part_payment_that_part_can_be_paid_back(
    make_order: Make, make_line: Make
) -> None:
    paid = Payment(external_id="1", method="cash", amount=euros(400))
    order = make_order(
        make_line(1), payment=PaymentState.PARTIALLY_PAID, payments=(paid,)
    )
    assert count_refundable(order) == euros(400)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    total=st.integers(0, 10_000),
    shares=st.lists(st.integers(1, 5), min_size=1, max_size=8),
)
def test_refunded_bit_by_bit_a_line_comes_to_its_total(
    make_order: Make, make_line: Make, total: int, shares: list[int]
) -> None:
    line = make_line(sum(shares), total=euros(total))
    order = make_order(line)
    after = paid = 0
    for units in shares:
        paid += price_units(order, line, units, after=after).minor
        after += units
    assert paid == total
