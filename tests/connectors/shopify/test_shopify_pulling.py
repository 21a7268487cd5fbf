"""Orders and products out of a shop: all of them, whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import (
    ContractBrokenError,
    RejectedError,
    RetryLaterError,
)
from crossdock.canonical.pages import Page
from crossdock.connectors.shopify import cursor as cursors
from crossdock.connectors.shopify.cursor import OrderScan, ProductScan
from crossdock.mapping.shopify import read_listings, read_order
from crossdock.simulators.books import BasketLine
from crossdock.simulators.shopify import Checkout, Discount

Json = dict[str, Any]
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
DATE = "Mon, 02 Mar 2026 09:00:00 GMT"


def make_answer(*orders: Json, token: str | None = None, more: bool = False) -> Json:
    info = {"hasNextPage": more, "endCursor": token}
    return {"data": {"orders": {"nodes": list(orders), "pageInfo": info}}}


def make_order(number: int, updated_at: str = "2026-03-02T08:00:00Z") -> Json:
    whole = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    return {
        "id": f"gid://shopify/Order/{number}",
        "updatedAt": updated_at,
        "lineItems": whole,
        "shippingLines": whole,
        "refunds": [],
        "fulfillments": [],
    }


def make_error(message: str, code: str = "", **extensions: Any) -> Json:
    return {"errors": [{"message": message, "extensions": {"code": code}}]} | (
        {"extensions": extensions} if extensions else {}
    )


def walk(connector: Any, cursor: str | None = None) -> list[Page]:
    pages: list[Page] = []
    while not pages or not pages[-1].complete:
        pages.append(connector.pull_orders(cursor, since=SINCE))
        cursor = pages[-1].cursor
    return pages


@pytest.fixture
def stocked(open_pair: Callable[..., Any]) -> tuple[Any, str]:
    """A shop with one variant of 100,000, and its id."""
    pair = open_pair()
    variant = pair.shop.add_variant(
        pair.shop.add_product("Retro clock"), "RETRO-CLOCK", stock=(100_000,)
    )
    return pair, variant.gid


def test_orders_are_asked_for_by_their_change_in_the_order_of_change(
    mocked: Any,
) -> None:
    mocked.answer(make_answer(make_order(1)), date=DATE)
    page = mocked.connector.pull_orders(None, since=SINCE)
    sent = json.loads(mocked.route.calls.last.request.content)
    assert "sortKey: UPDATED_AT" in sent["query"]
    assert sent["variables"]["query"] == "updated_at:>='2026-03-01T00:00:00Z'"
    assert sent["variables"]["after"] is None
    (record,) = page.records
    assert record.external_id == "gid://shopify/Order/1"
    assert record.updated_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert page.complete


def test_a_scan_goes_on_with_the_same_question_after_shopifys_token(
    mocked: Any,
) -> None:
    mocked.answer(
        make_answer(make_order(1), token="t1", more=True),
        make_answer(make_order(2)),
        date=DATE,
    )
    pages = walk(mocked.connector)
    assert [page.complete for page in pages] == [False, True]
    assert [asked["after"] for asked in mocked.asked] == [None, "t1"]
    assert len({asked["query"] for asked in mocked.asked}) == 1


def test_b10_the_next_scan_starts_where_this_one_did_on_shopifys_clock(
    mocked: Any,
) -> None:
    mocked.clock.advance(10_000)  # the hub's clock is wrong
    mocked.answer(make_answer(), make_answer(), date=DATE)
    page = mocked.connector.pull_orders(None, since=SINCE)
    mocked.connector.pull_orders(page.cursor, since=SINCE)
    # 09:00:00 less 10 s of visibility lag and 300 s of overlap
    assert mocked.asked[1]["query"] == "updated_at:>='2026-03-02T08:54:50Z'"


@pytest.mark.parametrize("date", ["", "not a date"])
def test_without_a_date_the_latest_change_is_the_clock(mocked: Any, date: str) -> None:
    mocked.answer(make_answer(make_order(1)), make_answer(), make_answer(), date=date)
    first = mocked.connector.pull_orders(None, since=SINCE)
    second = mocked.connector.pull_orders(first.cursor, since=SINCE)
    mocked.connector.pull_orders(second.cursor, since=SINCE)
    wanted = "updated_at:>='2026-03-02T07:54:50Z'"
    assert [asked["query"] for asked in mocked.asked[1:]] == [wanted, wanted]


def test_b06_a_lost_place_is_found_again_from_the_last_change_reached(
    mocked: Any,
) -> None:
    mocked.answer(
        make_answer(make_order(1), token="t1", more=True),
        make_error("Invalid cursor for current pagination sort."),
        make_answer(make_order(2)),
        date=DATE,
    )
    pages = walk(mocked.connector)
    assert [asked["after"] for asked in mocked.asked] == [None, "t1", None]
    assert mocked.asked[2]["query"] == "updated_at:>='2026-03-02T07:59:50Z'"
    assert [page.records[0].external_id[-1] for page in pages] == ["1", "2"]


def test_a_place_that_stays_lost_is_an_error(mocked: Any) -> None:
    mocked.answer(*[make_error("Invalid cursor")] * 2)
    with pytest.raises(RejectedError, match="lost the place"):
        mocked.connector.pull_orders(None, since=SINCE)
    assert len({asked["query"] for asked in mocked.asked}) == 1


def test_b14_a_token_that_repeats_ends_the_walk(mocked: Any) -> None:
    mocked.answer(
        make_answer(make_order(1), token="t1", more=True),
        make_answer(make_order(1), token="t1", more=True),
        date=DATE,
    )
    with pytest.raises(ContractBrokenError, match="the same page token twice"):
        walk(mocked.connector)


def test_a_page_that_is_not_the_last_and_has_no_token_is_refused(mocked: Any) -> None:
    mocked.answer(make_answer(make_order(1), more=True))
    with pytest.raises(ContractBrokenError, match="no token"):
        walk(mocked.connector)


def test_b13_a_shop_that_changes_orders_while_they_are_read_is_left_in_time(
    mocked: Any,
) -> None:
    fresh = make_order(2, "2026-03-02T09:00:30Z")
    mocked.answer(
        make_answer(make_order(1), token="t1", more=True),
        make_answer(fresh, token="t2", more=True),
        date=DATE,
    )
    pages = walk(mocked.connector)
    assert [page.complete for page in pages] == [False, True]
    assert pages[1].records[0].external_id.endswith("2")


def test_a_change_from_the_future_does_not_move_the_scan(mocked: Any) -> None:
    mocked.answer(
        make_answer(
            make_order(1, "2031-01-01T00:00:00Z"),
            make_order(2),
            token="t1",
            more=True,
        ),
        make_error("Invalid cursor"),
        make_answer(),
        date=DATE,
    )
    walk(mocked.connector)
    assert mocked.asked[2]["query"] == "updated_at:>='2026-03-02T07:59:50Z'"


def test_the_question_is_put_anew_before_shopifys_lists_end(
    mocked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursors, "_LENGTH_MAX", 2)
    mocked.answer(
        make_answer(make_order(1), token="t1", more=True),
        make_answer(make_order(2), token="t2", more=True),
        make_answer(make_order(3)),
        date=DATE,
    )
    walk(mocked.connector)
    assert [asked["after"] for asked in mocked.asked] == [None, "t1", None]
    assert mocked.asked[2]["query"] == "updated_at:>='2026-03-02T07:59:50Z'"


def test_full_pages_grow_until_shopify_refuses_one(mocked: Any) -> None:
    mocked.answer(
        make_answer(token="t1", more=True),
        make_answer(token="t2", more=True),
        make_error("Query cost is 1128", "MAX_COST_EXCEEDED"),
        make_answer(token="t3", more=True),
        make_answer(token="t4", more=True),
        make_answer(),
        make_answer(),
        date=DATE,
    )
    pages = walk(mocked.connector)
    assert [asked["first"] for asked in mocked.asked] == [25, 50, 100, 50, 50, 50]
    mocked.connector.pull_orders(pages[-1].cursor, since=SINCE)
    assert mocked.asked[-1]["first"] == 50


def test_pages_never_grow_beyond_what_shopify_gives_at_once(mocked: Any) -> None:
    full = [make_answer(token=f"t{n}", more=True) for n in range(5)]
    mocked.answer(*full, make_answer(), date=DATE)
    walk(mocked.connector)
    assert [asked["first"] for asked in mocked.asked] == [25, 50, 100, 200, 250, 250]


def test_a_single_record_that_costs_too_much_is_refused(mocked: Any) -> None:
    mocked.answer(*[make_error("Too much", "MAX_COST_EXCEEDED")] * 12)
    with pytest.raises(RejectedError, match="costly"):
        mocked.connector.pull_orders(None, since=SINCE)
    assert mocked.asked[-1]["first"] == 1
    mocked.answer(make_error("Too much", "MAX_COST_EXCEEDED"))
    with pytest.raises(RejectedError, match="costly"):
        mocked.connector.fetch_orders(["1"])


def test_named_orders_are_asked_for_in_affordable_parts(mocked: Any) -> None:
    mocked.answer(
        make_error("Too much", "MAX_COST_EXCEEDED"),
        {"data": {"nodes": [make_order(n) for n in range(1, 13)]}},
        {"data": {"nodes": [make_order(n) for n in range(13, 21)]}},
    )
    records = mocked.connector.fetch_orders([str(n) for n in range(1, 21)])
    assert [len(asked["ids"]) for asked in mocked.asked] == [20, 12, 8]
    assert len(records) == 20


def test_ids_may_be_global_or_bare_and_strangers_are_left_out(mocked: Any) -> None:
    mocked.answer({"data": {"nodes": [make_order(1), None, {}]}})
    wanted = [
        "1",
        "gid://shopify/Order/2",
        "gid://shopify/Product/3",
        "x",
        "\u0661",
        "1",
    ]
    records = mocked.connector.fetch_orders(wanted)
    assert mocked.asked[0]["ids"] == ["gid://shopify/Order/1", "gid://shopify/Order/2"]
    assert [record.external_id for record in records] == ["gid://shopify/Order/1"]
    assert mocked.connector.fetch_orders(["x"]) == ()


@pytest.mark.parametrize(
    "broken", ["", "{}", "[2, null, 0]", '[1,"x",null,0,null,null]']
)
def test_a_cursor_that_is_none_says_what_to_do(mocked: Any, broken: str) -> None:
    for scan in (OrderScan, ProductScan):
        with pytest.raises(ContractBrokenError) as caught:
            scan.decode(broken)
        assert "Reset the cursor" in caught.value.next_step


def test_cursors_survive_being_saved() -> None:
    moment = SINCE + timedelta(microseconds=5)
    scan = OrderScan(SINCE, "token", 7, moment, None)
    assert OrderScan.decode(scan.encode()) == scan
    products = ProductScan(5, "token", 7)
    assert ProductScan.decode(products.encode()) == products


def test_an_unreadable_record_does_not_take_its_page_along(mocked: Any) -> None:
    odd = {"id": "gid://shopify/Order/9", "updatedAt": "soon", "lineItems": [1]}
    mocked.answer(make_answer(odd, make_order(1)), date=DATE)
    page = mocked.connector.pull_orders(None, since=SINCE)
    assert [record.external_id[-1] for record in page.records] == ["9", "1"]
    assert page.records[0].updated_at == SINCE


def test_a_record_without_an_id_cannot_even_be_kept(mocked: Any) -> None:
    mocked.answer(make_answer({"updatedAt": "2026-03-02T08:00:00Z"}))
    with pytest.raises(ContractBrokenError, match="without an id"):
        mocked.connector.pull_orders(None, since=SINCE)


def test_g10_every_line_of_a_large_order_is_fetched(stocked: tuple[Any, str]) -> None:
    pair, _ = stocked
    product = pair.shop.add_product("Screws")
    variants = [
        pair.shop.add_variant(product, f"SCREW-{n}", title=f"M{n}") for n in range(130)
    ]
    basket = [BasketLine(variant.gid, 2) for variant in variants]
    order_id = pair.shop.sell(basket, "Ada Lovelace")
    pair.shop.fulfill_order(order_id, tracking_number="00340")
    pair.shop.refund_order(
        order_id,
        {line.gid: 1 for line in pair.shop.order(order_id).lines},
        restock=True,
    )
    (record,) = pair.connector.fetch_orders([order_id])
    order = read_order(record.payload)
    assert {line.sku for line in order.lines} == {f"SCREW-{n}" for n in range(130)}
    assert len(order.fulfillments[0].lines) == 130
    assert len(order.refunds[0].lines) == 130
    assert {line.quantity_taken for line in order.lines} == {1}
    assert order.residue.minor == 0


def test_what_the_shop_did_is_what_the_orders_say(stocked: tuple[Any, str]) -> None:
    pair, listing = stocked
    kept = pair.shop.sell([BasketLine(listing, 3)], "Ada")
    edited = pair.shop.sell([BasketLine(listing, 3)], "Bob")
    line = pair.shop.order(edited).lines[0].gid
    pair.shop.edit_line(edited, line, 1)
    refunded = pair.shop.sell([BasketLine(listing, 3)], "Cyd")
    pair.shop.refund_order(
        refunded, {pair.shop.order(refunded).lines[0].gid: 1}, restock=False
    )
    cancelled = pair.shop.sell([BasketLine(listing, 3)], "Dan")
    pair.shop.cancel_order(cancelled)
    pair.clock.advance(30)
    (page,) = walk(pair.connector)
    orders = {r.external_id: read_order(r.payload) for r in page.records}
    taken = {name: order.lines[0].quantity_taken for name, order in orders.items()}
    assert taken == {kept: 3, edited: 1, refunded: 3, cancelled: 0}
    # The proof: the shop's own counter lacks exactly what its orders took.
    (reading,) = pair.connector.read_stock(
        [pair.shop.books.find_as("ProductVariant", listing).item_gid]
    )
    assert reading.quantity == 100_000 - sum(taken.values())
    assert orders[cancelled].cancelled
    assert all(order.residue.minor == 0 for order in orders.values())


def test_an_order_discounted_taxed_and_shown_in_another_currency_adds_up(
    open_pair: Callable[..., Any],
) -> None:
    pair = open_pair(shop={"presentment_rates": {"JPY": Decimal("163.7")}})
    variant = pair.shop.add_variant(pair.shop.add_product("Lamp"), "LAMP")
    order_id = pair.shop.sell(
        [BasketLine(variant.gid, 3)],
        "Ada",
        Checkout(currency="JPY", discount=Discount("SPRING", 15, code=True)),
    )
    (record,) = pair.connector.fetch_orders([order_id])
    order = read_order(record.payload)
    assert order.residue.minor == 0
    assert order.total.currency == "EUR"
    assert order.total_presentment is not None
    assert order.total_presentment.currency == "JPY"
    assert order.lines[0].discounts[0].title == "SPRING"


def test_products_come_with_all_their_variants(stocked: tuple[Any, str]) -> None:
    pair, _ = stocked
    many = pair.shop.add_product("Screws")
    for number in range(130):
        pair.shop.add_variant(many, f"SCREW-{number}", title=f"M{number}")
    page = pair.connector.pull_listings(None)
    listings = [one for r in page.records for one in read_listings(r.payload)]
    assert len(listings) == 131
    assert page.complete
    assert {one.quantity for one in listings} == {100_000, 10}


def test_a_scan_of_products_goes_on_and_later_finds_new_ones(
    stocked: tuple[Any, str],
) -> None:
    pair, _ = stocked
    for number in range(60):
        product = pair.shop.add_product(f"Poster {number}")
        pair.shop.add_variant(product, f"POSTER-{number}")
    found: list[str] = []
    cursor, complete = None, False
    while not complete:
        page = pair.connector.pull_listings(cursor)
        cursor, complete = page.cursor, page.complete
        found += [record.external_id for record in page.records]
    assert len(found) == len(set(found)) == 61
    pair.shop.add_variant(pair.shop.add_product("Late"), "LATE")
    page = pair.connector.pull_listings(cursor)
    assert "Late" in {record.payload["title"] for record in page.records}


def test_a_long_catalogue_is_asked_for_in_several_questions(
    mocked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursors, "_LENGTH_MAX", 2)

    def answer(*numbers: int, more: bool = True) -> Json:
        nodes = [
            {"id": f"gid://shopify/Product/{n}", "updatedAt": "2026-03-02T08:00:00Z"}
            for n in numbers
        ]
        info = {"hasNextPage": more, "endCursor": f"t{numbers}"}
        return {"data": {"products": {"nodes": nodes, "pageInfo": info}}}

    mocked.answer(answer(4), answer(9), answer(12, more=False))
    cursor, complete = None, False
    while not complete:
        page = mocked.connector.pull_listings(cursor)
        cursor, complete = page.cursor, page.complete
    questions = [(asked["query"], asked["after"]) for asked in mocked.asked]
    assert questions == [(None, None), (None, "t(4,)"), ("id:>=10", None)]


def test_b06_a_scan_of_products_that_lost_its_place_starts_its_question_again(
    mocked: Any,
) -> None:
    empty = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    mocked.answer(make_error("Invalid cursor"), {"data": {"products": empty}})
    page = mocked.connector.pull_listings(ProductScan(9, "t1", 3).encode())
    questions = [(asked["query"], asked["after"]) for asked in mocked.asked]
    assert questions == [("id:>=10", "t1"), ("id:>=10", None)]
    assert page.complete


def test_named_products_are_fetched_and_deleted_ones_left_out(
    stocked: tuple[Any, str],
) -> None:
    pair, _ = stocked
    page = pair.connector.pull_listings(None)
    known = page.records[0].external_id
    records = pair.connector.fetch_listings([known, "gid://shopify/Product/1"])
    assert [record.external_id for record in records] == [known]


def test_personal_data_that_shopify_withholds_is_missing_and_no_error(
    mocked: Any,
) -> None:
    errors = [
        {
            "message": "This app is not approved to access the Customer object",
            "path": ["orders", "nodes", 0, "customer"],
            "extensions": {"code": "ACCESS_DENIED"},
        }
    ]
    mocked.answer(make_answer(make_order(1)) | {"errors": errors})
    assert len(mocked.connector.pull_orders(None, since=SINCE).records) == 1


def test_e17_an_error_beside_data_is_an_error(mocked: Any) -> None:
    errors = [
        {
            "message": "Access denied",
            "path": ["orders", "nodes", 0, "refunds"],
            "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "`read_orders`"},
        }
    ]
    mocked.answer(make_answer(make_order(1)) | {"errors": errors})
    with pytest.raises(RejectedError, match="read_orders"):
        mocked.connector.pull_orders(None, since=SINCE)


def test_e10_an_empty_bucket_says_when_it_will_hold_enough(mocked: Any) -> None:
    status = {
        "maximumAvailable": 2000.0,
        "currentlyAvailable": 100.0,
        "restoreRate": 100.0,
    }
    cost = {"requestedQueryCost": 700, "throttleStatus": status}
    mocked.answer(make_error("Throttled", "THROTTLED", cost=cost))
    with pytest.raises(RetryLaterError) as caught:
        mocked.connector.pull_orders(None, since=SINCE)
    assert caught.value.delay_seconds == 6.0


@pytest.mark.parametrize(
    "cost", [None, {"requestedQueryCost": None, "throttleStatus": None}]
)
def test_an_empty_bucket_that_tells_nothing_is_tried_again_soon(
    mocked: Any, cost: Json | None
) -> None:
    mocked.answer({"errors": [{"message": "Throttled"}], "extensions": {"cost": cost}})
    with pytest.raises(RetryLaterError) as caught:
        mocked.connector.pull_orders(None, since=SINCE)
    assert caught.value.delay_seconds == 2.0


def test_a_429_waits_as_long_as_its_header_says(mocked: Any) -> None:
    mocked.route.mock(
        return_value=httpx.Response(429, headers={"retry-after": "600"}, json={})
    )
    with pytest.raises(RetryLaterError) as caught:
        mocked.connector.pull_orders(None, since=SINCE)
    assert caught.value.delay_seconds == 600


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (make_error("Boom", "INTERNAL_SERVER_ERROR"), RetryLaterError),
        (make_error("Field 'x' doesn't exist", "undefinedField"), ContractBrokenError),
        ({"errors": [{"message": "No", "path": ["orders"]}]}, RejectedError),
        ({"data": None}, ContractBrokenError),
        ({"data": {"orders": None}}, ContractBrokenError),
        ({"data": {"orders": {"nodes": {}, "pageInfo": {}}}}, ContractBrokenError),
        ({"data": []}, ContractBrokenError),
        ([], ContractBrokenError),
    ],
)
def test_e17_every_failure_inside_a_200_is_told_apart(
    mocked: Any, body: Json, error: type[Exception]
) -> None:
    mocked.answer(body)
    with pytest.raises(error):
        mocked.connector.pull_orders(None, since=SINCE)
