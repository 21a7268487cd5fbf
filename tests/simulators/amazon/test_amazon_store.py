"""The simulated Amazon store behaves as Amazon does, also where that is awkward."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from crossdock.simulators.amazon import AmazonMarket, MarketSettings, NewProduct
from crossdock.simulators.books import BasketLine, SoldOutError
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import Faults
from crossdock.simulators.wire import Request, Response
from crossdock.simulators.world import World

ORDERS = "/orders/2026-01-01/orders"
AFTER = "2026-11-02T00:00:00Z"
Open = Callable[..., AmazonMarket]


@pytest.fixture
def open_market() -> Open:
    def build(faults: Faults | None = None, **settings: Any) -> AmazonMarket:
        world = World(VirtualClock(), seed=1)
        market = AmazonMarket(
            "amazon",
            world=world,
            settings=MarketSettings(**settings),
            faults=faults or Faults(),
        )
        market.add_product(
            NewProduct(name="Lamp", sku="LAMP", price=Decimal(20), stock=10)
        )
        world.receive("LAMP", 10)
        world.offer("amazon", "LAMP", {"LAMP": 1})
        market.state.tokens["Atza|test"] = market.state.later(1_000_000)
        return market

    return build


@pytest.fixture
def market(open_market: Open) -> AmazonMarket:
    return open_market()


def ask(
    market: AmazonMarket, method: str, path: str, body: Any = None, **query: str
) -> Response:
    headers = {"x-amz-access-token": "Atza|test", "host": "amazon.example"}
    content = json.dumps(body).encode() if body is not None else b""
    return market.handle(Request(method, path, tuple(query.items()), headers, content))


def buy(market: AmazonMarket, quantity: int = 1, **how: Any) -> str:
    return market.check_out([BasketLine("LAMP", quantity)], "Ada Lovelace", **how)


def pass_time(market: AmazonMarket, seconds: float) -> None:
    market.clock.pause(seconds)


def test_an_order_shows_in_lists_two_minutes_after_its_change(
    market: AmazonMarket,
) -> None:
    order_id = buy(market)
    pass_time(market, 119)
    assert ask(market, "GET", ORDERS, lastUpdatedAfter=AFTER).json()["orders"] == []
    assert ask(market, "GET", f"{ORDERS}/{order_id}").status == 200
    pass_time(market, 1)
    (order,) = ask(market, "GET", ORDERS, lastUpdatedAfter=AFTER).json()["orders"]
    assert order["orderId"] == order_id


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"lastUpdatedAfter": AFTER, "createdAfter": AFTER},
        {"lastUpdatedAfter": "yesterday"},
        {"lastUpdatedAfter": "2026-11-02T08:59:59Z"},
        {"lastUpdatedAfter": AFTER, "lastUpdatedBefore": "2026-11-02T09:00:00Z"},
        {"lastUpdatedAfter": AFTER, "maxResultsPerPage": "101"},
        {"lastUpdatedAfter": AFTER, "paginationToken": "made-up"},
    ],
)
def test_a_question_that_amazon_does_not_understand_is_a_400(
    market: AmazonMarket, query: dict[str, str]
) -> None:
    answer = ask(market, "GET", ORDERS, **query)
    assert (answer.status, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")


def test_the_last_row_of_a_page_comes_again_on_the_next(market: AmazonMarket) -> None:
    placed = {buy(market) for _ in range(3)}
    pass_time(market, 200)
    query = {"lastUpdatedAfter": AFTER, "maxResultsPerPage": "2"}
    first = ask(market, "GET", ORDERS, **query).json()
    token = first["pagination"]["nextToken"]
    second = ask(market, "GET", ORDERS, **query, paginationToken=token).json()
    pages = [[order["orderId"] for order in each["orders"]] for each in (first, second)]
    assert pages[0][-1] == pages[1][0]
    assert {*pages[0], *pages[1]} == placed
    assert "pagination" not in second


def test_a_pending_order_tells_no_price_and_nothing_to_ship(
    market: AmazonMarket,
) -> None:
    order_id = buy(market, 2, status="PENDING")
    query = {"includedData": "PROCEEDS,FULFILLMENT"}
    order = ask(market, "GET", f"{ORDERS}/{order_id}", **query).json()["order"]
    assert "proceeds" not in order
    assert order["orderItems"][0]["fulfillment"]["quantityUnfulfilled"] == 0
    assert market.shown("LAMP") == 8


def test_a_worn_token_is_a_403_that_says_so(market: AmazonMarket) -> None:
    pass_time(market, 1_000_001)
    answer = ask(market, "GET", ORDERS, lastUpdatedAfter=AFTER)
    assert answer.status == 403
    assert "expired" in answer.json()["errors"][0]["details"]


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ("client_id=x", 401, "invalid_client"),
        (
            "client_id=amzn1.application-oa2-client.simulated&"
            "client_secret=amzn1.oa2-cs.simulated&refresh_token=old",
            400,
            "invalid_grant",
        ),
    ],
)
def test_the_login_refuses_in_the_words_of_oauth(
    market: AmazonMarket, form: str, status: int, error: str
) -> None:
    answer = market.handle(Request("POST", "/auth/o2/token", body=form.encode()))
    assert (answer.status, answer.json()["error"]) == (status, error)


def test_requests_beyond_the_usage_plan_are_refused_without_a_time_to_wait(
    open_market: Open,
) -> None:
    market = open_market(usage_plans=True)
    statuses = [
        ask(market, "GET", ORDERS, lastUpdatedAfter=AFTER).status for _ in range(21)
    ]
    assert statuses == [200] * 20 + [429]
    pass_time(market, 180)
    assert ask(market, "GET", ORDERS, lastUpdatedAfter=AFTER).status == 200
    assert "retry-after" not in market.answer_throttled(5).headers


def patch(market: AmazonMarket, quantity: Any, op: str = "merge") -> Response:
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": quantity}]
    change = {
        "op": op,
        "path": "/attributes/fulfillment_availability",
        "value": value,
    }
    return ask(
        market,
        "PATCH",
        f"/listings/2021-08-01/items/{market.state.settings.seller_id}/LAMP",
        {"productType": "PRODUCT", "patches": [change]},
        marketplaceIds=market.state.settings.marketplace,
    )


def test_a_patch_shows_later_and_covers_what_was_sold_meanwhile(
    market: AmazonMarket,
) -> None:
    assert patch(market, 5).json()["status"] == "ACCEPTED"
    assert market.shown("LAMP") == 10
    buy(market, 2)
    assert market.shown("LAMP") == 8
    pass_time(market, 15)
    assert market.shown("LAMP") == 5


def test_replace_deletes_what_stands_beside_a_quantity(market: AmazonMarket) -> None:
    patch(market, 5, op="replace")
    pass_time(market, 15)
    assert (market.shown("LAMP"), market.listing("LAMP").handling_days) == (5, 0)


@pytest.mark.parametrize("quantity", [-1, "5", 2.5, None])
def test_a_quantity_that_is_none_is_invalid_with_a_200(
    market: AmazonMarket, quantity: Any
) -> None:
    answer = patch(market, quantity)
    assert (answer.status, answer.json()["status"]) == (200, "INVALID")


def test_a_write_may_be_accepted_and_ignored(open_market: Open) -> None:
    market = open_market(Faults(ignored_write=1.0))
    assert patch(market, 5).json()["status"] == "ACCEPTED"
    pass_time(market, 15)
    assert market.shown("LAMP") == 10


def hand_in(market: AmazonMarket, content: bytes, feed_type: str) -> str:
    kind = {"contentType": "application/json"}
    made = ask(market, "POST", "/feeds/2021-06-30/documents", kind).json()
    path = made["url"].partition("amazon.example")[2].partition("?")[0]
    headers = {"content-type": "application/json"}
    put = market.handle(Request("PUT", path, headers=headers, body=content))
    assert put.status == 200
    feed = {
        "feedType": feed_type,
        "marketplaceIds": [market.state.settings.marketplace],
        "inputFeedDocumentId": made["feedDocumentId"],
    }
    answer = ask(market, "POST", "/feeds/2021-06-30/feeds", feed).json()
    return str(answer["feedId"])


def test_a_feed_is_worked_through_later_and_reports_by_row(
    market: AmazonMarket,
) -> None:
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": 3}]
    change = {
        "op": "merge",
        "path": "/attributes/fulfillment_availability",
        "value": value,
    }
    messages = [
        {"messageId": number, "sku": sku, "operationType": "PATCH", "patches": [change]}
        for number, sku in enumerate(("LAMP", "NOWHERE"), start=1)
    ]
    header = {"sellerId": market.state.settings.seller_id, "version": "2.0"}
    content = json.dumps({"header": header, "messages": messages}).encode()
    path = f"/feeds/2021-06-30/feeds/{hand_in(market, content, 'JSON_LISTINGS_FEED')}"
    assert ask(market, "GET", path).json()["processingStatus"] == "IN_QUEUE"
    pass_time(market, 120)
    done = ask(market, "GET", path).json()
    assert done["processingStatus"] == "DONE"
    result = market.state.documents[done["resultFeedDocumentId"]]
    report = json.loads(gzip.decompress(result.content))
    assert [issue["messageId"] for issue in report["issues"]] == [2]
    assert report["summary"]["messagesAccepted"] == 1
    assert market.shown("LAMP") == 3


def test_a_feed_that_cannot_be_read_is_fatal(market: AmazonMarket) -> None:
    path = f"/feeds/2021-06-30/feeds/{hand_in(market, b'{', 'JSON_LISTINGS_FEED')}"
    pass_time(market, 120)
    assert ask(market, "GET", path).json()["processingStatus"] == "FATAL"


def test_a_presigned_address_ends_and_takes_no_token(market: AmazonMarket) -> None:
    kind = {"contentType": "text/plain"}
    made = ask(market, "POST", "/feeds/2021-06-30/documents", kind).json()
    path = made["url"].partition("amazon.example")[2].partition("?")[0]
    assert ask(market, "PUT", path).status == 400
    pass_time(market, 301)
    headers = {"content-type": "text/plain"}
    assert market.handle(Request("PUT", path, headers=headers)).status == 403


def confirm(market: AmazonMarket, order_id: str, **changes: Any) -> Response:
    line = market.order(order_id).lines[0]
    detail = {
        "packageReferenceId": "1",
        "carrierCode": "DHL",
        "trackingNumber": "JD1",
        "shipDate": "2026-11-02T09:00:00Z",
        "orderItems": [{"orderItemId": line.line_id, "quantity": 1}],
        **changes,
    }
    body = {
        "marketplaceId": market.state.settings.marketplace,
        "packageDetail": detail,
    }
    path = f"/orders/v0/orders/{order_id}/shipmentConfirmation"
    return ask(market, "POST", path, body)


def test_the_same_package_told_again_replaces_what_it_said(
    market: AmazonMarket,
) -> None:
    order_id = buy(market, 3)
    line_id = market.order(order_id).lines[0].line_id
    assert confirm(market, order_id).status == 204
    assert market.order(order_id).status == "PARTIALLY_SHIPPED"
    every = [{"orderItemId": line_id, "quantity": 3}]
    assert confirm(market, order_id, orderItems=every).status == 204
    assert market.order(order_id).status == "SHIPPED"
    shipped = [fact.units for fact in market.world.facts() if fact.kind == "shipped"]
    assert shipped == [1, 2]


@pytest.mark.parametrize(
    "changes",
    [
        {"packageReferenceId": "PKG-1"},
        {"packageReferenceId": "0"},
        {"carrierCode": "Other"},
        {"orderItems": [{"orderItemId": "0", "quantity": 1}]},
    ],
)
def test_a_package_described_wrongly_is_refused(
    market: AmazonMarket, changes: dict[str, Any]
) -> None:
    assert confirm(market, buy(market), **changes).status == 400


def test_what_is_pending_cannot_be_shipped(market: AmazonMarket) -> None:
    assert confirm(market, buy(market, status="PENDING")).status == 400


def test_nobody_buys_more_than_is_shown(market: AmazonMarket) -> None:
    with pytest.raises(SoldOutError):
        buy(market, 11)
    assert market.shown("LAMP") == 10


def test_what_has_left_is_not_cancelled_and_nobody_adds_to_an_order(
    market: AmazonMarket,
) -> None:
    order_id = buy(market, 3)
    confirm(market, order_id)
    market.cancel_order(order_id)
    order = market.order(order_id)
    assert (order.status, order.lines[0].shipped) == ("SHIPPED", 1)
    assert market.shown("LAMP") == 9
    with pytest.raises(ValueError, match="none can be added"):
        market.edit_line(order_id, order.lines[0].line_id, 5)


def test_a_refund_cancels_what_is_here_and_returns_what_has_left(
    market: AmazonMarket,
) -> None:
    order_id = buy(market, 3)
    confirm(market, order_id)
    market.refund_order(order_id, None, restock=True)
    kinds = [(fact.kind, fact.units) for fact in market.world.facts()]
    assert kinds[-2:] == [("cancelled", 2), ("returned", 1)]
    assert market.world.sold_units("LAMP") == 0


def test_searches_of_listings_end_at_a_thousand(market: AmazonMarket) -> None:
    for number in range(1010):
        sku = f"BULK-{number:04d}"
        market.add_product(NewProduct(name=sku, sku=sku, price=Decimal(1)))
    path = f"/listings/2021-08-01/items/{market.state.settings.seller_id}"
    query = {
        "marketplaceIds": market.state.settings.marketplace,
        "pageSize": "20",
        "pageToken": "980",
    }
    answer = ask(market, "GET", path, **query).json()
    assert (answer["numberOfResults"], "pagination" in answer) == (1011, False)


def test_a_path_that_is_none_is_a_404(market: AmazonMarket) -> None:
    assert ask(market, "DELETE", ORDERS).status == 404
