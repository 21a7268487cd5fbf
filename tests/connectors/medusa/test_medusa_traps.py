"""What a real Medusa server was seen to do, and how the connector is not taken in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import (
    ContractBrokenError,
    ReauthRequiredError,
    RejectedError,
)
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine, Order, PaymentState
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PriceWrite,
    RefundedLine,
    RefundPush,
    StockWrite,
)
from crossdock.connectors.medusa import plugin
from crossdock.connectors.medusa.cursor import GROWTH_MAX, Place, Walk
from crossdock.connectors.medusa.orders import PAGE_SIZE, PAYMENTS_PAGE_SIZE
from crossdock.connectors.medusa.settings import MedusaSettings
from crossdock.simulators.medusa import NewProduct, NewVariant
from pydantic import ValidationError

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def pull_all(scene: Any, cursor: str | None = None) -> tuple[dict[str, Order], str]:
    """Pull to the end; return the orders by id, and the cursor."""
    found = {}
    while True:
        page = scene.connector.pull_orders(cursor, since=START - timedelta(days=1))
        for record in page.records:
            order = plugin.translator.read_order(record.payload)
            assert record.updated_at == order.updated_at
            found[order.external_id] = order
        cursor = page.cursor
        if page.complete:
            return found, cursor


def describe_parcel(scene: Any, order_id: str, **changes: Any) -> FulfillmentPush:
    line = scene.shop.order(order_id).lines[0]
    told: dict[str, Any] = {
        "reference": "parcel-1",
        "order_external_id": order_id,
        "lines": (FulfilledLine(line_external_id=line.line_id, quantity=1),),
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
    line = scene.shop.order(order_id).lines[0]
    return RefundPush(
        reference="refund-1",
        order_external_id=order_id,
        lines=(RefundedLine(line.line_id, 1, Money.of(amount, "EUR")),),
        shipping=Money.zero("EUR"),
        reason="scratched " * 200,
        idempotency_key="refund-1",
    )


def test_a_capture_that_does_not_move_the_order_is_pulled_all_the_same(
    open_scene: Any,
) -> None:
    scene = open_scene()
    order_id = scene.buy(captured=False)
    scene.clock.advance(3600)
    found, cursor = pull_all(scene)
    assert found[order_id].payment is PaymentState.AUTHORIZED
    scene.clock.advance(3600)
    scene.shop.capture_order(order_id)
    assert scene.shop.order(order_id).changed_at == found[order_id].updated_at
    found, _ = pull_all(scene, cursor)
    assert found[order_id].payment is PaymentState.PAID


def test_more_captures_than_a_page_are_walked(open_scene: Any) -> None:
    scene = open_scene()
    placed = [scene.buy(captured=False) for _ in range(2 * PAYMENTS_PAGE_SIZE + 5)]
    scene.clock.advance(3600)
    _, cursor = pull_all(scene)
    scene.clock.advance(3600)
    for order_id in placed:
        scene.shop.capture_order(order_id)
    found, _ = pull_all(scene, cursor)
    assert sorted(found) == sorted(placed)


def test_a_moment_with_more_orders_than_a_page_is_read_in_a_larger_one(
    open_scene: Any,
) -> None:
    scene = open_scene()
    placed = {scene.buy() for _ in range(3 * PAGE_SIZE)}
    assert set(pull_all(scene)[0]) == placed


def test_an_order_that_moves_while_we_read_is_not_lost(open_scene: Any) -> None:
    scene = open_scene()
    placed = []
    for _ in range(PAGE_SIZE + 20):
        placed.append(scene.buy())
        scene.clock.advance(1)
    first = scene.connector.pull_orders(None, since=START)
    for order_id in placed[:30]:
        scene.shop.ship_order(order_id)  # they leave the first page
    rest, _ = pull_all(scene, first.cursor)
    assert {record.external_id for record in first.records} | set(rest) == set(placed)


def test_a_filter_that_is_ignored_is_noticed(open_scene: Any) -> None:
    scene = open_scene()
    scene.buy()
    _, cursor = pull_all(scene)
    scene.clock.advance(86400)
    scene.buy()
    _, later = pull_all(scene, cursor)
    old = next(answer for request, answer in scene.wire.answers if answer.content)
    scene.wire.stand_in = lambda request: httpx.Response(
        200, content=old.content, headers={"content-type": "application/json"}
    )
    with pytest.raises(ContractBrokenError, match="ignored a filter"):
        scene.connector.pull_orders(later, since=START)


def test_a_walk_that_would_never_end_is_left() -> None:
    walk = Walk(START, GROWTH_MAX)
    with pytest.raises(ContractBrokenError, match="never end"):
        walk.advance([START] * (2 << GROWTH_MAX), 2)


def test_a_cursor_that_was_not_written_here_is_refused(open_scene: Any) -> None:
    for text in ("", "{}", "[2,null,0,null,0,false]"):
        with pytest.raises(ContractBrokenError, match="saved cursor"):
            Place.decode(text)
        with pytest.raises(ContractBrokenError, match="saved cursor"):
            open_scene().connector.pull_listings(text)


def test_more_ids_than_a_query_may_name_are_asked_for_in_several(
    open_scene: Any,
) -> None:
    scene = open_scene()
    placed = [scene.buy() for _ in range(45)]
    records = scene.connector.fetch_orders([*placed, "order_nope"])
    assert [record.external_id for record in records] == placed
    assert len(scene.wire.requests) == 3


def test_a_written_quantity_is_what_can_be_bought_beside_what_is_reserved(
    open_scene: Any,
) -> None:
    scene = open_scene()
    scene.buy(4)
    (result,) = scene.connector.push_stock(
        [StockWrite(scene.lamp_stock, 6, None, "key")]
    )
    assert (result.outcome, result.observed) == (Outcome.ACCEPTED, 6)
    _, variant = scene.shop.state.find_listing(scene.lamp)
    assert (variant.stocked, variant.reserved, variant.available) == (10, 4, 6)


def test_an_order_that_slips_in_between_reading_and_writing_is_not_erased(
    open_scene: Any,
) -> None:
    scene = open_scene()

    def sell_before_the_write(request: httpx.Request) -> None:
        if request.method == "POST":
            scene.wire.stand_in = lambda _: None
            scene.buy(2)

    scene.wire.stand_in = sell_before_the_write
    scene.connector.push_stock([StockWrite(scene.lamp_stock, 6, None, "key")])
    assert scene.shop.shown(scene.lamp) == 4


def test_packing_leaves_what_can_be_bought_as_it_is(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy(4)
    before = scene.shop.shown(scene.lamp)
    scene.connector.push_fulfillment(describe_parcel(scene, order_id))
    assert scene.shop.shown(scene.lamp) == before
    (reading,) = scene.connector.read_stock([scene.lamp_stock])
    assert reading.quantity == before


def test_a_price_leaves_the_other_prices_of_its_variant_alone(open_scene: Any) -> None:
    scene = open_scene()
    _, variant = scene.shop.state.find_listing(scene.lamp)
    others = [
        {"currency_code": "usd", "amount": 22.5, "rules": {}},
        {"currency_code": "eur", "amount": 15.0, "rules": {"region_id": "reg_1"}},
        {"currency_code": "eur", "amount": 12.0, "min_quantity": 10, "rules": {}},
    ]
    variant.prices += others
    write = PriceWrite(scene.lamp, Money.of("19.99", "EUR"), "key")
    (result,) = scene.connector.push_prices([write])
    assert result.outcome is Outcome.ACCEPTED
    shown = [
        (one["currency_code"], one["amount"], one["rules"], one["min_quantity"])
        for one in variant.prices
    ]
    assert shown == [
        ("usd", 22.5, {}, None),
        ("eur", 15.0, {"region_id": "reg_1"}, None),
        ("eur", 12.0, {}, 10),
        ("eur", 19.99, {}, None),
    ]


def test_a_variant_that_is_gone_is_refused_although_the_server_says_200(
    open_scene: Any,
) -> None:
    scene = open_scene()
    product = scene.lamp.partition("/")[0]
    write = PriceWrite(f"{product}/variant_gone", Money.of("1", "EUR"), "key")
    (result,) = scene.connector.push_prices([write])
    assert (result.outcome, result.reason) == (
        Outcome.REFUSED,
        "the server has no variant 'variant_gone'",
    )


def test_what_was_packed_and_not_shipped_is_gone_on_with(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy(2)
    parcel = describe_parcel(scene, order_id)
    scene.wire.loses = lambda request: request.url.path.endswith("/fulfillments")
    assert scene.connector.push_fulfillment(parcel).outcome is Outcome.UNKNOWN
    scene.wire.loses = lambda request: False
    assert scene.connector.find_fulfillment(parcel) is None
    result = scene.connector.push_fulfillment(parcel)
    (made,) = scene.shop.order(order_id).fulfillments
    assert (result.outcome, result.external_id) == (
        Outcome.ACCEPTED,
        made.fulfillment_id,
    )
    assert made.shipped_at is not None


def test_a_shipment_that_somebody_made_meanwhile_is_success(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy(1)
    words = {"type": "not_allowed", "message": "Shipment has already been created"}

    def ship_first(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/shipments"):
            return httpx.Response(400, json=words)
        return None

    scene.wire.stand_in = ship_first
    result = scene.connector.push_fulfillment(describe_parcel(scene, order_id))
    assert result.outcome is Outcome.ACCEPTED


def test_a_shipment_that_is_refused_for_another_reason_is_refused(
    open_scene: Any,
) -> None:
    scene = open_scene()
    order_id = scene.buy(1)

    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/shipments"):
            return httpx.Response(400, json={"message": "The label is wrong"})
        return None

    scene.wire.stand_in = refuse
    result = scene.connector.push_fulfillment(describe_parcel(scene, order_id))
    assert result.outcome is Outcome.REFUSED
    assert "The label is wrong" in result.reason


def test_a_parcel_of_more_than_is_left_is_refused_in_the_servers_words(
    open_scene: Any,
) -> None:
    scene = open_scene()
    order_id = scene.buy(1)
    scene.shop.ship_order(order_id)
    result = scene.connector.push_fulfillment(describe_parcel(scene, order_id))
    assert result.outcome is Outcome.REFUSED
    assert "exceeds the reserved quantity" in result.reason


def test_a_parcel_for_a_cancelled_order_is_refused(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy(1)
    push = describe_parcel(scene, order_id)
    scene.shop.cancel_order(order_id)
    result = scene.connector.push_fulfillment(push)
    assert (result.outcome, result.reason) == (
        Outcome.REFUSED,
        "the order is cancelled",
    )


def test_an_order_of_which_something_is_packed_is_not_cancelled(
    open_scene: Any,
) -> None:
    scene = open_scene()
    order_id = scene.buy(2)
    scene.connector.push_fulfillment(describe_parcel(scene, order_id))
    push = CancellationPush(order_id, "out of stock", True, "key")
    result = scene.connector.push_cancellation(push)
    assert result.outcome is Outcome.REFUSED
    assert "must be canceled before" in result.reason


def test_a_cancellation_pays_back_and_frees_what_was_reserved(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy(5)
    push = CancellationPush(order_id, "out of stock", True, "key")
    for _ in range(2):
        assert scene.connector.push_cancellation(push).outcome is Outcome.ACCEPTED
    assert scene.shop.shown(scene.lamp) == 900
    order = pull_all(scene)[0][order_id]
    assert (order.cancelled, order.payment) == (True, PaymentState.REFUNDED)
    assert order.lines[0].quantity_taken == 0
    assert len(order.refunds) == 1


def test_money_that_was_never_captured_is_not_paid_back(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy(captured=False)
    result = scene.connector.push_refund(describe_refund(scene, order_id, "2.50"))
    assert (result.outcome, result.reason) == (
        Outcome.REFUSED,
        "no payment of the order has 2.50 EUR left to pay back",
    )


def test_a_long_reason_leaves_room_for_the_reference(open_scene: Any) -> None:
    scene = open_scene()
    order_id = scene.buy()
    push = describe_refund(scene, order_id, "2.50")
    first = scene.connector.push_refund(push)
    again = scene.connector.push_refund(push)
    assert first == again
    (refund,) = scene.shop.order(order_id).payment.refunds
    assert len(refund.note) <= 500
    assert refund.note.endswith("(reference refund-1)")


def test_the_total_of_an_order_does_not_fall_by_what_was_paid_back(
    open_scene: Any,
) -> None:
    scene = open_scene()
    order_id = scene.buy()
    before = pull_all(scene)[0][order_id]
    scene.connector.push_refund(describe_refund(scene, order_id, "2.50"))
    after = pull_all(scene)[0][order_id]
    assert (before.total, before.residue) == (after.total, after.residue)
    assert after.payment is PaymentState.PARTIALLY_REFUNDED


def test_ids_that_cannot_be_medusas_never_become_a_path(open_scene: Any) -> None:
    scene = open_scene()
    parcel = describe_parcel(scene, scene.buy(), order_external_id="../users")
    assert scene.connector.push_fulfillment(parcel).outcome is Outcome.REFUSED
    assert scene.connector.find_fulfillment(parcel) is None
    assert not scene.wire.requests


def test_variants_are_listings_with_the_stock_of_their_items(open_scene: Any) -> None:
    scene = open_scene()
    variants = (NewVariant(sku="S", title="Small", stock=3), NewVariant(sku="L"))
    mug = scene.shop.add_product(NewProduct(name="Mug", variants=variants))
    card = scene.shop.add_product(NewProduct(name="Card", sku="CARD", managed=False))
    records = scene.connector.fetch_listings([mug, card, "prod_nope"])
    listings = [
        listing
        for record in records
        for listing in plugin.translator.read_listings(record.payload)
    ]
    assert [(one.sku, one.tracked, one.quantity, one.title) for one in listings] == [
        ("S", True, 3, "Mug: Small"),
        ("L", True, 0, "Mug: Default"),
        ("CARD", False, None, "Card"),
    ]


def test_what_is_not_stocked_at_the_location_is_refused_and_reads_as_nothing(
    open_scene: Any,
) -> None:
    scene = open_scene()
    (reading,) = scene.connector.read_stock(["iitem_nope"])
    assert reading.quantity is None
    (result,) = scene.connector.push_stock([StockWrite("iitem_nope", 5, None, "key")])
    assert result.outcome is Outcome.REFUSED
    (result,) = scene.connector.push_stock([StockWrite("", 5, None, "key")])
    assert result.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"location_id": "sloc_other"}, "no stock location 'sloc_other'"),
        ({"server_url": "https://medusa.example/shop"}, "no Medusa 2 server"),
    ],
)
def test_the_check_says_what_is_wrong(open_scene: Any, own: Any, words: str) -> None:
    with pytest.raises(RejectedError, match=words):
        open_scene(own=own).connector.check()


def test_a_wrong_key_has_to_be_entered_anew(open_scene: Any) -> None:
    scene = open_scene(own={"secret_key": "sk_other"})
    with pytest.raises(ReauthRequiredError):
        scene.connector.check()


def test_the_check_tells_the_store_and_its_currency(open_scene: Any) -> None:
    account = open_scene().connector.check()
    assert (account.external_id, account.name, account.currency) == (
        "store_SIMULATED",
        "Harbour Tea",
        "EUR",
    )


def test_addresses_are_tidied_and_others_refused() -> None:
    told = {"secret_key": "sk_1", "location_id": "sloc_1"}
    for text in ("https://m.example/app", " https://m.example/admin/ "):
        settings = MedusaSettings.model_validate({**told, "server_url": text})
        assert settings.server_url == "https://m.example"
    for text in ("m.example", "https://me@m.example", "https://m.example/?a=b"):
        with pytest.raises(ValidationError):
            MedusaSettings.model_validate({**told, "server_url": text})
    with pytest.raises(ValidationError):
        MedusaSettings.model_validate(
            {**told, "server_url": "https://m.example", "location_id": "a/b"}
        )
