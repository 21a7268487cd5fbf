"""What a connector for Vendure gets wrong on paper, and this one does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from crossdock.canonical.errors import (
    ContractBrokenError,
    ReauthRequiredError,
    RejectedError,
    RetryLaterError,
)
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfillmentState, PaymentState
from crossdock.canonical.pushes import (
    CancellationPush,
    Outcome,
    PriceWrite,
    StockWrite,
)
from crossdock.connectors.conformance.bench import always
from crossdock.connectors.vendure import plugin
from crossdock.connectors.vendure.settings import VendureSettings
from crossdock.simulators.faults import Fault
from crossdock.simulators.vendure import NewVariant
from pydantic import ValidationError

PROBLEM = {"errors": [{"message": "SqliteError: NOT NULL constraint failed"}]}
"""How Vendure tells of an error of its database: HTTP 200, and no code."""


def read_all(records: list[Any]) -> dict[str, Any]:
    """Return the orders by id, the last version of each."""
    orders = [plugin.translator.read_order(record.payload) for record in records]
    return {order.external_id: order for order in orders}


# -- orders ----------------------------------------------------------------------------


def test_an_order_placed_long_after_its_cart_was_filled_is_not_missed(
    scene: Any,
) -> None:
    _, cursor = scene.pull()
    scene.clock.advance(3600)
    order = scene.buy()
    scene.shop.order(order).changed_at -= timedelta(hours=2)
    records, _ = scene.pull(cursor)
    assert order in read_all(records)


def test_shipping_and_delivery_by_staff_are_seen_although_no_time_moves(
    scene: Any,
) -> None:
    order = scene.buy()
    _, cursor = scene.pull()
    scene.clock.advance(1000)
    scene.shop.ship_order(order, "JD1", delivered=True)
    records, _ = scene.pull(cursor)
    assert read_all(records)[order].fulfillment is FulfillmentState.FULFILLED
    assert scene.shop.order(order).changed_at < scene.shop.order(order).placed_at


def test_a_payment_that_is_settled_later_is_seen(open_scene: Any) -> None:
    scene = open_scene(promises_only=True)
    order = scene.buy()
    records, cursor = scene.pull()
    assert read_all(records)[order].payment is PaymentState.AUTHORIZED
    scene.clock.advance(1000)
    scene.shop.settle_payment(order)
    records, _ = scene.pull(cursor)
    assert read_all(records)[order].payment is PaymentState.PAID


def test_between_two_looks_at_open_orders_a_pull_costs_two_requests(
    scene: Any,
) -> None:
    scene.buy()
    _, cursor = scene.pull()
    scene.clock.advance(60)
    before = len(scene.asked("query Orders"))
    _, cursor = scene.pull(cursor)
    assert len(scene.asked("query Orders")) - before == 2
    scene.clock.advance(300)
    before = len(scene.asked("query Orders"))
    scene.pull(cursor)
    assert len(scene.asked("query Orders")) - before == 3


def test_an_old_order_that_is_cancelled_is_seen_at_the_next_pull(scene: Any) -> None:
    order = scene.buy()
    scene.clock.advance(90 * 86_400)
    _, cursor = scene.pull()
    scene.clock.advance(60)
    scene.shop.cancel_order(order)
    records, _ = scene.pull(cursor)
    assert read_all(records)[order].cancelled


def test_open_orders_from_before_the_first_pull_stay_out_until_they_change(
    scene: Any,
) -> None:
    order = scene.buy()
    scene.clock.advance(30 * 86_400)
    records, cursor = scene.pull()
    assert records == []
    scene.clock.advance(1000)
    scene.shop.ship_order(order)
    records, _ = scene.pull(cursor)
    assert list(read_all(records)) == [order]


def test_carts_are_no_orders(scene: Any) -> None:
    cart = scene.shop.fill_cart("Ada Lovelace")
    records, _ = scene.pull()
    assert records == []
    assert scene.connector.fetch_orders([cart]) == ()


def test_more_orders_in_one_second_than_a_page_are_all_read(scene: Any) -> None:
    scene.shop.set_stock(scene.lamp, 1000)
    placed = [scene.buy() for _ in range(230)]
    records, _ = scene.pull()
    assert sorted({record.external_id for record in records}) == sorted(placed)


def test_a_list_that_starts_anew_is_left(scene: Any) -> None:
    scene.shop.set_stock(scene.lamp, 1000)
    for _ in range(210):
        scene.buy()
        scene.clock.advance(1)
    since = scene.clock.now() - timedelta(days=1)
    page = scene.connector.pull_orders(None, since=since)
    first = scene.wire.answers[-1][1].content
    scene.wire.stand_in = always(200, content=first)
    with pytest.raises(ContractBrokenError, match="does not go on"):
        scene.connector.pull_orders(page.cursor, since=since)


@pytest.mark.parametrize("cursor", ["", "[]", '[2,"placed"]', "{"])
def test_a_cursor_that_is_none_is_told(scene: Any, cursor: str) -> None:
    if not cursor:
        cursor = "null"
    with pytest.raises(ContractBrokenError, match="cursor"):
        scene.connector.pull_orders(cursor, since=scene.clock.now())
    with pytest.raises(ContractBrokenError, match="cursor"):
        scene.connector.pull_listings(cursor)


# -- listings and stock ----------------------------------------------------------------


def test_a_variant_deleted_during_a_scan_hides_no_other(scene: Any) -> None:
    listings = [scene.offer(f"SKU-{number}") for number in range(150)]
    page = scene.connector.pull_listings(None)
    seen = {record.external_id for record in page.records}
    scene.shop.delete_variant(listings[3])
    while not page.complete:
        page = scene.connector.pull_listings(page.cursor)
        seen |= {record.external_id for record in page.records}
    assert seen == {scene.lamp, *listings}


def test_a_list_of_variants_that_is_another_one_each_time_is_left(scene: Any) -> None:
    for number in range(150):
        scene.offer(f"SKU-{number}")
    page = scene.connector.pull_listings(None)

    def go_on_in_a_changing_list() -> None:
        cursor = page.cursor
        for number in range(20):
            scene.shop.delete_variant(next(iter(scene.shop.state.variants)))
            scene.offer(f"MORE-{number}")
            cursor = scene.connector.pull_listings(cursor).cursor

    with pytest.raises(ContractBrokenError, match="does not end"):
        go_on_in_a_changing_list()


def test_stock_is_written_beside_what_is_promised_to_orders(scene: Any) -> None:
    scene.buy(quantity=3)
    (result,) = scene.connector.push_stock([StockWrite(scene.lamp, 5, 7, "key")])
    variant = scene.shop.state.variants[scene.lamp]
    assert result.outcome is Outcome.ACCEPTED
    assert (variant.on_hand, variant.allocated, variant.free) == (8, 3, 5)


def test_a_sale_between_reading_and_writing_is_not_written_over(scene: Any) -> None:
    scene.connector.check()

    def sell_in_between(request: httpx.Request) -> None:
        if b"mutation WriteVariants" in request.content:
            scene.wire.stand_in = lambda _: None
            scene.buy(quantity=2)

    scene.wire.stand_in = sell_in_between
    scene.connector.push_stock([StockWrite(scene.lamp, 6, 10, "key")])
    assert scene.shop.shown(scene.lamp) == 4


def test_a_variant_deleted_in_the_moment_of_a_batch_makes_it_stale(scene: Any) -> None:
    other = scene.offer("OTHER")

    def delete_in_between(request: httpx.Request) -> None:
        if b"mutation WriteVariants" in request.content:
            scene.wire.stand_in = lambda _: None
            scene.shop.delete_variant(other)

    scene.wire.stand_in = delete_in_between
    writes = [StockWrite(one, 5, None, one) for one in (scene.lamp, other)]
    results = scene.connector.push_stock(writes)
    assert [one.outcome for one in results] == [Outcome.STALE] * 2
    assert scene.shop.shown(scene.lamp) == 10


def test_an_unknown_location_has_nothing_and_cannot_be_written(open_scene: Any) -> None:
    scene = open_scene()
    scene.entered["stock_location_id"] = "9"
    scene.connector = scene.connect()
    (reading,) = scene.connector.read_stock([scene.lamp])
    assert reading.quantity == 0
    (result,) = scene.connector.push_stock([StockWrite(scene.lamp, 5, None, "key")])
    assert result.outcome is Outcome.UNKNOWN
    assert "FOREIGN KEY" in result.reason


def test_a_price_in_another_currency_is_refused_alone(scene: Any) -> None:
    writes = [
        PriceWrite(scene.lamp, Money.of("9.00", "USD"), "a"),
        PriceWrite(scene.lamp, Money.of("9.00", "EUR"), "b"),
    ]
    results = scene.connector.push_prices(writes)
    outcomes = [one.outcome for one in results]
    assert outcomes == [Outcome.REFUSED, Outcome.ACCEPTED]
    assert "USD" in results[0].reason
    assert scene.shop.state.variants[scene.lamp].price == 900


# -- parcels, cancellations, refunds ---------------------------------------------------


def test_making_a_parcel_leaves_what_shoppers_can_buy_as_it_is(scene: Any) -> None:
    order = scene.buy(quantity=2)
    scene.connector.push_fulfillment(scene.parcel(order))
    variant = scene.shop.state.variants[scene.lamp]
    assert (variant.on_hand, variant.allocated, variant.free) == (8, 0, 8)


def test_a_parcel_stuck_half_way_is_sent_by_the_next_push(scene: Any) -> None:
    order = scene.buy()
    push = scene.parcel(order)
    scene.connector.check()
    scene.wire.loses = lambda request: b"mutation Fulfill" in request.content
    assert scene.connector.push_fulfillment(push).outcome is Outcome.UNKNOWN
    scene.wire.loses = lambda request: False
    assert scene.connector.find_fulfillment(push) is None
    assert scene.connector.push_fulfillment(push).outcome is Outcome.ACCEPTED
    assert [one.state for one in scene.shop.order(order).fulfillments] == ["Shipped"]


def test_a_parcel_without_a_number_is_known_by_its_lines(scene: Any) -> None:
    push = scene.parcel(scene.buy(), "")
    first = scene.connector.push_fulfillment(push)
    assert scene.connector.push_fulfillment(push) == first
    assert scene.connector.find_fulfillment(push) == first.external_id


def test_another_parcel_for_the_same_goods_is_refused_with_vendures_reason(
    scene: Any,
) -> None:
    order = scene.buy()
    scene.connector.push_fulfillment(scene.parcel(order))
    result = scene.connector.push_fulfillment(scene.parcel(order, "JD0142"))
    assert result.outcome is Outcome.REFUSED
    assert "ITEMS_ALREADY_FULFILLED_ERROR" in result.reason


def test_a_parcel_that_was_called_off_is_none(scene: Any) -> None:
    order = scene.buy()
    push = scene.parcel(order)
    scene.connector.push_fulfillment(push)
    scene.shop.order(order).fulfillments[0].state = "Cancelled"
    assert scene.connector.find_fulfillment(push) is None


def test_a_parcel_that_may_not_be_sent_is_refused(scene: Any) -> None:
    order = scene.buy()
    push = scene.parcel(order)
    refusal = {"errorCode": "X", "message": "no", "__typename": "Error"}
    answer = {"data": {"transitionFulfillmentToState": refusal}}
    scene.wire.stand_in = lambda request: (
        httpx.Response(200, json=answer) if b"SendOff" in request.content else None
    )
    assert scene.connector.push_fulfillment(push).outcome is Outcome.REFUSED


@pytest.mark.parametrize("order_id", ["424242"])
def test_an_order_that_is_unknown_refuses_everything(scene: Any, order_id: str) -> None:
    known = scene.buy()
    parcel = scene.parcel(known, order_external_id=order_id)
    refund = scene.refund(known, order_external_id=order_id)
    end = CancellationPush(order_id, "sold out", True, "key")
    assert scene.connector.find_fulfillment(parcel) is None
    assert scene.connector.find_refund(refund) is None
    for result in (
        scene.connector.push_fulfillment(parcel),
        scene.connector.push_refund(refund),
        scene.connector.push_cancellation(end),
    ):
        assert result.outcome is Outcome.REFUSED
        assert order_id in result.reason


def test_an_order_of_which_goods_have_left_is_not_cancelled(scene: Any) -> None:
    order = scene.buy()
    scene.connector.push_fulfillment(scene.parcel(order))
    end = CancellationPush(order, "sold out", True, "key")
    assert scene.connector.push_cancellation(end).outcome is Outcome.REFUSED
    assert scene.shop.order(order).state == "Shipped"


def test_an_order_that_has_nothing_left_cannot_be_cancelled(scene: Any) -> None:
    order = scene.buy()
    line = scene.shop.order(order).lines[0].line_id
    scene.shop.edit_line(order, line, 0)
    end = CancellationPush(order, "sold out", True, "key")
    result = scene.connector.push_cancellation(end)
    assert "EMPTY_ORDER_LINE_SELECTION_ERROR" in result.reason


def test_a_cancellation_makes_units_free_again(scene: Any) -> None:
    order = scene.buy(quantity=4)
    end = CancellationPush(order, "sold out", True, "key")
    assert scene.connector.push_cancellation(end).outcome is Outcome.ACCEPTED
    assert scene.shop.shown(scene.lamp) == 10
    told = scene.read(order)
    assert told.cancelled
    assert [line.quantity_taken for line in told.lines] == [0]


def test_a_refund_in_another_currency_is_refused(scene: Any) -> None:
    order = scene.buy()
    push = scene.refund(order, lines=(), shipping=Money.of("1.00", "USD"))
    assert "USD" in scene.connector.push_refund(push).reason


def test_a_refund_of_a_promised_payment_is_refused(open_scene: Any) -> None:
    scene = open_scene(promises_only=True)
    result = scene.connector.push_refund(scene.refund(scene.buy()))
    assert result.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    "told",
    [
        {"__typename": "Refund", "id": "1", "state": "Failed"},
        {"__typename": "RefundAmountError", "errorCode": "X", "message": "too much"},
    ],
)
def test_a_refund_that_failed_is_refused(scene: Any, told: dict[str, str]) -> None:
    push = scene.refund(scene.buy())
    answer = {"data": {"refundOrder": told}}
    scene.wire.stand_in = lambda request: (
        httpx.Response(200, json=answer)
        if b"mutation Refund" in request.content
        else None
    )
    assert scene.connector.push_refund(push).outcome is Outcome.REFUSED


# -- access and errors -----------------------------------------------------------------


def test_a_session_that_has_ended_is_begun_anew_unasked(scene: Any) -> None:
    scene.connector.check()
    scene.shop.faults.arm_once(Fault.EXPIRED_TOKEN)
    scene.connector.read_stock([scene.lamp])
    assert len(scene.asked("mutation SignIn")) == 2


def test_a_session_that_ends_at_once_is_tried_again_later(scene: Any) -> None:
    forbidden = {"message": "no", "extensions": {"code": "FORBIDDEN"}}
    scene.wire.stand_in = lambda request: (
        None
        if b"SignIn" in request.content
        else httpx.Response(200, json={"errors": [forbidden]})
    )
    with pytest.raises(RetryLaterError, match="new session"):
        scene.connector.fetch_orders(["1"])


def test_what_the_role_may_not_do_is_refused_and_asks_for_no_password(
    open_scene: Any,
) -> None:
    scene = open_scene(permissions=("Authenticated",))
    with pytest.raises(RejectedError, match="does not allow"):
        scene.connector.fetch_orders(["1"])


def test_two_workers_share_one_session(scene: Any) -> None:
    scene.connector.check()
    scene.connect().check()
    assert len(scene.asked("mutation SignIn")) == 1


def test_a_worker_that_signed_in_later_takes_the_session_that_is_kept(
    scene: Any,
) -> None:
    def sign_in_elsewhere(request: httpx.Request) -> None:
        if b"mutation SignIn" in request.content:
            scene.wire.stand_in = lambda _: None
            scene.connect().check()

    scene.wire.stand_in = sign_in_elsewhere
    scene.connector.check()
    kept = scene.credentials.load()
    assert kept.version == 1
    bearer = f"Bearer {kept.values['token']}"
    assert scene.wire.requests[-1].headers["authorization"] == bearer


def test_a_wrong_password_asks_for_another(scene: Any) -> None:
    scene.entered["password"] = "wrong"
    with pytest.raises(ReauthRequiredError, match="username and password"):
        scene.connect().check()


def test_a_wrong_api_key_asks_for_another(open_scene: Any) -> None:
    entered = {"server_url": "https://vendure.example", "api_key": "wrong"}
    with pytest.raises(ReauthRequiredError, match="credentials"):
        open_scene(entered=entered).connector.check()


def test_what_an_api_key_may_do_is_tried_without_changing_anything(
    open_scene: Any,
) -> None:
    entered = {"server_url": "https://vendure.example"}
    scene = open_scene(entered={**entered, "api_key": "simulated-api-key-0001"})
    assert scene.connector.check().currency == "EUR"
    assert scene.asked("query Me") == []
    assert scene.shop.shown(scene.lamp) == 10


def test_what_an_api_key_may_not_do_is_named(open_scene: Any) -> None:
    entered = {"server_url": "https://vendure.example", "api_key": "key"}
    may = ("Authenticated", "ReadOrder", "ReadProduct", "ReadStockLocation")
    scene = open_scene(entered=entered, api_key="key", permissions=may)
    with pytest.raises(RejectedError) as caught:
        scene.connector.check()
    assert caught.value.next_step == "Give its role: UpdateOrder, UpdateProduct."


def test_a_server_that_hands_out_no_token_is_told(scene: Any) -> None:
    answer = {"data": {"login": {"__typename": "CurrentUser"}}}
    scene.wire.stand_in = always(200, json=answer)
    with pytest.raises(RejectedError, match="no token"):
        scene.connector.check()


def test_nobody_at_all_is_told(scene: Any) -> None:
    scene.wire.stand_in = lambda request: (
        httpx.Response(200, json={"data": {"me": None}})
        if b"query Me" in request.content
        else None
    )
    with pytest.raises(ReauthRequiredError, match="who the hub is"):
        scene.connector.check()


def test_the_channel_token_goes_along(scene: Any) -> None:
    scene.entered["vendure_channel"] = scene.shop.settings.channel_token
    scene.connect().check()
    tokens = {request.headers["vendure-token"] for request in scene.wire.requests}
    assert tokens == {"harbour-token"}


def test_missing_permissions_are_named(open_scene: Any) -> None:
    scene = open_scene(permissions=("Authenticated", "ReadOrder", "ReadStockLocation"))
    with pytest.raises(RejectedError) as caught:
        scene.connector.check()
    assert "UpdateOrder, ReadProduct or ReadCatalog" in caught.value.next_step


def test_several_locations_want_a_choice(open_scene: Any) -> None:
    scene = open_scene(locations=("Harbour", "Hill"))
    with pytest.raises(RejectedError, match="2 stock locations") as caught:
        scene.connector.check()
    assert "1 (Harbour), 2 (Hill)" in caught.value.next_step
    scene.entered["stock_location_id"] = "2"
    (warning,) = scene.connect().check().warnings
    assert "'Hill' only" in warning
    scene.entered["stock_location_id"] = "3"
    with pytest.raises(RejectedError, match="no stock location '3'"):
        scene.connect().check()


def test_a_threshold_and_a_missing_handler_are_warned_of(open_scene: Any) -> None:
    scene = open_scene(out_of_stock_threshold=-5, handler="warehouse")
    warnings = scene.connector.check().warnings
    assert ["-5" in warnings[0], "manual-fulfillment" in warnings[1]] == [True, True]


def test_an_error_without_a_code_is_waited_out_or_unknown(scene: Any) -> None:
    order = scene.buy()
    scene.connector.check()
    scene.wire.stand_in = lambda request: (
        httpx.Response(200, json=PROBLEM) if b"Cancel" in request.content else None
    )
    end = CancellationPush(order, "sold out", True, "key")
    assert scene.connector.push_cancellation(end).outcome is Outcome.UNKNOWN
    scene.wire.stand_in = always(200, json=PROBLEM)
    with pytest.raises(RetryLaterError, match="failed inside"):
        scene.connector.read_stock([scene.lamp])


@pytest.mark.parametrize("answer", [[], {"data": None}, {"data": {"cancelOrder": 5}}])
def test_an_answer_that_is_none_leaves_a_write_unknown(scene: Any, answer: Any) -> None:
    order = scene.buy()
    scene.wire.stand_in = lambda request: (
        httpx.Response(200, json=answer) if b"Cancel" in request.content else None
    )
    end = CancellationPush(order, "sold out", True, "key")
    assert scene.connector.push_cancellation(end).outcome is Outcome.UNKNOWN


def test_an_answer_that_is_none_breaks_the_contract_of_a_read(scene: Any) -> None:
    scene.connector.check()
    answers: list[Any] = [[], {"data": None}, {"data": {"orders": {"items": 5}}}]
    for answer in answers:
        scene.wire.stand_in = always(200, json=answer)
        with pytest.raises(ContractBrokenError):
            scene.connector.fetch_orders(["1"])


def test_a_refusal_with_a_code_is_one(scene: Any) -> None:
    scene.connector.check()
    problem = {
        "message": "Cannot take more",
        "extensions": {"code": "USER_INPUT_ERROR"},
    }
    scene.wire.stand_in = always(200, json={"errors": [problem], "data": None})
    with pytest.raises(RejectedError, match="Cannot take more"):
        scene.connector.fetch_orders(["1"])
    (result,) = _push_blindly(scene)
    assert result.outcome is Outcome.REFUSED


def _push_blindly(scene: Any) -> Any:
    """Write stock where reading still works and writing is refused."""
    refuse = scene.wire.stand_in
    scene.wire.stand_in = lambda request: (
        refuse(request) if b"mutation WriteVariants" in request.content else None
    )
    return scene.connector.push_stock([StockWrite(scene.lamp, 5, None, "key")])


def test_the_time_of_a_reading_is_the_servers_or_else_ours(scene: Any) -> None:
    scene.connector.check()
    (reading,) = scene.connector.read_stock([scene.lamp])
    assert reading.read_at == scene.clock.now()
    body = orjson.dumps({"data": {"productVariants": {"items": []}}})
    theirs = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    for text, wanted in (
        ("", None),
        ("yesterday", None),
        ("Mon, 02 Nov 2026 08:30:00 GMT", theirs),
        ("Mon, 02 Nov 2026 08:30:00 -0000", theirs),
    ):
        scene.wire.stand_in = always(200, content=body, headers={"date": text})
        (reading,) = scene.connector.read_stock([scene.lamp])
        assert reading.quantity is None
        assert reading.read_at == (wanted or scene.clock.now())
    assert scene.connector.read_stock([]) == ()


def test_a_lost_answer_is_told_by_the_error_too(scene: Any) -> None:
    scene.connector.check()
    scene.wire.loses = lambda request: b"WriteVariants" in request.content
    price = PriceWrite(scene.lamp, Money.of("9.00", "EUR"), "b")
    (result,) = scene.connector.push_prices([price])
    assert result.outcome is Outcome.UNKNOWN


# -- settings --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("https://shop.example/", "https://shop.example"),
        ("https://shop.example/admin-api", "https://shop.example"),
        (" https://shop.example/store/admin-api/ ", "https://shop.example/store"),
    ],
)
def test_an_address_is_tidied(entered: str, kept: str) -> None:
    settings = VendureSettings.model_validate({"server_url": entered, "api_key": "k"})
    assert settings.server_url == kept


@pytest.mark.parametrize(
    "entered",
    [
        {"server_url": "shop.example", "api_key": "k"},
        {"server_url": "https://me:secret@shop.example", "api_key": "k"},
        {"server_url": "https://shop.example"},
        {"server_url": "https://shop.example", "username": "me"},
        {
            "server_url": "https://shop.example",
            "api_key": "k",
            "username": "me",
            "password": "p",
        },
    ],
)
def test_settings_that_lead_nowhere_are_refused(entered: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        VendureSettings.model_validate(entered)


def test_a_variant_that_counts_nothing_is_listed_as_untracked(open_scene: Any) -> None:
    scene = open_scene(tracks_by_default=False)
    scene.shop.add_variant(
        NewVariant(sku="GIFT", name="Gift", price=500, tracking="FALSE")
    )
    scene.shop.add_variant(
        NewVariant(sku="CHAIR", name="Chair", price=500, stock=3, tracking="TRUE")
    )
    found = {
        listing.sku: (listing.tracked, listing.quantity)
        for record in scene.connector.pull_listings(None).records
        for listing in plugin.translator.read_listings(record.payload)
    }
    assert found == {"LAMP": (False, None), "GIFT": (False, None), "CHAIR": (True, 3)}
