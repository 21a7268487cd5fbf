"""Each connector asks what it asked when it was recorded, and reads the answers alike.

One conversation goes through every capability. A difference is either a mistake or a
change somebody wants: then ``./scripts/record`` holds the conversations anew, and the
difference is in the commit for all to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.listings import Listing
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine, Order
from crossdock.canonical.pages import Page, Record
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    PriceWrite,
    RefundedLine,
    RefundPush,
    StockWrite,
)
from crossdock.connectors.sdk import CAPABILITIES, capabilities_of
from crossdock.simulators.books import BasketLine

HOOK = "https://hub.example/hooks/1"
ASKS_NOTHING = {"read_webhook"}
"""What a connector does without a request."""

Hold = Callable[[str, Callable[[Any], None]], Any]


def converse(talk: Any) -> None:
    """Go through everything that the hub does with a channel."""
    talk.note("check", talk.connector.check())
    listings = talk_about_listings(talk)
    orders = talk_about_orders(talk, listings)
    talk_about_stock(talk, listings)
    talk_about_parcels(talk, orders[0])
    talk_about_a_cancellation(talk, orders[1])
    talk_about_money(talk, orders[0], listings)
    talk_about_subscriptions(talk)


def talk_about_listings(talk: Any) -> dict[str, Listing]:
    page = talk.connector.pull_listings(None)
    found = read_listings(talk, page.records)
    talk.note("listings", found)
    ids = [record.external_id for record in page.records]
    again = talk.connector.fetch_listings([*ids, "424242"])
    talk.note("the same by id", read_listings(talk, again))
    return {listing.sku: listing for listing in found}


def talk_about_orders(talk: Any, listings: dict[str, Listing]) -> list[Order]:
    clock, teapot = (
        listings[sku].external_id for sku in ("RETRO-CLOCK", "SQUEAKY-TEAPOT-MAUVE")
    )

    def shop_around(shop: Any) -> None:
        shop.sell([BasketLine(clock, 2), BasketLine(teapot, 3)], "Ada Lovelace")
        shop.sell([BasketLine(teapot, 1)], "Zoë Ångström 🫖")
        given_up = shop.sell([BasketLine(clock, 1)], "Grace Hopper")
        shop.cancel_order(given_up)
        returned = shop.sell([BasketLine(teapot, 2)], "Alan Turing")
        shop.refund_order(returned, None, restock=True)

    talk.meanwhile(shop_around)
    talk.clock.advance(120)
    since = talk.clock.now() - timedelta(hours=1)
    page = talk.connector.pull_orders(None, since=since)
    orders = read_orders(talk, page.records)
    talk.note("orders", orders)
    talk.clock.advance(600)
    later: Page = talk.connector.pull_orders(page.cursor, since=since)
    talk.note("ten minutes later", read_orders(talk, later.records))
    ids = [order.external_id for order in orders]
    by_id = talk.connector.fetch_orders([*ids, "424242"])
    talk.note("the same by id", read_orders(talk, by_id))
    return sorted(orders, key=lambda order: order.external_id)


def talk_about_stock(talk: Any, listings: dict[str, Listing]) -> None:
    ids = [listings[sku].stock_external_id for sku in sorted(listings) if sku]
    readings = talk.connector.read_stock([*ids, ids[0] + "424242"])
    talk.note("stock", readings)
    writes = [
        StockWrite(one.stock_external_id, number, one.quantity, f"push-{number}")
        for number, one in enumerate(readings, start=5)
    ]
    talk.note("a write for each", talk.connector.push_stock(writes))
    talk.clock.advance(10)
    talk.note("stock afterwards", talk.connector.read_stock(ids))


def talk_about_parcels(talk: Any, order: Order) -> None:
    push = FulfillmentPush(
        reference="parcel-1",
        order_external_id=order.external_id,
        lines=tuple(
            FulfilledLine(line_external_id=line.external_id, quantity=line.quantity)
            for line in order.lines
        ),
        carrier="DHL",
        tracking_number="JD0141",
        tracking_url="https://tracking.example/JD0141",
        shipped_at=talk.clock.now(),
        completes_order=True,
        idempotency_key="parcel-key-1",
    )
    talk.note("no parcel yet", talk.connector.find_fulfillment(push))
    talk.note("a parcel", talk.connector.push_fulfillment(push))
    talk.note("found again", talk.connector.find_fulfillment(push))
    talk.clock.advance(30)
    shipped = talk.connector.fetch_orders([order.external_id])
    talk.note("shipped", read_orders(talk, shipped))


def talk_about_a_cancellation(talk: Any, order: Order) -> None:
    push = CancellationPush(order.external_id, "sold out", True, "cancellation-key-1")
    talk.note("a cancellation", talk.connector.push_cancellation(push))
    talk.clock.advance(30)
    cancelled = talk.connector.fetch_orders([order.external_id])
    talk.note("cancelled", read_orders(talk, cancelled))


def talk_about_money(talk: Any, order: Order, listings: dict[str, Listing]) -> None:
    back = RefundedLine(order.lines[0].external_id, 1, Money(150, order.currency))
    push = RefundPush(
        reference="refund-1",
        order_external_id=order.external_id,
        lines=(back,),
        shipping=Money.zero(order.currency),
        reason="arrived broken",
        idempotency_key="refund-key-1",
    )
    talk.note("no refund yet", talk.connector.find_refund(push))
    talk.note("a refund", talk.connector.push_refund(push))
    talk.note("found again", talk.connector.find_refund(push))
    writes = [
        PriceWrite(listings[sku].external_id, Money(minor, order.currency), sku)
        for sku, minor in (("RETRO-CLOCK", 2050), ("SQUEAKY-TEAPOT-MAUVE", 805))
    ]
    talk.note("prices", talk.connector.push_prices(writes))


def talk_about_subscriptions(talk: Any) -> None:
    connector = talk.connector
    made = [connector.subscribe(topic, HOOK) for topic in connector.topics[:2]]
    talk.note("subscriptions", made)
    talk.note("the first again", connector.subscribe(connector.topics[0], HOOK))
    connector.unsubscribe(made[0].external_id)
    talk.note("what is left", connector.list_subscriptions())
    connector.unsubscribe(made[1].external_id)


def read_listings(talk: Any, records: tuple[Record, ...]) -> list[Listing]:
    return [
        listing
        for record in records
        for listing in talk.plugin.translator.read_listings(record.payload)
    ]


def read_orders(talk: Any, records: tuple[Record, ...]) -> list[Order]:
    return [talk.plugin.translator.read_order(record.payload) for record in records]


def test_the_connector_asks_and_understands_as_recorded(
    hold_talk: Hold, place_name: str
) -> None:
    talk = hold_talk(place_name, converse)
    assert talk.understood == talk.understood_then, "meant so? run ./scripts/record"


def test_every_capability_is_in_the_conversation(
    hold_talk: Hold, place_name: str
) -> None:
    talk = hold_talk(place_name, converse)
    able = capabilities_of(talk.plugin)
    wanted = {
        name
        for capability in CAPABILITIES
        if capability.__name__ in able
        for name in vars(capability)
        if not name.startswith("_")
    }
    assert wanted - talk.connector.called == ASKS_NOTHING


def test_a_request_that_changed_is_told_with_the_way_to_record_anew(
    replay_part: Callable[[str, Callable[[Any], None]], None], place_name: str
) -> None:
    def converse_otherwise(talk: Any) -> None:
        talk.connector.check()
        talk.connector.fetch_listings(["31415926"])

    with pytest.raises(pytest.fail.Exception) as caught:
        replay_part(place_name, converse_otherwise)
    assert "31415926" in str(caught.value)
    assert "./scripts/record" in str(caught.value)


def test_a_request_that_is_not_made_any_more_is_told_too(
    replay_part: Callable[[str, Callable[[Any], None]], None], place_name: str
) -> None:
    with pytest.raises(pytest.fail.Exception) as caught:
        replay_part(place_name, lambda talk: talk.connector.check())
    assert "requests that were not made" in str(caught.value)
    assert "./scripts/record" in str(caught.value)


def test_nothing_that_is_kept_holds_a_secret_or_a_trace_of_the_machine() -> None:
    folder = Path(__file__).parent
    kept = [*folder.glob("*.yaml"), *folder.glob("*.json")]
    assert len(kept) >= 6
    # Every credential in these conversations has the word canary in it.
    traces = re.compile(r"canary|shpat_|127\.0\.0\.1:\d+|localhost")
    for path in kept:
        assert traces.findall(path.read_text(encoding="utf-8")) == [], path.name
