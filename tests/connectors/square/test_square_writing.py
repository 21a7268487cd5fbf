"""What is written to a Square account: counts, parcels, money, prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import RetryLaterError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PriceWrite,
    RefundedLine,
    RefundPush,
    StockWrite,
)
from crossdock.simulators.faults import Fault

COUNTS = "/v2/inventory/changes/batch-create"
NOTHING = Money.zero("EUR")


def parcel(stand: Any, order_id: str, reference: str, *, last: bool) -> FulfillmentPush:
    lines = stand.shop.order(order_id).lines
    return FulfillmentPush(
        reference=reference,
        order_external_id=order_id,
        lines=tuple(
            FulfilledLine(line_external_id=line.uid, quantity=1) for line in lines
        ),
        carrier="DHL",
        tracking_number=f"JD-{reference}",
        tracking_url="https://track.example/JD",
        shipped_at=stand.clock.now(),
        completes_order=last,
        idempotency_key=reference,
    )


def refund(order_id: str, amount: str, reference: str = "r1") -> RefundPush:
    line = RefundedLine("L", 1, Money.of(amount, "EUR"))
    return RefundPush(reference, order_id, (line,), NOTHING, "broken", reference)


def cancellation(order_id: str) -> CancellationPush:
    return CancellationPush(order_id, "out of stock", True, f"cancel-{order_id}")


# -- counts ----------------------------------------------------------------------------


def test_a_count_that_equals_the_last_one_is_written_all_the_same(stand: Any) -> None:
    listing, connector = stand.listings["BRASS-LAMP"], stand.connect()
    stand.shop.sell(stand.basket("BRASS-LAMP", units=4), "Ada")
    stand.clock.pause(1)
    (result,) = connector.push_stock([StockWrite(listing, 20, 16, "k1")])
    assert result.outcome is Outcome.ACCEPTED
    assert stand.shop.shown(listing) == 20
    assert stand.bodies_of(COUNTS)[0]["ignore_unchanged_counts"] is False


def test_a_sale_that_square_hears_of_after_a_count_is_taken_off_it(stand: Any) -> None:
    listing = stand.listings["BRASS-LAMP"]
    stand.connect().push_stock([StockWrite(listing, 5, 20, "k1")])
    stand.clock.pause(30)
    stand.shop.sell_at_counter(stand.basket("BRASS-LAMP"), offline_seconds=10)
    assert stand.shop.shown(listing) == 4


def test_a_repeated_count_does_not_undo_the_sale_between(stand: Any) -> None:
    listing, connector = stand.listings["BRASS-LAMP"], stand.connect()
    write = StockWrite(listing, 5, 20, "k1")
    connector.push_stock([write])
    stand.clock.pause(5)
    stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    (result,) = connector.push_stock([write])
    assert stand.shop.shown(listing) == 4
    assert (result.outcome, result.observed) == (Outcome.UNKNOWN, 4)


def test_one_batch_of_many_is_one_request(stand: Any) -> None:
    writes = [StockWrite(id_, 3, 20, id_) for id_ in stand.listings.values()]
    stand.connect().push_stock(writes)
    assert len(stand.wire.requests) == 1


def test_an_unknown_variation_is_found_and_the_others_are_written(stand: Any) -> None:
    good = stand.listings["BRASS-LAMP"]
    writes = [
        StockWrite("NOBODY", 1, None, "a"),
        StockWrite(good, 3, 20, "b"),
        StockWrite("no id?", 1, None, "c"),
    ]
    outcomes = [one.outcome for one in stand.connect().push_stock(writes)]
    assert outcomes == [Outcome.REFUSED, Outcome.ACCEPTED, Outcome.REFUSED]
    assert stand.shop.shown(good) == 3


def test_a_batch_that_square_refuses_twice_is_refused_with_its_reason(
    stand: Any,
) -> None:
    errors = [{"category": "INVALID_REQUEST_ERROR", "code": "BAD_REQUEST"}]
    refusal = {"errors": [{**errors[0], "detail": "No inventory in this country."}]}

    def stand_in(request: httpx.Request) -> httpx.Response | None:
        refused = request.url.path == COUNTS
        return httpx.Response(400, json=refusal) if refused else None

    stand.wire.stand_in = stand_in
    writes = [StockWrite(stand.listings["BRASS-LAMP"], 3, 20, "b")]
    writes.append(StockWrite("NOBODY", 3, 20, "c"))
    one, two = stand.connect().push_stock(writes)
    assert "No inventory in this country" in one.reason
    assert two.outcome is Outcome.REFUSED


def test_a_write_that_was_accepted_and_lost_is_unknown(stand: Any) -> None:
    stand.shop.faults.arm_once(Fault.IGNORED_WRITE)
    write = StockWrite(stand.listings["BRASS-LAMP"], 3, 20, "k")
    (result,) = stand.connect().push_stock([write])
    assert (result.outcome, result.observed) == (Outcome.UNKNOWN, 20)


# -- parcels ---------------------------------------------------------------------------


def test_the_last_parcel_completes_the_order_and_those_before_it_leave_marks(
    stand: Any,
) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP", units=2), "Ada")
    first = parcel(stand, order_id, "p1", last=False)
    second = parcel(stand, order_id, "p2", last=True)
    told = [connector.push_fulfillment(push) for push in (first, second)]
    assert [one.outcome for one in told] == [Outcome.ACCEPTED] * 2
    order = stand.shop.order(order_id)
    (fulfillment,) = order.fulfillments
    assert order.state == "COMPLETED"
    assert fulfillment["shipment_details"]["tracking_number"] == "JD-p2"
    found = [connector.find_fulfillment(push) for push in (first, second)]
    assert found == [one.external_id for one in told]
    assert len(set(found)) == 2


def test_a_parcel_is_told_once_however_often_it_is_pushed(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    push = parcel(stand, order_id, "p1", last=True)
    results = {connector.push_fulfillment(push) for _ in range(3)}
    assert len(results) == 1
    path = f"/v2/orders/{order_id}"
    assert len(stand.bodies_of(path)) == 1


def test_an_order_that_changed_meanwhile_is_told_again_later(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")

    def meddle(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PUT":
            stand.shop.order(order_id).version = 9
            stand.wire.stand_in = lambda request: None
        return None

    stand.wire.stand_in = meddle
    push = parcel(stand, order_id, "p1", last=True)
    with pytest.raises(RetryLaterError, match="changed meanwhile"):
        connector.push_fulfillment(push)
    assert connector.push_fulfillment(push).outcome is Outcome.ACCEPTED


def test_an_order_from_the_counter_cannot_be_told_anything(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell_at_counter(stand.basket("BRASS-LAMP"))
    told = connector.push_fulfillment(parcel(stand, order_id, "p1", last=True))
    assert told.outcome is Outcome.REFUSED
    assert "nothing to be shipped" in told.reason
    assert connector.push_cancellation(cancellation(order_id)).outcome is (
        Outcome.REFUSED
    )


def test_an_open_order_without_a_version_is_refused_for_that_reason(stand: Any) -> None:
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    stand.shop.order(order_id).version = None
    told = stand.connect().push_fulfillment(parcel(stand, order_id, "p1", last=True))
    assert "nobody update" in told.reason


def test_a_shipment_that_somebody_else_completed_is_refused(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    connector.push_fulfillment(parcel(stand, order_id, "p1", last=True))
    told = connector.push_fulfillment(parcel(stand, order_id, "p2", last=True))
    assert told.outcome is Outcome.REFUSED
    assert "COMPLETED already" in told.reason


@pytest.mark.parametrize("reference", ["x" * 80, "Päckchen"])
def test_a_reference_that_is_no_key_for_square_is_found_too(
    stand: Any, reference: str
) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    push = parcel(stand, order_id, reference, last=True)
    told = connector.push_fulfillment(push)
    assert connector.find_fulfillment(push) == told.external_id
    (fulfillment,) = stand.shop.order(order_id).fulfillments
    assert all(len(key) <= 60 and key.isascii() for key in fulfillment["metadata"])


# -- cancellations ---------------------------------------------------------------------


def test_an_unpaid_order_is_cancelled_after_its_fulfillments(stand: Any) -> None:
    order_id = stand.shop.order_unpaid(stand.basket("BRASS-LAMP"), "Ada")
    connector = stand.connect()
    for _ in range(2):
        told = connector.push_cancellation(cancellation(order_id))
        assert told.outcome is Outcome.ACCEPTED
    assert stand.shop.order(order_id).state == "CANCELED"
    assert len(stand.bodies_of(f"/v2/orders/{order_id}")) == 2


def test_cancelling_a_paid_order_gives_no_unit_back_by_itself(stand: Any) -> None:
    listing = stand.listings["BRASS-LAMP"]
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP", units=3), "Ada")
    connector = stand.connect()
    told = connector.push_cancellation(cancellation(order_id))
    assert told.outcome is Outcome.ACCEPTED
    assert stand.shop.shown(listing) == 17
    assert connector.push_cancellation(cancellation(order_id)) == told


def test_what_has_left_is_not_cancelled(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    connector.push_fulfillment(parcel(stand, order_id, "p1", last=True))
    told = connector.push_cancellation(cancellation(order_id))
    assert told.outcome is Outcome.REFUSED


def test_an_order_that_is_not_there_is_refused(stand: Any) -> None:
    for order_id in ("NOBODY", "../../secret"):
        told = stand.connect().push_cancellation(cancellation(order_id))
        assert told.outcome is Outcome.REFUSED


# -- money -----------------------------------------------------------------------------


def test_a_refund_names_an_amount_and_where_it_comes_from(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    told = connector.push_refund(refund(order_id, "4.00"))
    assert told.outcome is Outcome.ACCEPTED
    (body,) = stand.bodies_of("/v2/refunds")
    assert body["amount_money"] == {"amount": 400, "currency": "EUR"}
    assert body["reason"] == "broken (reference r1)"
    assert body["payment_version_token"]


def test_a_refund_after_another_is_made_of_what_is_left(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    assert connector.push_refund(refund(order_id, "6.00")).outcome is Outcome.ACCEPTED
    told = connector.push_refund(refund(order_id, "6.00", "r2"))
    assert told.outcome is Outcome.REFUSED
    assert "no single payment" in told.reason
    assert connector.push_refund(refund(order_id, "4.00", "r3")).outcome is (
        Outcome.ACCEPTED
    )


def test_a_payment_that_changed_meanwhile_is_asked_again_later(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")

    def meddle(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/v2/refunds":
            for payment in stand.shop.state.payments.values():
                payment.version += 1
            stand.wire.stand_in = lambda request: None
        return None

    stand.wire.stand_in = meddle
    with pytest.raises(RetryLaterError, match="changed meanwhile"):
        connector.push_refund(refund(order_id, "4.00"))
    assert connector.push_refund(refund(order_id, "4.00")).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("status", ["FAILED", "REJECTED"])
def test_a_refund_that_is_turned_down_is_refused(stand: Any, status: str) -> None:
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    answer = {"refund": {"id": "RF", "status": status}}

    def stand_in(request: httpx.Request) -> httpx.Response | None:
        refunded = request.url.path == "/v2/refunds"
        return httpx.Response(200, json=answer) if refunded else None

    stand.wire.stand_in = stand_in
    told = stand.connect().push_refund(refund(order_id, "4.00"))
    assert (told.outcome, status in told.reason) == (Outcome.REFUSED, True)


def test_an_unpaid_order_has_nothing_to_pay_back(stand: Any) -> None:
    order_id = stand.shop.order_unpaid(stand.basket("BRASS-LAMP"), "Ada")
    told = stand.connect().push_refund(refund(order_id, "4.00"))
    assert (told.outcome, told.reason) == (
        Outcome.REFUSED,
        "the order has no payment",
    )


def test_a_refund_that_square_has_had_and_does_not_show_is_unknown(stand: Any) -> None:
    connector = stand.connect()
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    assert connector.push_refund(refund(order_id, "4.00")).outcome is Outcome.ACCEPTED
    for payment in stand.shop.state.payments.values():
        payment.refunds.clear()
    told = connector.push_refund(refund(order_id, "4.50"))
    assert told.outcome is Outcome.UNKNOWN


def test_an_idempotency_key_that_is_too_long_for_square_is_made_shorter(
    stand: Any,
) -> None:
    order_id = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    push = refund(order_id, "4.00", "refund-" + "7" * 60)
    assert stand.connect().push_refund(push).outcome is Outcome.ACCEPTED
    (body,) = stand.bodies_of("/v2/refunds")
    assert len(body["idempotency_key"]) <= 45


# -- prices ----------------------------------------------------------------------------


def test_a_price_is_set_at_the_location_and_leaves_the_rest_alone(stand: Any) -> None:
    listing = stand.listings["BRASS-LAMP"]
    write = PriceWrite(listing, Money.of("7.25", "EUR"), "p1")
    (told,) = stand.connect().push_prices([write])
    assert told.outcome is Outcome.ACCEPTED
    variation = stand.shop.variation(listing)
    assert variation.price_here == 725
    assert (variation.price_minor, variation.sku) == (1000, "BRASS-LAMP")


def test_a_price_in_another_currency_is_refused_alone(stand: Any) -> None:
    one, two, _ = stand.listings.values()
    writes = [
        PriceWrite(one, Money.of("7.25", "USD"), "p1"),
        PriceWrite(two, Money.of("8.00", "EUR"), "p2"),
    ]
    told = stand.connect().push_prices(writes)
    assert [each.outcome for each in told] == [Outcome.REFUSED, Outcome.ACCEPTED]
    assert "Currency" in told[0].reason
    assert Decimal(stand.shop.variation(two).price_here) == 800


def test_an_item_that_changed_meanwhile_is_not_overwritten(stand: Any) -> None:
    listing, connector = stand.listings["BRASS-LAMP"], stand.connect()

    def meddle(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/v2/catalog/batch-upsert":
            stand.shop.rename_sku(listing, "RENAMED")
            stand.wire.stand_in = lambda request: None
        return None

    stand.wire.stand_in = meddle
    write = PriceWrite(listing, Money.of("7.25", "EUR"), "p1")
    (told,) = connector.push_prices([write])
    assert told.outcome is Outcome.STALE
    assert stand.shop.variation(listing).sku == "RENAMED"
    assert connector.push_prices([write])[0].outcome is Outcome.ACCEPTED
