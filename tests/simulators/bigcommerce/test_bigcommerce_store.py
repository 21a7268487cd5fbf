"""The simulated BigCommerce store behaves as the vendor's contracts and pages say."""

from __future__ import annotations

import json
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from crossdock.simulators.bigcommerce import (
    BigCommerceStore,
    NewProduct,
    NewVariant,
    StoreSettings,
)
from crossdock.simulators.books import BasketLine, SoldOutError
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.wire import Request, Response
from crossdock.simulators.world import World

Json = dict[str, Any]


class Store:
    """A store that sells a lamp, and somebody with its token."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.world = World(self.clock, seed=1)
        self.store = BigCommerceStore(
            "bc", world=self.world, settings=StoreSettings(**settings)
        )
        new = NewProduct(name="Lamp", sku="LAMP", price=Decimal(20), stock=9)
        self.lamp = self.store.add_product(new)
        self.world.receive("LAMP", 9)

    def buy(self, quantity: int = 1) -> str:
        return self.store.sell([BasketLine(self.lamp, quantity)], "Ada")

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Response:
        return self.store.handle(
            Request(
                method,
                f"/stores/abc123def4{path}",
                tuple((name.replace("__", ":"), text) for name, text in query.items()),
                {"x-auth-token": self.store.settings.access_token},
                b"" if body is None else json.dumps(body).encode(),
            )
        )


def test_an_empty_list_of_orders_has_no_content() -> None:
    answer = Store().ask("GET", "/v2/orders")
    assert (answer.status, answer.body) == (204, b"")


def test_times_are_as_e_mail_writes_them_and_amounts_have_four_places() -> None:
    store = Store()
    order = store.ask("GET", f"/v2/orders/{store.buy()}").json()
    assert parsedate_to_datetime(order["date_modified"]) == store.clock.now()
    assert order["total_inc_tax"] == "30.0000"
    assert order["refunded_amount"] == "0.0000"


def test_lines_come_as_links_unless_they_are_asked_for() -> None:
    store = Store()
    path = f"/v2/orders/{store.buy()}"
    assert "resource" in store.ask("GET", path).json()["consignments"]
    wanted = {"include": "consignments.line_items", "consignment_structure": "object"}
    (shipping,) = store.ask("GET", path, **wanted).json()["consignments"]["shipping"]
    assert shipping["line_items"][0]["sku"] == "LAMP"


def test_a_renamed_status_keeps_its_number() -> None:
    store = Store(status_names={11: "To the workshop"})
    order = store.ask("GET", f"/v2/orders/{store.buy()}").json()
    assert (order["status_id"], order["status"]) == (11, "To the workshop")


def test_archived_orders_are_in_no_list_and_can_still_be_asked_for() -> None:
    store = Store()
    order_id = store.buy()
    store.store.archive_order(order_id)
    assert store.ask("GET", "/v2/orders").status == 204
    assert store.ask("GET", f"/v2/orders/{order_id}").json()["is_deleted"] is True


def test_an_adjustment_reads_back_late_and_a_sale_at_once() -> None:
    store = Store(read_lag_seconds=10)
    product = store.lamp.partition("/")[0]
    change = {"location_id": 1, "product_id": int(product), "quantity": 5}
    path = "/v3/inventory/adjustments/absolute"
    answer = store.ask("PUT", path, {"items": [change]})
    assert answer.json()["transaction_id"]

    def read() -> int:
        rows = store.ask("GET", "/v3/inventory/items").json()["data"]
        return int(rows[0]["locations"][0]["total_inventory_onhand"])

    assert (read(), store.store.shown(store.lamp)) == (9, 5)
    store.clock.advance(10)
    assert read() == 5
    store.buy()
    assert read() == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"location_id": 1, "variant_id": 99, "quantity": 1},
        {"location_id": 7, "product_id": 101, "quantity": 1},
        {"location_id": 1, "variant_id": 102, "quantity": 1},
    ],
)
def test_an_adjustment_is_taken_as_a_whole_or_not_at_all(wrong: Json) -> None:
    store = Store()
    assert store.lamp == "101/102"
    good = {"location_id": 1, "product_id": 101, "quantity": 5}
    path = "/v3/inventory/adjustments/absolute"
    assert store.ask("PUT", path, {"items": [good, wrong]}).status == 422
    assert store.store.shown(store.lamp) == 9


def test_stock_tracked_by_variant_is_each_variants_own() -> None:
    store = Store()
    variants = (NewVariant(sku="S", stock=1), NewVariant(sku="L", stock=2))
    mug = NewProduct(
        name="Mug", price=Decimal(9), tracking="variant", variants=variants
    )
    small, large = store.store.listings_of(store.store.add_product(mug))
    store.store.sell([BasketLine(small, 1)], "Ada")
    assert (store.store.shown(small), store.store.shown(large)) == (0, 2)
    with pytest.raises(SoldOutError):
        store.store.sell([BasketLine(small, 1)], "Ada")


@pytest.mark.parametrize(("restocks", "shown"), [(True, 9), (False, 7)])
def test_a_cancellation_gives_units_back_where_the_store_is_set_so(
    restocks: bool, shown: int
) -> None:
    store = Store(restocks=restocks)
    store.store.cancel_order(store.buy(2))
    assert store.store.shown(store.lamp) == shown
    assert store.world.sold_units("LAMP") == 0


def test_a_refund_must_be_exactly_what_was_quoted() -> None:
    store = Store()
    order_id = store.buy()
    actions = f"/v3/orders/{order_id}/payment_actions"
    part = {"item_type": "ORDER", "item_id": int(order_id), "amount": 2.5}
    quote = store.ask("POST", f"{actions}/refund_quotes", {"items": [part]}).json()
    assert quote["data"]["refund_methods"][-1][0]["amount"] == 2.5
    for amount, status in ((2.4, 422), (2.5, 201)):
        payments = [{"provider_id": "stripe", "amount": amount, "offline": False}]
        body = {"items": [part], "payments": payments}
        assert store.ask("POST", f"{actions}/refunds", body).status == status
    assert store.store.order(order_id).status_id == 14
    assert store.store.shown(store.lamp) == 8


def test_units_that_are_refunded_after_they_left_are_returned() -> None:
    store = Store()
    order_id = store.buy(2)
    store.store.ship_order(order_id)
    store.store.refund_order(order_id, None, restock=False)
    assert store.store.order(order_id).paid_back == Decimal("48.00")
    assert store.store.shown(store.lamp) == 9


def test_the_status_follows_the_shipments() -> None:
    store = Store()
    order_id = store.buy(2)
    line = store.store.order(order_id).lines[0]
    address = store.store.order(order_id).address_id
    for status_id in (3, 2):
        body = {
            "order_address_id": address,
            "items": [{"order_product_id": line.line_id, "quantity": 1}],
        }
        answer = store.ask("POST", f"/v2/orders/{order_id}/shipments", body)
        assert answer.status == 201
        assert store.store.order(order_id).status_id == status_id
    assert store.ask("POST", f"/v2/orders/{order_id}/shipments", body).status == 400


def test_one_request_too_many_is_told_how_long_to_wait() -> None:
    store = Store(requests_per_window=2)
    statuses = [store.ask("GET", "/v2/store").status for _ in range(3)]
    assert statuses == [200, 200, 429]
    store.clock.advance(10)
    answer = store.ask("GET", "/v2/store")
    assert answer.headers["x-rate-limit-time-reset-ms"] == "20000"
    store.clock.advance(20)
    assert store.ask("GET", "/v2/store").status == 200


def test_a_stranger_is_let_in_nowhere() -> None:
    store = Store()
    plain = Request("GET", "/stores/abc123def4/v2/store")
    assert store.store.handle(plain).status == 401
    assert store.store.handle(Request("GET", "/stores/other/v2/store")).status == 404


def test_a_webhook_is_signed_thin_and_switched_off_after_its_last_try() -> None:
    store = Store()
    body = {"scope": "store/order/created", "destination": "https://hub.example/x"}
    made = store.ask("POST", "/v3/hooks", body).json()["data"]
    assert store.ask("POST", "/v3/hooks", body).status == 422
    order_id = store.buy()
    heard: list[Envelope] = []

    def refuse(envelope: Envelope) -> int:
        heard.append(envelope)
        return 500

    for _ in range(12):
        store.store.deliverer.deliver_due(refuse)
        store.clock.advance(86_400)
    told = json.loads(heard[0].body)
    assert told["data"] == {"type": "order", "id": int(order_id)}
    assert len({envelope.body for envelope in heard}) == 1
    assert heard[0].headers["webhook-signature"].startswith("v1,")
    assert len(heard) == 12
    assert store.store.state.hooks[made["id"]].active is False
