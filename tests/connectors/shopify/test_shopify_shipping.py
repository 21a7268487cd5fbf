"""Parcels and cancellations told to a shop, once however often they are pushed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import CancellationPush, FulfillmentPush, Outcome
from crossdock.simulators.books import BasketLine

Json = dict[str, Any]
ORDER = "gid://shopify/Order/1"


def make_push(
    order: str, units: dict[str, int], tracking: str = "00340", **changes: Any
) -> FulfillmentPush:
    facts: dict[str, Any] = {
        "reference": "F-1",
        "order_external_id": order,
        "lines": tuple(
            FulfilledLine(line_external_id=line, quantity=count)
            for line, count in units.items()
        ),
        "carrier": "DHL" if tracking else "",
        "tracking_number": tracking,
        "tracking_url": "",
        "shipped_at": datetime(2026, 3, 2, tzinfo=UTC),
        "completes_order": True,
        "idempotency_key": "k",
    }
    return FulfillmentPush(**(facts | changes))


def make_cancellation(order: str, reason: str = "customer") -> CancellationPush:
    return CancellationPush(order, reason, restock=True, idempotency_key="k")


@pytest.fixture
def sold(open_pair: Callable[..., Any]) -> tuple[Any, str, list[str]]:
    """A shop, an order of two clocks and one lamp, and its lines' ids."""
    pair = open_pair()
    product = pair.shop.add_product("Things")
    clock = pair.shop.add_variant(product, "CLOCK", title="Clock")
    lamp = pair.shop.add_variant(product, "LAMP", title="Lamp")
    basket = [BasketLine(clock.gid, 2), BasketLine(lamp.gid, 1)]
    order = pair.shop.sell(basket, "Ada")
    return pair, order, [line.gid for line in pair.shop.order(order).lines]


def test_a_parcel_is_told_with_its_lines_and_its_tracking(
    sold: tuple[Any, str, list[str]],
) -> None:
    pair, order, (clock, lamp) = sold
    push = make_push(order, {clock: 1, lamp: 1})
    assert pair.connector.find_fulfillment(push) is None
    result = pair.connector.push_fulfillment(push)
    assert result.outcome is Outcome.ACCEPTED
    (made,) = pair.shop.order(order).fulfillments
    assert result.external_id == f"gid://shopify/Fulfillment/{made.number}"
    assert pair.connector.find_fulfillment(push) == result.external_id
    assert made.tracking[0].number == "00340"
    assert made.tracking[0].company == "DHL"


def test_c08_several_parcels_are_told_one_after_the_other_and_each_once(
    sold: tuple[Any, str, list[str]],
) -> None:
    pair, order, (clock, lamp) = sold
    first = make_push(order, {clock: 1}, "00341")
    second = make_push(order, {clock: 1, lamp: 1}, "00342")
    ids = [
        pair.connector.push_fulfillment(push).external_id
        for push in (first, first, second, first, second)
    ]
    assert ids == [ids[0], ids[0], ids[2], ids[0], ids[2]]
    assert len(pair.shop.order(order).fulfillments) == 2


def test_a_parcel_without_tracking_is_known_again_by_its_lines(
    sold: tuple[Any, str, list[str]],
) -> None:
    pair, order, (clock, lamp) = sold
    push = make_push(order, {clock: 2, lamp: 1}, "")
    assert pair.connector.find_fulfillment(push) is None
    results = [pair.connector.push_fulfillment(push) for _ in range(2)]
    assert results[0] == results[1]
    assert results[0].outcome is Outcome.ACCEPTED
    assert pair.connector.find_fulfillment(push) == results[0].external_id
    assert len(pair.shop.order(order).fulfillments) == 1


def test_a_parcel_without_tracking_is_not_mistaken_for_another(
    sold: tuple[Any, str, list[str]],
) -> None:
    pair, order, (clock, lamp) = sold
    pair.connector.push_fulfillment(make_push(order, {clock: 1}, ""))
    assert pair.connector.find_fulfillment(make_push(order, {lamp: 1}, "")) is None


def test_a_parcel_that_staff_told_already_is_a_success(
    sold: tuple[Any, str, list[str]],
) -> None:
    pair, order, (clock, lamp) = sold
    made = pair.shop.fulfill_order(order, tracking_number="00340")
    result = pair.connector.push_fulfillment(make_push(order, {clock: 2, lamp: 1}))
    assert result.outcome is Outcome.ACCEPTED
    assert result.external_id == f"gid://shopify/Fulfillment/{made.number}"


