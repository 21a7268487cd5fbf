"""What BigCommerce does that a connector can stumble over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import (
    ContractBrokenError,
    RejectedError,
    RetryLaterError,
)
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pages import Stream
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PriceWrite,
    RefundedLine,
    RefundPush,
    StockWrite,
)
from crossdock.connectors.bigcommerce import plugin
from crossdock.connectors.bigcommerce.cursor import Place
from crossdock.connectors.bigcommerce.orders import PAGE_SIZE
from crossdock.connectors.bigcommerce.settings import BigCommerceSettings
from crossdock.connectors.bigcommerce.webhooks import TOPICS
from crossdock.simulators.bigcommerce import NewProduct, NewVariant
from crossdock.simulators.bigcommerce.hooks import payload, sign
from crossdock.simulators.faults import Faults

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def pull_all(scene: Any, since: datetime = START - timedelta(days=1)) -> set[str]:
    cursor, found = None, set()
    while True:
        page = scene.connector.pull_orders(cursor, since=since)
        found |= {record.external_id for record in page.records}
        cursor = page.cursor
        if page.complete:
            return found


def describe_parcel(scene: Any, order_id: str, **changes: Any) -> FulfillmentPush:
    line = scene.store.order(order_id).lines[0]
    told: dict[str, Any] = {
        "reference": "parcel-1",
        "order_external_id": order_id,
        "lines": (FulfilledLine(line_external_id=str(line.line_id), quantity=1),),
        "carrier": "UPS",
        "tracking_number": "1Z999",
        "tracking_url": "",
        "shipped_at": scene.clock.now(),
        "completes_order": True,
        "idempotency_key": "parcel-1",
        **changes,
    }
    return FulfillmentPush(**told)


def describe_refund(scene: Any, order_id: str, amount: str) -> RefundPush:
    line = scene.store.order(order_id).lines[0]
    return RefundPush(
        reference="refund-1",
        order_external_id=order_id,
        lines=(RefundedLine(str(line.line_id), 1, Money.of(amount, "EUR")),),
        shipping=Money.zero("EUR"),
        reason="scratched " * 200,
        idempotency_key="refund-1",
    )


def test_a_second_with_more_orders_than_a_page_is_walked_by_id(open_scene: Any) -> None:
    scene = open_scene()
    placed = {scene.buy() for _ in range(2 * PAGE_SIZE + 5)}
    assert pull_all(scene) == placed


def test_an_order_that_moves_while_we_read_is_not_lost(open_scene: Any) -> None:
    scene = open_scene()
    placed = []
    for _ in range(PAGE_SIZE + 20):
        placed.append(scene.buy())
        scene.clock.advance(1)
    first = scene.connector.pull_orders(None, since=START)
    for order_id in placed[:30]:
        scene.store.set_status(order_id, 9)  # they leave the first page
    rest = scene.connector.pull_orders(first.cursor, since=START)
    found = {record.external_id for page in (first, rest) for record in page.records}
    assert found == set(placed)


def test_a_cursor_that_was_not_written_here_is_refused() -> None:
    for text in ("", "{}", "[2,null,null,null]"):
        with pytest.raises(ContractBrokenError, match="saved cursor"):
            Place.decode(text)


def test_refunds_and_shipments_are_asked_for_only_where_there_are_some(
    open_scene: Any,
) -> None:
    scene = open_scene()
    plain, sent, paid = scene.buy(), scene.buy(), scene.buy()
    scene.store.ship_order(sent, "1Z")
    scene.store.refund_order(paid, None, restock=True)
    page = scene.connector.pull_orders(None, since=START)
    asked = [
        request.url.path.partition("abc123def4")[2] for request in scene.wire.requests
    ]
    assert asked == [
        "/v2/orders",
        "/v3/orders/payment_actions/refunds",
        f"/v2/orders/{sent}/shipments",
    ]
    read = {
        one.external_id: plugin.translator.read_order(one.payload)
        for one in page.records
    }
    assert len(read[sent].fulfillments) == 1
    assert len(read[paid].refunds) == 1
    assert not read[plain].refunds


def test_an_archived_order_is_fetched_and_cancelled(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy()
    scene.store.archive_order(order_id)
    (record,) = scene.connector.fetch_orders([order_id, "not an id"])
    assert plugin.translator.read_order(record.payload).cancelled


def test_what_the_store_does_with_stock_travels_with_the_order(open_scene: Any) -> None:
    scene = open_scene(restocks=False, own={"restocks_by_itself": False})
    order_id = scene.buy(2)
    scene.store.cancel_order(order_id)
    (record,) = scene.connector.fetch_orders([order_id])
    order = plugin.translator.read_order(record.payload)
    assert (order.cancelled, order.lines[0].quantity_taken) == (True, 2)
    assert scene.store.shown(scene.lamp) == 898


def test_a_full_window_is_waited_out_as_the_store_says(open_scene: Any) -> None:
    scene = open_scene(requests_per_window=1)
    scene.connector.list_subscriptions()
    with pytest.raises(RetryLaterError) as long_wait:
        scene.connector.list_subscriptions()
    assert long_wait.value.delay_seconds == 30
    scene.clock.advance(31)
    scene.connector.list_subscriptions()
    scene.clock.advance(20)
    scene.connector.list_subscriptions()
    assert scene.clock.now() - START >= timedelta(seconds=61)


def test_stock_is_written_at_the_level_that_tracks_it(open_scene: Any) -> None:
    scene = open_scene()
    variants = (NewVariant(sku="S", stock=1), NewVariant(sku="L", stock=2))
    mug = NewProduct(
        name="Mug", price=Decimal(9), tracking="variant", variants=variants
    )
    small, large = scene.store.listings_of(scene.store.add_product(mug))
    writes = [
        StockWrite(small, 5, None, "a"),
        StockWrite(scene.lamp_stock, 6, None, "b"),
        StockWrite("nowhere", 7, None, "c"),
        StockWrite(small, 8, None, "d"),
    ]
    outcomes = [each.outcome for each in scene.connector.push_stock(writes)]
    accepted = Outcome.ACCEPTED
    assert outcomes == [accepted, accepted, Outcome.REFUSED, accepted]
    shown = [scene.store.shown(each) for each in (small, large, scene.lamp)]
    assert shown == [8, 2, 6]


def test_a_batch_that_is_wrong_as_a_whole_is_refused_in_the_stores_words(
    open_scene: Any,
) -> None:
    scene = open_scene()
    (result,) = scene.connector.push_stock([StockWrite(scene.lamp, 5, None, "a")])
    assert result.outcome is Outcome.REFUSED
    assert "tracked by product" in result.reason
    assert scene.store.shown(scene.lamp) == 900


def test_what_was_written_reads_back_late(open_scene: Any) -> None:
    scene = open_scene(read_lag_seconds=20)
    scene.connector.push_stock([StockWrite(scene.lamp_stock, 5, None, "a")])
    shown = []
    for _ in range(2):
        (reading,) = scene.connector.read_stock([scene.lamp_stock])
        shown.append(reading.quantity)
        scene.clock.advance(plugin.traits.settle_seconds)
    assert shown == [900, 5]


def test_a_parcel_for_an_order_that_is_closed_is_refused(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy()
    scene.store.cancel_order(order_id)
    result = scene.connector.push_fulfillment(describe_parcel(scene, order_id))
    assert (result.outcome, result.reason) == (
        Outcome.REFUSED,
        "the order is cancelled",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tracking_number": "9" * 51}, "longer than 50"),
        ({"lines": (FulfilledLine(line_external_id="1", quantity=1),)}, "no line '1'"),
        ({"order_external_id": "../1"}, "no id of an order"),
    ],
)
def test_a_parcel_that_cannot_be_told_is_refused_with_the_reason(
    open_scene: Any, changes: dict[str, Any], reason: str
) -> None:
    scene = open_scene()
    push = describe_parcel(scene, scene.buy(), **changes)
    result = scene.connector.push_fulfillment(push)
    assert result.outcome is Outcome.REFUSED
    assert reason in result.reason


def test_a_parcel_told_twice_is_one_shipment_with_a_short_link(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy()
    link = "https://track.example/" + "x" * 500
    push = describe_parcel(scene, order_id, tracking_url=link)
    first, second = (scene.connector.push_fulfillment(push) for _ in range(2))
    assert first == second
    (shipment,) = scene.store.order(order_id).shipments
    assert shipment.told["shipping_provider"] == "ups"
    assert "tracking_link" not in shipment.told
    assert scene.store.order(order_id).status_id == 2


@pytest.mark.parametrize("status_id", [2, 3, 4, 10])
def test_what_has_left_is_not_cancelled(open_scene: Any, status_id: int) -> None:
    scene = open_scene()
    order_id = scene.buy()
    scene.store.set_status(order_id, status_id)
    push = CancellationPush(order_id, "out of stock", True, "key")
    assert scene.connector.push_cancellation(push).outcome is Outcome.REFUSED
    assert scene.store.order(order_id).status_id == status_id


@pytest.mark.parametrize("offline", [True, False])
def test_the_gateway_pays_where_it_can_and_store_credit_never(
    open_scene: Any, offline: bool
) -> None:
    scene = open_scene(offline_gateway=offline)
    order_id = scene.buy()
    push = describe_refund(scene, order_id, "2.50")
    assert scene.connector.push_refund(push).outcome is Outcome.ACCEPTED
    (refund,) = scene.store.order(order_id).refunds
    (payment,) = refund.payments
    assert payment["provider_id"] != "storecredit"
    assert payment["offline"] is offline
    assert len(refund.items[0]["reason"]) <= 1000


def test_a_refund_that_the_store_cannot_pay_is_refused(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy()
    quote = {"data": {"total_refund_amount": 2.5, "refund_methods": []}}

    def answer(request: httpx.Request) -> httpx.Response | None:
        asked = request.url.path.endswith("/refund_quotes")
        return httpx.Response(201, json=quote) if asked else None

    scene.wire.stand_in = answer
    result = scene.connector.push_refund(describe_refund(scene, order_id, "2.50"))
    assert result.outcome is Outcome.REFUSED
    assert "no way to pay" in result.reason


def test_a_price_that_shoppers_do_not_see_is_refused(open_scene: Any) -> None:
    scene = open_scene()
    variant = int(scene.lamp.partition("/")[2])
    answer = {"data": [{"id": variant, "calculated_price": 15.0}]}
    scene.wire.stand_in = lambda request: httpx.Response(200, json=answer)
    write = PriceWrite(scene.lamp, Money.of("19.99", "EUR"), "key")
    (result,) = scene.connector.push_prices([write])
    assert result.outcome is Outcome.REFUSED
    assert "15.00" in result.reason


@pytest.mark.parametrize(
    ("topic", "data", "stream", "record_id"),
    [
        ("store/order/archived", {"id": 5}, Stream.ORDERS, "5"),
        ("store/shipment/deleted", {"id": 9, "orderId": 5}, Stream.ORDERS, "5"),
        ("store/product/deleted", {"id": 7}, Stream.LISTINGS, "7"),
        (
            "store/sku/inventory/updated",
            {"id": 3, "inventory": {"product_id": 7}},
            Stream.LISTINGS,
            "7",
        ),
        ("store/app/uninstalled", {"type": "store"}, None, ""),
    ],
)
def test_a_delivery_names_the_record_that_its_topic_is_about(
    open_scene: Any, topic: str, data: dict[str, Any], stream: Any, record_id: str
) -> None:
    scene = open_scene()
    body = payload(scene.store.state, topic, data)
    headers = sign(scene.store.settings.client_secret, body, scene.clock.now())
    delivery = scene.connector.read_webhook(headers, body)
    assert (delivery.stream, delivery.external_id) == (stream, record_id)
    assert delivery.revoked is (topic == "store/app/uninstalled")
    assert topic in TOPICS


@pytest.mark.parametrize(
    ("settings", "own", "words"),
    [
        ({"may_write": False}, {}, "may not do all"),
        ({}, {"location_id": 7}, "no location 7"),
        ({}, {"store_hash": "elsewhere1"}, "no store 'elsewhere1'"),
    ],
)
def test_the_check_says_what_is_missing(
    open_scene: Any, settings: dict[str, Any], own: dict[str, Any], words: str
) -> None:
    scene = open_scene(own=own, **settings)
    with pytest.raises(RejectedError, match=words) as refusal:
        scene.connector.check()
    assert refusal.value.next_step


def test_a_location_that_is_not_enabled_is_warned_of(open_scene: Any) -> None:
    account = open_scene(location_enabled=False).connector.check()
    assert account.external_id == "abc123def4"
    assert "not enabled" in account.warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "abc123def4",
        "https://api.bigcommerce.com/stores/abc123def4/v3/",
        "store-abc123def4.mybigcommerce.com",
    ],
)
def test_the_store_hash_is_found_in_what_people_copy(text: str) -> None:
    settings = BigCommerceSettings.model_validate(
        {"store_hash": text, "access_token": "x", "client_secret": "y"}
    )
    assert settings.store_url == "https://api.bigcommerce.com/stores/abc123def4"


def test_an_outage_before_anything_was_written_is_told_as_one(open_scene: Any) -> None:
    scene = open_scene(faults=Faults(throttled=1.0))
    with pytest.raises(RetryLaterError):
        scene.connector.push_stock([StockWrite(scene.lamp_stock, 5, None, "a")])
