"""A hub works with a real Medusa server: pulls, stocks, ships, cancels and refunds.

One story, told twice: with a server where there is one, and from its recording. Each
test looks at one part of how it ended.
"""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.money import Money
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.decide.refunds import RefundWish
from crossdock.sync.pricing import find_priced, set_price
from crossdock.sync.refund import request_refund
from crossdock.sync.ship import Tracking, cancel_order, ship_order
from crossdock.sync.stocktaking import count_stock

MAUVE, LIME = "TEAPOT-MAUVE", "TEAPOT-LIME"


def open_shop(people: Any) -> dict[str, str]:
    told: dict[str, str] = people.furnish({MAUVE: 20, LIME: 20}, 10.5)
    return told


def without_key(story: Any) -> None:
    """Strike the key out of what is kept; the server that it is of has ended."""
    story.seen["shop"] = {**story.seen["shop"], "key": "struck-out"}


def connect(story: Any) -> None:
    """Connect the hub to a shop that was just furnished, and let it read."""
    shop = story.meanwhile("shop", open_shop)
    settings = {
        "server_url": "http://medusa.example",
        "secret_key": shop["key"],
        "location_id": shop["location"],
    }
    add_channel(story.hub, NewChannel("medusa", "medusa", settings))
    without_key(story)
    story.work()


def shop_around(people: Any) -> dict[str, str]:
    return {
        "kept": people.buy(MAUVE, 3),
        "promised": people.buy(LIME, 2, captured=False),
        "unwanted": people.buy(LIME, 1),
    }


def capture_promised(people: Any, order_id: str) -> list[str]:
    """Take the money; return the order's own time before and after."""
    before = people.look(order_id)["updated_at"]
    people.capture(order_id)
    return [before, people.look(order_id)["updated_at"]]


@pytest.fixture(scope="module")
def told(story: Any) -> Any:
    """The story, to its end, with what the hub knew at each step."""
    connect(story)
    orders = story.meanwhile("orders", shop_around)
    story.work()
    story.knew = {"orders": orders, "bought": (story.count(MAUVE), story.count(LIME))}
    story.knew["promised"] = story.order(orders["promised"])["payment"]
    story.meanwhile("captured", lambda one: capture_promised(one, orders["promised"]))
    story.work()
    story.knew["captured"] = story.order(orders["promised"])["payment"]
    count_stock(story.hub, MAUVE, 30, actor="ada")
    story.work()
    story.meanwhile("counted", lambda people: people.count())
    parcel = Tracking("DHL", "JD014", "https://track.example/JD014")
    ship_order(story.hub, orders["kept"], parcel, channel="medusa")
    cancel_order(story.hub, orders["unwanted"], channel="medusa")
    story.work()
    story.meanwhile("sent", lambda people: people.look(orders["kept"]))
    story.meanwhile("unwanted", lambda people: people.look(orders["unwanted"]))
    pay_back(story, orders["kept"])
    priced, _ = find_priced(story.hub, LIME)
    set_price(story.hub, priced, Money.of("12.25", "EUR"), actor="ada")
    story.work()
    story.meanwhile("paid back", lambda people: people.look(orders["kept"]))
    story.meanwhile("priced", lambda people: people.price(LIME))
    story.meanwhile("stock", lambda people: people.count())
    return story


def pay_back(story: Any, order_id: str) -> None:
    """Pay one unit of the only line back."""
    (line,) = story.seen["sent"]["items"]
    request_refund(
        story.hub, order_id, [RefundWish(line["id"], 1)], reason="chip", actor="ada"
    )


def test_orders_are_allocated_from_what_lies_there(told: Any) -> None:
    assert told.knew["bought"] == ((20, 3), (20, 3))


def test_a_capture_arrives_although_it_does_not_move_the_order(told: Any) -> None:
    before, after = told.seen["captured"]
    assert before == after
    assert (told.knew["promised"], told.knew["captured"]) == ("authorized", "paid")


def test_a_count_shows_in_the_shop_beside_what_is_reserved(told: Any) -> None:
    assert told.seen["counted"] == {MAUVE: [30, 3], LIME: [20, 3]}


def test_a_parcel_has_left_with_its_number(told: Any) -> None:
    (made,) = told.seen["sent"]["fulfillments"]
    (label,) = made["labels"]
    assert made["shipped_at"]
    assert label["tracking_number"] == "JD014"
    assert told.order(told.knew["orders"]["kept"])["fulfillment"] == "fulfilled"


def test_a_cancelled_order_is_cancelled_and_paid_back_by_the_server(told: Any) -> None:
    assert told.seen["unwanted"]["status"] == "canceled"
    (payment,) = told.seen["unwanted"]["payment_collections"][0]["payments"]
    assert len(payment["refunds"]) == 1


def test_a_refund_is_paid_once_and_can_be_found_again(told: Any) -> None:
    (payment,) = told.seen["paid back"]["payment_collections"][0]["payments"]
    (refund,) = payment["refunds"]
    assert refund["amount"] == 10.5
    assert "(reference " in refund["note"]


def test_a_price_shows_in_the_shop(told: Any) -> None:
    assert told.seen["priced"] == [["eur", 12.25]]


def test_hub_and_shop_agree_in_the_end(told: Any) -> None:
    assert told.seen["stock"] == {MAUVE: [27, 0], LIME: [20, 2]}
    assert (told.count(MAUVE), told.count(LIME)) == ((27, 0), (20, 2))
    assert told.list_open() == []
