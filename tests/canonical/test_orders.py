"""An order keeps what its channel said, and explains its own total."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from crossdock.canonical.money import Money, add_up
from crossdock.canonical.orders import (
    Address,
    Customer,
    Discount,
    Fee,
    FulfilledLine,
    Fulfillment,
    Order,
    OrderLine,
    Payment,
    Refund,
    RefundLine,
    ShippingLine,
    Tax,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

MakeOrder = Callable[..., Order]
MakeLine = Callable[..., OrderLine]

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
AMOUNTS = st.integers(-(10**9), 10**9)
PARTS = st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=5)


def _euro(minor: int) -> Money:
    return Money(minor, "EUR")


def _full_order() -> Order:
    """Build an order with something in every field."""
    line = OrderLine(
        external_id="line-1",
        listing_external_id="listing-1",
        sku="MUG-01",
        barcode="4006381333931",
        title="Mug “Ärmel” ☕",
        quantity=3,
        quantity_current=2,
        quantity_taken=2,
        unit_price=_euro(1000),
        total=_euro(2700),
        tax=_euro(431),
        taxes=(Tax(title="VAT", amount=_euro(431), rate_percent="19"),),
        discounts=(Discount(title="SPRING", amount=_euro(300)),),
    )
    address = Address(name="Ada", street="Ringweg 1", city="Köln", country="DE")
    return Order(
        external_id="1001",
        number="#1001",
        placed_at=MOMENT,
        updated_at=MOMENT + timedelta(minutes=1),
        currency="EUR",
        prices_include_tax=True,
        payment="partially_refunded",
        fulfillment="partially_fulfilled",
        cancelled_at=MOMENT,
        cancel_reason="customer",
        held=True,
        test=True,
        fulfilled_by_channel=True,
        lines=(line,),
        shipping=(ShippingLine(title="Post", total=_euro(490), tax=_euro(78)),),
        fees=(Fee(title="Gift wrap", total=_euro(-100), tax=_euro(-16)),),
        payments=(
            Payment(external_id="p", method="card", amount=_euro(3090), paid_at=MOMENT),
        ),
        refunds=(
            Refund(
                external_id="r",
                amount=_euro(900),
                refunded_at=MOMENT,
                lines=(RefundLine(line_external_id="line-1", quantity=1),),
            ),
        ),
        fulfillments=(
            Fulfillment(
                external_id="f",
                lines=(FulfilledLine(line_external_id="line-1", quantity=1),),
                tracking_number="T1",
                shipped_at=MOMENT,
            ),
        ),
        total=_euro(3091),
        total_presentment=Money(3400, "USD"),
        customer=Customer(external_id="c", name="Ada", email="ada@shop.example"),
        shipping_address=address,
        billing_address=address,
        note="ring twice",
        unknown_values=("gateway=barter",),
    )


def test_an_order_survives_the_way_through_json() -> None:
    order = _full_order()
    assert Order.model_validate_json(order.model_dump_json()) == order
    assert Order.model_validate(order.model_dump(mode="json")) == order


def test_an_order_and_its_parts_cannot_be_changed() -> None:
    order = _full_order()
    with pytest.raises(ValidationError, match="frozen"):
        order.note = "changed"  # type: ignore[misc]  # that is what is refused
    with pytest.raises(ValidationError, match="frozen"):
        order.lines[0].quantity = 5  # type: ignore[misc]  # that is what is refused


def test_a_field_that_the_model_does_not_have_is_refused(make_order: MakeOrder) -> None:
    with pytest.raises(ValidationError, match="colour"):
        make_order(colour="red")


@pytest.mark.parametrize("field", ["placed_at", "updated_at", "cancelled_at"])
@pytest.mark.parametrize("naive", [datetime(2026, 3, 2, 9), "2026-03-02T09:00:00"])  # noqa: DTZ001  # naive on purpose
def test_g02_a_time_without_a_zone_is_refused(
    make_order: MakeOrder, field: str, naive: object
) -> None:
    with pytest.raises(ValidationError, match="attach the zone"):
        make_order(**{field: naive})


@given(st.datetimes(), st.integers(-23 * 60, 23 * 60))
def test_g02_a_time_of_any_zone_is_kept_as_the_same_moment_in_utc(
    local: datetime, offset_minutes: int
) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        return  # beyond the calendar; the next test is about those
    payment = Payment(external_id="p", method="m", amount=_euro(1), paid_at=moment)
    assert payment.paid_at == expected
    assert payment.paid_at is not None
    assert payment.paid_at.tzinfo is UTC


def test_a_time_before_year_one_in_utc_is_refused(make_order: MakeOrder) -> None:
    moment = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))
    with pytest.raises(ValidationError, match="years 1 to 9999"):
        make_order(placed_at=moment)


def test_two_lines_with_one_id_are_refused(
    make_order: MakeOrder, make_line: MakeLine
) -> None:
    with pytest.raises(ValidationError, match="two lines of the order carry the same"):
        make_order(lines=(make_line(), make_line(sku="OTHER")))


def test_two_lines_of_the_same_sku_are_two_lines(
    make_order: MakeOrder, make_line: MakeLine
) -> None:
    lines = (make_line(sku="MUG"), make_line(external_id="line-2", sku="MUG"))
    assert make_order(lines=lines).lines == lines


@pytest.mark.parametrize("field", ["quantity", "quantity_current", "quantity_taken"])
def test_c22_a_line_counts_from_zero(make_line: MakeLine, field: str) -> None:
    assert getattr(make_line(**{field: 0}), field) == 0
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        make_line(**{field: -1})


def test_an_order_without_an_id_is_refused(make_order: MakeOrder) -> None:
    with pytest.raises(ValidationError, match="external_id"):
        make_order(external_id="")


@given(lines=PARTS, shipping=PARTS, fees=PARTS, inclusive=st.booleans(), total=AMOUNTS)
def test_c23_the_total_is_the_sum_of_the_parts_and_the_residue(
    lines: list[tuple[int, int]],
    shipping: list[tuple[int, int]],
    fees: list[tuple[int, int]],
    inclusive: bool,
    total: int,
) -> None:
    order = Order(
        external_id="1",
        placed_at=MOMENT,
        updated_at=MOMENT,
        currency="EUR",
        prices_include_tax=inclusive,
        payment="paid",
        fulfillment="unknown",
        total=_euro(total),
        lines=tuple(
            OrderLine(
                external_id=str(index),
                quantity=1,
                quantity_current=1,
                quantity_taken=0,
                unit_price=_euro(amount),
                total=_euro(amount),
                tax=_euro(tax),
            )
            for index, (amount, tax) in enumerate(lines)
        ),
        shipping=tuple(
            ShippingLine(title="", total=_euro(amount), tax=_euro(tax))
            for amount, tax in shipping
        ),
        fees=tuple(
            Fee(title="", total=_euro(amount), tax=_euro(tax)) for amount, tax in fees
        ),
    )
    parts = lines + shipping + fees
    taxes = 0 if inclusive else sum(tax for _, tax in parts)
    assert order.total_of_parts.minor == sum(amount for amount, _ in parts) + taxes
    assert add_up((order.total_of_parts, order.residue), "EUR") == order.total


def test_prices_that_include_tax_do_not_count_it_twice() -> None:
    order = _full_order()
    assert order.total_of_parts == _euro(2700 + 490 - 100)
    assert order.residue == _euro(1)


def test_prices_without_tax_have_it_added(
    make_order: MakeOrder, make_line: MakeLine
) -> None:
    order = make_order(lines=(make_line(),), total=_euro(1190))
    assert order.total_of_parts == _euro(1190)
    assert not order.residue


def test_refunds_do_not_lower_the_total(make_order: MakeOrder) -> None:
    refund = Refund(external_id="r", amount=_euro(500))
    order = make_order(refunds=(refund,), total=_euro(500))
    assert order.residue == _euro(500)


@pytest.mark.parametrize("field", ["total", "tax"])
def test_a_part_in_another_currency_is_refused(
    make_order: MakeOrder, make_line: MakeLine, field: str
) -> None:
    line = make_line(**{field: Money(1, "USD")})
    with pytest.raises(ValidationError, match="several currencies: EUR, USD"):
        make_order(lines=(line,))


def test_a_total_in_another_currency_is_refused(make_order: MakeOrder) -> None:
    with pytest.raises(ValidationError, match="several currencies: EUR, JPY"):
        make_order(total=Money.zero("JPY"))


def test_the_buyers_own_currency_may_be_another_one(make_order: MakeOrder) -> None:
    order = make_order(total_presentment=Money(5, "JPY"))
    assert order.total_presentment == Money(5, "JPY")


def test_an_order_is_cancelled_from_the_moment_that_it_was(
    make_order: MakeOrder,
) -> None:
    assert not make_order().cancelled
    assert make_order(cancelled_at=MOMENT).cancelled
