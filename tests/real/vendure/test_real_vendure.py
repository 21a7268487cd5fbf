"""A hub works with a real Vendure server: pulls, stocks, ships, cancels and refunds.

One story, told twice: with a server where there is one, and from its recording. Each
test looks at one part of how it went.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from crossdock.canonical.money import Money
from crossdock.connectors.vendure import OPERATIONS
from crossdock.connectors.vendure.documents import name_operation
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.decide.refunds import RefundWish
from crossdock.sync.pricing import find_priced, set_price
from crossdock.sync.refund import request_refund
from crossdock.sync.ship import Tracking, cancel_order, ship_order
from crossdock.sync.stocktaking import count_stock

CLOCK, MAUVE, LIME = "RETRO-CLOCK", "TEAPOT-MAUVE", "TEAPOT-LIME"
SETTLE = "mutation($id:ID!){settlePayment(id:$id){__typename}}"
FULFILL = """mutation($i:FulfillOrderInput!){
  addFulfillmentToOrder(input:$i){__typename ... on Fulfillment{id}}
}"""
MOVE = """mutation($id:ID!,$s:String!){
  transitionFulfillmentToState(id:$id,state:$s){__typename}
}"""


def open_shop(people: Any) -> dict[str, str]:
    clock = people.offer("clock", {CLOCK: 10}, 1999)
    return {**clock, **people.offer("teapot", {MAUVE: 20, LIME: 20}, 777)}


def shop_around(people: Any, variants: dict[str, str]) -> dict[str, str]:
    clock, mauve, lime = (variants[sku] for sku in (CLOCK, MAUVE, LIME))
    people.fill_cart({lime: 2})
    return {
        "kept": people.buy({clock: 2}),
        "promised": people.buy({mauve: 3, lime: 1}, promise=True),
        "of staff": people.buy({lime: 1}),
    }


def send_off(people: Any, order: str) -> Any:
    """Pack, send and deliver an order in the dashboard."""
    lines = [
        {"orderLineId": line["id"], "quantity": line["quantity"]}
        for line in people.look(order)["lines"]
    ]
    told = [
        {"name": "method", "value": "Post"},
        {"name": "trackingCode", "value": "RR1"},
    ]
    handler = {"code": "manual-fulfillment", "arguments": told}
    wanted = {"lines": lines, "handler": handler}
    made = people.manage(FULFILL, i=wanted)["addFulfillmentToOrder"]
    for state in ("Shipped", "Delivered"):
        people.manage(MOVE, id=made["id"], s=state)
    return people.look(order)


@pytest.fixture(scope="module")
def told(story: Any) -> dict[str, Any]:
    """Tell the story; return what was to be seen on the way and at its end."""
    variants = story.meanwhile("the shop opens", open_shop)
    add_channel(
        story.hub,
        NewChannel(
            "vendure",
            "vendure",
            {
                "server_url": "http://vendure.example",
                "username": "superadmin",
                "password": "canary-of-a-loopback-server",
            },
        ),
    )
    story.work()
    facts: dict[str, Any] = {"at first": story.count(CLOCK)}
    orders = story.meanwhile("people buy", lambda people: shop_around(people, variants))
    facts["placed"] = story.meanwhile(
        "it was placed", lambda people: people.look(orders["kept"])
    )
    story.work(360)
    facts["orders"] = (sorted(orders.values()), story.orders())
    facts["bought"] = {sku: story.count(sku) for sku in (CLOCK, MAUVE, LIME)}
    facts["promised"] = story.order(orders["promised"])
    tell_the_hub(story, orders, facts)
    let_staff_act(story, orders, facts)
    return facts


def tell_the_hub(story: Any, orders: dict[str, str], facts: dict[str, Any]) -> None:
    """Count, ship, price and refund at the hub."""
    count_stock(story.hub, MAUVE, 12, actor="ada")
    ship_order(story.hub, orders["kept"], Tracking("DHL", "JD014600"))
    found, _ = find_priced(story.hub, CLOCK)
    set_price(story.hub, found, Money(2100, "USD"), actor="ada")
    story.work()
    line = story.meanwhile(
        "the hub shipped", lambda people: people.look(orders["kept"])
    )
    facts["shipped"] = line
    wish = RefundWish(line["lines"][0]["id"], 1)
    request_refund(story.hub, orders["kept"], [wish], reason="broken", actor="ada")
    story.work()
    facts["refunded"] = story.meanwhile(
        "the hub paid back", lambda people: people.look(orders["kept"])
    )
    facts["stock"] = story.meanwhile("it counted", lambda people: people.count())


def let_staff_act(story: Any, orders: dict[str, str], facts: dict[str, Any]) -> None:
    """Let staff take money and deliver; then cancel at the hub."""

    def settle(people: Any) -> Any:
        (payment,) = people.look(orders["promised"])["payments"]
        return people.manage(SETTLE, id=payment["id"])

    story.meanwhile("money is taken", settle)
    facts["staff sent"] = story.meanwhile(
        "staff deliver", lambda people: send_off(people, orders["of staff"])
    )
    story.work(360)
    facts["settled"] = story.order(orders["promised"])
    facts["delivered"] = story.order(orders["of staff"])
    cancel_order(story.hub, orders["promised"])
    story.work(360)
    facts["cancelled"] = story.order(orders["promised"])
    facts["ended"] = story.meanwhile(
        "the hub cancelled", lambda people: people.look(orders["promised"])
    )
    facts["at last"] = {sku: story.count(sku) for sku in (CLOCK, MAUVE, LIME)}
    facts["left"] = story.meanwhile("it is over", lambda people: people.count())


def test_the_catalogue_comes_in_with_its_stock(told: dict[str, Any]) -> None:
    assert told["at first"] == (10, 0)


def test_every_order_is_pulled_and_no_cart(told: dict[str, Any]) -> None:
    bought, known = told["orders"]
    assert known == bought
    assert len(known) == 3


def test_what_was_bought_is_allocated(told: dict[str, Any]) -> None:
    assert told["bought"] == {CLOCK: (10, 2), MAUVE: (20, 3), LIME: (20, 2)}


def test_the_server_hears_of_the_parcel(told: dict[str, Any]) -> None:
    (parcel,) = told["shipped"]["fulfillments"]
    assert (parcel["state"], parcel["method"], parcel["trackingCode"]) == (
        "Shipped",
        "DHL",
        "JD014600",
    )
    assert told["shipped"]["state"] == "Shipped"


def test_the_servers_own_time_stood_still_while_the_order_was_shipped(
    told: dict[str, Any],
) -> None:
    assert told["placed"]["state"] == "PaymentSettled"
    assert told["shipped"]["updatedAt"] == told["placed"]["updatedAt"]
    assert told["refunded"]["updatedAt"] == told["placed"]["updatedAt"]


def test_the_server_has_the_count_beside_what_it_promised(told: dict[str, Any]) -> None:
    on_hand, allocated, _ = told["stock"][MAUVE]
    assert (on_hand, allocated) == (12, 3)


def test_the_server_shows_the_new_price(told: dict[str, Any]) -> None:
    assert told["stock"][CLOCK] == [8, 0, 2100]


def test_the_refund_was_paid_once_with_its_reason(told: dict[str, Any]) -> None:
    ((refund,),) = [payment["refunds"] for payment in told["refunded"]["payments"]]
    assert refund["state"] == "Settled"
    assert refund["reason"].startswith("broken (")
    assert refund["total"] == 2399


def test_money_taken_later_and_goods_sent_by_staff_are_seen(
    told: dict[str, Any],
) -> None:
    assert told["promised"]["payment"] == "authorized"
    assert told["settled"]["payment"] == "paid"
    assert told["delivered"]["fulfillment"] == "fulfilled"
    assert told["staff sent"]["state"] == "Delivered"


def test_a_cancellation_reaches_the_server_and_comes_back(told: dict[str, Any]) -> None:
    assert told["ended"]["state"] == "Cancelled"
    assert told["cancelled"]["cancelled_at"] is not None


def test_in_the_end_hub_and_server_count_the_same(told: dict[str, Any]) -> None:
    assert told["at last"] == {CLOCK: (8, 0), MAUVE: (12, 0), LIME: (19, 0)}
    counted = {sku: counts[:2] for sku, counts in told["left"].items()}
    assert counted == {CLOCK: [8, 0], MAUVE: [12, 0], LIME: [19, 0]}


def test_everything_that_the_connector_can_send_was_sent_to_a_real_server() -> None:
    folder = Path(__file__).resolve().parents[2] / "recordings"
    text = (folder / "vendure.yaml").read_text(encoding="utf-8")
    kept = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    documents = [
        json.loads(one["request"]["body"])["query"] for one in kept["interactions"]
    ]
    assert {name_operation(document) for document in documents} == set(OPERATIONS)
