"""Fulfillments, cancellations, refunds and subscriptions through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.shopify import ShopifyShop
from crossdock.simulators.shopify.goods import Variant, gid
from crossdock.simulators.shopify.payloads import order_payload
from crossdock.simulators.shopify.refusals import RefusedError
from crossdock.simulators.wire import Response
from crossdock.simulators.world import World

Ask = Callable[..., dict[str, Any]]
Post = Callable[..., Response]
OpenShop = Callable[..., ShopifyShop]

FULFILL = """
mutation Fulfill($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment {
      id status totalQuantity trackingInfo { company number url }
      fulfillmentLineItems(first: 5) { nodes { quantity lineItem { sku } } }
    }
    userErrors { field message }
  }
}"""

WORK = """
query Work($id: ID!) { order(id: $id) {
  displayFulfillmentStatus
  fulfillmentOrders(first: 5) { nodes {
    id status lineItems(first: 5) { nodes { id remainingQuantity totalQuantity } }
  } }
} }"""

CANCEL = """
mutation Cancel(
  $id: ID!, $restock: Boolean!, $method: OrderCancelRefundMethodInput
) {
  orderCancel(
    orderId: $id, reason: INVENTORY, restock: $restock, refundMethod: $method
  ) {
    job { id done }
    orderCancelUserErrors { code field message }
  }
}"""

REFUND = """
mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id totalRefundedSet { shopMoney { amount } } }
    order { displayFinancialStatus }
    userErrors { field message }
  }
}"""

SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) {
    webhookSubscription { id topic uri format apiVersion { handle } }
    userErrors { field message }
  }
}"""


@pytest.fixture
def order_id(world: World, retro_clock: Variant) -> str:
    """A paid order of three RETRO-CLOCKs."""
    placed = world.buy("shopify", retro_clock.gid, 3, "Ada Lovelace")
    assert placed is not None
    return placed


def _work(ask: Ask, order_id: str) -> dict[str, Any]:
    (work,) = ask(WORK, id=order_id)["order"]["fulfillmentOrders"]["nodes"]
    return dict(work)


def _fulfill(ask: Ask, *works: dict[str, Any], **tracking: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"lineItemsByFulfillmentOrder": list(works)}
    if tracking:
        given["trackingInfo"] = tracking
    payload: dict[str, Any] = ask(FULFILL, fulfillment=given)["fulfillmentCreate"]
    return payload


def test_a_fulfillment_without_lines_ships_all_that_remains(
    world: World, order_id: str, retro_clock: Variant, ask: Ask
) -> None:
    work = _work(ask, order_id)

    made = _fulfill(
        ask, {"fulfillmentOrderId": work["id"]}, company="UPS", number="1Z1"
    )

    assert made["userErrors"] == []
    assert made["fulfillment"]["totalQuantity"] == 3
    assert made["fulfillment"]["trackingInfo"] == [
        {"company": "UPS", "number": "1Z1", "url": None}
    ]
    assert _work(ask, order_id)["status"] == "CLOSED"
    (level,) = retro_clock.levels.values()
    assert (level.available, level.committed) == (7, 0)
    (sold,) = world.orders()
    assert [line.shipped for line in sold.lines.values()] == [3]


def test_a_part_of_a_line_ships_and_the_rest_remains(order_id: str, ask: Ask) -> None:
    work = _work(ask, order_id)
    (row,) = work["lineItems"]["nodes"]
    part = {
        "fulfillmentOrderId": work["id"],
        "fulfillmentOrderLineItems": [{"id": row["id"], "quantity": 1}],
    }

    made = _fulfill(ask, part)

    (shipped,) = made["fulfillment"]["fulfillmentLineItems"]["nodes"]
    assert shipped == {"quantity": 1, "lineItem": {"sku": "RETRO-CLOCK"}}
    after = _work(ask, order_id)
    assert after["status"] == "IN_PROGRESS"
    assert after["lineItems"]["nodes"][0]["remainingQuantity"] == 2
    status = ask(WORK, id=order_id)["order"]["displayFulfillmentStatus"]
    assert status == "PARTIALLY_FULFILLED"


def test_several_parcels_pair_numbers_with_addresses(order_id: str, ask: Ask) -> None:
    made = _fulfill(
        ask,
        {"fulfillmentOrderId": _work(ask, order_id)["id"]},
        numbers=["A", "B"],
        urls=["https://carrier.example/A"],
    )

    assert made["fulfillment"]["trackingInfo"] == [
        {"company": None, "number": "A", "url": "https://carrier.example/A"},
        {"company": None, "number": "B", "url": None},
    ]