def test_more_than_is_open_is_refused_and_nothing_is_told(
    sold: tuple[Any, str, list[str]],
) -> None:
    pair, order, (clock, lamp) = sold
    result = pair.connector.push_fulfillment(make_push(order, {clock: 3, lamp: 1}))
    assert result.outcome is Outcome.REFUSED
    assert f"1 of {clock}" in result.reason
    assert pair.shop.order(order).fulfillments == []


def test_a_line_that_is_not_open_is_refused_though_others_are(mocked: Any) -> None:
    mocked.answer(make_order(make_work(1, "gid://shopify/Location/1", a=1)))
    result = mocked.connector.push_fulfillment(make_push(ORDER, {"b": 2}))
    assert result.outcome is Outcome.REFUSED
    assert "2 of b" in result.reason


def test_an_order_on_hold_is_not_shipped(sold: tuple[Any, str, list[str]]) -> None:
    pair, order, (clock, _) = sold
    pair.shop.hold_order(order)
    result = pair.connector.push_fulfillment(make_push(order, {clock: 1}))
    assert result.outcome is Outcome.REFUSED
    assert "on hold" in result.reason


@pytest.mark.parametrize("order", ["gid://shopify/Order/404", "nonsense"])
def test_an_unknown_order_is_refused(open_pair: Callable[..., Any], order: str) -> None:
    pair = open_pair()
    push = make_push(order, {"gid://shopify/LineItem/1": 1})
    assert pair.connector.push_fulfillment(push).reason == "Shopify knows no such order"
    assert pair.connector.find_fulfillment(push) is None
    cancelled = pair.connector.push_cancellation(make_cancellation(order))
    assert cancelled.outcome is Outcome.REFUSED


def make_work(number: int, location: str | None, **units: int) -> Json:
    place = {"id": location} if location else None
    lines = [
        {"id": f"w{number}-{line}", "remainingQuantity": n, "lineItem": {"id": line}}
        for line, n in units.items()
    ]
    return {
        "id": f"work-{number}",
        "status": "OPEN",
        "assignedLocation": {"name": "x", "location": place},
        "lineItems": {"nodes": lines},
    }


def make_order(*works: Json, parcels: tuple[Json, ...] = ()) -> Json:
    order = {
        "id": ORDER,
        "cancelledAt": None,
        "fulfillments": list(parcels),
        "fulfillmentOrders": {"nodes": list(works)},
    }
    return {"data": {"order": order}}


def make_parcel(number: str, status: str = "SUCCESS", **units: int) -> Json:
    return {
        "id": f"parcel-{number}",
        "status": status,
        "trackingInfo": [{"number": number}],
        "fulfillmentLineItems": {
            "nodes": [
                {"quantity": n, "lineItem": {"id": line}} for line, n in units.items()
            ]
        },
    }


def made(number: int) -> Json:
    created = {"fulfillment": {"id": f"parcel-{number}"}, "userErrors": []}
    return {"data": {"fulfillmentCreate": created}}


def test_work_at_several_locations_is_several_parcels_under_one_number(
    mocked: Any,
) -> None:
    works = (
        make_work(1, "gid://shopify/Location/1", a=1),
        make_work(2, "gid://shopify/Location/2", a=2, b=1),
        make_work(3, None),
    )
    mocked.answer(make_order(*works), made(1), made(2))
    result = mocked.connector.push_fulfillment(make_push(ORDER, {"a": 3, "b": 1}))
    assert (result.outcome, result.external_id) == (Outcome.ACCEPTED, "parcel-1")
    sent = [
        asked["fulfillment"]["lineItemsByFulfillmentOrder"][0]
        for asked in mocked.asked[1:]
    ]
    assert [entry["fulfillmentOrderId"] for entry in sent] == ["work-2", "work-1"]
    assert sent[1]["fulfillmentOrderLineItems"] == [{"id": "w1-a", "quantity": 1}]
    assert mocked.asked[1]["fulfillment"]["notifyCustomer"] is False


