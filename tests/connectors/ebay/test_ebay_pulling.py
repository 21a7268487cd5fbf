"""Orders are pulled whole, whatever moves while the list is read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from crossdock.canonical.errors import ContractBrokenError
from crossdock.canonical.orders import FulfillmentState, PaymentState
from crossdock.connectors.ebay import plugin
from crossdock.connectors.ebay.cursor import OVERLAP, PAGE_SIZE, Window

ORDERS = "/sell/fulfillment/v1/order"


def filters_of(scene: Any) -> list[str]:
    return [request.url.params["filter"] for request in scene.asked("GET", ORDERS)]


def test_a_request_to_cancel_is_hydrated_because_lists_never_show_one(
    scene: Any,
) -> None:
    order_id = scene.buy()
    scene.shop.ask_to_cancel(order_id)
    scene.clock.advance(5)
    ((record,), _) = scene.pull()
    assert record.payload["cancelStatus"]["cancelRequests"][0]["cancelInitiator"] == (
        "BUYER"
    )
    order = plugin.translator.read_order(record.payload)
    assert (order.held, order.cancelled) == (True, False)


def test_an_ordinary_order_costs_no_request_of_its_own(scene: Any) -> None:
    order_id = scene.buy()
    scene.clock.advance(5)
    scene.pull()
    assert scene.asked("GET", order_id) == []
    assert scene.asked("GET", "shipping_fulfillment") == []


def test_a_parcel_told_on_ebays_own_pages_comes_with_its_order(scene: Any) -> None:
    order_id = scene.buy(quantity=2)
    scene.shop.ship_order(order_id, "9400111")
    scene.clock.advance(5)
    ((record,), _) = scene.pull()
    order = plugin.translator.read_order(record.payload)
    assert order.fulfillment is FulfillmentState.FULFILLED
    (parcel,) = order.fulfillments
    assert (parcel.tracking_number, parcel.carrier) == ("9400111", "USPS")
    assert parcel.lines[0].quantity == 2


def test_orders_that_leave_the_window_while_it_is_read_lose_nobody(
    scene: Any,
) -> None:
    scene.shop.set_quantity("LAMP", 500)
    placed = []
    for _ in range(2 * PAGE_SIZE + 5):
        placed.append(scene.buy())
        scene.clock.advance(1)
    since = scene.clock.now() - timedelta(days=1)
    page = scene.connector.pull_orders(None, since=since)
    found = {record.external_id for record in page.records}
    scene.clock.advance(30)
    # What changes now is no longer in the window, and the rows behind it move up.
    for order_id in placed[:7]:
        scene.shop.ship_order(order_id)
    records, cursor = scene.pull(page.cursor)
    found |= {record.external_id for record in records}
    assert found == set(placed)
    later, _ = scene.pull(cursor)
    shipped = {r.external_id for r in later if "_fulfillments" in r.payload}
    assert shipped >= set(placed[:7])


def test_the_overlap_brings_again_what_was_just_read(scene: Any) -> None:
    order_id = scene.buy()
    scene.clock.advance(5)
    _, cursor = scene.pull()
    scene.clock.advance(60)
    assert [record.external_id for record in scene.pull(cursor)[0]] == [order_id]
    scene.clock.advance(OVERLAP.total_seconds())
    _, cursor = scene.pull(cursor)
    scene.clock.advance(OVERLAP.total_seconds())
    assert scene.pull(cursor)[0] == []


def test_years_are_walked_in_windows_of_ninety_days_and_two_years_at_most(
    scene: Any,
) -> None:
    long_ago = scene.clock.now() - timedelta(days=3000)
    cursor, pages = None, 0
    while True:
        page = scene.connector.pull_orders(cursor, since=long_ago)
        cursor, pages = page.cursor, pages + 1
        if page.complete:
            break
    asked = filters_of(scene)
    assert pages == 9
    oldest = (scene.clock.now() - timedelta(days=729)).strftime("%Y-%m-%dT%H:%M")
    assert asked[0].startswith(f"lastmodifieddate:[{oldest}")
    assert all("creationdate" not in each for each in asked)


def test_a_window_ends_by_ebays_clock_where_the_hubs_is_ahead(scene: Any) -> None:
    now = scene.clock.now()
    window = Window(now).open(now + timedelta(minutes=10))
    window, is_read = window.advance(0, 0, now)
    following, behind = window.follow()
    assert (is_read, behind, following.since) == (True, False, now)


def test_an_empty_page_in_the_middle_ends_the_walk(scene: Any) -> None:
    now = scene.clock.now()
    window = Window(now - timedelta(hours=1)).open(now)
    window, is_read = window.advance(0, 500, now)
    assert is_read


def test_a_window_that_was_not_read_has_no_successor(scene: Any) -> None:
    with pytest.raises(ValueError, match="no successor"):
        Window(scene.clock.now()).follow()


def test_a_cursor_of_somebody_else_is_refused(scene: Any) -> None:
    for cursor in ("", "{}", "[2]", "[1,null,null,0,null,null]"):
        if cursor:
            with pytest.raises(ContractBrokenError, match="cursor"):
                scene.connector.pull_orders(cursor, since=scene.clock.now())
    with pytest.raises(ContractBrokenError, match="cursor"):
        scene.connector.pull_listings("page two")


def test_taxes_that_ebay_collects_are_in_the_total_of_what_the_buyer_owes(
    open_scene: Any,
) -> None:
    scene = open_scene(tax_rate=Decimal("0.08"))
    order = scene.read(scene.buy(quantity=2))
    assert str(order.total) == "48.20 USD"
    assert str(order.lines[0].tax) == "3.20 USD"
    assert order.lines[0].taxes[0].title == "STATE_SALES_TAX"
    assert not order.residue
    assert order.payment is PaymentState.PAID


def test_ids_that_cannot_be_an_order_are_not_asked_for(scene: Any) -> None:
    assert scene.connector.fetch_orders(["", "a/b", "../x", "x" * 100]) == ()
    assert scene.wire.requests == []


def test_the_offset_of_items_counts_pages_and_not_items(scene: Any) -> None:
    scene.offer(*(f"BULK-{number:03d}" for number in range(59)))
    cursor: str | None = None
    found: list[str] = []
    while True:
        page = scene.connector.pull_listings(cursor)
        found += [record.external_id for record in page.records]
        cursor = page.cursor
        if page.complete:
            break
    assert len(found) == len(set(found)) == 60
    offsets = [
        request.url.params["offset"] for request in scene.asked("GET", "inventory_item")
    ]
    assert offsets == ["0", "1", "2"]
    assert cursor == "0"
