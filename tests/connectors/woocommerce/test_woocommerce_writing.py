"""What is written to the shop is compared, searched for, and never done twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx
from crossdock.canonical.errors import ReauthRequiredError, RetryLaterError
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    StockWrite,
)
from crossdock.connectors.woocommerce.connector import WooCommerceConnector

Json = dict[str, Any]
Connect = Callable[..., WooCommerceConnector]
NO_ROUTE = {"code": "rest_no_route", "message": "No route was found"}


def write(stock_id: str, quantity: int) -> StockWrite:
    return StockWrite(stock_id, quantity, None, f"key-{stock_id}-{quantity}")


def accept_batch(request: httpx.Request) -> httpx.Response:
    """Answer a batch as a shop whose products all keep stock."""
    update = json.loads(request.content)["update"]
    return httpx.Response(
        200, json={"update": [{**entry, "manage_stock": True} for entry in update]}
    )


def bodies(route: respx.Route) -> list[Any]:
    """Return the parsed bodies of every call of a route."""
    return [json.loads(call.request.content) for call in route.calls]


def test_products_and_variations_are_written_by_their_own_batch_routes(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    products = shop.post("/products/batch").mock(side_effect=accept_batch)
    variations = shop.post("/products/6/variations/batch").mock(
        side_effect=accept_batch
    )
    results = connector.push_stock([write("1", 5), write("6/61", 0), write("2", 7)])
    assert [result.outcome for result in results] == [Outcome.ACCEPTED] * 3
    assert [result.observed for result in results] == [5, 0, 7]
    assert bodies(products) == [
        {"update": [{"id": 1, "stock_quantity": 5}, {"id": 2, "stock_quantity": 7}]}
    ]
    assert bodies(variations) == [{"update": [{"id": 61, "stock_quantity": 0}]}]


def test_no_batch_has_more_than_a_hundred_writes(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    route = shop.post("/products/batch").mock(side_effect=accept_batch)
    connector.push_stock([write(str(number), 1) for number in range(1, 231)])
    assert [len(body["update"]) for body in bodies(route)] == [100, 100, 30]


def test_two_writes_to_one_record_go_out_one_after_the_other(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    route = shop.post("/products/batch").mock(side_effect=accept_batch)
    results = connector.push_stock([write("1", 5), write("1", 3)])
    assert [result.observed for result in results] == [5, 3]
    assert [body["update"][0]["stock_quantity"] for body in bodies(route)] == [5, 3]


@pytest.mark.parametrize(
    ("entry", "outcome", "words"),
    [
        (
            {"id": 1, "manage_stock": False, "stock_quantity": None},
            Outcome.REFUSED,
            "does not track stock",
        ),
        (
            {"id": 1, "manage_stock": "parent", "stock_quantity": 5},
            Outcome.REFUSED,
            "its product keeps",
        ),
        (
            {"id": 1, "error": {"code": "bad_id", "message": "Invalid ID."}},
            Outcome.REFUSED,
            "Invalid ID.",
        ),
        (
            {"id": 1, "error": {"code": "bad_id", "message": ""}},
            Outcome.REFUSED,
            "bad_id",
        ),
        (
            {"id": 1, "manage_stock": True, "stock_quantity": 4},
            Outcome.UNKNOWN,
            "4 instead of 5",
        ),
        (
            {"id": 1, "manage_stock": True, "stock_quantity": "a few"},
            Outcome.UNKNOWN,
            "stock_quantity",
        ),
        ({"id": 2, "manage_stock": True}, Outcome.UNKNOWN, "does not name"),
        ("nonsense", Outcome.UNKNOWN, "does not name"),
    ],
)
def test_a_write_counts_only_if_the_answer_shows_it(
    shop: respx.Router,
    connector: WooCommerceConnector,
    entry: Any,
    outcome: Outcome,
    words: str,
) -> None:
    shop.post("/products/batch").respond(200, json={"update": [entry]})
    (result,) = connector.push_stock([write("1", 5)])
    assert result.outcome is outcome
    assert words in result.reason


@pytest.mark.parametrize("body", ["[]", '{"create": []}', "not json"])
def test_an_answer_of_another_shape_leaves_the_outcome_unknown(
    shop: respx.Router, connector: WooCommerceConnector, body: str
) -> None:
    shop.post("/products/batch").respond(
        200, content=body, headers={"content-type": "text/plain"}
    )
    (result,) = connector.push_stock([write("1", 5)])
    assert result.outcome is Outcome.UNKNOWN


def test_a_lost_answer_is_unknown_for_its_batch_only(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.post("/products/batch").mock(side_effect=httpx.ReadError)
    shop.post("/products/6/variations/batch").mock(side_effect=accept_batch)
    results = connector.push_stock([write("1", 5), write("6/61", 4)])
    assert [result.outcome for result in results] == [
        Outcome.UNKNOWN,
        Outcome.ACCEPTED,
    ]


def test_a_batch_that_the_shop_refuses_is_refused_write_by_write(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.post("/products/6/variations/batch").respond(404, json={"message": "gone"})
    shop.post("/products/batch").mock(side_effect=accept_batch)
    results = connector.push_stock([write("6/61", 4), write("1", 5)])
    assert [result.outcome for result in results] == [
        Outcome.REFUSED,
        Outcome.ACCEPTED,
    ]


def test_an_id_of_another_shape_is_refused_without_asking(
    connector: WooCommerceConnector,
) -> None:
    results = connector.push_stock([write("gid://1", 5), write("6/", 5), write("", 1)])
    assert {result.outcome for result in results} == {Outcome.REFUSED}


def test_a_shop_that_is_busy_at_once_is_asked_again_later(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.post("/products/batch").respond(429, headers={"retry-after": "5"})
    with pytest.raises(RetryLaterError) as caught:
        connector.push_stock([write("1", 5)])
    assert caught.value.delay_seconds == 5


def test_a_shop_that_gets_busy_midway_keeps_what_it_took(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.post("/products/batch").mock(side_effect=accept_batch)
    shop.post("/products/6/variations/batch").respond(429)
    results = connector.push_stock([write("1", 5), write("6/61", 4)])
    assert results[0].outcome is Outcome.ACCEPTED
    assert results[1].outcome is Outcome.UNKNOWN
    assert "not sent" in results[1].reason


def test_a_dead_key_stops_a_push(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.post("/products/batch").respond(401, json={"message": "no"})
    with pytest.raises(ReauthRequiredError):
        connector.push_stock([write("1", 5)])


def make_push(**changes: Any) -> FulfillmentPush:
    fields: Json = {
        "reference": "ful-7",
        "order_external_id": "9",
        "lines": (FulfilledLine(line_external_id="11", quantity=2),),
        "carrier": "DHL",
        "tracking_number": "JD014",
        "tracking_url": "https://track.example/JD014",
        "shipped_at": datetime(2026, 3, 2, tzinfo=UTC),
        "completes_order": True,
        "idempotency_key": "key-1",
        **changes,
    }
    return FulfillmentPush(**fields)


class FakeOrder:
    """One order of the shop with its notes and parcels, and what was done to it."""

    def __init__(self, shop: respx.Router, *, native: bool) -> None:
        self.order: Json = {"id": 9, "status": "processing", "meta_data": []}
        self.notes: list[Json] = []
        self.parcels: list[Json] = []
        self.lose_answer_of = ""
        shop.get("/orders/9").mock(side_effect=self._get)
        shop.put("/orders/9").mock(side_effect=self._put)
        shop.get("/orders/9/notes").mock(
            side_effect=lambda _: httpx.Response(200, json=self.notes)
        )
        self.post_note = shop.post("/orders/9/notes").mock(side_effect=self._note)
        if native:
            shop.get("/orders/9/fulfillments").mock(
                side_effect=lambda _: httpx.Response(200, json=self.parcels)
            )
            self.post_parcel = shop.post("/orders/9/fulfillments").mock(
                side_effect=self._parcel
            )
        else:
            shop.get("/orders/9/fulfillments").respond(404, json=NO_ROUTE)

    def _get(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=self.order)

    def _put(self, request: httpx.Request) -> httpx.Response:
        self.order.update(json.loads(request.content))
        return self._answer("order", self.order)

    def _note(self, request: httpx.Request) -> httpx.Response:
        self.notes.append({"id": 70 + len(self.notes), **json.loads(request.content)})
        return self._answer("note", self.notes[-1])

    def _parcel(self, request: httpx.Request) -> httpx.Response:
        parcel = {"id": 30 + len(self.parcels), **json.loads(request.content)}
        self.parcels.append(parcel)
        return self._answer("parcel", parcel)

    def _answer(self, what: str, body: Json) -> httpx.Response:
        if what == self.lose_answer_of:
            raise httpx.ReadError("the answer was lost")
        return httpx.Response(200, json=body)


def test_a_parcel_becomes_a_native_fulfillment_where_the_shop_has_them(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    order = FakeOrder(shop, native=True)
    result = connector.push_fulfillment(make_push())
    assert (result.outcome, result.external_id) == (Outcome.ACCEPTED, "30")
    meta = {entry["key"]: entry["value"] for entry in order.parcels[0]["meta_data"]}
    assert meta["_items"] == [{"item_id": 11, "qty": 2}]
    assert meta["_tracking_number"] == "JD014"
    assert meta["_shipment_provider"] == meta["_shipping_provider"] == "DHL"
    assert order.parcels[0]["is_fulfilled"] is True
    assert order.order["status"] == "completed"
    assert order.post_parcel.calls[0].request.url.params["notify_customer"] == "true"
    assert not order.notes


def test_a_parcel_becomes_a_note_where_the_shop_has_no_fulfillments(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    order = FakeOrder(shop, native=False)
    result = connector.push_fulfillment(make_push())
    assert (result.outcome, result.external_id) == (Outcome.ACCEPTED, "note-70")
    assert order.notes[0]["customer_note"] is True
    for part in ("DHL", "JD014", "https://track.example/JD014"):
        assert part in order.notes[0]["note"]
    assert order.order["status"] == "completed"


def test_a_parcel_without_carrier_and_number_is_told_all_the_same(
    shop: respx.Router, connect: Connect
) -> None:
    order = FakeOrder(shop, native=True)
    connector = connect(tracking="note", notify_customer=False)
    connector.push_fulfillment(
        make_push(carrier="", tracking_number="", tracking_url="")
    )
    assert order.notes[0] == {
        "id": 70,
        "note": "Shipped. (reference ful-7)",
        "customer_note": False,
    }
    assert not order.parcels


def test_the_customer_is_not_written_to_where_that_is_switched_off(
    shop: respx.Router, connect: Connect
) -> None:
    order = FakeOrder(shop, native=True)
    connect(notify_customer=False).push_fulfillment(make_push())
    assert not order.post_parcel.calls[0].request.url.params


@pytest.mark.parametrize("native", [True, False])
def test_c08_a_parcel_that_does_not_complete_the_order_leaves_its_status(
    shop: respx.Router, connector: WooCommerceConnector, native: bool
) -> None:
    order = FakeOrder(shop, native=native)
    connector.push_fulfillment(make_push(completes_order=False))
    assert order.order["status"] == "processing"


def test_an_order_that_is_completed_already_is_not_completed_again(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    order = FakeOrder(shop, native=True)
    order.order["status"] = "completed"
    assert connector.push_fulfillment(make_push()).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("native", [True, False])
def test_a_push_repeated_after_success_changes_nothing(
    shop: respx.Router, connector: WooCommerceConnector, native: bool
) -> None:
    order = FakeOrder(shop, native=native)
    first = connector.push_fulfillment(make_push())
    assert connector.push_fulfillment(make_push()) == first
    assert len(order.parcels) + len(order.notes) == 1
    assert connector.find_fulfillment(make_push()) == first.external_id


@pytest.mark.parametrize(
    ("native", "lost"), [(True, "parcel"), (False, "note"), (True, "order")]
)
def test_a_push_whose_answer_was_lost_is_finished_by_the_next_and_not_doubled(
    shop: respx.Router, connector: WooCommerceConnector, native: bool, lost: str
) -> None:
    order = FakeOrder(shop, native=native)
    order.lose_answer_of = lost
    try:
        first = connector.push_fulfillment(make_push()).outcome
    except RetryLaterError:
        first = Outcome.UNKNOWN
    assert first is Outcome.UNKNOWN
    order.lose_answer_of = ""
    assert connector.push_fulfillment(make_push()).outcome is Outcome.ACCEPTED
    assert len(order.parcels) + len(order.notes) == 1
    assert order.order["status"] == "completed"


def test_another_parcel_of_the_same_order_is_told_besides(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    order = FakeOrder(shop, native=True)
    connector.push_fulfillment(make_push(completes_order=False))
    connector.push_fulfillment(make_push(reference="ful-8"))
    assert len(order.parcels) == 2


def test_a_push_that_was_never_made_is_not_found(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    FakeOrder(shop, native=True)
    assert connector.find_fulfillment(make_push()) is None


def test_nothing_is_found_and_nothing_told_of_an_order_that_is_gone(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    gone = {"code": "woocommerce_rest_order_invalid_id", "message": "gone"}
    shop.get("/orders/404/fulfillments").respond(404, json=gone)
    shop.get("/orders/404").respond(404, json=gone)
    push = make_push(order_external_id="404")
    assert connector.find_fulfillment(push) is None
    assert connector.push_fulfillment(push).outcome is Outcome.REFUSED


@pytest.mark.parametrize("status", ["cancelled", "refunded", "failed", "trash"])
def test_nothing_is_shipped_for_an_order_that_is_closed(
    shop: respx.Router, connector: WooCommerceConnector, status: str
) -> None:
    FakeOrder(shop, native=True).order["status"] = status
    result = connector.push_fulfillment(make_push())
    assert result.outcome is Outcome.REFUSED
    assert status in result.reason


@pytest.mark.parametrize(
    "push",
    [
        make_push(order_external_id="nine"),
        make_push(lines=(FulfilledLine(line_external_id="gid", quantity=1),)),
    ],
)
def test_ids_of_another_shape_are_refused(
    shop: respx.Router, connector: WooCommerceConnector, push: FulfillmentPush
) -> None:
    order = FakeOrder(shop, native=True)
    assert connector.push_fulfillment(push).outcome is Outcome.REFUSED
    assert not order.parcels


def test_a_shop_set_to_native_without_the_feature_says_how_to_enable_it(
    shop: respx.Router, connect: Connect
) -> None:
    order = FakeOrder(shop, native=False)
    result = connect(tracking="native").push_fulfillment(make_push())
    assert result.outcome is Outcome.REFUSED
    assert not order.notes


def make_cancellation(order_id: str = "9") -> CancellationPush:
    return CancellationPush(order_id, "out of stock", True, "key-2")


def test_c03_an_order_is_cancelled_once_and_repeating_it_is_no_error(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    order = FakeOrder(shop, native=True)
    for _ in range(2):
        result = connector.push_cancellation(make_cancellation())
        assert result.outcome is Outcome.ACCEPTED
    assert order.order["status"] == "cancelled"


@pytest.mark.parametrize("status", ["completed", "refunded"])
def test_c04_an_order_that_has_left_is_not_cancelled(
    shop: respx.Router, connector: WooCommerceConnector, status: str
) -> None:
    order = FakeOrder(shop, native=True)
    order.order["status"] = status
    result = connector.push_cancellation(make_cancellation())
    assert result.outcome is Outcome.REFUSED
    assert order.order["status"] == status


def test_cancelling_an_order_that_does_not_exist_is_refused(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/orders/8").respond(404, json={"message": "Invalid ID."})
    result = connector.push_cancellation(make_cancellation("8"))
    assert result.outcome is Outcome.REFUSED
    assert "Invalid ID." in result.reason
