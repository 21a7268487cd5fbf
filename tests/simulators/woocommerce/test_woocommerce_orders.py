"""Orders: money, stock, changes, refunds, notes, the trash."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.woocommerce import NewProduct, WooCommerceShop
from crossdock.simulators.world import World


@pytest.fixture
def order_id(world: World, clock_listing: str) -> str:
    """An order for 2 of RETRO-CLOCK at 10.00, plus 19 % tax and 4.90 shipping."""
    world.receive("RETRO-CLOCK", 10)
    order_id = world.buy("woo", clock_listing, 2, "Ada Lovelace")
    assert order_id is not None
    return order_id


def read(client: httpx.Client, order_id: str) -> dict[str, Any]:
    answer = client.get(f"/orders/{order_id}")
    assert answer.status_code == 200, answer.text
    row: dict[str, Any] = answer.json()
    return row


def line_id_of(client: httpx.Client, order_id: str) -> int:
    return int(read(client, order_id)["line_items"][0]["id"])


def test_an_orders_amounts_add_up(client: httpx.Client, order_id: str) -> None:
    row = read(client, order_id)
    assert row["line_items"][0]["total"] == "20.00"
    assert row["line_items"][0]["price"] == 10
    assert (row["cart_tax"], row["shipping_total"], row["shipping_tax"]) == (
        "3.80",
        "4.90",
        "0.93",
    )
    assert (row["total"], row["total_tax"]) == ("29.63", "4.73")


def test_a_price_with_more_places_is_rounded_only_for_showing(
    shop: WooCommerceShop, client: httpx.Client, world: World
) -> None:
    listing = shop.add_product(NewProduct(name="Bolt", price=Decimal("3.333"), stock=9))
    row = read(client, str(world.buy("woo", listing, 3, "Ada Lovelace")))
    assert row["line_items"][0]["total"] == "10.00"
    assert row["line_items"][0]["price"] == 3.333
    four = client.get(f"/orders/{row['id']}", params={"dp": "4"}).json()
    assert four["line_items"][0]["total"] == "9.9990"


def test_prices_with_tax_are_shown_without_and_the_total_is_what_was_asked(
    open_shop: Callable[..., WooCommerceShop],
    connect: Callable[[WooCommerceShop], httpx.Client],
    world: World,
) -> None:
    shop = open_shop(prices_include_tax=True, shipping_price=Decimal(0))
    listing = shop.add_product(NewProduct(name="Bolt", price=Decimal("9.99"), stock=9))
    row = read(connect(shop), str(world.buy("woo", listing, 3, "Ada Lovelace")))
    assert row["prices_include_tax"] is True
    assert row["total"] == "29.97"
    assert (row["line_items"][0]["total"], row["total_tax"]) == ("25.18", "4.79")


def test_a_currency_without_minor_units_has_whole_amounts(
    open_shop: Callable[..., WooCommerceShop],
    connect: Callable[[WooCommerceShop], httpx.Client],
    world: World,
) -> None:
    shop = open_shop(currency="JPY", decimals=0, shipping_price=Decimal(500))
    listing = shop.add_product(NewProduct(name="Bolt", price=Decimal(1200), stock=9))
    row = read(connect(shop), str(world.buy("woo", listing, 1, "Ada Lovelace")))
    assert (row["total"], row["shipping_total"]) == ("2023", "500")


def test_a_coupon_lowers_the_total_and_not_the_subtotal(
    shop: WooCommerceShop, client: httpx.Client, clock_listing: str
) -> None:
    order_id = shop.check_out(
        [BasketLine(clock_listing, 2)],
        "Ada Lovelace",
        coupon="harbour10",
        discount_percent=Decimal(10),
    )
    row = read(client, order_id)
    line = row["line_items"][0]
    assert (line["subtotal"], line["total"]) == ("20.00", "18.00")
    assert row["discount_total"] == row["coupon_lines"][0]["discount"] == "2.00"


def test_dates_are_shown_in_the_shops_time_and_in_utc(
    client: httpx.Client, order_id: str
) -> None:
    row = read(client, order_id)
    assert row["date_created"] == "2026-11-02T10:00:00"
    assert row["date_created_gmt"] == row["date_paid_gmt"] == "2026-11-02T09:00:00"
    assert row["date_completed"] is None


def test_a_sale_takes_stock_and_says_so_on_the_line(
    shop: WooCommerceShop, client: httpx.Client, order_id: str, clock_listing: str
) -> None:
    assert shop.shown(clock_listing) == 8
    meta = read(client, order_id)["line_items"][0]["meta_data"]
    assert [(one["key"], one["value"]) for one in meta] == [("_reduced_stock", "2")]


def test_the_shop_sells_no_more_than_it_shows(
    shop: WooCommerceShop, world: World, clock_listing: str
) -> None:
    assert world.buy("woo", clock_listing, 11, "Ada Lovelace") is None
    twice = [BasketLine(clock_listing, 6), BasketLine(clock_listing, 6)]
    assert world.buy_basket("woo", twice, "Ada Lovelace") is None
    assert world.turned_away == 2
    assert shop.shown(clock_listing) == 10
    assert world.orders() == ()


def test_a_backorder_may_go_below_zero(shop: WooCommerceShop, world: World) -> None:
    new = NewProduct(
        name="Late", sku="LATE", price=Decimal(5), stock=1, backorders="yes"
    )
    listing = shop.add_product(new)
    assert world.buy("woo", listing, 3, "Ada Lovelace") is not None
    assert shop.product(listing).stock == -2


def test_an_order_over_rest_may_drive_stock_below_zero(
    shop: WooCommerceShop, client: httpx.Client, clock_listing: str, world: World
) -> None:
    world.receive("RETRO-CLOCK", 10)
    lines = [{"product_id": int(clock_listing), "quantity": 12}]
    answer = client.post("/orders", json={"line_items": lines, "set_paid": True})
    assert answer.status_code == 201
    assert answer.json()["status"] == "processing"
    assert answer.json()["created_via"] == "rest-api"
    assert shop.product(clock_listing).stock == -2
    assert world.oversold_units() == 2


def test_an_unpaid_order_takes_stock_when_it_is_paid(
    shop: WooCommerceShop, client: httpx.Client, clock_listing: str, world: World
) -> None:
    order_id = shop.check_out(
        [BasketLine(clock_listing, 1)], "Ada Lovelace", status="pending"
    )
    assert shop.shown(clock_listing) == 10
    assert world.sold_units() == 0
    client.put(f"/orders/{order_id}", json={"set_paid": True})
    assert shop.shown(clock_listing) == 9
    assert world.sold_units() == 1


def test_a_cancellation_gives_the_stock_back_once(
    shop: WooCommerceShop,
    client: httpx.Client,
    order_id: str,
    clock_listing: str,
    world: World,
) -> None:
    for _ in range(2):
        answer = client.put(f"/orders/{order_id}", json={"status": "cancelled"})
        assert answer.json()["status"] == "cancelled"
    assert shop.shown(clock_listing) == 10
    assert world.sold_units() == 0
    assert read(client, order_id)["line_items"][0]["meta_data"] == []


def test_cancelling_what_has_left_restocks_the_shop_and_not_the_world(
    shop: WooCommerceShop, order_id: str, clock_listing: str, world: World
) -> None:
    shop.set_order_status(order_id, "completed")
    world.cancel("woo", order_id)
    assert shop.shown(clock_listing) == 10
    assert world.sold_units() == 2


def test_a_reopened_order_takes_its_stock_again(
    shop: WooCommerceShop, order_id: str, clock_listing: str, world: World
) -> None:
    world.cancel("woo", order_id)
    shop.set_order_status(order_id, "processing")
    assert shop.shown(clock_listing) == 8
    assert world.sold_units() == 2


def test_completing_an_order_ships_what_it_holds(
    client: httpx.Client, order_id: str, world: World
) -> None:
    answer = client.put(f"/orders/{order_id}", json={"status": "completed"})
    assert answer.json()["date_completed_gmt"] == "2026-11-02T09:00:00"
    assert [line.shipped for line in world.orders()[0].lines.values()] == [2]


def test_staff_edits_move_the_stock_and_the_amounts(
    shop: WooCommerceShop,
    client: httpx.Client,
    order_id: str,
    clock_listing: str,
    world: World,
) -> None:
    line_id = str(line_id_of(client, order_id))
    world.edit("woo", order_id, line_id, 5)
    assert shop.shown(clock_listing) == 5
    assert read(client, order_id)["line_items"][0]["total"] == "50.00"
    world.edit("woo", order_id, line_id, 1)
    assert (shop.shown(clock_listing), world.sold_units()) == (9, 1)
    added = shop.add_order_line(order_id, clock_listing, 3)
    assert len(read(client, order_id)["line_items"]) == 2
    world.edit("woo", order_id, added, 0)
    world.edit("woo", order_id, line_id, 0)
    assert read(client, order_id)["line_items"] == []
    assert (shop.shown(clock_listing), world.sold_units()) == (10, 0)


def test_a_line_of_quantity_zero_in_a_put_is_removed(
    shop: WooCommerceShop, client: httpx.Client, order_id: str, clock_listing: str
) -> None:
    line = {"id": line_id_of(client, order_id), "quantity": 0}
    answer = client.put(f"/orders/{order_id}", json={"line_items": [line]})
    assert answer.json()["line_items"] == []
    assert shop.shown(clock_listing) == 10


def test_a_put_writes_lines_addresses_and_meta(
    client: httpx.Client, order_id: str, clock_listing: str
) -> None:
    changes = {
        "line_items": [
            {"id": line_id_of(client, order_id), "quantity": 3, "total": "30"},
            {"product_id": int(clock_listing), "quantity": 1},
        ],
        "shipping": {"city": "Bergen"},
        "customer_note": "ring twice",
        "meta_data": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}],
    }
    row = client.put(f"/orders/{order_id}", json=changes).json()
    assert [line["quantity"] for line in row["line_items"]] == [3, 1]
    assert row["line_items"][0]["total"] == "30.00"
    assert row["line_items"][0]["total_tax"] == "5.70"
    assert row["shipping"]["city"] == "Bergen"
    assert row["billing"]["city"] != "Bergen"
    assert row["customer_note"] == "ring twice"
    again = {"meta_data": [{"key": "a", "value": "9"}, {"key": "b", "value": None}]}
    row = client.put(f"/orders/{order_id}", json=again).json()
    assert [(one["key"], one["value"]) for one in row["meta_data"]] == [("a", "9")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "lost"}, "rest_invalid_param"),
        ({"line_items": [{"id": 1}]}, "woocommerce_rest_invalid_item_id"),
        (
            {"line_items": [{"product_id": 9}]},
            "woocommerce_rest_required_product_reference",
        ),
    ],
)
def test_a_put_that_makes_no_sense_is_a_400(
    client: httpx.Client, order_id: str, changes: dict[str, Any], code: str
) -> None:
    answer = client.put(f"/orders/{order_id}", json=changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_body_that_is_no_json_object_is_a_400(
    client: httpx.Client, order_id: str
) -> None:
    for body in ("{", "[]"):
        answer = client.put(f"/orders/{order_id}", content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_json")


def test_an_empty_put_moves_the_date_of_change_and_a_note_does_not(
    client: httpx.Client, order_id: str, clock: VirtualClock
) -> None:
    clock.advance(60)
    note = client.post(f"/orders/{order_id}/notes", json={"note": "hello"})
    assert note.status_code == 201
    assert read(client, order_id)["date_modified_gmt"] == "2026-11-02T09:00:00"
    client.put(f"/orders/{order_id}", json={})
    assert read(client, order_id)["date_modified_gmt"] == "2026-11-02T09:01:00"


def test_notes_come_newest_first_and_by_kind(
    client: httpx.Client, order_id: str
) -> None:
    for text, public in (("inside", False), ("outside", True)):
        content = {"note": text, "customer_note": public}
        client.post(f"/orders/{order_id}/notes", json=content)
    path = f"/orders/{order_id}/notes"
    assert [one["note"] for one in client.get(path).json()] == ["outside", "inside"]
    public = client.get(path, params={"type": "customer"}).json()
    assert [one["note"] for one in public] == ["outside"]
    assert client.post(path, json={}).status_code == 400


def test_a_trashed_order_keeps_its_stock_and_will_not_be_shipped(
    shop: WooCommerceShop,
    client: httpx.Client,
    order_id: str,
    clock_listing: str,
    world: World,
) -> None:
    answer = client.delete(f"/orders/{order_id}")
    assert answer.json()["status"] == "trash"
    assert shop.shown(clock_listing) == 8
    assert world.sold_units() == 0
    assert client.delete(f"/orders/{order_id}").status_code == 410
    assert client.delete(f"/orders/{order_id}", params={"force": "true"}).is_success
    assert client.get(f"/orders/{order_id}").status_code == 404


def test_a_batch_gives_each_order_its_own_result(
    client: httpx.Client, order_id: str
) -> None:
    batch = {
        "update": [
            {"id": int(order_id), "status": "on-hold"},
            {"id": 4, "status": "x"},
        ],
        "create": [{"status": "pending"}],
        "delete": [99999],
    }
    results = client.post("/orders/batch", json=batch).json()
    assert results["update"][0]["status"] == "on-hold"
    assert results["update"][1]["error"]["data"]["status"] == 404
    assert results["create"][0]["status"] == "pending"
    assert results["delete"][0]["id"] == 99999


def test_a_deleted_product_leaves_its_name_on_the_line_and_takes_its_sku_along(
    shop: WooCommerceShop, client: httpx.Client, order_id: str, clock_listing: str
) -> None:
    assert read(client, order_id)["line_items"][0]["sku"] == "RETRO-CLOCK"
    shop.rename_sku(clock_listing, "MODERN-CLOCK")
    assert read(client, order_id)["line_items"][0]["sku"] == "MODERN-CLOCK"
    shop.delete_listing(clock_listing)
    line = read(client, order_id)["line_items"][0]
    assert (line["name"], line["sku"]) == ("Retro clock", None)


class TestRefunds:
    def test_a_partial_refund_with_restock_gives_stock_back(
        self,
        shop: WooCommerceShop,
        client: httpx.Client,
        order_id: str,
        clock_listing: str,
        world: World,
    ) -> None:
        line = {"id": line_id_of(client, order_id), "quantity": 1}
        answer = client.post(f"/orders/{order_id}/refunds", json={"line_items": [line]})
        assert answer.status_code == 201
        refund = answer.json()
        assert refund["amount"] == "11.90"
        shown = refund["line_items"][0]
        assert (shown["quantity"], shown["total"]) == (-1, "-10.00")
        assert shown["meta_data"][0]["value"] == str(line["id"])
        assert refund["refunded_payment"] is True
        assert (shop.shown(clock_listing), world.sold_units()) == (9, 1)
        row = read(client, order_id)
        assert row["refunds"][0]["total"] == "-11.90"
        meta = {one["key"]: one["value"] for one in row["line_items"][0]["meta_data"]}
        assert meta == {"_reduced_stock": "1", "_restock_refunded_items": "1"}

    def test_restocking_can_be_declined(
        self,
        shop: WooCommerceShop,
        client: httpx.Client,
        order_id: str,
        clock_listing: str,
        world: World,
    ) -> None:
        line = {"id": line_id_of(client, order_id), "quantity": 1}
        content = {"line_items": [line], "api_restock": False, "api_refund": False}
        answer = client.post(f"/orders/{order_id}/refunds", json=content)
        assert answer.json()["refunded_payment"] is False
        # The shop forgets the unit; it has not left, and lies in the warehouse.
        assert (shop.shown(clock_listing), world.sold_units()) == (8, 1)

    def test_a_full_refund_ends_the_order_and_keeps_its_total(
        self, client: httpx.Client, order_id: str, world: World
    ) -> None:
        world.refund("woo", order_id, restock=True)
        row = read(client, order_id)
        assert (row["status"], row["total"]) == ("refunded", "29.63")
        assert row["refunds"][0]["total"] == "-29.63"
        assert world.sold_units() == 0

    def test_the_status_refunded_refunds_what_is_left_without_restock(
        self,
        shop: WooCommerceShop,
        client: httpx.Client,
        order_id: str,
        clock_listing: str,
    ) -> None:
        client.put(f"/orders/{order_id}", json={"status": "refunded"})
        row = read(client, order_id)
        assert row["refunds"][0]["total"] == "-29.63"
        assert shop.shown(clock_listing) == 8

    def test_a_given_amount_outweighs_the_lines(
        self, client: httpx.Client, order_id: str
    ) -> None:
        content = {"amount": "5.00", "reason": "late"}
        refund = client.post(f"/orders/{order_id}/refunds", json=content).json()
        assert (refund["amount"], refund["line_items"]) == ("5.00", [])
        listed = client.get(f"/orders/{order_id}/refunds")
        assert [one["id"] for one in listed.json()] == [refund["id"]]
        one = client.get(f"/orders/{order_id}/refunds/{refund['id']}")
        assert one.json() == refund

    @pytest.mark.parametrize("amount", ["0", "29.64", "-1", "much"])
    def test_an_amount_that_cannot_be_refunded_is_a_400(
        self, client: httpx.Client, order_id: str, amount: str
    ) -> None:
        answer = client.post(f"/orders/{order_id}/refunds", json={"amount": amount})
        assert answer.status_code == 400

    def test_more_than_was_bought_cannot_be_refunded(
        self, client: httpx.Client, order_id: str
    ) -> None:
        line = {"id": line_id_of(client, order_id), "quantity": 3}
        answer = client.post(f"/orders/{order_id}/refunds", json={"line_items": [line]})
        assert answer.status_code == 400

    def test_a_gateway_that_cannot_refund_says_so_unless_it_is_not_asked(
        self,
        open_shop: Callable[..., WooCommerceShop],
        connect: Callable[[WooCommerceShop], httpx.Client],
        world: World,
    ) -> None:
        shop = open_shop(gateway_refunds=False)
        listing = shop.add_product(NewProduct(name="A", price=Decimal(5), stock=1))
        order_id = world.buy("woo", listing, 1, "Ada Lovelace")
        path = f"/orders/{order_id}/refunds"
        client = connect(shop)
        assert client.post(path, json={"amount": "1"}).status_code == 500
        content = {"amount": "1", "api_refund": False}
        assert client.post(path, json=content).status_code == 201

    def test_refunded_units_are_not_given_back_again_by_a_cancellation(
        self,
        shop: WooCommerceShop,
        client: httpx.Client,
        order_id: str,
        clock_listing: str,
        world: World,
    ) -> None:
        line_id = str(line_id_of(client, order_id))
        world.refund("woo", order_id, {line_id: 1}, restock=True)
        world.cancel("woo", order_id)
        assert (shop.shown(clock_listing), world.sold_units()) == (10, 0)

    def test_given_line_totals_and_taxes_are_what_is_refunded(
        self, client: httpx.Client, order_id: str
    ) -> None:
        line = {
            "id": line_id_of(client, order_id),
            "quantity": 0,
            "refund_total": 2,
            "refund_tax": [{"id": 1, "refund_total": "0.38"}],
        }
        answer = client.post(f"/orders/{order_id}/refunds", json={"line_items": [line]})
        assert answer.json()["amount"] == "2.38"
        assert answer.json()["line_items"][0]["total_tax"] == "-0.38"

    @pytest.mark.parametrize("changes", [{"refund_total": "NaN"}, {"id": 5}])
    def test_a_line_that_makes_no_sense_is_a_400(
        self, client: httpx.Client, order_id: str, changes: dict[str, Any]
    ) -> None:
        line = {"id": line_id_of(client, order_id), "quantity": 1, **changes}
        answer = client.post(f"/orders/{order_id}/refunds", json={"line_items": [line]})
        assert answer.status_code == 400

    def test_a_refund_that_does_not_exist_is_a_404(
        self, client: httpx.Client, order_id: str
    ) -> None:
        assert client.get(f"/orders/{order_id}/refunds/5").status_code == 404
        assert client.get("/orders/5/refunds").status_code == 404

    def test_staff_cannot_refund_or_edit_a_line_that_is_not_there(
        self, world: World, order_id: str
    ) -> None:
        with pytest.raises(KeyError):
            world.refund("woo", order_id, {"5": 1}, restock=True)
        with pytest.raises(KeyError):
            world.edit("woo", order_id, "5", 1)
