"""Goods that left: by the hub's staff or the channel's, each parcel counted once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.orders import FulfillmentState
from crossdock.canonical.remembered import Parcel
from crossdock.canonical.stock import Cause, StockKey
from crossdock.sync.decide.parcels import WHOLE_ORDER, ship_lines

MOMENT = datetime(2026, 3, 2, 10, tzinfo=UTC)
HAND = StockKey("HAND", "main")

Make = Callable[..., Any]


def ship(desk: Any, quantity: int, *, tracking: str = "") -> Parcel:
    """Let the hub's staff ship units of the only line."""
    known = desk.known["1001"]
    quantities = {desk.line().id: quantity}
    number = next(desk.ids)
    parcel = Parcel(number, "hub", "", "DHL", tracking, "", MOMENT, quantities)
    known.parcels.append(parcel)
    cause = Cause("parcel", str(number))
    ship_lines(known, quantities, desk.ledger, cause, locations=("main",))
    return parcel


def test_a_parcel_takes_its_goods_out_of_the_claim(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(3, listing_external_id="set")))
    ship(desk, 2)
    assert desk.counts() == (8, 1)
    assert desk.counts(HAND) == (94, 3)


def test_goods_that_left_without_a_claim_left_all_the_same(
    make_desk: Make, make_order: Make, make_line: Make
) -> None:
    desk = make_desk(clocks=1)
    desk.take_in(make_order(make_line(3)))
    ship(desk, 3)
    assert desk.counts() == (-2, 0)
    (holding,) = desk.line().holdings
    assert (holding.shipped, holding.short) == (3, 0)


def test_more_than_was_wanted_may_leave_and_then_was_wanted(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(1)))
    ship(desk, 2)
    assert desk.line().wanted == 2
    assert desk.counts() == (8, 0)


def test_a_line_that_is_not_in_the_parcel_stays_as_it_is(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(1), make_line(2, "second")))
    ship(desk, 1)
    assert desk.line("second").shipped == 0
    assert desk.counts() == (9, 2)


@pytest.mark.parametrize("tracking", ["", "JD014600"])
def test_the_hubs_own_parcel_read_back_is_no_second_shipment(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make, tracking: str
) -> None:
    line = make_line(3)
    desk.take_in(make_order(line))
    parcel = ship(desk, 2, tracking=tracking)
    seen = make_parcel({"line": 2}, external_id="77", tracking_number=tracking)
    for minutes in (1, 2):
        desk.take_in(make_order(line, minutes=minutes, fulfillments=(seen,)))
        assert desk.counts() == (8, 1)
    assert parcel.external_id == "77"
    assert parcel.told_at == seen.shipped_at


