"""The simulated Medusa server behaves as a real one was seen to."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from crossdock.simulators.books import BasketLine, SoldOutError
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.medusa import MedusaShop, NewProduct
from crossdock.simulators.wire import Request, Response
from crossdock.simulators.world import World


@pytest.fixture
def shop() -> MedusaShop:
    """A server that sells twenty mugs."""
    made = MedusaShop("medusa", world=World(VirtualClock(), seed=1))
    made.world.receive("MUG", 20)
    made.add_product(NewProduct(name="Mug", sku="MUG", price=Decimal(10), stock=20))
    return made


def mug(shop: MedusaShop) -> str:
    return shop.world.listings("medusa")[0]


def ask(shop: MedusaShop, method: str, path: str, body: Any = None) -> Response:
    plain, _, query = path.partition("?")
    pair = base64.b64encode(f"{shop.settings.secret_key}:".encode()).decode()
    arguments = [each.partition("=") for each in query.split("&") if each]
    return shop.handle(
        Request(
            method,
            f"/admin{plain}",
            query=tuple((name, text) for name, _, text in arguments),
            headers={"authorization": f"Basic {pair}"},
            body=json.dumps(body).encode() if body is not None else b"",
        )
    )


def test_a_capture_moves_the_payments_time_and_not_the_orders(shop: MedusaShop) -> None:
    order_id = shop.sell([BasketLine(mug(shop), 2)], "Ada", captured=False)
    before = shop.order(order_id).changed_at
    shop.clock.pause(60)
    shop.capture_order(order_id)
    assert shop.order(order_id).changed_at == before
    assert shop.order(order_id).payment.changed_at > before


def test_an_unknown_filter_does_nothing_and_a_bad_date_is_a_server_error(
    shop: MedusaShop,
) -> None:
    shop.sell([BasketLine(mug(shop), 2)], "Ada")
    assert ask(shop, "GET", "/orders?colour=red").json()["count"] == 1
    answer = ask(shop, "GET", "/orders?updated_at[$gte]=nonsense")
    assert (answer.status, answer.json()["type"]) == (500, "unknown_error")


def test_a_list_without_a_limit_has_fifteen_orders(shop: MedusaShop) -> None:
    for _ in range(16):
        shop.sell([BasketLine(mug(shop), 1)], "Ada")
    content = ask(shop, "GET", "/orders").json()
    assert (len(content["orders"]), content["count"]) == (15, 16)
    assert len(ask(shop, "GET", "/orders?limit=100000").json()["orders"]) == 16


def test_an_order_reserves_and_packing_takes_both_down(shop: MedusaShop) -> None:
    _, variant = shop.state.find_listing(mug(shop))
    order_id = shop.sell([BasketLine(mug(shop), 3)], "Ada")
    assert (variant.stocked, variant.reserved, variant.available) == (20, 3, 17)
    shop.ship_order(order_id, "JD1")
    assert (variant.stocked, variant.reserved, variant.available) == (17, 0, 17)
    line_id = shop.order(order_id).lines[0].line_id
    shop.refund_order(order_id, {line_id: 1}, restock=True)
    assert (variant.stocked, variant.available) == (18, 18)
    assert shop.world.sold_units("MUG") == 2


def test_units_that_were_not_packed_are_edited_out_at_a_refund(
    shop: MedusaShop,
) -> None:
    order_id = shop.sell([BasketLine(mug(shop), 3)], "Ada")
    line_id = shop.order(order_id).lines[0].line_id
    shop.refund_order(order_id, {line_id: 1}, restock=False)
    order = shop.order(order_id)
    assert (order.lines[0].quantity, order.payment.paid_back) == (2, Decimal("11.90"))
    shop.refund_order(order_id, None, restock=False)
    assert order.canceled_at is not None
    assert shop.shown(mug(shop)) == 20


def test_damaged_units_come_back_and_are_not_on_sale(shop: MedusaShop) -> None:
    order_id = shop.sell([BasketLine(mug(shop), 3)], "Ada")
    shop.ship_order(order_id)
    shop.refund_order(order_id, None, restock=False)
    assert shop.shown(mug(shop)) == 17
    assert shop.order(order_id).returns[0].damaged


def test_a_line_of_nothing_is_gone_and_fewer_than_packed_is_refused(
    shop: MedusaShop,
) -> None:
    order_id = shop.sell([BasketLine(mug(shop), 3)], "Ada")
    line_id = shop.order(order_id).lines[0].line_id
    shop.edit_line(order_id, line_id, 5)
    assert shop.shown(mug(shop)) == 15
    shop.edit_line(order_id, line_id, 0)
    assert shop.order(order_id).lines == []
    assert shop.shown(mug(shop)) == 20
    with pytest.raises(ValueError, match="no line"):
        shop.edit_line(order_id, line_id, 1)


def test_nobody_buys_more_than_is_shown(shop: MedusaShop) -> None:
    shop.set_stock(mug(shop), 1)
    with pytest.raises(SoldOutError):
        shop.sell([BasketLine(mug(shop), 2)], "Ada")


def test_a_second_shipment_and_a_second_cancellation_are_refused(
    shop: MedusaShop,
) -> None:
    sent, unwanted = (shop.sell([BasketLine(mug(shop), 1)], "Ada") for _ in range(2))
    shop.ship_order(sent)
    made = shop.order(sent).fulfillments[0].fulfillment_id
    again = ask(shop, "POST", f"/orders/{sent}/fulfillments/{made}/shipments", {})
    assert (again.status, again.json()["message"]) == (
        400,
        "Shipment has already been created",
    )
    assert ask(shop, "POST", f"/orders/{sent}/cancel", {}).status == 400
    shop.cancel_order(unwanted)
    assert ask(shop, "POST", f"/orders/{unwanted}/cancel", {}).status == 400


def test_prices_of_a_variant_that_is_not_there_are_answered_with_200(
    shop: MedusaShop,
) -> None:
    product = mug(shop).partition("/")[0]
    path = f"/products/{product}/variants/variant_nope"
    assert ask(shop, "POST", path, {"prices": []}).status == 200
    assert ask(shop, "POST", "/products/prod_nope/variants/v", {}).status == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/orders/order_nope", 404),
        ("GET", "/orders?limit=many", 400),
        ("GET", "/stock-locations/sloc_nope", 404),
        ("GET", "/nothing", 404),
        ("POST", "/inventory-items/iitem_nope/location-levels/sloc_SIMULATED", 404),
        ("POST", "/payments/pay_nope/refund", 404),
    ],
)
def test_what_is_not_there_is_not_found(
    shop: MedusaShop, method: str, path: str, status: int
) -> None:
    assert ask(shop, method, path, {}).status == status


def test_less_than_nothing_cannot_be_stocked(shop: MedusaShop) -> None:
    _, variant = shop.state.find_listing(mug(shop))
    path = f"/inventory-items/{variant.item_id}/location-levels/sloc_SIMULATED"
    assert ask(shop, "POST", path, {"stocked_quantity": -1}).status == 400


def test_a_wrong_key_is_unauthorized(shop: MedusaShop) -> None:
    answer = shop.handle(Request("GET", "/admin/orders"))
    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})