def test_what_cannot_ship_is_refused_and_changes_nothing(
    shop: ShopifyShop, world: World, retro_clock: Variant, order_id: str, ask: Ask
) -> None:
    work = _work(ask, order_id)
    (row,) = work["lineItems"]["nodes"]
    other = _work(ask, world.buy("shopify", retro_clock.gid, 1, "Bob") or "")

    def lines(*rows: dict[str, Any]) -> dict[str, Any]:
        return {
            "fulfillmentOrderId": work["id"],
            "fulfillmentOrderLineItems": list(rows),
        }

    refused = [
        _fulfill(ask, {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1"}),
        _fulfill(ask, lines({"id": row["id"], "quantity": 4})),
        _fulfill(ask, lines({"id": row["id"], "quantity": 0})),
        _fulfill(ask, lines({"id": gid("FulfillmentOrderLineItem", 1), "quantity": 1})),
        _fulfill(
            ask,
            {"fulfillmentOrderId": work["id"]},
            {"fulfillmentOrderId": other["id"]},
        ),
    ]

    assert all(one["fulfillment"] is None for one in refused)
    assert all(len(one["userErrors"]) == 1 for one in refused)
    assert shop.order(order_id).fulfillments == []
    _fulfill(ask, {"fulfillmentOrderId": work["id"]})
    again = _fulfill(ask, {"fulfillmentOrderId": work["id"]})
    assert again["userErrors"][0]["message"].endswith("unfulfillable status")


def test_one_fulfillment_cannot_leave_from_two_places(
    open_shop: OpenShop, world: World, shop: ShopifyShop
) -> None:
    two = open_shop(locations=("Shop", "Warehouse"))
    lamp = two.add_variant(two.add_product("Lamp"), "GLOW-LAMP", stock=[1, 0])
    mug = two.add_variant(two.add_product("Mug"), "ABSURD-MUG", stock=[0, 1])
    order_id = two.sell([BasketLine(lamp.gid, 1), BasketLine(mug.gid, 1)], "Ada")

    with pytest.raises(RefusedError, match="same location"):
        two.fulfill_order(order_id)


def test_tracking_can_be_replaced_later(
    shop: ShopifyShop, order_id: str, ask: Ask
) -> None:
    shop.fulfill_order(order_id)
    (made,) = shop.order(order_id).fulfillments
    document = """
    mutation Track($id: ID!, $info: FulfillmentTrackingInput!) {
      fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $info) {
        fulfillment { trackingInfo { number } } userErrors { field message }
      }
    }"""

    changed = ask(document, id=gid("Fulfillment", made.number), info={"number": "NEW"})
    missing = ask(document, id=gid("Fulfillment", 1), info={"number": "NEW"})

    payload = changed["fulfillmentTrackingInfoUpdate"]
    assert payload["fulfillment"] == {"trackingInfo": [{"number": "NEW"}]}
    errors = missing["fulfillmentTrackingInfoUpdate"]["userErrors"]
    assert errors[0]["message"] == "Fulfillment does not exist."


def test_an_order_is_cancelled_by_a_job_a_moment_later(
    shop: ShopifyShop,
    clock: VirtualClock,
    order_id: str,
    retro_clock: Variant,
    ask: Ask,
) -> None:
    started = ask(CANCEL, id=order_id, restock=True)["orderCancel"]
    assert started["orderCancelUserErrors"] == []
    assert started["job"]["done"] is False
    assert shop.order(order_id).cancelled_at is None

    clock.advance(2)

    state = ask(
        """query S($job: ID!, $order: ID!) {
          job(id: $job) { done }
          order(id: $order) { cancelledAt cancelReason displayFinancialStatus }
        }""",
        job=started["job"]["id"],
        order=order_id,
    )
    assert state["job"] == {"done": True}
    assert state["order"] == {
        "cancelledAt": "2026-11-02T09:00:02Z",
        "cancelReason": "INVENTORY",
        "displayFinancialStatus": "PAID",
    }
    assert retro_clock.available == 10


def test_a_cancellation_may_refund_and_may_leave_the_units_out(
    world: World, clock: VirtualClock, order_id: str, retro_clock: Variant, ask: Ask
) -> None:
    ask(
        CANCEL,
        id=order_id,
        restock=False,
        method={"originalPaymentMethodsRefund": True},
    )
    clock.advance(2)

    order = ask(
        "query O($id: ID!) { order(id: $id) { displayFinancialStatus } }", id=order_id
    )
    assert order["order"]["displayFinancialStatus"] == "REFUNDED"
    assert retro_clock.available == 7
    assert world.sold_units("RETRO-CLOCK") == 0


def test_a_cancellation_that_cannot_be_is_refused_at_once(
    shop: ShopifyShop, order_id: str, ask: Ask
) -> None:
    unknown = ask(CANCEL, id=gid("Order", 1), restock=True)["orderCancel"]
    shop.fulfill_order(order_id)
    shipped = ask(CANCEL, id=order_id, restock=True)["orderCancel"]

    assert [one["code"] for one in unknown["orderCancelUserErrors"]] == ["NOT_FOUND"]
    assert [one["code"] for one in shipped["orderCancelUserErrors"]] == ["INVALID"]
    assert shipped["job"] is None


def test_an_order_that_ships_before_the_job_runs_is_not_cancelled(
    shop: ShopifyShop, clock: VirtualClock, order_id: str, ask: Ask
) -> None:
    ask(CANCEL, id=order_id, restock=True)
    shop.fulfill_order(order_id)
    clock.advance(2)

    assert ask(WORK, id=order_id)["order"]["displayFulfillmentStatus"] == "FULFILLED"
    assert shop.order(order_id).cancelled_at is None


class Refunder:
    """Refunds through the API, each time with a new key."""

    def __init__(self, ask: Ask, order_id: str) -> None:
        self._ask = ask
        self._order_id = order_id
        self._keys = 0

    def __call__(self, *, key: str = "", **given: Any) -> dict[str, Any]:
        self._keys += 1
        answered = self._ask(
            REFUND,
            input={"orderId": self._order_id, **given},
            key=key or f"own-{self._keys}",
        )
        payload: dict[str, Any] = answered["refundCreate"]
        return payload

    def money(self, amount: str) -> list[dict[str, Any]]:
        """Return the transactions of an input."""
        return [
            {
                "amount": amount,
                "gateway": "shopify_payments",
                "kind": "REFUND",
                "orderId": self._order_id,
            }
        ]


@pytest.fixture
def refund(ask: Ask, order_id: str) -> Refunder:
    """Refund the order."""
    return Refunder(ask, order_id)


def test_a_refund_of_unshipped_units_puts_them_back(
    shop: ShopifyShop, order_id: str, retro_clock: Variant, refund: Refunder
) -> None:
    line = shop.order(order_id).lines[0].gid

    payload = refund(
        refundLineItems=[{"lineItemId": line, "quantity": 1, "restockType": "CANCEL"}],
        transactions=refund.money("21.20"),
    )

    assert payload["userErrors"] == []
    assert payload["refund"]["totalRefundedSet"]["shopMoney"]["amount"] == "21.2"
    assert payload["order"]["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    assert retro_clock.available == 8


def test_a_return_names_the_place_where_units_came_back(
    shop: ShopifyShop, order_id: str, retro_clock: Variant, refund: Refunder
) -> None:
    shop.fulfill_order(order_id)
    line = shop.order(order_id).lines[0].gid
    row = {"lineItemId": line, "quantity": 2, "restockType": "RETURN"}
    place = gid("Location", shop.books.active_locations[0].number)

    without = refund(refundLineItems=[row])
    payload = refund(refundLineItems=[{**row, "locationId": place}])

    assert without["userErrors"][0]["message"] == "Location is required to restock"
    assert payload["userErrors"] == []
    assert retro_clock.available == 9


def test_shipping_can_be_refunded_in_part_or_whole(
    shop: ShopifyShop, order_id: str, refund: Refunder
) -> None:
    part = refund(shipping={"amount": "2.00"}, transactions=refund.money("2.00"))
    much = refund(shipping={"amount": "4.00"})
    rest = refund(shipping={"fullRefund": True}, transactions=refund.money("3.00"))

    shipping = shop.order(order_id).shipping
    assert part["userErrors"] == rest["userErrors"] == []
    assert much["userErrors"][0]["message"] == "Shipping refund exceeds what was paid"
    assert shipping is not None
    assert shipping.refunded == shipping.price
    rows = [
        one["order_adjustments"]
        for one in order_payload(shop.order(order_id), shop.settings)["refunds"]
    ]
    assert [row["amount"] for (row,) in rows] == ["-2.00", "-3.00"]


def test_an_order_without_shipping_has_none_to_refund(
    shop: ShopifyShop, ask: Ask
) -> None:
    card = shop.add_variant(shop.add_product("Card"), None, requires_shipping=False)
    order_id = shop.sell([BasketLine(card.gid, 1)], "Ada")

    payload = Refunder(ask, order_id)(shipping={"fullRefund": True})

    assert payload["userErrors"] == []
    assert payload["refund"]["totalRefundedSet"]["shopMoney"]["amount"] == "0.0"


def test_the_same_key_refunds_once(
    shop: ShopifyShop, order_id: str, refund: Refunder, post: Post
) -> None:
    first = refund(transactions=refund.money("5.00"), key="same")
    again = refund(transactions=refund.money("5.00"), key="same")
    other = refund(transactions=refund.money("6.00"), key="same")
    bare = post(
        REFUND.replace(" @idempotent(key: $key)", "").replace(", $key: String!", ""),
        input={"orderId": order_id},
    ).json()

    assert first == again
    assert "different parameters" in other["userErrors"][0]["message"]
    assert bare["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert len(shop.order(order_id).refunds) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"refundLineItems": [{"lineItemId": gid("LineItem", 1), "quantity": 1}]},
        {"shipping": {"amount": "x"}},
        {"orderId": gid("Order", 1)},
    ],
)
def test_a_refund_of_what_is_not_there_is_refused(
    shop: ShopifyShop, order_id: str, refund: Refunder, wrong: dict[str, Any]
) -> None:
    payload = refund(**wrong)

    assert payload["refund"] is None
    assert len(payload["userErrors"]) == 1
    assert shop.order(order_id).refunds == []


def test_more_units_or_money_than_there_are_cannot_be_refunded(
    shop: ShopifyShop, order_id: str, refund: Refunder
) -> None:
    line = shop.order(order_id).lines[0].gid

    def units(quantity: int, kind: str) -> dict[str, Any]:
        return {"lineItemId": line, "quantity": quantity, "restockType": kind}

    place = gid("Location", shop.books.active_locations[0].number)
    for rows in (
        [units(4, "CANCEL")],
        [units(2, "CANCEL"), units(2, "NO_RESTOCK")],
        [{**units(1, "RETURN"), "locationId": place}],
        [units(0, "CANCEL")],
        [units(1, "LEGACY_RESTOCK")],
    ):
        assert refund(refundLineItems=rows)["userErrors"] != []
    dear = refund(transactions=refund.money("1000.00"))
    assert dear["userErrors"][0]["message"].startswith("Refund amount exceeds")
    assert shop.order(order_id).refunds == []


def test_a_subscription_is_made_listed_and_ended(ask: Ask) -> None:
    uri = "https://hub.example/hooks/7"
    made = ask(SUBSCRIBE, topic="ORDERS_UPDATED", uri=uri)["webhookSubscriptionCreate"]
    subscription = made["webhookSubscription"]
    assert subscription == {
        "id": subscription["id"],
        "topic": "ORDERS_UPDATED",
        "uri": uri,
        "format": "JSON",
        "apiVersion": {"handle": "2026-07"},
    }
    listed = """query L($topics: [WebhookSubscriptionTopic!]) {
      webhookSubscriptions(first: 5, topics: $topics) { nodes { id } }
    }"""
    assert ask(listed)["webhookSubscriptions"]["nodes"] == [{"id": subscription["id"]}]
    other = ask(listed, topics=["ORDERS_CREATE"])["webhookSubscriptions"]
    assert other["nodes"] == []

    end = """mutation E($id: ID!) { webhookSubscriptionDelete(id: $id) {
      deletedWebhookSubscriptionId userErrors { field message } } }"""
    ended = ask(end, id=subscription["id"])["webhookSubscriptionDelete"]
    again = ask(end, id=subscription["id"])["webhookSubscriptionDelete"]

    assert ended["deletedWebhookSubscriptionId"] == subscription["id"]
    assert again["userErrors"][0]["message"] == "Webhook subscription does not exist"
    assert ask(listed)["webhookSubscriptions"]["nodes"] == []


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://hub.example/hooks", "Address protocol http:// is not supported"),
        ("nonsense", "Address is invalid"),
    ],
)
def test_an_address_must_be_https(ask: Ask, uri: str, message: str) -> None:
    made = ask(SUBSCRIBE, topic="ORDERS_CREATE", uri=uri)["webhookSubscriptionCreate"]

    assert [one["message"] for one in made["userErrors"]] == [message]
    assert made["webhookSubscription"] is None


def test_plain_http_is_taken_for_this_machine_alone(ask: Ask) -> None:
    uri = "http://127.0.0.1:8080/hooks"

    made = ask(SUBSCRIBE, topic="ORDERS_CREATE", uri=uri)["webhookSubscriptionCreate"]
    twice = ask(SUBSCRIBE, topic="ORDERS_CREATE", uri=uri)["webhookSubscriptionCreate"]

    assert made["userErrors"] == []
    assert twice["userErrors"][0]["message"].endswith("already been taken")
