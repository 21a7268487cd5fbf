"""Taking an order in: what each fact about it does to lines and stock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from crossdock.canonical.money import Money
from crossdock.canonical.orders import (
    FulfillmentState,
    PaymentState,
    Refund,
    RefundLine,
)
from crossdock.canonical.remembered import Holding, LineState
from crossdock.canonical.stock import MovementKind, StockKey
from crossdock.sync.decide.facts import Sells
from crossdock.sync.decide.orders import map_line, settle_holdings

CLOCK = StockKey("CLOCK", "main")
HAND = StockKey("HAND", "main")

Make = Callable[..., Any]


def moved(desk: Any, kind: MovementKind) -> list[int]:
    return [
        one.on_hand_change or one.allocated_change
        for one in desk.ledger.movements
        if one.kind is kind
    ]


def test_a_sold_line_claims_its_units(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(3)))
    assert desk.counts() == (10, 3)
    assert desk.effects.taken == {"record": 3}


def test_a_bundle_claims_every_part_of_it(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(2, listing_external_id="set")))
    assert desk.counts() == (10, 2)
    assert desk.counts(HAND) == (100, 6)


def test_what_does_not_fit_stays_short_and_is_never_allocated(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(8)))
    desk.take_in(make_order(make_line(8), external_id="1002"))
    assert desk.counts() == (10, 10)
    (second,) = desk.line(order="1002").holdings
    assert (second.wanted, second.allocated, second.short) == (8, 2, 6)


def test_units_freed_by_one_line_serve_another_line_of_the_order(
    make_desk: Make, make_order: Make, make_line: Make
) -> None:
    desk = make_desk(clocks=4)
    first, second = make_line(4), make_line(4, "second")
    desk.take_in(make_order(second.model_copy(update={"quantity_current": 0}), first))
    fewer = first.model_copy(update={"quantity_current": 1})
    desk.take_in(make_order(second, fewer, minutes=1))
    assert [holding.allocated for holding in desk.line("second").holdings] == [3]
    assert desk.counts() == (4, 4)


@pytest.mark.parametrize(
    "death",
    [
        {"cancelled_at": "updated_at"},
        {"payment": PaymentState.VOIDED},
        {"payment": PaymentState.EXPIRED},
    ],
    ids=["cancelled", "voided", "expired"],
)
def test_c03_a_cancellation_releases_once_however_often_it_is_seen(
    desk: Any, make_order: Make, make_line: Make, death: dict[str, Any]
) -> None:
    line = make_line(3)
    desk.take_in(make_order(line))
    gone = line.model_copy(update={"quantity_current": 0, "quantity_taken": 0})
    for minutes in (1, 2, 3):
        order = make_order(gone, minutes=minutes)
        changes = {
            name: order.updated_at if value == "updated_at" else value
            for name, value in death.items()
        }
        desk.take_in(order.model_copy(update=changes))
    assert desk.counts() == (10, 0)
    assert moved(desk, MovementKind.RELEASED) == [-3]
    assert desk.effects.taken == {"record": 0}


def test_a_cancelled_order_wants_nothing_whatever_its_lines_say(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    order = make_order(make_line(3))
    desk.take_in(order.model_copy(update={"cancelled_at": order.updated_at}))
    assert desk.counts() == (10, 0)


def test_c01_an_edit_moves_the_claim_up_and_down(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    for minutes, units in enumerate((3, 7, 2)):
        desk.take_in(make_order(make_line(units), minutes=minutes))
        assert desk.counts() == (10, units)
    assert desk.effects.taken == {"record": 2}


def test_c01_a_removed_line_gives_its_units_up_and_an_added_one_claims(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(3)))
    added = make_line(1, "added", listing_external_id="set")
    desk.take_in(make_order(added, minutes=1))
    assert desk.counts() == (10, 1)
    assert desk.line("line").wanted == 0
    assert desk.effects.taken == {"record": 1}


def test_an_order_from_before_the_start_moves_nothing(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    order = make_order(make_line(3), fulfillments=(make_parcel({"line": 3}),))
    early = order.placed_at - timedelta(days=1)
    known = desk.take_in(order.model_copy(update={"placed_at": early}))
    assert not known.moves_stock
    assert desk.ledger.movements == []
    assert desk.effects.taken == {}
    assert known.parcels == []


def test_an_old_order_that_is_edited_today_still_moves_nothing(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    order = make_order(make_line(3))
    early = {"placed_at": order.placed_at - timedelta(days=1)}
    desk.take_in(order.model_copy(update=early))
    changed = make_order(make_line(1, listing_external_id="set"), minutes=9)
    desk.take_in(changed.model_copy(update=early))
    without = make_order(minutes=10)
    desk.take_in(without.model_copy(update=early))
    assert desk.ledger.movements == []
    assert desk.effects.taken == {}


@pytest.mark.parametrize("reason", [{"test": True}, {"fulfilled_by_channel": True}])
def test_orders_that_others_ship_or_nobody_does_move_nothing(
    desk: Any, make_order: Make, make_line: Make, reason: dict[str, bool]
) -> None:
    desk.take_in(make_order(make_line(3), **reason))
    assert desk.ledger.movements == []


# Lines that wait


def test_an_unknown_listing_parks_its_line_and_no_other(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    strange = make_line(2, "strange", listing_external_id="new", sku="NEW")
    desk.take_in(make_order(make_line(3), strange))
    assert desk.counts() == (10, 3)
    assert desk.line("strange").state is LineState.PARKED
    assert list(desk.effects.parked) == [("new", "NEW")]


def test_a_listing_that_waits_for_a_person_parks_without_asking_again(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(2, listing_external_id="waiting")))
    assert desk.line().state is LineState.PARKED
    assert desk.effects.parked == {}
    assert desk.effects.taken == {"record-waiting": 2}


def test_services_and_ignored_listings_take_nothing_from_stock(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    service = make_line(1, "service", listing_external_id="new", tracked=False)
    ignored = make_line(1, "ignored", listing_external_id="ignored")
    desk.take_in(make_order(service, ignored))
    assert desk.ledger.movements == []
    assert desk.effects.parked == {}
    states = [line.state for line in desk.known["1001"].lines.values()]
    assert states == [LineState.UNTRACKED, LineState.UNTRACKED]


def test_a_mapped_line_keeps_its_parts_when_its_listing_changes(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(3)))
    desk.sells["clock"] = desk.sells["set"]
    desk.take_in(make_order(make_line(4), minutes=1))
    assert desk.counts() == (10, 4)
    assert desk.counts(HAND) == (100, 0)


def test_c13_a_line_that_is_mapped_late_claims_and_ships_what_left_meanwhile(
    desk: Any, make_order: Make, make_line: Make, make_parcel: Make
) -> None:
    line = make_line(5, listing_external_id="waiting")
    parcel = make_parcel({"line": 2})
    desk.take_in(make_order(line, fulfillments=(parcel,)))
    assert desk.counts() == (10, 0)
    desk.sells["waiting"] = desk.sells["clock"]
    for minutes in (1, 2):
        desk.take_in(make_order(line, fulfillments=(parcel,), minutes=minutes))
        assert desk.counts() == (8, 3)
    assert moved(desk, MovementKind.SHIPPED) == [-2]


def test_a_late_mapping_ships_only_what_did_not_come_back(
    desk: Any,
    make_order: Make,
    make_line: Make,
    make_parcel: Make,
    make_refund: Make,
) -> None:
    line = make_line(3, listing_external_id="waiting")
    facts = {
        "fulfillments": (make_parcel({"line": 3}),),
        "refunds": (make_refund(1, restocked=True),),
    }
    desk.take_in(make_order(line, **facts))
    desk.sells["waiting"] = desk.sells["clock"]
    desk.take_in(make_order(line, minutes=1, **facts))
    assert desk.counts() == (8, 0)


def test_mapping_a_line_of_an_order_that_moves_no_stock_moves_none(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    desk.take_in(make_order(make_line(2, listing_external_id="new"), test=True))
    line = desk.line()
    line.shipped = line.wanted = 1
    parts = desk.sells["clock"].components
    map_line(line, LineState.MAPPED, parts, "main", None)
    assert line.holdings == [Holding(CLOCK, 1)]
    assert desk.ledger.movements == []


# Goods that come back


def test_c07_money_alone_moves_no_stock(
    desk: Any,
    make_order: Make,
    make_line: Make,
    make_parcel: Make,
    make_refund: Make,
) -> None:
    facts = {
        "fulfillments": (make_parcel({"line": 3}),),
        "refunds": (make_refund(2, restocked=False),),
    }
    desk.take_in(make_order(make_line(3), **facts))
    assert desk.counts() == (7, 0)


def test_goods_that_were_shipped_and_restocked_are_on_hand_again_once(
    desk: Any,
    make_order: Make,
    make_line: Make,
    make_parcel: Make,
    make_refund: Make,
) -> None:
    for minutes in (0, 1):
        desk.take_in(
            make_order(
                make_line(3, listing_external_id="pair"),
                minutes=minutes,
                fulfillments=(make_parcel({"line": 3}),),
                refunds=(make_refund(1, restocked=True),),
            )
        )
    assert desk.counts() == (6, 0)
    assert moved(desk, MovementKind.RETURNED) == [2]


def test_a_restock_of_goods_that_never_left_puts_nothing_on_hand(
    desk: Any, make_order: Make, make_line: Make, make_refund: Make
) -> None:
    line = make_line(3)
    desk.take_in(make_order(line))
    fewer = line.model_copy(update={"quantity_current": 1, "quantity_taken": 1})
    refund = make_refund(2, restocked=True)
    desk.take_in(make_order(fewer, minutes=1, refunds=(refund,)))
    assert desk.counts() == (10, 1)
    assert moved(desk, MovementKind.RETURNED) == []


def test_a_refund_before_shipping_is_not_a_return_when_the_rest_ships_later(
    desk: Any,
    make_order: Make,
    make_line: Make,
    make_parcel: Make,
    make_refund: Make,
) -> None:
    fewer = make_line(3, quantity_current=2)
    refunds = (make_refund(1, restocked=True),)
    parcels = (make_parcel({"line": 2}),)
    desk.take_in(make_order(fewer, refunds=refunds, fulfillments=parcels))
    written_off = (*refunds, make_refund(1, restocked=False, external_id="refund-2"))
    desk.take_in(
        make_order(fewer, minutes=1, refunds=written_off, fulfillments=parcels)
    )
    assert desk.counts() == (8, 0)


def test_what_a_channel_calls_returned_came_back_though_others_never_left(
    desk: Any,
    make_order: Make,
    make_line: Make,
    make_parcel: Make,
) -> None:
    # One was written off before the other left, which came back later.
    written_off = RefundLine(line_external_id="line", quantity=1)
    returned = RefundLine(
        line_external_id="line", quantity=1, restocked=True, came_back=True
    )
    refunds = tuple(
        Refund(external_id=f"refund-{n}", amount=Money(1000, "EUR"), lines=(part,))
        for n, part in enumerate((written_off, returned))
    )
    line = make_line(2, quantity_current=1)
    parcels = (make_parcel({"line": 1}),)
    desk.take_in(make_order(line, fulfillments=parcels, refunds=refunds))
    assert desk.counts() == (10, 0)


def test_a_return_does_not_give_up_what_is_still_to_ship(
    desk: Any,
    make_order: Make,
    make_line: Make,
    make_parcel: Make,
    make_refund: Make,
) -> None:
    desk.take_in(
        make_order(
            make_line(3),
            fulfillments=(make_parcel({"line": 2}),),
            refunds=(make_refund(1, restocked=True),),
        )
    )
    assert desk.counts() == (9, 1)


def test_returns_wait_while_it_is_unknown_what_left(
    desk: Any, make_order: Make, make_line: Make, make_refund: Make
) -> None:
    desk.take_in(
        make_order(
            make_line(3, quantity_current=2),
            fulfillment=FulfillmentState.UNKNOWN,
            refunds=(make_refund(1, restocked=True),),
        )
    )
    assert desk.counts() == (10, 2)


def test_settling_twice_changes_nothing_more(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    known = desk.take_in(make_order(make_line(3)))
    made = len(desk.ledger.movements)
    settle_holdings(known.lines.values(), ("main",), desk.ledger, "again")
    assert len(desk.ledger.movements) == made


def test_two_listings_of_one_stock_record_lower_it_together(
    desk: Any, make_order: Make, make_line: Make
) -> None:
    components = desk.sells["pair"].components
    desk.sells["pair"] = Sells(LineState.MAPPED, components, "record")
    lines = make_line(1), make_line(2, "second", listing_external_id="pair")
    desk.take_in(make_order(*lines))
    assert desk.effects.taken == {"record": 3}
    assert desk.counts() == (10, 5)
