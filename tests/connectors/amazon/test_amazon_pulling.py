"""Orders and listings out of Amazon: windows, tokens that end, restricted data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import ContractBrokenError
from crossdock.canonical.pages import Page
from crossdock.connectors.amazon import plugin
from crossdock.simulators.amazon import NewProduct

LONG_AGO = datetime(2026, 11, 1, tzinfo=UTC)


def pull(scene: Any, cursor: str | None = None) -> Page:
    page = scene.connector.pull_orders(cursor, since=LONG_AGO)
    assert isinstance(page, Page)
    return page


def ids(page: Page) -> list[str]:
    return [record.external_id for record in page.records]


def test_an_order_of_the_last_two_minutes_comes_with_a_later_pull(scene: Any) -> None:
    order_id = scene.buy()
    scene.clock.advance(60)
    first = pull(scene)
    assert (ids(first), first.complete) == ([], True)
    scene.clock.advance(70)
    assert ids(pull(scene, first.cursor)) == [order_id]


def test_the_next_window_starts_where_amazon_said_that_this_one_ended(
    scene: Any,
) -> None:
    scene.clock.advance(3600)
    cursor = pull(scene).cursor
    scene.clock.advance(3600)
    pull(scene, cursor)
    asked = scene.wire.requests[-1].url.params["lastUpdatedAfter"]
    # Two minutes that Amazon leaves out, and five of overlap.
    assert asked == "2026-11-02T09:53:00Z"


def test_a_first_pull_from_this_very_moment_asks_for_a_window_that_amazon_accepts(
    scene: Any,
) -> None:
    page = scene.connector.pull_orders(None, since=scene.clock.now())
    assert page.complete


def test_a_long_past_is_asked_for_week_by_week_and_without_gaps(scene: Any) -> None:
    order_id = scene.buy()
    scene.clock.advance(20 * 86_400)
    cursor, found, windows = None, [], []
    while True:
        page = pull(scene, cursor)
        found += ids(page)
        asked = scene.wire.requests[-1].url.params
        windows.append((asked["lastUpdatedAfter"], asked.get("lastUpdatedBefore")))
        cursor = page.cursor
        if page.complete:
            break
    assert found == [order_id]
    assert windows == [
        ("2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z"),
        ("2026-11-08T00:00:00Z", "2026-11-15T00:00:00Z"),
        ("2026-11-15T00:00:00Z", "2026-11-22T00:00:00Z"),
        ("2026-11-22T00:00:00Z", None),
    ]


def test_pages_are_followed_by_their_token_and_the_same_question(scene: Any) -> None:
    scene.market.set_stock("LAMP", 1000)
    placed = {scene.buy(1) for _ in range(130)}
    scene.clock.advance(130)
    first = pull(scene)
    second = pull(scene, first.cursor)
    assert (first.complete, second.complete) == (False, True)
    assert set(ids(first)) | set(ids(second)) == placed
    one, two = (dict(request.url.params) for request in scene.wire.requests[-2:])
    assert two.pop("paginationToken")
    assert one == two


def test_a_page_token_that_has_ended_starts_the_window_again(scene: Any) -> None:
    scene.market.set_stock("LAMP", 1000)
    placed = {scene.buy(1) for _ in range(130)}
    scene.clock.advance(130)
    cursor = pull(scene).cursor
    scene.clock.advance(90_000)
    again = pull(scene, cursor)
    assert len(again.records) == 100
    assert set(ids(again)) | set(ids(pull(scene, again.cursor))) == placed


def test_a_cursor_of_something_else_is_refused_with_a_way_out(scene: Any) -> None:
    with pytest.raises(ContractBrokenError) as caught:
        pull(scene, '["another"]')
    assert "Reset the cursor" in caught.value.next_step
    with pytest.raises(ContractBrokenError):
        scene.connector.pull_listings("{}")


def test_names_and_addresses_are_asked_for_only_where_they_are_wanted(
    scene: Any,
) -> None:
    order_id = scene.buy(note="Ring twice")
    assert scene.fetch(order_id).customer is None
    scene.connector = scene.connect(buyer_details=True)
    order = scene.fetch(order_id)
    assert order.customer is not None
    assert (order.customer.name, order.note) == ("Ada Lovelace", "Ring twice")
    assert order.shipping_address is not None
    assert order.shipping_address.postcode == "10115"


def test_buyers_of_what_amazon_ships_are_not_kept(scene: Any) -> None:
    scene.connector = scene.connect(buyer_details=True)
    order_id = scene.buy(1, sku="STOOL")
    (record,) = scene.connector.fetch_orders([order_id])
    assert not {"buyer", "recipient"} & set(record.payload)
    assert plugin.translator.read_order(record.payload).fulfilled_by_channel


def test_what_is_no_id_of_an_order_is_not_even_asked_for(scene: Any) -> None:
    assert scene.connector.fetch_orders(["../v0", "1", "302-1-1"]) == ()
    assert scene.paths() == []


def test_a_pending_order_is_completed_by_a_later_version(scene: Any) -> None:
    order_id = scene.buy(2, status="PENDING")
    pending = scene.fetch(order_id)
    assert (pending.held, pending.total.minor) == (True, 0)
    assert pending.lines[0].quantity_taken == 2
    scene.clock.advance(60)
    scene.market.pay_order(order_id)
    paid = scene.fetch(order_id)
    assert (paid.held, str(paid.total)) == (False, "53.43 EUR")
    assert paid.updated_at > pending.updated_at
    assert paid.residue.minor == 0


def test_a_cancellation_gives_the_units_back(scene: Any) -> None:
    order_id = scene.buy(3)
    assert scene.market.shown("LAMP") == 7
    scene.market.cancel_order(order_id)
    order = scene.fetch(order_id)
    assert (order.cancelled, order.lines[0].quantity_taken) == (True, 0)
    assert scene.market.shown("LAMP") == 10


def test_a_partial_cancellation_lowers_what_is_wanted(scene: Any) -> None:
    order_id = scene.buy(3)
    line_id = scene.market.order(order_id).lines[0].line_id
    scene.market.edit_line(order_id, line_id, 2)
    (line,) = scene.fetch(order_id).lines
    assert (line.quantity, line.quantity_current, line.quantity_taken) == (3, 2, 2)


def test_a_scan_of_many_listings_asks_anew_before_amazons_tokens_end(
    scene: Any,
) -> None:
    for number in range(1100):
        sku = f"BULK-{number:04d}"
        price = Decimal(1)
        scene.market.add_product(NewProduct(name=sku, sku=sku, price=price, stock=1))
        scene.clock.advance(1)
    seen: set[str] = set()
    cursor = None
    while True:
        page = scene.connector.pull_listings(cursor)
        seen |= {record.external_id for record in page.records}
        cursor = page.cursor
        if page.complete:
            break
    assert len(seen) == 1102
    assert scene.connector.pull_listings(cursor).records[0].external_id == "BULK-0000"


def test_a_listings_token_that_has_ended_starts_the_question_again(scene: Any) -> None:
    for number in range(30):
        sku = f"BULK-{number:04d}"
        scene.market.add_product(NewProduct(name=sku, sku=sku, price=Decimal(1)))
    cursor = scene.connector.pull_listings(None).cursor
    ended = [httpx.Response(400, json={"errors": [{"message": "no such token"}]})]
    scene.wire.stand_in = lambda request: ended.pop() if ended else None
    page = scene.connector.pull_listings(cursor)
    assert [record.external_id for record in page.records][:1] == ["BULK-0000"]
    assert page.complete is False


def test_listings_are_fetched_by_twenty_and_those_with_a_comma_alone(
    scene: Any,
) -> None:
    skus = [f"BULK-{number:04d}" for number in range(25)]
    for sku in [*skus, "A, B/C"]:
        scene.market.add_product(NewProduct(name=sku, sku=sku, price=Decimal(1)))
    scene.wire.requests.clear()
    found = scene.connector.fetch_listings([*skus, "A, B/C", "NOWHERE", "NO, WHERE"])
    assert [record.external_id for record in found] == [*skus, "A, B/C"]
    assert len(scene.paths()) == 4


def test_goods_in_amazons_warehouse_are_shown_with_what_it_can_ship(
    scene: Any,
) -> None:
    def read(records: Any) -> dict[str, tuple[int | None, bool]]:
        return {
            listing.sku: (listing.quantity, listing.held_by_channel)
            for record in records
            for listing in plugin.translator.read_listings(record.payload)
        }

    scanned = read(scene.connector.pull_listings(None).records)
    assert scanned == {"LAMP": (10, False), "STOOL": (7, True)}
    assert read(scene.connector.fetch_listings(["STOOL"])) == {"STOOL": (7, True)}


def test_without_the_role_for_it_quantities_of_amazons_warehouse_stay_unknown(
    scene: Any,
) -> None:
    denied = {"errors": [{"code": "Unauthorized", "message": "Access is denied."}]}
    scene.wire.stand_in = lambda request: (
        httpx.Response(403, json=denied)
        if request.url.path.startswith("/fba/")
        else None
    )
    readings = scene.connector.read_stock(["STOOL", "LAMP"])
    assert [reading.quantity for reading in readings] == [None, 10]


def test_each_operation_is_paced_by_itself(scene: Any) -> None:
    for _ in range(20):
        pull(scene)
    started = scene.clock.now()
    # The twenty-first search would have to wait three minutes; other calls do not.
    scene.connector.read_stock(["LAMP"])
    assert scene.clock.now() - started < timedelta(seconds=1)
    with pytest.raises(Exception, match="may not be asked again"):
        pull(scene)


def test_more_searches_go_out_where_amazon_granted_more(open_scene: Any) -> None:
    scene = open_scene()
    scene.connector = scene.connect(order_searches_per_hour=3600)
    started = scene.clock.now()
    for _ in range(25):
        pull(scene)
    assert scene.clock.now() - started <= timedelta(seconds=5)
