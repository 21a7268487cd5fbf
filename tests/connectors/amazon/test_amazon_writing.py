"""What is written to Amazon: quantities, prices, feeds, parcels, cancellations."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import RetryLaterError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine, FulfillmentState, Order
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PendingWrite,
    PriceWrite,
    StockWrite,
)
from crossdock.simulators.amazon import NewProduct

Writes = Callable[..., list[StockWrite]]


def stock_up(scene: Any, count: int) -> list[str]:
    skus = [f"BULK-{number:03d}" for number in range(count)]
    for sku in skus:
        scene.market.add_product(
            NewProduct(name=sku, sku=sku, price=Decimal(5), stock=9)
        )
    return skus


def settle(scene: Any, writes: list[StockWrite], results: Any) -> list[Outcome]:
    pending = [
        PendingWrite(write, result.external_id)
        for write, result in zip(writes, results, strict=True)
    ]
    return [each.outcome for each in scene.connector.read_submissions(pending)]


def test_a_patch_is_accepted_at_once_and_shows_later(
    scene: Any, make_writes: Writes
) -> None:
    (result,) = scene.connector.push_stock(make_writes("LAMP", quantity=4))
    assert result.outcome is Outcome.ACCEPTED
    assert result.external_id.startswith("submission-")
    assert scene.connector.read_stock(["LAMP"])[0].quantity == 10
    scene.clock.advance(20)
    assert scene.connector.read_stock(["LAMP"])[0].quantity == 4


def test_a_quantity_leaves_the_handling_time_beside_it_alone(
    scene: Any, make_writes: Writes
) -> None:
    scene.connector.push_stock(make_writes("LAMP"))
    scene.clock.advance(20)
    assert scene.market.shown("LAMP") == 4
    assert scene.market.listing("LAMP").handling_days == 2


def test_goods_in_amazons_warehouse_are_read_and_never_written(
    scene: Any, make_writes: Writes
) -> None:
    assert scene.connector.read_stock(["STOOL"])[0].quantity == 7
    stool, lamp = scene.connector.push_stock(make_writes("STOOL", "LAMP"))
    assert (stool.outcome, lamp.outcome) == (Outcome.REFUSED, Outcome.ACCEPTED)
    assert "FBA" in stool.reason
    scene.clock.advance(20)
    scene.market.shown("STOOL")
    assert scene.market.listing("STOOL").fulfilled_by_amazon


def test_a_sku_with_slash_space_and_plus_is_written(
    scene: Any, make_writes: Writes
) -> None:
    sku = "LAMP 2+1/red %"
    scene.market.add_product(NewProduct(name=sku, sku=sku, price=Decimal(5), stock=9))
    (result,) = scene.connector.push_stock(make_writes(sku))
    assert result.outcome is Outcome.ACCEPTED
    scene.clock.advance(20)
    assert scene.market.shown(sku) == 4


def test_when_amazon_wants_to_wait_in_the_middle_the_rest_is_unknown(
    scene: Any, make_writes: Writes
) -> None:
    skus = stock_up(scene, 4)
    turns = iter([None, None, httpx.Response(429), httpx.Response(429)])
    scene.connector.read_stock(skus)
    scene.wire.stand_in = lambda request: (
        next(turns) if request.method == "PATCH" else None
    )
    outcomes = [x.outcome for x in scene.connector.push_stock(make_writes(*skus))]
    assert outcomes == [Outcome.ACCEPTED] * 2 + [Outcome.UNKNOWN] * 2


def test_when_amazon_wants_to_wait_at_once_nothing_was_sent(
    scene: Any, make_writes: Writes
) -> None:
    scene.wire.stand_in = lambda request: (
        httpx.Response(429) if request.method == "PATCH" else None
    )
    with pytest.raises(RetryLaterError):
        scene.connector.push_stock(make_writes("LAMP"))


def test_many_writes_go_out_as_one_feed_and_are_settled_row_by_row(
    scene: Any, make_writes: Writes
) -> None:
    skus = stock_up(scene, 45)
    writes = make_writes(*skus)
    results = scene.connector.push_stock(writes)
    assert {result.outcome for result in results} == {Outcome.UNKNOWN}
    assert len({result.external_id for result in results}) == 1
    assert not [path for path in scene.paths() if path.startswith("PATCH")]
    assert set(settle(scene, writes, results)) == {Outcome.UNKNOWN}
    scene.market.delete_listing(skus[7])
    scene.clock.advance(200)
    outcomes = settle(scene, writes, results)
    assert outcomes.pop(7) is Outcome.REFUSED
    assert set(outcomes) == {Outcome.ACCEPTED}
    assert scene.market.shown(skus[0]) == 4


def test_a_refused_row_of_a_feed_says_why(scene: Any, make_writes: Writes) -> None:
    skus = stock_up(scene, 41)
    writes = make_writes(*skus)
    results = scene.connector.push_stock(writes)
    scene.market.delete_listing(skus[0])
    scene.clock.advance(200)
    pending = [PendingWrite(writes[0], results[0].external_id)]
    (verdict,) = scene.connector.read_submissions(pending)
    assert "does not exist" in verdict.reason


def test_a_feed_that_amazon_gives_up_is_refused_and_to_be_read_back(
    scene: Any, make_writes: Writes
) -> None:
    writes = make_writes(*stock_up(scene, 41))
    results = scene.connector.push_stock(writes)
    scene.market.state.feeds[results[0].external_id].status = "FATAL"
    assert set(settle(scene, writes, results)) == {Outcome.REFUSED}


def test_an_error_that_names_no_row_is_about_all_of_them(
    scene: Any, make_writes: Writes
) -> None:
    writes = make_writes(*stock_up(scene, 41))
    results = scene.connector.push_stock(writes)
    scene.clock.advance(200)
    issue = {"severity": "ERROR", "message": "The feed is not as agreed."}
    scene.wire.stand_in = lambda request: (
        httpx.Response(200, json={"issues": [issue]})
        if request.url.host == "storage.example"
        else None
    )
    assert set(settle(scene, writes, results)) == {Outcome.REFUSED}


def test_a_feed_that_amazon_has_forgotten_stays_unknown(
    scene: Any, make_writes: Writes
) -> None:
    pending = [PendingWrite(make_writes("LAMP")[0], "4711")]
    (verdict,) = scene.connector.read_submissions(pending)
    assert verdict.outcome is Outcome.UNKNOWN


def test_a_feed_whose_answer_was_lost_is_unknown_and_has_no_id(
    scene: Any, make_writes: Writes
) -> None:
    writes = make_writes(*stock_up(scene, 41))
    scene.wire.loses = lambda request: request.url.path.endswith("/feeds")
    results = scene.connector.push_stock(writes)
    assert {(x.outcome, x.external_id) for x in results} == {(Outcome.UNKNOWN, "")}
    assert len(scene.market.state.feeds) == 1


def test_the_address_of_a_document_is_its_only_permission(
    scene: Any, make_writes: Writes
) -> None:
    scene.connector.push_stock(make_writes(*stock_up(scene, 41)))
    (upload,) = [x for x in scene.wire.requests if x.url.host == "storage.example"]
    assert "x-amz-access-token" not in upload.headers
    assert upload.url.params["X-Amz-Signature"] == "simulated/1"
    assert len(json.loads(upload.content)["messages"]) == 41


def test_a_price_is_patched_and_leaves_the_rest_alone(scene: Any) -> None:
    write = PriceWrite("LAMP", Money.of("19.99", "EUR"), "key")
    unknown = PriceWrite("NOWHERE", Money.of("1.00", "EUR"), "key-2")
    good, bad = scene.connector.push_prices([write, unknown])
    assert (good.outcome, bad.outcome) == (Outcome.ACCEPTED, Outcome.REFUSED)
    (sent,) = [x for x in scene.wire.requests if x.method == "PATCH"]
    patch = json.loads(sent.content)["patches"][0]
    assert (patch["op"], patch["path"]) == ("merge", "/attributes/purchasable_offer")
    offer = patch["value"][0]
    assert offer["our_price"] == [{"schedule": [{"value_with_tax": 19.99}]}]
    assert offer["audience"] == "ALL"
    scene.clock.advance(20)
    scene.market.shown("LAMP")
    assert scene.market.listing("LAMP").price == Decimal("19.99")


def parcel(scene: Any, order: Order, quantity: int, reference: str) -> FulfillmentPush:
    (line,) = order.lines
    return FulfillmentPush(
        reference,
        order.external_id,
        (FulfilledLine(line_external_id=line.external_id, quantity=quantity),),
        "Own van",
        f"TRACK-{reference}",
        "",
        scene.clock.now(),
        False,
        reference,
    )


def test_two_parcels_of_one_order_are_two_packages(scene: Any) -> None:
    order = scene.fetch(scene.buy(3))
    for reference, quantity in (("p-1", 1), ("p-2", 2)):
        push = parcel(scene, order, quantity, reference)
        assert scene.connector.push_fulfillment(push).outcome is Outcome.ACCEPTED
    told = scene.fetch(order.external_id)
    assert told.fulfillment is FulfillmentState.FULFILLED
    assert [each.carrier for each in told.fulfillments] == ["Own van"] * 2
    assert [each.lines[0].quantity for each in told.fulfillments] == [1, 2]


def test_a_parcel_told_twice_is_one_package(scene: Any) -> None:
    order = scene.fetch(scene.buy(3))
    push = parcel(scene, order, 2, "p-1")
    for _ in range(2):
        assert scene.connector.push_fulfillment(push).outcome is Outcome.ACCEPTED
    told = scene.fetch(order.external_id)
    assert [each.lines[0].quantity for each in told.fulfillments] == [2]
    assert told.fulfillment is FulfillmentState.PARTIALLY_FULFILLED


def test_a_parcel_that_amazon_numbers_otherwise_is_found_by_its_tracking(
    scene: Any,
) -> None:
    order = scene.fetch(scene.buy(1))
    push = parcel(scene, order, 1, "p-1")
    result = scene.connector.push_fulfillment(push)
    row = scene.market.order(order.external_id)
    (package,) = row.packages.values()
    package.reference = "AMZN-1"
    assert scene.connector.find_fulfillment(push) == result.external_id


def test_a_parcel_of_too_many_units_is_refused_with_amazons_reason(scene: Any) -> None:
    order = scene.fetch(scene.buy(1))
    result = scene.connector.push_fulfillment(parcel(scene, order, 2, "p-1"))
    assert result.outcome is Outcome.REFUSED
    assert "1 units to ship" in result.reason


def cancel(scene: Any, order_id: str, *, restock: bool = True) -> Any:
    push = CancellationPush(order_id, "out of stock", restock, "key")
    return scene.connector.push_cancellation(push)


def test_an_order_is_cancelled_by_a_feed_that_takes_its_time(scene: Any) -> None:
    order_id = scene.buy(3)
    assert cancel(scene, order_id).outcome is Outcome.ACCEPTED
    assert not scene.fetch(order_id).cancelled
    assert cancel(scene, order_id).outcome is Outcome.ACCEPTED
    scene.clock.advance(200)
    order = scene.fetch(order_id)
    assert (order.cancelled, order.lines[0].quantity_taken) == (True, 0)
    assert cancel(scene, order_id).outcome is Outcome.ACCEPTED
    (document, *_) = [x.content for x in scene.wire.requests if x.method == "PUT"]
    rows = [row.split("\t") for row in document.decode().splitlines()]
    line_id = scene.market.order(order_id).lines[0].line_id
    assert rows[1] == [order_id, "GeneralAdjustment", line_id]
    assert scene.market.shown("LAMP") == 10


def test_units_that_are_not_there_stay_off_sale(scene: Any) -> None:
    order_id = scene.buy(3)
    cancel(scene, order_id, restock=False)
    scene.clock.advance(200)
    order = scene.fetch(order_id)
    assert (order.cancelled, order.lines[0].quantity_taken) == (True, 3)
    assert scene.market.shown("LAMP") == 7


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ({"status": "PENDING"}, "PENDING"),
        ({"sku": "STOOL"}, "Seller Central"),
    ],
)
def test_what_a_seller_cannot_cancel_is_refused_unsent(
    scene: Any, how: dict[str, str], word: str
) -> None:
    result = cancel(scene, scene.buy(1, **how))
    assert (result.outcome, word in result.reason) == (Outcome.REFUSED, True)
    assert not scene.market.state.feeds


def test_an_order_of_which_something_left_cannot_be_cancelled(scene: Any) -> None:
    order = scene.fetch(scene.buy(2))
    scene.connector.push_fulfillment(parcel(scene, order, 1, "p-1"))
    result = cancel(scene, order.external_id)
    assert (result.outcome, "PARTIALLY_SHIPPED" in result.reason) == (
        Outcome.REFUSED,
        True,
    )
    assert cancel(scene, "302-0000000-0000000").outcome is Outcome.REFUSED


def answer_path(ending: str, answer: httpx.Response) -> Any:
    """Return a stand-in for Amazon at addresses that end so."""
    return lambda request: answer if request.url.path.endswith(ending) else None


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(400, json={"errors": [{"message": "no"}]}), Outcome.REFUSED),
        (httpx.Response(200, json={"nothing": "of use"}), Outcome.UNKNOWN),
        (httpx.Response(200, content=b"{"), Outcome.UNKNOWN),
        (httpx.Response(503), Outcome.UNKNOWN),
    ],
)
def test_what_amazon_says_to_a_patch_decides_what_is_known_of_it(
    scene: Any, make_writes: Writes, answer: httpx.Response, outcome: Outcome
) -> None:
    scene.connector.read_stock(["LAMP"])
    scene.wire.stand_in = lambda request: answer if request.method == "PATCH" else None
    (result,) = scene.connector.push_stock(make_writes("LAMP"))
    assert (result.outcome, bool(result.reason)) == (outcome, True)


def test_a_patch_that_amazon_calls_neither_accepted_nor_invalid_is_refused(
    scene: Any, make_writes: Writes
) -> None:
    scene.connector.read_stock(["LAMP"])
    told = httpx.Response(200, json={"status": "VALID", "submissionId": "1"})
    scene.wire.stand_in = answer_path("/LAMP", told)
    (result,) = scene.connector.push_stock(make_writes("LAMP"))
    assert (result.outcome, "VALID" in result.reason) == (Outcome.REFUSED, True)


@pytest.mark.parametrize(
    ("ending", "answer", "outcome"),
    [
        ("/documents", httpx.Response(400, json={"errors": []}), Outcome.REFUSED),
        ("/feeds", httpx.Response(400, json={"errors": []}), Outcome.REFUSED),
        ("/feeds", httpx.Response(202, json={}), Outcome.UNKNOWN),
        ("/feeds", httpx.Response(500), Outcome.UNKNOWN),
    ],
)
def test_what_amazon_says_to_a_feed_decides_what_is_known_of_its_rows(
    scene: Any,
    make_writes: Writes,
    ending: str,
    answer: httpx.Response,
    outcome: Outcome,
) -> None:
    writes = make_writes(*stock_up(scene, 41))
    scene.wire.stand_in = answer_path(ending, answer)
    assert {x.outcome for x in scene.connector.push_stock(writes)} == {outcome}


def test_a_feed_that_amazon_wants_later_leaves_nothing_sent(
    scene: Any, make_writes: Writes
) -> None:
    writes = make_writes(*stock_up(scene, 41))
    scene.wire.stand_in = answer_path("/feeds", httpx.Response(429))
    with pytest.raises(RetryLaterError):
        scene.connector.push_stock(writes)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.Response(400, json={"errors": []}), Outcome.REFUSED),
        (httpx.Response(500), Outcome.UNKNOWN),
    ],
)
def test_a_cancellation_is_as_known_as_its_feed(
    scene: Any, answer: httpx.Response, outcome: Outcome
) -> None:
    order_id = scene.buy(1)
    scene.connector.read_stock(["LAMP"])
    scene.wire.stand_in = answer_path("/feeds", answer)
    assert cancel(scene, order_id).outcome is outcome


def test_a_parcel_of_something_else_than_an_order_is_refused_unsent(
    scene: Any,
) -> None:
    order = scene.fetch(scene.buy(1))
    foreign = parcel(scene, order.model_copy(update={"external_id": "1/2"}), 1, "p-1")
    assert scene.connector.push_fulfillment(foreign).outcome is Outcome.REFUSED
    assert scene.connector.find_fulfillment(foreign) is None