def test_of_locations_that_do_equally_well_the_chosen_one_ships(mocked: Any) -> None:
    works = (
        make_work(1, "gid://shopify/Location/2", a=1),
        make_work(2, "gid://shopify/Location/1", a=1),
    )
    mocked.answer(make_order(*works), made(1))
    mocked.connector.push_fulfillment(make_push(ORDER, {"a": 1}))
    (entry,) = mocked.asked[1]["fulfillment"]["lineItemsByFulfillmentOrder"]
    assert entry["fulfillmentOrderId"] == "work-2"


def test_a_parcel_that_was_told_in_part_is_completed(mocked: Any) -> None:
    parcels = (make_parcel("00340", a=1), make_parcel("00340", "CANCELLED", b=1))
    work = make_work(1, "gid://shopify/Location/1", a=1, b=1)
    push = make_push(ORDER, {"a": 1, "b": 1})
    mocked.answer(make_order(work, parcels=parcels))
    assert mocked.connector.find_fulfillment(push) is None
    mocked.answer(make_order(work, parcels=parcels), made(2))
    result = mocked.connector.push_fulfillment(push)
    assert result.external_id == "parcel-00340"
    (entry,) = mocked.asked[-1]["fulfillment"]["lineItemsByFulfillmentOrder"]
    assert entry["fulfillmentOrderLineItems"] == [{"id": "w1-b", "quantity": 1}]


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (
            {
                "fulfillment": None,
                "userErrors": [{"field": None, "message": "not allowed"}],
            },
            Outcome.REFUSED,
            "not allowed",
        ),
        (
            {"fulfillment": None, "userErrors": []},
            Outcome.REFUSED,
            "Shopify made no fulfillment",
        ),
        (None, Outcome.UNKNOWN, "Shopify's answer is not as documented"),
    ],
)
def test_what_shopify_says_of_a_parcel_is_passed_on(
    mocked: Any, answer: Json | None, outcome: Outcome, reason: str
) -> None:
    work = make_work(1, "gid://shopify/Location/1", a=1)
    mocked.answer(make_order(work), {"data": {"fulfillmentCreate": answer}})
    result = mocked.connector.push_fulfillment(make_push(ORDER, {"a": 1}))
    assert result.outcome is outcome
    assert result.reason.startswith(reason)


def test_a_missing_scope_refuses_a_parcel(mocked: Any) -> None:
    denied = {"code": "ACCESS_DENIED", "requiredAccess": "`write_x`"}
    error = {"message": "Denied", "path": ["f"], "extensions": denied}
    work = make_work(1, "gid://shopify/Location/1", a=1)
    mocked.answer(make_order(work), {"errors": [error], "data": None})
    result = mocked.connector.push_fulfillment(make_push(ORDER, {"a": 1}))
    assert result.outcome is Outcome.REFUSED
    assert "write_x" in result.reason


def test_a_cancellation_is_asked_for_once_and_then_known(
    sold: tuple[Any, str, list[str]],
) -> None:
    pair, order, _ = sold
    push = make_cancellation(order, "Fraud")
    first = pair.connector.push_cancellation(push)
    assert first.outcome is Outcome.ACCEPTED
    assert first.external_id.startswith("gid://shopify/Job/")
    pair.clock.advance(2)
    again = pair.connector.push_cancellation(push)
    assert (again.outcome, again.reason) == (
        Outcome.ACCEPTED,
        "it was cancelled already",
    )
    cancelled = pair.shop.order(order)
    assert cancelled.cancelled_at is not None
    assert cancelled.cancel_reason == "FRAUD"


@pytest.mark.parametrize(
    ("job", "errors", "reason"),
    [
        (None, [{"message": "has active returns"}], "has active returns"),
        (None, [], "Shopify started no cancellation"),
    ],
)
def test_a_refused_cancellation_says_why(
    mocked: Any, job: Json | None, errors: list[Json], reason: str
) -> None:
    answer = {"job": job, "orderCancelUserErrors": errors}
    mocked.answer(
        {"data": {"order": {"id": ORDER, "cancelledAt": None}}},
        {"data": {"orderCancel": answer}},
    )
    result = mocked.connector.push_cancellation(make_cancellation(ORDER, "weather"))
    assert (result.outcome, result.reason) == (Outcome.REFUSED, reason)
    assert mocked.asked[1]["reason"] == "OTHER"
