"""The simulated Vendure server behaves as the real one was seen to (3.7.3, SQLite)."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from crossdock.simulators.books import BasketLine, SoldOutError
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.vendure import NewVariant, ShopSettings, VendureShop
from crossdock.simulators.world import World

LOGIN = """mutation SignIn($u: String!, $p: String!) {
  login(username: $u, password: $p) { __typename ... on ErrorResult { errorCode } }
}"""
ORDERS = """query Orders($o: OrderListOptions) {
  orders(options: $o) { totalItems items { id state updatedAt orderPlacedAt } }
}"""
LEVELS = "query { productVariants { items { id stockLevels { stockOnHand } } } }"
UPDATE = """mutation Write($i: [UpdateProductVariantInput!]!) {
  updateProductVariants(input: $i) { id }
}"""
FULFILL = """mutation Fulfill($i: FulfillOrderInput!) {
  addFulfillmentToOrder(input: $i) {
    __typename ... on Fulfillment { id state } ... on ErrorResult { errorCode }
  }
}"""
MOVE = """mutation Move($id: ID!, $state: String!) {
  transitionFulfillmentToState(id: $id, state: $state) {
    __typename ... on ErrorResult { errorCode }
  }
}"""
REFUND = """mutation Refund($i: RefundOrderInput!) {
  refundOrder(input: $i) { __typename ... on ErrorResult { errorCode } }
}"""
CANCEL = """mutation Cancel($i: CancelOrderInput!) {
  cancelOrder(input: $i) { __typename ... on ErrorResult { errorCode } }
}"""


class Talk:
    """A client that has signed in."""

    def __init__(self, world: World, **settings: Any) -> None:
        self.shop = VendureShop(
            "vendure", world=world, settings=ShopSettings(**settings)
        )
        self.world = world
        world.receive("LAMP", 10)
        new = NewVariant(sku="LAMP", name="Lamp", price=2000, stock=10)
        self.lamp = self.shop.add_variant(new)
        self.client = httpx.Client(
            transport=self.shop.wire(), base_url="http://vendure.example"
        )
        known = self.shop.settings
        answer = self.ask(LOGIN, u=known.username, p=known.password)
        token = answer.headers["vendure-auth-token"]
        self.client.headers["authorization"] = f"Bearer {token}"

    def ask(self, document: str, **variables: Any) -> httpx.Response:
        body = {"query": document, "variables": variables}
        return self.client.post("/admin-api", json=body)

    def data(self, document: str, **variables: Any) -> Any:
        answer = self.ask(document, **variables).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def buy(self, quantity: int = 1) -> str:
        return self.shop.sell([BasketLine(self.lamp, quantity)], "Ada Lovelace")

    def pack(self, order: str, units: int = 1, handler: str = "") -> Any:
        wanted = {
            "lines": [
                {
                    "orderLineId": self.shop.order(order).lines[0].line_id,
                    "quantity": units,
                }
            ],
            "handler": {"code": handler or "manual-fulfillment", "arguments": []},
        }
        return self.data(FULFILL, i=wanted)["addFulfillmentToOrder"]


@pytest.fixture
def talk(world: World) -> Talk:
    return Talk(world)


def code_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    return str(answer.json()["errors"][0]["extensions"]["code"])


# -- the door --------------------------------------------------------------------------


def test_a_wrong_password_is_a_type_of_its_own_with_status_200(talk: Talk) -> None:
    answer = talk.ask(LOGIN, u="hub", p="wrong")
    assert answer.status_code == 200
    assert answer.json()["data"]["login"]["errorCode"] == "INVALID_CREDENTIALS_ERROR"
    assert "vendure-auth-token" not in answer.headers


def test_a_stranger_and_one_who_may_not_hear_the_same(world: World) -> None:
    talk = Talk(world, permissions=("Authenticated",))
    assert code_of(talk.ask(ORDERS)) == "FORBIDDEN"
    talk.client.headers["authorization"] = "Bearer of-bad-news"
    assert code_of(talk.ask(ORDERS)) == "FORBIDDEN"
    assert code_of(talk.ask("query { me { id } }")) == "FORBIDDEN"


def test_an_api_key_lets_in_and_another_channel_does_not(talk: Talk) -> None:
    del talk.client.headers["authorization"]
    talk.client.headers["vendure-api-key"] = talk.shop.settings.api_key
    assert talk.data(ORDERS)["orders"]["totalItems"] == 0
    assert code_of(talk.ask("query { me { id } }")) == "FORBIDDEN"
    talk.client.headers["vendure-token"] = "of-another-channel"
    assert code_of(talk.ask(ORDERS)) == "FORBIDDEN"


def test_what_is_no_query_of_the_schema_is_a_400(talk: Talk) -> None:
    assert talk.ask("query { nonsense }").status_code == 400
    assert talk.ask("{").status_code == 400
    assert talk.client.post("/admin-api", content=b"[]").status_code == 400
    assert talk.client.get("/shop-api").status_code == 404


def test_variables_that_do_not_fit_are_told_as_an_error(talk: Talk) -> None:
    assert code_of(talk.ask(UPDATE, i=5)) == "BAD_USER_INPUT"


# -- lists -----------------------------------------------------------------------------


def test_an_order_is_older_by_its_change_than_by_its_placing(talk: Talk) -> None:
    talk.buy()
    (order,) = talk.data(ORDERS)["orders"]["items"]
    assert order["updatedAt"] < order["orderPlacedAt"]
    assert order["updatedAt"].endswith(".000Z")


def test_payment_shipping_and_delivery_do_not_move_the_time_and_a_cancellation_does(
    talk: Talk, clock: VirtualClock
) -> None:
    order = talk.buy()
    before = talk.data(ORDERS)["orders"]["items"][0]["updatedAt"]
    clock.advance(60)
    talk.shop.settle_payment(order)
    talk.shop.ship_order(order, "JD1", delivered=True)
    told = talk.data(ORDERS)["orders"]["items"][0]
    assert (told["state"], told["updatedAt"]) == ("Delivered", before)
    talk.shop.cancel_order(order)
    assert talk.data(ORDERS)["orders"]["items"][0]["updatedAt"] > before


def test_carts_are_in_the_list_until_they_are_filtered_out(talk: Talk) -> None:
    talk.shop.fill_cart("Ada Lovelace")
    assert talk.data(ORDERS)["orders"]["totalItems"] == 1
    placed = {"filter": {"active": {"eq": False}}}
    assert talk.data(ORDERS, o=placed)["orders"]["totalItems"] == 0
    after = {"filter": {"orderPlacedAt": {"after": "2000-01-01T00:00:00Z"}}}
    assert talk.data(ORDERS, o=after)["orders"]["totalItems"] == 0


def test_filters_sort_and_pages_work_together(talk: Talk, clock: VirtualClock) -> None:
    first, second = talk.buy(), talk.buy()
    clock.advance(5)
    third = talk.buy()
    talk.shop.cancel_order(second)

    def ask(**options: Any) -> list[str]:
        found = talk.data(ORDERS, o=options)["orders"]["items"]
        return [order["id"] for order in found]

    assert ask(sort={"id": "DESC"}, take=2) == [third, second]
    assert ask(sort={"id": "ASC"}, skip=1) == [second, third]
    assert ask(filter={"id": {"in": [third]}}) == [third]
    assert ask(filter={"id": {"eq": first}}) == [first]
    assert ask(filter={"state": {"in": ["Cancelled"]}}) == [second]
    early = "2026-11-02T09:00:02.000Z"
    assert ask(filter={"orderPlacedAt": {"before": early}}) == [first, second]
    either = [{"state": {"eq": "Cancelled"}}, {"orderPlacedAt": {"after": early}}]
    assert ask(filter={"_or": either}) == [second, third]
    assert ask(filter={"type": {"notEq": "Regular"}}) == []


def test_more_than_a_thousand_rows_are_refused(talk: Talk) -> None:
    assert code_of(talk.ask(ORDERS, o={"take": 1001})) == "USER_INPUT_ERROR"


# -- stock -----------------------------------------------------------------------------


def test_a_sale_allocates_and_a_parcel_takes_before_it_is_sent(talk: Talk) -> None:
    order = talk.buy(3)
    variant = talk.shop.state.variants[talk.lamp]
    assert (variant.on_hand, variant.allocated) == (10, 3)
    assert talk.pack(order, 2)["state"] == "Pending"
    assert (variant.on_hand, variant.allocated, talk.shop.shown(talk.lamp)) == (8, 1, 7)


def test_more_than_was_ordered_or_nothing_at_all_is_not_packed(talk: Talk) -> None:
    order = talk.buy(2)
    assert talk.pack(order, 3)["errorCode"] == "ITEMS_ALREADY_FULFILLED_ERROR"
    assert talk.pack(order, 0)["errorCode"] == "EMPTY_ORDER_LINE_SELECTION_ERROR"
    told = talk.pack(order, 1, handler="own")
    assert told["errorCode"] == "INVALID_FULFILLMENT_HANDLER_ERROR"
    talk.shop.state.variants[talk.lamp].on_hand = 1
    assert talk.pack(order, 2)["errorCode"] == "INSUFFICIENT_STOCK_ON_HAND_ERROR"


def test_a_parcel_is_sent_once(talk: Talk) -> None:
    order = talk.buy(2)
    parcel = talk.pack(order)["id"]
    move = {"id": parcel, "state": "Shipped"}
    assert talk.data(MOVE, **move)["transitionFulfillmentToState"] == {
        "__typename": "Fulfillment"
    }
    assert talk.shop.order(order).state == "PartiallyShipped"
    again = talk.data(MOVE, **move)["transitionFulfillmentToState"]
    assert again["errorCode"] == "FULFILLMENT_STATE_TRANSITION_ERROR"


def test_one_unknown_variant_rolls_the_whole_batch_back(talk: Talk) -> None:
    level = {"stockLocationId": "1", "stockOnHand": 4}
    batch = [{"id": one, "stockLevels": [level]} for one in (talk.lamp, "99")]
    assert code_of(talk.ask(UPDATE, i=batch)) == "ENTITY_NOT_FOUND"
    (variant,) = talk.data(LEVELS)["productVariants"]["items"]
    assert variant["stockLevels"] == [{"stockOnHand": 10}]


def test_a_negative_level_is_taken(talk: Talk) -> None:
    level = {"stockLocationId": "1", "stockOnHand": -5}
    talk.data(UPDATE, i=[{"id": talk.lamp, "stockLevels": [level]}])
    assert talk.shop.shown(talk.lamp) == -5


def test_nobody_buys_more_than_is_free(talk: Talk) -> None:
    talk.buy(8)
    with pytest.raises(SoldOutError):
        talk.buy(3)


def test_what_is_not_counted_is_sold_without_end(world: World) -> None:
    talk = Talk(world, tracks_by_default=False)
    talk.buy(99)
    assert talk.shop.shown(talk.lamp) == 10


# -- money and ends --------------------------------------------------------------------


def test_a_refund_needs_the_deprecated_fields_and_moves_no_stock(talk: Talk) -> None:
    order = talk.buy()
    payment = talk.shop.order(order).payments[0].payment_id
    bare = {"paymentId": payment, "amount": 100}
    assert code_of(talk.ask(REFUND, i=bare)) == "INTERNAL_SERVER_ERROR"
    whole = {**bare, "shipping": 0, "adjustment": 0}
    assert talk.data(REFUND, i=whole)["refundOrder"] == {"__typename": "Refund"}
    assert talk.shop.shown(talk.lamp) == 9


@pytest.mark.parametrize(
    ("promises_only", "amount", "code"),
    [
        (False, 999_999, "REFUND_AMOUNT_ERROR"),
        (False, 0, "NOTHING_TO_REFUND_ERROR"),
        (True, 100, "REFUND_ORDER_STATE_ERROR"),
    ],
)
def test_a_refund_that_cannot_be_is_a_type_of_its_own(
    world: World, promises_only: bool, amount: int, code: str
) -> None:
    talk = Talk(world, promises_only=promises_only)
    payment = talk.shop.order(talk.buy()).payments[0].payment_id
    wanted = {"paymentId": payment, "amount": amount, "shipping": 0, "adjustment": 0}
    assert talk.data(REFUND, i=wanted)["refundOrder"]["errorCode"] == code


def test_an_order_is_cancelled_once(talk: Talk) -> None:
    order = talk.buy(2)
    wanted = {"orderId": order, "cancelShipping": True}
    assert talk.data(CANCEL, i=wanted)["cancelOrder"] == {"__typename": "Order"}
    assert talk.shop.shown(talk.lamp) == 10
    again = talk.data(CANCEL, i=wanted)["cancelOrder"]
    assert again["errorCode"] == "EMPTY_ORDER_LINE_SELECTION_ERROR"
    assert talk.world.sold_units() == 0


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        (CANCEL, {"i": {"orderId": "99"}}),
        (REFUND, {"i": {"paymentId": "99", "amount": 1}}),
        (MOVE, {"id": "99", "state": "Shipped"}),
    ],
)
def test_what_does_not_exist_is_an_error_with_a_code(
    talk: Talk, document: str, variables: Any
) -> None:
    talk.buy()
    assert code_of(talk.ask(document, **variables)) == "ENTITY_NOT_FOUND"


# -- staff -----------------------------------------------------------------------------


def test_an_edit_sells_or_frees_the_difference(talk: Talk) -> None:
    order = talk.buy(2)
    line = talk.shop.order(order).lines[0].line_id
    talk.world.edit("vendure", order, line, 5)
    assert talk.shop.shown(talk.lamp) == 5
    talk.world.edit("vendure", order, line, 1)
    assert talk.shop.shown(talk.lamp) == 9
    talk.world.edit("vendure", order, line, 1)
    assert talk.world.sold_units("LAMP") == 1
    with pytest.raises(ValueError, match="no line"):
        talk.shop.edit_line(order, "99", 1)


@pytest.mark.parametrize(("restock", "shown"), [(True, 10), (False, 8)])
def test_a_refund_by_staff_puts_goods_back_only_if_they_say_so(
    talk: Talk, restock: bool, shown: int
) -> None:
    order = talk.buy(2)
    talk.world.refund("vendure", order, restock=restock)
    assert talk.shop.shown(talk.lamp) == shown
    (payment,) = talk.shop.order(order).payments
    assert [refund.total for refund in payment.refunds] == [4800]


def test_goods_that_had_left_come_back_into_stock(talk: Talk) -> None:
    order = talk.buy(2)
    talk.shop.ship_order(order)
    line = talk.shop.order(order).lines[0].line_id
    talk.shop.refund_order(order, {line: 1}, restock=True)
    assert talk.shop.shown(talk.lamp) == 9
    assert talk.world.sold_units("LAMP") == 1


def test_staff_type_in_what_shoppers_can_buy(talk: Talk) -> None:
    talk.buy(3)
    talk.shop.set_stock(talk.lamp, 20)
    assert talk.shop.shown(talk.lamp) == 20
    talk.shop.delete_variant(talk.lamp)
    assert json.loads(talk.ask(LEVELS).content)["data"]["productVariants"] == {
        "items": []
    }