def test_a_parcel_read_back_without_a_time_was_told_when_it_was_shipped(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    desk.take_in(make_order(make_line(3)))
    parcel = ship(desk, 3)
    seen = make_parcel({"line": 3}, shipped_at=None)
    desk.take_in(make_order(make_line(3), minutes=1, fulfillments=(seen,)))
    assert parcel.told_at == MOMENT


def test_a_parcel_with_another_tracking_number_is_another_parcel(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    desk.take_in(make_order(make_line(4)))
    ship(desk, 2, tracking="JD014600")
    other = make_parcel({"line": 2}, tracking_number="JD999999")
    desk.take_in(make_order(make_line(4), minutes=1, fulfillments=(other,)))
    assert desk.counts() == (6, 0)
    assert [parcel.origin for parcel in desk.known["1001"].parcels] == [
        "hub",
        "channel",
    ]


def test_two_equal_parcels_of_the_hub_are_two_parcels_of_the_channel(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    desk.take_in(make_order(make_line(4)))
    ship(desk, 2)
    ship(desk, 2)
    seen = tuple(make_parcel({"line": 2}, external_id=name) for name in "ab")
    desk.take_in(make_order(make_line(4), minutes=1, fulfillments=seen))
    assert desk.counts() == (6, 0)
    assert [one.external_id for one in desk.known["1001"].parcels] == ["a", "b"]


def test_what_the_channels_staff_ship_left_the_warehouse_too(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    first = make_parcel({"line": 1}, shipped_at=None)
    desk.take_in(make_order(make_line(3), fulfillments=(first,)))
    assert desk.counts() == (9, 2)
    (parcel,) = desk.known["1001"].parcels
    assert (parcel.origin, parcel.told_at) == ("channel", parcel.shipped_at)


def test_a_parcel_of_lines_that_the_order_does_not_have_is_left_out(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    strange = make_parcel({"elsewhere": 1})
    empty = make_parcel({}, external_id="parcel-2")
    desk.take_in(make_order(make_line(3), fulfillments=(strange, empty)))
    assert desk.known["1001"].parcels == []
    assert desk.counts() == (10, 3)


def test_a_channel_that_only_says_that_all_has_left_ships_the_rest_once(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    service = make_line(1, "service", tracked=False)
    parcels = (make_parcel({"line": 1}),)
    desk.take_in(make_order(make_line(3), service, fulfillments=parcels))
    for minutes in (1, 2):
        desk.take_in(
            make_order(
                make_line(3),
                service,
                minutes=minutes,
                fulfillments=parcels,
                fulfillment=FulfillmentState.FULFILLED,
            )
        )
        assert desk.counts() == (7, 0)
    names = [parcel.external_id for parcel in desk.known["1001"].parcels]
    assert names == ["parcel-1", f"{WHOLE_ORDER}-1"]


def test_an_order_that_grew_after_all_had_left_ships_the_growth_in_a_second_parcel(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    done = FulfillmentState.FULFILLED
    desk.take_in(make_order(make_line(2), fulfillment=done))
    desk.take_in(make_order(make_line(5), fulfillment=done, minutes=1))
    assert desk.counts() == (5, 0)
    names = [parcel.external_id for parcel in desk.known["1001"].parcels]
    assert names == [f"{WHOLE_ORDER}-1", f"{WHOLE_ORDER}-2"]


def test_c04_goods_that_left_before_the_cancellation_have_left(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    order = make_order(make_line(2), fulfillment=FulfillmentState.FULFILLED)
    cancelled = {"cancelled_at": order.updated_at}
    for _ in range(2):
        desk.take_in(order.model_copy(update=cancelled))
        assert desk.counts() == (8, 0)


def test_a_cancelled_parcel_never_left_and_its_goods_are_claimed_again(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    line = make_line(3, listing_external_id="set")
    second = make_line(1, "second")
    sent = make_parcel({"line": 2})
    desk.take_in(make_order(line, second, fulfillments=(sent,)))
    assert desk.counts(HAND) == (94, 3)
    void = sent.model_copy(update={"cancelled": True})
    for minutes in (1, 2):
        desk.take_in(make_order(line, second, minutes=minutes, fulfillments=(void,)))
        assert desk.counts() == (10, 4)
        assert desk.counts(HAND) == (100, 9)


def test_a_parcel_that_was_cancelled_before_it_was_seen_is_left_out(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    void = make_parcel({"line": 2}, cancelled=True)
    desk.take_in(make_order(make_line(3), fulfillments=(void,)))
    assert desk.counts() == (10, 3)


def test_a_cancelled_order_does_not_claim_the_goods_of_its_cancelled_parcel_again(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    sent = make_parcel({"line": 3})
    desk.take_in(make_order(make_line(3), fulfillments=(sent,)))
    void = sent.model_copy(update={"cancelled": True})
    order = make_order(make_line(3), minutes=1, fulfillments=(void,))
    desk.take_in(order.model_copy(update={"cancelled_at": order.updated_at}))
    assert desk.counts() == (10, 0)


def test_a_removed_line_does_not_claim_the_goods_of_its_cancelled_parcel_again(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    sent = make_parcel({"line": 3})
    desk.take_in(make_order(make_line(3), fulfillments=(sent,)))
    void = sent.model_copy(update={"cancelled": True})
    desk.take_in(make_order(minutes=1, fulfillments=(void,)))
    assert desk.counts() == (10, 0)


def test_a_cancelled_parcel_does_not_bring_back_what_had_come_back_already(
    desk: Any,
    make_order: Make,
    make_line: Make,
    make_parcel: Make,
    make_refund: Make,
) -> None:
    sent = make_parcel({"line": 3})
    refunds = (make_refund(1, restocked=True),)
    desk.take_in(make_order(make_line(3), fulfillments=(sent,), refunds=refunds))
    assert desk.counts() == (8, 0)
    void = sent.model_copy(update={"cancelled": True})
    desk.take_in(
        make_order(make_line(3), minutes=1, fulfillments=(void,), refunds=refunds)
    )
    on_hand, allocated = desk.counts()
    assert on_hand == 10
    assert allocated <= 3


def test_c05_a_cancellation_that_a_parcel_of_ours_was_faster_than_returns_nothing(
    desk: Any, make_order: Make, make_line: Make, make_refund: Make
) -> None:
    desk.take_in(make_order(make_line(3)))
    ship(desk, 3)
    refund = make_refund(3, restocked=True)
    unshipped = refund.lines[0].model_copy(update={"never_left": True})
    desk.take_in(
        make_order(
            make_line(3, quantity_current=0, quantity_taken=0),
            minutes=1,
            cancelled_at=MOMENT,
            refunds=(refund.model_copy(update={"lines": (unshipped,)}),),
        )
    )
    assert desk.counts() == (7, 0)


def test_goods_that_the_channel_does_not_know_to_have_left_cannot_have_returned(
    desk: Any, make_order: Make, make_line: Make, make_refund: Make
) -> None:
    desk.take_in(make_order(make_line(1)))
    parcel = ship(desk, 1)
    refunded = make_order(
        make_line(1, quantity_current=0),
        minutes=1,
        refunds=(make_refund(1, restocked=True),),
    )
    desk.take_in(refunded)
    assert desk.counts() == (9, 0)
    parcel.told_at = MOMENT
    desk.take_in(refunded.model_copy(update={"note": "told"}))
    assert desk.counts() == (10, 0)
